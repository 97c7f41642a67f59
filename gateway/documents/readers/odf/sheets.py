"""Sheets of OpenDocument spreadsheets: cells by position, hidden rows, columns and sheets (ODF 1.3 Part 3 §9)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import Final

from gateway.documents.readers.base import remembered
from gateway.documents.readers.excel.xlsx_values import HOLDS
from gateway.documents.readers.numerals import cell_name, number
from gateway.documents.readers.odf.flow import Flow, Shelf, flat_rows, is_blank, repeat_count
from gateway.documents.readers.odf.story import Story
from gateway.documents.readers.odf.styles import Section, StyleBook
from gateway.documents.readers.ooxml.colours import AUTO
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.sink import Place
from gateway.model import Origin, Role
from gateway.vietnamese.colour import is_invisible

_STYLE, _NAME = clark("table:style-name"), clark("table:name")
_ROWS, _COLUMNS = clark("table:number-rows-repeated"), clark("table:number-columns-repeated")
_DEFAULT, _VISIBLE = clark("table:default-cell-style-name"), clark("table:visibility")
_FORMULA, _STRING, _VALUE = clark("table:formula"), clark("office:string-value"), clark("office:value")
_TYPE: Final = clark("office:value-type")
_APPLIED, _CONDITIONAL = clark("style:apply-style-name"), clark("calcext:apply-style-name")
_CONDITION: Final = re.compile(r"(?:value\(\)\s*(<=|>=|<>|!=|[<>=])\s*(-?[\d.]+))?")
"""When a section of a number format shows a value: always, or as a comparison says."""
_OFFICE: Final = clark("office:")
"""The names of attributes that hold a value begin so."""
_CELLS: Final = {"table:table-cell", "table:covered-table-cell"}
_HIDDEN: Final = {"collapse", "filter"}
_LIMIT_COLUMNS: Final = 16_384
_LIMIT_SIGNS: Final = 64
"""Repetitions that are read of cells and rows of signs, which may draw letters."""


class Sheets:
    """Walks the tables of a spreadsheet."""

    def __init__(self, shelf: Shelf, styles: StyleBook, story: Story) -> None:
        self._sink = shelf.sink
        self._unshown = shelf.unshown
        self._styles = styles
        self._may_apply = remembered(self._applied)
        self._sections = cache(styles.sections)
        self._story = story
        self._shown: set[Element] = set()

    def read(self, table: Element, origin: Origin) -> None:
        """Walk one sheet."""
        name = table.get(_NAME) or ""
        shown = self._styles.attribute("table", table.get(_STYLE), "style:table-properties", "table:display")
        if shown == "false":
            origin = Origin.HIDDEN
        self._sink.put_line(name, Place(f"sheet:{name}", Role.NAME, origin))
        for condition in table.iter(clark("calcext:condition")):
            self._note(self._sections(condition.get(_CONDITIONAL)))
        columns = columns_of(table)
        row_number = 0
        for element in table:
            kind = NAMES[element.tag]
            if kind in {"table:table-row", "table:table-rows", "table:table-row-group", "table:table-header-rows"}:
                for row in [element] if kind == "table:table-row" else flat_rows(element, {"table:table-row"}):
                    count = repeat_count(row.get(_ROWS))
                    for number, one in enumerate(_repetitions(row, count), row_number):
                        self._row(one, number, name, columns, origin)
                    row_number += count
            elif not kind.startswith("table:table-column"):
                place = Place(f"sheet:{name}", Role.TEXTBOX, origin)
                self._story.block(element, Flow(place, defaults=False))

    def _show(self, style: str | None, cell: Element) -> None:
        """Note by which section of its number format a cell shows its value; by any where that is not known."""
        sections = self._sections(style)
        if len(sections) < 2 or cell.get(_TYPE) in (None, "string"):
            return
        conditions = [_CONDITION.fullmatch(condition) for condition, _ in sections]
        value, known = number(cell.get(_VALUE)), cell.get(_VALUE) is not None and all(conditions)
        held = [one for found, one in zip(conditions, sections, strict=True) if _holds(found, value) or not known]
        self._unshown.update(one for _, one in sections)
        self._note(held[:1] if known else held)

    def _note(self, sections: Sequence[Section]) -> None:
        """Note that values may be shown by these sections of number formats."""
        self._shown.update(one for _, one in sections)
        self._unshown -= self._shown

    def _applied(self, style: str | None) -> bool:
        """Return whether a style of cells has conditional styles, which are not computed: their number formats may be shown."""
        maps = self._styles.maps("table-cell", style)
        for one in maps:
            self._note(self._sections(one.get(_APPLIED)))
        return bool(maps)

    def _row(
        self, row: Element, number: int, sheet: str, columns: list[tuple[str | None, bool]], origin: Origin
    ) -> None:
        hidden = row.get(_VISIBLE) in _HIDDEN
        style_of_row = row.get(_DEFAULT)
        column = 0
        for cell in row:
            if NAMES[cell.tag] not in _CELLS:
                place = Place(f"sheet:{sheet}", Role.CELL, origin)
                self._story.block(cell, Flow(place, defaults=False))
                continue
            count = repeat_count(cell.get(_COLUMNS))
            style, concealed = columns[column] if column < len(columns) else (None, False)
            chosen = cell.get(_STYLE) or style_of_row or style
            if not hidden and not concealed and is_blank(cell):
                ground = self._styles.layer("table-cell", chosen, with_default=True).get("behind")
                self._sink.pictures.paint(("sheet", sheet), number, range(column, column + count), ground)
            if len(cell) or cell.get(_VALUE) is not None or cell.get(_STRING) is not None or cell.get(_FORMULA):
                where = Origin.HIDDEN if hidden or concealed else origin
                for at, one in enumerate(_repetitions(cell, count), column):
                    self._cell(one, chosen, Place(f"cell:{sheet}!{cell_name(number, at)}", Role.CELL, where))
            column += count

    def _cell(self, cell: Element, style: str | None, place: Place) -> None:
        layer = self._styles.layer("table-cell", style, with_default=True)
        if self._may_apply(style) and is_invisible(layer.get("colour"), layer.get("behind")):
            layer = {**layer, "colour": AUTO, "behind": None}  # conditional styles may show it
        flow = Flow(place, (layer,), layer.get("behind"), defaults=False)
        valued = len(cell) > 0 or any(name.startswith(_OFFICE) for name in cell.attrib)
        number = cell.get(_VALUE) is not None
        self._show(style, cell)
        self._sink.formula(cell.get(_FORMULA) or "", place, saved=valued, number=number, text=cell.get(_STRING))
        texts = ["".join(child.itertext()) for child in cell if NAMES[child.tag] == "text:p"]
        self._story.blocks(cell, flow)
        value = cell.get(_STRING) or ("" if texts else cell.get(_VALUE) or "")
        if "".join(value.split()) != "".join("".join(texts).split()):  # LibreOffice shows the value, not the text
            face, _ = self._styles.face((layer,), flow.behind)
            self._sink.put_line(value, place, face)


def columns_of(table: Element) -> list[tuple[str | None, bool]]:
    """Return for each column of a table the style of its cells, and whether it is hidden."""
    columns: list[tuple[str | None, bool]] = []
    for column in flat_rows(table, {"table:table-column"}):
        entry = (column.get(_DEFAULT), column.get(_VISIBLE) in _HIDDEN)
        room = _LIMIT_COLUMNS - len(columns)
        columns += [entry] * min(room, repeat_count(column.get(_COLUMNS)))
    return columns


def _holds(condition: re.Match[str] | None, value: float) -> bool:
    return condition is not None and (condition[1] is None or HOLDS[condition[1]](value, number(condition[2])))


def _repetitions(element: Element, count: int) -> Iterator[Element]:
    """Yield a cell or row once, and as often as it is repeated when no cell in it has more than a sign."""
    texts = [text for text in map(str.strip, element.itertext()) if text] if count > 1 else []
    if texts and max(map(len, texts)) < 2:
        yield from (deepcopy(element) for _ in range(min(count, _LIMIT_SIGNS) - 1))
    yield element
