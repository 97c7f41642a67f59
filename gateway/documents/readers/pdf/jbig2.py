"""JBIG2 streams that all viewers show alike (ITU-T T.88 §7.2): one page, each segment known and complete.

pdfium continues with an empty page where another begins, and stops at unknown segments; other readers show the first or last page.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_PAGE, _END_OF_PAGE, _END_OF_FILE, _EXTENSION = 48, 49, 51, 62
_SHOWN = frozenset(
    {0, 4, 6, 7, 16, 20, 22, 23, 36, 38, 39, 40, 42, 43, _PAGE, _END_OF_PAGE, 50, _END_OF_FILE, 52, 53, _EXTENSION}
)
_REGIONS = frozenset({6, 7, 22, 23, 38, 39, 42, 43})
_AT_LEAST = 11
"""Bytes of a segment header; fewer after the last segment, and padding, are ignored."""
_UNKNOWN = 0xFFFFFFFF


def shows_one_page(data: bytes) -> bool:
    """Return whether all readers see the same page; one whose only region is cut short is read as far as it goes."""
    kinds: set[int] = set()
    try:
        for kind, is_whole in _segments(data):
            behind = _END_OF_PAGE in kinds and kind not in (_END_OF_PAGE, _END_OF_FILE, _EXTENSION)
            again = kind == _PAGE and kind in kinds
            if kind not in _SHOWN or behind or again or not (is_whole or _REGIONS.isdisjoint(kinds)):
                return False
            kinds.add(kind)
    except (struct.error, IndexError, ValueError):
        return False
    return _PAGE in kinds


def _segments(data: bytes) -> Iterator[tuple[int, bool]]:
    """Yield the type of each segment and whether all of it is there; one of the three errors for what cannot be a segment."""
    position, end = 0, len(data.rstrip(b"\0\r\n "))
    while end - position >= _AT_LEAST:
        number, flags, referred = struct.unpack_from(">IBB", data, position)
        count, position = referred >> 5, position + 6
        if count == 7:  # more than four: their number, and a bit for each
            (count,) = struct.unpack_from(">I", data, position - 1)
            count &= 0x1FFFFFFF
            position += 3 + (count + 8) // 8
        position += count * (1 if number <= 256 else 2 if number <= 65536 else 4) + (4 if flags & 0x40 else 1)
        (length,) = struct.unpack_from(">I", data, position)
        position += 4
        if length == _UNKNOWN:  # a generic region that ends at a mark, with the number of its rows behind it (§7.2.7)
            mark = b"\x00\x00" if data[position + 17] & 1 else b"\xff\xac"
            length = data.index(mark, position + 18) + 6 - position
        position += length
        yield flags & 0x3F, position <= len(data)
