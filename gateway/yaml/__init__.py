"""YAML files read with limits, validated as a whole, every fault at its line and column."""
