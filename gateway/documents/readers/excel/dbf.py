"""Tables in DBF (dBASE III and IV, FoxPro, Clipper), which old programs of offices and Excel, Calc and SheetJS write, and their memos.

A header names the fields, records of fixed length follow; a record marked `*` is deleted and still there. Long texts stand
in a file beside it (DBT, FPT), which is read by itself. Letters are bytes of a code page that few programs state rightly:
they are UTF-8 when they all are, else one letter for one byte, as the legacy decoders of `gateway.vietnamese` want them.
Source: file structures of dBASE and Visual FoxPro, as published by Borland and Microsoft.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.numerals import cell_name
from gateway.documents.readers.ole.octets import narrow, u8, u16, u32
from gateway.documents.readers.sink import Place, Sink
from gateway.documents.readers.sniff_dbf import DBF, FIELD_SIZE, HEADER_SIZE
from gateway.model import Origin, ReadStatus, Role

_TERMINATOR: Final = 0x0D
_WORDS: Final = re.compile(rb"[\x09\x0a\x0d\x20-\x7e\x80-\xff]{3,}")
_CHECK_EVERY: Final = 1024


class _Field(NamedTuple):
    name: str
    kind: str
    start: int
    length: int


def read(source: Source, budget: Budget) -> Reading:
    """Read a table or a file of memos; PARTIAL `dbf-cut` when the table ends before its last record."""
    budget.take_bytes(len(source.data))
    sink = Sink(budget)
    if source.detected_type == DBF:
        _table(source.data, sink)
    else:
        texts = [match[0] for match in _WORDS.finditer(source.data)]
        decode = _decoder(texts)
        for number, text in enumerate(texts, 1):
            sink.put_line(decode(text).strip(), Place(f"line:{number}", Role.CELL))
    return sink.reading(source, "dbf")


def _table(data: bytes, sink: Sink) -> None:
    fields = list(_fields(data))
    count, start, length = u32(data, 4), u16(data, 8), u16(data, 10)
    if not fields or length < 1:
        raise ReadError(ReadStatus.MALFORMED, "dbf")
    rows = [data[at : at + length] for at in range(start, len(data) - 1, length)]
    decode = _decoder(rows)
    for column, field in enumerate(fields):
        sink.put_line(field.name, Place(f"cell:{cell_name(0, column)}", Role.CELL))
    for number, row in enumerate(rows, 1):
        if number % _CHECK_EVERY == 0:
            sink.budget.check_time()
        # Text after the last record is no longer part of the table but is still in the file.
        seen = number <= count and row[:1] != b"*"
        for column, field in enumerate(fields):
            text = decode(row[field.start : field.start + field.length]).strip(" \0\x1a")
            if field.kind not in "MGPBI0":  # memos and binary numbers are pointers and bytes
                place = Place(f"cell:{cell_name(number, column)}", Role.CELL, Origin.TEXT if seen else Origin.HIDDEN)
                sink.put_line(text, place)
    if len(rows) < count:
        sink.note("dbf-cut")


def _fields(data: bytes) -> Iterator[_Field]:
    at, start = HEADER_SIZE, 1
    while at + FIELD_SIZE <= len(data) and data[at] != _TERMINATOR:
        kind = chr(u8(data, at + 11))
        length = u8(data, at + 16) + (u8(data, at + 17) << 8 if kind == "C" else 0)
        yield _Field(narrow(data[at : at + 11].partition(b"\0")[0]), kind, start, length)
        start += length
        at += FIELD_SIZE


def _decoder(texts: list[bytes]) -> Callable[[bytes], str]:
    """Return what turns bytes into letters: UTF-8 when all of them are; a letter cut at the end of a field is no doubt."""
    joined = b"\n".join(texts)
    bad = sum(1 for letter in joined.decode("utf-8", "replace") if letter == "\N{REPLACEMENT CHARACTER}")
    is_utf8 = bad * 50 <= sum(octet > 0x7F for octet in joined)
    return partial(str, encoding="utf-8", errors="replace") if is_utf8 else narrow
