"""Ink on a scanned page, and the boxes that stamps draw with it.

Red ink is what red has more than the stronger of green and blue: black text under or over a stamp vanishes, and so do
grey noise and yellowed paper. Dark ink is what is darker than its surroundings. A stamp is then a rectangle of the
size of a stamp, a little turned.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures.dark_ink import STRONG, inked, print_in
from gateway.documents.readers.pictures.rectangles import (
    Pixels,
    Rectangle,
    distinct,
    is_cell,
    large_spots,
    level,
    levels,
    rectangles_of,
)

# Inches. The forms of Circular 24/2020 and Decree 30/2020 are 20 to 40 mm by 8 to 13 mm; makers and scanners vary.
FRAME_WIDTH, FRAME_HEIGHT = (0.42, 4.5), (0.17, 0.75)
RED_FLOOR = 13
"""Least redness that counts, of 255."""
UNEVEN = 20
"""Height of the threshold over the usual level from which the page is not of one colour."""
RED_SHARE, HINT = 1.2e-4, 0.2
"""Share of red pixels from which a page has red ink at all, and of these in the sample that tells whether to look for any."""
DARKEST_PAPER, PAPER_DIFFERENCE, PAPER_GRAIN = 70.0, 40.0, 26.0
"""Of 255: the darkest paper, how much it may differ within a box from around it, and how rough it may be."""
LEAST_CONTRAST = 40.0
"""Of 255, between paper and ink; creases and shadows are paler."""
BLUE_UPPER = 0.6
"""Share of a page, from the top, that is searched for blue stamps."""
COLOURED = 45
"""Of 255: by how much colour stands out from print and paper."""
PRINT, LEAST_PRINT = 120, 0.02
"""Of 255: print is darker in its strongest colour; and its least share of a box on print."""
LIMIT_CONTOURS = 4000


class Ink(Enum):
    """Ink of a box."""

    RED = "red"
    BLUE = "blue"
    """Blue and violet; ballpoint signatures are drawn with it, too."""
    DARK = "dark"


_FRAME_TESTS = {
    Ink.RED: (0.03, 0.05, 0.72, 0.6),
    Ink.BLUE: (0.03, 0.05, 0.72, 0.6),
    Ink.DARK: (0.02, 0.035, 0.88, 0.8),
}
"""Tolerance of ink outside and inside of a side in inches, and least cover of the long and short sides."""


STRAIGHT, LEAST_STRAIGHT = 0.015, 0.6
"""Inches within which one half of a long side of a frame runs, and how much of that half it must cover there."""


def ink_of(part: Pixels) -> Ink:
    """Return the prominent ink of a part of a picture, grey or BGR."""
    if part.ndim == 2:
        return Ink.DARK
    blue, green, red = (plane.astype(np.int16) for plane in cv2.split(part))
    warm, cool = red - np.maximum(green, blue), blue - np.minimum(red, green)
    for ink, plane in ((Ink.RED, warm), (Ink.BLUE, cool)):
        if np.percentile(plane, 88) - np.percentile(plane, 30) > COLOURED:
            return ink
    return Ink.DARK


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rectangle that may be a stamp."""

    rectangle: Rectangle
    ink: Ink
    framed: bool
    """All four sides are drawn, or seem to be; otherwise it is a word."""


class ColouredInk(NamedTuple):
    """Share of one colour in each pixel."""

    kind: Ink
    pixels: Pixels
    threshold: int
    """From which it is ink."""
    uneven: bool
    """The page is not of one colour (a desk, a shadow, a fault of the scanner): what looks like a frame may be none."""


def coloured(page: Pixels) -> list[ColouredInk]:
    """Return the coloured inks that a page has, grey or BGR; blue is taken from `BLUE_UPPER` only: below are signatures."""
    if page.ndim == 2 or not _has_colour(page):
        return []
    blue, green, red = (cv2.GaussianBlur(plane, (3, 3), 0) for plane in cv2.split(page))
    rows = int(page.shape[0] * BLUE_UPPER)
    cool = cv2.subtract(blue[:rows], cv2.min(red[:rows], green[:rows]))
    # Violet has much red beside its blue; ink with more red than blue is red.
    cool = cv2.subtract(cool, cv2.subtract(red[:rows], blue[:rows]))
    warm = cv2.subtract(red, cv2.max(green, blue))
    found = []
    for kind, ink in ((Ink.RED, warm), (Ink.BLUE, cool)):
        levelled = _levelled(np.asarray(ink, np.uint8))
        if levelled is not None:
            found.append(ColouredInk(kind, *levelled))
    return found


def _has_colour(page: Pixels) -> bool:
    """Return whether some pixels of a BGR page are so much stronger in red, or in blue, than in the others that they may be ink."""
    blue, green, red = cv2.split(np.ascontiguousarray(page[::4, ::4]))
    found = (cv2.subtract(red, cv2.max(green, blue)), cv2.subtract(blue, cv2.min(red, green)))
    least = HINT * RED_SHARE * blue.size
    return any(cv2.countNonZero(cv2.threshold(ink, RED_FLOOR, 1, cv2.THRESH_BINARY)[1]) > least for ink in found)


