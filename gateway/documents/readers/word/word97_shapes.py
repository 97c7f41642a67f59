"""Shapes that stand free on the pages of a Word file, and the boxes of words among them (MS-DOC 2.8.37, 2.9.253)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.documents.readers.ole.octets import u32
from gateway.documents.readers.ole.shapes import Shapes, put_shape, thing_of
from gateway.documents.readers.ooxml.sink import Sink
from gateway.documents.readers.pictures.joined import Box
from gateway.documents.readers.word.word97_fib import Fib
from gateway.model import Run

_SPA, _BOX = 26, 22
"""Octets of an entry of the two tables."""
_TEXT, _UNWRAPPED, _BEHIND = 2, 3, 0x4000


class _Anchor(NamedTuple):
    """Where a shape stands in points, what across and down count from, and whether it may hide the text."""

    position: int = -1
    box: Box = (0.0, 0.0, 0.0, 0.0)
    origins: tuple[int, int] = (0, 0)
    over: bool = False


def _anchors(plc: bytes) -> dict[int, _Anchor]:
    """Return the anchors of shapes by their numbers."""
    found: dict[int, _Anchor] = {}
    count = max(0, len(plc) - 4) // (4 + _SPA)
    for entry in range(count):
        at = 4 * (count + 1) + _SPA * entry
        number, left, top, right, bottom, flags = struct.unpack_from("<I4iH", plc, at)
        box = (left / 20, top / 20, (right - left) / 20, (bottom - top) / 20)
        over = flags >> 5 & 0xF == _UNWRAPPED and not flags & _BEHIND
        found[number] = _Anchor(u32(plc, 4 * entry), box, (flags >> 1 & 3, flags >> 3 & 3), over)
    return found


def boxes_by_position(plc: bytes) -> dict[int, int]:
    """Return the numbers of the shapes whose words begin at positions of the story of boxes (PlcftxbxTxt)."""
    count = max(0, len(plc) - 4) // (4 + _BOX)
    return {u32(plc, 4 * entry): u32(plc, 4 * (count + 1) + _BOX * entry + 14) for entry in range(count)}


def put_on_stage(
    sink: Sink, fib: Fib, table: bytes, drawing: bytes, blocks: Mapping[int, int], said: Mapping[int, Sequence[Run]]
) -> None:
    """Put shapes on the stage: `blocks` are the paragraphs of their anchors by position, `said` the words by number."""
    start, length = fib.table("shapes")
    anchors = _anchors(table[start : start + length])
    shapes = Shapes(lambda number, _: anchors[number].box if number in anchors else None)
    anchor = _Anchor()
    for shape in shapes.walk(drawing, sink.budget) if anchors else ():
        anchor = anchors.get(shape.number, anchor)  # of a group, whose shapes come after it
        block = blocks.get(anchor.position)
        if shape.box is None or block is None:
            continue
        words = said.get(shape.number, ())
        thing = thing_of(shape, shape.box, words, f"paragraph:{block}")
        across, down = (origin == _TEXT for origin in anchor.origins)
        plane = (block if down else "page", *anchor.origins)
        put_shape(sink, plane, shape, words)
        sink.stage.at_paragraph(block, plane, thing, (across, down), over=anchor.over)
