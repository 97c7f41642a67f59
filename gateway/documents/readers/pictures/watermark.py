"""Large words under or over the print of a scanned page: slanting watermarks, also as outlines.

Tesseract reads a page in level lines of the size of print and passes over them. They differ from print by
broad strokes: an opening by more than a stroke of print leaves them alone, and shows their level of grey. What has
that level is then the word, without the print that crosses it, and is read as a stamp is.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from gateway.documents.readers.pictures.dark_ink import darkness
from gateway.documents.readers.pictures.rectangles import Pixels, levelled
from gateway.documents.readers.pictures.spots import spots
from gateway.documents.readers.pictures.stamp_ink import upright
from gateway.documents.readers.pictures.stamp_words import VOCABULARY, folded, read_box

WORK_DPI = 100.0
BROAD = 0.06
"""Inches; strokes of print and of stamps are narrower, those of letters of an inch and more are broader."""
PALEST = 12
"""Of 255: the least darkness that counts, of an area where scanner noise is averaged out."""
SPREAD = 0.3
"""Greatest deviation of the ink of one word from its usual level, in parts of that level."""
LEAST_SHORT, TALLEST = 0.3, 4.0
"""Inches of a line across its direction."""
SHORTEST = 1.3
"""Inches of a line, along its direction."""
ELONGATION = 1.4
NEAR = 0.5
"""Inches between the letters of a line."""
EDGE = 0.14
"""Inches around the broad strokes where thin ones of the same letters may be."""
FILLED = (0.05, 0.62)
"""Share of its frame that the strokes of a line cover; less are ornaments, more are pictures and bars."""
LIMIT_LINES = 3
STEEP = 60.0
"""Degrees from which a line may be written upwards or downwards."""
LEAST_LETTERS = 3
"""The shortest mark has so many."""
PRINT_ROWS = 72
"""Rows to which a line is reduced for reading."""


@dataclass(frozen=True, slots=True)
class Words:
    """A line of large letters."""

    text: str
    box: tuple[float, float, float, float]
    """Left, top, right, bottom in pixels of the page."""


def read(page: Pixels, solid: Pixels, dpi: float) -> list[Words]:
    """Return the large words on a page, grey or BGR, that could be read; `solid` is the page with its hollow letters filled."""
    scale = min(1.0, WORK_DPI / max(dpi, 1.0))
    work = dpi * scale
    found = []
    for one in (page,) if solid is page else (page, solid):
        inked = darkness(np.asarray(cv2.resize(one, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8))
        for strokes, left, top in _lines(inked, work):
            height, width = strokes.shape
            text = _text(inked[top : top + height, left : left + width], strokes, work)
            if text:
                box = (left / scale, top / scale, (left + width) / scale, (top + height) / scale)
                found.append(Words(text, box))
    return found


def _lines(ink: Pixels, dpi: float) -> list[tuple[Pixels, int, int]]:
    """Return the broad strokes of each line of large letters, with the corner of its frame; the largest come first."""
    reach = max(3, round(BROAD * dpi))
    broad = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
    mask = cv2.threshold(broad, PALEST, 255, cv2.THRESH_BINARY)[1]
    if not cv2.hasNonZero(mask):
        return []
    gap = max(3, round(NEAR * dpi) | 1)
    joined = cv2.dilate(mask, np.ones((gap, gap), np.uint8))
    labels, frames = spots(joined)
    found = []
    sides = frames[:, 2:4]
    large = (sides.max(axis=1) >= SHORTEST * dpi) & (sides.min(axis=1) >= LEAST_SHORT * dpi)
    for number in np.flatnonzero(large).tolist():
        left, top, width, height, _ = frames[number].tolist()
        place = slice(top, top + height), slice(left, left + width)
        strokes = np.where(labels[place] == number + 1, mask[place], 0).astype(np.uint8)
        if _is_line(strokes, dpi):
            found.append((strokes, left, top))
    return sorted(found, key=lambda item: -item[0].size)[:LIMIT_LINES]


def _text(ink: Pixels, strokes: Pixels, dpi: float) -> str:
    """Read the ink of the level of those strokes, whichever way it slants; empty when it is no word."""
    level = float(np.median(ink[strokes > 0]))
    around = cv2.dilate(strokes, np.ones((max(3, round(EDGE * dpi)),) * 2, np.uint8))
    alike = (np.abs(ink.astype(np.float32) - level) <= max(SPREAD * level, 8.0)) & (around > 0)
    word = (alike * np.uint8(255)).astype(np.uint8)
    word = cv2.morphologyEx(word, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))  # the soft edges of print
    word = cv2.morphologyEx(word, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))  # what print covers
    points = cv2.findNonZero(strokes)
    if points is None:
        return ""
    centre, size, angle = levelled(cv2.minAreaRect(points))
    turns = (angle, angle + 180) if abs(angle) > STEEP else (angle,)
    readings = []
    for turn in turns:
        line = upright(np.asarray(word, np.uint8), (centre, size, turn), EDGE * dpi)
        shrink = min(1.0, PRINT_ROWS / line.shape[0])
        line = np.asarray(cv2.resize(line, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
        readings.append(read_box(line))
    best = max(readings, key=lambda item: (item.text in VOCABULARY, item.text is not None, item.score))
    return best.text if best.text is not None and len(folded(best.text)) >= LEAST_LETTERS else ""


def _is_line(strokes: Pixels, dpi: float) -> bool:
    """Return whether strokes lie along a line, level or slanting, as the letters of a word or two do."""
    points = cv2.findNonZero(strokes)
    if points is None:
        return False
    _, (width, height), _ = cv2.minAreaRect(points)
    short, long = sorted((width, height))
    share = len(points) / max(width * height, 1.0)
    return (
        LEAST_SHORT * dpi <= short <= TALLEST * dpi
        and bool(long >= max(SHORTEST * dpi, ELONGATION * short))
        and FILLED[0] <= share <= FILLED[1]
    )
