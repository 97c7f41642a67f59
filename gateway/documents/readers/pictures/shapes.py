"""Words of a line that may be MẬT by their shape: a network of 31,000 weights examines each, reduced to a few pixels.

It decides of which long lines something is read, and which lines of a crowded page, and finds capitals in the middle of
running prose. Looking costs a hundredth of reading. The weights (`shapes.npz`) come from `tests/detector`.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures.lines import Line
from gateway.documents.readers.pictures.rectangles import Pixels, levels, percentile
from gateway.documents.readers.pictures.spots import runs

LEAST_ROWS, LEAST_CONTRAST = 8, 25
"""A lower or paler strip holds no words."""
INK, STRONG = 255, 0.5
"""A pixel of ink, and the ink of a row that belongs to the letters themselves, of that of the rows with most."""
GAP, SPACE, NARROW = 0.28, 2.5, 1.3
"""Of the height of letters: the widest gap within a word, and between two words that are read together; where so many of their
widths are less, the first is of that."""
WORD, ALONE, PIECE, PRINT = (0.6, 9.5), 2.0, 4.5, 2.2
"""Widths in heights of letters: of a word, of a single letter, of two or three that touch, and of MẬT in letters of print."""
ABOVE, BELOW = 2.1, 0.65
"""Heights of letters above and below the foot of a line between which its words stand, with capitals and signs."""
LOOK = (28, 16)
"""Columns and rows to which a word is reduced, whatever its proportions are."""
LEAST_ODDS = -2.5
"""Logarithm of the odds from which a word may be MẬT."""

Look = npt.NDArray[np.float32]
"""A word as the network sees it: its picture, its width and what of it is above and below the foot of the line."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A line cut out of its page, and its words."""

    ink: Pixels
    left: int
    """Column of the page at which it begins."""
    foot: int
    """Row under its letters."""
    high: int
    """Rows of its small letters, or of its capitals."""
    words: Sequence[tuple[int, int]]
    """Columns of each."""

    @property
    def spans(self) -> Iterator[tuple[int, int]]:
        """First and last number of what may be one word: a word, or two or three pieces of one that is spaced."""
        wide = [(end - start) / self.high for start, end in self.words]
        for number, width in enumerate(wide):
            if WORD[0] < width < WORD[1]:
                yield number, number
            for last in (number + 1, number + 2):
                pieces = sorted(wide[number : last + 1])
                if last < len(wide) and pieces[-2] < ALONE and pieces[-1] < (PIECE if last == number + 1 else ALONE):
                    yield number, last

    def look(self, first: int, last: int) -> Look:
        """Return what the network sees of the words from one to another."""
        top = max(self.foot - int(ABOVE * self.high), 0)
        left, right = self.words[first][0], self.words[last][1]
        part = self.ink[top : self.foot + int(BELOW * self.high) + 1, left:right]
        x, y, width, height = cv2.boundingRect(part)
        picture = cv2.resize(part[y : y + height, x : x + width], LOOK, interpolation=cv2.INTER_AREA)
        seen, high = np.empty(picture.size + 4, np.float32), self.high
        np.multiply(picture.ravel(), 1 / INK, out=seen[:-4])
        width = max(width, int(PRINT * high))  # condensed letters are looked at as if they had the width of print
        seen[-4:] = (
            width / high / 5,
            (self.foot - top - y) / high / 2,
            (top + y + height - self.foot) / high,
            width / height / 2,
        )
        return seen


