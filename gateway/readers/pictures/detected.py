"""Words that the detector found, read upright with what stands before, after and above them.

The detector finds MẬT; which of the three marks it is, and whether it is one at all (BẢO MẬT, MẬT ONG), is told by its
neighbours. Tesseract reads the line turned upright, letters dark on white whatever their ink and ground are. What it cannot
read (hollow, dotted, garbled by print) is a mark where the detector is sure by itself, and unread where it is nearly so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from gateway.readers.pictures import ocr
from gateway.readers.pictures.detector import Word, upright
from gateway.readers.pictures.rectangles import Pixels
from gateway.readers.pictures.stamp_confirm import STAMP_NEIGHBOURS
from gateway.readers.pictures.stamp_ink import Candidate, Ink
from gateway.readers.pictures.stamp_words import HEIGHT, MARKS, Reading, distance, folded, templates

SIZE = 24
"""Pixels of capitals that Tesseract is given."""
ABOVE, BELOW, BEFORE, AFTER = 1.35, 1.15, 9.0, 5.0
"""Heights of capitals around the middle of the word that belong to its line."""
SKEWS = (-12, -9, -6, -4, -2, 2, 4, 6, 9, 12)
"""Degrees by which the detector may be mistaken."""
EDGE = 10
"""Pixels of white around what Tesseract is given."""
LINE = 42
"""Pixels from which a straight stroke is none of a letter."""
HALF = 1.4
"""Half the width of the word, in heights."""
NEAR_SPACE, WIDE_SPACE = 1.2, 2.2
"""Heights of the widest space between two words of a line, and between letters that are spaced."""
COLOURED = 45
"""Of 255: by how much colour stands out from print and paper."""
CLEAR, READ = 75.0, 45.0
"""Confidence of Tesseract, of 100, from which a word is what it says, and from which it is read at all."""
ALONE, SUSPECT, BEYOND = 0.93, 0.8, 0.985
"""How sure the detector must be of a word that nobody could read for a mark, for a suspicion, and for one against Tesseract."""
LIMIT_READ = 8
"""Words of one picture that are read; more are no marks but a pattern, and count as unread when the detector is sure."""
LINE_ABOVE = 1.8
"""Heights from a line to the one above."""
FIRST = {folded(mark.split()[0]): mark for mark in MARKS[1:]}
SHORT = folded(MARKS[0])
OTHER_SIGNS = frozenset("\N{COMBINING BREVE}\N{COMBINING ACUTE ACCENT}\N{COMBINING GRAVE ACCENT}\N{COMBINING TILDE}")
"""Signs that make another word of the same letters: MẶT, MẤT, MÁT."""


def read(page: Pixels, words: Sequence[Word]) -> list[tuple[Candidate, Reading]]:
    """Return what the words of a BGR picture say, without those that are plainly something else."""
    found = []
    for number, word in enumerate(words):
        reading = _read(page, word) if number < LIMIT_READ else _unread(word)
        if reading is not None:
            found.append((_candidate(page, word, reading), reading))
    return found


def _candidate(page: Pixels, word: Word, reading: Reading) -> Candidate:
    letters = len(reading.text or MARKS[0])
    width = 0.9 * word.height * letters
    part, matrix = upright(page, word, SIZE, (int(2 * HALF * SIZE), 2 * SIZE), (HALF * SIZE, SIZE))
    middle = HALF * SIZE + (HALF * word.height - width / 2) * SIZE / word.height
    x, y = cv2.invertAffineTransform(matrix) @ (middle, SIZE, 1.0)
    rectangle = (float(x), float(y)), (width, 1.7 * word.height), word.angle
    return Candidate(rectangle, _ink(part), framed=reading.text is None)


def _ink(part: Pixels) -> Ink:
    """Return the ink of what stands out in a part of a picture."""
    blue, green, red = (plane.astype(np.int16) for plane in cv2.split(part))
    warm, cool = red - np.maximum(green, blue), blue - np.minimum(red, green)
    for ink, plane in ((Ink.RED, warm), (Ink.BLUE, cool)):
        if np.percentile(plane, 88) - np.percentile(plane, 30) > COLOURED:
            return ink
    return Ink.DARK


def _read(page: Pixels, word: Word) -> Reading | None:
    """Return what a word and its line say, None when it is plainly no mark."""
    engine = ocr.engine()
    if engine is None:
        return _unread(word)
    shape = int((BEFORE + AFTER) * SIZE), int((ABOVE + BELOW) * SIZE)
    place = BEFORE * SIZE, ABOVE * SIZE
    word = _levelled(page, word)
    part, _ = upright(page, word, SIZE, shape, place)
    other = False
    for line in _as_print(part, place):
        words = _joined(engine.words(line, ocr.Layout.LINE, 200))
        text, plain = _said(words, place[0], word.sure)
        if text is not None:
            if text == MARKS[0]:
                text = _with_line_above(page, word, engine)
            return Reading(text, word.sure, letters=True, asked=True)
        other = other or plain
    if other:
        return Reading(None, word.sure, letters=True, asked=True) if word.sure >= BEYOND else None
    if word.sure >= ALONE:
        return Reading(_level(page, word), word.sure, letters=True, asked=True)
    return _unread(word)


def _unread(word: Word) -> Reading | None:
    return Reading(None, word.sure, letters=True) if word.sure >= SUSPECT else None


def _levelled(page: Pixels, word: Word) -> Word:
    """Correct the angle of a word by its ink: along the line rows are full and rows between them empty."""
    shape, place = (int(5 * SIZE), int(2.6 * SIZE)), (2.5 * SIZE, 1.3 * SIZE)
    part, _ = upright(page, word, SIZE, shape, place)
    ink = cv2.GaussianBlur(part, (3, 3), 0).max(axis=2).astype(np.float32)
    ink = np.abs(ink - np.median(ink))
    best, sharpest = 0.0, 1.08 * _rows_apart(ink)  # a line that is level stays as it is
    for turn in SKEWS:
        matrix = cv2.getRotationMatrix2D(place, turn, 1.0)
        sharp = _rows_apart(np.asarray(cv2.warpAffine(ink, matrix, shape), np.float32))
        if sharp > sharpest:
            best, sharpest = turn, sharp
    return replace(word, angle=word.angle + best)


def _rows_apart(ink: npt.NDArray[np.float32]) -> float:
    inner = ink[SIZE // 2 : -(SIZE // 2), SIZE:-SIZE]
    return float(np.square(np.diff(inner.sum(axis=1))).sum())


def _as_print(part: Pixels, place: tuple[float, float]) -> Iterator[Pixels]:
    """Yield the letters of a part dark on white: by their colour alone where they have one, then as they look."""
    strongest, weakest = part.max(axis=2), part.min(axis=2)
    columns, rows = (
        slice(max(int(at - reach), 0), int(at + reach))
        for at, reach in ((place[0], HALF * SIZE), (place[1], 0.6 * SIZE))
    )
    for plane, least in ((255 - cv2.subtract(strongest, weakest), COLOURED), (weakest, 12)):
        own = plane[rows, columns]
        ground, low, high = (float(np.percentile(own, share)) for share in (50, 3, 97))
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


def _joined(words: Sequence[ocr.Word]) -> list[ocr.Word]:
    """Return the words of a line from left to right, letters that stand alone beside each other as one word."""
    result: list[ocr.Word] = []
    for word in sorted((one for one in words if folded(one.text)), key=lambda one: one.left):
        last = result[-1] if result else None
        if last is not None and len(folded(word.text)) == 1 and len(folded(last.text)) in (1, 2):
            gap = word.left - last.left - last.width
            if gap < WIDE_SPACE * SIZE:
                width, height = word.left + word.width - last.left, max(word.height, last.height)
                text, confidence = last.text + word.text, min(last.confidence, word.confidence)
                result[-1] = replace(last, text=text, confidence=confidence, width=width, height=height)
                continue
        result.append(word)
    return result


def _said(words: Sequence[ocr.Word], middle: float, sure: float) -> tuple[str | None, bool]:
    """Return the mark or the longer line that words say around a place, and whether they plainly say something else."""
    middle += EDGE
    place = next((n for n, one in enumerate(words) if one.left - 4 <= middle <= one.left + one.width + 4), None)
    if place is None:
        return None, False
    own = words[place]
    letters = folded(own.text)
    capitals = _is_capital(own.text)
    first = next(
        (mark for start, mark in FIRST.items() if letters.endswith(SHORT) and letters.startswith(start[:2])), None
    )
    if first is not None and capitals:
        return first, False
    exact = letters == SHORT
    signs = OTHER_SIGNS & set(unicodedata.normalize("NFD", own.text))
    if exact and signs and sure < ALONE:
        return None, True
    near = distance(letters, SHORT) <= 1 and own.confidence < CLEAR and sure >= SUSPECT
    if not capitals or not (exact or near):
        plain = own.confidence >= CLEAR and len(letters) >= 3 and distance(letters, SHORT) > 1
        return None, plain or (own.confidence >= CLEAR and not capitals)
    before = list(_beside(words, place, -1))
    after = list(_beside(words, place, 1))
    if before:
        said = folded(before[0].text)
        for start, mark in FIRST.items():
            if said.endswith(start) or distance(said, start) <= (1 if len(start) < 4 else 2):
                return mark, False
    neighbours = {folded(part) for stamp in STAMP_NEIGHBOURS for part in stamp.split()}
    others = [one for one in (*before, *after) if folded(one.text) not in neighbours]
    if any(len(folded(one.text)) >= 2 and one.confidence >= READ for one in others):
        return " ".join([*(one.text for one in reversed(before)), MARKS[0], *(one.text for one in after)]), False
    return MARKS[0], False


def _beside(words: Sequence[ocr.Word], place: int, step: int) -> Iterator[ocr.Word]:
    """Yield the words in capitals that go on from one to the left or right."""
    last = words[place]
    for word in words[place + step :: step] if place + step >= 0 else ():
        gap = word.left - last.left - last.width if step > 0 else last.left - word.left - word.width
        if gap > NEAR_SPACE * SIZE or not _is_capital(word.text):
            return
        yield word
        last = word


def _is_capital(text: str) -> bool:
    return sum(ch.isupper() for ch in text) * 2 > sum(ch.isalpha() for ch in text)


def _with_line_above(page: Pixels, word: Word, engine: ocr.Tesseract) -> str:
    """Return the mark that MẬT is with the word above it: TỐI or TUYỆT."""
    shape, place = (int(8 * SIZE), int(1.9 * SIZE)), (4.0 * SIZE, (LINE_ABOVE + 1.0) * SIZE)
    part, _ = upright(page, word, SIZE, shape, place)
    for line in _as_print(part, (place[0], 1.0 * SIZE)):
        for one in engine.words(line, ocr.Layout.LINE, 200):
            for start, mark in FIRST.items():
                if distance(folded(one.text), start) <= (0 if len(start) < 4 else 1) and one.confidence >= READ:
                    return mark
    return MARKS[0]


def _level(page: Pixels, word: Word) -> str:
    """Return the mark whose picture is likest to a word that Tesseract could not read and to what stands before it."""
    size = HEIGHT / 1.6
    best = dict.fromkeys(MARKS, 0.0)
    for stretch in (0.85, 1.0, 1.2):
        part, _ = upright(page, word, size, (int(12 * size), int(2.2 * size)), (9.5 * size, 1.15 * size))
        line = next(_as_print(part, (9.5 * size, 1.15 * size)), None)
        if line is None:
            return MARKS[0]
        view = cv2.resize(255 - line, None, fx=1 / stretch, fy=1.0, interpolation=cv2.INTER_AREA).astype(np.float32)
        for template in templates():
            if template.word in best and view.shape[1] >= template.picture.shape[1] and view.shape[0] >= HEIGHT:
                scores = cv2.matchTemplate(view, template.picture, cv2.TM_CCOEFF_NORMED)
                best[template.word] = max(best[template.word], float(scores[:, scores.shape[1] // 2 :].max()))
    longer = max(MARKS[1:], key=lambda mark: best[mark])
    return longer if best[longer] >= best[MARKS[0]] - 0.1 and best[longer] > 0.5 else MARKS[0]
