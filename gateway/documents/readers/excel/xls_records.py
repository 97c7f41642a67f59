"""Records and strings of Excel's binary files (MS-XLS 2.1.4, 2.5.293; BIFF5 and BIFF8).

A record longer than its format allows goes on in CONTINUE records; a string that is cut there says again, in one byte,
how wide its letters are. `Strings` reads across these cuts.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from gateway.documents.readers.base import Budget
from gateway.documents.readers.ole.octets import code_page, narrow, u16, wide

CONTINUE: Final = 0x3C
_CHECK_EVERY: Final = 8192
_DOUBLE: Final = struct.Struct("<d")


class BiffRecord(NamedTuple):
    """One record with what continues it."""

    kind: int
    data: bytes
    continued: tuple[bytes, ...]
    offset: int
    """Offset of the record in its stream."""


def biff_records(stream: bytes, budget: Budget, at: int = 0) -> Iterator[BiffRecord]:
    """Yield the records of a stream from a place on; one that is cut short is the last."""
    count, length = 0, len(stream)
    while at + 4 <= length:
        count += 1
        if count % _CHECK_EVERY == 0:
            budget.check_time()
        kind = stream[at] | stream[at + 1] << 8
        size = stream[at + 2] | stream[at + 3] << 8
        start, at = at, at + 4 + size
        data = stream[start + 4 : at]
        if stream[at : at + 2] != b"\x3c\x00":
            yield BiffRecord(kind, data, (), start)
            continue
        continued: list[bytes] = []
        while u16(stream, at) == CONTINUE and at + 4 <= length:
            size = u16(stream, at + 2)
            continued.append(stream[at + 4 : at + 4 + size])
            at += 4 + size
        yield BiffRecord(kind, data, tuple(continued), start)


class Text(NamedTuple):
    """A string with the fonts of its stretches."""

    text: str
    fonts: tuple[tuple[int, int], ...] = ()
    """Position of the first letter of a stretch, and number of its font."""
    extra: bytes = b""
    """Phonetic reading and other additions."""


NO_TEXT: Final = Text("")


class Strings:
    """Reads strings one after the other from a record and its continuations."""

    def __init__(self, record: BiffRecord, at: int = 0) -> None:
        self._chunks = (record.data, *record.continued)
        self._chunk = 0
        self._at = at

    @property
    def ended(self) -> bool:
        """Return whether nothing is left."""
        return self._chunk >= len(self._chunks) - 1 and self._at >= len(self._chunks[-1])

    def octets(self, count: int) -> bytes:
        """Return the next bytes, fewer at the end."""
        pieces: list[bytes] = []
        while count > 0 and self._chunk < len(self._chunks):
            chunk = self._chunks[self._chunk]
            piece = chunk[self._at : self._at + count]
            pieces.append(piece)
            self._at += len(piece)
            count -= len(piece)
            if count > 0 and not self._next():
                break
        return b"".join(pieces)

    def _next(self) -> bool:
        if self._chunk + 1 >= len(self._chunks):
            self._at = len(self._chunks[-1])
            return False
        self._chunk += 1
        self._at = 0
        return True

    def letters(self, count: int, *, is_wide: bool) -> str:
        """Return the next letters, with the width that each continuation states again."""
        pieces: list[str] = []
        while count > 0:
            chunk = self._chunks[self._chunk]
            width = 2 if is_wide else 1
            octets = chunk[self._at : self._at + count * width]
            octets = octets[: len(octets) // width * width]
            pieces.append(wide(octets) if is_wide else octets.decode("latin-1"))
            self._at += len(octets)
            count -= len(octets) // width
            if count > 0:
                if not self._next():
                    break
                is_wide = bool(self.octets(1)[:1] > b"\0")
        return "".join(pieces)

    def unicode(self, length_octets: int) -> Text:
        """Return the next string of BIFF8, preceded by its length in one byte or two."""
        count = int.from_bytes(self.octets(length_octets), "little")
        return self.unicode_of(count)

    def unicode_of(self, count: int) -> Text:
        """Return the next string of BIFF8 with a known number of letters."""
        options = int.from_bytes(self.octets(1), "little")
        runs = u16(self.octets(2), 0) if options & 8 else 0
        extra = int.from_bytes(self.octets(4), "little") if options & 4 else 0
        text = self.letters(count, is_wide=bool(options & 1))
        marks = self.octets(4 * runs) if runs else b""
        return Text(text, font_runs(marks), self.octets(extra) if extra else b"")


def font_runs(octets: bytes) -> tuple[tuple[int, int], ...]:
    """Return the stretches of a rich string: position and font number, four bytes each."""
    return tuple((u16(octets, at), u16(octets, at + 2)) for at in range(0, len(octets) - 3, 4))


class Dialect(NamedTuple):
    """Format in which a stream is written."""

    version: int
    """5 (also Excel 95) or 8."""
    codec: str = "cp1252"
    """Of 8-bit strings."""

    def old_text(self, octets: bytes) -> str:
        """Return 8-bit letters; Windows-1252 and 1258 one for one, as the legacy decoders want them."""
        return narrow(octets) if self.codec == "cp1252" else octets.decode(self.codec, "replace")

    def string(self, record: BiffRecord, at: int, *, length_octets: int) -> Text:
        """Return the string at an offset of a record, in this BIFF version."""
        if self.version >= 8:
            return Strings(record, at).unicode(length_octets)
        count = int.from_bytes(record.data[at : at + length_octets], "little")
        at += length_octets
        octets = record.data[at : at + count]
        if len(octets) < count and record.continued:
            octets += b"".join(record.continued)[: count - len(octets)]
        return Text(self.old_text(octets))


def with_code_page(dialect: Dialect, page: int) -> Dialect:
    """Return the dialect with the code page of a CODEPAGE record."""
    if page in {1252, 1258, 1200, 0x8001, 367, 0}:
        return dialect._replace(codec="cp1252")
    return dialect._replace(codec=code_page(page) or dialect.codec)


def rk_number(value: int) -> float:
    """Return the number in an RkNumber: an integer or the upper half of a double, perhaps in hundredths."""
    if value & 2:
        number = float((value >> 2) - (1 << 30 if value & 0x80000000 else 0))
    else:
        number = float(_DOUBLE.unpack(bytes(4) + (value & 0xFFFFFFFC).to_bytes(4, "little"))[0])
    return number / 100 if value & 1 else number


_MONIKERS: Final = (
    bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b"),
    bytes.fromhex("0303000000000000c000000000000046"),
    bytes.fromhex("795881f43b1d7f48af2c825dc4852763"),
)


def without_identifiers(data: bytes) -> bytes:
    """Return a hyperlink without the class identifiers of its monikers, which look like letters."""
    for identifier in _MONIKERS:
        data = data.replace(identifier, bytes(4))
    return data
