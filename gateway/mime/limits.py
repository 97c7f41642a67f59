"""Limits of message parsing (RFC 5322 §2.1.1 sets no upper bounds, attackers do not either).

A limit that is reached is an `Ambiguity` with a code `limit-...`, never an exception and never a silent cut.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds for one message with everything nested in it."""

    field_bytes: int = 32 << 10
    """Bytes of one header field with its folds."""
    header_bytes: int = 256 << 10
    """Bytes of one header block."""
    fields: int = 1000
    """Header fields in one block."""
    total_fields: int = 5000
    """Header fields in all blocks of the message."""
    line_bytes: int = 998
    """Bytes of one header line without CRLF (RFC 5322 §2.1.1)."""
    parameters: int = 100
    """Parameters of one Content-Type or Content-Disposition."""
    depth: int = 20
    """Nested multiparts and messages."""
    parts: int = 500
    """Parts of the message in all."""


DEFAULT = Limits()
