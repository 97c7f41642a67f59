"""Cells whose look something else decides on: a table style, a conditional format (ECMA-376 §18.3.1.18, MS-XLS 2.4.56, 2.4.42).

Conditions are not computed and styles of tables not looked up: no rule asks for a colour in a sheet. What matters is that
nobody can tell that white letters are unseen there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from msgspec.structs import replace

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.numerals import column_of
from gateway.documents.readers.ole.octets import u16, u32
from gateway.documents.readers.ooxml.xml import Element, parse
from gateway.model import Role, Run

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
        """Return whether there are any areas."""
        return bool(self._boxes)

    def covers(self, row: int, column: int) -> bool:
        """Return whether a cell is in an area, or may be, where there are too many areas."""
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


_FONT, _PATTERN = 1 << 26, 1 << 29
"""ibitAtrFnt and ibitAtrPat of DXFN (MS-XLS 2.5.91)."""


class Conditions:
    """The conditional formats of one sheet as their records come by."""

    def __init__(self) -> None:
        self._ranges: list[Box] = []
        self._coloured: list[Box] = []

    def ranges(self, data: bytes) -> None:
        """Take a CONDFMT record: the ranges that the next conditions are for."""
        count = min(u16(data, 12), (len(data) - 14) // 8)
        self._ranges = []
        for number in range(max(0, count)):
            top, bottom, left, right = (u16(data, 14 + 8 * number + 2 * at) for at in range(4))
            self._ranges.append(Box(top, left, bottom, right))

    def condition(self, data: bytes) -> None:
        """Take a CF record."""
        if u32(data, 6) & (_FONT | _PATTERN) and len(self._coloured) <= LIMIT_AREAS:
            self._coloured += self._ranges

    def apply(self, runs: list[Run], first: int) -> None:
        """Make colours unknown in the runs of this sheet, which begin at a position of the list."""
        areas = Areas(self._coloured)
        for number in range(first, len(runs)) if areas else ():
            run = runs[number]
            if run.role is not Role.CELL or not run.locator.startswith("cell:"):
                continue
            place = next(boxes(run.locator.rpartition("!")[2]), None)
            if place is not None and areas.covers(place.top, place.left):
                runs[number] = replace(run, colour=None, background=None)


_OPENS: Final = re.compile(rb"<(?:[\w.-]{1,40}:)?sheetData(?:\s[^<>]*)?>")


def conditional_boxes(data: bytes) -> Iterator[Box]:
    """Yield the ranges, as the file has them and as its newer extension has."""
    if b"onditionalFormatting" not in data:
        return
    try:
        root = parse(_without_cells(data))
    except ReadError:
        return  # the whole part is read next, and says what is wrong with it
    for element in root.iter("{*}conditionalFormatting"):
        if any(map(_colours, element.iterchildren("{*}cfRule"))):
            yield from boxes(element.get("sqref") or "".join(element.itertext("{*}sqref")))


def _colours(rule: Element) -> bool:
    differential = rule.get("dxfId") is not None or next(rule.iterchildren("{*}dxf"), None) is not None
    return differential or rule.get("type") == "colorScale"


def _without_cells(data: bytes) -> bytes:
    opened, closed = _OPENS.search(data), data.rfind(b"sheetData>")
    if opened is None or closed < opened.end():
        return data
    return data[: opened.end()] + data[data.rfind(b"<", opened.end() - 1, closed) :]
