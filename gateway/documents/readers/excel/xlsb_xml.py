"""Parts of a binary workbook converted to SpreadsheetML for the same reader (MS-XLSB 2.2.1, ECMA-376 Part 1 §18).

Each record has an element that says the same. Records that hold settings are left out; of those in an unknown layout the
strings are kept as text out of place, which the reader gives as hidden.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Final
from xml.sax.saxutils import escape

from gateway.documents.readers.base import Budget
from gateway.documents.readers.excel.tokens import ERRORS
from gateway.documents.readers.excel.xls_records import rk_number
from gateway.documents.readers.excel.xlsb_records import Fields, Record, area_name, records
from gateway.documents.readers.numerals import cell_name
from gateway.documents.readers.ole.objects import wide_strings
from gateway.documents.readers.ole.octets import u8, u32, wide
from gateway.documents.readers.ooxml.xml import clark

_MAIN: Final = clark("s:x").partition("}")[0][1:]
_REL: Final = clark("r:x").partition("}")[0][1:]
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_RELATION: Final = re.compile(r"rId\d+")
_STATES: Final = {1: "hidden", 2: "veryHidden"}
_PATTERNS: Final = (
    "none", "solid", "mediumGray", "darkGray", "lightGray", "darkHorizontal", "darkVertical", "darkDown", "darkUp",
    "darkGrid", "darkTrellis", "lightHorizontal", "lightVertical", "lightDown", "lightUp", "lightGrid", "lightTrellis",
    "gray125", "gray0625",
)  # fmt: skip
_HEADERS: Final = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
_ZERO_HEIGHT, _BOLD, _HIDDEN_COLUMN = 0x10, 600, 1


def root(name: str, inner: str) -> bytes:
    """Return a part with that root element."""
    return f'<{name} xmlns="{_MAIN}" xmlns:r="{_REL}">{inner}</{name}>'.encode()


def said(text: str) -> str:
    """Return text as XML holds it; characters that it forbids become U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", escape(text).replace("\r", "&#13;"))


def _attribute(name: str, value: str) -> str:
    return f' {name}="{said(value).replace(chr(34), "&quot;").replace(chr(10), "&#10;")}"' if value else ""


def _stray(data: bytes) -> str:
    """Return the strings of an unknown record."""
    return "".join(f"<t>{said(text)}</t>" for text in wide_strings(data) if not _RELATION.fullmatch(text))


def workbook(part: bytes, budget: Budget) -> bytes:
    """Return the workbook part: sheets, defined names, and which date system counts."""
    properties, sheets, names, rest = "", "", "", ""
    for record in records(part, budget):
        fields = Fields(record.data)
        match record.kind:
            case 0x99:  # BrtWbProp
                properties = f'<workbookPr date1904="{fields.number(4) & 1}"/>'
            case 0x9C:  # BrtBundleSh
                state = _STATES.get(fields.number(4), "")
                number = fields.number(4)
                relation, name = fields.text(), fields.text()
                sheets += (
                    f'<sheet{_attribute("name", name)} sheetId="{number}"{_attribute("state", state)}'
                    f"{_attribute('r:id', relation)}/>"
                )
            case 0x27:  # BrtName
                fields.at = 9
                name = fields.text()
                words = fields.formula()
                names += f"<definedName{_attribute('name', name)}{_attribute('comment', fields.text())}>{said(words)}</definedName>"
                rest += "".join(f"<t>{said(text)}</t>" for text in _texts(fields))
            case _:
                rest += "" if record.kind in _SETTINGS else _stray(record.data)
    return root("workbook", f"{properties}<sheets>{sheets}</sheets><definedNames>{names}</definedNames>{rest}")


def _texts(fields: Fields) -> Iterator[str]:
    """Yield the strings up to the end of a record."""
    while fields.at + 4 <= len(fields.data):
        if text := fields.text():
            yield text


_SETTINGS: Final = frozenset({0x80, 0x82, 0x9E, 0x9D, 0x0187, 0x018C})
"""BrtFileVersion and others that name versions and windows."""


