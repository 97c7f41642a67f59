"""The lines of text of a page, and which of them are running prose, which contains no mark.

A mark is in a box, a short or separate line, a heading, a running head or foot, a label, a table; never in the middle of
a line that runs from margin to margin between such lines. Finding the lines costs a thirtieth of reading them. Ink is
what is darker than its surroundings; without rules, smeared along the rows, it makes one patch for each line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures.rectangles import Pixels, level, levels, percentile, resized
from gateway.documents.readers.pictures.spots import runs, spots

DPI = 100.0
"""Resolution at which lines are looked for."""
PAPER, CONTRAST = 41, 18
"""Pixels around a point that tell its paper, and how much darker ink is, of 255."""
RULE, THICKEST, LONG = 32, 4, 150
"""Pixels: a straight run of ink that is no letter when it is so thin, or so long."""
SMEAR = 15
"""Pixels of the widest gap within a line."""
STEEP, CROOKED = 0.003, 0.3
"""Rise of the lines from which a page is turned straight, and the greatest that is believed."""
HIGHEST_LINE, LARGE = 30, 60
"""Pixels of the height of a line of print, and from which words are large."""
INKED = 0.6
"""Share of the way from the ink of a line to its paper up to which a pixel is ink."""
WIDEST_SPACE = 1.9
"""Heights of a line that part two columns."""
STRETCH = 2.6
"""Width of a gap, in usual spaces of its line, that separates a number, a mark and a date set in one line."""
SPACED, WIDE, LEAST_APART, LONGEST_APART = 0.3, 1.3, 2, 20
"""Heights of a line from which gaps are as wide as between cells and letters no dots, those that letters are wide at most, gaps of a mark, and
heights that a mark in cells is wide."""
TALL_PRINT = 1.22
"""Height of a line of capitals relative to the lines beside it."""
LEAST_RAGGED = 1.2
"""Heights of a line by which the last of a paragraph is shorter than the one above it."""
NEAR, LEAST_ALIKE = 9, 2
"""Heights of a line between lines that are near one another, and lines with the same margins near a line of prose."""
LEAST_LAST = 15
"""Heights of a line from which it may be the last of a paragraph; a mark alone takes nine."""
LIMIT_PATCHES = 3000
"""Patches of ink beyond which a page is a texture."""
STRIPE = 16
"""Pixels of the height of the stripes in which the beginning of a line is looked for."""


class Kind(Enum):
    """Appearance of a patch of ink."""

    LINE = "line"
    BLOCK = "block"
    """Lines that touch each other, or that something lies across."""
    LARGE = "large"
    INVERSE = "inverse"
    """A dark area with something lighter in it."""


@dataclass(slots=True)
class Line:
    """A line, or another patch of ink; pixels at `DPI` of the page that was turned straight."""

    left: int
    top: int
    right: int
    bottom: int
    kind: Kind = Kind.LINE
    prose: bool = False
    """It runs from margin to margin between lines that do."""
    last: bool = False
    """It is in small letters, and ends a paragraph of such lines or is between two, as it seems."""

    @property
    def height(self) -> int:
        """Pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Pixels."""
        return self.right - self.left


@dataclass(frozen=True, slots=True)
class Sheet:
    """A grey page and its lines."""

    grey: Pixels
    """Turned straight."""
    scale: float
    """Pixels of `grey` for one at `DPI`."""
    turn: npt.NDArray[np.float64] | None
    """The matrix that turned it, None when it lay straight."""
    slope: float
    """Rise of its lines as it lay, pixels a pixel."""
    ink: Pixels
    """Its ink at `DPI`, without rules."""
    lines: list[Line]
    usual: float
    """Height of most lines."""
    crowded: bool = False
    """There were more patches than a page of words has."""


def sheet(grey: Pixels, dpi: float, *, head: float = 0.0) -> Sheet:
    """Turn a grey page straight and find its lines; none is prose in its `head`, a share of its height."""
    ink = _ink(grey, dpi)
    slope, turn = _slope(ink), None
    if STEEP < abs(slope) < CROOKED:
        rows, columns = grey.shape
        turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), float(np.degrees(np.arctan(slope))), 1.0)
        straight = cv2.warpAffine(grey, turn, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        grey = np.asarray(straight, np.uint8)
        ink = _ink(grey, dpi)
    lines, usual, crowded = _find(ink, head)
    return Sheet(grey, grey.shape[1] / ink.small.shape[1], turn, slope, ink.text, lines, usual, crowded)


@dataclass(frozen=True, slots=True)
class _Ink:
    """A page at `DPI`."""

    small: Pixels
    text: Pixels
    """Ink without rules."""
    labels: npt.NDArray[np.int32]
    boxes: npt.NDArray[np.int32]
    """Its patches, smeared to lines."""


def _ink(grey: Pixels, dpi: float) -> _Ink:
    scale = DPI / dpi
    small = grey if abs(scale - 1) < 0.02 else resized(grey, scale)
    text, down = without_rules(small)
    lines = cv2.morphologyEx(text, cv2.MORPH_CLOSE, np.ones((1, SMEAR), np.uint8))
    lines = cv2.morphologyEx(lines, cv2.MORPH_OPEN, np.ones((3, 5), np.uint8))  # lines that touch by one stroke part
    lines = cv2.subtract(lines, cv2.dilate(down, np.ones((1, 3), np.uint8)))  # cells stay apart
    return _Ink(small, text, *spots(np.asarray(lines, np.uint8), 4))


def without_rules(small: Pixels) -> tuple[Pixels, Pixels]:
    """Return the ink of a grey picture at `DPI` without straight rules, and the rules down its columns."""
    darker = cv2.subtract(cv2.blur(small, (PAPER, PAPER)), small)
    ink = np.asarray(cv2.threshold(darker, CONTRAST, 255, cv2.THRESH_BINARY)[1], np.uint8)
    thick = np.asarray(
        cv2.dilate(
            cv2.erode(ink, np.ones((THICKEST + 1, THICKEST + 1), np.uint8)),
            np.ones((THICKEST + 3, THICKEST + 3), np.uint8),
        ),
        np.uint8,
    )
    down, across = (_rules(ink, thick, axis) for axis in (0, 1))
    text = cv2.subtract(ink, cv2.dilate(cv2.max(across, down), np.ones((3, 3), np.uint8)))
    return np.asarray(text, np.uint8), down


def _rules(ink: Pixels, thick: Pixels, axis: int) -> Pixels:
    """Return straight runs of ink down the columns (0) or across the rows (1) that are no strokes of letters: thin ones and very long ones."""

    def runs(part: Pixels, length: int) -> Pixels:
        shape = (1, length) if axis else (length, 1)
        return np.asarray(cv2.morphologyEx(part, cv2.MORPH_OPEN, np.ones(shape, np.uint8)), np.uint8)

    short = runs(ink, RULE)
    rules = np.asarray(cv2.subtract(short, thick), np.uint8)
    # Only few rows have any; longer ones are among them.
    found = np.flatnonzero(short.max(axis=axis))
    if len(found):
        place = (found, slice(None)) if axis else (slice(None), found)
        rules[place] = cv2.max(rules[place], runs(ink[place], LONG))
    return rules


def _slope(ink: _Ink) -> float:
    """Return the rise of the widest lines, pixels a pixel."""
    found: list[tuple[float, int]] = []
    for number in np.argsort(-ink.boxes[:, 2])[:24].tolist():
        x, y, width, height, _ = ink.boxes[number].tolist()
        if width <= 120 or height >= max(40, CROOKED * width):
            continue
        part = ink.labels[y : y + height, x : x + width] == number + 1
        count = part.sum(0)
        columns = np.flatnonzero(count)
        middle = (part * np.arange(height)[:, None]).sum(0)[columns] / count[columns]
        aside = columns - columns.mean()
        found.append((float((aside * middle).sum() / np.square(aside).sum()), width))
    if len(found) < 3:
        return 0.0
    found.sort()
    reach = np.cumsum([weight for _, weight in found])
    return found[int(np.searchsorted(reach, reach[-1] / 2))][0]


def _find(ink: _Ink, head: float) -> tuple[list[Line], float, bool]:
    """Return lines and other patches, the height of most lines, and whether there were too many patches."""
    boxes = ink.boxes
    width, height = boxes[:, 2], boxes[:, 3]
    body = (height >= 5) & (height <= HIGHEST_LINE) & (width > 40)
    usual = float(np.median(height[body])) if body.any() else 11.0
    keep = (height >= 4) & (width >= 6) & (boxes[:, 4] >= 20) & ~((height < 0.45 * usual) & (width < 2 * usual))
    crowded = int(keep.sum()) > LIMIT_PATCHES
    lines: list[Line] = []
    stripes: dict[int, list[Line]] = defaultdict(list)
    for x, y, w, h, _ in sorted(boxes[keep][:LIMIT_PATCHES].tolist()):
        tall = h > max(2.0 * usual, 24) and w > 40
        one = Line(x, y, x + w, y + h, Kind.LARGE if h > LARGE else Kind.BLOCK if tall else Kind.LINE)
        stripe = (2 * y + h) // 2 // STRIPE
        near = [line for number in (stripe - 1, stripe, stripe + 1) for line in stripes[number][-4:]]
        before = next((line for line in near if _continues(line, one, usual)), None)
        if before is None:
            lines.append(one)
            stripes[stripe].append(one)
        else:
            before.top, before.bottom = min(before.top, y), max(before.bottom, one.bottom)
            before.right = max(before.right, one.right)
    lines = [one for one in lines if one.kind is not Kind.LINE or one.width >= min(1.3 * one.height, 14)]
    _mark_prose(lines, ink, usual, head * ink.small.shape[0])
    return [*lines, *_bars(ink.small)], usual, crowded


def _continues(line: Line, part: Line, usual: float) -> bool:
    """Return whether a part goes on on the line to its left."""
    if (
        line.kind is not Kind.LINE
        or part.kind is not Kind.LINE
        or not -8 < part.left - line.right < WIDEST_SPACE * usual
    ):
        return False
    low, high = sorted((line.height, part.height))
    shared = min(line.bottom, part.bottom) - max(line.top, part.top)
    return shared > 0.6 * low and high < 1.7 * low + 2


def _mark_prose(lines: list[Line], ink: _Ink, usual: float, head: float) -> None:
    """Set `prose` for lines from margin to margin beside such lines, `prose` or `last` for the last of a paragraph."""
    some = [one for one in lines if one.kind is Kind.LINE]
    if not some:
        return
    box = np.array([(one.left, one.top, one.right, one.bottom) for one in some], float)
    middle, wide = (box[:, 1] + box[:, 3]) / 2, box[:, 2] - box[:, 0]
    # Running heads and feet are read.
    top, bottom = max(box[:, 1].min() + 0.8 * usual, head), box[:, 3].max() - 0.8 * usual
    tall = np.array(
        [_letter_height(one, ink.text) if w >= 15 * usual else 0.0 for one, w in zip(some, wide, strict=True)]
    )
    for number, one in enumerate(some):
        if wide[number] < 15 * usual or one.top < top or one.bottom > bottom or _is_parted(one, ink.text, usual):
            continue
        shared = np.minimum(box[:, 2], one.right) - np.maximum(box[:, 0], one.left)
        near = (shared > 0.5 * np.minimum(wide, wide[number])) & (wide > 8 * usual)
        near &= np.abs(middle - middle[number]) < NEAR * usual
        right, left = percentile(box[near, 2], 90), percentile(box[near, 0], 10)
        if one.right < right - 4 * usual or one.left > left + 5.5 * usual or wide[number] < 0.72 * (right - left):
            continue
        alike = near & (np.abs(box[:, 2] - one.right) < 4 * usual) & (np.abs(box[:, 0] - one.left) < 5.5 * usual)
        if int(alike.sum()) <= LEAST_ALIKE:
            continue
        others = tall[near & (tall > 0)]
        if len(others) and tall[number] > TALL_PRINT * percentile(others, 30):
            continue
        gap = np.where(middle > middle[number], box[:, 1] - one.bottom, one.top - box[:, 3])
        beside = near & (gap < 1.4 * usual) & (gap > -usual)
        beside[number] = False
        one.prose = bool(beside.any())
    prose = [one for one in some if one.prose]
    for one in some:
        if one.prose or one.top < top or one.bottom > bottom:
            continue
        above = next((other for other in prose if _ends(one, other, usual)), None)
        ends = above is not None and one.right <= above.right - LEAST_RAGGED * usual
        beside = above if ends else _between(one, prose, usual)
        if beside is None or _is_parted(one, ink.text, usual):
            continue
        if _letter_height(one, ink.text) <= TALL_PRINT * _letter_height(beside, ink.text):
            one.prose = ends and one.width > LEAST_LAST * usual
            one.last = not one.prose


def _between(line: Line, prose: list[Line], usual: float) -> Line | None:
    """Return the nearest lines of prose above and below a line, None when it is not between such lines."""
    near = [other for other in prose if abs(other.top - line.top) < NEAR * usual]
    if not any(other.bottom <= line.top for other in near) or not any(other.top >= line.bottom for other in near):
        return None
    return min(near, key=lambda other: abs(other.top - line.top))


def _letter_height(line: Line, text: Pixels) -> float:
    """Return how many rows of a line have much ink: the height of its small letters, or of its capitals."""
    rows = cv2.reduce(text[line.top : line.bottom, line.left : line.right], 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0]
    strong = np.flatnonzero(rows > 0.4 * percentile(rows, 90))
    return float(strong[-1] - strong[0] + 1) if len(strong) else 0.0


def _is_parted(line: Line, text: Pixels, usual: float) -> bool:
    """Return whether a line has a gap much wider than its spaces, so that it is two parts side by side."""
    gaps = _gaps(text[line.top : line.bottom, line.left : line.right])
    spaces = gaps[gaps > 0.2 * usual]
    return len(spaces) > 2 and float(np.max(spaces)) > max(STRETCH * float(np.median(spaces)), 0.9 * usual)


def is_spaced(sheet: Sheet, line: Line) -> bool:
    """Return whether the letters of a line stand apart, as in the cells of a form, where neither dots nor words do.

    At `DPI` the letters of short words touch: of a line longer than a mark in cells the page itself is looked at.
    """
    text = sheet.ink[line.top : line.bottom, line.left : line.right]
    if not _stand_apart(text, line.height):
        return False
    if sheet.scale <= 1 or line.width < LONGEST_APART * line.height:
        return True
    top, bottom, left, right = (int(side * sheet.scale) for side in (line.top, line.bottom, line.left, line.right))
    part = sheet.grey[top:bottom, left:right]
    low, high = levels(part, 1, 80)
    ink = cv2.threshold(part, low + INKED * (high - low), 255, cv2.THRESH_BINARY_INV)[1]
    text = np.asarray(cv2.resize(text, part.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
    return _stand_apart(np.asarray(cv2.bitwise_and(ink, text), np.uint8), line.height * sheet.scale)


def _stand_apart(ink: Pixels, height: float) -> bool:
    gaps = _gaps(ink)
    wide = float(ink.shape[1] - gaps.sum()) / (len(gaps) + 1)
    return (
        len(gaps) >= LEAST_APART and float(np.median(gaps)) > SPACED * height and SPACED * height < wide < WIDE * height
    )


def _gaps(ink: Pixels) -> npt.NDArray[np.intp]:
    """Return the widths of the gaps in the ink of a line, in pixels."""
    empty = ink.max(axis=0) == 0
    return np.array([end - start for start, end in runs(empty)], np.intp)


def _ends(line: Line, above: Line, usual: float) -> bool:
    """Return whether a line is the last of the paragraph of the line above it."""
    aside = above.left - line.left
    same = abs(aside) < usual or usual < aside < 5 * usual  # the line above may be indented, being the first
    return same and -usual < line.top - above.bottom < 1.2 * usual and abs(line.height - above.height) < 0.5 * usual


def _bars(small: Pixels) -> Iterator[Line]:
    """Yield dark areas with something lighter in them."""
    tiny = cv2.resize(small, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    paper = level(np.asarray(tiny, np.uint8), 80)
    dark = cv2.threshold(tiny, 0.62 * paper, 255, cv2.THRESH_BINARY_INV)[1]
    patch = np.ones((3, 5), np.uint8)
    dark = cv2.morphologyEx(cv2.morphologyEx(dark, cv2.MORPH_CLOSE, patch), cv2.MORPH_OPEN, patch)
    for x, y, width, height, area in (4 * spots(np.asarray(dark, np.uint8))[1]).tolist():
        if width >= 32 and 12 <= height <= 240 and 4 * area > 0.6 * width * height:
            inked = float((small[y : y + height, x : x + width] < 0.7 * paper).mean())
            if 0.6 < inked < 0.98:
                yield Line(x, y, x + width, y + height, Kind.INVERSE)
