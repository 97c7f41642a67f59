"""Workbooks fixed by splices: strings in Unicode, fonts of cells and runs Times New Roman, their colours automatic.

A cell compares with others and with the words of formulas: where letters of the old code also stand in formulas, names,
filters, table columns, pivot caches or macros, or where one string is shown in two fonts that read it differently, the
workbook is refused, since half a conversion would change what it computes. White letters on a filled ground stay white.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final
from xml.sax.saxutils import escape

from gateway.documents.readers.containers.zip import Zip
from gateway.fix.letters import is_other, mended
from gateway.fix.package import Edit, spliced
from gateway.fix.pptx_fonts import Theme
from gateway.fix.tally import TIMES, RefusedError, Tally
from gateway.fix.xlsx_headers import header_edits
from gateway.fix.xlsx_strings import RichString, RunFont, fonts, local, shown, strings
from gateway.fix.xml_spans import Tag, Written, text_of, walk, written
from gateway.model import Run
from gateway.vietnamese.colour import is_black
from gateway.vietnamese.convert import Repaired, repair_runs
from gateway.vietnamese.fonts import legacy_font
from gateway.vietnamese.legacy_evidence import judge
from gateway.vietnamese.legacy_tables import Charset

_SHARED: Final = "xl/sharedStrings.xml"
_STYLES: Final = "xl/styles.xml"
_SHEETS: Final = re.compile(r"xl/(?:worksheets|chartsheets)/[^/]+\.xml")
_COMMENTS: Final = re.compile(r"xl/(?:comments/)?comments?\d*\.xml")
_BOUND: Final = re.compile(r"xl/(?:pivotCache/|vbaProject\.bin|queryTables/|externalLinks/)")
"""Parts that hold the words of cells once more."""
_TABLES: Final = re.compile(r"xl/tables/[^/]+\.xml")
_FORMULAS: Final = frozenset({"f", "formula", "formula1", "formula2", "definedName"})
_NAMES: Final = {"tableColumn": "name", "filter": "val", "customFilter": "val"}
_CODES: Final = re.compile(r"\[[^\]]*\]|_.")
"""Parts of a number format that the writer did not type: conditions, currencies out of a list, widths of signs."""
_SHEET_REFERENCE: Final = re.compile(r"'[^']*'!")


class _Workbook:
    """The parts that hold text, walked once."""

    def __init__(self, package: Zip, names: Collection[str]) -> None:
        self.names = names
        wanted = [
            name
            for name in names
            if name in (_SHARED, _STYLES, "xl/workbook.xml")
            or any(pattern.fullmatch(name) for pattern in (_SHEETS, _COMMENTS, _TABLES))
        ]
        self.data = {name: package.read(name) for name in wanted}
        self.tags = {name: list(walk(content)) for name, content in self.data.items()}
        self.edits: dict[str, list[Edit]] = {name: [] for name in wanted}
        theme = next((name for name in names if re.fullmatch(r"xl/theme/theme\d*\.xml", name)), None)
        self.theme = Theme(list(walk(package.read(theme))) if theme is not None else []).fonts
        self.fonts = list(fonts(self.of_styles("fonts"), "font"))
        self.formats = [tag.attributes for tag in self.of_styles("cellXfs") if tag.opens and local(tag) == "xf"]
        self.fills = [tag.attributes for tag in self.of_styles("fills") if tag.opens and local(tag) == "patternFill"]

    def of_styles(self, holder: str) -> list[Tag]:
        """Return the tags inside one list of the style sheet."""
        inside: list[Tag] = []
        depth = 0
        for tag in self.tags.get(_STYLES, ()):
            if local(tag) == holder:
                depth += 1 if tag.opens else -1
            elif depth:
                inside.append(tag)
        return inside

    def face(self, font: RunFont) -> str | None:
        """Return the family that a font of the style sheet shows: the theme's where it follows the theme."""
        if font.scheme is not None:
            scheme = self.data[_STYLES][slice(*font.scheme)]
            themed = self.theme.get("majorFont" if b"major" in scheme else "minorFont")
            if themed:
                return themed
        return font.face

    def font_of(self, style: int) -> str | None:
        """Return the family of a cell format."""
        if style < 0 or style >= len(self.formats):
            return None
        number = int(self.formats[style].get("fontId", "0") or 0)
        return self.face(self.fonts[number]) if number < len(self.fonts) else None


def mend_xlsx(package: Zip, names: Collection[str]) -> tuple[dict[str, bytes], Tally]:
    """Return the parts of a workbook as they must be, and what was changed; `RefusedError` where that is not safe."""
    try:
        return _mend(_Workbook(package, names), Tally())
    except ValueError:
        raise RefusedError("damaged", "xml") from None


def _mend(book: _Workbook, tally: Tally) -> tuple[dict[str, bytes], Tally]:
    found = {name: strings(book.data[name], tags) for name, tags in book.tags.items() if name != _STYLES}
    for name, tags in book.tags.items():
        if _SHEETS.fullmatch(name):
            for number, style in shown(book.data[name], tags):
                if number < len(found.get(_SHARED, ())):
                    found[_SHARED][number].styles.add(style)
            book.edits[name] += header_edits(book.data[name], tags, tally)
    _texts(book, found, tally)
    if tally.converted:
        _refuse_bound_words(book, next(iter(tally.converted)))
    book.edits.setdefault(_STYLES, []).extend(_number_formats(book, tally))
    grounds = _grounds(book)
    for number, font in enumerate(book.fonts):
        book.edits[_STYLES] += _name(font, book.data[_STYLES], book.face(font), tally)
        if not any(book.formats[style].get("fontId", "0") == str(number) for style in grounds):
            book.edits[_STYLES] += _colour(font, tally)
    for name, each in found.items():
        on_ground = {place for string in each if string.styles & grounds for place in string.looks}
        for font in fonts(book.tags[name], "rPr"):
            book.edits[name] += _name(font, book.data[name], font.face, tally)
            if font.tag.start not in on_ground:
                book.edits[name] += _colour(font, tally)
    return {name: spliced(book.data[name], edits) for name, edits in book.edits.items() if edits}, tally


