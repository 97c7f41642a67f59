"""Presentations: PPTX and PPT."""
