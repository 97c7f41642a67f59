"""Which text of a PDF page a reader can see: colour against background, covers, edges and size."""

from __future__ import annotations

import functools
from collections.abc import Callable
from unicodedata import normalize

from gateway.documents.readers.pdf.page import Box, Fill, PageContent, Piece, Unseen

SMALLEST_LEGIBLE_PT = 1.2
_LETTER = 0.4
"""The width of a letter, in parts of its size."""
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
            if _distance(piece.colour, PAPER) < SAME_COLOUR:
                piece.unseen = Unseen.SAME_COLOUR
            else:
                dark.add(piece.colour)


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
        return None  # on a picture: whether it stands out is for the eye
    background = behind.colour if behind is not None and behind.colour is not None else PAPER
    if background != PAPER:
        piece.background = background
    if piece.colour is not None and _distance(piece.colour, background) < SAME_COLOUR:
        return Unseen.SAME_COLOUR
    return None


def cut_off(content: PageContent, is_clipped: Callable[[Piece], bool]) -> list[Piece]:
    """Return the pieces of which an area, a clip or the edge of the page leaves only some letters to be seen.

    Of no others than those with an Ậ: of `BẢO MẬT` under a white box on its first word the rest is a mark.
    """
    found: list[Piece] = []
    opaque = [fill for fill in content.fills if fill.opaque and _distance(fill.colour or PAPER, PAPER) < SAME_COLOUR]
    page = (0.0, 0.0, content.width, content.height)
    for piece in content.pieces:
        if piece.unseen is not None or "ậ" not in normalize("NFC", piece.text).lower():
            continue
        letter = piece.size * _LETTER
        if (
            _cuts(piece.box, page, letter)
            or is_clipped(piece)
            or any(fill.order > piece.order and overlaps(fill.box, piece.box, letter) for fill in opaque)
        ):
            found.append(piece)
    return found


def _cuts(box: Box, page: Box, letter: float) -> bool:
    """Whether the page ends before some letters of a line."""
    beyond = (page[0] - box[0], page[1] - box[1], box[2] - page[2], box[3] - page[3])
    return max(beyond) > letter


def overlaps(one: Box, other: Box, least: float = 0.0) -> bool:
    """Whether two boxes share more than so many points, both ways."""
    wide, high = (min(one[side + 2], other[side + 2]) - max(one[side], other[side]) for side in (0, 1))
    return min(wide, high) > least


def contains(outer: Box, inner: Box) -> bool:
    """Whether a box lies in another, but for a point."""
    return (
        outer[0] <= inner[0] + 1 and outer[1] <= inner[1] + 1 and outer[2] >= inner[2] - 1 and outer[3] >= inner[3] - 1
    )


def surface(box: Box) -> float:
    """Return the square points of a box."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


@functools.lru_cache(maxsize=4096)
def _distance(one: str, other: str) -> int:
    if one == other:
        return 0
    return max(abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) for i in (0, 2, 4))
