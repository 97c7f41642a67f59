"""OpenDocument: text, sheets, presentations and drawings."""
