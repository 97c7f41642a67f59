"""`gateway.yaml` as types: sections, the values in them, and the place of a key in the file."""
