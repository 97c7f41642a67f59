"""Fonts in a document or beside it (OpenType 1.9): the text of their name table.

XPS and Office pack fonts with the first 32 bytes changed by the GUID that is their name (ECMA-388 §9.1.7.2); the name
table comes after these, its offset within them.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.sink import Place, Sink
from gateway.documents.readers.sniff_font import plain_font
from gateway.model import Document, Origin, ReadStatus, Role

_TABLE: Final = struct.Struct(">4sIII")
_RECORD: Final = struct.Struct(">6H")
_LIMIT_TABLES: Final = 256
_LIMIT_NAMES: Final = 4096
_WIDE: Final = frozenset({0, 3})
"""Platforms whose names are UTF-16: Unicode and Windows."""
_VERSION: Final = re.compile(r"[\d.;: ]*")


def read(source: Source, budget: Budget) -> Reading:
    """Read a font; MALFORMED `font` when its tables lie outside of it."""
    budget.take_bytes(len(source.data))
    sink = Sink(budget)
    try:
        _names(plain_font(source.data, source.filename) or source.data, sink)
    except struct.error:
        raise ReadError(ReadStatus.MALFORMED, "font") from None
    return Reading(Document(part=source.part, filename=source.filename, format="font", runs=tuple(sink.runs)))


def _names(data: bytes, sink: Sink) -> None:
    start = struct.unpack_from(">I", data, 12)[0] if data.startswith(b"ttcf") else 0
    (count,) = struct.unpack_from(">H", data, start + 4)
    for number in range(min(count, _LIMIT_TABLES)):
        tag, _, at, _ = _TABLE.unpack_from(data, start + 12 + _TABLE.size * number)
        if tag == b"name":
            _name_table(data, at, sink)


def _name_table(data: bytes, table: int, sink: Sink) -> None:
    _, count, storage = struct.unpack_from(">HHH", data, table)
    said: set[str] = set()
    for number in range(min(count, _LIMIT_NAMES)):
        platform, _, _, _, length, at = _RECORD.unpack_from(data, table + 6 + _RECORD.size * number)
        octets = data[table + storage + at :][:length]
        text = octets.decode("utf-16-be" if platform in _WIDE else "mac-roman", "replace")
        if text not in said and not _VERSION.fullmatch(text):
            said.add(text)
            sink.put_line(text, Place("font", Role.PROPERTY, Origin.HIDDEN))
