"""Tables of WordprocessingML: rows and cells through their wrappers, conditional formatting by position (§17.7.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.numerals import hexadecimal, whole
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.word.docx_format import VAL, shading
from gateway.documents.readers.word.docx_styles import CONDITIONS, StyleSheet, TableKey, has_box

_OPAQUE: Final = {"w:p", "w:tr", "w:tc", "w:tbl", "w:tblPr", "w:trPr", "w:tcPr", "w:tblGrid", "w:sdtPr"}
_LOOK_FLAGS: Final = (
    ("firstRow", 0x0020),
    ("lastRow", 0x0040),
    ("firstColumn", 0x0080),
    ("lastColumn", 0x0100),
    ("noHBand", 0x0200),
    ("noVBand", 0x0400),
)
_SETTINGS: Final = f"{clark('w:tblPr')}/*"
_SHADE, _SPAN = (f"{clark('w:tcPr')}/{clark(name)}" for name in ("w:shd", "w:gridSpan"))
_BEFORE, _DELETED = (f"{clark('w:trPr')}/{clark(name)}" for name in ("w:gridBefore", "w:del"))


def rows_of(parent: Element, wanted: str) -> Iterator[Element]:
    """Yield the rows of a table or the cells of a row, looking into content controls and other wrappers."""
    stack = list(reversed(parent))
    while stack:
        element = stack.pop()
        name = NAMES[element.tag]
        if name == wanted:
            yield element
        elif name not in _OPAQUE:
            stack.extend(reversed(element))


class Grid:
    """One table: which conditions of its style hold where, and whether it is a box around one cell."""

    def __init__(self, table: Element, styles: StyleSheet, first_row_cells: list[int], rows: int) -> None:
        self._palette = styles.palette
        self._style: str | None = None
        self._rows = rows
        self.described: list[str] = []
        """Title and description, which stand in for the table where it cannot be seen (§17.4.40, §17.4.46)."""
        flags = 0
        bordered: bool | None = None
        for setting in table.iterfind(_SETTINGS):
            match NAMES[setting.tag]:
                case "w:tblStyle":
                    self._style = setting.get(VAL)
                case "w:tblLook":
                    flags = _look_flags(setting)
                case "w:tblBorders":
                    bordered = has_box(setting)
                case "w:tblCaption" | "w:tblDescription":
                    self.described.append(setting.get(VAL) or "")
                case _:
                    continue
        self._flags = flags
        said = styles.table(self._style)
        self._bands = said.row_band, said.column_band
        one_cell = rows == 1 and first_row_cells == [1]
        if one_cell and not bordered:
            borders = table.iter(clark("w:tcBorders"))
            bordered = any(has_box(each) for each in borders) or (bordered is None and said.bordered)
        self.boxed: bool | None = True if one_cell and bordered else None
        """The table is a frame around one cell."""

    def key(self, row: int, column: int, *, last: bool) -> TableKey:
        """Return style and conditions of the cell at a position from 0."""
        flags = self._flags
        first_row = bool(flags & 0x20) and row == 0
        last_row = bool(flags & 0x40) and row == self._rows - 1 and row > 0
        first_column = bool(flags & 0x80) and column == 0
        last_column = bool(flags & 0x100) and last
        column_band = (column - bool(flags & 0x80)) // self._bands[1] % 2 + 1
        row_band = (row - bool(flags & 0x20)) // self._bands[0] % 2 + 1
        held = {
            f"band{column_band}Vert": not (flags & 0x400 or first_column or last_column),
            f"band{row_band}Horz": not (flags & 0x200 or first_row or last_row),
            "firstCol": first_column,
            "lastCol": last_column,
            "firstRow": first_row,
            "lastRow": last_row,
            "neCell": first_row and last_column,
            "nwCell": first_row and first_column,
            "seCell": last_row and last_column,
            "swCell": last_row and first_column,
        }
        return self._style or "", tuple(name for name in CONDITIONS if held.get(name))

    def fill(self, cell: Element) -> str | None:
        """Return the cell's own fill."""
        shade = cell.find(_SHADE)
        return None if shade is None else self._palette.shade(shading(shade))

    @staticmethod
    def span(cell: Element) -> int:
        """Return how many grid columns a cell takes."""
        setting = cell.find(_SPAN)
        return 1 if setting is None else whole(setting.get(VAL), 1, digits=3)

    @staticmethod
    def first_column(row: Element) -> int:
        """Return the grid column, from 0, of the first cell of a row."""
        setting = row.find(_BEFORE)
        return 0 if setting is None else whole(setting.get(VAL), digits=3)

    @staticmethod
    def row_deleted(row: Element) -> bool:
        """Return whether the whole row is a tracked deletion."""
        return row.find(_DELETED) is not None


def _look_flags(element: Element) -> int:
    flags = hexadecimal(element.get(VAL))
    for name, bit in _LOOK_FLAGS:
        given = element.get(clark(f"w:{name}"))
        if given is not None:
            flags = flags | bit if given in {"1", "true", "on"} else flags & ~bit
    return flags
