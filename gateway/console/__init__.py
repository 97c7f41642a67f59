"""Web console: sandboxed view of the steward's answers. It decides nothing and stores nothing."""