def rich(fields: Fields, fonts: list[str]) -> str:
    """Return the inside of an `si` for a RichStr (2.5.121)."""
    flags = fields.number(1)
    text = fields.text()
    runs = [(fields.number(2), fields.number(2)) for _ in range(min(fields.number(4), len(text)))] if flags & 1 else []
    phonetic = f"<rPh><t>{said(fields.text())}</t></rPh>" if flags & 2 else ""
    if not runs:
        return f"<t>{said(text)}</t>{phonetic}"
    starts = [0, *(min(start, len(text)) for start, _ in runs), len(text)]
    looks = ["", *(f"<rPr>{fonts[font]}</rPr>" if font < len(fonts) else "" for _, font in runs)]
    pieces = (
        f"<r>{look}<t>{said(text[start:end])}</t></r>"
        for look, start, end in zip(looks, starts[:-1], starts[1:], strict=True)
        if end > start
    )
    return "".join(pieces) + phonetic


def shared_strings(part: bytes, fonts: list[str], budget: Budget) -> bytes:
    """Return the shared string table."""
    items = [f"<si>{rich(Fields(each.data), fonts)}</si>" for each in records(part, budget) if each.kind == 0x13]
    return root("sst", "".join(items))


def comments(part: bytes, fonts: list[str], budget: Budget) -> bytes:
    """Return the comments of a sheet; names of authors are out of place."""
    inner, place = "", ""
    for record in records(part, budget):
        match record.kind:
            case 0x0278:  # BrtCommentAuthor
                inner += f"<author>{said(Fields(record.data).text())}</author>"
            case 0x027B:  # BrtBeginComment
                place = area_name(record.data, 4)
            case 0x027D:  # BrtCommentText
                inner += f'<comment ref="{place}"><text>{rich(Fields(record.data), fonts)}</text></comment>'
            case _:
                inner += _stray(record.data)
    return root("comments", inner)


def styles(part: bytes, budget: Budget) -> tuple[bytes, list[str]]:
    """Return the styles part, and each font as the children of an `rPr`."""
    colours, formats, fills, cells, conditional, fonts = "", "", "", "", "", []
    in_cells = False
    for record in records(part, budget):
        data = record.data
        match record.kind:
            case 0x2B:  # BrtFont
                fonts.append(_font(data))
            case 0x2C:  # BrtFmt
                fields = Fields(data)
                number = fields.number(2)
                formats += (
                    f'<numFmt numFmtId="{number}" formatCode="{said(fields.text()).replace(chr(34), "&quot;")}"/>'
                )
            case 0x2D:  # BrtFill
                fills += _fill(data)
            case 0x2F if in_cells:  # BrtXF
                fields = Fields(data, 2)
                number, font, fill = fields.number(2), fields.number(2), fields.number(2)
                cells += f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}"/>'
            case 0x0269 | 0x026A:  # BrtBeginCellXFs, BrtEndCellXFs
                in_cells = record.kind == 0x0269
            case 0x01FB:  # BrtDXF
                conditional += "".join(
                    f"<numFmt{_attribute('formatCode', code)}/>" for code in _conditional_formats(data)
                )
            case 0x01DB:  # BrtIndexedColor
                colours += f'<rgbColor rgb="FF{data[:3].hex().upper()}"/>'
    named = "".join(f"<font>{each.replace('<rFont ', '<name ')}</font>" for each in fonts)
    palette = f"<colors><indexedColors>{colours}</indexedColors></colors>" if colours else ""
    inner = (
        f"<numFmts>{formats}</numFmts><fonts>{named}</fonts><fills>{fills}</fills><cellXfs>{cells}</cellXfs>"
        f"<dxfs><dxf>{conditional}</dxf></dxfs>{palette}"
    )
    return root("styleSheet", inner), fonts


def _conditional_formats(data: bytes) -> Iterator[str]:
    """Yield the number format among the properties of a conditional look (XFProps, property 0x26)."""
    fields = Fields(data, 4)
    for _ in range(min(fields.number(2), len(data))):
        kind, size = fields.number(2), fields.number(2)
        if kind == 0x26:
            yield wide(data[fields.at + 2 : fields.at + size - 4]).strip("\0")
        fields.at += size - 4


