"""Mail pipeline: gather, evaluate, enact; the rules in force; prepended header fields."""
