"""Attributes of many page objects at once: one C call an attribute and object, with no Python between the calls.

Each function fills one block of memory for a batch of objects and takes it apart at the end; this costs a third of
asking object by object.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Final

from gateway.readers.pdf.api import pdfium
from gateway.readers.pdf.page import Affine, Box

BATCH: Final = 2048
"""Objects of one batch."""
_SIZE: Final = 24
"""Octets of the largest attribute, a matrix."""
Handles = list[int]


class Columns:
    """Asks for attributes of a batch of at most `BATCH` objects; the memory is used again for every batch."""

    def __init__(self) -> None:
        self._api = pdfium()
        self._block = ctypes.create_string_buffer(_SIZE * BATCH)
        self._start = ctypes.addressof(self._block)

    def objects(self, get: Callable[[int, int], int | None], container: int, first: int, stop: int) -> Handles:
        """Handles of the objects of a page or form, nulls left out."""
        return [handle for handle in map(get, repeat(container), range(first, stop)) if handle]

    def kinds(self, handles: Handles) -> list[int]:
        """Types of objects (FPDF_PAGEOBJ_*)."""
        return list(map(self._api.FPDFPageObj_GetType, handles))

    def matrices(self, handles: Handles) -> Iterator[Affine]:
        """Matrices of objects to the space of their container."""
        return self._filled(self._api.FPDFPageObj_GetMatrix, handles, _MATRIX, IDENTITY)  # type: ignore[return-value]

    def bounds(self, handles: Handles) -> Iterator[Box]:
        """Left, bottom, right, top in the space of the container."""
        return self._filled(self._api.FPDFPageObj_GetBounds, handles, _BOX, NOWHERE, 4)  # type: ignore[return-value]

    def sizes(self, handles: Handles) -> Iterator[tuple[float]]:
        """Font sizes before any matrix."""
        return self._filled(self._api.FPDFTextObj_GetFontSize, handles, _FLOAT, (0.0,))  # type: ignore[return-value]

    def fill_colours(self, handles: Handles) -> Iterator[tuple[int, int, int, int]]:
        """Red, green, blue, opacity; `NO_COLOUR` for patterns."""
        return self._filled(self._api.FPDFPageObj_GetFillColor, handles, _COLOUR, NO_COLOUR, 4)  # type: ignore[return-value]

    def fonts(self, handles: Handles) -> Iterable[int | None]:
        """Handles of fonts."""
        return map(self._api.FPDFTextObj_GetFont, handles)

    def modes(self, handles: Handles) -> Iterable[int]:
        """Text rendering modes."""
        return map(self._api.FPDFTextObj_GetTextRenderMode, handles)

    def _filled(
        self,
        call: Callable[..., int],
        handles: Handles,
        layout: struct.Struct,
        otherwise: tuple[float, ...],
        outputs: int = 1,
    ) -> Iterator[tuple[float, ...]]:
        if not handles:
            return iter(())
        size, start = layout.size, self._start
        length = size * len(handles)
        done = list(map(call, handles, *[range(at, at + length, size) for at in range(start, start + 4 * outputs, 4)]))
        found = layout.iter_unpack(ctypes.string_at(start, length))
        if 0 in done:
            return iter([values if one else otherwise for values, one in zip(found, done, strict=True)])
        return found


_MATRIX, _BOX, _FLOAT, _COLOUR = struct.Struct("6f"), struct.Struct("4f"), struct.Struct("f"), struct.Struct("4i")
NO_COLOUR: Final = (-1, -1, -1, 255)
"""What stands for a colour that no RGB value describes."""
IDENTITY: Final = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
NOWHERE: Final = (0.0, 0.0, 0.0, 0.0)
