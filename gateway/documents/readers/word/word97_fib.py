"""File information block and piece table of Word files (MS-DOC 2.5, 2.8.35).

The piece table says where the text stands and in which of its two forms: UTF-16, or one byte a letter. Files of Word 2 to 95
are UNSUPPORTED.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.ole.octets import narrow, u8, u16, u32
from gateway.model import ReadStatus

_WORD97, _WORD6, _WORD2 = 0xA5EC, 0xA5DC, 0xA5DB
_MAGICS: Final = frozenset({_WORD97, _WORD6, 0xA697, 0xA698, 0xA699})
_LIMIT_PIECES: Final = 1_000_000
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

STORIES: Final = ("main", "footnote", "header", "macro", "comment", "endnote", "textbox", "header-textbox")
"""Sub-documents in the order of their characters (MS-DOC 2.3)."""

_TABLES: Final = {
    "styles": 1, "footnote": 3, "comment": 5, "sections": 6, "header": 11, "characters": 12, "paragraphs": 13,
    "fonts": 15, "bookmarks": 21, "associations": 32, "pieces": 33, "comment-authors": 36, "shapes": 40,
    "endnote": 47, "drawings": 50, "revision-authors": 51, "textbox": 56, "header-textbox": 58, "variables": 60,
    "lists": 73, "list-overrides": 74,
}  # fmt: skip
"""Index of each table in the FibRgFcLcb."""


@dataclass(frozen=True)
class Fib:
    """Fields of the first block of the WordDocument stream."""

    data: bytes
    flags: int
    counts: tuple[int, ...]
    """Characters of each sub-document, in the order of `STORIES`."""

    @property
    def table_stream(self) -> str:
        """Name of the stream with the tables."""
        return "1Table" if self.flags & 0x0200 else "0Table"

    def table(self, name: str) -> tuple[int, int]:
        """Return offset and length of a table, (0, 0) when there is none."""
        index = _TABLES[name]
        at = 154 + 8 * index
        return (u32(self.data, at), u32(self.data, at + 4)) if index < u16(self.data, 152) else (0, 0)

    def octets(self, name: str, stream: bytes) -> bytes:
        """Return the bytes of a table in the stream of tables."""
        at, length = self.table(name)
        return stream[at : at + length]


def entries(plc: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield position and data of the entries of a PLC, which have that many bytes (MS-DOC 2.2.2)."""
    count = max(0, len(plc) - 4) // (4 + size)
    for number in range(count):
        at = 4 * (count + 1) + size * number
        yield u32(plc, 4 * number), plc[at : at + size]


def parse_fib(document: bytes) -> Fib:
    """Return the FIB; MALFORMED `no-word-header`, UNSUPPORTED `word-2` or `word-6` for older versions."""
    magic = u16(document, 0)
    if magic == _WORD2:
        raise ReadError(ReadStatus.UNSUPPORTED, "word-2")
    if magic not in _MAGICS or len(document) < 0x60:
        raise ReadError(ReadStatus.MALFORMED, "no-word-header")
    if magic == _WORD6 or u16(document, 2) < 105:
        raise ReadError(ReadStatus.UNSUPPORTED, "word-6")
    counts = tuple(u32(document, 76 + 4 * number) for number in range(8))
    return Fib(document[:4096], u16(document, 0x0A), counts)


@dataclass(frozen=True)
class Piece:
    """A contiguous stretch of text in the file."""

    start: int
    """First character position (CP)."""
    end: int
    offset: int
    """Octet of the first character in the WordDocument stream (FC)."""
    width: int
    """Bytes of a letter, 1 or 2."""
    sprms: bytes
    """Formatting that a fast save put on the whole piece."""

    def position(self, cp: int) -> int:
        """Return the byte offset of a character."""
        return self.offset + (cp - self.start) * self.width

    def text(self, document: bytes) -> str:
        """Return one letter for each position; letters beyond U+FFFF stay two surrogates (`joined`)."""
        octets = document[self.offset : self.offset + (self.end - self.start) * self.width]
        if self.width == 1:
            return narrow(octets)
        text = octets.decode("utf-16-le", "surrogatepass")
        if len(text) == self.end - self.start:
            return text
        return "".join(chr(unit) for (unit,) in struct.iter_unpack("<H", octets))


