"""Workbooks fixed by splices: strings in Unicode, fonts of cells and runs Times New Roman, their colours automatic.

A cell compares with others and with the words of formulas: where letters of the old code also stand in formulas, names,
filters, table columns, pivot caches or macros, or where one string is shown in two fonts that read it differently, the
workbook is refused, since half a conversion would change what it computes. White letters on a filled ground stay white.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final
from xml.sax.saxutils import escape

from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.excel.xlsx_styles import DEFAULT_FACE, Styles
from gateway.documents.readers.ooxml.theme import NO_THEME, parse_theme
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, parse
from gateway.fix.letters import fixed, is_other, refuse_bound
from gateway.fix.tally import TIMES, RefusedError, Tally
from gateway.fix.xlsx_headers import fix_headers
from gateway.fix.xlsx_strings import RichString, shown, strings
from gateway.fix.xml_spans import Part
from gateway.model import Run
from gateway.vietnamese.colour import is_black
from gateway.vietnamese.convert import Repaired, repair_runs
from gateway.vietnamese.fonts import legacy_font
from gateway.vietnamese.legacy_tables import Charset

_SHARED: Final = "xl/sharedStrings.xml"
_STYLES: Final = "xl/styles.xml"
_SHEETS: Final = re.compile(r"xl/(?:worksheets|chartsheets)/[^/]+\.xml")
_COMMENTS: Final = re.compile(r"xl/(?:comments/)?comments?\d*\.xml")
_THEME: Final = re.compile(r"xl/theme/theme\d*\.xml")
_LINKS: Final = ("10", "11")
"""Colours of the theme for hyperlinks."""
_BOUND: Final = re.compile(r"xl/(?:pivotCache/|vbaProject\.bin|queryTables/|externalLinks/)")
"""Parts that hold the words of cells once more."""
_TABLES: Final = re.compile(r"xl/tables/[^/]+\.xml")
_FORMULAS: Final = frozenset({"f", "formula", "formula1", "formula2", "definedName"})
_NAMES: Final = {"tableColumn": "name", "filter": "val", "customFilter": "val"}
_CODES: Final = re.compile(r"\[[^\]]*\]|_.")
"""Parts of a number format that the writer did not type: conditions, currencies out of a list, widths of signs."""
_LIMIT_PIECES: Final = 2_000_000
_SHEET_REFERENCE: Final = re.compile(r"'[^']*'!")


class _Workbook:
    """The parts that hold text."""

    def __init__(self, package: Zip, names: Collection[str]) -> None:
        self.names = names
        self.parts = {
            name: Part(package.read(name))
            for name in names
            if name in (_SHARED, _STYLES, "xl/workbook.xml")
            or any(pattern.fullmatch(name) for pattern in (_SHEETS, _COMMENTS, _TABLES))
        }
        theme = next((parse(package.read(name)) for name in names if _THEME.fullmatch(name)), None)
        sheet = self.parts[_STYLES].root if _STYLES in self.parts else None
        self.styles = Styles(sheet, NO_THEME if theme is None else parse_theme(theme))
        self.fonts, self.formats, self.codes = (
            [] if sheet is None else sheet.findall("/".join(map(clark, path)))
            for path in (("s:fonts", "s:font"), ("s:cellXfs", "s:xf"), ("s:numFmts", "s:numFmt"))
        )

    def font_of(self, style: int) -> str | None:
        """Return the family of a cell format."""
        return self.styles.cell(str(style)).face.font if 0 <= style < len(self.formats) else None


def fix_xlsx(package: Zip, names: Collection[str]) -> tuple[dict[str, bytes], Tally]:
    """Return the parts of a workbook as they must be, and what was changed; `RefusedError` where that is not safe."""
    try:
        return _fix(_Workbook(package, names), Tally())
    except ValueError:
        raise RefusedError("damaged", "xml") from None


def _fix(book: _Workbook, tally: Tally) -> tuple[dict[str, bytes], Tally]:
    found = {name: list(strings(part)) for name, part in book.parts.items() if name != _STYLES}
    used: set[int] = set()
    for part in (part for name, part in book.parts.items() if _SHEETS.fullmatch(name)):
        for style, number in shown(part):
            used.add(style)
            if 0 <= number < len(found.get(_SHARED, ())):
                found[_SHARED][number].styles.add(style)
        fix_headers(part, tally)
    _texts(book, found, tally)
    if tally.converted:
        _refuse_bound_words(book, next(iter(tally.converted)))
    _number_formats(book, used, tally)
    grounds = {n for n, _ in enumerate(book.formats) if book.styles.cell(str(n)).face.background is not None}
    on_ground = {book.formats[style].get("fontId", "0") for style in grounds}
    for number, font in enumerate(book.fonts):
        _set_look(book, book.parts[_STYLES], font, tally, colour=str(number) not in on_ground)
    for name, each in found.items():
        kept = {look for string in each if string.styles & grounds for look in string.looks}
        for look in book.parts[name].iter("s:rPr"):
            _set_look(book, book.parts[name], look, tally, colour=look not in kept)
    return {name: part.fixed() for name, part in book.parts.items() if part.edits}, tally


def _texts(book: _Workbook, found: dict[str, list[RichString]], tally: Tally) -> None:
    """Fix every string as its cells show it; all strings of the workbook are judged together, cell by cell."""
    asked = [
        (name, string, font)
        for name, each in found.items()
        for string in each
        for font in dict.fromkeys(map(book.font_of, sorted(string.styles) or [0]))
        if string.pieces
    ]
    if sum(len(string.pieces) for _, string, _ in asked) > _LIMIT_PIECES:
        raise RefusedError("too_large")
    runs = [
        Run(text=piece.text, block=block, font=piece.font or font)
        for block, (_, string, font) in enumerate(asked)
        for piece in string.pieces
    ]
    answers = iter(repair_runs(runs))
    fixed: dict[tuple[str, int, int], Repaired] = {}
    for name, string, _ in asked:
        for piece in string.pieces:
            after = next(answers)
            key = (name, piece.start, piece.end)
            if fixed.setdefault(key, after).text != after.text:
                raise RefusedError("sheet-fonts", piece.text[:60])
    for (name, start, end), after in fixed.items():
        if after.charset is not None:
            tally.count(after.charset)
            book.parts[name].edits.append((start, end, escape(after.text).encode("utf-8")))


def _number_formats(book: _Workbook, used: set[int], tally: Tally) -> None:
    """Change the codes of numbers with words, such as a currency, that cells in a font of an old code show."""
    faces = {style: book.font_of(style) for style in used}
    legacy = {book.formats[style].get("numFmtId"): face for style, face in faces.items() if face and legacy_font(face)}
    placed: list[tuple[Element, Run]] = []
    for element in book.codes:
        code, font = element.get("formatCode", ""), legacy.get(element.get("numFmtId"))
        if font and not _CODES.sub("", code).isascii():
            placed.append((element, Run(text=code, block=len(placed), font=font)))
    for element, text in fixed(placed, tally):
        book.parts[_STYLES].set_value(element, "formatCode", escape(text, {'"': "&quot;", "'": "&apos;"}))


def _refuse_bound_words(book: _Workbook, charset: Charset) -> None:
    """Refuse a workbook whose formulas, names, filters or caches hold letters of the old code as well."""
    if (bound := next(filter(_BOUND.match, book.names), None)) is not None:
        raise RefusedError("sheet-bound", bound)
    for part in book.parts.values():
        for element in part.iter():
            name = element.tag.rpartition("}")[2]  # formulas of extensions have a namespace of their own
            words = element.get(_NAMES[name], "") if name in _NAMES else element.text if name in _FORMULAS else ""
            refuse_bound(_SHEET_REFERENCE.sub("", words or ""), charset)  # sheets keep their names


def _set_look(book: _Workbook, part: Part, font: Element, tally: Tally, *, colour: bool) -> None:
    """Make a `font` or `rPr` Times New Roman, which no theme renames, and automatic; hyperlinks keep the theme's colour."""
    parts = {NAMES[child.tag]: child for child in font}
    face, name = book.styles.face(font, DEFAULT_FACE), parts.get("s:rFont", parts.get("s:name"))
    if name is not None and is_other(face.font) and part.set_value(name, "val", TIMES):
        tally.fonts += 1
        if "s:scheme" in parts:
            part.replace(parts["s:scheme"])
    said = parts.get("s:color")
    if colour and said is not None and said.get("theme") not in _LINKS and not is_black(face.colour):
        tally.colours += 1
        part.replace(said)
