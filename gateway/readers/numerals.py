"""Numbers written in files by others: taken only where they can be meant."""

from __future__ import annotations


def whole(value: str | None, default: int = 0, *, digits: int = 8) -> int:
    """Return a number of at most that many decimal digits; the default for a sign, a longer one or anything else."""
    return int(value) if value and len(value) <= digits and value.isdecimal() else default
