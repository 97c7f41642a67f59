"""One sheet of a workbook to runs, row by row (SpreadsheetML, ECMA-376 Part 1 §18.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.documents.readers.excel.formulas import formula_kind
from gateway.documents.readers.excel.xlsx_cells import Cell, TreeCells, conceals, flat_cells, position
from gateway.documents.readers.excel.xlsx_headers import put_header
from gateway.documents.readers.excel.xlsx_strings import Rich, SharedStrings, parse_rich, unescape
from gateway.documents.readers.excel.xlsx_styles import CellStyle, Styles, is_struck
from gateway.documents.readers.excel.xlsx_values import Shown, format_words, show_number, show_text, text_colour
from gateway.documents.readers.numerals import whole
from gateway.documents.readers.ooxml.flat import FlatPart
from gateway.documents.readers.ooxml.parts import Parts
from gateway.documents.readers.ooxml.xml import NAMES, OWN_LETTERS, ChildStream, Element, clark, holds_words, texts
from gateway.documents.readers.sink import Face, Place, Sink
from gateway.model import Origin, Role, Run
from gateway.vietnamese.colour import is_invisible

_HIDDEN_FLAGS: Final = {"1", "true"}
_THIN_ROW: Final = re.compile(r"[01](?:\.\d*)?")
"""Points, under 2."""
_THIN_COLUMN: Final = re.compile(r"0(?:\.[0-3]\d*)?")
"""Letters, under 0.4."""
_NUMBERS: Final = {"", "n"}
_TEXT_FORMATS: Final = {"", "General", "@"}
_CAPTIONS: Final = frozenset({
    "prompt", "promptTitle", "error", "errorTitle", "display", "tooltip", "name", "comment", "totalsRowLabel", "displayName", "caption",
})  # fmt: skip
"""Attributes that hold words which a reader of the sheet may be shown."""
_NOT_SHOWN: Final = {"filter", "customFilter", "pivotFilter", "item", "sortCondition", "cfRule", "sheetPr", "control"}
"""Elements whose attributes are compared with cells, repeat them, or are names for programs."""


@dataclass
class Book:
    """State shared by all sheets of one workbook."""

    sink: Sink
    parts: Parts
    styles: Styles
    strings: SharedStrings
    since_1904: bool = False
    recalculated: bool = False
    """Values of formulas are computed again when the workbook is opened, whatever it says they are."""


@dataclass(frozen=True)
class _Look:
    style: CellStyle
    hidden: bool
    """Letters of the colour of their cell."""
    plain: bool
    """Text is shown as it is."""
    general: bool
    """Short numbers are shown as they are."""


class Sheet:
    """One worksheet, chart sheet or macro sheet."""

    def __init__(self, book: Book, *, name: str, number: int, origin: Origin, coloured: bool = False) -> None:
        """`coloured`: a table style or conditional format decides on the looks of some cells; of which is not looked up."""
        self._book = book
        self._coloured = coloured
        self._sink = book.sink
        self._name = name
        self._number = number
        self._origin = origin
        self._hidden_columns: list[tuple[int, int]] = []
        self._row_number = 0
        self._looks: dict[str, _Look] = {}
        self._prefix = f"cell:{name}!"

    def read(self, data: bytes) -> None:
        """Walk the sheet part."""
        flat = FlatPart(data, container="s:sheetData", child="row", budget=self._sink.budget)
        if not flat.is_flat:
            stream = ChildStream(data, container="s:sheetData", budget=self._sink.budget)
            self._tree_rows(stream)
            if stream.root is not None:
                self._beside(stream.root)
            return
        rest = flat.rest()
        self._columns_of(rest)
        for raw, text in flat.chunks():
            cells = None if text is None else flat_cells(text, flat.prefix)
            if cells is None:
                stream = flat.elements(raw)
                self._tree_rows(stream)
                for _, stray in texts(stream.root):
                    self._line(stray, Role.CELL)
            else:
                self._give(cells, self._origin)
        self._beside(rest)

    def _tree_rows(self, stream: ChildStream) -> None:
        first = True
        for row in stream:
            if first:
                # Only now are the elements before the rows known.
                self._columns_of(stream.root)
                first = False
            self._row_number = whole(row.get("r"), self._row_number + 1)
            hidden = row.get("hidden") in _HIDDEN_FLAGS or _THIN_ROW.fullmatch(row.get("ht", "")) is not None
            cells = TreeCells(row, self._row_number)
            self._give(cells, Origin.HIDDEN if hidden else self._origin)
            for text in cells.left_over():
                self._line(text, Role.CELL)

    def _columns_of(self, root: Element) -> None:
        for column in root.iter(clark("s:col")):
            if column.get("hidden") in _HIDDEN_FLAGS or _THIN_COLUMN.fullmatch(column.get("width", "")):
                self._hidden_columns.append((whole(column.get("min"), 1) - 1, whole(column.get("max"), 1) - 1))

    # Cells

    def _give(self, cells: Iterable[Cell], origin: Origin) -> None:
        """Give cells of a row or more.

        Cells of one plain look are nearly all there are, so their way is short: no calls, one struct.
        """
        placed = bool(self._hidden_columns)
        sink, looks, prefix, strings = self._sink, self._looks, self._prefix, self._book.strings
        runs, add, before = sink.runs, sink.runs.append, len(sink.runs)
        in_cell, shown, hidden = Role.CELL, Origin.TEXT, Origin.HIDDEN
        for reference, index, kind, formula, value, inline, rest in cells:
            rich: Rich | None = None
            if rest:
                if isinstance(rest, str):
                    if rest[1] != "/":
                        origin = hidden if conceals(rest) else self._origin
                    continue
                rich = rest
            if formula:
                self._formula(formula, reference, value=value, kind=kind)
            look = looks.get(index) or self._look(index)
            if formula and not value and not look.plain:
                sink.put_lines(format_words(look.style.format_code), Place(prefix + reference, in_cell, origin))
            if not value and not inline and rich is None and (look.plain or kind != "str"):
                if look.style.face.background is not None and origin is not hidden:
                    self._paint(reference, look.style.face.background)
                continue
            where = origin
            if placed:
                _, column = position(reference)
                where = hidden if any(one <= column <= last for one, last in self._hidden_columns) else origin
            text = ""
            if inline:
                text = unescape(inline)
                if not look.plain:
                    rich = Rich(((text, None),))
            elif kind == "s":
                shared = strings.plain(value) if look.plain else None
                if shared is None:
                    rich = strings.get(value)
                text = shared or ""
            elif rich is None and kind in _NUMBERS and look.general and len(value) < 12:
                text = value.removesuffix(".0")
            elif rich is None:
                text, concealed = self._shown(kind, value, look.style.format_code)
                where = hidden if concealed else where
            if rich is not None:
                self._rich(rich, look.style, reference, where)
            elif text:
                font, size_pt, colour, background, bold, _ = look.style.face
                sink.block = block = sink.block + 1
                add(Run(
                    text=text, block=block, font=font, size_pt=size_pt, colour=colour, background=background, bold=bold,
                    locator=prefix + reference, role=in_cell, origin=hidden if look.hidden and where is shown else where,
                ))  # fmt: skip
        sink.charge(len(runs) - before)
        sink.budget.check_time()

    def _paint(self, reference: str, ground: str) -> None:
        row, column = position(reference)
        self._sink.pictures.paint(self._number, row, range(column, column + 1), ground)

    def _look(self, index: str) -> _Look:
        style = self._book.styles.cell(index)
        face, hidden = self._seen(style.face)
        look = self._looks[index] = _Look(
            style._replace(face=face),
            hidden=hidden,
            plain=style.format_code in _TEXT_FORMATS,
            general=style.format_code in {"", "General"},
        )
        return look

    def _seen(self, face: Face) -> tuple[Face, bool]:
        """Return the look of letters and whether they are invisible; never where the cell's colour is uncertain."""
        hidden = is_invisible(face.colour, face.background)
        if hidden and self._coloured:
            return face._replace(colour=None), False
        return face, hidden

    def _shown(self, kind: str, value: str, code: str) -> Shown:
        match kind:
            case "b":
                return Shown("TRUE" if value.strip() == "1" else "FALSE")
            case "str" | "inlineStr":
                return show_text(unescape(value), code)
            case "e" | "d":
                return Shown(value)
            case _:
                return show_number(value, code, since_1904=self._book.since_1904)

    def _rich(self, rich: Rich, style: CellStyle, reference: str, origin: Origin) -> None:
        pieces = rich.pieces
        if style.format_code not in _TEXT_FORMATS:
            shown, concealed = show_text(rich.text, style.format_code)
            if concealed:
                origin = Origin.HIDDEN
            elif shown != rich.text:
                pieces = ((shown, None),)
            if colour := text_colour(style.format_code):
                style = style._replace(face=style.face._replace(colour=colour))
        self._put(pieces, style, reference, origin)
        if rich.phonetic:
            self._sink.put_line(rich.phonetic, Place(self._prefix + reference, Role.CELL, Origin.HIDDEN))

    def _put(
        self, pieces: tuple[tuple[str, Element | None], ...], style: CellStyle, reference: str, origin: Origin
    ) -> None:
        sink = self._sink
        block = 0
        locator = self._prefix + reference
        for text, look in pieces:
            if not text:
                continue
            block = block or sink.open_block()
            face = style.face if look is None else self._book.styles.face(look, style.face)
            face, hidden = self._seen(face)
            place = Place(locator, Role.CELL, origin).shown(hidden=hidden, struck=look is not None and is_struck(look))
            sink.put(text, block, place, face)

    def _formula(self, formula: str, reference: str, *, value: str | None = None, kind: str = "str") -> None:
        """Take the formula of a cell with the value that is saved for it, or of a rule, which has none."""
        recalculated, place = self._book.recalculated, Place(self._prefix + reference, Role.FIELD)
        saved, text = (
            value is None or (bool(value) and not recalculated),
            None if recalculated or kind != "str" else value,
        )
        self._sink.formula(formula, place, saved=saved, number=kind in _NUMBERS, text=text)

    # Elements other than cells

    def _beside(self, root: Element) -> None:
        for element in root.iter():
            local = element.tag.rpartition("}")[2]
            if NAMES[element.tag] == "s:headerFooter":
                self._headers(element)
                continue
            for words in attribute_words(element):
                self._line(words, Role.FIELD)
            self._sink.put_lines(
                format_words(element.get("formatCode") or ""), Place(f"sheet:{self._name}", Role.CELL, self._origin)
            )
            if local == "oleObject":
                self._sink.warn("external-object" if element.get("link") else "ole-object", f"cell:{self._name}!A1")
        for owner, text in texts(root):
            local = owner.tag.rpartition("}")[2]
            if local.endswith(("Header", "Footer")):
                continue
            if local in {"formula", "formula1", "formula2", "f"}:
                if formula_kind(text) or not owner.getparent().tag.endswith("}cfRule"):  # which shows no words
                    self._formula(text, "A1")
            elif holds_words(text) and local not in {"sqref", "from", "to"}:
                self._line(text, Role.CELL)

    def _line(self, text: str, role: Role) -> None:
        self._sink.put_line(text, Place(f"sheet:{self._name}", role, Origin.HIDDEN))

    def _headers(self, element: Element) -> None:
        even = element.get("differentOddEven") in _HIDDEN_FLAGS
        first = element.get("differentFirst") in _HIDDEN_FLAGS
        for child in element:
            local = child.tag.rpartition("}")[2]
            shown = local.startswith("odd") or (even if local.startswith("even") else first)
            kind, role = ("footer", Role.FOOTER) if local.endswith("Footer") else ("header", Role.HEADER)
            place = Place(f"{kind}:{self._number}", role, self._origin if shown else Origin.HIDDEN)
            code, styles = "".join(child.itertext()), self._book.styles
            put_header(self._sink, code, styles.cell("0").face, styles.theme, place, sheet=self._name)


def attribute_words(element: Element) -> Iterator[str]:
    """Yield the words in attributes that a reader may be shown, and all in letters that only a person writes."""
    local = element.tag.rpartition("}")[2]
    for name, value in element.items() if local not in _NOT_SHOWN else ():
        if name in _CAPTIONS or (local == "s" and name in {"v", "c"}):  # a text in a pivot cache
            found = holds_words(value)
        else:
            found = name != "formatCode" and OWN_LETTERS.search(value) is not None
        if found:
            yield value


def comment_lines(root: Element) -> Iterator[tuple[str, Rich]]:
    """Yield cell reference and text of every comment in a comments part, threaded ones too; authors have no cell."""
    for element in root.iter():
        match NAMES[element.tag]:
            case "s:author":
                yield "", Rich((("".join(element.itertext()), None),))
            case "s:comment":
                for child in element.iterchildren(clark("s:text")):
                    yield element.get("ref") or "", parse_rich(child)
            case "tc:threadedComment":
                for child in element.iterchildren(clark("tc:text")):
                    yield element.get("ref") or "", Rich((("".join(child.itertext()), None),))
            case _:
                continue
