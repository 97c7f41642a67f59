"""Visibility of text on a PDF page: colour against background, covers, edges and size."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar
from unicodedata import normalize

from gateway.documents.readers.pdf.page import Box, Fill, PageContent, Piece, Unseen
from gateway.vietnamese.colour import distance

SMALLEST_LEGIBLE_PT = 1.2
T = TypeVar("T")
_BAND, _LOWEST = 40.0, 4000.0
"""Points of the height of the bands in which neighbours are looked for, and below which all is one."""
_LETTER = 0.4
"""The width of a letter, in parts of its size."""
_LAP = 0.1
"""How far something is painted over a letter that hides it, in parts of its size; letters of print lap over each other by less."""
_ACROSS = 4.0
"""How many times larger words are that lie across print and hide none of it."""
_STRUCK = (0.45, 0.15)
"""How high above its foot a line runs through a letter, in parts of its size."""
SAME_COLOUR = 24
"""Difference in the most different channel below which letters do not stand out."""
PAPER = "FFFFFF"
COVER_SHARE = 0.5
"""Least share of the page of a picture that is taken as a cover; small ones are seals and signatures over text."""


def judge_visibility(content: PageContent) -> None:
    """Set `unseen` and `background` of the pieces of a page."""
    pale = [fill for fill in content.fills if fill.opaque]
    area = max(content.width * content.height, 1.0)
    width, height = content.width, content.height
    dark: set[str | None] = set()
    for piece in content.pieces:
        if piece.unseen is not None:
            continue
        left, top, right, bottom = piece.box
        if right <= 0 or bottom <= 0 or left >= width or top >= height:
            piece.unseen = Unseen.OFF_PAGE
        elif piece.size < SMALLEST_LEGIBLE_PT and bottom - top < SMALLEST_LEGIBLE_PT:
            piece.unseen = Unseen.TINY
        elif pale:
            piece.unseen = _judge(piece, pale, area)
        elif piece.colour not in dark and piece.colour is not None:
            if distance(piece.colour, PAPER) < SAME_COLOUR:
                piece.unseen = Unseen.SAME_COLOUR
            else:
                dark.add(piece.colour)
    _strike(content)


def _strike(content: PageContent) -> None:
    """Set `struck` of the pieces on lines with an Ậ: what is left of them may be a mark."""
    strokes = defaultdict[int, list[Box]](list)
    for stroke in content.strokes:
        strokes[round((stroke[1] + stroke[3]) / 2)].append(stroke)
    bases = {round(piece.origin[1]) for piece in content.pieces if strokes and has_dotted_a(piece.text)}
    for piece in content.pieces:
        if (base := round(piece.origin[1])) in bases:
            high, low = (round(base - share * piece.size) for share in _STRUCK)
            left, _, right, _ = piece.box
            reach = (right - left) / 8
            piece.struck = any(
                box[0] <= left + reach and right - reach <= box[2] for y in range(high, low + 1) for box in strokes[y]
            )


def has_dotted_a(text: str) -> bool:
    """Return whether a text has the letter with which all marks end but for a T."""
    return "ậ" in normalize("NFC", text).lower()


def _judge(piece: Piece, fills: list[Fill], area: float) -> Unseen | None:
    """Return why a piece is not seen among areas painted before and after it."""
    left, top, right, bottom = piece.box
    behind: Fill | None = None
    x, y = (left + right) / 2, (top + bottom) / 2
    for fill in fills:
        box = fill.box
        if not (box[0] <= x <= box[2] and box[1] <= y <= box[3]):
            continue
        if fill.order < piece.order:
            behind = fill
        elif contains(box, piece.box) and (fill.colour is not None or surface(box) >= COVER_SHARE * area):
            return Unseen.COVERED
    if behind is not None and behind.colour is None:
        return None  # on a picture: contrast is not known
    background = behind.colour if behind is not None and behind.colour is not None else PAPER
    if background != PAPER:
        piece.background = background
    if piece.colour is not None and distance(piece.colour, background) < SAME_COLOUR:
        return Unseen.SAME_COLOUR
    return None


def cut_off(content: PageContent, is_clipped: Callable[[Piece], bool]) -> tuple[list[Piece], set[int]]:
    """Return the pieces of which a clip, the page edge or something painted over them may hide some letters.

    And all text that has to be drawn to see it, by `Piece.order`. Of no others than lines with an Ậ: of `BẢO MẬT` with a
    white box, line, picture or word over the first one, the rest is a mark.
    """
    page = (0.0, 0.0, content.width, content.height)

    def is_cut(piece: Piece, letter: float) -> bool:
        return _cuts(piece.box, page, letter) or is_clipped(piece)

    return _upon(content.pieces, [*content.paints, *((fill.box, fill.order) for fill in content.fills)], is_cut)


def cut_by(content: PageContent, drawn: PageContent) -> tuple[list[Piece], set[int]]:
    """Return the same for what annotations draw over a page."""
    last = content.objects + 1
    boxes = [*(box for box, _ in drawn.paints), *(fill.box for fill in drawn.fills)]
    return _upon(content.pieces, [(box, last) for box in boxes], lambda *_: False)


def _upon(
    pieces: list[Piece], paints: list[tuple[Box, int]], is_cut: Callable[[Piece, float], bool]
) -> tuple[list[Piece], set[int]]:
    found: list[Piece] = []
    drawn: set[int] = set()
    suspects = [p for p in pieces if p.unseen is None and has_dotted_a(p.text)]
    if not suspects:
        return found, drawn
    text_rows, paint_rows = _by_row((p.box, p) for p in pieces), _by_row((paint[0], paint) for paint in paints)
    plain = len({piece.colour for piece in pieces}) == 1
    for piece in suspects:
        row = (-math.inf, piece.box[1], math.inf, piece.box[3])
        letter, band = piece.size * _LETTER, bands(piece.box)[0]
        near = [paint for paint in paint_rows[band] if overlaps(paint[0], row, letter)]
        mates = [] if plain and not near else [other for other in text_rows[band] if overlaps(other.box, row, letter)]
        near += [(o.box, o.order) for o in mates if o.colour != piece.colour and not _lies_across(o, piece)]
        lap = piece.size * _LAP
        hidden = any(order > one.order and overlaps(box, one.box, lap) for box, order in near for one in mates)
        if hidden or is_cut(piece, letter):
            found += mates if hidden else [piece]
            drawn |= {other.order for other in (mates if hidden else [piece])}
    return found, drawn


def _lies_across(one: Piece, other: Piece) -> bool:
    """Return whether words and others differ so much in size that both can be read, as a watermark and print."""
    least, most = sorted((one.size, other.size))
    return most > _ACROSS * least and sum(map(str.isalpha, one.text)) > 1


def _by_row(items: Iterable[tuple[Box, T]]) -> defaultdict[int, list[T]]:
    """Return the items in each band of a page and the next one."""
    rows = defaultdict[int, list[T]](list)
    for box, item in items:
        for band in bands((0.0, box[1] - _BAND, 0.0, box[3])):
            rows[band].append(item)
    return rows


def bands(box: Box) -> range:
    """Return the numbers of the bands of a page that a box is in."""
    top, bottom = (int(min(max(side, 0.0), _LOWEST) / _BAND) for side in (box[1], box[3]))
    return range(top, max(bottom, top) + 1)


def _cuts(box: Box, page: Box, letter: float) -> bool:
    """Return whether the page ends before some letters of a line."""
    beyond = (page[0] - box[0], page[1] - box[1], box[2] - page[2], box[3] - page[3])
    return max(beyond) > letter


def overlaps(one: Box, other: Box, least: float = 0.0) -> bool:
    """Return whether two boxes share more than so many points, both ways."""
    wide, high = (min(one[side + 2], other[side + 2]) - max(one[side], other[side]) for side in (0, 1))
    return min(wide, high) > least


def contains(outer: Box, inner: Box) -> bool:
    """Return whether a box is in another, but for a point."""
    return (
        outer[0] <= inner[0] + 1 and outer[1] <= inner[1] + 1 and outer[2] >= inner[2] - 1 and outer[3] >= inner[3] - 1
    )


def surface(box: Box) -> float:
    """Return the square points of a box."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)
