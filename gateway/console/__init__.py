"""The web console: a walled view of what the steward answers. It decides nothing and keeps nothing."""
