"""Records of binary workbooks (MS-XLSB 2.1.4), and the fields and formulas in them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.excel.tokens import XLSB, formula_of
from gateway.documents.readers.numerals import cell_name
from gateway.documents.readers.ole.octets import u8, u32, wide
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
    """Reads fields of a record in order; beyond its end they are zero or empty."""

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

    def formula(self) -> str:
        """Return the words of a parsed formula: its text constants and characters made by number (2.5.97.7)."""
        size = self.number(4)
        tokens = self.data[self.at : self.at + size]
        self.at += size
        more = self.number(4)
        self.at += more
        return formula_of(tokens, XLSB)


def area_name(data: bytes, at: int) -> str:
    """Return the reference of the upper left cell of an area (UncheckedRfX, 2.5.157)."""
    return cell_name(u32(data, at) & 0xFFFFF, u32(data, at + 8) & 0x3FFF)
