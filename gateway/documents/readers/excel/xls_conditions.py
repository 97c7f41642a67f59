"""Conditional formats of a binary sheet that change letters or their background (CONDFMT and CF, MS-XLS 2.4.56, 2.4.42).

They come behind the cells, and their conditions are compiled formulas: nothing is computed. Letters that some condition
may colour have a colour that nobody knows.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from gateway.documents.readers.excel.overlays import LIMIT_AREAS, Box, boxes
from gateway.documents.readers.ole.octets import u16, u32
from gateway.model import Role, Run
from gateway.vietnamese.colour import is_black

_FONT, _PATTERN = 1 << 26, 1 << 29
"""ibitAtrFnt and ibitAtrPat of DXFN (MS-XLS 2.5.91)."""
_LIMIT_COMPARISONS: Final = 2_000_000


class Conditions:
    """The conditional formats of one sheet as their records come by."""

    def __init__(self) -> None:
        self._boxes: list[Box] = []
        self._letters: list[Box] = []
        self._grounds: list[Box] = []

    def ranges(self, data: bytes) -> None:
        """Take a CONDFMT record: the ranges that the next conditions are for."""
        count = min(u16(data, 12), (len(data) - 14) // 8)
        self._boxes = []
        for number in range(max(0, count)):
            top, bottom, left, right = (u16(data, 14 + 8 * number + 2 * at) for at in range(4))
            self._boxes.append(Box(top, left, bottom, right))

    def condition(self, data: bytes) -> None:
        """Take a CF record."""
        flags = u32(data, 6)
        for areas, bit in ((self._letters, _FONT), (self._grounds, _PATTERN)):
            if flags & bit and len(areas) < LIMIT_AREAS:
                areas.extend(self._boxes)

    def apply(self, runs: list[Run], first: int) -> None:
        """Make colours unknown in the runs of this sheet, which begin at a position of the list."""
        areas = len(self._letters) + len(self._grounds)
        if not areas:
            return
        many = areas * (len(runs) - first) > _LIMIT_COMPARISONS
        for number in range(first, len(runs)):
            run = runs[number]
            if run.role is not Role.CELL or not run.locator.startswith("cell:"):
                continue
            place = next(boxes(run.locator.rpartition("!")[2]), None)
            if place is None:
                continue
            ground = many or _inside(place, self._grounds)
            if many or _inside(place, self._letters) or (ground and not is_black(run.colour)):
                runs[number] = replace(run, colour=None, background=None if ground else run.background)
            elif ground:
                runs[number] = replace(run, background=None)


def _inside(place: Box, areas: list[Box]) -> bool:
    return any(area.top <= place.top <= area.bottom and area.left <= place.left <= area.right for area in areas)
