"""Rectangles drawn in ink: found among contours, distinguished, and recognised as table cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Rectangle = tuple[tuple[float, float], tuple[float, float], float]
"""Centre, width and height, angle in degrees: the long side lies within 45 degrees of the horizontal."""

STEEPEST_FRAME = 65.0
"""Degrees that a frame may be turned; what slants more is found by the detector alone."""
LEAST_FILLED = 0.83
"""Share of its rectangle that a frame fills at least: an ellipse, as a pen draws around a word, fills 0.785."""
LIMIT_RECTANGLES = 400
SAMPLE, BAND = 16, 64
"""Rows of which one is looked at to see that a page has a colour, and those that are looked at together to see that it has none."""
LEAST_LONG = 0.7
"""The longer side of the box of a contour, of the least width that is looked for; one turned by 45 degrees has so much."""


def without_colour(page: Pixels) -> Pixels:
    """Return a BGR page that has no colour as one plane, which is a third of the work, and any other as it is."""
    if page.ndim == 2:
        return page
    some = page[::SAMPLE]
    if (some[:, :, 0] != some[:, :, 2]).any():
        return page
    plain = np.empty(page.shape[:2], np.uint8)
    for top in range(0, len(page), BAND):
        colours, blue = page[top : top + BAND], plain[top : top + BAND]
        cv2.extractChannel(colours, 0, blue)
        if cv2.norm(cv2.cvtColor(blue, cv2.COLOR_GRAY2BGR), colours, cv2.NORM_INF):
            return page
    return plain


def resized(page: Pixels, scale: float) -> Pixels:
    """Return a picture at another scale."""
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(page, None, fx=scale, fy=scale, interpolation=method), np.uint8)


def red_of(pixels: Pixels) -> Pixels:
    """Return the red channel of a picture, grey or BGR, in which red ink is as good as gone."""
    return pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[:, :, 2])


def strongest(pixels: Pixels) -> Pixels:
    """Return the most of blue, green and red of each pixel; numpy's `max` over a short axis takes ten times as long."""
    if pixels.ndim == 2:
        return pixels
    blue, green, red = cv2.split(pixels)
    return np.asarray(cv2.max(red, cv2.max(green, blue)), np.uint8)


def weakest(pixels: Pixels) -> Pixels:
    """Return the least of them: ink of any colour is dark in it."""
    if pixels.ndim == 2:
        return pixels
    blue, green, red = cv2.split(pixels)
    return np.asarray(cv2.min(red, cv2.min(green, blue)), np.uint8)


def level(pixels: Pixels, share: float) -> float:
    """Return the value that `share` per cent of the pixels do not exceed; much cheaper than numpy's for so few values."""
    return levels(pixels, share)[0]


def levels(pixels: Pixels, *shares: float) -> list[float]:
    """Return the `level` of each share."""
    counts = cv2.calcHist([np.ascontiguousarray(pixels)], [0], None, [256], [0, 256]).ravel().cumsum()
    return [float(np.searchsorted(counts, share / 100 * pixels.size)) for share in shares]


def percentile(values: npt.NDArray[Any], share: float) -> float:
    """Return what `share` per cent of a few values do not exceed, between two of them where it must be."""
    ordered = np.sort(values)
    place = share / 100 * (len(ordered) - 1)
    below = int(place)
    return float(ordered[below] + (place - below) * (ordered[min(below + 1, len(ordered) - 1)] - ordered[below]))


def rectangles_of(
    mask: Pixels, dpi: float, widths: tuple[float, float], heights: tuple[float, float]
) -> list[Rectangle]:
    """Return contours that are as good as rectangles of that size; holes count, so inner borders are found too."""
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Rectangle] = []
    sides = _sides(contours).max(axis=1)
    for number in np.flatnonzero((sides >= LEAST_LONG * widths[0] * dpi) & (sides <= 1.2 * widths[1] * dpi)).tolist():
        contour = contours[number]
        if len(contour) < 4:
            continue
        rectangle = levelled(cv2.minAreaRect(contour))
        _, (long, short), angle = rectangle
        fits = widths[0] <= long / dpi <= widths[1] and heights[0] <= short / dpi <= heights[1]
        if not fits or abs(angle) > STEEPEST_FRAME:
            continue
        if cv2.contourArea(cv2.convexHull(contour)) > LEAST_FILLED * long * short:
            found.append(rectangle)
        if len(found) > LIMIT_RECTANGLES:
            break
    return found