def _grounds(book: _Workbook) -> set[int]:
    """Return the cell formats with a filled ground, on which black letters might not be read."""
    filled = {n for n, fill in enumerate(book.fills) if fill.get("patternType", "none") not in ("none", "gray125")}
    return {style for style, cell in enumerate(book.formats) if int(cell.get("fillId", "0") or 0) in filled}


def _texts(book: _Workbook, found: dict[str, list[RichString]], tally: Tally) -> None:
    """Mend every string as its cells show it; all strings of the workbook are judged together, cell by cell."""
    asked = [
        (name, string, style)
        for name, each in found.items()
        for string in each
        for style in (sorted(string.styles) or [0])
        if string.pieces
    ]
    runs = [
        Run(text=piece.text, block=block, font=piece.font or book.font_of(style))
        for block, (_, string, style) in enumerate(asked)
        for piece in string.pieces
    ]
    answers = iter(repair_runs(runs))
    mended: dict[tuple[str, int, int], Repaired] = {}
    for name, string, _ in asked:
        for piece in string.pieces:
            after = next(answers)
            key = (name, piece.start, piece.end)
            if mended.setdefault(key, after).text != after.text:
                raise RefusedError("sheet-fonts", piece.text[:60])
    for (name, start, end), after in mended.items():
        if after.charset is not None:
            tally.count(after.charset)
            book.edits[name].append((start, end, escape(after.text).encode("utf-8")))


def _number_formats(book: _Workbook, tally: Tally) -> Iterator[Edit]:
    """Yield the codes of numbers with words, such as a currency, that cells in a font of an old code show."""
    cells = (tag for name in filter(_SHEETS.fullmatch, book.tags) for tag in book.tags[name] if local(tag) == "c")
    used = {int(tag.attributes.get("s", "0") or 0) for tag in cells if tag.opens}
    faces = {style: book.font_of(style) for style in used}
    legacy = {book.formats[style].get("numFmtId"): face for style, face in faces.items() if face and legacy_font(face)}
    placed: list[tuple[Written, Run]] = []
    for tag in book.of_styles("numFmts"):
        code, font = tag.attributes.get("formatCode", ""), legacy.get(tag.attributes.get("numFmtId"))
        place = written(book.data[_STYLES], tag, b"formatCode")
        if font and place is not None and not _CODES.sub("", code).isascii():
            placed.append((place, Run(text=code, block=len(placed), font=font)))
    for place, text in mended(placed, tally):
        yield place.value, place.value_end, escape(text, {'"': "&quot;", "'": "&apos;"}).encode("utf-8")


def _refuse_bound_words(book: _Workbook, charset: Charset) -> None:
    """Refuse a workbook whose formulas, names, filters or caches hold letters of the old code as well."""
    if any(_BOUND.match(name) for name in book.names):
        raise RefusedError("sheet-bound", next(name for name in book.names if _BOUND.match(name)))
    for name, tags in book.tags.items():
        for written_words in _bound_words(book.data[name], tags):
            words = _SHEET_REFERENCE.sub("", written_words)  # sheets keep their names
            if not words.isascii() and judge(words, hint=charset)[0] is not Charset.UNICODE:
                raise RefusedError("sheet-bound", words[:60])


def _bound_words(data: bytes, tags: list[Tag]) -> Iterator[str]:
    opened: Tag | None = None
    for tag in tags:
        name = tag.name.rpartition(" ")[2]  # formulas of extensions have a namespace of their own
        if tag.opens:
            opened = tag
            if name in _NAMES:
                yield tag.attributes.get(_NAMES[name], "")
        elif opened is not None and name in _FORMULAS and tag.start >= opened.end:
            yield text_of(data, opened.end, tag.start)


def _name(font: RunFont, data: bytes, face: str | None, tally: Tally) -> Iterator[Edit]:
    """Yield what makes a font Times New Roman; without the mark that lets the theme say its name."""
    if font.name is None or not is_other(face):
        return
    place = written(data, font.name, b"val")
    if place is None:
        return
    tally.fonts += 1
    if font.face != TIMES:
        yield place.value, place.value_end, TIMES.encode()
    if font.scheme is not None:
        yield *font.scheme, b""


def _colour(font: RunFont, tally: Tally) -> Iterator[Edit]:
    """Yield what takes a colour away; what is left is automatic. Hyperlinks keep the theme's colour for them."""
    said = font.colour_attributes
    theme, tinted = said.get("theme"), said.get("tint", "0").strip("0.-") != ""
    if (
        font.colour is None
        or said.get("auto") in ("1", "true")
        or theme in ("10", "11")
        or (theme == "1" and not tinted)
    ):
        return
    if "theme" not in said and said.get("indexed") in ("8", "64"):
        return
    rgb = said.get("rgb")
    if rgb is not None and "theme" not in said and "indexed" not in said and is_black(rgb[-6:]):
        return
    tally.colours += 1
    yield *font.colour, b""
