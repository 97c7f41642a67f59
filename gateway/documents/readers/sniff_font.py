"""Recognition of fonts (OpenType 1.9), also those that XPS and Office obfuscate (ECMA-388 §9.1.7.2)."""

from __future__ import annotations

import re
from typing import Final

FONT: Final = "font/sfnt"
_MAGIC: Final = (b"\0\1\0\0\0", b"OTTO\0", b"ttcf\0", b"true\0")
"""Kind of outlines, and the high byte of the number of tables or of the version."""
_GUID: Final = re.compile(
    r"\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?\.odttf$", re.IGNORECASE
)
_CHANGED: Final = 32


def is_font(data: bytes, filename: str | None) -> bool:
    """Return whether the bytes are a font, unchanged or under a name that undoes the change."""
    return data.startswith(_MAGIC) or plain_font(data, filename) is not None


def plain_font(data: bytes, filename: str | None) -> bytes | None:
    """Return a font whose first bytes were changed by the GUID that is its name, None when it is none."""
    guid = _GUID.search(filename or "")
    if guid is None:
        return None
    key = bytes.fromhex("".join(guid.groups()))[::-1] * 2
    font = bytes(octet ^ other for octet, other in zip(data[:_CHANGED], key, strict=False)) + data[_CHANGED:]
    return font if font.startswith(_MAGIC) else None
