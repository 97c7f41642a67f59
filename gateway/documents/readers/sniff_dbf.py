"""Recognition of DBF tables, whose first byte alone says little."""

from __future__ import annotations

import struct
from typing import Final

DBF: Final = "application/vnd.dbf"
DBF_MEMO: Final = "application/x-dbf-memo"
"""The long texts of a table; known by its name beside data of an unrecognised type."""
HEADER_SIZE: Final = 32
FIELD_SIZE: Final = 32
_VERSIONS: Final = frozenset({0x02, 0x03, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0xCB, 0xF5, 0xFB})
_KINDS: Final = frozenset(b"BCDFGILMNOPQTVWY@+0")
_BACKLINK: Final = 263
"""Bytes that Visual FoxPro keeps behind the fields for the name of a database."""


def is_dbf(data: bytes) -> bool:
    """Return whether header and first field are those of a table: date, sizes that agree, a named field of a known kind."""
    if len(data) < HEADER_SIZE + FIELD_SIZE + 1 or data[0] not in _VERSIONS or data[2] > 12 or data[3] > 31:
        return False
    size, record = struct.unpack_from("<HH", data, 8)
    if record < 2 or not HEADER_SIZE + FIELD_SIZE < size <= len(data):
        return False
    name = data[HEADER_SIZE : HEADER_SIZE + 11].partition(b"\0")[0]
    ends = {size - 1, size - 2, size - 1 - _BACKLINK}
    ended = any((end - HEADER_SIZE) % FIELD_SIZE == 0 and data[end] == 0x0D for end in ends if end > HEADER_SIZE)
    return ended and bool(name) and min(name) >= 0x20 and data[HEADER_SIZE + 11] in _KINDS