def _font(data: bytes) -> str:
    """BrtFont: height in twentieths of a point, weight, colour, scheme, name (2.4.149)."""
    fields = Fields(data)
    height, flags, weight = fields.number(2), fields.number(2), fields.number(2)
    scheme = {1: "major", 2: "minor"}.get(u8(data, 20), "")
    fields.at = 21
    bold = ("<b/>" if weight >= _BOLD else "") + ("<strike/>" if flags & 0x8 else "")
    scheme = f'<scheme val="{scheme}"/>' if scheme else ""
    return f'{bold}<sz val="{height / 20:g}"/>{_colour("color", data, 12)}<rFont{_attribute("val", fields.text())}/>{scheme}'


def _fill(data: bytes) -> str:
    pattern = u32(data, 0)
    name = _PATTERNS[pattern] if pattern < len(_PATTERNS) else "none"
    if pattern == 0x28:  # a gradient: its colours follow the two of a pattern, each after its position
        stops = "".join(_colour("color", data, at + 8) for at in range(72, min(len(data) - 15, 72 + 16 * 16), 16))
        return f"<fill><gradientFill>{stops}</gradientFill></fill>"
    inner = _colour("fgColor", data, 4) + _colour("bgColor", data, 12)
    return f'<fill><patternFill patternType="{name}">{inner}</patternFill></fill>'


def _colour(element: str, data: bytes, at: int) -> str:
    """BrtColor: how it is given, its index, its tint, its red, green and blue (2.5.14)."""
    tint = int.from_bytes(data[at + 2 : at + 4], "little", signed=True) / 32767
    shade = f' tint="{tint:.6g}"' if tint else ""
    match u8(data, at) >> 1:
        case 1:
            return f'<{element} indexed="{u8(data, at + 1)}"{shade}/>'
        case 2:
            return f'<{element} rgb="FF{data[at + 4 : at + 7].hex().upper()}"{shade}/>'
        case 3:
            return f'<{element} theme="{u8(data, at + 1)}"{shade}/>'
        case _:
            return f'<{element} auto="1"/>'


def sheet(part: bytes, fonts: list[str], budget: Budget) -> bytes:
    """Return a worksheet, macro sheet or chart sheet."""
    writer = _SheetWriter(fonts)
    for record in records(part, budget):
        writer.take(record)
    return writer.whole()


class _SheetWriter:
    def __init__(self, fonts: list[str]) -> None:
        self._fonts = fonts
        self._columns: list[str] = []
        self._rows: list[str] = []
        self._around: list[str] = []
        self._row = -1
        self._column = -1
        """That of the last cell."""

    def whole(self) -> bytes:
        end = "</row>" if self._row >= 0 else ""
        cells = "".join(self._rows)
        return root(
            "worksheet",
            f"<cols>{''.join(self._columns)}</cols><sheetData>{cells}{end}</sheetData>{''.join(self._around)}",
        )

    def take(self, record: Record) -> None:
        kind, data = record
        if kind in _CELLS or kind == _BLANK:
            self._column = u32(data, 0) & 0x3FFF
            self._cell(kind, data, 4)
            return
        if kind in _NEXT_CELLS:
            self._column += 1
            self._cell(_NEXT_CELLS[kind], data, 0)
            return
        match kind:
            case 0x00:  # BrtRowHdr
                hidden = ' hidden="1"' if u8(data, 11) & _ZERO_HEIGHT else ""
                self._begin(u32(data, 0) & 0xFFFFF, hidden)
            case 0x3C:  # BrtColInfo
                if u8(data, 16) & _HIDDEN_COLUMN or (u32(data, 8) == 0 and len(data) >= 12):
                    first, last = (u32(data, 0) & 0x3FFF) + 1, (u32(data, 4) & 0x3FFF) + 1
                    self._columns.append(f'<col min="{first}" max="{last}" hidden="1"/>')
            case 0x01AA | 0x01AB:  # BrtArrFmla, BrtShrFmla
                words = Fields(data, 17 if kind == 0x01AA else 16).formula()
                self._around.append(f"<f>{said(words)}</f>" if words else "")
            case 0x01DF:  # BrtBeginHeaderFooter
                self._headers(Fields(data))
            case 0x01EE:  # BrtHLink
                fields = Fields(data, 16)
                _relation, location = fields.text(), fields.text()
                tooltip, shown = fields.text(), fields.text()
                self._around.append(
                    f"<hyperlink{_attribute('tooltip', tooltip)}{_attribute('display', shown)}><t>{said(location)}</t></hyperlink>"
                )
            case 0x40:  # BrtDVal
                self._validation(Fields(data, 4))
            case _:
                self._around.append(_stray(data))

    def _begin(self, row: int, attributes: str = "") -> None:
        self._rows.append(("</row>" if self._row >= 0 else "") + f'<row r="{row + 1}"{attributes}>')
        self._row, self._column = row, -1

    def _cell(self, kind: int, data: bytes, at: int) -> None:
        """Take a cell whose style is at a position of the record, before its value."""
        if kind == _BLANK:
            return
        if self._row < 0:
            self._begin(0)
        fields = Fields(data, at + 4)
        place = f'<c r="{cell_name(self._row, self._column)}" s="{u32(data, at) & 0xFFFFFF}"'
        form, value = _CELLS[kind](fields, self._fonts)
        formula = ""
        if kind in _FORMULAS:
            fields.at += 2
            words = fields.formula()
            formula = f"<f>{said(words)}</f>" if words else ""
        inner = value if form == "inlineStr" else f"<v>{value}</v>"
        self._rows.append(f'{place} t="{form}">{formula}{inner}</c>')

    def _headers(self, fields: Fields) -> None:
        flags = fields.number(2)
        inner = "".join(f"<{name}>{said(fields.text())}</{name}>" for name in _HEADERS)
        flagged = f'differentOddEven="{flags & 1}" differentFirst="{flags >> 1 & 1}"'
        self._around.append(f"<headerFooter {flagged}>{inner}</headerFooter>")

    def _validation(self, fields: Fields) -> None:
        fields.at += 4 + 16 * min(u32(fields.data, fields.at), 8192)
        names = ("errorTitle", "error", "promptTitle", "prompt")
        words = "".join(_attribute(name, fields.text()) for name in names)
        formulas = "".join(f"<formula1>{said(fields.formula())}</formula1>" for _ in range(2))
        self._around.append(f"<dataValidation{words}>{formulas}</dataValidation>")


