"""Office drawings in old binary files (MS-ODRAW): the words in shapes, the pictures, and the text boxes' own records.

Word keeps drawings in the table stream, Excel in MSODRAWING records, PowerPoint in its slides; the records are the same.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.documents.readers.base import Budget, Member, ReadError
from gateway.documents.readers.containers.zip_streams import salvaged
from gateway.documents.readers.ole.octets import rgb, u8, u16, u32, wide
from gateway.documents.readers.pictures.dib import bitmap
from gateway.documents.readers.pictures.outlines import freeform
from gateway.documents.readers.sink import Face, Place, Sink
from gateway.model import Image, ReadStatus, Role

_CONTAINER: Final = 0xF
_TAG_DATA: Final = 0x138B
"""An atom by its head that holds records: comments, bullets of newer versions (MS-PPT §2.3.23)."""
_STORE, _ENTRY = 0xF001, 0xF007
_PROPERTIES: Final = frozenset({0xF00B, 0xF121, 0xF122})
_WORD_ART, _WORD_ART_FONT, _FILL = 0x0C0, 0x0C5, 0x181
_DESCRIPTIONS: Final = frozenset({0x381, 0x38D})
_NAME: Final = 0x380
_VERTICES, _SEGMENTS = 0x145, 0x146
_ARRAYS: Final = frozenset({_VERTICES, _SEGMENTS, 0x151, 0x152, 0x155, 0x156, 0x157, 0x197, 0x1CF, 0x383})
"""Properties that are arrays (MS-ODRAW 2.2.51 IMsoArray), of whose six bytes before the first element the size may know nothing."""
_DEFAULT_NAME: Final = re.compile(r"^[^\W\d_]+(?: [^\W\d_]+){0,3} ?\d+$|^PowerPlusWaterMarkObject\d+$")
_BLIPS: Final = {
    0xF01A: "image/emf", 0xF01B: "image/wmf", 0xF01C: "image/x-pict", 0xF01D: "image/jpeg", 0xF01E: "image/png",
    0xF01F: "image/bmp", 0xF029: "image/tiff", 0xF02A: "image/jpeg",
}  # fmt: skip
_METAFILES: Final = frozenset({0xF01A, 0xF01B, 0xF01C})
_TWO_DIGESTS: Final = frozenset({0x3D5, 0x217, 0x543, 0x46B, 0x6E3, 0x6E1, 0x7A9, 0x6E5})
"""Instances of a blip record that carries a second digest before its picture (MS-ODRAW 2.2.23)."""
_LIMIT_RECORDS: Final = 2_000_000
_LIMIT_DEPTH: Final = 64


@dataclass(frozen=True)
class Record:
    """One record of a drawing or of a PowerPoint stream."""

    kind: int
    instance: int
    start: int
    """Offset of its content in the bytes walked."""
    end: int
    path: tuple[int, ...]
    """Kinds of the containers around it, outermost first."""
    path_starts: tuple[int, ...]
    """Offsets of the contents of these containers; distinguishes neighbours of one kind."""


def records(data: bytes, budget: Budget, *, start: int = 0, end: int | None = None) -> Iterator[Record]:
    """Yield all records, containers first, lengths cut to fit; raises `ReadError` LIMIT `records` or `depth`."""
    limit = len(data) if end is None else min(end, len(data))
    around: list[tuple[int, int, int]] = []
    at, count = start, 0
    while at + 8 <= limit:
        while around and at >= around[-1][1]:
            around.pop()
        count += 1
        if count % 4096 == 0:
            budget.check_time()
        if count > _LIMIT_RECORDS:
            raise ReadError(ReadStatus.LIMIT, "records")
        head, kind, length = struct.unpack_from("<HHI", data, at)
        inner_end = around[-1][1] if around else limit
        stop = min(at + 8 + length, inner_end)
        container = head & 0xF == _CONTAINER or kind == _TAG_DATA
        if len(around) > _LIMIT_DEPTH:
            raise ReadError(ReadStatus.LIMIT, "depth")
        path, starts = tuple(one[0] for one in around), tuple(one[2] for one in around)
        yield Record(kind, head >> 4, at + 8, stop, path, starts)
        if container:
            around.append((kind, stop, at + 8))
            at += 8
        else:
            at = stop


def properties(data: bytes, record: Record) -> dict[int, int | bytes]:
    """Return the properties of a shape; complex ones have their bytes."""
    found: dict[int, int | bytes] = {}
    tail = record.start + 6 * record.instance
    for number in range(min(record.instance, 512)):
        at = record.start + 6 * number
        if at + 6 > record.end:
            break
        identifier, value = u16(data, at), u32(data, at + 2)
        if identifier & 0x8000:
            if identifier & 0x3FFF in _ARRAYS and u16(data, tail) * _width(data, tail) == value:
                value += 6
            found[identifier & 0x3FFF] = data[tail : min(tail + value, record.end)]
            tail += value
        else:
            found[identifier & 0x3FFF] = value
    return found


def _width(data: bytes, at: int) -> int:
    """Return the bytes of an element of an array."""
    width = u16(data, at + 4)
    return 4 if width == 0xFFF0 else width


def _draw(found: dict[int, int | bytes], sink: Sink) -> None:
    """Draw the outlines of freeforms in order, regardless of their positions."""
    points, segments = (
        value if isinstance(value := found.get(name), bytes) else b"" for name in (_VERTICES, _SEGMENTS)
    )
    form = {4: "<2h", 8: "<2i"}.get(_width(points, 0))
    if form is None:
        return
    whole = points[6 : len(points) - (len(points) - 6) % struct.calcsize(form)]
    codes = [u16(segments, at) for at in range(6, len(segments) - 1, 2)]
    outline = freeform([(float(x), float(y)) for x, y in struct.iter_unpack(form, whole)], codes)
    if outline is not None:
        sink.pictures.draw(outline[0], "freeforms", (0, 0, outline[1], 1), inline=True)


def is_properties(record: Record) -> bool:
    """Return whether a record holds properties of a shape."""
    return record.kind in _PROPERTIES


def put_shape_words(found: dict[int, int | bytes], sink: Sink, place: Place) -> None:
    """Put the words in the properties of a shape: WordArt, alternative text, names given by hand, drawn letters."""
    _draw(found, sink)
    for identifier, value in found.items():
        if not isinstance(value, bytes):
            continue
        text = wide(value).split("\0", 1)[0]
        if identifier == _WORD_ART:
            font, fill = found.get(_WORD_ART_FONT), found.get(_FILL)
            face = Face(
                font=wide(font).split("\0", 1)[0] if isinstance(font, bytes) else None,
                colour=rgb(fill) if isinstance(fill, int) and fill >> 24 == 0 else None,
            )
            sink.put_line(text.replace("\r", "\n"), place._replace(role=Role.WATERMARK, boxed=True), face)
        elif identifier in _DESCRIPTIONS:
            sink.put_line(text, place._replace(role=Role.ALT_TEXT).hidden())
        elif identifier == _NAME and not _DEFAULT_NAME.match(text):
            sink.put_line(text, place._replace(role=Role.NAME).hidden())


def is_blip(record: Record) -> bool:
    """Return whether a record is a picture."""
    return record.kind in _BLIPS


def put_stored(data: bytes, record: Record, sink: Sink, place: Place) -> None:
    """Take a picture, or an entry of the store of a file, which shapes name by its number (MS-ODRAW 2.2.32 OfficeArtFBSE)."""
    if is_blip(record):
        put_picture(data, record, sink, place)
    elif record.kind == _ENTRY and _STORE in record.path:
        sink.pictures.names.append(data[record.start + 2 : record.start + 18])


def put_picture(data: bytes, record: Record, sink: Sink, place: Place) -> None:
    """Hand a picture on as a member; LIMIT when it unpacks to more than is allowed."""
    at = record.start + (32 if record.instance in _TWO_DIGESTS else 16)
    if record.kind in _METAFILES:
        bounds = data[at + 4 : at + 20]
        packed = u8(data, at + 32) == 0
        picture = data[at + 34 : record.end]
        if packed:
            picture = salvaged(picture, sink.budget)
        if record.kind == 0xF01B and not picture.startswith(b"\xd7\xcd\xc6\x9a"):
            picture = _placeable(bounds) + picture
    else:
        picture = data[at + 1 : record.end]
        if record.kind == 0xF01F and not picture.startswith(b"BM"):
            picture = bitmap(picture)
    if len(picture) < 16:
        return
    sink.pictures.store.setdefault(data[record.start : record.start + 16], picture)
    keep_picture(picture, _BLIPS[record.kind], sink, place)


def keep_picture(picture: bytes, kind: str, sink: Sink, place: Place) -> None:
    """Hand a picture of a media type on as a member."""
    name = f"picture-{len(sink.images) + 1}.{kind.partition('/')[2].replace('x-', '')}"
    digest = hashlib.sha256(picture).hexdigest()
    sink.images.append(Image(locator=place.locator, page=place.page, sha256=digest))
    sink.members.append(Member(name=name, data=picture, relation="image", declared_type=kind, locator=place.locator))


def _placeable(bounds: bytes) -> bytes:
    """Return the header that makes a bare metafile a file."""
    box = [max(-32768, min(32767, value)) for value in struct.unpack("<4i", bounds.ljust(16, b"\0"))]
    head = struct.pack("<IHhhhhHI", 0x9AC6CDD7, 0, *box, 1440, 0)
    check = 0
    for word in struct.unpack("<10H", head):
        check ^= word
    return head + check.to_bytes(2, "little")


def read_drawing(data: bytes, sink: Sink, place: Place, *, delayed: bytes = b"") -> None:
    """Read the shapes and pictures of a drawing; `delayed` is the stream that holds pictures stored apart."""
    for record in records(data, sink.budget):
        if is_properties(record):
            put_shape_words(properties(data, record), sink, place)
            continue
        put_stored(data, record, sink, place)
        if record.kind == _ENTRY:
            inner = record.start + 36 + u8(data, record.start + 33)
            for picture in records(data, sink.budget, start=inner, end=record.end):
                if is_blip(picture):
                    put_picture(data, picture, sink, place)
            if delayed and inner >= record.end:
                _delayed(data, record, delayed, sink, place)


def _delayed(data: bytes, record: Record, delayed: bytes, sink: Sink, place: Place) -> None:
    size, references, offset = (u32(data, record.start + at) for at in (20, 24, 28))
    if not references or offset == 0xFFFFFFFF or not size:
        return
    for picture in records(delayed, sink.budget, start=offset, end=offset + size):
        if is_blip(picture):
            put_picture(delayed, picture, sink, place)
        return
