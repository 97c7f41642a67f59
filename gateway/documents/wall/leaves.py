"""Relations between the leaves of a mail by their header fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.model import Part, formats

_BODY_TYPES: Final = frozenset({"text/plain", "text/html", ""})


def in_order(leaves: Iterable[Part]) -> list[Part]:
    """Return the leaves of a mail as they are looked at: its texts, files, signature files."""
    return sorted(leaves, key=lambda leaf: (is_signature(leaf), not is_body(leaf)))


def is_body(part: Part) -> bool:
    """Return whether a part of a mail is its text."""
    return part.declared_type in _BODY_TYPES and not part.filename


def is_signature(part: Part) -> bool:
    """Return whether a part is a signature file, which speaks of the files beside it."""
    name = (part.filename or "").lower()
    return part.declared_type in formats.SIGNATURE_TYPES or name.endswith(formats.SIGNATURE_SUFFIXES)
