"""`gateway config schema | reference`."""

from __future__ import annotations

from gateway.commands.reference import reference, schema


def print_schema() -> int:
    """Print the JSON Schema of `gateway.yaml`."""
    print(schema())
    return 0


def print_reference() -> int:
    """Print the reference of every key and setting as Markdown."""
    print(reference(), end="")
    return 0
