"""Darkness of ink relative to the paper, print, and ink paler than the print below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from gateway.documents.readers.pictures.rectangles import Pixels, level, strongest, weakest

STRONG = 200.0
"""Of 255: how strong ink is shown alone."""
PALE, LEAST_BLACK = (0.25, 0.95), 80
"""Darkness of ink that is paler than print, in shares of the print's, and how dark print is at least."""
LEAST_PALE, SOME = 18, 0.007
"""Of 255: share of a place with such ink, edges of print are less; and its least share of a part."""
AROUND = 9.0, 3.5
"""Heights aside and above a word that are looked at."""
CELL, PART, MOST_PALE = 8, (0.25, 0.12), 12.0
"""Pixels of a place, least width and height in inches of a part with such ink, and square inches of a page that are looked at."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, pixels."""


def inked(ink: Pixels, threshold: int) -> Pixels:
    """Return 255 where ink is more than a threshold."""
    return np.asarray(cv2.threshold(ink, threshold, 255, cv2.THRESH_BINARY)[1], np.uint8)


def darkness(page: Pixels) -> Pixels:
    """Return how much darker than the paper around it each pixel is; `page` is grey or BGR."""
    grey = page if page.ndim == 2 else cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((3, 3), np.uint8)), 15)
    paper = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.subtract(paper, grey), np.uint8)


def without_black(ink: Pixels) -> Pixels:
    """Return dark ink without print: red stamps scanned in grey are paler than black letters.

    Print is taken out with its soft edges, and what it covered is filled from around it.
    """
    black = _black(ink)
    return ink if black is None else _filled(ink, print_in(ink, black, 2))


def _black(ink: Pixels) -> float | None:
    """Return how dark print is, None where there is none."""
    strong = ink[ink > 40]
    return float(np.percentile(strong, 97)) if strong.size >= 100 else None


def print_in(ink: Pixels, black: float, soft: int) -> Pixels:
    """Return where print is, with so many pixels of its soft edges."""
    return np.asarray(cv2.dilate(inked(ink, int(black * 0.72)), np.ones((3, 3), np.uint8), iterations=soft), np.uint8)


def _filled(ink: Pixels, covered: Pixels) -> Pixels:
    return np.asarray(cv2.inpaint(ink, covered, 3, cv2.INPAINT_TELEA), np.uint8)


def paler_than_print(
    page: Pixels, dpi: float, words: Sequence[tuple[float, float, float]]
) -> Iterator[tuple[int, int, Pixels]]:
    """Yield left, top and the ink alone, dark on white, of parts of a page with ink of any colour that is paler than its print.

    `page` is grey or BGR; around `words`, middles and heights, is looked too. What print covers is filled from around it.
    """
    parts = list(_pale_parts(page, dpi))
    for x, y, high in words:
        own = x - 2 * high, y - high, x + 2 * high, y + high
        if not any(all(part[n] < own[n] and own[n + 2] < part[n + 2] for n in (0, 1)) for part in parts):
            aside, above = AROUND[0] * high, AROUND[1] * high
            parts.append((max(int(x - aside), 0), max(int(y - above), 0), int(x + aside), int(y + above)))
    for left, top, right, bottom in parts:
        shown = _ink_alone(page[top:bottom, left:right])
        if shown is not None:
            yield left, top, shown


def _ink_alone(part: Pixels) -> Pixels | None:
    """Return the ink of a part that is paler than its print, without that; None where there is hardly any."""
    if min(part.shape[:2]) < CELL:
        return None
    grey = darkness(strongest(part))
    if (black := _black(grey)) is None or black < LEAST_BLACK:
        return None
    ink, covered = grey if part.ndim == 2 else darkness(weakest(part)), print_in(grey, black, 1)
    beside = np.asarray(cv2.subtract(ink, covered), np.uint8)
    if float((beside > PALE[0] * black).mean()) < SOME or level(beside, 98) > PALE[1] * black:
        return None
    ink = _filled(ink, covered)
    if (strong := level(ink, 98)) > PALE[1] * black:
        return None
    return np.asarray(cv2.bitwise_not(cv2.convertScaleAbs(ink, alpha=STRONG / max(strong, 1.0))), np.uint8)


def _pale_parts(page: Pixels, dpi: float) -> Iterator[Box]:
    """Yield the parts of a page with much ink that is paler than its print, those with most of it first, from every second pixel."""
    some = np.asarray(cv2.resize(page, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_NEAREST), np.uint8)
    grey = darkness(strongest(some))
    if (black := level(grey[::2, ::2], 99.3)) < LEAST_BLACK:
        return
    ink = grey if page.ndim == 2 else darkness(weakest(some))
    pale = inked(np.asarray(cv2.subtract(ink, print_in(grey, black, 1)), np.uint8), int(PALE[0] * black))
    share = cv2.blur(cv2.resize(pale, None, fx=2 / CELL, fy=2 / CELL, interpolation=cv2.INTER_AREA), (5, 5))
    joined = inked(np.asarray(share, np.uint8), LEAST_PALE)
    spots = cv2.connectedComponentsWithStats(cv2.morphologyEx(joined, cv2.MORPH_CLOSE, np.ones((5, 9), np.uint8)))[2]
    shares = [float(cv2.mean(share[y : y + height, x : x + width])[0]) for x, y, width, height, _ in spots[1:]]
    edge, left_over = int(PART[1] * dpi), MOST_PALE
    for left, top, width, height, _ in spots[1:][np.argsort(shares)[::-1]].tolist():
        area = (wide := width * CELL / dpi) * (high := height * CELL / dpi)
        if wide > PART[0] and high > PART[1] and area < left_over:
            left_over -= area
            right, bottom = (left + width) * CELL + edge, (top + height) * CELL + edge
            yield max(left * CELL - edge, 0), max(top * CELL - edge, 0), right, bottom
