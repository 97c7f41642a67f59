"""Table styles (below) and conditional formats (above) of the cells of a sheet.

A sheet asks for the look of a cell by its row, column and value. Where no area covers it nothing is changed. Where a
condition cannot be told, neither can the colour: it becomes None, for nobody may be blamed for a colour that perhaps
nobody sees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from gateway.documents.readers.conditions import Test, Value, holds
from gateway.documents.readers.ooxml.colours import AUTO, automatic
from gateway.documents.readers.ooxml.sink import Face
from gateway.vietnamese.colour import is_black

LIMIT_AREAS: Final = 10_000
"""Areas of one sheet that are looked at; with more of them, no colour of that sheet is known."""
_LIMIT_CROSSING: Final = 400
"""The same of one row."""
LAST_ROW: Final = 1_048_575
LAST_COLUMN: Final = 16_383
_REFERENCE: Final = re.compile(r"\$?([A-Za-z]{1,3})?\$?(\d{1,7})?")


class Change(NamedTuple):
    """What a differential format (`dxf`, ECMA-376 Part 1 §18.8.14) sets; None where it leaves things alone."""

    colour: str | None = None
    background: str | None = None
    bold: bool | None = None


NO_CHANGE: Final = Change()


class Box(NamedTuple):
    """A range of cells, all four ends included, from 0."""

    top: int
    left: int
    bottom: int
    right: int


class Rule(NamedTuple):
    """One conditional format."""

    test: Test
    change: Change
    stop: bool = False
    """When it holds, the rules of less weight are not asked."""
    priority: int = 0
    """The least number weighs most."""


class Area(NamedTuple):
    """A box with its conditional format, or with what a table style changes at a row and a column of the sheet."""

    box: Box
    rule: Rule | None = None
    change_at: Callable[[int, int], Change] | None = None


class Overlays:
    """The areas of one sheet; cheapest when rows are asked in ascending order, as files store them."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._areas = sorted(islice(areas, LIMIT_AREAS + 1), key=lambda area: area.box.top)
        self._beyond = len(self._areas) > LIMIT_AREAS
        self._next = 0
        self._row = -1
        self._active: list[Area] = []

    def __bool__(self) -> bool:
        """Whether there is anything to ask."""
        return bool(self._areas)

    def face(self, face: Face, row: int, column: int, value: Callable[[], Value], *, own: bool) -> Face:
        """Return the look of a cell whose own format gives `face`; `own` when it sets a colour of its own."""
        crossing = self._at(row)
        if self._beyond or len(crossing) > _LIMIT_CROSSING:
            return face._replace(colour=None, background=None)
        rules: list[Rule] = []
        for area in crossing:
            if not area.box.left <= column <= area.box.right:
                continue
            if area.rule is not None:
                rules.append(area.rule)
            elif area.change_at is not None:
                face = _under(face, area.change_at(row, column), own=own)
        if rules:
            face = laid_over(face, sorted(rules, key=lambda rule: rule.priority), value())
        return face._replace(colour=automatic(face.background)) if face.colour == AUTO else face

    def _at(self, row: int) -> list[Area]:
        """Return the areas that a row crosses."""
        if row == self._row:
            return self._active
        if row < self._row:
            self._next, self._active = 0, []
        self._row = row
        while self._next < len(self._areas) and self._areas[self._next].box.top <= row:
            self._active.append(self._areas[self._next])
            self._next += 1
        if any(area.box.bottom < row for area in self._active):
            self._active = [area for area in self._active if area.box.bottom >= row]
        return self._active


def _under(face: Face, change: Change, *, own: bool) -> Face:
    """Lay a table style under a cell: what the cell's own format says stays."""
    font, size, colour, background, bold = face
    if not own and change.colour is not None:
        colour = change.colour
    return Face(font, size, colour, background or change.background, bold or change.bold)


def laid_over(face: Face, rules: list[Rule], value: Value) -> Face:
    """Lay conditional formats over a cell: of each property the first rule that holds decides, or nobody knows."""
    font, size, colour, background, bold = face
    colour_open = ground_open = ground_known = asked_known = True
    for rule in rules:
        outcome = holds(rule.test, value)
        if outcome is False:
            continue
        certain = asked_known and outcome is True
        if colour_open and rule.change.colour is not None:
            if certain:
                colour, colour_open = rule.change.colour, False
            elif not (is_black(colour) and is_black(rule.change.colour)):
                colour, colour_open = None, False
        if ground_open and rule.change.background is not None:
            background, ground_known, ground_open = rule.change.background if certain else None, certain, False
        if rule.stop:
            if certain:
                break
            asked_known = False
    if not ground_known and not is_black(colour):
        colour = None
    return Face(font, size, colour, background, bold)


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
    column = 0
    for letter in (found[1] or "").upper():
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1 if found[2] else None, column - 1 if found[1] else None
