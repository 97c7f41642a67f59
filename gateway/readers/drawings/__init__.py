"""Readers of technical drawings."""
