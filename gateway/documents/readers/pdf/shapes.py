"""Graphics of a PDF page: areas, frames of stamps, pictures, whether anything is drawn that may be letters (ISO 32000-1 §8.5)."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from itertools import pairwise

from gateway.documents.readers.pdf.api import ImageFacts, Rect, pdfium
from gateway.documents.readers.pdf.geometry import map_box
from gateway.documents.readers.pdf.jbig2 import shows_one_page
from gateway.documents.readers.pdf.looks import Looks
from gateway.documents.readers.pdf.page import Affine, Box, Fill, PageContent, Picture
from gateway.documents.readers.pictures.outlines import product
from gateway.vietnamese.colour import channels

LIMIT_FILLS = 1500
"""Painted areas of a page that are kept as possible backgrounds or covers."""
LIMIT_FRAMES = 400
_RECTANGLE = 6
"""Segments that a rectangle has at most."""
_LINE = 2
LONGEST_STROKE, _THICKEST_STROKE = 45.0, 4.0
"""Points; a longer straight line or plain rectangle is a rule, a side of a table or an area."""
_LONGEST_PERIOD = 12.0
"""Points after which the dashes of a plain line come again."""
_JBIG2, _JPX, LIMIT_ASKED = b"JBIG2Decode", b"JPXDecode", 500_000
"""Pixels of a picture in JPEG 2000 of which it is asked whether pdfium can draw it: 30 ms."""
LIMIT_STROKES = 20_000
_FRAME_WIDTH, _FRAME_HEIGHT = (24.0, 300.0), (9.0, 90.0)
"""Points; the stamps of Decree 30/2020 and Circular 24/2020 are 20 x 8 to 40 x 13 mm, and people draw larger ones."""


class Shapes:
    """Adds the shapes of a page to its content."""

    def __init__(self, looks: Looks, *, tiles: bool) -> None:
        self._api = pdfium()
        self._looks = looks
        self._tiles = tiles
        self._fill, self._stroke = ctypes.c_int(), ctypes.c_int()
        self._mode = ctypes.byref(self._fill), ctypes.byref(self._stroke)
        self._facts = ImageFacts()

    def add_path(self, content: PageContent, handle: int, box: Box, matrix: Affine, order: int) -> None:
        """Add a path whose place on the page is known, and the matrix from its container to the page as displayed."""
        width, height = box[2] - box[0], box[3] - box[1]
        api = self._api
        segments = api.FPDFPath_CountSegments(handle)
        rectangle = segments <= _RECTANGLE
        if rectangle and min(width, height) < _THICKEST_STROKE and len(content.strokes) < LIMIT_STROKES:
            content.strokes.append(box)
            content.drawings += not content.drawings and self._is_in_parts(handle)
        elif not content.drawings:
            content.drawings += (
                not rectangle
                or self._tiles
                or max(width, height) < LONGEST_STROKE
                or self._is_in_parts(handle)
                or _slants(handle, segments, matrix)
            )
        if width < 3 or height < 3:
            return
        if not api.FPDFPath_GetDrawMode(handle, *self._mode):
            return
        if not rectangle if self._fill.value else self._stroke.value and segments <= _LINE:
            content.paints.append((box, order))
        frame = _FRAME_WIDTH[0] <= width <= _FRAME_WIDTH[1] and _FRAME_HEIGHT[0] <= height <= _FRAME_HEIGHT[1]
        if self._fill.value:
            colour, alpha = self._looks.colour(api.FPDFPageObj_GetFillColor, handle)
            content.drawings += colour is None
            if rectangle:
                self._add_fill(content, Fill(box, colour, order, opaque=alpha > 250))
            frame = frame and (rectangle or not _is_red(colour))
            content.curves += not rectangle
        if frame and self._stroke.value and len(content.frames) < LIMIT_FRAMES:
            content.frames.append(box)

    def add_picture(self, page: int, content: PageContent, handle: int, matrix: Affine, order: int) -> None:
        """Add an image of a loaded page with its matrix to the page as displayed."""
        api, facts = self._api, self._facts
        box = map_box(matrix, 0.0, 0.0, 1.0, 1.0)
        api.FPDFImageObj_GetImageMetadata(handle, None, ctypes.byref(facts))
        codec = self._codec(handle)
        asked = facts.width * facts.height <= LIMIT_ASKED or codec != _JPX
        drawn = self.can_draw(page, handle) if asked else None
        if drawn and codec == _JBIG2:
            drawn = shows_one_page(self._encoded(handle))
        content.pictures.append(Picture(box, facts.width, facts.height, order, drawn=drawn))
        content.drawings += 1
        self._add_fill(content, Fill(box, None, order, opaque=not api.FPDFPageObj_HasTransparency(handle)))

    def can_draw(self, page: int, handle: int) -> bool:
        """Return whether pdfium can draw an image of a loaded page; it decodes it."""
        self._facts.bits_per_pixel = 0
        self._api.FPDFImageObj_GetImageMetadata(handle, page, ctypes.byref(self._facts))
        return bool(self._facts.bits_per_pixel > 0)

    def _codec(self, handle: int) -> bytes:
        """Return the last filter of a picture, empty when it has none; of JPEG 2000 pdfium decodes all to tell anything."""
        name, count = ctypes.create_string_buffer(16), self._api.FPDFImageObj_GetImageFilterCount(handle)
        return name.value if self._api.FPDFImageObj_GetImageFilter(handle, count - 1, name, 16) else b""

    def _encoded(self, handle: int) -> bytes:
        """Return a picture as its codec wrote it."""
        size = self._api.FPDFImageObj_GetImageDataDecoded(handle, None, 0)
        octets = ctypes.create_string_buffer(size)
        self._api.FPDFImageObj_GetImageDataDecoded(handle, octets, size)
        return octets.raw

    def _add_fill(self, content: PageContent, fill: Fill) -> None:
        """Add an area, which may hide text however many there are before it."""
        if len(content.fills) < LIMIT_FILLS:
            content.fills.append(fill)
        else:
            content.paints.append((fill.box, fill.order))

    def _is_in_parts(self, handle: int) -> bool:
        """Return whether long dashes, a soft mask, or a clipping path that is no rectangle decide what is seen of an object: letters may be."""
        count = max(self._api.FPDFPageObj_GetDashCount(handle), 0)
        dashes = (ctypes.c_float * count)()
        if count and self._api.FPDFPageObj_GetDashArray(handle, dashes, count) and sum(dashes) > _LONGEST_PERIOD:
            return True
        if self._api.FPDFPageObj_HasTransparency(handle):
            return True
        clip = self._api.FPDFPageObj_GetClipPath(handle)
        paths = self._api.FPDFClipPath_CountPaths(clip) if clip else 0
        return any(
            self._api.FPDFClipPath_CountPathSegments(clip, position) > _RECTANGLE
            for position in range(min(max(paths, 0), 16))
        )


def _slants(handle: int, segments: int, outer: Affine) -> bool:
    """Return whether a line or a side of an area is neither level nor upright as displayed."""
    api, own = pdfium(), (ctypes.c_float * 6)()
    api.FPDFPageObj_GetMatrix(handle, ctypes.addressof(own))
    a, b, c, d, *_ = product((own[0], own[1], own[2], own[3], own[4], own[5]), outer)
    points = _points(api.FPDFPath_GetPathSegment(handle, number) for number in range(segments))
    sides = ((right - left, up - down) for (left, down), (right, up) in pairwise(points))
    return any(min(abs(a * x + c * y), abs(b * x + d * y)) > 1 for x, y in sides)


def _points(segments: Iterable[int]) -> Iterator[tuple[float, float]]:
    """Yield the points of the segments of a path."""
    x, y = ctypes.c_float(), ctypes.c_float()
    for segment in segments:
        if pdfium().FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y)):
            yield x.value, y.value


def has_clip(handle: int) -> bool:
    """Return whether there is a clipping path around an object."""
    clip = pdfium().FPDFPageObj_GetClipPath(handle)
    return bool(clip) and pdfium().FPDFClipPath_CountPaths(clip) > 0


def is_cut(handle: int) -> bool:
    """Return whether a clipping path leaves some letters of a text and takes others: more than half of its height at one end."""
    api, bounds = pdfium(), Rect()
    left, top, right, bottom = (ctypes.addressof(bounds) + 4 * side for side in range(4))
    clip = api.FPDFPageObj_GetClipPath(handle)
    if not clip or not api.FPDFPageObj_GetBounds(handle, left, bottom, right, top):
        return False
    letter = (bounds.top - bounds.bottom) / 2
    for path in range(min(max(api.FPDFClipPath_CountPaths(clip), 0), 16)):
        numbers = range(min(max(api.FPDFClipPath_CountPathSegments(clip, path), 0), 64))
        across = [x for x, _ in _points(api.FPDFClipPath_GetPathSegment(clip, path, number) for number in numbers)]
        if across and max(min(across) - bounds.left, bounds.right - max(across)) > letter:
            return True
    return False


def _is_red(colour: str | None) -> bool:
    rgb = channels(colour)
    return rgb is not None and rgb[0] >= 120 and rgb[0] - max(rgb[1:]) >= 60
