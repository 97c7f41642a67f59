"""Words found by the detector, read upright with the text before, after and above them.

The detector finds MẬT; which of the three marks it is, and whether it is one at all (BẢO MẬT, MẬT ONG), follows from its
neighbours. Tesseract reads the line turned upright, letters dark on white whatever their ink and ground are. What it cannot
read (garbled by print, leaning) is suspected when the detector is sure of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures import column, hollow, ocr, phrase
from gateway.documents.readers.pictures.dark_ink import paler_than_print
from gateway.documents.readers.pictures.detector import LIKELY, Word, find, upright, within
from gateway.documents.readers.pictures.rectangles import Pixels, Rectangle, holds, levels
from gateway.documents.readers.pictures.said import (
    BESIDE_A_MARK,
    FIRST,
    NEAR_SPACE,
    NO_MARK,
    OTHER,
    PARTLY,
    READ,
    SIZE,
    joined,
    said_by,
)
from gateway.documents.readers.pictures.spots import is_framed, runs
from gateway.documents.readers.pictures.stamp_ink import COLOURED, Candidate, ink_of
from gateway.documents.readers.pictures.stamp_words import MARKS, Reading, folded
from gateway.vietnamese.marks.scanned import distance

ABOVE, BELOW, BEFORE, AFTER = 1.35, 1.15, 9.0, 5.0
"""Heights of capitals around the middle of the word that belong to its line."""
SKEWS, SHEARS = (-9.0, -6.0, -4.0, -2.0, 2.0, 4.0, 6.0, 9.0), (-0.45, -0.3, -0.15, 0.15, 0.3, 0.45)
"""Degrees by which the detector may be mistaken, and shears of letters that lean."""
TIGHT, BESIDE = 1.75, 0.4
"""Half the width of the word alone, in heights, and the share of columns with ink beside it that letters have."""
EDGE, CUT = 10, 48
"""Pixels of white around what Tesseract is given, and from its edge within which a word may have lost a letter."""
LAST = 2.0
"""Heights from the end of letters that stood below one another to the last."""
OUTLINE = 150
"""Of 255: darker is ink."""
LINE = 42
"""Pixels from which a straight stroke is none of a letter."""
HALF = 1.4
"""Half the width of the word, in heights."""
POSSIBLE, SUSPECT_PARTLY, SUSPECT, SUSPECT_LEVEL, SURE_FRAMED, SURE = 0.5, 2.0, 4.0, 4.7, 2.0, 6.0
"""Log odds of both looks from which an illegible word in a frame of stamp shape is suspected, from which one is of which ẬT was
read (cuts that leave half of the M 2.5 and more, cuts through other words 0.9 at most), from which any other is, slanting or in a frame, or level
as print is, and from which its letters were misread where they are others: in a frame in which a mark was read, and elsewhere."""
OVER_PRINT = 2.0
"""Log odds from which a word is suspected in ink alone."""
UNLIKELY = -3.0
"""Log odds of both looks below which letters that fit a mark are none; above, another word must be read."""
LEVEL = 10.0
"""Degrees up to which a word is level."""
LIMIT_READ, LIMIT_LEVEL = 8, 24
"""Words of one picture that are read, surest first, and of those that are level, as in a list; others are unread where the
detector is sure."""
LOWER, HIGHER = 0.85, 2.45
"""Heights above the middle of the word where the line above may begin, and how high it and its space are."""


def read(page: Pixels, words: Sequence[Word]) -> list[tuple[Candidate, Reading]]:
    """Return what the words of a picture, grey or BGR, say, without those that are plainly something else."""
    page = _in_colour(page) if words else page
    found = []
    for number, word in enumerate(words):
        limit = LIMIT_LEVEL if _is_level(word) else LIMIT_READ
        reading = _read(page, word) if number < limit else _unread(page, word)
        if reading is not None:
            found.append((_candidate(page, word, reading), reading))
    return found


def read_paler(page: Pixels, dpi: float, words: Sequence[Word]) -> list[tuple[Candidate, Reading]]:
    """Return what the words of a page, grey or BGR, say in ink paler than the print they are on, by that ink alone; also around `words`."""
    found = []
    for left, top, ink in paler_than_print(page, dpi, [(one.x, one.y, one.height) for one in words]):
        part = _in_colour(ink)
        for word in find(part, dpi):
            said = _line(part, word)
            known = said in MARKS[1:] or (said not in NO_MARK and phrase.is_innocent([said]))
            if known or said == MARKS[0] or (said != OTHER and word.odds >= OVER_PRINT):
                # Of MẬT alone print may hide the first word, which a frame around it says.
                reading = Reading(said if known else None, word.sure, letters=True, asked=True)
                found.append((moved(_candidate(part, word, reading), left, top), reading))
    return found


def moved(one: Candidate, left: float, top: float) -> Candidate:
    """Return a box of a part of a page that begins at `left` and `top` as one of the page."""
    (x, y), size, angle = one.rectangle
    return replace(one, rectangle=((x + left, y + top), size, angle))


def _candidate(page: Pixels, word: Word, reading: Reading) -> Candidate:
    letters = len(MARKS[0] if "\n" in (reading.text or "\n") else reading.text or "")
    width = 0.9 * word.height * letters
    part, matrix = upright(page, word, SIZE, (int(2 * HALF * SIZE), 2 * SIZE), (HALF * SIZE, SIZE))
    middle = HALF * SIZE + (HALF * word.height - width / 2) * SIZE / word.height
    x, y = cv2.invertAffineTransform(matrix) @ (middle, SIZE, 1.0)
    rectangle = (float(x), float(y)), (width, 1.7 * word.height), word.angle
    return Candidate(rectangle, ink_of(part), framed=reading.text is None)


def _read(page: Pixels, word: Word) -> Reading | None:
    """Return what a word and its line say; None when it is plainly no mark."""
    said = _line(page, word)
    if said not in NO_MARK:
        return Reading(said, word.sure, letters=True, asked=True)
    return None if said == OTHER else _unread(page, word, partly=said == PARTLY)


def _line(page: Pixels, found: Word, *, reach: float = 1.0, framed: bool = False) -> str:
    """Return what a word and its line, as far as `reach` times the usual, say, as `said_by` does.

    `framed`: a mark was read in a frame around it.
    """
    engine = ocr.engine()
    if engine is None:
        return ""
    shape = int((BEFORE + AFTER) * reach * SIZE), int((ABOVE + BELOW) * SIZE)
    place = BEFORE * reach * SIZE, ABOVE * SIZE
    word = _levelled(page, found)
    part, _ = upright(page, word, SIZE, shape, place)
    sure, unread = found.odds >= (SURE_FRAMED if framed else SURE), ""
    for line, middle in _ways(part, place, sure=word.sure):
        words = joined(engine.words(line, ocr.Layout.LINE, 200))
        said = said_by(words, middle, sure=sure, framed=framed)
        if said not in NO_MARK:
            text = _with_lines_around(page, word, engine) if said == MARKS[0] else said
            cut = words[0].left < CUT or words[-1].left + words[-1].width > line.shape[1] - CUT
            is_short = cut and text not in MARKS and reach == 1.0
            more = _line(page, found, reach=2 * reach) if is_short else ""
            return more if more not in NO_MARK else text
        if said == OTHER:
            return OTHER
        unread = said or unread
    if word.sure >= LIKELY and (row := _column(page, word)) is not None:
        said = said_by(joined(engine.words(row, ocr.Layout.LINE, 200)), row.shape[1] - LAST * SIZE)
        return unread if said in NO_MARK else said
    return unread


def _unread(page: Pixels, word: Word, *, partly: bool = False) -> Reading | None:
    """Return a reading for an illegible word that resembles a mark, None when the detector is not sure enough."""
    if word.odds < (SUSPECT_PARTLY if partly else SUSPECT):
        return None
    is_print = not partly and word.odds < SUSPECT_LEVEL and _is_level(word) and not _is_framed(page, word)
    return None if is_print else Reading(None, word.sure, letters=True)


def _is_framed(page: Pixels, word: Word) -> bool:
    """Return whether a word that may be a mark has its own frame."""
    aside, high = HALF * word.height, 0.7 * word.height
    return is_framed(page, *(int(side) for side in (word.x - aside, word.y - high, word.x + aside, word.y + high)))


def is_possible(page: Pixels, rectangle: Rectangle) -> bool:
    """Return whether both looks hold the word possible in a rectangle, close up; of a seal that a stamp is on they do not."""
    return any(word.odds >= POSSIBLE for word in within(page, rectangle))


def is_another(views: Sequence[Pixels], rectangle: Rectangle, known: Sequence[Word] = ()) -> bool:
    """Return whether what looks like a mark in a rectangle is none: both looks hold the word unlikely there, or other words are read.

    `views` are the page, then its ink in one colour alone, which says what print hides; `known` are the words that were found
    on the page: letters under print may look likelier from afar.
    """
    seen = [(one, views[0]) for one in known if holds(rectangle, (one.x, one.y))]
    seen += [(one, page) for page in views for one in within(page, rectangle)]
    word, page = max(seen, key=lambda one: one[0].odds, default=(None, views[0]))
    return word is None or word.odds < UNLIKELY or _is_another(page, word)


def _is_another(page: Pixels, word: Word) -> bool:
    said = _line(_in_colour(page), word, framed=True)
    if said in NO_MARK or "\n" in said:  # lines around are none of what is framed
        return said == OTHER
    return phrase.is_innocent([said])  # SỎI MẬT, not FLUYE? MẬT


def _in_colour(page: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(page, cv2.COLOR_GRAY2BGR), np.uint8) if page.ndim == 2 else page


def _is_level(word: Word) -> bool:
    return abs((word.angle + 45) % 90 - 45) < LEVEL


def _ways(part: Pixels, place: tuple[float, float], *, sure: float) -> Iterator[tuple[Pixels, float]]:
    """Yield the letters of a part as print, with the column of the word's middle: its line, the word alone, then other writing.

    The word alone, as it is and without its shear, is without the sides of its frame; at last hollow letters are
    filled, and none have shades.
    """
    lines = list(_as_print(part, place))
    middle = place[0] + EDGE
    yield from ((line, middle) for line in lines)
    if sure < LIKELY:
        return
    for line in lines:
        if not _is_alone(line, int(middle)):
            continue
        reach = int(TIGHT * SIZE)
        alone = np.pad(line[:, int(middle) - reach : int(middle) + reach], EDGE, constant_values=255)
        yield alone, reach + EDGE
        straight = _unsheared(alone)
        if straight is not None:
            yield straight, straight.shape[1] / 2
    for line in lines:
        plain = cv2.threshold(hollow.solid(line, hollow.DPI), OUTLINE, 255, cv2.THRESH_BINARY)[1]
        yield np.asarray(cv2.GaussianBlur(plain, (3, 3), 0), np.uint8), middle


def _is_alone(line: Pixels, middle: int) -> bool:
    """Return whether there are no letters right before or after the word; the side of a frame is not a letter."""
    height = line.shape[0]
    rows = np.any(line[height // 2 - SIZE // 2 : height // 2 + SIZE // 2] < OUTLINE, axis=0)
    near, far = int(TIGHT * SIZE), int((TIGHT + NEAR_SPACE) * SIZE)
    sides = rows[max(middle - far, 0) : middle - near], rows[middle + near : middle + far]
    return all(float(side.mean()) < BESIDE for side in sides if side.size)


def _unsheared(line: Pixels) -> Pixels | None:
    """Return a word with its uprights upright, None when they are: then columns are full, and columns between them empty."""
    ink = cv2.bitwise_not(line).astype(np.float32)
    ways = {shear: np.array(((1, shear, -shear * len(ink) / 2), (0, 1, 0))) for shear in SHEARS}
    best, straight = _clearest(ink, ways, 0)
    return np.asarray(255 - straight, np.uint8) if best else None


def _clearest(
    ink: npt.NDArray[np.float32], ways: Mapping[float, npt.NDArray[np.float64]], axis: int, edge: int = 0
) -> tuple[float, npt.NDArray[np.float32]]:
    """Return by which matrix columns (0) or rows (1) of a line are fullest and emptiest, 0 for as it is, and the line so."""

    def apart(seen: npt.NDArray[np.float32]) -> float:
        inner = seen[edge // 2 : len(seen) - edge // 2, edge : seen.shape[1] - edge]
        return float(np.square(np.diff(inner.sum(axis=axis))).sum())

    best, sharpest, clearest = 0.0, 1.15 * apart(ink), ink  # what is nearly clear stays as it is
    for way, matrix in ways.items():
        turned = np.asarray(cv2.warpAffine(ink, matrix, ink.shape[::-1]), np.float32)
        if (sharp := apart(turned)) > sharpest:
            best, sharpest, clearest = way, sharp, turned
    return best, clearest


def _column(page: Pixels, word: Word) -> Pixels | None:
    """Return the letters of a column, with those above the word, side by side; None without a column."""
    middle = 10 * SIZE
    shape, place = (int(1.8 * SIZE), middle + 3 * SIZE), (0.9 * SIZE, float(middle))
    part, _ = upright(page, word, SIZE, shape, place)
    line = next(_as_print(part, place, 0.5), None)
    if line is None:
        return None
    line = np.where(line < OUTLINE, line, 255)[EDGE:-EDGE, EDGE:-EDGE]
    line[(line < OUTLINE).sum(axis=1) <= 1] = 255  # where letters just touch
    near = np.convolve((line < OUTLINE).any(axis=1), np.ones(SIZE), "same") > 0
    own = next((line[top:bottom] for top, bottom in runs(near) if top <= middle < bottom), line[:0])
    if not own.size:
        return None
    letters = cv2.cvtColor(np.pad(own, EDGE, constant_values=255), cv2.COLOR_GRAY2BGR)
    row = column.as_row(column.figure(np.asarray(letters, np.uint8)))
    return None if row is None else row[:, :, 0]


def _levelled(page: Pixels, word: Word) -> Word:
    """Correct the angle of a word by its ink: along the line rows are full and rows between them empty."""
    shape, place = (int(5 * SIZE), int(2.6 * SIZE)), (2.5 * SIZE, 1.3 * SIZE)
    part, _ = upright(page, word, SIZE, shape, place)
    smooth = cv2.GaussianBlur(part, (3, 3), 0)
    colour = smooth.max(axis=2).astype(np.float32) - smooth.min(axis=2)
    ink = colour if np.percentile(colour, 90) - np.median(colour) > COLOURED else smooth.max(axis=2).astype(np.float32)
    ink = np.abs(ink - np.median(ink))
    ways = {turn: cv2.getRotationMatrix2D(place, turn, 1.0) for turn in SKEWS}
    return replace(word, angle=word.angle + _clearest(ink, ways, 1, SIZE)[0])


def _as_print(part: Pixels, place: tuple[float, float], half: float = HALF) -> Iterator[Pixels]:
    """Yield the letters of a part dark on white: by their colour alone where they have one, then as they look."""
    strongest, weakest = part.max(axis=2), part.min(axis=2)
    columns, rows = (
        slice(max(int(at - reach), 0), int(at + reach))
        for at, reach in ((place[0], half * SIZE), (place[1], 0.6 * SIZE))
    )
    for plane, least in ((255 - cv2.subtract(strongest, weakest), COLOURED), (weakest, 12)):
        own = plane[rows, columns]
        ground, low, high = levels(own, 50, 3, 97)
        if high - low < least:
            continue
        light = high - ground > ground - low
        shown = 255 - plane if light else plane
        if light:
            ground, low, high = 255 - ground, 255 - high, 255 - low
        clear = np.clip((shown.astype(np.float32) - low) * (255 / max(ground - low, 1.0)), 0, 255).astype(np.uint8)
        if light:
            clear = _without_surroundings(clear)
        clear = _without_lines(clear)
        yield np.pad(clear, EDGE, constant_values=255)


def _without_lines(clear: Pixels) -> Pixels:
    """Whiten what is longer than any stroke of a letter: frames, underlines, rules of tables."""
    ink = np.asarray(cv2.bitwise_not(clear), np.uint8)
    for shape in ((1, LINE), (LINE, 1)):
        lines = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
        ink = np.asarray(cv2.subtract(ink, cv2.dilate(lines, np.ones((3, 3), np.uint8))), np.uint8)
    return np.asarray(cv2.bitwise_not(ink), np.uint8)


def _without_surroundings(clear: Pixels) -> Pixels:
    """Whiten what is dark from the edge inwards: the paper around a bar, once its light letters are turned dark."""
    dark = cv2.threshold(cv2.blur(clear, (3, 3)), 140, 255, cv2.THRESH_BINARY_INV)[1]
    around = np.pad(dark, 1, constant_values=255)
    cv2.floodFill(around, None, (0, 0), 128)
    outside = cv2.dilate((around[1:-1, 1:-1] == 128).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.where(outside > 0, 255, clear).astype(np.uint8)


def _with_lines_around(page: Pixels, word: Word, engine: ocr.Tesseract) -> str:
    """Return the mark that MẬT is with TỐI or TUYỆT above it, or the lines that it is shown with as a phrase that is no mark."""
    shape, place = (int(8 * SIZE), int(HIGHER * SIZE)), (4.0 * SIZE, (HIGHER + LOWER) * SIZE)
    part, _ = upright(page, word, SIZE, shape, place)
    for line in _as_print(part, (place[0], HIGHER / 2 * SIZE)):
        above = [folded(one.text) for one in engine.words(line, ocr.Layout.LINE, 200) if one.confidence >= READ]
        for start, mark in FIRST.items():
            if any(distance(one, start) <= (0 if len(start) < 4 else 1) for one in above):
                return mark
    middle = BEFORE * SIZE, (HIGHER + LOWER) * SIZE
    part, _ = upright(page, word, SIZE, (int(2 * middle[0]), int(2 * middle[1])), middle)
    for clear in _as_print(part, middle):
        lines = [MARKS[0]]
        for step, line in phrase.lines(part, clear[EDGE:-EDGE, EDGE:-EDGE], middle, SIZE):
            words = engine.words(line, ocr.Layout.LINE, 200)
            if all(one.confidence >= READ and folded(one.text) not in BESIDE_A_MARK for one in words):
                lines.insert(0 if step < 0 else len(lines), " ".join(one.text for one in words))
        if len(lines) > 1 and phrase.is_innocent(lines):
            return "\n".join(lines)
    return MARKS[0]