def alone(ink: ColouredInk) -> Pixels:
    """Return one ink of a page on white, BGR, without the print that it is on; small gaps of worn letters are closed."""
    strong = ink.pixels[ink.pixels > ink.threshold]
    paper = cv2.bitwise_not(cv2.convertScaleAbs(ink.pixels, alpha=STRONG / max(level(strong, 95), 1.0)))
    paper = cv2.morphologyEx(paper, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    white = np.full_like(paper, 255)
    return np.asarray(cv2.merge((paper, paper, white) if ink.kind is Ink.RED else (white, paper, paper)), np.uint8)


def _levelled(ink: Pixels) -> tuple[Pixels, int, bool] | None:
    """Take off what all of the page has of a colour; return threshold and unevenness too, None without such ink."""
    sample = ink[::4, ::4]
    # Tinted paper and sensor noise lift all of the page: ink is what stands out from that.
    usual, spread = levels(sample, 50, 84)
    threshold = int(max(RED_FLOOR, usual + 4 * (spread - usual) + 6))
    uneven = threshold > usual + UNEVEN
    if uneven:
        # A desk around the page, or a shadow on it, has more of the colour than paper: each place has its own level.
        ink = np.asarray(cv2.subtract(ink, _surroundings(ink)), np.uint8)
        sample = ink[::4, ::4]
        usual, spread = 0.0, level(sample, 84)
        threshold = int(max(RED_FLOOR, 4 * spread + 6))
    if float((sample > threshold + 4).mean()) < RED_SHARE:
        return None
    if usual >= 1:
        ink = np.asarray(cv2.subtract(ink, np.full_like(ink, int(usual))), np.uint8)
        threshold = max(RED_FLOOR, threshold - int(usual))
    return ink, threshold, uneven


def _surroundings(ink: Pixels) -> Pixels:
    """Return how much of a colour the surroundings of each pixel have, an inch and more around."""
    small = cv2.resize(ink, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    level = cv2.medianBlur(np.asarray(small, np.uint8), 31)
    return np.asarray(cv2.resize(level, (ink.shape[1], ink.shape[0]), interpolation=cv2.INTER_LINEAR), np.uint8)


def is_colourless(page: Pixels) -> bool:
    """Return whether a page, grey or BGR, was scanned in grey."""
    if page.ndim == 2:
        return True
    sample = page[::8, ::8].astype(np.int16)
    spread = sample.max(axis=2) - sample.min(axis=2)
    return float(np.percentile(spread, 99.5)) < 12


def colour_frames(ink: Pixels, threshold: int, dpi: float, kind: Ink) -> list[Candidate]:
    """Return frames of coloured ink that are no cells of a table."""
    rectangles: list[Rectangle] = []
    reach = max(3, int(dpi * 0.05) | 1)
    mask = inked(ink, threshold)
    for plane in (mask, inked(ink, threshold + 9)):
        closed = cv2.morphologyEx(plane, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
        for picture in (plane, closed):
            rectangles.extend(rectangles_of(picture, dpi, FRAME_WIDTH, FRAME_HEIGHT))
    framed = [item for item in distinct(rectangles) if _has_frame(mask, item, dpi, kind)]
    # Squared paper and tables are blue more often than stamps are; red stamps may be close to one other.
    neighbours = 1 if kind is Ink.BLUE else 2
    return [Candidate(item, kind, framed=True) for item in framed if not is_cell(item, framed, dpi, neighbours)]


def dark_frames(ink: Pixels, dpi: float, *, pale_too: bool) -> list[Candidate]:
    """Return dark frames that are no cells of a table; letters alone are left to full text recognition.

    `pale_too` looks for frames that are paler than print, as red ones are on a grey scan.
    """
    rectangles: list[Rectangle] = []
    usual = int(max(28, level(ink[::4, ::4], 98) * 0.35))
    masks = [inked(ink, threshold) for threshold in (int(usual * 0.6), usual)]
    joined = [cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) for mask in masks]
    # What is ink in any of them is ink in this one.
    large = large_spots(np.asarray(joined[0], np.uint8), dpi, FRAME_WIDTH, FRAME_HEIGHT)
    for picture in (masks[1], joined[1], masks[0], joined[0]):
        shown = np.asarray(cv2.bitwise_and(picture, large), np.uint8)
        rectangles.extend(rectangles_of(shown, dpi, FRAME_WIDTH, FRAME_HEIGHT))
    # Print that crosses a pale frame hides it: look at the page without print, too.
    pale = np.asarray(cv2.subtract(ink, print_in(ink, level(ink[::2, ::2], 99.3), 2)), np.uint8) if pale_too else ink
    reach = max(3, int(dpi * 0.06) | 1)
    for threshold in (usual, int(usual * 0.6)) if pale_too else ():
        closed = cv2.morphologyEx(inked(pale, threshold), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
        rectangles.extend(rectangles_of(closed, dpi, FRAME_WIDTH, FRAME_HEIGHT))
    framed = [item for item in distinct(rectangles) if _has_frame(masks[0], item, dpi, Ink.DARK)]
    return [Candidate(item, Ink.DARK, framed=True) for item in framed if not is_cell(item, framed, dpi)]


def seals(ink: Pixels, threshold: int, dpi: float) -> list[Rectangle]:
    """Return round or square areas of much ink, of the size of an agency's seal."""
    small = cv2.resize(inked(ink, threshold), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    reach = max(3, int(dpi * 0.02) | 1)
    joined = cv2.dilate(inked(np.asarray(small, np.uint8), 30), np.ones((reach, reach), np.uint8))
    contours, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Rectangle] = []
    for contour in contours[:LIMIT_CONTOURS]:
        x, y, width, height = (4 * value for value in cv2.boundingRect(contour))
        if 1.0 * dpi <= height <= 2.6 * dpi and 1.0 * dpi <= width <= 2.6 * dpi and 0.75 < width / height < 1.35:
            found.append(((x + width / 2, y + height / 2), (float(width), float(height)), 0.0))
    return found


def _has_frame(mask: Pixels, rectangle: Rectangle, dpi: float, ink: Ink) -> bool:
    """Return whether ink runs along all four sides of a rectangle, and not merely letters.

    Dark rectangles are everywhere in print, so theirs must be drawn more clearly.
    """
    outside, inside, least_along, least_across = _FRAME_TESTS[ink]
    margin = max(2.0, outside * dpi)
    box = upright(mask, rectangle, margin) > 100
    height, width = box.shape
    depth = max(3, int(margin + inside * dpi))
    if height < 3 * depth or width < 3 * depth:
        depth = max(2, min(height, width) // 4)
    inner = int(margin)
    top, bottom = box[:depth, inner : width - inner], box[height - depth :, inner : width - inner]
    left, right = box[inner : height - inner, :depth], box[inner : height - inner, width - depth :]
    along = min(_run_share(top, 0), _run_share(bottom, 0))
    across = min(_run_share(left, 1), _run_share(right, 1))
    straight = ink is Ink.DARK or all(_is_straight(side, dpi) for side in (top, bottom))
    return along >= least_along and across >= least_across and straight


def _is_straight(band: npt.NDArray[np.bool_], dpi: float) -> bool:
    """Return whether ink runs along a long side as a line does, each half for itself: a pen's circle around a word bends away."""
    thick = max(3, int(STRAIGHT * dpi))
    halves = np.array_split(band, 2, axis=1)
    return all(
        max(_run_share(half[row : row + thick], 0) for row in range(max(half.shape[0] - thick, 0) + 1))
        >= LEAST_STRAIGHT
        for half in halves
    )


def on_paper(weakest: Pixels, rectangle: Rectangle, dpi: float) -> bool:
    """Return whether a box is on even paper, inside as outside, which distinguishes a stamp from a brick or a coin."""
    margin = 0.08 * dpi
    box = upright(weakest, rectangle, margin)
    edge, inset = max(int(margin) - 2, 2), int(margin + 0.03 * dpi)
    inner = box[inset:-inset, inset:-inset]
    if inner.size < 50:
        return True
    ring = np.concatenate((box[:edge].ravel(), box[-edge:].ravel(), box[:, :edge].ravel(), box[:, -edge:].ravel()))
    inside, high = levels(inner, 80, 93)  # print that a stamp is on leaves that much of its paper
    outside, grain = level(ring, 60), high - inside
    contrast = inside - level(box, 4)
    return (
        outside > DARKEST_PAPER
        and abs(inside - outside) < PAPER_DIFFERENCE
        and grain < PAPER_GRAIN
        and contrast > LEAST_CONTRAST
    )


def on_print(page: Pixels, rectangle: Rectangle) -> bool:
    """Return whether coloured ink in a rectangle of a BGR page is on print, which is dark in all colours."""
    return float((upright(page, rectangle).max(axis=2) < PRINT).mean()) > LEAST_PRINT


def _run_share(band: npt.NDArray[np.bool_], axis: int) -> float:
    """Return how much of a side has ink in its band."""
    return float(band.any(axis=axis).mean()) if band.size else 0.0


def upright(ink: Pixels, rectangle: Rectangle, margin: float = 0.0) -> Pixels:
    """Cut a rectangle out of a page and turn it upright; `margin` in pixels on every side."""
    (x, y), (width, height), angle = rectangle
    columns, rows = int(width + 2 * margin), int(height + 2 * margin)
    turn = cv2.getRotationMatrix2D((x, y), angle, 1.0)
    turn[0, 2] += columns / 2 - x
    turn[1, 2] += rows / 2 - y
    return np.asarray(cv2.warpAffine(ink, turn, (max(columns, 1), max(rows, 1)), flags=cv2.INTER_LINEAR), np.uint8)
