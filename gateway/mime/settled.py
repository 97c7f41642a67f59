"""Ambiguities that depend on the whole message: delimiter lines of one multipart within another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from gateway.model import Ambiguity

_COMPARED: Final = 70
"""Characters of a boundary that every reader compares (RFC 2046 §5.1.1 allows no more)."""


def settled(found: Iterable[Ambiguity], boundaries: Mapping[str, str]) -> tuple[Ambiguity, ...]:
    """Return the ambiguities with those decided that depend on all boundaries of the message (boundary to path)."""
    ambiguities = dict.fromkeys(_line_settled(one, boundaries) for one in found)
    for one in [one for one in ambiguities if one.code == "long-boundary"]:
        if _alike(boundaries):
            ambiguities[Ambiguity("boundaries-alike", one.path)] = None
    return tuple(ambiguities)


def _line_settled(one: Ambiguity, boundaries: Mapping[str, str]) -> Ambiguity:
    """Distinguish a delimiter line of an inner multipart from a line that some readers take as a delimiter.

    Programs build the boundary of an inner multipart by adding to the outer one. A reader that compares only the
    beginning cuts the outer multipart at these lines: it has the same leaves with the same fields, one level higher.
    """
    if one.code != "boundary-prefix":
        return one
    inner = boundaries.get(one.detail)
    below = inner is not None and inner != one.path and inner.startswith(f"{one.path}." if one.path else "")
    return Ambiguity("inner-boundary-prefix" if below else one.code, one.path)


def _alike(boundaries: Mapping[str, str]) -> bool:
    """Return whether a reader that compares only what the standard allows takes two boundaries for one."""
    return len({boundary[:_COMPARED] for boundary in boundaries}) < len(boundaries)
