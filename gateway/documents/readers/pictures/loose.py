"""Letters that are uneven, wavy, slanted, arched, out of proportion or handwritten: set on one line and read.

ink beside the lines of print -> letters that are alike and near one another -> laid on one line (`laid`) -> Tesseract
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures import detected, detector, ocr, phrase
from gateway.documents.readers.pictures.laid import EDGE, LONGEST, SIGN, SIZE, Boxes, Group, rows
from gateway.documents.readers.pictures.lines import Kind, Sheet
from gateway.documents.readers.pictures.phrase import CLEAR, READ
from gateway.documents.readers.pictures.rectangles import Pixels, percentile, weakest
from gateway.documents.readers.pictures.said import NO_FIRST
from gateway.documents.readers.pictures.spots import spots
from gateway.documents.readers.pictures.stamp import Stamp
from gateway.documents.readers.pictures.stamp_ink import ink_of
from gateway.documents.readers.pictures.stamp_words import MARKS, folded
from gateway.vietnamese.marks.scanned import distance

MOST = 14
"""Letters of two words, signs not counted; of more the networks may have taken a part for a mark."""
LOW, HIGH = 8, 110
"""Pixels of the first look between which letters are high."""
NEAR, ALIKE = (1.9, 1.25), 2.3
"""Heights of letters between two that are neighbours, across and down, and how much higher one may be than the other."""
BESIDE, FILLED = 2.2, 0.8
"""Heights beside a word within which other letters make it part of a line, and the share of a group's letters that words read well hold."""
LIMIT_SPOTS, LIMIT_GROUPS = 500, 8
"""Spots of ink beyond which a page is a texture or print, and groups that are laid down, the largest letters first."""
PRINT, TALL = 12.0, 2.0
"""Heights of the lines of a page from which one is no word alone, if it is not so many times as high."""
PAPER, CONTRAST = 41, 24
"""Pixels around a point that tell its paper, and how much darker ink is, of 255."""
DPI = 216.0
"""Resolution at which letters laid down are as high as those of print."""
STEEPEST = 50.0
"""Degrees that a word slants at most."""
SHORTEST, WORD = 1.3, 4.5
"""Heights of letters that a word is long at least, and that MẬT is long at most."""
NARROW = 1.5
"""Widths of letters that they are high at most, or they are narrow."""


def settle(page: Pixels, sheet: Sheet, known: Sequence[Stamp], words: Sequence[ocr.Word]) -> list[Stamp]:
    """Return stamps without MẬT of a longer phrase, and with the levels that letters beside the lines of a page, grey or BGR, say once laid down.

    `sheet` is of the same page, `known` and `words` what was found on it: what was read well is not read again.
    """
    if (engine := ocr.engine()) is None:
        return list(known)
    found, own = list(known), groups(page, sheet)
    for group in own:
        doubtful = [one for one in found if _is_part(one, group)]
        lines = rows(page, group) if doubtful else ()
        read = any(one.text for one in doubtful)
        seen = (phrase.other(engine.words(line, ocr.Layout.LINE, 200), capitals=read) for line in lines)
        said = next((text for text in seen if text), "")
        if said and not any(folded(one.text or "") == folded(said) for one in doubtful):
            found = [*(one for one in found if one not in doubtful), _stamp(page, group, said)]
    for group in [one for one in own if one.letters <= MOST][:LIMIT_GROUPS]:
        if any(_says_all(one, group) for one in found) or _is_read(group, words):
            continue
        said = next((text for row in rows(page, group) if (text := _said(engine, row, alone=group.alone))), "")
        if said:
            found = [*(one for one in found if not _is_inside(one, group)), _stamp(page, group, said)]
    return found


def _is_part(stamp: Stamp, group: Group) -> bool:
    """Return whether a stamp that may be a mark, and has no frame around what was read, is no more than a part of a group."""
    return _is_inside(stamp, group) and (stamp.text is None or (MARKS[0] in stamp.text and not stamp.framed))


def _says_all(stamp: Stamp, group: Group) -> bool:
    """Return whether what was read at a stamp is a group's text: nothing but letters, for signs are misread letters, and all of them."""
    is_middle = stamp.left < group.x < stamp.right and stamp.top < group.y < stamp.bottom
    letters = "".join((stamp.text or "").split())
    return letters.isalpha() and (is_middle or (len(letters) >= group.letters and _is_inside(stamp, group)))


