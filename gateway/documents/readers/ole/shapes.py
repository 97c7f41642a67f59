"""Positions of shapes in old office files, and which of them hide what is below (MS-ODRAW 2.2.14)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from gateway.documents.readers.base import Budget
from gateway.documents.readers.ole.art import Record, is_properties, properties, records
from gateway.documents.readers.ole.octets import u32
from gateway.documents.readers.pictures.joined import AS_IT_IS, Box, Turn
from gateway.documents.readers.pictures.outlines import BAR, DOT, STROKE
from gateway.documents.readers.pictures.outlines import Shape as Outline
from gateway.documents.readers.placed import Span, Thing, lines_of
from gateway.documents.readers.sink import Sink
from gateway.model import Run

SHAPE, _GROUP, _FLAGS, _CHILD_ANCHOR, _ANCHOR, _CLIENT_DATA = 0xF004, 0xF009, 0xF00A, 0xF00F, 0xF010, 0xF011
_FILL_FLAGS, _FILL_OPACITY, _SHAPE_FLAGS, _PICTURE = 0x1BF, 0x182, 0x3BF, 0x104
_LINES: Final = frozenset({20, *range(32, 41)})
"""Lines and connectors (MSOSPT)."""
_FORMLESS: Final = frozenset({0, 75, 201, 202})
"""Freeforms, whose outline is a property, pictures, controls, and boxes of words."""
_ELLIPSE: Final = 3
_HALF: Final = 0x8000
_FLIP_H, _FLIP_V = 0x40, 0x80
_ROTATION, _CROPS = 0x004, (0x102, 0x100, 0x103, 0x101)
_TONES: Final = ((0x0108, 1 << 16), (0x0109, 0))
"""Contrast and brightness of a picture, and what leaves it as it is stored (MS-ODRAW 2.3.23.9, 2.3.23.10)."""


class Shape(NamedTuple):
    """One shape: its number, its box in points where that is known, and whether it hides what is below."""

    number: int = 0
    box: Box | None = None
    opaque: bool = True
    is_object: bool = False
    """Whether its program keeps a record of it."""
    form: Outline | None = None
    picture: int = 0
    """Number of a picture in the store."""
    turn: Turn = AS_IT_IS


class Shapes:
    """Takes the records of drawings in their order, and gives each shape when it has ended.

    `anchored` returns the position of a shape, by its number and the anchor that its program wrote.
    """

    def __init__(self, anchored: Callable[[int, bytes], Box | None]) -> None:
        self._anchored = anchored
        self._shape = Shape()
        self._group: Box | None = None
        self._hidden = False
        self._groups: dict[int, tuple[Box, Box]] = {}
        """By where a group begins: its own coordinates, and the box that they fill."""

    def walk(self, data: bytes, budget: Budget) -> Iterator[Shape]:
        """Yield the shapes of a drawing."""
        for record in records(data, budget):
            if record.kind == SHAPE:
                yield self.end()
            self.take(data, record)
        yield self.end()

    def take(self, data: bytes, record: Record) -> None:
        """Take a record; a shape that was not ended is forgotten."""
        content = data[record.start : min(record.end, record.start + 24)]
        shape = self._shape
        match record.kind:
            case k if k == SHAPE:
                self._shape, self._group, self._hidden = Shape(), None, False
            case k if k == _GROUP and len(content) >= 16:
                self._group = _box(*struct.unpack_from("<4i", content))
            case k if k == _FLAGS:
                kind, is_line, flags = record.instance, record.instance in _LINES, u32(content, 4)
                form = STROKE if is_line else DOT if kind == _ELLIPSE else BAR
                self._shape = shape._replace(
                    number=u32(content, 0),
                    opaque=self._group is None and not is_line,
                    form=form if self._group is None and kind not in _FORMLESS else None,
                    turn=Turn(bool(flags & _FLIP_H), bool(flags & _FLIP_V)),
                )
                self._stand(record, self._anchored(self._shape.number, b""))
            case k if k == _CLIENT_DATA:
                self._shape = shape._replace(is_object=True)
            case k if k in {_ANCHOR, _CHILD_ANCHOR}:
                own = k == _ANCHOR or len(content) < 16
                self._stand(record, self._anchored(shape.number, content) if own else self._inside(record, content))
            case _ if is_properties(record):
                self._describe(properties(data, record))
            case _:
                return

    def _stand(self, record: Record, box: Box | None) -> None:
        self._shape = self._shape._replace(box=box)
        if self._group is not None and box is not None and len(record.path_starts) > 1:
            self._groups[record.path_starts[-2]] = self._group, box

    def _inside(self, record: Record, content: bytes) -> Box | None:
        """Return the box of a shape whose anchor counts in the coordinates of its group."""
        depth = 2 if self._group is None else 3
        around = self._groups.get(record.path_starts[-depth]) if len(record.path_starts) >= depth else None
        if around is None:
            return None
        own, (left, top, width, height) = around
        across, down = width / (own[2] or 1), height / (own[3] or 1)
        box = _box(*struct.unpack_from("<4i", content))
        return left + (box[0] - own[0]) * across, top + (box[1] - own[1]) * down, box[2] * across, box[3] * down

    def _describe(self, found: dict[int, int | bytes]) -> None:
        """Take the properties of the shape (MS-ODRAW 2.3.7.43, 2.3.4.44)."""
        fill, opacity, flags = (
            value if isinstance(value := found.get(name, default), int) else default
            for name, default in ((_FILL_FLAGS, 0), (_FILL_OPACITY, _HALF), (_SHAPE_FLAGS, 0))
        )
        empty = (fill & 0x100010 == 0x100000 and _PICTURE not in found) or opacity < _HALF
        self._hidden = self._hidden or flags & 0x20002 == 0x20002
        picture, turned, *cut = (
            value if isinstance(value := found.get(name, 0), int) else 0 for name in (_PICTURE, _ROTATION, *_CROPS)
        )
        left, top, right, bottom = map(_fixed, cut)
        crop = (left, top, right, bottom) if any(cut) else None
        recoloured = any(found.get(name, plain) != plain for name, plain in _TONES)
        turn = self._shape.turn._replace(degrees=_fixed(turned), crop=crop, recoloured=recoloured)
        self._shape = self._shape._replace(
            opaque=self._shape.opaque and not empty, turn=turn, picture=picture or self._shape.picture
        )

    def end(self) -> Shape:
        """Return the shape so far, and forget it."""
        shape, self._shape = self._shape, Shape()
        return shape._replace(box=None) if self._hidden else shape


def _fixed(value: int) -> float:
    """Return a number of 16 bits before and behind its point (MS-OSHARED 2.2.1.6)."""
    return (value - (value >> 31 << 32)) / 65536


def _box(left: int, top: int, right: int, bottom: int) -> Box:
    return float(left), float(top), float(right - left), float(bottom - top)


def slide_box(_number: int, anchor: bytes) -> Box | None:
    """Return the box of a shape on a slide in points; it counts in 576ths of an inch (MS-PPT 2.7.1)."""
    if len(anchor) not in {8, 16}:
        return None
    top, left, right, bottom = struct.unpack("<4h" if len(anchor) == 8 else "<4i", anchor)
    return left / 8, top / 8, (right - left) / 8, (bottom - top) / 8


def put_shape(sink: Sink, plane: Hashable, shape: Shape, runs: Sequence[Run]) -> None:
    """Put a picture in its place, and draw a shape that has no words: several of them may show letters."""
    if shape.box is None:
        return
    if shape.picture:
        sink.pictures.place_stored(shape.picture, plane, shape.box, shape.turn)
    elif shape.form is not None and not runs:
        sink.pictures.draw(shape.form, plane, shape.box, shape.turn)


def thing_of(shape: Shape, box: Box, runs: Iterable[Run], locator: str, aligns: Collection[str] = ()) -> Thing:
    """Return a shape with its words, which may be at any end unless all are aligned to one."""
    align = next(iter(aligns)) if len(aligns) == 1 else ""
    lines = [line._replace(align=align) for line in lines_of(runs)]
    return Thing(Span(*box), shape.opaque, lines, ("t", "ctr", "b"), locator)
