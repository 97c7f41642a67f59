"""Hollow letters of a page, with inked outlines only, filled for recognition."""

from __future__ import annotations

import cv2
import numpy as np

from gateway.documents.readers.pictures.laid import Boxes
from gateway.documents.readers.pictures.rectangles import Pixels, level, weakest
from gateway.documents.readers.pictures.spots import spots

DPI = 100.0
"""Resolution at which hollow letters are looked for."""
LEAST, MOST = 0.1, 4.0
"""Inches that a letter measures, the longer side."""
THIN, FULL, COUNTERS = 0.17, 0.8, 2
"""Half the width of its strokes in parts of that side, the share of its hull that they fill, and what it encloses, at most."""
EDGE, OPEN = 5, 0.4
"""Pixels within which its outline ends, and the share that is paper beyond."""
BESIDE, ALIKE, LETTERS = 2.5, 2.0, 3
"""Sides within which the next letter stands, how much larger one is than another, and letters of the shortest mark."""
AROUND, WIDER = 3.0, 1.25
"""Sides around a letter that contain the others of its word with their signs, and how much wider their strokes may be."""
SIGN, WHOLE = 0.26, 0.7
"""Sides of a letter that a dot measures at most and I at least: between are the counters of print."""
PAPER, CONTRAST = 41, 24
"""Pixels around a point whose mean is its paper, and how much darker ink is, of 255."""
LIMIT_LETTERS = 500
"""Shapes that are looked at, from the top of a page; of more it is a texture or a drawing."""


def solid(page: Pixels, dpi: float) -> Pixels:
    """Return a page, grey or BGR, with its hollow letters filled; the same when there are none."""
    grey = weakest(page)
    step = max(round(dpi / DPI), 1)
    small = np.ascontiguousarray(cv2.erode(grey, np.ones((step, step), np.uint8))[::step, ::step])
    letters, half = _letters(small, dpi / step)
    if not len(letters):
        return page
    around = np.zeros(small.shape, np.uint8)
    for left, top, wide, high, _ in letters.tolist():
        side = int(AROUND * max(wide, high))
        around[max(top - side, 0) : top + high + side, max(left - side, 0) : left + wide + side] = 1
    result = page.copy()
    for left, top, wide, high, _ in (spots(around)[1] * step).tolist():
        place = slice(top, top + high), slice(left, left + wide)
        _fill(result[place], grey[place], half * step + 1, step * float(np.max(letters[:, 2:4])))
    return result


def _letters(small: Pixels, dpi: float) -> tuple[Boxes, float]:
    """Return the paper in hollow letters beside one another, and half the width of the widest stroke."""
    light = cv2.compare(cv2.add(small, CONTRAST), cv2.blur(small, (PAPER, PAPER)), cv2.CMP_GE)
    labels, boxes = spots(np.asarray(light, np.uint8), 4)
    side = boxes[:, 2:4].max(axis=1, initial=0)
    thin = boxes[:, 4] <= 2 * THIN * side * (boxes[:, 2] + boxes[:, 3])
    found, width = [], []
    for number in np.flatnonzero(thin & (side >= LEAST * dpi) & (side <= MOST * dpi))[:LIMIT_LETTERS].tolist():
        left, top, wide, high, _ = boxes[number].tolist()
        place = slice(max(top - EDGE, 0), top + high + EDGE), slice(max(left - EDGE, 0), left + wide + EDGE)
        own = (labels[place] == number + 1).astype(np.uint8)
        half = float(np.max(cv2.distanceTransform(own, cv2.DIST_L2, 3)))
        if half <= THIN * side[number] and _is_letter(own, np.asarray(light[place], np.uint8)):
            found.append(number)
            width.append(half)
    if len(found) < LETTERS:
        return boxes[:0], 0.0
    boxes, side = boxes[found], side[found].astype(np.float64)
    middle = boxes[:, :2] + boxes[:, 2:4] / 2
    far = np.abs(middle[:, None] - middle).max(axis=2)
    larger, less = np.maximum(side[:, None], side), np.minimum(side[:, None], side)
    word = ((far < BESIDE * larger) & (larger < ALIKE * less)).sum(axis=1) >= LETTERS
    return boxes[word], WIDER * max(np.array(width)[word], default=0.0)


def _is_letter(own: Pixels, light: Pixels) -> bool:
    """Return whether paper has the form of a letter, no cell or seal with words in it, and a thin outline around it, no dark ground."""
    near, far = (cv2.dilate(own, np.ones((2 * reach + 1,) * 2, np.uint8)) for reach in (EDGE - 2, EDGE))
    beyond = light[far > near]
    return _is_bent(own) and bool(np.count_nonzero(beyond) >= OPEN * beyond.size)


def _is_bent(own: Pixels) -> bool:
    """Return whether a shape leaves much of its hull and encloses little else."""
    contours, _ = cv2.findContours(own, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.fillConvexPoly(np.zeros_like(own), cv2.convexHull(np.concatenate(contours)), 1)
    return len(contours) - 1 <= COUNTERS and cv2.countNonZero(own) <= FULL * cv2.countNonZero(hull)


def _fill(part: Pixels, grey: Pixels, half: float, letter: float) -> None:
    """Ink the strokes, at most twice `half` wide, of hollow letters with sides like `letter` and of their signs, in place."""
    light = np.asarray(cv2.compare(cv2.add(grey, CONTRAST), level(grey, 80), cv2.CMP_GE), np.uint8)
    labels, boxes = spots(light, 4)
    most = np.zeros(len(boxes) + 1, np.float32)
    np.maximum.at(most, labels.ravel(), cv2.distanceTransform(light, cv2.DIST_L2, 3).ravel())
    side = boxes[:, 2:4].max(axis=1, initial=0) / letter
    inner = (boxes[:, :2] > 0).all(axis=1) & (boxes[:, :2] + boxes[:, 2:4] < np.array(light.shape[::-1])).all(axis=1)
    chosen = inner & (most[1:] <= half) & (side <= ALIKE)
    for number in np.flatnonzero(chosen & (side > SIGN) & (side < WHOLE)).tolist():
        left, top, wide, high, _ = boxes[number].tolist()
        chosen[number] = _is_bent((labels[top : top + high, left : left + wide] == number + 1).astype(np.uint8))
    strokes = np.concatenate(([False], chosen))[labels].astype(np.uint8)
    outline = (cv2.dilate(strokes, np.ones((3, 3), np.uint8)) > strokes) & (light == 0)
    if outline.any():
        part[(strokes > 0) | outline] = np.percentile(part[outline], 20, axis=0).astype(np.uint8)
