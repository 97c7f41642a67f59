"""A loaded PDF page, or a part of it, as pixels."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.pdf.api import pdfium
from gateway.model import ReadStatus

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]

LIMIT_PIXELS = 12_000_000
"""Pixels of a rendered page; A4 at 200 dpi has 3.9 million, A3 7.7."""
_BGR, _PRINTING = 2, 0x800
_INVISIBLE = 1
"""The flag of an annotation that only hides it from viewers that do not know its kind."""


@dataclass(frozen=True, slots=True)
class Part:
    """A page, or a part of it, as BGR pixels."""

    pixels: Pixels
    dpi: float
    corner: tuple[float, float]
    """Its position on the page, in points."""


def render(
    page: int,
    size: tuple[int, int],
    part: tuple[int, int, int, int] | None = None,
    *,
    printed: bool = False,
    annotations: bool = False,
) -> Pixels:
    """Return a page that is as large as `size`, columns and rows, as BGR pixels on white.

    `part` is the left, top, right and bottom of what is wanted of it; what only paper shows is there if it is `printed`
    too, and what annotations draw with `annotations`. LIMIT `image-pixels` when there is no room for it.
    """
    import numpy as np

    api = pdfium()
    left, top, right, bottom = part or (0, 0, *size)
    columns, rows = right - left, bottom - top
    pixels = np.empty((rows, columns, 3), np.uint8)
    address = pixels.ctypes.data_as(ctypes.c_void_p).value
    bitmap = api.FPDFBitmap_CreateEx(columns, rows, _BGR, address, columns * 3)
    if not bitmap:
        raise ReadError(ReadStatus.LIMIT, "image-pixels")
    try:
        api.FPDFBitmap_FillRect(bitmap, 0, 0, columns, rows, 0xFFFFFFFF)
        api.FPDF_RenderPageBitmap(bitmap, page, -left, -top, *size, 0, int(annotations))
        if printed:
            shown = pixels.copy()
            api.FPDFBitmap_FillRect(bitmap, 0, 0, columns, rows, 0xFFFFFFFF)
            api.FPDF_RenderPageBitmap(bitmap, page, -left, -top, *size, 0, _PRINTING)
            np.minimum(shown, pixels, out=pixels)
    finally:
        api.FPDFBitmap_Destroy(bitmap)
    return pixels


def give_looks(page: int) -> None:
    """Have pdfium give a look to the annotations that have none, as it does when it draws a page; beside the page costs nothing.

    Those that are invisible where their kind is unknown (ISO 32000-1 §12.5.3) are flattened as viewers show them.
    """
    render(page, (1, 1), (2, 2, 3, 3), annotations=True)
    api = pdfium()
    for position in range(api.FPDFPage_GetAnnotCount(page)):
        if annotation := api.FPDFPage_GetAnnot(page, position):
            api.FPDFAnnot_SetFlags(annotation, api.FPDFAnnot_GetFlags(annotation) & ~_INVISIBLE)
            api.FPDFPage_CloseAnnot(annotation)


@contextmanager
def switched_off(handles: Iterable[int]) -> Iterator[None]:
    """Draw a page without some of its objects for a while."""
    switch, off = pdfium().FPDFPageObj_SetIsActive, list(handles)
    for handle in off:
        switch(handle, 0)
    try:
        yield
    finally:
        for handle in off:
            switch(handle, 1)
