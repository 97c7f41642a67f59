"""Drawn check boxes beside the options of a form: those with more ink than the others.

`Mật` beside a square with a cross, a circle with a dot, a black square: whatever draws them, the place before each option, or
behind it, is rendered without the words; where there are no boxes, an option may be circled. What goes on beside it are rules, cells and colours of a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from gateway.documents.readers.pdf.lines import around, build_lines
from gateway.documents.readers.pdf.page import Box, PageContent, Piece
from gateway.documents.readers.pdf.rendering import render, switched_off
from gateway.documents.readers.records import is_value

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gateway.documents.readers.pdf.rendering import Pixels

_WIDE, _OVER = 2.2, 0.25
"""Place of a box beside its option, and how far it goes above and below the letters, in sizes of them."""
_APART, _POINTS = 0.6, ".,:;/-"
"""Gap between two words that are two phrases, in sizes of their letters, and signs that are no ticks."""
_CIRCLE = 3.0, 1.0
"""Heights of an option across and down within which the line around it stands."""
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
    phrases = _phrases(content)
    options = [phrase for phrase in phrases if is_value(phrase.text)]
    size = int(content.width * _SCALE), int(content.height * _SCALE)
    if not _are_levels(options) or not 0 < size[0] * size[1] <= LIMIT_PIXELS:
        return
    ticks = {phrase.order for phrase in phrases if _is_tick(phrase)}
    words = (handles[piece.order - 1] for piece in content.pieces if piece.order not in ticks)
    with switched_off(words):
        pixels = render(page, size, printed=printed)
    for side in (_before, _behind):
        places = [side(option) for option in options]
        ticked = _ticked([_ink(pixels, place) for place in places])
        if any(ticked):
            break
    else:
        ticked = _circled(pixels, [option.box for option in options])
        if not any(ticked):
            return
    content.pieces = [
        piece
        for piece in content.pieces
        if piece.order not in ticks or not any(_holds(place, piece.box) for place in places)
    ]
    for option, is_ticked in zip(options, ticked, strict=True):
        box = option.box[0] - option.size, option.box[1], option.box[0] - option.size / 4, option.box[3]
        text, at = "☒ " if is_ticked else "☐ ", (box[0], option.origin[1])
        content.pieces.append(replace(option, text=text, box=box, origin=at))


def offers_levels(content: PageContent) -> bool:
    """Return whether a page has options of a form of which one is a level."""
    return _are_levels([phrase for phrase in _phrases(content) if is_value(phrase.text)])


def _are_levels(options: list[Piece]) -> bool:
    levels = {one.text.casefold() for one in options}
    return len(levels) > 1 and len(options) <= _MOST and any("mật" in one or "mat" in one for one in levels)


def _phrases(content: PageContent) -> list[Piece]:
    """Return the words of a page that stand close together as one piece, a sign that may be a tick alone; none without a level."""
    seen = [piece for piece in content.pieces if piece.unseen is None and not piece.angle]
    letters = "".join(piece.text for piece in seen).casefold()
    if "mật" not in letters and "mat" not in letters:
        return []
    phrases: list[Piece] = []
    for line in build_lines(seen):
        row: list[Piece] = []
        for piece, text in zip(line.pieces, line.texts, strict=True):
            before = row[-1] if row else None
            if before is not None and _goes_on(before, piece, blank=text[:1].isspace()):
                row[-1] = replace(before, text=before.text + text, box=around([before, piece]))
            elif not piece.text.isspace():
                row.append(replace(piece, text=text.lstrip()))
        phrases += row
    return [replace(phrase, text=phrase.text.strip()) for phrase in phrases]


def _goes_on(before: Piece, piece: Piece, *, blank: bool) -> bool:
    """Return whether a piece belongs to the words before it on its line."""
    if piece.text.isspace():
        return True
    if _is_sign(before) or _is_sign(piece) or (_is_tick(before) and (blank or before.text[-1:].isspace())):
        return False
    return piece.box[0] - before.box[2] <= _APART * before.size


def _is_tick(piece: Piece) -> bool:
    """Return whether a letter alone is a tick, or the sign of a font of signs."""
    return _is_sign(piece) or piece.text.strip() in tuple("xXvV")


def _is_sign(piece: Piece) -> bool:
    letter = piece.text.strip()
    return len(letter) == 1 and (piece.font.symbol or not (letter.isalnum() or letter in _POINTS))


def _before(option: Piece) -> Box:
    left, top, _, bottom = option.box
    return left - _WIDE * option.size, top - _OVER * option.size, left, bottom + _OVER * option.size


def _behind(option: Piece) -> Box:
    _, top, right, bottom = option.box
    return right, top - _OVER * option.size, right + _WIDE * option.size, bottom + _OVER * option.size


def _holds(outer: Box, inner: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] < x < outer[2] and outer[1] < y < outer[3]


def _ticked(inks: list[float]) -> list[bool]:
    """Return which places hold more ink than the other ones, which must hold as much as one another."""
    empty = min(inks)
    ticked = [ink > _MORE * empty for ink in inks]
    if empty < _LEAST or any(_SAME * empty < ink <= _MORE * empty for ink in inks):
        return []
    return ticked


def _circled(pixels: Pixels, options: list[Box]) -> list[bool]:
    """Return around which options, and little more, a line of ink goes; around none where others have cells or fields."""
    import numpy as np

    from gateway.documents.readers.pictures.spots import CONTRAST, FRAME, is_framed

    circled = []
    for option in options:
        left, top, right, bottom = (max(int(side * _SCALE), 0) for side in option)
        one, other = (is_framed(pixels, left, top, right, bottom, within=within) for within in (_CIRCLE, FRAME))
        filled = float(np.median(pixels[top:bottom, left:right])) <= 255 - CONTRAST
        if other and (filled or not one):
            return []
        circled.append(one)
    return [] if all(circled) else circled


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
