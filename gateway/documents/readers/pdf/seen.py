"""Visibility of text in the colour of the paper or possibly covered, by rendering it.

What is behind a text is known only of plain rectangles. White letters on a rounded box or a gradient, and letters that
are filled with a gradient, which pdfium calls white, are as plain to see as any. So the place is rendered with and without
the text: what changes nothing on the page is not seen. In the same way lines with an Ậ are looked at of which a soft mask, a
pattern, a layer or the clip of a form may take some letters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.documents.readers.pdf.page import Box, PageContent, Piece, Unseen
from gateway.documents.readers.pdf.rendering import render, switched_off
from gateway.documents.readers.pdf.visible import PAPER, SAME_COLOUR, bands, has_dotted_a
from gateway.vietnamese.colour import distance

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gateway.documents.readers.pdf.rendering import Pixels

LIMIT_PIXELS = 3_000_000
LETTER_PX = 12.0
"""Height of the letters as rendered: as few pixels as show them well."""
LEAST_SCALE, LARGEST_SCALE = 0.25, 4.0
GAP = 0.6
"""Width of a letter, and of a blank, in parts of their size."""
CAPITAL, SMALL = 0.75, 0.5
"""Greatest mean widths of capitals and other letters, in parts of their size: a longer line is set apart."""
LEAST_CHANGE = 4
"""Pixels of a text that must change with it."""
ALIKE = 3 * SAME_COLOUR
"""Difference from which two colours are others, and not the same with smoothed edges."""


def suspects(content: PageContent, is_veiled: Callable[[Piece], bool]) -> list[Piece]:
    """Return the pieces that have the colour of what is known to lie behind them, and those near an Ậ behind a veil."""
    rows = {band for piece in content.pieces if has_dotted_a(piece.text) for band in bands(piece.box)}
    seen = (piece for piece in content.pieces if piece.unseen is None and piece.text.strip())
    near = [piece for piece in seen if not rows.isdisjoint(bands(piece.box)) and is_veiled(piece)]
    return near + [piece for piece in content.pieces if piece.unseen is Unseen.SAME_COLOUR]


def look_again(page: int, content: PageContent, pieces: list[Piece], handles: list[int], *, printed: bool) -> None:
    """Take back that pieces are not seen, and correct their colours, where the page shows them; tell what is not seen of others.

    `handles` are those of all objects of the page in painting order; what only paper shows is seen if it is `printed` too.
    """
    import numpy as np

    scale = _scale(content, pieces)
    size = max(int(content.width * scale), 1), max(int(content.height * scale), 1)
    boxes = [_pixels(piece.box, scale, size) for piece in pieces]
    part = _around(boxes)
    if (part[2] - part[0]) * (part[3] - part[1]) > LIMIT_PIXELS:
        return
    objects = {handles[piece.order - 1] for piece in pieces}
    shown = render(page, size, part, printed=printed)
    with switched_off(objects):
        bare = render(page, size, part, printed=printed)
    for piece, (left, top, right, bottom) in zip(pieces, boxes, strict=True):
        place = slice(top - part[1], bottom - part[1]), slice(left - part[0], right - part[0])
        change = np.abs(shown[place].astype(np.int16) - bare[place]).max(axis=2)
        if piece.unseen is not None:
            _judge(piece, change, shown[place], bare[place])
        elif (change < SAME_COLOUR).all():
            piece.unseen = Unseen.COVERED
        if piece.unseen is None and _has_gap(piece, change >= SAME_COLOUR, piece.size * scale):
            content.gaps.add(piece.order)


def _scale(content: PageContent, pieces: list[Piece]) -> float:
    """Return pixels for a point."""
    smallest = min(max(piece.size, 1.0) for piece in pieces)
    room = math.sqrt(LIMIT_PIXELS / max(content.width * content.height, 1.0))
    return max(min(LETTER_PX / smallest, LARGEST_SCALE, room), min(LEAST_SCALE, room))


def _pixels(box: Box, scale: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the pixels of a box within the page, at least one."""
    left, top = max(int(box[0] * scale) - 1, 0), max(int(box[1] * scale) - 1, 0)
    left, top = min(left, size[0] - 1), min(top, size[1] - 1)
    right, bottom = min(int(box[2] * scale) + 2, size[0]), min(int(box[3] * scale) + 2, size[1])
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _around(boxes: list[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _has_gap(piece: Piece, ink: npt.NDArray[np.bool_], size: float) -> bool:
    """Return whether a gap in the ink of a line is wider than its blanks; slanting lines are not measured."""
    import numpy as np

    if piece.angle % 90:
        return False
    along = ink if piece.angle % 180 == 0 else ink.T
    quarter = along.shape[0] // 4  # the lines above and below may reach in
    places = np.flatnonzero(along[quarter : along.shape[0] - quarter].any(axis=0))
    blanks = re.findall(r"\s+", piece.text)
    spread = along.shape[1] - size * sum(CAPITAL if letter.isupper() else SMALL for letter in piece.text)
    spread = max(spread, 0.0) / (1 if blanks else len(piece.text))  # pdfium tells of several blanks as one
    widest = GAP * size * (1 + max(map(len, blanks), default=0)) + spread
    return bool(np.diff(places, prepend=-1, append=along.shape[1]).max() - 1 > widest)


def _judge(piece: Piece, change: npt.NDArray[np.int16], shown: Pixels, bare: Pixels) -> None:
    """Judge a piece by its place with it and without it."""
    if int((change >= SAME_COLOUR).sum()) < LEAST_CHANGE:
        return
    core = change >= 0.8 * change.max()
    ink, ground = _mean(shown, core), _mean(bare, core)
    piece.unseen = None
    if distance(ground, PAPER) >= ALIKE:
        piece.background = ground
    if piece.colour is not None and distance(ink, piece.colour) >= ALIKE:
        piece.colour = None  # a pattern or gradient has none that could be named


def _mean(pixels: Pixels, where: npt.NDArray[np.bool_]) -> str:
    """Return RRGGBB of the mean of some BGR pixels."""
    blue, green, red = (round(float(value)) for value in pixels[where].mean(axis=0))
    return f"{red:02X}{green:02X}{blue:02X}"
