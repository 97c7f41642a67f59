"""Halftone pages (error diffusion of fax machines, printer screens) converted back to greys.

A dot is isolated or touches others at a corner, whereas a letter is one piece. Pale ink and a red stamp are only
such dots on a page of two colours, and neither stamp finder nor Tesseract sees more than grain in them.
"""

from __future__ import annotations

import cv2
import numpy as np

from gateway.documents.readers.pictures.rectangles import Pixels, strongest, weakest

PAPER, INK = 200, 90
"""Of 255: lighter is paper, darker is ink; a page of two colours has little between, even when it was reduced."""
BETWEEN = 0.12
LONELY = 0.12
"""Share of the ink that has at most two of its eight neighbours, from which there are dots; edges of letters have none."""
LEAST_INK = 400
BAND, LEAST_BANDS = 32, 8
"""Rows of the bands of which every fourth is searched for dots, where there are more than so many of these: a word alone may stand between."""
CELL = 0.008
"""Inches: the spread of the blur that fills the gaps between dots."""


def smoothed(page: Pixels, dpi: float) -> Pixels:
    """Return a page, grey or BGR, with the dots of its halftones blurred into greys, the page itself when it has none."""
    some = np.asarray(cv2.resize(page, None, fx=1 / 6, fy=1 / 6, interpolation=cv2.INTER_NEAREST), np.uint8)
    least, most = weakest(some), strongest(some)
    between = float(((least > INK) & (most < PAPER)).mean())
    inked = float((most <= INK).mean())
    if inked == 0.0 or between > BETWEEN or cv2.mean(cv2.subtract(most, least))[0] > 3.0:
        return page
    rows = page[: len(page) // BAND * BAND].reshape(-1, BAND, *page.shape[1:])[::4]
    some = rows.reshape(-1, *page.shape[1:]) if len(rows) > LEAST_BANDS else page
    green = some if some.ndim == 2 else cv2.extractChannel(some, 1)
    ink = cv2.threshold(green, 128, 1, cv2.THRESH_BINARY_INV)[1]
    around = cv2.boxFilter(ink, cv2.CV_8U, (3, 3), normalize=False)
    lonely = cv2.bitwise_and(ink, cv2.threshold(around, 3, 1, cv2.THRESH_BINARY_INV)[1])
    total = cv2.countNonZero(ink)
    if total < LEAST_INK or cv2.countNonZero(lonely) < LONELY * total:
        return page
    return np.asarray(cv2.GaussianBlur(page, (0, 0), max(CELL * dpi, 1.0)), np.uint8)
