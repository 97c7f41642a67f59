"""Attributes of many page objects at once: one C call an attribute and object, with no Python between the calls.

Each function fills one block of memory for a batch of objects and takes it apart at the end; this costs a third of
asking object by object.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Final

from gateway.documents.readers.pdf.api import pdfium
from gateway.documents.readers.pdf.page import Affine, Box

BATCH: Final = 512
"""Objects of one batch."""
Handles = list[int]
Look = tuple[float, float, float, float, float, float, float, float, float, float, float, bytes]
"""Six numbers of the matrix, two corners across from each other, the font size, and the fill colour."""

_MATRIX, _BOX, _LOOK = struct.Struct("6f"), struct.Struct("4f"), struct.Struct("6f2f8x2f8xf16s")
COLOUR: Final = struct.Struct("4i")
"""Red, green, blue, opacity."""
NO_COLOUR: Final = COLOUR.pack(-1, -1, -1, 255)
"""Placeholder for a colour that has no RGB value."""
_IDENTITY: Final = _MATRIX.pack(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_NOWHERE: Final = bytes(32)
_NO_SIZE: Final = bytes(4)


class Columns:
    """Asks for attributes of a batch of at most `BATCH` objects; the memory is used again for every batch."""

    def __init__(self) -> None:
        self._api = pdfium()
        self._block = ctypes.create_string_buffer(_LOOK.size * BATCH)
        self._start = ctypes.addressof(self._block)

    def objects(self, get: Callable[[int, int], int | None], container: int, first: int, stop: int) -> Handles:
        """Handles of the objects of a page or form, nulls left out."""
        handles = list(map(get, repeat(container), range(first, stop)))
        return [handle for handle in handles if handle] if None in handles else handles  # type: ignore[return-value]

    def kinds(self, handles: Handles) -> list[int]:
        """Types of objects (FPDF_PAGEOBJ_*)."""
        return list(map(self._api.FPDFPageObj_GetType, handles))

    def matrices(self, handles: Handles) -> Iterator[Affine]:
        """Matrices of objects to the space of their container."""
        self._fill(self._api.FPDFPageObj_GetMatrix, handles, _MATRIX.size, 0, _IDENTITY)
        return _MATRIX.iter_unpack(self._filled(handles, _MATRIX.size))

    def bounds(self, handles: Handles) -> Iterator[Box]:
        """Left, bottom, right, top in the space of the container."""
        self._fill(self._api.FPDFPageObj_GetBounds, handles, _BOX.size, 0, bytes(_BOX.size), 4)
        return _BOX.iter_unpack(self._filled(handles, _BOX.size))

    def looks(self, handles: Handles) -> Iterator[tuple[Look, int | None, int]]:
        """Appearance of text objects, with the handle of the font and the rendering mode of each.

        The corners are taken from the box of turned text: pdfium writes that at once, and each side of the upright box
        by itself.
        """
        api, size = self._api, _LOOK.size
        self._fill(api.FPDFPageObj_GetMatrix, handles, size, 0, _IDENTITY)
        self._fill(api.FPDFPageObj_GetRotatedBounds, handles, size, 24, _NOWHERE)
        self._fill(api.FPDFTextObj_GetFontSize, handles, size, 56, _NO_SIZE)
        self._fill(api.FPDFPageObj_GetFillColor, handles, size, 60, NO_COLOUR, 4)
        looks = _LOOK.iter_unpack(self._filled(handles, size))
        fonts, modes = map(api.FPDFTextObj_GetFont, handles), map(api.FPDFTextObj_GetTextRenderMode, handles)
        return zip(looks, fonts, modes, strict=True)

    def _fill(
        self, call: Callable[..., int], handles: Handles, stride: int, offset: int, otherwise: bytes, outputs: int = 1
    ) -> None:
        """Have pdfium write to that offset of the record of each object; an unknown value becomes `otherwise`."""
        first, length = self._start + offset, stride * len(handles)
        places = [range(at, at + length, stride) for at in range(first, first + 4 * outputs, 4)]
        done = list(map(call, handles, *places))
        if 0 in done:
            for place, one in zip(places[0], done, strict=True):
                if not one:
                    ctypes.memmove(place, otherwise, len(otherwise))

    def _filled(self, handles: Handles, stride: int) -> bytes:
        return ctypes.string_at(self._start, stride * len(handles))
