"""YAML files read with limits and validated as a whole, with line and column of every fault."""
