"""`gateway.yaml` as types: sections, the values in them, and where a key of the file stands."""
