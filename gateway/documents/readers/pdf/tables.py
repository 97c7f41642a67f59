"""Lines of a PDF page in the cells of a ruled table, cell by cell; pure.

A cell is what the nearest rules on four sides enclose. A single box is no table: a stamp has a frame of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from gateway.documents.readers.pdf.lines import Line, around
from gateway.documents.readers.pdf.page import Box

_SHORTEST: Final = 8.0
"""Points; what is shorter may be a stroke of a letter."""
_SAME: Final = 1.6
"""Points by which the pieces of one rule may lie apart, across it."""
_GAP: Final = 4.0
"""Points that may be missing between two pieces of one rule."""
_ALIKE: Final = 0.1
"""Points by which the letters of one paragraph may differ in size."""
_LEAST_CELLS: Final = 4
"""Cells with words, in two rows and two columns or more, that make a table."""
LIMIT_RULES: Final = 4000


class _Rule(NamedTuple):
    position: float
    start: float
    end: float


_Cell = tuple[_Rule, _Rule, _Rule, _Rule]
"""Top, left, bottom, right."""


def in_cells(lines: list[Line], strokes: Sequence[Box]) -> list[Line]:
    """Return the lines, those of ruled tables marked as such and cell by cell."""
    across = _rules(
        ((top + bottom) / 2, left, right) for left, top, right, bottom in strokes if right - left >= bottom - top
    )
    down = _rules(
        ((left + right) / 2, top, bottom) for left, top, right, bottom in strokes if right - left < bottom - top
    )
    if len(across) < 3 or len(down) < 3 or len(across) + len(down) > LIMIT_RULES:
        return lines
    cells: dict[_Cell, list[Line]] = defaultdict(list)
    lines = [part for line in lines for part in _parted(line, across, down)]
    for line in lines:
        if line.pieces[0].angle == 0 and (cell := _cell(line.box, across, down)) is not None:
            cells[cell].append(line)
    held_with: dict[int, list[Line]] = {}
    for number, table in enumerate(_tables(cells), 1):
        places = [sorted({cell[side].position for cell in table}) for side in (0, 1)]
        held = [line for cell in sorted(table) for line in cells[cell]]
        for cell in table:
            row, column = (places[side].index(cell[side].position) + 1 for side in (0, 1))
            for line in cells[cell]:
                line.cell = f"table:{number},row:{row},column:{column}"
                held_with[id(line)] = held
            _mark_wrapped(cell, cells[cell])
    ordered: dict[int, Line] = {}
    for line in lines:
        if id(line) not in ordered:
            ordered.update((id(one), one) for one in held_with.get(id(line), [line]))
    return list(ordered.values())


def _mark_wrapped(cell: _Cell, lines: list[Line]) -> None:
    """Note the lines that go on with the one above, which left no room for their first word before the edge of the cell."""
    edge = cell[3].position - max(min(line.box[0] for line in lines) - cell[1].position, 0.0)
    for upper, lower in pairwise(lines):
        text = "".join(lower.texts).strip()
        word = len(text.split(" ", 1)[0]) + 1
        height = upper.box[3] - upper.box[1]
        one, other = upper.pieces[-1], lower.pieces[0]
        alike = one.font == other.font and one.colour == other.colour and abs(one.size - other.size) < _ALIKE
        close = upper.box[3] - height / 2 < lower.box[1] < upper.box[3] + height
        needed = word * (lower.box[2] - lower.box[0]) / max(len(text), 1)
        lower.goes_on = alike and close and upper.box[2] + needed > edge


def _rules(pieces: Iterable[_Rule | tuple[float, float, float]]) -> list[_Rule]:
    """Join pieces behind one another: most producers draw a table cell by cell."""
    rules: list[_Rule] = []
    row: list[_Rule] = []
    for piece in sorted(_Rule(*piece) for piece in pieces):
        if row and piece.position - row[0].position > _SAME:
            rules += _joined(row)
            row = []
        row.append(piece)
    return rules + _joined(row)


def _joined(row: list[_Rule]) -> list[_Rule]:
    joined: list[_Rule] = []
    for piece in sorted(row, key=lambda one: one.start):
        if joined and piece.start - joined[-1].end <= _GAP:
            joined[-1] = joined[-1]._replace(end=max(joined[-1].end, piece.end))
        else:
            joined.append(piece._replace(position=row[0].position))
    return [rule for rule in joined if rule.end - rule.start >= _SHORTEST]


def _cell(box: Box, across: list[_Rule], down: list[_Rule]) -> _Cell | None:
    """Return the nearest rules around the middle of a line, None when one is missing."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    top, bottom = _nearest(across, y, x)
    left, right = _nearest(down, x, y)
    if top is None or left is None or bottom is None or right is None:
        return None
    return top, left, bottom, right


def _parted(line: Line, across: list[_Rule], down: list[_Rule]) -> Iterator[Line]:
    """Yield the parts of a line in different cells."""
    cells = [_cell(piece.box, across, down) for piece in line.pieces] if line.pieces[0].angle == 0 else []
    if len(set(cells)) < 2 or None in cells:
        yield line
        return
    first = 0
    for position in range(1, len(cells) + 1):
        if position == len(cells) or cells[position] != cells[first]:
            pieces = line.pieces[first:position]
            if any(not piece.text.isspace() for piece in pieces):
                yield Line(pieces, line.texts[first:position], around(pieces))
            first = position


def _nearest(rules: list[_Rule], position: float, along: float) -> tuple[_Rule | None, _Rule | None]:
    """Return the last rule before a position, and the first behind it, that pass by a place along them."""
    before = None
    for rule in rules:
        if rule.start <= along <= rule.end:
            if rule.position > position:
                return before, rule
            before = rule
    return before, None


def _tables(cells: Iterable[_Cell]) -> list[set[_Cell]]:
    """Return sets of cells that rules hold together, if they are enough for a table."""
    tables: list[tuple[set[_Cell], set[_Rule]]] = []
    for cell in cells:
        touched = [table for table in tables if not table[1].isdisjoint(cell)]
        tables = [table for table in tables if table[1].isdisjoint(cell)]
        tables.append(({cell}.union(*(one[0] for one in touched)), set(cell).union(*(one[1] for one in touched))))
    return [
        table
        for table, _ in tables
        if len(table) >= _LEAST_CELLS and len({cell[0] for cell in table}) > 1 and len({cell[1] for cell in table}) > 1
    ]
