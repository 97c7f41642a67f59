"""Fonts, colours, fills and number formats of Excel's binary files (MS-XLS 2.4.122, 2.4.353, 2.4.188, 2.4.126)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from gateway.documents.readers.excel.xls_records import BiffRecord, Dialect, Strings
from gateway.documents.readers.excel.xlsx_styles import BUILT_IN_FORMATS, INDEXED
from gateway.documents.readers.excel.xlsx_values import format_words
from gateway.documents.readers.ole.octets import rgb, u16, u32
from gateway.documents.readers.ooxml.colours import AUTO, automatic, mixed
from gateway.documents.readers.rows import SUPERSCRIPT
from gateway.documents.readers.sink import Face
from gateway.vietnamese.colour import is_invisible

_SHARES: Final = {2: 0.5, 3: 0.75, 4: 0.25, 17: 0.125, 18: 0.0625}
_LIMIT: Final = 70_000
_NO_FONT: Final = 4


class CellLook(NamedTuple):
    """Appearance of a cell."""

    face: Face
    code: str = ""
    """Number format."""
    hidden: bool = False
    """Letters of the colour of their ground."""


@dataclass
class Styles:
    """The style records of one workbook as they come by."""

    fonts: list[Face] = field(default_factory=list)
    """Their colours are palette numbers until they are asked for."""
    struck: set[int] = field(default_factory=set)
    """Numbers of the fonts that strike their letters out."""
    colours: list[int] = field(default_factory=list)
    formats: dict[int, str] = field(default_factory=dict)
    cells: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    """Font, number format, fill pattern, its fore and its back colour of each XF."""
    palette: list[str] = field(default_factory=lambda: list(INDEXED))
    _looks: dict[int, CellLook] = field(default_factory=dict)

    def take(self, record: BiffRecord, dialect: Dialect) -> bool:
        """Take a record when it is one of styles; whether it was."""
        data = record.data
        match record.kind:
            case 0x31 if len(self.fonts) < _LIMIT:
                self._font(record, dialect)
            case 0xE0 if len(self.cells) < _LIMIT:
                self.cells.append(_cell(data, dialect))
            case 0x41E:
                octets = 2 if dialect.version >= 8 else 1
                self.formats[u16(data, 0)] = dialect.string(record, 2, length_octets=octets).text
            case 0x92:
                count = min(u16(data, 0), 56)
                self.palette[8 : 8 + count] = [rgb(u32(data, 2 + 4 * number)) for number in range(count)]
            case _:
                return False
        self._looks.clear()
        return True

    def _font(self, record: BiffRecord, dialect: Dialect) -> None:
        data = record.data
        name = dialect.string(record, 14, length_octets=1).text
        if u16(data, 2) & 0x8:
            self.struck.add(len(self.fonts) + (len(self.fonts) >= _NO_FONT))
        raised = (0.0, SUPERSCRIPT, -SUPERSCRIPT)[u16(data, 8) % 3]
        self.fonts.append(Face(name or None, u16(data, 0) / 20, None, None, u16(data, 6) >= 600, raised))
        self.colours.append(u16(data, 4))

    def colour(self, index: int) -> str | None:
        """Return RRGGBB of a palette number, None for automatic and system colours."""
        return self.palette[index] if index < 64 else None

    def face(self, number: int) -> Face:
        """Return a font by its number; there is none of `_NO_FONT` (MS-XLS 2.5.129)."""
        index = number if number < _NO_FONT else number - 1
        if not 0 <= index < len(self.fonts):
            return self.fonts[0]._replace(colour=AUTO) if self.fonts else Face(colour=AUTO)
        return self.fonts[index]._replace(colour=self.colour(self.colours[index]) or AUTO)

    def cell(self, index: int) -> CellLook:
        """Return the look of a cell by its XF."""
        look = self._looks.get(index)
        if look is None:
            look = self._looks[index] = self._cell(index)
        return look

    def _cell(self, index: int) -> CellLook:
        font, number, pattern, fore, back = self.cells[index] if index < len(self.cells) else (0, 0, 0, 64, 65)
        face, ground = self.face(font), self._ground(pattern, fore, back)
        if face.colour == AUTO:
            face = face._replace(colour=automatic(ground))
        code = self.formats.get(number) or BUILT_IN_FORMATS.get(str(number), "")
        return CellLook(face._replace(background=ground), code, hidden=is_invisible(face.colour, ground))

    def _ground(self, pattern: int, fore: int, back: int) -> str | None:
        if pattern == 0:
            return None
        front, behind = self.colour(fore), self.colour(back)
        if pattern == 1:
            return front
        return mixed(front, behind, _SHARES.get(pattern, 0.5))


def _cell(data: bytes, dialect: Dialect) -> tuple[int, int, int, int, int]:
    is_new = dialect.version >= 8
    fill = u16(data, 18 if is_new else 8)
    pattern = u32(data, 14) >> 26 if is_new else u16(data, 10) & 0x3F
    return u16(data, 0), u16(data, 2), pattern, fill & 0x7F, fill >> 7 & 0x7F


_NUMBER_FORMAT: Final = 1 << 25


_HEADER: Final = 12
"""Octets that begin a record of newer versions (MS-XLS 2.5.135 FrtHeader)."""


def as_condition(record: BiffRecord) -> BiffRecord:
    """Return a condition of newer versions as CF has it: sizes of two formulas, its look (DXFN), the formulas.

    CF12 (MS-XLS 2.4.43) has its size before the look; CFEx (2.4.44) adds a look, and no formulas, to a CF.
    """
    if record.kind == 0x1B1:
        return record
    data = record.data[_HEADER:]
    head, at = (data[:6], 6) if record.kind == 0x87A else (bytes(6), 14)
    size = u32(data, at)
    end = at + 4 + (size or 2)
    look = data[at + 4 : at + 4 + size].ljust(6, b"\0")
    return record._replace(data=head + look + data[end : end + u16(head, 2) + u16(head, 4)])


def differential_words(record: BiffRecord) -> Iterator[str]:
    """Yield the words of the number formats of a look of tables (MS-XLS 2.4.97 DXF, 2.5.279 XFProp)."""
    at = _HEADER + 6
    for _ in range(u16(record.data, at - 2)):
        if u16(record.data, at) == 0x26:
            yield from format_words(Strings(record, at + 4).unicode(2).text)
        at += max(u16(record.data, at + 2), 4)


def conditional_words(record: BiffRecord) -> list[str]:
    """Return the words of the number format of a condition that has one of its own (MS-XLS 2.4.42 CF, 2.5.91 DXFN)."""
    if not (u32(record.data, 6) & _NUMBER_FORMAT and u16(record.data, 10) & 1):
        return []
    return format_words(Strings(record, 14).unicode(2).text)