def joined(text: str) -> str:
    """Return text with its pairs of surrogates joined into letters, single ones as U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") if _SURROGATE.search(text) else text


def parse_pieces(fib: Fib, document: bytes, table: bytes) -> tuple[tuple[Piece, ...], bool]:
    """Return the pieces in reading order, and whether the table was whole."""
    clx = fib.octets("pieces", table)
    whole = len(clx) == fib.table("pieces")[1] > 0
    groups: list[bytes] = []
    at = 0
    while at < len(clx) and clx[at] == 1:
        size = u16(clx, at + 1)
        groups.append(clx[at + 3 : at + 3 + size])
        at += 3 + size
    if u8(clx, at) != 2:
        return _one_piece(fib, document), False
    plc = clx[at + 5 : at + 5 + u32(clx, at + 1)]
    count = max(0, (len(plc) - 4) // 12)
    if count > _LIMIT_PIECES:
        raise ReadError(ReadStatus.LIMIT, "pieces")
    pieces: list[Piece] = []
    previous = total = 0
    for number in range(count):
        cp, end = u32(plc, 4 * number), u32(plc, 4 * number + 4)
        descriptor = 4 * (count + 1) + 8 * number
        place, prm = u32(plc, descriptor + 2), u16(plc, descriptor + 6)
        width = 2
        if place & 0x40000000:
            place, width = (place & 0x3FFFFFFF) // 2, 1
        length = max(0, end - cp)
        if cp != previous or end < cp or place + length * width > len(document):
            whole = False
            length = min(length, max(0, len(document) - place) // width)
        previous = end
        if length:
            # Renumbered: positions that lie must not move what comes after them.
            pieces.append(Piece(total, total + length, place, width, _modifier(prm, groups)))
            total += length
        if total > 4 * len(document) + (1 << 16):
            raise ReadError(ReadStatus.LIMIT, "pieces")
    return tuple(pieces), whole


def _modifier(prm: int, groups: list[bytes]) -> bytes:
    """Return the sprms of a piece: one short one, or a group that the table holds (MS-DOC 2.9.215)."""
    if prm & 1:
        return groups[prm >> 1] if prm >> 1 < len(groups) else b""
    if prm == 0:
        return b""
    opcode = _SHORT.get(prm >> 1 & 0x7F)
    return opcode.to_bytes(2, "little") + bytes((prm >> 8,)) if opcode else b""


_SHORT: Final = {
    0x18: 0x2416, 0x19: 0x2417, 0x41: 0x0800, 0x42: 0x0801, 0x43: 0x0802, 0x47: 0x0806, 0x4D: 0x2A0C, 0x53: 0x2A33,
    0x55: 0x0835, 0x5A: 0x083A, 0x5B: 0x083B, 0x5C: 0x083C, 0x62: 0x2A42, 0x75: 0x0855, 0x76: 0x0856,
}  # fmt: skip
"""Short numbers of the sprms that matter here (MS-DOC 2.9.216)."""


def _one_piece(fib: Fib, document: bytes) -> tuple[Piece, ...]:
    """Return the text as one stretch from fcMin, the best guess for a lost piece table."""
    start, end = u32(document, 0x18), min(u32(document, 0x1C), len(document))
    if not 0 < start < end:
        start, end = min(0x200, len(document)), len(document)
    width = 2 if fib.flags & 0x1000 and _looks_wide(document[start:end]) else 1
    count = (end - start) // width
    return (Piece(0, count, start, width, b""),) if count > 0 else ()


def _looks_wide(octets: bytes) -> bool:
    sample = octets[:4096]
    return sample[1::2].count(0) * 3 > len(sample)
