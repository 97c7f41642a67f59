"""Letters that dance, wave, slant or stand on an arch, and those of a pen, laid on one line: nothing else reads such words.

    ink beside the lines of print -> letters that are alike and near one another -> each on the line, upright -> Tesseract

Only letters of which one has a dot below it, as that of all levels, are laid down and read.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures import detected, detector, ocr, phrase
from gateway.documents.readers.pictures.detector import resized
from gateway.documents.readers.pictures.lines import Kind, Sheet
from gateway.documents.readers.pictures.phrase import CLEAR, READ
from gateway.documents.readers.pictures.rectangles import Pixels, levels, percentile
from gateway.documents.readers.pictures.spots import spots
from gateway.documents.readers.pictures.stamp import Stamp
from gateway.documents.readers.pictures.stamp_ink import ink_of
from gateway.documents.readers.pictures.stamp_words import MARKS, folded
from gateway.vietnamese.marks.scanned import distance

MOST, LONGEST = 14, 20
"""Letters of two words, signs not counted, and of a phrase of which the networks may have taken a part for a mark."""
LOW, HIGH = 8, 110
"""Pixels of the first look between which letters are high."""
NEAR, ALIKE = (1.9, 1.25), 2.3
"""Heights of letters between two that are neighbours, across and down, and how much higher one may be than the other."""
BESIDE, FILLED = 2.2, 0.8
"""Heights beside a word within which other letters make it part of a line, and the share of a group that words read well fill."""
LIMIT_SPOTS, LIMIT_GROUPS = 500, 8
"""Spots of ink beyond which a page is a texture or print, and groups that are laid down, the largest letters first."""
PRINT, TALL = 12.0, 2.0
"""Heights of the lines of a page from which one is no word alone, if it is not so many times as high."""
PAPER, CONTRAST, INK = 41, 24, 0.45
"""Pixels around a point that tell its paper, how much darker ink is, of 255, and the share of the way to the darkest from which it is."""
SIZE, EDGE, DPI, ENOUGH = 30.0, 16, 216.0, 0.6
"""Pixels to which letters are brought, those of paper around them, the resolution at which letters of that size are those of
print, and the scale from which no pixels are skipped when a picture is turned at once."""
SIGN, DOT = 0.5, (0.05, 0.34)
"""Heights of letters that a sign above or below one has at most, and between which the sides of a dot are."""
STEEPEST, STEEP, UNSURE = 50.0, 4.0, 25.0
"""Degrees that a word slants at most, from which it does, and up to which its letters may stand upright all the same."""
SHORTEST, WORD = 1.3, 4.5
"""Heights of letters that a word is long at least, and that MẬT is long at most."""
CLOSEST, WIDEST, SPACE = 0.12, 0.25, 0.7
"""Heights of letters that are left between letters, at least and at most, and between words."""
ARCH, BENT = 0.16, 0.25
"""Heights of letters by which they stand beside an arch on the mean, and by which its ends are below or above its middle."""

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
    alone: bool
    """No other letters stand before or after them."""
    letters: int


def settle(page: Pixels, sheet: Sheet, known: Sequence[Stamp], words: Sequence[ocr.Word]) -> list[Stamp]:
    """Return stamps without MẬT of a longer phrase, and with the levels that letters beside the lines of a BGR page say once laid down.

    `sheet` is of the same page, `known` and `words` what was found on it: what was read well is not read again.
    """
    if (engine := ocr.engine()) is None:
        return list(known)
    found, own = list(known), groups(page, sheet)
    for group in own:
        doubtful = [one for one in found if _is_part(one, group)]
        rows = _rows(page, group) if doubtful else ()
        seen = (phrase.other(engine.words(row, ocr.Layout.LINE, 200)) for row in rows)
        said = next((text for text in seen if text), "")
        if said and not any(folded(one.text or "") == folded(said) for one in doubtful):
            found = [*(one for one in found if one not in doubtful), _stamp(page, group, said)]
    for group in [one for one in own if one.letters <= MOST][:LIMIT_GROUPS]:
        read = any(one.text and one.left < group.x < one.right and one.top < group.y < one.bottom for one in found)
        if read or _is_read(group, words):
            continue
        said = next((text for row in _rows(page, group) if (text := _said(engine, row, alone=group.alone))), "")
        if said:
            found.append(_stamp(page, group, said))
    return found


def _is_part(stamp: Stamp, group: Group) -> bool:
    """Whether a stamp that may be a mark, and has no frame around what was read, is no more than a part of a group."""
    x, y = (stamp.left + stamp.right) / 2 - group.x, (stamp.top + stamp.bottom) / 2 - group.y
    is_inside = abs(x) < group.length / 2 and abs(y) < group.breadth / 2
    return is_inside and (stamp.text is None or (MARKS[0] in stamp.text and not stamp.framed))


def _is_read(group: Group, words: Sequence[ocr.Word]) -> bool:
    """Whether words that were read well fill a group from its first letter to its last."""
    reach, aside = (group.length - group.high) / 2, group.high
    inside = [
        (max(one.left, group.x - reach), min(one.left + one.width, group.x + reach))
        for one in words
        if one.confidence >= CLEAR and abs(one.top + one.height / 2 - group.y) < aside
    ]
    return sum(max(right - left, 0.0) for left, right in inside) > FILLED * 2 * reach


def _stamp(page: Pixels, group: Group, text: str) -> Stamp:
    aside, high = (group.length - group.high) / 2, (group.breadth - group.high) / 2
    left, top, right, bottom = group.x - aside, group.y - high, group.x + aside, group.y + high
    part = page[max(int(top), 0) : int(bottom) + 1, max(int(left), 0) : int(right) + 1]
    return Stamp(left, top, right, bottom, text, ink_of(part), framed=False, score=1.0)


def _said(engine: ocr.Tesseract, row: Pixels, *, alone: bool) -> str:
    """Return the level that a line says, as it is written, nothing for anything else."""
    words = [one for one in engine.words(row, ocr.Layout.LINE, 200) if folded(one.text)]
    text = " ".join(one.text for one in words)
    letters = folded(text)
    is_print = 2 * sum(ch.isupper() for ch in text) <= sum(ch.isalpha() for ch in text)
    for mark in MARKS[1:]:
        far, least = distance(letters, folded(mark)), 1 if len(mark) < 8 else 2
        if (
            far <= least
            and (alone or not is_print)
            and letters[:1] == mark[:1]
            and not letters.startswith(detected.GALL)
        ):
            return mark.capitalize() if is_print else mark
    if not alone:
        return ""
    short = row.shape[1] < WORD * SIZE + 2 * EDGE  # in a longer line other letters were not made out: BẢO, ONG
    if letters == folded(MARKS[0]):
        # Of so short a word all signs must be seen, in capitals: Mặt, Mất, Mạt, and Mệt in small letters.
        exact = unicodedata.normalize("NFC", text) == MARKS[0] and words[0].confidence >= CLEAR
        return MARKS[0] if exact and short else ""
    if any(one.confidence >= READ for one in words):
        return ""
    colour = np.asarray(cv2.cvtColor(row, cv2.COLOR_GRAY2BGR), np.uint8)
    seen = [reading.text or "" for _, reading in detected.read(colour, detector.find(row, DPI))]
    return next((text for text in seen if text in (MARKS if short else MARKS[1:])), "")


def groups(page: Pixels, sheet: Sheet) -> list[Group]:
    """Return the letters of a BGR page that stand near one another and are no print, the highest first."""
    rows, columns = sheet.ink.shape
    weakest = _weakest(np.asarray(cv2.resize(page, (columns, rows), interpolation=cv2.INTER_LINEAR), np.uint8))
    ink = cv2.threshold(cv2.subtract(cv2.blur(weakest, (PAPER, PAPER)), weakest), CONTRAST, 255, cv2.THRESH_BINARY)[1]
    print_ = _print(sheet)
    labels, boxes = spots(np.asarray(cv2.subtract(ink, print_), np.uint8))
    high, wide = boxes[:, 3], boxes[:, 2]
    numbers = np.flatnonzero((high >= LOW) & (high <= HIGH) & (wide <= 4 * HIGH) & (boxes[:, 4] >= LOW))
    if not 0 < len(numbers) <= LIMIT_SPOTS:
        return []
    ground = _Ground(labels, boxes, numbers, print_, page.shape[1] / columns)
    result = [_group(ground, linked) for linked in _linked(boxes[numbers])]
    return sorted((one for one in result if one is not None), key=lambda one: -one.high)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What is known of a page when its letters are grouped."""

    labels: npt.NDArray[np.int32]
    boxes: Boxes
    numbers: npt.NDArray[np.intp]
    """Spots that may be letters."""
    print_: Pixels
    """Where lines of print stand."""
    scale: float
    """Pixels of the page for one of these."""