def large_spots(mask: Pixels, dpi: float, widths: tuple[float, float], heights: tuple[float, float]) -> Pixels:
    """Return the spots of a mask that are large enough for `rectangles_of`, with all within them: words are the most of it."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    # However a rectangle is turned, no side of its box is shorter than its short side.
    sides = _sides(contours)
    least = LEAST_LONG * widths[0] * dpi, heights[0] * dpi - 1
    large = np.flatnonzero((sides.max(axis=1) >= least[0]) & (sides.min(axis=1) >= least[1])).tolist()
    return np.asarray(
        cv2.drawContours(np.zeros_like(mask), [contours[n] for n in large], -1, 255, cv2.FILLED), np.uint8
    )


def _sides(contours: Sequence[cv2.typing.MatLike]) -> npt.NDArray[np.int32]:
    """Return width and height of the box of each contour: most are letters, and asking for each by itself takes ten times as long."""
    if not contours:
        return np.zeros((0, 2), np.int32)
    points = np.concatenate(contours)[:, 0]
    starts = np.cumsum([0, *map(len, contours[:-1])])
    spans = np.maximum.reduceat(points, starts) - np.minimum.reduceat(points, starts)
    return np.asarray(spans + 1, np.int32)


def levelled(rectangle: Rectangle) -> Rectangle:
    """Give a rectangle of OpenCV its long side as width."""
    centre, (width, height), angle = rectangle
    if width < height:
        width, height, angle = height, width, angle - 90
    return centre, (width, height), (angle + 90) % 180 - 90


def holds(rectangle: Rectangle, point: tuple[float, float]) -> bool:
    """Return whether a point is in a rectangle, or on its edge."""
    return cv2.pointPolygonTest(cv2.boxPoints(rectangle), point, measureDist=False) >= 0


def distinct(rectangles: list[Rectangle]) -> list[Rectangle]:
    """Drop rectangles that are as good as the same; frame and inner border of one stamp both stay."""
    kept: list[Rectangle] = []
    for item in rectangles:
        (x, y), (width, height), _ = item
        for (ox, oy), (owidth, oheight), _ in kept:
            if (
                abs(x - ox) + abs(y - oy) < 0.25 * height
                and abs(width - owidth) < 0.08 * height
                and abs(height - oheight) < 0.08 * height
            ):
                break
        else:
            kept.append(item)
    return kept


def is_cell(item: Rectangle, framed: list[Rectangle], dpi: float, neighbours: int = 1) -> bool:
    """Return whether a frame shares its sides with so many others; the two lines of a double frame count as one."""
    adjoining: list[tuple[float, float]] = []
    for other in framed:
        if other is not item and _adjoin(item, other, dpi):
            (x, y), _, _ = other
            if all(abs(x - ox) + abs(y - oy) > 0.1 * dpi for ox, oy in adjoining):
                adjoining.append((x, y))
                if len(adjoining) >= neighbours:
                    return True
    return False


def _adjoin(one: Rectangle, other: Rectangle, dpi: float) -> bool:
    """Return whether two frames share a side, as cells of a table do."""
    (x, y), (width, height), _ = one
    (ox, oy), (owidth, oheight), _ = other
    near = 0.07 * dpi
    beside = abs(abs(x - ox) - (width + owidth) / 2) < near and abs(y - oy) < (height + oheight) / 2
    stacked = abs(abs(y - oy) - (height + oheight) / 2) < near and abs(x - ox) < (width + owidth) / 2
    return beside or stacked
