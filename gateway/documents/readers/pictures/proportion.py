"""A few letters squeezed, stretched or widely spaced, scaled to normal proportions for line recognition."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures.column import LEAST, PRINT, SIGN, Figure, figure
from gateway.documents.readers.pictures.rectangles import Pixels
from gateway.documents.readers.pictures.spots import spots

MOST = 24
"""Letters, or pieces of them, of a word or two."""
WIDE, SQUEEZED, FLAT = 0.85, 0.5, 1.5
"""Widths of capitals of print, of their height: the usual one, and those below and above which they are out of proportion."""
APART, BETWEEN = 0.6, 0.15
"""Gaps between letters that part them, and what is left of them, of their height."""
SOLID = 0.4
"""Share of ink of a bar on which letters are left open."""
CELL, LETTER = (0.4, 1.6), (0.3, 1.5)
"""Widths of a cell of a form, of its height, and the least height of a letter in it and its greatest width, of those of the cell and of itself."""
FULL = 0.95
"""Share of its box that a bar fills, and of the letters none but `I`."""
LIMIT_PIXELS, LIMIT_SPOTS = 4_000_000, 200


def stretch(wide: float, high: float) -> float:
    """Return how much wider letters must become to be as wide as those of print; 1 when they are."""
    return 1.0 if SQUEEZED * high <= wide <= FLAT * high else WIDE * high / wide


def stretch_of(line: Pixels) -> float:
    """Return how much wider the letters of a line, black on white, must become; three in four are too narrow, or too wide."""
    ink = cv2.threshold(line, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1]
    _, found = spots(np.asarray(ink, np.uint8), least=LEAST)
    letters = found[found[:, 3] > SIGN * float(np.max(found[:, 3], initial=0))]
    if not LEAST <= len(letters) <= MOST:
        return 1.0
    few, wide, most = (float(width) for width in np.percentile(letters[:, 2], (25, 50, 75)))
    high = float(np.median(letters[:, 3]))
    return stretch(wide, high) if most < SQUEEZED * high or few > FLAT * high else 1.0


def from_cells(line: Pixels) -> Pixels | None:
    """Return the letters of a line, dark on white, that stand in a cell each, side by side; None without three such cells."""
    ink = np.asarray(cv2.threshold(line, 160, 1, cv2.THRESH_BINARY_INV)[1], np.uint8)
    _, found = spots(1 - ink, 4)
    (left, top), (wide, high), middle = found[:, :2].T, found[:, 2:4].T, len(line) / 2
    inner = (left > 0) & (top > 0) & (top < middle) & (top + high > middle) & (top + high < len(line))
    inner &= (high > 0.8 * np.max(high[inner], initial=0)) & (wide > CELL[0] * high) & (wide < CELL[1] * high)
    parts, filled = [], 0
    for x, y, across, down, _ in sorted(found[inner].tolist()):
        within = slice(y + 1, y + down - 1), slice(x + 1, x + across - 1)
        columns, rows = (np.flatnonzero(ink[within].any(axis=axis)) for axis in (0, 1))
        letter = line[within][:, columns[0] : columns[-1] + 1] if len(columns) else line[within][:, :0]
        if letter.size and not max(LETTER[0] * down, letter.shape[1] / LETTER[1]) <= np.ptp(rows):
            return None
        filled += letter.size > 0
        space = round((1 if letter.size else 2) * BETWEEN * down)
        parts.append(np.pad(letter, ((y + 1, len(line) - y - down + 1), (space, 0)), constant_values=255))
    return np.hstack(parts) if filled >= LEAST else None


def in_proportion(shown: Figure, depth: int = 2) -> Pixels | None:
    """Return the letters of a picture in the proportions of print; None when they have them, or there are others beside.

    Up to so many bars and frames may surround them.
    """
    pixels, paper, ink = shown
    labels, found = spots(ink.view(np.uint8), most=LIMIT_SPOTS)
    if not len(found):
        return None
    largest = int(np.argmax(found[:, 2] * found[:, 3]))
    x, y, wide, high, area = found[largest].tolist()
    if depth and area > SOLID * wide * high and min(wide, high) > 2 and wide * high < 0.9 * ink.size:
        inside = figure(pixels[y + 1 : y + high - 1, x + 1 : x + wide - 1])
        if (other := in_proportion(inside, depth - 1)) is not None:
            return other
    within = (found[:, 0] > x) & (found[:, 0] + found[:, 2] < x + wide) & (found[:, 1] > y)
    if depth and within.sum() >= LEAST and 2 * within.sum() > len(found):
        frame = cv2.dilate((labels == largest + 1).view(np.uint8), np.ones((5, 5), np.uint8))
        bare = pixels.copy()
        bare[frame > 0] = paper.astype(np.uint8)
        return in_proportion(Figure(bare, paper, ink & (frame == 0)), depth - 1)
    high = int(np.max(found[:, 3]))
    letters = found[found[:, 3] > SIGN * high]
    full = letters[:, 4] > FULL * letters[:, 2] * letters[:, 3]
    if len(letters) > MOST or len(letters) - full.sum() < LEAST:
        return None
    left, top = np.min(found[:, :2], axis=0).tolist()
    right, bottom = np.max(found[:, :2] + found[:, 2:4], axis=0).tolist()
    word, columns = pixels[top:bottom, left:right], np.any(ink[top:bottom, left:right], axis=0)
    keep = _closer(columns, high)
    wide = float(np.median(letters[:, 2]))
    wider = stretch(wide, high)
    if keep.all() and wider == 1.0:
        return None
    target = min(max(high, wide / WIDE), PRINT)
    word = word[:, keep]
    size = max(round(word.shape[1] * target * wider / high), 1), max(round(word.shape[0] * target / high), 1)
    if size[0] * size[1] > LIMIT_PIXELS:
        return None
    shrinks = size[0] < word.shape[1] or size[1] < word.shape[0]
    word = cv2.resize(word, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    edge = round(target)
    return np.asarray(cv2.copyMakeBorder(word, *(edge,) * 4, cv2.BORDER_CONSTANT, value=paper.tolist()), np.uint8)


def _closer(columns: npt.NDArray[np.bool_], high: int) -> npt.NDArray[np.bool_]:
    """Return the columns of pixels to keep where letters are spaced out: words stay further apart than letters."""
    edges = np.flatnonzero(np.diff(columns.astype(np.int8))) + 1
    gaps = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=False))
    keep = np.ones_like(columns)
    if not gaps:
        return keep
    usual = float(np.median([end - start for start, end in gaps]))
    if usual < APART * high:
        return keep
    for start, end in gaps:
        keep[start + round((3 if end - start > 1.5 * usual else 1) * BETWEEN * high) : end] = False
    return keep
