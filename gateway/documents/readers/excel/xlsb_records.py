"""Records of binary workbooks (MS-XLSB 2.1.4), and the fields and formulas in them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.excel.xls_formula import Words
from gateway.documents.readers.numerals import cell_name
from gateway.documents.readers.ole.objects import wide_strings
from gateway.documents.readers.ole.octets import u8, u16, u32, wide
from gateway.model import ReadStatus

_CHECK_EVERY: Final = 4096
_DOUBLE: Final = struct.Struct("<d")
_NONE: Final = 0xFFFFFFFF
"""Length of a nullable string that is none (2.5.166)."""


class Record(NamedTuple):
    """One record."""

    kind: int
    data: bytes


def records(part: bytes, budget: Budget) -> Iterator[Record]:
    """Yield the records of a part; raises `ReadError` MALFORMED `xlsb` when the last one is cut."""
    at, count = 0, 0
    while at < len(part):
        count += 1
        if count % _CHECK_EVERY == 0:
            budget.check_time()
        kind, at = _number(part, at, 2)
        size, at = _number(part, at, 4)
        if at + size > len(part):
            raise ReadError(ReadStatus.MALFORMED, "xlsb")
        yield Record(kind, part[at : at + size])
        at += size


def _number(part: bytes, at: int, most: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, lowest first, and where it ends (2.1.4)."""
    value = 0
    for position in range(most):
        octet = u8(part, at)
        at += 1
        value |= (octet & 0x7F) << (7 * position)
        if octet < 0x80:
            break
    return value, at


class Fields:
    """Reads fields of a record one after the other; what lies behind its end is zero or empty."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def number(self, size: int) -> int:
        """Return an unsigned number of that many bytes."""
        found = int.from_bytes(self.data[self.at : self.at + size], "little")
        self.at += size
        return found

    def double(self) -> float:
        """Return an Xnum (2.5.171)."""
        octets = self.data[self.at : self.at + 8]
        self.at += 8
        return float(_DOUBLE.unpack(octets)[0]) if len(octets) == 8 else 0.0

    def text(self) -> str:
        """Return an XLWideString or XLNullableWideString (2.5.168, 2.5.166)."""
        count = self.number(4)
        if count == _NONE:
            return ""
        found = wide(self.data[self.at : self.at + 2 * count])
        self.at += 2 * count
        return found

    def rest(self) -> bytes:
        """Return what has not been read."""
        return self.data[self.at :]

    def formula(self) -> str:
        """Return the words of a parsed formula: its text constants and characters made by number (2.5.97.7)."""
        size = self.number(4)
        tokens = self.data[self.at : self.at + size]
        self.at += size
        more = self.number(4)
        self.at += more
        return formula_words(tokens)


_SIZES: Final = {
    0x01: 4, 0x1C: 1, 0x1D: 1, 0x1E: 2, 0x1F: 8, 0x20: 14, 0x21: 2, 0x22: 3, 0x23: 4, 0x24: 6, 0x25: 12, 0x26: 6, 0x27: 6,
    0x28: 6, 0x29: 2, 0x2A: 6, 0x2B: 12, 0x2C: 6, 0x2D: 12, 0x39: 6, 0x3A: 8, 0x3B: 14, 0x3C: 8, 0x3D: 14,
    **dict.fromkeys(range(0x03, 0x17), 0),
}  # fmt: skip
"""Bytes of each Ptg behind its first (2.5.97)."""
_EXTENDED, _STRING, _ATTRIBUTES, _SMALL_NUMBER, _FUNCTION = 0x18, 0x17, 0x19, 0x1E, 0x21
_LIST_SIZE: Final = 13
_CHOOSE: Final = 4
_CHAR: Final = 111


def formula_words(tokens: bytes) -> str:
    """Return the words of a formula as a formula that says them: `"a"&"b"&CHAR(77)`."""
    words = Words()
    at, number = 0, 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        words.operator(token)
        if token == _STRING:
            count = u16(tokens, at)
            words.text(wide(tokens[at + 2 : at + 2 + 2 * count]))
            at += 2 + 2 * count
        elif token == _ATTRIBUTES:
            at += 3 + (2 * (u16(tokens, at + 1) + 1) if u8(tokens, at) & _CHOOSE else 0)
        elif token == _EXTENDED:
            at += _LIST_SIZE
        else:
            token = token if token < 0x20 else token & 0x1F | 0x20
            size = _SIZES.get(token)
            if size is None:
                # Nobody knows where the next token begins, so anything that looks like words is taken.
                for text in wide_strings(tokens[at:]):
                    words.text(text)
                break
            if token == _SMALL_NUMBER:
                number = u16(tokens, at)
            elif token == _FUNCTION and u16(tokens, at) == _CHAR:
                words.piece(f"CHAR({number})")
            at += size
    return words.formula()


def area_name(data: bytes, at: int) -> str:
    """Return the reference of the upper left cell of an area (UncheckedRfX, 2.5.157)."""
    return cell_name(u32(data, at) & 0xFFFFF, u32(data, at + 8) & 0x3FFF)