def _real(number: float) -> str:
    return repr(number).removesuffix(".0") if math.isfinite(number) else "0"


_Give = Callable[[Fields, list[str]], tuple[str, str]]
_CELLS: Final[dict[int, _Give]] = {
    0x02: lambda fields, _: ("n", _real(rk_number(fields.number(4)))),
    0x03: lambda fields, _: ("e", ERRORS.get(fields.number(1), "#N/A")),
    0x04: lambda fields, _: ("b", str(fields.number(1))),
    0x05: lambda fields, _: ("n", _real(fields.double())),
    0x06: lambda fields, _: ("inlineStr", f"<is><t>{said(fields.text())}</t></is>"),
    0x07: lambda fields, _: ("s", str(fields.number(4))),
    0x08: lambda fields, _: ("str", said(fields.text())),
    0x09: lambda fields, _: ("n", _real(fields.double())),
    0x0A: lambda fields, _: ("b", str(fields.number(1))),
    0x0B: lambda fields, _: ("e", ERRORS.get(fields.number(1), "#N/A")),
    0x3E: lambda fields, fonts: ("inlineStr", f"<is>{rich(fields, fonts)}</is>"),
}
"""Type and value of each kind of cell record (BrtCellRk to BrtFmlaError, BrtCellRString)."""
_FORMULAS: Final = range(0x08, 0x0C)
_BLANK: Final = 0x01
_NEXT_CELLS: Final = {0x0C: _BLANK, **{kind + 11: kind for kind in range(0x02, 0x08)}, 0x3D: 0x3E}
"""The same cells without a column of their own, right behind the one before (BrtShortBlank to BrtShortIsst), as SheetJS
writes them; Excel and LibreOffice read them."""


def other(part: bytes, budget: Budget) -> bytes:
    """Return any other part: links to other workbooks as such, the strings of all else."""
    inner = ""
    for record in records(part, budget):
        if record.kind == 0x0168:  # BrtBeginSupBook
            inner += {1: "<ddeLink/>", 2: "<oleLink/>"}.get(u32(record.data, 0) & 0xFFFF, "")
        inner += _stray(record.data)
    return root("part", inner)