def strip(grey: Pixels, line: Line, scale: float) -> Strip | None:
    """Cut a line out of a grey page of so many pixels for one at `lines.DPI`; None when there are no words."""
    margin = int(0.45 * min(line.height, 30)) + 2
    top, bottom = max(int((line.top - margin) * scale), 0), int((line.bottom + margin) * scale)
    left, right = max(int((line.left - 3) * scale), 0), int((line.right + 3) * scale)
    part = grey[top:bottom, left:right]
    if min(part.shape) < LEAST_ROWS:
        return None
    low, high = levels(part, 1, 80)
    if high - low < LEAST_CONTRAST:
        return None
    ink = np.asarray(cv2.threshold(part, low + 0.6 * (high - low), INK, cv2.THRESH_BINARY_INV)[1], np.uint8)
    first = int(max(line.top, 0) * scale) - top
    rows = ink[first : first + int(line.height * scale)].sum(axis=1, dtype=np.int32)
    strong = np.flatnonzero(rows > STRONG * percentile(rows, 90)) if len(rows) else rows
    if not len(strong):
        return None
    upper, foot = first + int(strong[0]), first + int(strong[-1]) + 1
    letters = max(foot - upper, 4)
    return Strip(ink, left, foot, letters, _words(ink[max(upper - letters // 2, 0) : foot + 1], letters))


def suspects(grey: Pixels, lines: Sequence[Line], scale: float) -> list[list[tuple[int, int]]]:
    """Return for each line the columns at `lines.DPI` of its words that may be MẬT with words beside them, of prose only capitals.

    Asking for all lines at once is cheaper.
    """
    cuts = [strip(grey, line, scale) for line in lines]
    spans = [list(cut.spans) if cut is not None else [] for cut in cuts]
    looks = [cut.look(*span) for cut, of_line in zip(cuts, spans, strict=True) if cut is not None for span in of_line]
    odds = iter(_odds(np.stack(looks))) if looks else iter(())
    found = []
    for line, cut, of_line in zip(lines, cuts, spans, strict=True):
        own = [next(odds) for _ in of_line]
        likely = [
            span
            for span, (capitals, any_case) in zip(of_line, own, strict=True)
            if (capitals if line.prose else max(capitals, any_case)) >= LEAST_ODDS
        ]
        found.append(list(_with_neighbours(line, cut, likely, scale)) if cut is not None else [])
    return found


def _with_neighbours(
    line: Line, cut: Strip, spans: Sequence[tuple[int, int]], scale: float
) -> Iterator[tuple[int, int]]:
    words, last = cut.words, -1
    for begin, end in spans:
        one = begin == end
        near = one and begin and words[begin][0] - words[begin - 1][1] < SPACE * cut.high
        before = max(begin - 1 if near else begin, last + 1)
        if before > end:
            continue  # it was given with the word before it
        last = min(end + (one and not line.prose), len(words) - 1)
        reach = int((cut.left + words[before][0]) / scale) - 2, int((cut.left + words[last][1]) / scale) + 2
        yield max(reach[0], line.left), min(reach[1], line.right)


def _words(letters: Pixels, high: int) -> list[tuple[int, int]]:
    """Return the columns of each word."""
    filled = letters.max(axis=0)[None]
    pieces = [end - start for start, end in runs(filled[0])]
    narrow = NARROW * float(np.median(pieces)) if pieces else 0.0
    gap = max(int(GAP * min(high, narrow)), 2)
    return runs(np.asarray(cv2.morphologyEx(filled, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))[0], np.uint8))


@functools.cache
def _layers() -> list[npt.NDArray[np.float32]]:
    """Return weights and biases, layer by layer."""
    data = resources.files(__package__).joinpath("shapes.npz").read_bytes()
    with np.load(io.BytesIO(data)) as kept:
        return [kept[name].astype(np.float32) for name in sorted(kept.files)]


def _odds(looks: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return for each look the logarithms of the odds that it is MẬT, and that it is Mật or mật."""
    values, layers = looks, _layers()
    for number in range(0, len(layers), 2):
        # By OpenCV: the threads of numpy's BLAS wait for one another with all their might on a busy machine.
        values = np.asarray(cv2.gemm(values, layers[number], 1.0, None, 0.0), np.float32) + layers[number + 1]
        values = np.maximum(values, 0.0) if number + 2 < len(layers) else values
    return values


def warm_up() -> None:
    """Load the weights, so that children need no file for them."""
    _layers()
