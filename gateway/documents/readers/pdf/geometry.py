"""Places on a PDF page: from user space (ISO 32000-1 §8.3) to the page as displayed, y downwards."""

from __future__ import annotations

import ctypes
import math

from gateway.documents.readers.pdf.api import Quad, Rect, pdfium
from gateway.documents.readers.pdf.page import Affine, Box


def display_matrix(page: int) -> Affine:
    """Return the matrix from user space to the page as displayed, y downwards."""
    api = pdfium()
    rect = Rect()
    width, height = api.FPDF_GetPageWidthF(page), api.FPDF_GetPageHeightF(page)
    if not api.FPDF_GetPageBoundingBox(page, ctypes.byref(rect)):
        rect.left, rect.bottom = 0.0, 0.0
    left, bottom = rect.left, rect.bottom
    match api.FPDFPage_GetRotation(page):
        case 1:
            return (0.0, 1.0, 1.0, 0.0, -bottom, -left)
        case 2:
            return (-1.0, 0.0, 0.0, 1.0, width + left, -bottom)
        case 3:
            return (0.0, -1.0, -1.0, 0.0, width + bottom, height + left)
        case _:
            return (1.0, 0.0, 0.0, -1.0, -left, height + bottom)


def map_box(matrix: Affine, left: float, bottom: float, right: float, top: float) -> Box:
    """Return the upright box around a mapped rectangle."""
    a, b, c, d, e, f = matrix
    if b == 0 and c == 0:
        x0, x1, y0, y1 = a * left + e, a * right + e, d * bottom + f, d * top + f
        return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    xs = [a * x + c * y + e for x in (left, right) for y in (bottom, top)]
    ys = [b * x + d * y + f for x in (left, right) for y in (bottom, top)]
    return (min(xs), min(ys), max(xs), max(ys))


def length_of(handle: int, matrix: Affine) -> float | None:
    """Return how long slanting text is along its baseline."""
    quad = Quad()
    if not pdfium().FPDFPageObj_GetRotatedBounds(handle, ctypes.addressof(quad)):
        return None
    a, b, c, d, _, _ = matrix
    x, y = quad.x2 - quad.x1, quad.y2 - quad.y1
    return math.hypot(a * x + c * y, b * x + d * y)
