"""Conditional formats of a binary sheet that change letters or their background (CONDFMT and CF, MS-XLS 2.4.56, 2.4.42).

They come behind the cells, and their conditions are compiled formulas: nothing is computed. Letters that some condition
may colour have a colour that nobody knows.
"""

from __future__ import annotations

from msgspec.structs import replace

from gateway.documents.readers.excel.areas import LIMIT_AREAS, Areas, Box, boxes
from gateway.documents.readers.ole.octets import u16, u32
from gateway.model import Role, Run

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