def _weakest(part: Pixels) -> Pixels:
    blue, green, red = cv2.split(part)
    return np.asarray(cv2.min(red, cv2.min(green, blue)), np.uint8)


def _print(sheet: Sheet) -> Pixels:
    """Return where lines of print stand on a page as it lay, pixels of the sheet's ink."""
    mask = np.zeros_like(sheet.ink)
    for line in sheet.lines:
        is_long = line.prose or (line.width > PRINT * sheet.usual and line.height < TALL * sheet.usual)
        if line.kind is Kind.LINE and is_long:
            above = line.height // 3
            mask[max(line.top - above, 0) : line.bottom + above, max(line.left - 3, 0) : line.right + 3] = 255
    if sheet.turn is None:
        return mask
    back = np.array(sheet.turn)
    back[:, 2] /= sheet.scale
    return np.asarray(
        cv2.warpAffine(mask, back, mask.shape[::-1], flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP), np.uint8
    )


def _linked(boxes: Boxes) -> Iterator[npt.NDArray[np.intp]]:
    """Yield the numbers of letters that are linked from neighbour to neighbour."""
    left, top, wide, high = (boxes[:, column].astype(np.float32) for column in range(4))
    across, down = (
        np.maximum(np.maximum(start[:, None], start) - np.minimum((start + side)[:, None], start + side), 0)
        for start, side in ((left, wide), (top, high))
    )
    low, tall = np.minimum(high[:, None], high), np.maximum(high[:, None], high)
    near = (np.hypot(across / NEAR[0], down / NEAR[1]) < low) & (tall < ALIKE * low)
    owner = np.arange(len(boxes))
    while not np.array_equal(least := np.where(near, owner, len(boxes)).min(axis=1), owner):
        owner = least[least]
    for number in np.unique(owner):
        yield np.flatnonzero(owner == number)


