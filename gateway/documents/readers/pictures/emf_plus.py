"""EMF+ records, which newer programs show of a Windows metafile instead of its others (MS-EMFPLUS): words, bitmaps, outlines."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.pictures.dib import bmp, with_alpha
from gateway.documents.readers.pictures.metafile_shapes import Drawn
from gateway.documents.readers.pictures.outlines import UNTURNED, Contour, Matrix, curve, moved
from gateway.model import ReadStatus

_OBJECT, _FILL_POLYGON, _DRAW_LINES, _FILL_PATH, _DRAW_PATH = 0x4008, 0x400C, 0x400D, 0x4014, 0x4015
_STRING, _TRANSFORM, _NO_TRANSFORM, _GLYPHS = 0x401C, 0x402A, 0x402B, 0x4036
_PATH, _IMAGE, _ALPHA = 3, 5, 0x40000
_GOES_ON, _SHORT, _RELATIVE, _COUNTED = 0x8000, 0x4000, 0x0800, 0x1000
"""Flags of records and of the points of a path: parts of one object, two bytes a number, differences, run lengths."""


class Words(NamedTuple):
    """Letters that one record draws."""

    text: str
    line: int
    """Vertical position, to join what is on one line."""
    font: str | None
    colour: str | None
    start: int = 0
    """Horizontal position, 0 also where they go on behind others."""


class EmfPlus:
    """The EMF+ records of one metafile, stored in its comments."""

    def __init__(self, bitmaps: list[bytes], drawn: Drawn) -> None:
        self._bitmaps, self._drawn = bitmaps, drawn
        self._begun = bytearray()
        """The parts so far of an object that is cut in several records."""
        self._paths: dict[int, list[Contour]] = {}
        self._matrix: Matrix = UNTURNED

    def words(self, data: bytes) -> Iterator[Words]:
        """Yield the words of the records of one comment, take its bitmaps and outlines; struct.error for a damaged one."""
        position = 0
        while position + 12 <= len(data):
            kind, flags, size, used = struct.unpack_from("<HHII", data, position)
            if size < 12:
                return
            yield from self._record(kind, flags, data[position + 12 : position + 12 + used])
            position += size

    def _record(self, kind: int, flags: int, body: bytes) -> Iterator[Words]:
        match kind:
            case k if k == _STRING and len(body) >= 28:
                yield self._words(body, 28, struct.unpack_from("<I", body, 8)[0], 12)
            case k if k == _GLYPHS and len(body) >= 16:
                options, _, count = struct.unpack_from("<III", body, 4)
                if not options & 1:
                    raise ReadError(ReadStatus.UNSUPPORTED, "glyph-numbers")
                if count:
                    yield self._words(body, 16, count, 16 + 2 * count)
            case k if k == _OBJECT:
                self._object(flags, body)
            case k if k == _TRANSFORM:
                self._matrix = struct.unpack_from("<6f", body)
            case k if k == _NO_TRANSFORM:
                self._matrix = UNTURNED
            case k if k in (_FILL_PATH, _DRAW_PATH):
                self._drawn.add(moved(self._paths.get(flags & 0xFF, []), self._matrix), filled=kind == _FILL_PATH)
            case k if k in (_FILL_POLYGON, _DRAW_LINES):
                at = 4 if kind == _FILL_POLYGON else 0
                points = _points(body, at + 4, struct.unpack_from("<I", body, at)[0], flags)
                self._drawn.add(moved([points], self._matrix), filled=kind == _FILL_POLYGON)
            case _:
                return

    def _words(self, body: bytes, at: int, count: int, place: int) -> Words:
        """Return `count` letters from `at`; the point at `place` is that of the first, or a corner of the box of all."""
        (point,) = moved([[struct.unpack_from("<ff", body, place)]], self._matrix)[0]
        left, top = (int(side) if abs(side) < 1e9 else 0 for side in point)
        return Words(body[at : at + 2 * count].decode("utf-16-le", "replace"), top, None, None, left)

    def _object(self, flags: int, body: bytes) -> None:
        if flags & _GOES_ON:
            self._begun += body[4:]
            if len(self._begun) < struct.unpack_from("<I", body)[0]:
                return
            body = bytes(self._begun)
        self._begun.clear()
        kind = flags >> 8 & 0x7F
        if kind == _PATH:
            self._paths[flags & 0xFF] = _path(body)
        elif kind == _IMAGE and (bitmap := _bitmap(body)) is not None:
            self._bitmaps.append(bitmap)


def _points(body: bytes, at: int, count: int, flags: int) -> Contour:
    if flags & _RELATIVE:
        raise ReadError(ReadStatus.UNSUPPORTED, "metafile-points")
    form = "<hh" if flags & _SHORT else "<ff"
    raw = body[at : at + count * struct.calcsize(form)]
    return [(float(x), float(y)) for x, y in struct.iter_unpack(form, raw)]


def _path(body: bytes) -> list[Contour]:
    """Return the contours of a path (2.2.1.6): points, then a kind for each of them."""
    count, flags = struct.unpack_from("<II", body, 4)
    if flags & _COUNTED:
        raise ReadError(ReadStatus.UNSUPPORTED, "metafile-points")
    points = _points(body, 12, count, flags)
    kinds = body[12 + count * (4 if flags & _SHORT else 8) :][:count]
    found: list[Contour] = []
    bent: Contour = []
    for point, kind in zip(points, kinds, strict=True):
        if kind & 7 == 0 or not found:
            found.append([point])
        elif kind & 7 == 3 and len(bent) < 2:
            bent.append(point)
        else:
            found[-1] += curve([found[-1][-1], *bent, point]) if kind & 7 == 3 else [point]
            bent = []
    return found


def _bitmap(body: bytes) -> bytes | None:
    """Return an image (2.2.1.4) as a file: a picture as it is packed, a metafile, or pixels as a BMP; None without any pixels."""
    if struct.unpack_from("<I", body, 4)[0] == 2:
        return body[16:]
    width, height, _, form, packed = struct.unpack_from("<iiiII", body, 8)
    if packed or not width:
        return body[28:] or None
    depth = form >> 8 & 0xFF
    if depth not in (24, 32):
        raise ReadError(ReadStatus.UNSUPPORTED, "metafile-bitmap")
    header = struct.pack("<IiiHHIIiiII", 40, width, -height, 1, depth, 0, len(body) - 28, 0, 0, 0, 0)
    return bmp(with_alpha(header) if form & _ALPHA else header, body[28:])
