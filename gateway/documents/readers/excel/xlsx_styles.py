"""Fonts, fills and number formats of a workbook (SpreadsheetML, ECMA-376 Part 1 §18.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

from gateway.documents.readers.base import remembered
from gateway.documents.readers.excel.xlsx_values import format_words
from gateway.documents.readers.numerals import number, whole
from gateway.documents.readers.ooxml.colours import AUTO, automatic, excel_tint, hex_colour, mixed
from gateway.documents.readers.ooxml.theme import NO_THEME, Theme
from gateway.documents.readers.ooxml.xml import NAMES, Element
from gateway.documents.readers.rows import SUPERSCRIPT
from gateway.documents.readers.sink import Face

_T = TypeVar("_T")
THEME_ORDER: Final = (
    "lt1", "dk1", "lt2", "dk2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6", "hlink", "folHlink",
)  # fmt: skip
"""Theme colours by index: Excel swaps light and dark against the theme part (§18.8.3)."""
_INDEXED_TEXT: Final = (
    "000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF 000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF "
    "800000 008000 000080 808000 800080 008080 C0C0C0 808080 9999FF 993366 FFFFCC CCFFFF 660066 FF8080 0066CC CCCCFF "
    "000080 FF00FF FFFF00 00FFFF 800080 800000 008080 0000FF 00CCFF CCFFFF CCFFCC FFFF99 99CCFF FF99CC CC99FF FFCC99 "
    "3366FF 33CCCC 99CC00 FFCC00 FF9900 FF6600 666699 969696 003366 339966 003300 333300 993300 993366 333399 333333"
)
INDEXED: Final = _INDEXED_TEXT.split()
_PATTERN_SHARE: Final = {"gray125": 0.125, "gray0625": 0.0625, "darkGray": 0.75, "mediumGray": 0.5, "lightGray": 0.25}
DEFAULT_FACE: Final = Face(font="Calibri", size_pt=11.0, colour=AUTO, bold=False)


class CellStyle(NamedTuple):
    """Properties of a cell by its format."""

    face: Face = DEFAULT_FACE
    format_code: str = ""
    """Number format, empty for General."""


class Styles:
    """The styles part of a workbook."""

    def __init__(self, root: Element | None = None, theme: Theme = NO_THEME) -> None:
        self.theme = theme
        self._indexed = list(INDEXED)
        self._fonts: list[Face] = []
        self._fills: list[str | None] = []
        self._formats: dict[str, str] = {}
        self._cells: list[tuple[str, str, str]] = []
        self.cell = remembered(self._load_cell)
        """Returns the format of the `s` attribute of a cell."""
        self.conditional_words: list[str] = []
        """Words that conditional number formats put into cells."""
        sections = {NAMES[child.tag]: child for child in root} if root is not None else {}
        for section in ("s:colors", "s:numFmts", "s:fonts", "s:fills", "s:cellXfs", "s:dxfs"):
            if section in sections:
                self._load(section, sections[section])

    def _load(self, section: str, element: Element) -> None:
        match section:
            case "s:colors":
                palette = [hex_colour(each.get("rgb")) for each in element.iter() if NAMES[each.tag] == "s:rgbColor"]
                self._indexed[: len(palette)] = [new or "000000" for new in palette]
            case "s:numFmts":
                for each in element:
                    self._formats[each.get("numFmtId") or ""] = each.get("formatCode") or ""
            case "s:fonts":
                self._fonts = [self.face(each, DEFAULT_FACE) for each in element]
            case "s:fills":
                self._fills = [self._fill(each) for each in element]
            case "s:dxfs":
                self.conditional_words = [
                    words for each in element.iter() for words in format_words(each.get("formatCode") or "")
                ]
            case _:
                self._cells = [
                    (each.get("fontId", "0"), each.get("fillId", "0"), each.get("numFmtId", "0")) for each in element
                ]

    def _load_cell(self, index: str) -> CellStyle:
        entry = _at(self._cells, index)
        if entry is None:
            return CellStyle(_at(self._fonts, "0") or DEFAULT_FACE)
        font, fill, number = entry
        face = _at(self._fonts, font) or DEFAULT_FACE
        background = _at(self._fills, fill)
        if face.colour == AUTO:
            face = face._replace(colour=automatic(background))
        code = self._formats.get(number) or BUILT_IN_FORMATS.get(number, "")
        return CellStyle(face._replace(background=background), code)

    def face(self, element: Element, base: Face) -> Face:
        """Return the face that a `font` or `rPr` element gives on top of another."""
        font, size, colour, background, bold, raised = base
        scheme = ""
        for child in element:
            value = child.get("val")
            match NAMES[child.tag]:
                case "s:name" | "s:rFont":
                    font = (value or "").strip() or font
                case "s:sz":
                    size = number(value) or size
                case "s:b":
                    bold = value not in {"0", "false"}
                case "s:vertAlign":
                    raised = {"superscript": SUPERSCRIPT, "subscript": -SUPERSCRIPT}.get(value or "", 0.0)
                case "s:color":
                    colour = self.colour(child) or colour
                case "s:scheme":
                    scheme = value or ""
                case _:
                    continue
        if scheme in {"major", "minor"}:
            fonts = self.theme.major if scheme == "major" else self.theme.minor
            font = fonts.face() or font
        return Face(font, size, colour, background, bold, raised)

    def colour(self, element: Element) -> str | None:
        """Return RRGGBB or `auto` of a colour element, None when it names nothing."""
        base: str | None
        if element.get("auto") in {"1", "true"}:
            return AUTO
        if element.get("theme") is not None:
            base = self.theme.colours.get(_at(THEME_ORDER, element.get("theme")) or "")
        elif element.get("rgb") is not None:
            base = hex_colour(element.get("rgb"))
        else:
            index = element.get("indexed")
            if index in {"64", "65", "81"}:
                return AUTO
            base = _at(self._indexed, index)
        return excel_tint(base, max(-1.0, min(1.0, number(element.get("tint"))))) if base else None

    def _fill(self, element: Element) -> str | None:
        for pattern in element:
            kind = pattern.get("patternType") or ""
            colours = {NAMES[each.tag]: self.colour(each) for each in pattern}
            front = colours.get("s:fgColor")
            back = colours.get("s:bgColor")
            front = None if front == AUTO else front
            back = None if back == AUTO else back
            if NAMES[pattern.tag] == "s:gradientFill":
                stops = [self.colour(each) for each in pattern.iter() if NAMES[each.tag] == "s:color"]
                return next((stop for stop in stops if stop and stop != AUTO), None)
            if kind == "solid":
                return front
            if kind not in {"", "none"}:
                return mixed(front, back, _PATTERN_SHARE.get(kind, 0.5))
        return None


def is_struck(look: Element) -> bool:
    """Return whether a `font` or `rPr` element strikes its letters out."""
    return any(NAMES[child.tag] == "s:strike" and child.get("val") not in {"0", "false"} for child in look)


BUILT_IN_FORMATS: Final = {
    **{str(number): "dd/mm/yyyy" for number in (14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 57)},
    "22": "dd/mm/yyyy hh:mm",
    **{str(number): "hh:mm" for number in (18, 19, 20, 21, 45, 46, 47)},
    "9": "0%",
    "10": "0.00%",
}
"""Built-in number formats that change what is read (§18.8.30)."""


def _at(values: Sequence[_T], index: str | None) -> _T | None:
    position = whole(index, len(values))
    return values[position] if position < len(values) else None
