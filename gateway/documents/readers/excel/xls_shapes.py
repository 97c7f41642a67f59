"""Shapes and pictures over the cells of an Excel binary sheet: their words and positions."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Final

from gateway.documents.readers.fields import shown_value
from gateway.documents.readers.ole.art import read_drawing
from gateway.documents.readers.ole.octets import u16
from gateway.documents.readers.ole.shapes import Shapes, put_shape, thing_of
from gateway.documents.readers.pictures.joined import Box
from gateway.documents.readers.placed import COLUMN_PT, ROW_PT
from gateway.documents.readers.sink import Place, Sink
from gateway.model import Origin, Run

_DRAWN: Final = frozenset({2, 3, 5, 6, 8, 9, 0x1E})
"""Objects that may lie over words: shapes, charts, boxes, pictures (MS-XLS 2.5.143); controls and notes do not."""
_LETTER_PT: Final = 5.4
"""Width of the letter that columns count by."""
_LONGEST: Final = 1000
"""Cells along a shape whose sizes are asked for."""


_BOXES: Final = frozenset({0x0B, 0x0C})
"""Check boxes and option buttons."""
_STATES: Final = frozenset({0x0A, 0x12})
"""Data of which the first number says whether a box is ticked (MS-XLS 2.5.141, 2.5.142)."""


def box_sign(data: bytes) -> str:
    """Return the box to tick that an object (MS-XLS 2.4.181) shows before its words, empty for another object."""
    if u16(data, 4) not in _BOXES:
        return ""
    at, ticked = 0, 0
    while at + 6 <= len(data):
        if u16(data, at) in _STATES:
            ticked = u16(data, at + 4)
        at += 4 + u16(data, at + 2)
    return shown_value("FORMCHECKBOX", (), ticked) + " "


class Drawing:
    """Shapes of a sheet and the cells below them."""

    def __init__(self) -> None:
        self.octets = bytearray()
        self._objects: list[int] = []
        """Of each shape the number of its object, 0 where it lies over no words."""
        self._sizes: tuple[dict[int, float], dict[int, float]] = ({}, {})
        """Points of columns and rows that are not as usual."""

    def take_object(self, number: int, kind: int) -> None:
        """Take the object of the next shape (MS-XLS 2.4.181)."""
        self._objects.append(number if kind in _DRAWN else 0)

    def take_columns(self, first: int, last: int, width: int) -> None:
        """Take columns of a width in 256ths of a letter."""
        self._sizes[0].update(dict.fromkeys(range(first, last + 1), width / 256 * _LETTER_PT))

    def take_row(self, row: int, twips: int) -> None:
        """Take the height of a row."""
        if not 0.8 * ROW_PT < twips / 20 < 1.2 * ROW_PT:
            self._sizes[1][row] = twips / 20

    def put(self, sink: Sink, place: Place, words: Mapping[int, Sequence[Run]], sheet: str) -> None:
        """Put the words and positions of shapes; `words` are those of objects."""
        octets, objects = bytes(self.octets), iter(self._objects)
        read_drawing(octets, sink, place)
        for shape in Shapes(self._over_cells).walk(octets, sink.budget):
            number = next(objects, 0) if shape.is_object else 0
            if number and shape.box is not None and place.origin is Origin.TEXT:
                said = words.get(number, ())
                sink.stage.on_sheet(sheet, thing_of(shape, shape.box, said, place.locator))
                put_shape(sink, sheet, shape, said)

    def _over_cells(self, _number: int, anchor: bytes) -> Box | None:
        """Return a box in points from usual cells and their own sizes (MS-XLS 2.5.193)."""
        if len(anchor) < 18:
            return None
        numbers = struct.unpack_from("<8H", anchor, 2)
        ends: list[tuple[float, float]] = []
        for axis, usual, parts in ((0, COLUMN_PT, 1024), (1, ROW_PT, 256)):
            sizes = self._sizes[axis]
            first, start, last, end = numbers[2 * axis : 2 * axis + 2] + numbers[2 * axis + 4 : 2 * axis + 6]
            before, within = (sizes.get(at, usual) * part / parts for at, part in ((first, start), (last, end)))
            between = sum(sizes.get(at, usual) for at in range(first, min(last, first + _LONGEST)))
            ends.append((first * usual + before, between + within - before))
        (left, width), (top, height) = ends
        return left, top, width, height