def _group(ground: _Ground, linked: npt.NDArray[np.intp]) -> Group | None:
    """Return letters as a group, None when they are too many, too few or stand below one another."""
    boxes, numbers = ground.boxes, ground.numbers
    own = boxes[numbers[linked]]
    high = percentile(own[:, 3], 70)
    letters = own[:, 3] > SIGN * high
    if letters.sum() > LONGEST or max(float(np.max(np.ptp(own[:, :2], axis=0))), float(np.max(own[:, 2]))) < high:
        return None
    middles = (boxes[:, :2] + boxes[:, 2:4] / 2)[numbers]
    points = middles[linked][letters]
    if len(points) < 3:  # of joined letters the ink itself shows where the line goes
        (x, y), (right, bottom) = own[:, :2].min(axis=0).tolist(), (own[:, :2] + own[:, 2:4]).max(axis=0).tolist()
        inked = np.argwhere(np.isin(ground.labels[y:bottom, x:right], numbers[linked] + 1))
        points = (inked[:: max(len(inked) // 500, 1), ::-1] + (x, y)).astype(np.float64)
    middle = points.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((points - middle).T))
    along = axes[:, 1] if axes[0, 1] >= 0 else -axes[:, 1]
    turned = np.column_stack((along, (-along[1], along[0])))
    angle = math.degrees(math.atan2(along[1], along[0]))
    corners = np.concatenate([own[:, :2] + own[:, 2:4] * part for part in ((0, 0), (0, 1), (1, 0), (1, 1))])
    first, last = ((corners - middle) @ turned).min(axis=0), ((corners - middle) @ turned).max(axis=0)
    if abs(angle) > STEEPEST or last[0] - first[0] < SHORTEST * high:
        return None
    others = np.delete(middles, linked, axis=0)[np.delete(boxes[numbers, 3], linked) > SIGN * high]
    onward, aside = ((others - middle) @ turned).T
    beside = (first[1] - high < aside) & (aside < last[1] + high)
    before = (first[0] - BESIDE * high < onward) & (onward < first[0])
    after = (last[0] < onward) & (onward < last[0] + BESIDE * high)
    steps = np.linspace(0.0, BESIDE * high, 8)
    level = (first[1] + last[1]) / 2
    ends = np.array([(at, level) for at in (*(first[0] - steps), *(last[0] + steps))]) @ turned.T + middle
    columns, rows = np.clip(ends.astype(int), 0, np.array(ground.print_.shape[::-1]) - 1).T
    alone = not (beside & (before | after)).any() and not ground.print_[rows, columns].any()
    x, y = (middle + turned @ ((first + last) / 2)) * ground.scale
    length, breadth = (last - first + high) * ground.scale
    return Group(
        float(x), float(y), angle, float(length), float(breadth), high * ground.scale, alone, int(letters.sum())
    )


def _rows(page: Pixels, group: Group) -> Iterator[Pixels]:
    """Yield a group as lines of print: turned as the whole slants, without its arch, and as it stands."""
    upright = STEEP < abs(group.angle) < UNSURE
    for angle in (group.angle, 0.0) if upright else (group.angle,):
        cut = _cut(page, group, angle)
        letters = _letters(cut)
        if letters is None:
            continue
        yield _line(letters)
        yield _inked(cut)
        straight = _without_arch(cut, letters)
        if straight is not None and (letters := _letters(straight)) is not None:
            yield _line(letters)


def _cut(page: Pixels, group: Group, angle: float) -> Pixels:
    """Return a group turned by an angle, its letters as high as `SIZE`, paper white and ink black."""
    scale, reach = SIZE / group.high, 0.5 * math.hypot(group.length, group.breadth) + group.high
    left, top = max(int(group.x - reach), 0), max(int(group.y - reach), 0)
    part = _weakest(page[top : int(group.y + reach) + 1, left : int(group.x + reach) + 1])
    if scale < ENOUGH:
        part = resized(part, scale)
    shape = int(group.length * scale) + 2 * EDGE, int((group.breadth + 2 * group.high) * scale) + 2 * EDGE
    if angle != group.angle:
        shape = shape[0], shape[1] + int(0.45 * group.length * scale)
    done = scale if scale < ENOUGH else 1.0
    middle = (group.x - left) * done, (group.y - top) * done
    matrix = cv2.getRotationMatrix2D(middle, angle, scale / done)
    matrix[:, 2] += np.array(shape) / 2 - middle
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
        result.append(_Letter(picture, int(ends[letter, 1] - top), int(left), int(right), (float(x), float(y))))
    return result


def _distances(sign: npt.NDArray[np.int32], letters: Boxes) -> npt.NDArray[np.float64]:
    """Return how far a sign is from each letter; what stands beside one is far."""
    first, last = (
        np.maximum(sign[:2], letters[:, :2]),
        np.minimum(sign[:2] + sign[2:4], letters[:, :2] + letters[:, 2:4]),
    )
    x, y = np.maximum(first - last, 0).T
    aside = np.abs(sign[0] + sign[2] / 2 - letters[:, 0] - letters[:, 2] / 2)
    return np.asarray(3.0 * x + y + 0.2 * aside)


def _without_arch(cut: Pixels, letters: Sequence[_Letter]) -> Pixels | None:
    """Return a word with its arch unrolled, None when its letters stand on none."""
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
    """Return a group as it stands."""
    x, y, wide, high = cv2.boundingRect(cv2.threshold(cut, 255 * (1 - INK), 255, cv2.THRESH_BINARY_INV)[1])
    return np.pad(cut[y : y + high, x : x + wide], EDGE, constant_values=255)


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