def _is_inside(stamp: Stamp, group: Group) -> bool:
    x, y = (stamp.left + stamp.right) / 2 - group.x, (stamp.top + stamp.bottom) / 2 - group.y
    return abs(x) < group.length / 2 and abs(y) < group.breadth / 2


def _is_read(group: Group, words: Sequence[ocr.Word]) -> bool:
    """Return whether a group's letters are part of words that were read well, or need not be read; of MẬT and other letters only all of a level is."""
    own = [one for one in words if one.confidence >= CLEAR and any(_holds(one, middle) for middle in group.middles)]
    said = [folded(one.text) for one in own]
    if folded(MARKS[0]) in said and not any(folded(mark) == "".join(said) for mark in MARKS):
        return False
    return sum(any(_holds(word, middle) for word in own) for middle in group.middles) > FILLED * group.letters


def _holds(word: ocr.Word, point: tuple[float, float]) -> bool:
    return 0 <= point[0] - word.left <= word.width and 0 <= point[1] - word.top <= word.height


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
        if far <= least and (alone or not is_print) and letters[:1] == mark[:1] and not letters.startswith(NO_FIRST):
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
    seen = [reading.text or "" for _, reading in detected.read(row, detector.in_line(row, DPI))]
    return next((text for text in seen if text in (MARKS if short else MARKS[1:])), "")


def groups(page: Pixels, sheet: Sheet) -> list[Group]:
    """Return the letters of a page, grey or BGR, that are near one another and not print, the highest first."""
    high, wide = sheet.ink.shape
    grey = weakest(np.asarray(cv2.resize(page, (wide, high), interpolation=cv2.INTER_LINEAR), np.uint8))
    ink = cv2.threshold(cv2.subtract(cv2.blur(grey, (PAPER, PAPER)), grey), CONTRAST, 255, cv2.THRESH_BINARY)[1]
    print_ = _print(sheet)
    labels, boxes = spots(np.asarray(cv2.subtract(ink, print_), np.uint8))
    numbers = np.flatnonzero(
        (boxes[:, 3] >= LOW) & (boxes[:, 3] <= HIGH) & (boxes[:, 2] <= 4 * HIGH) & (boxes[:, 4] >= LOW)
    )
    if not 0 < len(numbers) <= LIMIT_SPOTS:
        return []
    ground = _Ground(labels, boxes, numbers, print_, page.shape[1] / wide)
    result = [_group(ground, linked) for linked in _linked(boxes[numbers])]
    return sorted((one for one in result if one is not None), key=lambda one: -one.high)


@dataclass(frozen=True, slots=True)
class _Ground:
    """The facts about a page that grouping its letters uses."""

    labels: npt.NDArray[np.int32]
    boxes: Boxes
    numbers: npt.NDArray[np.intp]
    """Spots that may be letters."""
    print_: Pixels
    """Where lines of print stand."""
    scale: float
    """Pixels of the page for one of these."""


def _print(sheet: Sheet) -> Pixels:
    """Return where lines of print are on a page before it was turned, in pixels of the sheet's ink."""
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
    """Return letters as a group, None when they are too many, too few or in a column."""
    boxes, numbers = ground.boxes, ground.numbers
    own = boxes[numbers[linked]]
    high = percentile(own[:, 3], 70)
    letters = own[:, 3] > SIGN * high
    wide = float(np.median(own[letters, 2]))
    side = min(high, NARROW * wide)
    if letters.sum() > LONGEST or max(float(np.max(np.ptp(own[:, :2], axis=0))), float(np.max(own[:, 2]))) < side:
        return None
    middles = (boxes[:, :2] + boxes[:, 2:4] / 2)[numbers]
    points = own_middles = middles[linked][letters]
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
    if abs(angle) > STEEPEST or last[0] - first[0] < SHORTEST * side:
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
    high *= ground.scale
    placed = [(float(x), float(y)) for x, y in own_middles * ground.scale]
    return Group(float(x), float(y), angle, float(length), float(breadth), high, wide * ground.scale, alone, placed)
