"""Boxes before the options of a form that are only drawn: which of them hold more ink than the others.

`Mật` beside a square with a cross, a circle with a dot, a black square: whatever draws them, the place before each option is
rendered without the words. What goes on beside it are rules, cells and colours of a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from gateway.documents.readers.pdf.page import Box, PageContent, Piece
from gateway.documents.readers.pdf.rendering import render, switched_off
from gateway.documents.readers.records import is_value

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gateway.documents.readers.pdf.rendering import Pixels

_WIDE, _OVER = 2.2, 0.25
"""Place of a box before its option, and how far it goes above and below the letters, in sizes of them."""
_SCALE, LIMIT_PIXELS, _MOST = 2.0, 4_000_000, 60
"""Pixels for a point, and options of a page that are looked at."""
_LEAST, _SAME, _MORE = 12.0, 1.1, 1.2
"""Pixels of ink of a box, and how many times as much the other empty ones have at most, and a ticked one at least."""
_PALE = 0.05
"""Darkness of what is no ink."""


def put_boxes(page: int, content: PageContent, handles: list[int], *, printed: bool) -> None:
    """Put a box to tick before each option of a loaded page where some hold more ink than others.

    `handles` are those of all objects of the page in painting order; what only paper shows is seen if it is `printed` too.
    """
    options = [one for one in content.pieces if one.unseen is None and not one.angle and is_value(one.text)]
    levels = {one.text.strip().casefold() for one in options}
    if len(levels) < 2 or len(options) > _MOST or not any("mật" in one or "mat" in one for one in levels):
        return
    size = int(content.width * _SCALE), int(content.height * _SCALE)
    if not 0 < size[0] * size[1] <= LIMIT_PIXELS:
        return
    words = (
        handles[piece.order - 1] for piece in content.pieces if len(piece.text.strip()) > 1 or not _may_tick(piece)
    )
    with switched_off(words):
        pixels = render(page, size, printed=printed)
    places = [_before(option) for option in options]
    inks = [_ink(pixels, place) for place in places]
    empty = min(inks)
    ticked = [ink > _MORE * empty for ink in inks]
    if empty < _LEAST or not any(ticked) or any(_SAME * empty < ink <= _MORE * empty for ink in inks):
        return
    content.pieces = [
        piece
        for piece in content.pieces
        if len(piece.text.strip()) > 1 or not any(_holds(place, piece.box) for place in places)
    ]
    for option, place, is_ticked in zip(options, places, ticked, strict=True):
        box = place[0] + option.size, option.box[1], option.box[0] - option.size / 4, option.box[3]
        text, at = "☒ " if is_ticked else "☐ ", (box[0], option.origin[1])
        content.pieces.append(replace(option, text=text, box=box, origin=at))


def _may_tick(piece: Piece) -> bool:
    """Return whether a letter alone is a tick, or the sign of a font of signs."""
    letter = piece.text.strip()
    return piece.font.symbol or letter in "xXvV" or not letter.isalnum()


def _before(option: Piece) -> Box:
    left, top, _, bottom = option.box
    return left - _WIDE * option.size, top - _OVER * option.size, left, bottom + _OVER * option.size


def _holds(outer: Box, inner: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] < x < outer[2] and outer[1] < y < outer[3]


def _ink(pixels: Pixels, place: Box) -> float:
    """Return how much of a place is inked, in whole pixels, without rules, cells and colours that go on beside it."""
    import numpy as np

    from gateway.documents.readers.pictures.spots import spots

    left, top, right, bottom = (max(int(side * _SCALE), 0) for side in place)
    part = pixels[top:bottom, left:right].astype(np.float32).mean(axis=2)
    if not part.size:
        return 0.0
    ink: npt.NDArray[np.float32] = np.abs(part - np.median(part)) / 255
    labels, boxes = spots((ink > _PALE).astype(np.uint8))
    high, wide = labels.shape
    for number, (x, y, width, height, _) in enumerate(boxes.tolist(), 1):
        if x == 0 or x + width == wide or (y == 0 and y + height == high):
            ink[labels == number] = 0.0
    ink[labels == 0] = 0.0
    return float(ink.sum())
