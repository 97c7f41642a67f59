"""Words of a line that may be MẬT, by their shape: a dot below the line, and letters above it that go with the dot.

Looking costs a tenth of reading. It decides which lines of a crowded page are read, and finds capitals in the middle of
running prose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from gateway.documents.readers.pictures.lines import Line
from gateway.documents.readers.pictures.rectangles import Pixels, levels, percentile

LEAST_ROWS, LEAST_CONTRAST = 8, 25
"""A lower or paler strip holds no words."""
STRONG = 0.5
"""Ink of a row that belongs to the letters themselves, of that of the rows with most."""
GAP, SPACE = 0.28, 2.5
"""Of the height of letters: the widest gap within a word, and the widest between two words that are read together."""
ALONE, WORD = (0.6, 2.0), (2.2, 8.5)
"""How wide a letter that stands alone and a word is, of its height."""
DOT, DOT_PLACE = (0.08, 0.55), (0.38, 0.85)
"""How wide the dot is, of the height of letters; where it stands, of the width of the word."""
REACH, DESCENDER = 0.62, 0.8
"""How far below the line a dot may reach, and from where on it is part of a descender."""
STOP = 0.35
"""Width of a stop behind a word, of the height of letters."""
CAPITAL = (1.12, 1.5)
"""Rows of the upper ends of capitals, in heights of small letters."""
BAR_WIDTH, BAR_END, BAR_FULL, BAR_EMPTY = 0.28, 0.1, 0.75, 0.35
"""Shares of the width of a word that the bar of T is wide and that its end is; of the columns of one that are full, and of
the rows below the other that are not empty."""


@dataclass(frozen=True, slots=True)
class Word:
    """Columns of a line, in pixels at `lines.DPI`, with the words beside it."""

    left: int
    right: int


def suspects(grey: Pixels, line: Line, scale: float, *, capitals: bool = False) -> Iterator[Word]:
    """Yield the words of a line that may be MẬT; with `capitals` only those that are written in them."""
    margin = int(0.45 * min(line.height, 30)) + 2
    top, bottom = max(int((line.top - margin) * scale), 0), int((line.bottom + margin) * scale)
    left, right = max(int((line.left - 3) * scale), 0), int((line.right + 3) * scale)
    part = grey[top:bottom, left:right]
    if min(part.shape) < LEAST_ROWS:
        return
    low, high = levels(part, 1, 80)
    if high - low < LEAST_CONTRAST:
        return
    ink = cv2.threshold(part, low + 0.6 * (high - low), 1, cv2.THRESH_BINARY_INV)[1]
    first = int(max(line.top, 0) * scale) - top
    rows = ink[first : first + int(line.height * scale)].sum(axis=1, dtype=np.int32)
    strong = np.flatnonzero(rows > STRONG * percentile(rows, 90)) if len(rows) else rows
    if not len(strong):
        return
    upper, base = first + int(strong[0]), first + int(strong[-1]) + 1
    high_letters = max(base - upper, 4)
    above = max(upper - high_letters // 2, 0)
    places = _words(ink[above : base + 1], high_letters)
    filled = ink[above:base].max(axis=0, initial=0).tobytes()
    bars = _bars(ink, upper, base)
    last = -1
    for number, (start, end) in enumerate(places):
        wide = (end - start) / high_letters
        alone = ALONE[0] < wide < ALONE[1]
        if (capitals or not alone) and not WORD[0] < wide < WORD[1]:
            continue
        word = ink[:, start:end]
        if capitals:
            word = word[:, : _without_stop(filled[start:end], high_letters)]
            if not _is_capital(word, bars, start, upper, base):
                continue
        if not _below(ink[:, start:end], upper, base)[0].any():
            continue
        if not _has_dot(word, upper, base, alone=alone, tall=high_letters > 0.6 * line.height * scale):
            continue
        near = number and start - places[number - 1][1] < SPACE * high_letters
        before = max(number - 2 if alone else number - 1 if near else number, last + 1)
        if before > number:
            continue  # it was given with the word before it
        last = min(number + 2 if alone else number + (not capitals), len(places) - 1)
        reach = int((left + places[before][0]) / scale) - 2, int((left + places[last][1]) / scale) + 2
        yield Word(max(reach[0], line.left), min(reach[1], line.right))


def _words(letters: Pixels, high: int) -> list[tuple[int, int]]:
    """Return the columns of each word."""
    filled = letters.max(axis=0)[None]
    closed = cv2.morphologyEx(filled, cv2.MORPH_CLOSE, np.ones((1, max(int(GAP * high), 2)), np.uint8))[0]
    edges = np.flatnonzero(np.diff(np.concatenate(([0], closed, [0])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _without_stop(filled: bytes, high: int) -> int:
    """Return how wide a word is without the stop or comma behind it; `filled` has a 1 for each column with ink."""
    whole = filled.rstrip(b"\0")
    gap = whole.rfind(b"\0")
    letters = whole[: gap + 1].rstrip(b"\0")
    return len(letters) if letters and len(whole) - gap - 2 < STOP * high else len(filled)


def _has_dot(ink: Pixels, upper: int, base: int, *, alone: bool, tall: bool) -> bool:
    """Whether a word has a dot below, no descender, with ink over the letter that the dot belongs to."""
    high, width = max(base - upper, 4), ink.shape[1]
    below, low = _below(ink, upper, base)
    if not below.size:
        return False
    edges = np.flatnonzero(np.diff(np.concatenate(([0], below.max(axis=0), [0])).astype(np.int8)))
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if not DOT[0] * high <= end - start <= DOT[1] * high + 1:
            continue
        if not alone and not DOT_PLACE[0] < (start + end) / 2 / max(width, 1) < DOT_PLACE[1]:
            continue
        if ink[low + int(REACH * high) : low + int(DESCENDER * high), start:end].any():
            continue
        over = ink[: max(upper - int(0.2 * high), 1), max(start - int(0.3 * high), 0) : end + int(0.3 * high)]
        if over.any() or tall:
            return True
    return False


def _below(ink: Pixels, upper: int, base: int) -> tuple[Pixels, int]:
    """Return where a dot below a word would stand, and the row under its letters."""
    high = max(base - upper, 4)
    near = cv2.reduce(ink[max(base - high // 4, 0) : base + high // 5 + 1], 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0]
    firm = np.flatnonzero(near > 0.45 * np.max(near)) if len(near) else near
    low = max(base - high // 4, 0) + int(firm[-1]) + 1 if len(firm) else base
    return ink[low + max(high // 12, 1) : low + int(REACH * high)], low


def _bars(ink: Pixels, upper: int, base: int) -> list[tuple[int, bytes]]:
    """Return the row below where the bar of a T may be, and which columns of the line have ink there.

    The line may be written in small letters, above which the bar stands out, or in capitals.
    """
    high = max(base - upper, 4)
    found = []
    for top, bottom in ((base - CAPITAL[1] * high, base - CAPITAL[0] * high), (upper - 1.0, upper + 0.22 * high)):
        first, last = max(int(top), 0), max(int(bottom), 1)
        found.append((last, ink[first:last].max(axis=0, initial=0).tobytes()))
    return found


def _is_capital(ink: Pixels, bars: list[tuple[int, bytes]], left: int, upper: int, base: int) -> bool:
    """Whether a word ends in a T: a bar on top of its last columns, and nothing below the end of it."""
    high, width = max(base - upper, 4), ink.shape[1]
    bar, end = max(int(BAR_WIDTH * width), 3), max(int(BAR_END * width), 2)
    for last, filled in bars:
        columns = filled[left : left + width][-bar:]
        if columns.count(1) < BAR_FULL * len(columns):
            continue
        if float(ink[last + int(0.3 * high) : base, -end:].max(axis=1, initial=0).mean()) < BAR_EMPTY:
            return True
    return False
