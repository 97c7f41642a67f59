"""A group of loose letters set on one line: upright, on one baseline, of equal height and width.

    a group of letters -> cut out, turned -> each letter with its signs -> side by side

Only letters of which one has a dot below it, as that of all levels, are laid down.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures.column import LEAST
from gateway.documents.readers.pictures.proportion import stretch
from gateway.documents.readers.pictures.rectangles import Pixels, levels, resized, weakest
from gateway.documents.readers.pictures.spots import spots

LONGEST = 20
"""Letters of a phrase."""
SIZE, EDGE, ENOUGH, INK = 30.0, 16, 0.6, 0.45
"""Pixels to which letters are brought, those of paper around them, the scale from which no pixels are skipped when a picture
is turned at once, and the share of the way to the darkest from which it is ink."""
SIGN, DOT = 0.5, (0.05, 0.34)
"""Heights of letters that a sign above or below one has at most, and between which the sides of a dot are."""
STEEP, UNSURE = 4.0, 35.0
"""Degrees from which a word slants, and up to which its letters may be upright all the same."""
UNEVEN = 1.25
"""How much higher than another a letter is from which all are made as high."""
CLOSEST, WIDEST, SPACE = 0.12, 0.25, 0.7
"""Heights of letters that are left between letters, at least and at most, and between words."""
ARCH, BENT = 0.16, 0.25
"""Heights of letters by which they are beside an arch on the mean, and by which its ends are below or above its middle."""

Boxes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Group:
    """Letters near one another; pixels of the page."""

    x: float
    y: float
    """Middle."""
    angle: float
    """Degrees by which the line through them is turned, clockwise."""
    length: float
    breadth: float
    high: float
    """Of most letters."""
    wide: float
    """Median of the letters'."""
    alone: bool
    """No other letters are before or after them."""
    middles: Sequence[tuple[float, float]]
    """Of its letters, without signs."""

    @property
    def letters(self) -> int:
        """Number of letters."""
        return len(self.middles)


def rows(page: Pixels, group: Group) -> Iterator[Pixels]:
    """Yield a group of a page, grey or BGR, as lines of print: turned with the slant of the whole, unchanged, levelled, and without its arch."""
    for angle in (group.angle, 0.0) if STEEP < abs(group.angle) < UNSURE else (group.angle,):
        cut = _cut(page, group, angle)
        letters = _letters(cut)
        if letters is None:
            continue
        yield _line(letters)
        yield _inked(cut)
        high = [one.high for one in letters]
        if max(high) > UNEVEN * min(high):
            yield _line([_even(one) for one in letters])
        straight = _without_arch(cut, letters)
        if straight is not None and (letters := _letters(straight)) is not None:
            yield _line(letters)


