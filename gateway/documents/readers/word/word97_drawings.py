"""Pictures, form field data and shapes of Word 97 files (MS-DOC 2.9.190 PICF, 2.9.78 FFData, 2.8.37, 2.9.253)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from gateway.documents.readers.fields import BY_DEFAULT
from gateway.documents.readers.ole.art import keep_picture, read_drawing
from gateway.documents.readers.ole.octets import u8, u16, u32, wide
from gateway.documents.readers.ole.shapes import Shapes, put_shape, thing_of
from gateway.documents.readers.pictures.joined import AS_IT_IS, Box
from gateway.documents.readers.sink import Place, Sink
from gateway.documents.readers.word.word97_fib import Fib, entries
from gateway.documents.readers.word.word97_sprms import Look
from gateway.model import Role, Run

_SHAPE, _SHAPE_FILE = 0x64, 0x66
_LIMIT: Final = 4096
_OLD_BITMAPS: Final = {0x62: "tiff", 0x63: "bmp"}


class Pictures:
    """Emits each picture of a file once."""

    def __init__(self, data: bytes, sink: Sink) -> None:
        self._data = data
        self._sink = sink
        self._seen: set[int] = set()
        self.choices: list[str] = []
        """Entries of the last form field that is a list."""
        self.chosen = 0
        """Number of the chosen one, or whether the box of a form field is ticked."""

    def inline(self, look: Look, place: Place, row: int) -> None:
        """Read what a picture mark in a paragraph refers to."""
        at = look.data
        if at is None or at in self._seen or at + 68 > len(self._data):
            return
        self._seen.add(at)
        size, header, mapping = u32(self._data, at), u16(self._data, at + 4), u16(self._data, at + 6)
        body = self._data[at + header : at + min(size, len(self._data))]
        if header < 44 or not body:
            return
        first, turn = len(self._sink.members), AS_IT_IS
        if look.is_data:
            self._form_field(body, place)
        elif mapping in {_SHAPE, _SHAPE_FILE}:
            drawing = body[1 + u8(body, 0) :] if mapping == _SHAPE_FILE else body
            read_drawing(drawing, self._sink, place)
            shapes = Shapes(lambda *_: None).walk(drawing, self._sink.budget)
            turn = next((shape.turn for shape in shapes if shape.picture), turn)
        else:
            # From before Word 97: a metafile, or a bitmap file.
            keep_picture(body, f"image/{_OLD_BITMAPS.get(mapping, 'wmf')}", self._sink, place)
        for member in self._sink.members[first:]:
            # PICMID of the PICF: the size in twips, each scaled in per mille (MS-DOC 2.9.192).
            sides = (u16(self._data, at + 28 + step) * u16(self._data, at + 32 + step) / 1000 for step in (0, 2))
            self._sink.pictures.flow(member.data, row, self._sink.shown(), (next(sides), next(sides)), turn)

    def _form_field(self, body: bytes, place: Place) -> None:
        """Read the name, default text, help text and choices of a form field."""
        if u32(body, 0) != 0xFFFFFFFF:
            return
        bits, at = u16(body, 4), 10
        kind, self.chosen, self.choices = bits & 3, bits >> 2 & 31, []
        where = place._replace(role=Role.FIELD).hidden()
        fields = (True, kind == 0, None, True, True, True, True, True)
        for one in fields:
            if one is None:
                self.chosen = self.chosen if self.chosen != BY_DEFAULT else u16(body, at) if kind else 0
                at += 0 if kind == 0 else 2
            elif one:
                size = u16(body, at)
                if at + 2 + 2 * size > len(body):
                    return
                self._sink.put_line(wide(body[at + 2 : at + 2 + 2 * size]), where)
                at += 4 + 2 * size
        if kind == 2 and u16(body, at) == 0xFFFF:
            at += 2
            count, at = u32(body, at) & 0xFFFF, at + 4
            for _ in range(min(count, _LIMIT)):
                size = u16(body, at)
                self.choices.append(wide(body[at + 2 : at + 2 + 2 * size]))
                self._sink.put_line(self.choices[-1], where._replace(locator="option"))
                at += 2 + 2 * size
                if at >= len(body):
                    return


_SPA, _BOX = 26, 22
"""Octets of an entry of the two tables."""
_TEXT, _UNWRAPPED, _BEHIND = 2, 3, 0x4000


class _Anchor(NamedTuple):
    """Return the box of a shape in points, the origins of its axes, and whether it may hide the text."""

    position: int = -1
    box: Box = (0.0, 0.0, 0.0, 0.0)
    origins: tuple[int, int] = (0, 0)
    over: bool = False


def _anchors(plc: bytes) -> dict[int, _Anchor]:
    """Return the anchors of shapes by their numbers."""
    found: dict[int, _Anchor] = {}
    for position, entry in entries(plc, _SPA):
        number, left, top, right, bottom, flags = struct.unpack_from("<I4iH", entry)
        box = (left / 20, top / 20, (right - left) / 20, (bottom - top) / 20)
        over = flags >> 5 & 0xF == _UNWRAPPED and not flags & _BEHIND
        found[number] = _Anchor(position, box, (flags >> 1 & 3, flags >> 3 & 3), over)
    return found


def boxes_by_position(plc: bytes) -> dict[int, int]:
    """Return the numbers of the shapes whose words begin at positions of the story of boxes (PlcftxbxTxt)."""
    return {position: u32(entry, 14) for position, entry in entries(plc, _BOX)}


def put_on_stage(
    sink: Sink, fib: Fib, table: bytes, drawing: bytes, blocks: Mapping[int, int], said: Mapping[int, Sequence[Run]]
) -> None:
    """Put shapes on the stage: `blocks` are the paragraphs of their anchors by position, `said` the words by number."""
    anchors = _anchors(fib.octets("shapes", table))
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
