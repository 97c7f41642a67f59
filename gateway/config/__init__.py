"""`gateway.yaml` as types: sections, values, source locations of keys."""
