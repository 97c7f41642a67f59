"""Detector of the word MẬT at any angle, ink and polarity: two small convolutional networks run by OpenCV.

All three marks end in this word. The first network (`detector.onnx`, 74,000 weights) looks at a picture in steps of half its
size, so that letters of every height come by at 10 to 26 pixels, and says for each eighth of a row and column how likely the
middle of the word is there, how it is turned and how high its capitals are. What it takes for the word is looked at again by
itself, turned upright, by the second (`confirm.onnx`, 130,000 weights): `Word.sure`. Both are trained by `tests/detector`. The
work is bounded by the size of the picture alone.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures.rectangles import Pixels, Rectangle, resized, strongest

FIRST_DPI, STRIDE, LEVELS = 100.0, 8, 5
"""Resolution of the first look, pixels of a cell of the answer, and looks of which each has half the resolution."""
LIMIT_PIXELS = 6_000_000
"""The most that the first look may have; a larger picture is reduced. A4 has one million at that resolution."""
SIZE = 16.0
"""Pixels of capitals whose logarithm of height is 0."""
LOOK, CAPITALS = 96, 20.0
"""Pixels of a look at one word, and the height of its capitals for the second network."""
LEAST, LEAST_CLOSE, READABLE, LIKELY = 0.3, 0.25, -1.0, 0.35
"""Score of the first look from which there is a second (it gives eleven places of a page of print 0.25, five 0.3, and of 160 marks
that are found none less than 0.41), the same where a part is looked at by itself, log odds of both from which a word is read,
score of the second from which it is likely there."""
SCORE_WEIGHT = 3.0
"""Share of the odds of the first look beside those of the second."""
AGAIN, WORTH = ((-5.0, 1.0), (5.0, 1.0), (0.0, 0.88), (0.0, 1.13)), -4.0
"""Turns and heights by which a word is looked at again, as a place is never exact, and log odds from which it is: of one
look alone the second network is as unsure as what it looks at is worn."""
SHARES = (0.35, 0.5, 0.7)
"""Shares of the height of a frame that the capitals in it may have."""
GROUND_DPI, DARK, LEAST_GROUND, LETTERS = 25.0, 110, 8, 40
"""Resolution at which dark grounds are looked for, the most light of one, its least side in pixels, and how large letters on it may be."""
LIMIT_WORDS = 24
"""Second looks at one picture, likeliest first."""
LEAST_SIDE = 16
BARE, BARE_EDGE, BARE_GRAIN = 4, 64, 16
"""Pixels of a picture that are taken together to see what is bare, those kept around what is not, and what differs there."""
HALF, AROUND = 2, 48
"""Pixels of a view that are taken together to see its edges, and those kept around them."""
LONGEST, CLOSE, SOLID = 32, 5, 9
"""Of those taken together: the longest stroke of a letter, how close lines are that make a ground, and its least side."""


@dataclass(frozen=True, slots=True)
class Word:
    """Possible places of the word; pixels of the picture."""

    score: float
    """Of the first look, 0 to 1."""
    sure: float
    """Of the second look, 0 to 1."""
    x: float
    y: float
    """Middle of the word."""
    angle: float
    """Degrees by which it is turned, clockwise."""
    height: float
    """Of its capitals, without what is above and below them."""

    @property
    def odds(self) -> float:
        """Log odds of both looks."""
        return SCORE_WEIGHT * _log_odds(self.score) + _log_odds(self.sure)


def _log_odds(share: float) -> float:
    share = min(max(share, 0.005), 0.995)
    return math.log(share / (1 - share))


@functools.cache
def _weights(name: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(resources.files(__package__).joinpath(f"{name}.onnx").read_bytes(), np.uint8)


_idle: dict[str, list[Any]] = {"detector": [], "close": [], "confirm": []}
"""Networks that no thread uses now: OpenCV's keep what they work on in themselves, and get ready again for a picture of another
size, so that close looks, which have one size, have a detector of their own."""


def _answer(name: str, picture: Pixels) -> npt.NDArray[np.float32]:
    """Return what a network says of a picture; each is asked by one thread at a time, and kept for the next."""
    try:
        network = _idle[name].pop()
    except IndexError:
        network = _read(name)
    network.setInput(planes(picture))
    out = np.asarray(network.forward(), np.float32)
    _idle[name].append(network)
    return out


def _read(name: str) -> Any:
    # The older engine (1) is twice as fast as the one that came with OpenCV 5, which does not heed the choice that a
    # call makes for weights in memory.
    os.environ.setdefault("OPENCV_FORCE_DNN_ENGINE", "1")
    return cv2.dnn.readNetFromONNX(_weights("detector" if name == "close" else name))


def warm_up() -> None:
    """Make the networks of one thread, so that children need no file for them and no time."""
    for name in _idle:
        _answer(name, np.full((LOOK, LOOK, 3), 255, np.uint8))


def planes(page: Pixels) -> npt.NDArray[np.float32]:
    """Return what the network sees of a picture (1, 2, rows, columns): darkness by the weakest colour, and redness.

    Print and stamps are dark in the first; of the second red ink has much, blue less than nothing, print none.
    """
    if page.ndim == 2:
        grey = np.zeros((1, 2, *page.shape), np.float32)
        np.multiply(cv2.bitwise_not(page), 1 / 255, out=grey[0, 0], dtype=np.float32)
        return grey
    blue, green, red = cv2.split(page)
    weakest, strongest = cv2.min(red, cv2.min(green, blue)), cv2.max(green, blue)
    seen = np.empty((1, 2, *page.shape[:2]), np.float32)
    np.multiply(cv2.bitwise_not(weakest), 1 / 255, out=seen[0, 0], dtype=np.float32)
    np.multiply(cv2.subtract(red, strongest, dtype=cv2.CV_32F), 1 / 255, out=seen[0, 1])
    return seen


def find(page: Pixels, dpi: float) -> list[Word]:
    """Return where a picture, BGR or grey, may have the word, likeliest first."""
    left, top, page = _inked(page)
    found = _found(page, dpi)
    if (light := _negative(page, dpi)) is not None:
        found = distinct([*found, *_found(light, dpi)])
    return [replace(word, x=word.x + left, y=word.y + top) for word in found] if left or top else found


def _negative(page: Pixels, dpi: float) -> Pixels | None:
    """Return what is light in any colour on dark grounds as dark on white, None without such a ground.

    Red on black is as dark as its ground in the weakest colour, and the networks know light letters less well.
    """
    scale = 1 / max(round(dpi / GROUND_DPI), 1)  # whole pixels are taken together ten times as fast
    if min(page.shape[:2]) * scale < LEAST_GROUND:
        return None
    dark = cv2.threshold(strongest(resized(page, scale)), DARK, 255, cv2.THRESH_BINARY_INV)[1]
    ground = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((LEAST_GROUND, LEAST_GROUND)))
    if not cv2.countNonZero(ground):
        return None
    ground = cv2.morphologyEx(ground, cv2.MORPH_CLOSE, np.ones((LETTERS, LETTERS)))
    ground = cv2.resize(ground, page.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.bitwise_not(cv2.bitwise_and(strongest(page), ground)), np.uint8)


def _inked(page: Pixels) -> tuple[int, int, Pixels]:
    """Return a picture without its bare margins but for a little, with where that part begins: nothing is written there."""
    if min(page.shape[:2]) < LEAST_SIDE:
        return 0, 0, page
    small = cv2.resize(page, None, fx=1 / BARE, fy=1 / BARE, interpolation=cv2.INTER_AREA)
    edges = cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    ink = strongest(np.asarray(edges, np.uint8)) > BARE_GRAIN
    spans = []
    for axis, side in ((1, page.shape[0]), (0, page.shape[1])):
        lines = np.flatnonzero(ink.any(axis=axis))
        first, last = (int(lines[0]), int(lines[-1])) if len(lines) else (0, 0)
        spans.append((max(first * BARE - BARE_EDGE, 0), min((last + 1) * BARE + BARE_EDGE, side)))
    (top, bottom), (left, right) = spans
    return left, top, page[top:bottom, left:right]


def in_line(line: Pixels, dpi: float) -> list[Word]:
    """Return where a line of letters as high as those of print may have the word, likeliest first."""
    return _found(line, dpi, 1)


def _found(page: Pixels, dpi: float, levels: int = LEVELS) -> list[Word]:
    scale = min(FIRST_DPI / max(dpi, 1.0), (LIMIT_PIXELS / (page.shape[0] * page.shape[1])) ** 0.5)
    views = [(1.0, page)]
    first: list[Word] = []
    view = page if abs(scale - 1) < 0.01 else resized(page, scale)
    for _ in range(levels):
        first += _look(view, scale)
        views.append((scale, view))
        if min(view.shape[:2]) < 2 * LEAST_SIDE:
            break
        scale, view = scale / 2, resized(view, 0.5)
    seen = [_sure(views, nearer(views, word)) for word in distinct(first)]
    return distinct([word for word in seen if word.odds >= READABLE])


def _look(view: Pixels, scale: float) -> list[Word]:
    """Look at a view of a picture but for margins with nothing but straight edges longer than those of any letter it could find."""
    if min(view.shape[:2]) < 2 * LEAST_SIDE:
        return first_look(view, scale)
    small = cv2.resize(view, None, fx=1 / HALF, fy=1 / HALF, interpolation=cv2.INTER_AREA)
    edges = strongest(np.asarray(cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)), np.uint8))
    ink = cv2.threshold(edges, BARE_GRAIN, 255, cv2.THRESH_BINARY)[1]
    across, down = (cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape)) for shape in ((1, LONGEST), (LONGEST, 1)))
    # Lines close to one another, and a grain all over, are a ground on which something may stand.
    ground = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((CLOSE, CLOSE)))
    ground = cv2.morphologyEx(ground, cv2.MORPH_OPEN, np.ones((SOLID, SOLID)))
    ink = cv2.subtract(ink, cv2.subtract(cv2.max(across, down), ground))
    x, y, width, height = (
        HALF * side for side in cv2.boundingRect(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((2, 2))))
    )
    if not width:
        return []
    # The network takes sixteen pixels together: where they begin must not depend on what is left out.
    left, top = (max(side - AROUND, 0) // LEAST_SIDE * LEAST_SIDE for side in (x, y))
    part = view[top : y + height + AROUND, left : x + width + AROUND]
    return [replace(word, x=word.x + left / scale, y=word.y + top / scale) for word in first_look(part, scale)]


def distinct(words: Sequence[Word]) -> list[Word]:
    """Return one of the words over one another, the likeliest first, at most `LIMIT_WORDS`."""
    kept: list[Word] = []
    for word in sorted(words, key=lambda one: one.odds, reverse=True):
        if all(math.hypot(word.x - one.x, word.y - one.y) > max(word.height, one.height) for one in kept):
            kept.append(word)
            if len(kept) == LIMIT_WORDS:
                break
    return kept


def first_look(view: Pixels, scale: float, *, least: float = LEAST) -> list[Word]:
    """Return where a view of a picture may have the word, with places in the picture."""
    rows, columns = (-(-side // LEAST_SIDE) * LEAST_SIDE for side in view.shape[:2])
    missing = rows - view.shape[0], columns - view.shape[1]
    view = np.asarray(cv2.copyMakeBorder(view, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE), np.uint8)
    out = _answer("detector", view)[0]
    high = cv2.dilate(out[0], np.ones((5, 5), np.uint8))
    found = []
    for row, column in np.argwhere((out[0] >= high) & (out[0] > math.log(least / (1 - least)))):
        logit, cosine, sine, size = (float(value) for value in out[:, row, column])
        x, y = ((int(place) + 0.5) * STRIDE / scale for place in (column, row))
        angle = math.degrees(math.atan2(sine, cosine))
        score = 1 / (1 + math.exp(-logit))
        found.append(Word(score, 0.0, x, y, angle, SIZE * math.exp(max(-1.0, min(1.0, size))) / scale))
    return found


def nearer(views: Sequence[tuple[float, Pixels]], word: Word) -> Word:
    """Return a word with its place, turn and height corrected by a look at it alone; `views` are the picture at several scales."""
    middle = LOOK // STRIDE // 2
    part, matrix, scale = _part(views, word, SIZE)
    out = _answer("close", part)[0]
    near = out[0, middle - 2 : middle + 2, middle - 2 : middle + 2]
    row, column = (int(place) + middle - 2 for place in divmod(int(near.argmax()), 4))
    _, cosine, sine, tall = (float(value) for value in out[:, row, column])
    x, y = cv2.invertAffineTransform(matrix) @ ((column + 0.5) * STRIDE, (row + 0.5) * STRIDE, 1.0) / scale
    angle = word.angle + math.degrees(math.atan2(sine, cosine))
    height = word.height * math.exp(max(-1.0, min(1.0, tall)))
    return Word(word.score, 0.0, float(x), float(y), angle, height)


def within(page: Pixels, rectangle: Rectangle) -> list[Word]:
    """Return where a part of a picture may have the word, for letters of several heights, however unlikely the second look holds it."""
    (x, y), (wide, high), angle = rectangle
    found = []
    for share in SHARES:
        scale = SIZE / (share * high)
        shape = int(wide * scale) + 2 * LEAST_SIDE, int(high * scale) + 2 * LEAST_SIDE
        word = Word(0.0, 0.0, x, y, angle, share * high)
        part, matrix = upright(page, word, SIZE, shape, (shape[0] / 2, shape[1] / 2))
        back = cv2.invertAffineTransform(matrix)
        for one in first_look(part, 1.0, least=LEAST_CLOSE):
            near = _sure([(1.0, part)], nearer([(1.0, part)], one))
            (across, down), turn = back @ (near.x, near.y, 1.0), near.angle + angle
            found.append(replace(near, x=float(across), y=float(down), angle=turn, height=near.height / scale))
    return found


def close_up(views: Sequence[tuple[float, Pixels]], word: Word) -> Pixels:
    """Return what the second network sees of a word: upright, in the middle."""
    return _part(views, word, CAPITALS)[0]


def _part(
    views: Sequence[tuple[float, Pixels]], word: Word, size: float
) -> tuple[Pixels, npt.NDArray[np.float64], float]:
    """Return a look at a word whose capitals are so high, the matrix that made it, and the scale of the view it is from."""
    enough = [one for one in views if one[0] * word.height >= size]
    scale, view = min(enough, key=lambda one: one[0]) if enough else max(views, key=lambda one: one[0])
    there = replace(word, x=word.x * scale, y=word.y * scale, height=word.height * scale)
    part, matrix = upright(view, there, size, (LOOK, LOOK), (LOOK / 2, LOOK / 2))
    return part, matrix, scale


def _sure(views: Sequence[tuple[float, Pixels]], word: Word) -> Word:
    """Ask the second network, of a word that may be one several times."""
    logit = _logit(views, word)
    if SCORE_WEIGHT * _log_odds(word.score) + logit > WORTH:
        others = (replace(word, angle=word.angle + turn, height=word.height * share) for turn, share in AGAIN)
        logit = (logit + sum(_logit(views, one) for one in others)) / (1 + len(AGAIN))
    return replace(word, sure=1 / (1 + math.exp(-logit)))


def _logit(views: Sequence[tuple[float, Pixels]], word: Word) -> float:
    return float(_answer("confirm", close_up(views, word)).item())


def upright(
    page: Pixels, word: Word, size: float, shape: tuple[int, int], place: tuple[float, float]
) -> tuple[Pixels, npt.NDArray[np.float64]]:
    """Return a part of a picture turned so that the word is level, and the matrix that did it.

    `size` is the height of its capitals, `shape` columns and rows of the part, `place` where the word's middle goes.
    """
    scale = size / word.height
    turn = math.radians(word.angle)
    cosine, sine = math.cos(turn) * scale, math.sin(turn) * scale
    to = np.array(((cosine, sine), (-sine, cosine)))
    matrix = np.column_stack((to, np.array(place) - to @ (word.x, word.y)))
    if scale > 0.6:
        part = cv2.warpAffine(page, matrix, shape, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(part, np.uint8), matrix
    # A warp alone would skip pixels: what the part shows is cut out and reduced first.
    reach = math.hypot(*shape) / scale + 2
    left, top = (
        int(min(max(at - reach, 0), side - 1)) for at, side in ((word.x, page.shape[1]), (word.y, page.shape[0]))
    )
    cut = resized(page[top : max(int(word.y + reach), top) + 1, left : max(int(word.x + reach), left) + 1], scale)
    inner = matrix.copy()
    inner[:, 2] += to @ (left, top)
    inner[:, :2] /= scale
    part = cv2.warpAffine(cut, inner, shape, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(part, np.uint8), matrix
