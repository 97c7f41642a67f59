"""The skew of a page, by the comb that its lines of text make, and the page turned straight."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from gateway.readers.pictures.rectangles import Pixels

SKEW, LARGEST_SKEW = 4, 16
"""Degrees: skew from which a page is straightened, and the largest that is looked for."""


def _ink_profile(pixels: Pixels) -> npt.NDArray[np.float32]:
    """Return the dark ink of a page, reduced to about 450 rows."""
    scale = min(1.0, 450 / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    ink = cv2.subtract(cv2.medianBlur(cv2.dilate(grey, np.ones((5, 5), np.uint8)), 21), grey).astype(np.float32)
    ink[ink < 30] = 0
    return np.asarray(ink, np.float32)


def _comb(ink: npt.NDArray[np.float32], axis: int) -> float:
    """Return how sharply the sums along an axis rise and fall: across lines of text they make a comb."""
    return float((np.diff(ink.sum(axis=axis)) ** 2).mean())


def straightened(pixels: Pixels) -> Pixels:
    """Turn a page by its skew when that is more than recognition bears."""
    ink = _ink_profile(pixels)
    height, width = ink.shape
    best, sharpest = 0.0, _comb(ink, 1) * 1.15
    for angle in range(-LARGEST_SKEW, LARGEST_SKEW + 1):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
        sharp = _comb(np.asarray(cv2.warpAffine(ink, turn, (width, height)), np.float32), 1)
        if sharp > sharpest:
            best, sharpest = float(angle), sharp
    if abs(best) < SKEW:
        return pixels
    rows, columns = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), best, 1.0)
    white = (255, 255, 255)
    return np.asarray(
        cv2.warpAffine(pixels, turn, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=white), np.uint8
    )
