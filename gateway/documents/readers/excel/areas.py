"""Cells of a sheet whose look something else decides on: a table style, a conditional format.

Conditions are not computed and styles of tables not looked up: no rule asks for a colour in a sheet. What matters is that
nobody can tell that white letters are unseen there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from gateway.documents.readers.numerals import column_of

LIMIT_AREAS: Final = 10_000
"""Areas of one sheet that are looked at; with more of them, no colour of that sheet is known."""
_LIMIT_CROSSING: Final = 400
"""The same of one row."""
LAST_ROW: Final = 1_048_575
LAST_COLUMN: Final = 16_383
_REFERENCE: Final = re.compile(r"\$?([A-Za-z]{1,3})?\$?(\d{1,7})?")


class Box(NamedTuple):
    """A range of cells, all four ends included, from 0."""

    top: int
    left: int
    bottom: int
    right: int


class Areas:
    """The areas of one sheet; cheapest when rows are asked in ascending order, as files store them."""

    def __init__(self, boxes: Iterable[Box]) -> None:
        self._boxes = sorted(islice(boxes, LIMIT_AREAS + 1))
        self._next = 0
        self._row = -1
        self._active: list[Box] = []

    def __bool__(self) -> bool:
        """Whether there is anything to ask."""
        return bool(self._boxes)

    def covers(self, row: int, column: int) -> bool:
        """Return whether a cell lies in an area, or may, where there are too many of them."""
        crossing = self._at(row)
        if len(self._boxes) > LIMIT_AREAS or len(crossing) > _LIMIT_CROSSING:
            return True
        return any(box.left <= column <= box.right for box in crossing)

    def _at(self, row: int) -> list[Box]:
        """Return the areas that a row crosses."""
        if row == self._row:
            return self._active
        if row < self._row:
            self._next, self._active = 0, []
        self._row = row
        while self._next < len(self._boxes) and self._boxes[self._next].top <= row:
            self._active.append(self._boxes[self._next])
            self._next += 1
        if any(box.bottom < row for box in self._active):
            self._active = [box for box in self._active if box.bottom >= row]
        return self._active


def boxes(references: str) -> Iterator[Box]:
    """Yield the ranges of a list of references such as `A1:B9 D:D 3:4`; what is none is left out."""
    for reference in references.split()[: LIMIT_AREAS + 1]:
        first, _, last = reference.partition(":")
        start, end = _corner(first), _corner(last or first)
        if start is None or end is None:
            continue
        (top, left), (bottom, right) = start, end
        yield Box(
            top if top is not None else 0,
            left if left is not None else 0,
            bottom if bottom is not None else LAST_ROW,
            right if right is not None else LAST_COLUMN,
        )


def _corner(reference: str) -> tuple[int | None, int | None] | None:
    found = _REFERENCE.fullmatch(reference)
    if found is None or not reference:
        return None
    return int(found[2]) - 1 if found[2] else None, column_of(found[1].upper(), LAST_COLUMN) if found[1] else None