def _cut(page: Pixels, group: Group, angle: float) -> Pixels:
    """Return a group turned by an angle, its letters as high as `SIZE` and as wide as print, paper white and ink black."""
    scale, reach = SIZE / group.high, 0.5 * math.hypot(group.length, group.breadth) + group.high
    left, top = max(int(group.x - reach), 0), max(int(group.y - reach), 0)
    part = weakest(page[top : int(group.y + reach) + 1, left : int(group.x + reach) + 1])
    if scale < ENOUGH:
        part = resized(part, scale)
    shape = int(group.length * scale) + 2 * EDGE, int((group.breadth + 2 * group.high) * scale) + 2 * EDGE
    if angle != group.angle:
        shape = shape[0], shape[1] + int(0.45 * group.length * scale)
    done = scale if scale < ENOUGH else 1.0
    middle = (group.x - left) * done, (group.y - top) * done
    matrix = cv2.getRotationMatrix2D(middle, angle, scale / done)
    wider = stretch(group.wide, group.high) if group.letters >= LEAST else 1.0
    shape = int((shape[0] - 2 * EDGE) * wider) + 2 * EDGE, shape[1]
    matrix[:, 2] -= middle
    matrix[0] *= wider
    matrix[:, 2] += np.array(shape) / 2
    part = cv2.warpAffine(part, matrix, shape, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    dark, paper = levels(np.asarray(part, np.uint8), 1, 70)
    shades = (np.arange(256) - dark) * (255 / max(0.96 * paper - dark, 24.0))
    return np.asarray(cv2.LUT(part, np.clip(shades, 0, 255).astype(np.uint8)), np.uint8)


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter with its signs."""

    picture: Pixels
    foot: int
    """Row of the picture under the letter."""
    high: int
    """Without its signs."""
    left: int
    right: int
    middle: tuple[float, float]
    """Of the letter without its signs."""


def _letters(cut: Pixels) -> list[_Letter] | None:
    """Part letters, each with its signs, from left to right; None when none of them has a dot below."""
    ink = cv2.threshold(cut, 255 * (1 - INK), 255, cv2.THRESH_BINARY_INV)[1]
    labels, boxes = spots(np.asarray(ink, np.uint8))
    ends, sides = boxes[:, :2] + boxes[:, 2:4], cut.shape[::-1]
    inner = (boxes[:, :2] > 1).all(axis=1) & (ends < np.array(sides) - 1).all(axis=1)
    keep = np.flatnonzero(inner & (boxes[:, 4] >= 3) & (boxes[:, 3] < 2.2 * SIZE)).tolist()
    owned = {n: [n] for n in keep if boxes[n, 3] > SIGN * SIZE}
    if not 0 < len(owned) <= LONGEST:
        return None
    dotted = False
    letters = np.array(list(owned))
    for n in keep:
        if n in owned:
            continue
        far = _distances(boxes[n], boxes[letters])
        if float(np.min(far)) > SIGN * SIZE:
            continue
        nearest = int(letters[int(np.argmin(far))])
        owned[nearest].append(n)
        below = boxes[n, 1] + boxes[n, 3] / 2 > ends[nearest, 1] - 0.1 * SIZE
        dotted |= bool(below and ((DOT[0] * SIZE < boxes[n, 2:4]) & (boxes[n, 2:4] < DOT[1] * SIZE)).all())
    if not dotted:
        return None
    result = []
    for letter, pieces in sorted(owned.items(), key=lambda item: int(boxes[item[0], 0])):
        (left, top), (right, bottom) = boxes[pieces, :2].min(axis=0) - 1, ends[pieces].max(axis=0) + 1
        mask = np.isin(labels[top:bottom, left:right], np.array(pieces) + 1).astype(np.uint8)
        mask = cv2.dilate(mask, np.ones((3, 3), np.uint8))
        picture = np.where(mask > 0, cut[top:bottom, left:right], 255).astype(np.uint8)
        x, y = boxes[letter, :2] + boxes[letter, 2:4] / 2
        foot, high = int(ends[letter, 1] - top), int(boxes[letter, 3])
        result.append(_Letter(picture, foot, high, int(left), int(right), (float(x), float(y))))
    return result


def _distances(sign: npt.NDArray[np.int32], letters: Boxes) -> npt.NDArray[np.float64]:
    """Return the distance of a sign from each letter; beside a letter it counts as far."""
    first, last = (
        np.maximum(sign[:2], letters[:, :2]),
        np.minimum(sign[:2] + sign[2:4], letters[:, :2] + letters[:, 2:4]),
    )
    x, y = np.maximum(first - last, 0).T
    aside = np.abs(sign[0] + sign[2] / 2 - letters[:, 0] - letters[:, 2] / 2)
    return np.asarray(3.0 * x + y + 0.2 * aside)


def _without_arch(cut: Pixels, letters: Sequence[_Letter]) -> Pixels | None:
    """Return a word with its arch unrolled, None when its letters follow no arch."""
    x, y = np.array([one.middle for one in letters]).T
    if len(letters) < 3 or float(np.min(np.diff(np.sort(x)))) < 1.0:
        return None
    bend, slope, start = np.polyfit(x, y, 2)
    beside = float(np.abs(np.polyval((bend, slope, start), x) - y).mean())
    if beside > ARCH * SIZE or abs(bend) * (np.ptp(x) / 2) ** 2 < BENT * SIZE:
        return None
    rows, columns = 4 * int(SIZE), cut.shape[1]
    along = np.arange(columns, dtype=np.float32)
    arch, steep = np.polyval((bend, slope, start), along), 2 * bend * along + slope
    away = np.arange(rows, dtype=np.float32)[:, None] - rows / 2
    unit = np.hypot(1.0, steep)
    sources = ((along - away * steep / unit).astype(np.float32), (arch + away / unit).astype(np.float32))
    return np.asarray(cv2.remap(cut, *sources, cv2.INTER_LINEAR, borderValue=255), np.uint8)


def _inked(cut: Pixels) -> Pixels:
    """Return a group unchanged."""
    x, y, wide, high = cv2.boundingRect(cv2.threshold(cut, 255 * (1 - INK), 255, cv2.THRESH_BINARY_INV)[1])
    return np.pad(cut[y : y + high, x : x + wide], EDGE, constant_values=255)


def _even(letter: _Letter) -> _Letter:
    """Return a letter as high as `SIZE`, in its place."""
    scale = SIZE / letter.high
    size = tuple(max(round(side * scale), 1) for side in letter.picture.shape[::-1])
    picture = np.asarray(cv2.resize(letter.picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return replace(letter, picture=picture, foot=min(round(letter.foot * scale), size[1]), high=round(SIZE))


def _line(letters: Sequence[_Letter]) -> Pixels:
    """Set letters on one line, with spaces as wide as those of print."""
    gaps = [after.left - before.right for before, after in pairwise(letters)]
    usual = float(np.median(gaps)) if gaps else 0.0
    above = max(one.foot for one in letters) + EDGE
    below = max(one.picture.shape[0] - one.foot for one in letters) + EDGE
    least, most, space = (int(share * SIZE) for share in (CLOSEST, WIDEST, SPACE))
    wide = sum(one.picture.shape[1] + space for one in letters) + 2 * EDGE
    line, x = np.full((above + below, wide), 255, np.uint8), EDGE
    for one, gap in zip(letters, [None, *gaps], strict=True):
        if gap is not None:
            x += space if gap > max(usual + 0.3 * SIZE, 1.5 * usual) else min(max(gap, least), most)
        high, broad = one.picture.shape
        place = line[above - one.foot : above - one.foot + high, x : x + broad]
        np.minimum(place, one.picture, out=place)
        x += broad
    return line[:, : x + EDGE]
