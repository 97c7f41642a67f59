"""One sheet of a workbook to runs, row by row (SpreadsheetML, ECMA-376 Part 1 §18.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.model import Origin, Role, Run
from gateway.readers.conditions import Value, constant
from gateway.readers.excel.overlays import Overlays
from gateway.readers.excel.xlsx_headers import header_lines
from gateway.readers.excel.xlsx_strings import Rich, SharedStrings, parse_rich, plain_string
from gateway.readers.excel.xlsx_styles import CellStyle, Styles
from gateway.readers.excel.xlsx_values import formula_kind, formula_words, show_number, show_text
from gateway.readers.ooxml.colours import AUTO, WHITE
from gateway.readers.ooxml.parts import Parts
from gateway.readers.ooxml.sink import Place, Sink
from gateway.readers.ooxml.xml import NAMES, ChildStream, Element, clark, holds_words, solid_length, text_of, texts
from gateway.readers.word.docx_format import unseen

_V, _F, _IS, _C = clark("s:v"), clark("s:f"), clark("s:is"), clark("s:c")
_HIDDEN_FLAGS: Final = {"1", "true"}
_NUMBERS: Final = {None, "n"}
_TEXT_FORMATS: Final = {"", "General", "@"}
_LIMIT_COLUMNS: Final = 16_384
WORD_ATTRIBUTES: Final = {
    "dataValidation": ("prompt", "promptTitle", "error", "errorTitle"),
    "hyperlink": ("display", "tooltip"),
    "protectedRange": ("name",),
    "inputCells": (),
    "scenario": ("name", "comment"),
    "tableColumn": ("name", "totalsRowLabel"),
    "table": ("displayName", "comment"),
    "s": ("v", "c"),
    "cacheField": ("name", "caption"),
    "cfRule": ("text",),
    "dataField": ("name",),
    "pivotField": ("name",),
    "slicer": ("caption", "name"),
    "control": ("name",),
}
"""Attributes that hold words which a reader of the sheet may be shown, by local name of their element."""


@dataclass
class Book:
    """What all sheets of one workbook share."""

    sink: Sink
    parts: Parts
    styles: Styles
    strings: SharedStrings
    since_1904: bool = False
    literals: set[str] = field(default_factory=set)
    """Formula words that were given already, since a filled column repeats its formula."""


@dataclass
class _Columns:
    hidden: list[tuple[int, int]] = field(default_factory=list)

    def shows(self, column: int) -> bool:
        return not any(first <= column <= last for first, last in self.hidden)


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

    def __init__(self, book: Book, *, name: str, number: int, origin: Origin, overlays: Overlays | None = None) -> None:
        self._book = book
        self._overlays = overlays or None
        self._sink = book.sink
        self._name = name
        self._number = number
        self._origin = origin
        self._columns = _Columns()
        self._taken = 0
        self._looks: dict[str, _Look] = {}
        self._prefix = f"cell:{name}!"

    def read(self, data: bytes) -> None:
        """Walk the sheet part."""
        stream = ChildStream(data, container="s:sheetData", budget=self._sink.budget)
        first = True
        number = 0
        for row in stream:
            if first:
                self._columns_of(stream.root)
                first = False
            number = _integer(row.get("r"), number + 1)
            before = self._taken
            self._row(row, number)
            if solid_length(text_of(row)) != self._taken - before:
                self._sweep(row)
        if stream.root is not None:
            self._beside(stream.root)

    def _columns_of(self, root: Element) -> None:
        for column in root.iter(clark("s:col")):
            if column.get("hidden") in _HIDDEN_FLAGS or column.get("width") == "0":
                self._columns.hidden.append((_integer(column.get("min"), 1) - 1, _integer(column.get("max"), 1) - 1))

    # Cells

    def _row(self, row: Element, number: int) -> None:
        """Give the cells of a row.

        Cells of one plain look are nearly all there are, so their way is short: no calls, one struct.
        """
        row_hidden = row.get("hidden") in _HIDDEN_FLAGS or row.get("ht") == "0"
        origin = Origin.HIDDEN if row_hidden else self._origin
        concealed_columns = bool(self._columns.hidden)
        overlays = self._overlays
        placed = concealed_columns or overlays is not None
        sink, looks, prefix, strings = self._sink, self._looks, self._prefix, self._book.strings
        runs = sink.runs
        before = len(runs)
        column = -1
        taken = 0
        for cell in row:
            if cell.tag != _C:
                continue
            reference = cell.get("r")
            if reference is None or placed:
                column = _column(reference, column + 1)
                reference = reference or f"{_letters(column)}{number}"
            value: str | None = None
            rich: Rich | None = None
            text: str | None = None
            for child in cell:
                tag = child.tag
                if tag == _V:
                    value = child.text if not len(child) else "".join(child.itertext())
                    if value is not None:
                        taken += len(value) if value.isalnum() else solid_length(value)
                elif tag == _F:
                    self._formula("".join(child.itertext()), reference)
                elif tag == _IS:
                    text = plain_string(child)
                    if text is None:
                        rich = parse_rich(child)
                    taken += solid_length(text_of(child) if text is None else text)
            if value is None and rich is None and text is None:
                continue
            where = origin if not concealed_columns or self._columns.shows(column) else Origin.HIDDEN
            index = cell.get("s") or "0"
            look = looks.get(index) or self._look(index)
            kind = cell.get("t")
            if overlays is not None:
                look = self._overlaid(look, number - 1, column, kind, text if rich is None else rich.text, value)
            if text is not None:
                if not look.plain:
                    rich, text = Rich(((text, None),)), None
            elif kind == "s" and value is not None:
                text = strings.plain(value) if look.plain else None
                if text is None:
                    rich = strings.get(value.strip())
            elif rich is None and look.general and kind in _NUMBERS and value is not None and len(value) < 12:
                text = value
            if text is None:
                self._cell(kind, value, rich, look.style, reference, where)
            elif text:
                font, size_pt, colour, background, bold = look.style.face
                sink.block = block = sink.block + 1
                runs.append(
                    Run(
                        text=text,
                        block=block,
                        font=font,
                        size_pt=size_pt,
                        colour=colour,
                        background=background,
                        bold=bold,
                        locator=prefix + reference,
                        role=Role.CELL,
                        origin=Origin.HIDDEN if look.hidden and where is Origin.TEXT else where,
                    )
                )
        self._taken += taken
        sink.charge(len(runs) - before)
        sink.budget.check_time()

    def _overlaid(
        self, look: _Look, row: int, column: int, kind: str | None, text: str | None, value: str | None
    ) -> _Look:
        """Return the look of a cell with what a table style and conditional formats make of it."""

        def held() -> Value:
            if text is not None:
                return text
            shown = (value or "").strip()
            if kind == "s":
                rich = self._book.strings.get(shown)
                return rich.text if rich is not None else ""
            if kind == "b":
                return shown == "1"
            number = None if kind in {"str", "e", "d"} else constant(shown)
            return number if number is not None else value or ""

        style = look.style
        face = style.face._replace(colour=AUTO) if style.automatic else style.face
        face = self._overlays.face(face, row, column, held, own=style.own) if self._overlays is not None else face
        if face == style.face:
            return look
        return replace(look, style=style._replace(face=face), hidden=unseen(face.colour or AUTO, face.background))

    def _look(self, index: str) -> _Look:
        style = self._book.styles.cell(index)
        face = style.face
        hidden = face.colour is not None and unseen(face.colour, face.background or WHITE)
        look = self._looks[index] = _Look(
            style, hidden=hidden, plain=style.format_code in _TEXT_FORMATS, general=style.format_code == ""
        )
        return look

    def _cell(
        self,
        kind: str | None,
        value: str | None,
        rich: Rich | None,
        style: CellStyle,
        reference: str,
        origin: Origin,
    ) -> None:
        if rich is None:
            text = value or ""
            concealed = False
            match kind:
                case "b":
                    shown = "TRUE" if text.strip() == "1" else "FALSE"
                case "str" | "inlineStr":
                    shown, concealed = show_text(text, style.format_code)
                case "e" | "d" | "s":
                    shown = text
                case _:
                    shown, concealed = show_number(text, style.format_code, since_1904=self._book.since_1904)
            self._put(((shown, None),), style, reference, Origin.HIDDEN if concealed else origin)
            return
        pieces = rich.pieces
        if style.format_code not in _TEXT_FORMATS:
            shown, concealed = show_text(rich.text, style.format_code)
            if concealed:
                origin = Origin.HIDDEN
            elif shown != rich.text:
                pieces = ((shown, None),)
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
            where = origin
            if origin is Origin.TEXT and face.colour is not None and unseen(face.colour, face.background or WHITE):
                where = Origin.HIDDEN
            sink.put(text, block, Place(locator, Role.CELL, where), face)

    def _formula(self, formula: str, reference: str) -> None:
        self._taken += len("".join(formula.split()))
        kind = formula_kind(formula)
        place = self._prefix + reference
        if kind is not None:
            self._sink.warn(kind, place)
        if '"' in formula or "CHAR" in formula.upper():
            words = formula_words(formula)
            if holds_words(words) and words not in self._book.literals:
                self._book.literals.add(words)
                self._sink.put_line(words, Place(place, Role.FIELD, Origin.HIDDEN))

    # What stands beside the cells

    def _beside(self, root: Element) -> None:
        for element in root.iter():
            local = element.tag.rpartition("}")[2]
            if NAMES[element.tag] == "s:headerFooter":
                self._headers(element)
                continue
            for attribute in WORD_ATTRIBUTES.get(local, ()):
                self._line(element.get(attribute) or "", Role.FIELD)
            if local == "oleObject":
                self._sink.warn("external-object" if element.get("link") else "ole-object", f"cell:{self._name}!A1")
        for owner, text in texts(root):
            local = owner.tag.rpartition("}")[2]
            if local.endswith(("Header", "Footer")):
                continue
            if local in {"formula", "formula1", "formula2", "f"}:
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
            for section in header_lines("".join(child.itertext()), self._book.styles, sheet=self._name):
                block = self._sink.open_block()
                for text, face in section:
                    self._sink.put(text, block, place, face)

    def _sweep(self, row: Element) -> None:
        for owner, text in texts(row):
            if owner.tag not in {_V, _F} and not _inside_string(owner):
                self._line(text, Role.CELL)


def _inside_string(owner: Element) -> bool:
    for _ in range(4):
        if owner is None:
            return False
        if owner.tag == _IS:
            return True
        owner = owner.getparent()
    return False


def _integer(value: str | None, default: int) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 10 else default


def _column(reference: str | None, default: int) -> int:
    """Column from 0 of a cell reference."""
    column = 0
    for letter in reference or "":
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
        if column > _LIMIT_COLUMNS:
            return default
    return column - 1 if column else default


def _letters(column: int) -> str:
    name = ""
    column += 1
    while column > 0:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def comment_lines(root: Element) -> Iterator[tuple[str, Rich]]:
    """Yield cell reference and text of every comment in a comments part, threaded ones too."""
    for element in root.iter():
        match NAMES[element.tag]:
            case "s:comment":
                for child in element:
                    if NAMES[child.tag] == "s:text":
                        yield element.get("ref") or "", parse_rich(child)
            case "tc:threadedComment":
                for child in element:
                    if NAMES[child.tag] == "tc:text":
                        yield element.get("ref") or "", Rich((("".join(child.itertext()), None),))
            case _:
                continue
