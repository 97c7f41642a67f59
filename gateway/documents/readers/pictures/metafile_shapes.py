"""Outlines of the lines and areas that a Windows metafile draws (MS-EMF §2.3.5, MS-WMF §2.3.3).

World transforms are applied; a drawing that changes its window or viewport in between is drawn as far as it agrees.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.pictures.outlines import (
    LIMIT_POINTS,
    UNTURNED,
    Contour,
    Matrix,
    Point,
    Shape,
    curve,
    moved,
    product,
)
from gateway.model import ReadStatus

_FILLED, _OPEN, _CURVED, _MANY = 1, 2, 4, 8
_EMF: Final = {2: _OPEN | _CURVED, 3: _FILLED, 4: _OPEN, 5: _CURVED, 6: 0, 7: _OPEN | _MANY, 8: _FILLED | _MANY}
"""Records with points: filled, beginning again, curves, several at once; those of small numbers are 83 further on."""
_WMF: Final = {0x0324: _FILLED, 0x0325: _OPEN, 0x0538: _FILLED | _MANY}
_SMALL: Final = 83


class State(NamedTuple):
    """Graphics state that a drawing saves, changes and restores."""

    matrix: Matrix = UNTURNED
    font: str | None = None
    codec: str = "cp1252"
    """Charset of that font."""
    colour: str | None = None
    """Of letters."""


class Drawn:
    """Collects the outlines of one drawing."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self._at: Point = (0.0, 0.0)
        self._path: list[Contour] | None = None
        self._points = 0
        self.state = State()
        self._saved: list[State] = []

    def emf(self, kind: int, record: bytes) -> None:
        """Take one record of an EMF; a damaged one raises struct.error."""
        match kind:
            case 27 | 54:
                self._step(struct.unpack_from("<ii", record, 8), anew=kind == 27)
            case 33:
                self._saved.append(self.state)
            case 34:
                self._restore(struct.unpack_from("<i", record, 8)[0])
            case 35:
                self.state = self.state._replace(matrix=struct.unpack_from("<6f", record, 8))
            case 36:
                own, mode = struct.unpack_from("<6f", record, 8), struct.unpack_from("<I", record, 32)[0]
                before = self.state.matrix
                ways = {1: UNTURNED, 2: product(own, before), 3: product(before, own), 4: own}
                self.state = self.state._replace(matrix=ways.get(mode, before))
            case 59:
                self._path = []
            case 67 | 68:  # a path that clips is not drawn
                self._path = None
            case 62 | 63 | 64 if self._path is not None:
                self.add(self._path, filled=kind != 64)
                self._path = None
            case _ if (how := _EMF.get(kind if kind < 80 else kind - _SMALL)) is not None:
                size = "ii" if kind < 80 else "hh"
                if how & _MANY:
                    polygons, total = struct.unpack_from("<II", record, 24)
                    counts = struct.unpack_from(f"<{min(polygons, LIMIT_POINTS)}I", record, 32)
                    self._take(how, counts, _points(record, 32 + 4 * polygons, total, size))
                else:
                    total = struct.unpack_from("<I", record, 24)[0]
                    self._take(how, (total,), _points(record, 28, total, size))
            case _:
                return

    def wmf(self, kind: int, record: bytes) -> None:
        """Take one record of a WMF; a damaged one raises struct.error."""
        if kind in (0x0213, 0x0214):
            y, x = struct.unpack_from("<hh", record, 6)
            self._step((x, y), anew=kind == 0x0214)
        elif kind == 0x001E:
            self._saved.append(self.state)
        elif kind == 0x0127:
            self._restore(struct.unpack_from("<h", record, 6)[0])
        elif (how := _WMF.get(kind)) is not None:
            number = struct.unpack_from("<H", record, 6)[0]
            counts = struct.unpack_from(f"<{number}H", record, 8) if how & _MANY else (number,)
            self._take(how, counts, _points(record, 8 + (2 * number if how & _MANY else 0), sum(counts), "hh"))

    def _restore(self, back: int) -> None:
        """Go back by so many saved states, a number below 0, or to the one of a number."""
        kept = back if back >= 0 else len(self._saved) + back + 1
        if 0 < kept <= len(self._saved):
            self.state = self._saved[kept - 1]
            del self._saved[kept - 1 :]

    def _step(self, to: Point, *, anew: bool) -> None:
        lines = self._path if self._path is not None else [self._placed([self._at])]
        if anew and self._path is not None:
            self._path.append(self._placed([to]))
        elif not anew:
            if not lines:
                lines.append(self._placed([self._at]))
            lines[-1] += self._placed([to])
            if self._path is None:
                self.add(lines, filled=False)
        self._at = to

    def _take(self, how: int, counts: Sequence[int], points: Sequence[Point]) -> None:
        start = 0
        contours: list[Contour] = []
        for count in counts:
            contour = list(points[start : start + count])
            start += count
            if not how & (_OPEN | _FILLED):
                contour.insert(0, self._at)
            if how & _CURVED and contour:
                pieces = [curve(contour[at : at + 4]) for at in range(0, len(contour) - 3, 3)]
                contour = [contour[0], *(point for piece in pieces for point in piece)]
            if contour:
                self._at = contour[-1]
                contours.append(self._placed(contour))
        if self._path is not None:
            self._path += contours
        else:
            self.add(contours, filled=bool(how & _FILLED))

    def _placed(self, contour: Contour) -> Contour:
        return moved([contour], self.state.matrix)[0] if self.state.matrix != UNTURNED else contour

    def add(self, contours: list[Contour], *, filled: bool) -> None:
        """Take contours that are drawn as one; LIMIT `outlines` when there are too many."""
        self._points += sum(map(len, contours))
        if self._points > LIMIT_POINTS:
            raise ReadError(ReadStatus.LIMIT, "outlines")
        lines = [contour for contour in contours if len(contour) > 1]
        if lines:
            self.shapes.append(Shape(lines, filled, 0, sum(len(line) - 1 for line in lines), stroke=_is_plain(lines)))


def _is_plain(lines: Sequence[Contour]) -> bool:
    """Distinguish a line or a box, which charts are full of, from an outline."""
    return len(lines) == 1 and len(lines[0]) <= 5


def _points(record: bytes, start: int, count: int, size: str) -> list[Point]:
    raw = record[start : start + count * struct.calcsize(f"<{size}")]
    return [(float(x), float(y)) for x, y in struct.iter_unpack(f"<{size}", raw)]
