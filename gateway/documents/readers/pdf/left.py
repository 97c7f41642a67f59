"""Page content that no text explains: letters drawn as curves, strokes, dots or pictures, fonts without meaning.

The page is drawn without the text objects that say what they show. Straight rules and the sides of tables are passed over;
what is left has to be read as a picture, whatever drew it. Text that it touches is drawn with it, since one word may be made
of both.
"""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from gateway.documents.readers.pdf.api import OBJECT_TEXT, Rect, pdfium
from gateway.documents.readers.pdf.claims import Claims
from gateway.documents.readers.pdf.looks import Looks
from gateway.documents.readers.pdf.page import Box, Left, PageContent, Picture, Piece, Unseen
from gateway.documents.readers.pdf.rendering import render, switched_off
from gateway.documents.readers.pdf.shapes import LONGEST_STROKE, is_cut
from gateway.documents.readers.pdf.visible import cut_off

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gateway.documents.readers.pdf.rendering import Pixels


DPI = 100.0
LIMIT_PIXELS = 4_000_000
SHOWN = 700.0
"""Pixels of the longer side of a page as viewers show it at least, however small it is."""
CONTRAST = 20
"""Difference of neighbouring pixels that makes an edge."""
RULE = 60
"""Pixels of a straight edge that is longer than the strokes of a letter."""
BETWEEN = 5
"""Pixels between the dots of a letter."""
THINNEST, LONG, THICK = 4, 12, (8, 12)
"""Pixels across; edges of a line of one pixel have three. What is long must be thicker, upright even more: sides of cells are no letters."""
SIDE = 6
"""Pixels within which the side of a box is drawn."""
SMALL = 10
"""Pixels; a smaller figure alone is a bullet, but may be the dot or the hook of a letter."""
COARSE, APART, LIMIT_AREAS = 4.0, 36.0, 16
"""Points: the grid on which figures are gathered, and how far apart they are read apart; more areas are read as one."""
LIMIT_FINE = 200
"""Small and fine pictures of a page that are read one by one; more are gathered like figures."""
FLAT = 0.05
"""Points of the height of what shows nothing."""
LARGE = 80.0
"""Points of the height of a figure that is no letter of print."""
JOINT = 1.0
"""Points between the parts of one rule."""
_MARK = re.compile(r"m\W*a\W*t")
_SIGN = re.compile(r"[^\s\u115f\u1160\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0]")
"""What a text must have to say anything: no blanks, no joiners."""
LEAST_LETTERS = 3
"""The shortest mark has three."""
BESIDE, HIGHEST = 0.8, 2.5
"""Greatest distance and height of a drawing that completes a word of text, in sizes of the text."""


SPRINKLED, LONGEST_ROW = {True: 100, False: 40}, 20
"""Equal letters, and signs, on `SPRINKLED_LINES` lines from which they are dots of a drawing; a longer row is a leader."""
SPRINKLED_LINES = 6
PICTURE_SHARE = 0.5
"""Share of a page under pictures from which, with few letters, the page is a picture."""
FEW_LETTERS = 200
"""Visible letters that a scan may have on top (stamps of the registry, signature panels)."""
CURVES = 60
"""Drawn shapes from which a page with few letters may be text turned into outlines."""


def is_picture(content: PageContent) -> bool:
    """Return whether a page is read as a picture as a whole."""
    if content.curves < CURVES and covered(content) < PICTURE_SHARE:
        return False
    seen = (piece.text for piece in content.pieces if piece.unseen is None)
    return sum(letter.isalpha() for text in seen for letter in text) < FEW_LETTERS


def covered(content: PageContent) -> float:
    """Return the share of a page under pictures."""
    return min(sum(_share(picture, content) for picture in content.pictures), 1.0)


def _share(picture: Picture, content: PageContent) -> float:
    """Return the share of a page that a picture takes."""
    left, top, right, bottom = picture.box
    width = min(right, content.width) - max(left, 0.0)
    height = min(bottom, content.height) - max(top, 0.0)
    return max(width, 0.0) * max(height, 0.0) / max(content.width * content.height, 1.0)


def left_over(
    page: int,
    content: PageContent,
    objects: list[tuple[int, int]],
    base: list[int],
    looks: Looks,
    claims: Claims,
    *,
    printed: bool = False,
) -> Left | None:
    """Return the ink of a loaded page that no text explains, None when there is none.

    `objects` are handles and kinds of all objects of the content in painting order, `base` others below them.
    """
    import numpy as np

    cut, beneath = cut_off(content, lambda one: one.order in content.gaps or is_cut(objects[one.order - 1][0]))
    own = (
        _unexplained(content, objects, looks)
        | _sprinkled(content.pieces)
        | beneath
        | claims.doubtful(page, content, [handle for handle, _ in objects])
    )
    if not own and not content.drawings and not looks.clips and not _has_lone_strokes(content.strokes):
        return None
    scale = max(DPI / 72, SHOWN / max(content.width, content.height, 1.0))
    scale = min(scale, (LIMIT_PIXELS / max(content.width * content.height, 1.0)) ** 0.5)
    size = max(int(content.width * scale), 1), max(int(content.height * scale), 1)
    texts = (handle for order, (handle, kind) in enumerate(objects, 1) if kind == OBJECT_TEXT and order not in own)
    with switched_off([*base, *texts]):
        edges = _edges(render(page, size, printed=printed))
    figures = _figures(edges)
    fine = [picture.box for picture in content.pictures if picture.is_fine]
    fine = fine if len(fine) <= LIMIT_FINE else [*_areas(fine, edges, content)]
    beside = _touching(figures / scale, content.pieces)
    small = (figures[:, 2:4] - figures[:, :2]).max(axis=1, initial=0) < SMALL
    if not len(figures) or (small.all() and not own and not any(_may_be_mark(piece.text) for piece in beside)):
        return Left(areas=tuple(fine)) if fine else None
    # Of a letter that is larger than print its straight sides belong to it.
    letters = (figures[:, 7:] - figures[:, 5:6]) < LARGE * scale
    boxes = [*(np.where(letters, figures[:, 4:], figures[:, :4]) / scale).tolist(), *(piece.box for piece in beside)]
    return Left(
        frozenset(own | {piece.order for piece in beside}),
        (*_areas(boxes, edges, content), *fine),
        tuple(piece.box for piece in cut),
    )


def _unexplained(content: PageContent, objects: list[tuple[int, int]], looks: Looks) -> set[int]:
    """Return the text objects that show what their text does not say."""
    explained = {
        piece.order
        for piece in content.pieces
        if piece.unseen is Unseen.INVISIBLE_MODE
        or (piece.font.name is not None and piece.order not in content.blind and _SIGN.search(piece.text))
    }
    others = {order for order, (_, kind) in enumerate(objects, 1) if kind == OBJECT_TEXT} - explained
    mute = others - {piece.order for piece in content.pieces if _SIGN.search(piece.text)}
    return others - {order for order in mute if _is_blank(objects[order - 1][0], looks)}


def _sprinkled(pieces: list[Piece]) -> set[int]:
    """Return the text objects that are one sign over and over, on several lines: dots, bullets or an X of which letters are made."""
    found: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        rows = piece.text.split()
        if rows and piece.unseen is None and len(set("".join(rows))) == 1 and not rows[0][0].isdigit():
            found[rows[0][0]] += [piece] if max(map(len, rows)) < LONGEST_ROW else []
    total = sum(map(len, found.values()))  # of a page that is set letter by letter no letter is half
    return {
        piece.order
        for sign, dots in found.items()
        if 2 * len(dots) >= total
        and sum(len(dot.text) for dot in dots) >= SPRINKLED[sign.isalpha()]
        and len({round(dot.origin[1]) for dot in dots}) >= SPRINKLED_LINES
        for piece in dots
    }


def _is_blank(handle: int, looks: Looks) -> bool:
    """Return whether a text object that says nothing has nothing but spaces: their outline has no height."""
    if looks.font(pdfium().FPDFTextObj_GetFont(handle)).name is None:
        return False  # of a Type 3 font the file itself says how high its glyphs are
    bounds = Rect()
    left, top, right, bottom = (ctypes.addressof(bounds) + 4 * side for side in range(4))
    found = pdfium().FPDFPageObj_GetBounds(handle, left, bottom, right, top)
    return bool(found) and bounds.top - bounds.bottom < FLAT


def _may_be_mark(text: str) -> bool:
    """Return whether a text has the letters of MẬT in their order, so that a dot or a stroke may make it so."""
    return bool(_MARK.search(unicodedata.normalize("NFD", text).lower()))


def _has_lone_strokes(strokes: list[Box]) -> bool:
    """Return whether some short straight lines do not join end to end to the sides of a table."""
    for across, along in ((0, 1), (1, 0)):
        lines: dict[int, list[Box]] = defaultdict(list)
        for box in strokes:
            if box[along + 2] - box[along] >= box[across + 2] - box[across]:
                lines[round(box[across] + box[across + 2])].append(box)
        for line in lines.values():
            line.sort(key=itemgetter(along))
            start, end = line[0][along], line[0][along]
            for box in line:
                if box[along] > end + JOINT:
                    if end - start < LONGEST_STROKE:
                        return True
                    start = box[along]
                end = max(end, box[along + 2])
            if end - start < LONGEST_STROKE:
                return True
    return False


def _figures(edges: Pixels) -> npt.NDArray[np.float64]:
    """Return what may be letters or parts of them by its edges: its box and that of the ink it is part of."""
    import cv2
    import numpy as np

    from gateway.documents.readers.pictures.spots import spots

    mask = edges
    for shape in ((1, RULE), (RULE, 1)):
        mask = cv2.subtract(mask, cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(shape, np.uint8)))
    x, y, width, height = cv2.boundingRect(mask)
    if not width:
        return np.zeros((0, 8))
    mask = cv2.copyMakeBorder(mask[y : y + height, x : x + width], *(BETWEEN,) * 4, cv2.BORDER_CONSTANT)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((BETWEEN, BETWEEN), np.uint8))
    labels, boxes = spots(mask)
    found = [
        (left + x - BETWEEN, top + y - BETWEEN, left + wide + x - BETWEEN, top + high + y - BETWEEN)
        for number, (left, top, wide, high, _) in enumerate(boxes.tolist(), 1)
        if min(wide, high) >= (THINNEST if max(wide, high) < LONG else THICK[high > wide])
        and not _is_frame(labels[top : top + high, left : left + wide] == number)
    ]
    if not found:
        return np.zeros((0, 8))
    labels, boxes = spots(edges)
    boxes[:, 2:4] += boxes[:, :2]
    both = []
    for figure in found:
        left, top, right, bottom = figure
        part = labels[top:bottom, left:right]
        wholes = boxes[np.unique(part[part > 0]) - 1, :4]
        both.append((*figure, *wholes[:, :2].min(axis=0), *wholes[:, 2:].max(axis=0)))
    return np.array(both, float)


def _is_frame(shape: npt.NDArray[np.bool_]) -> bool:
    """Return whether a figure is the outline of a box with nothing in it: a field, a check box, a cell."""
    inner = shape[SIDE:-SIDE, SIDE:-SIDE]
    return bool(inner.size) and not inner.any()


def _areas(boxes: Sequence[list[float] | Box], edges: Pixels, content: PageContent) -> Iterator[Box]:
    """Yield the parts of a page where figures are together; `edges` are all that was drawn."""
    import cv2
    import numpy as np

    from gateway.documents.readers.pictures.spots import spots

    size = max(int(content.height / COARSE), 1) + 1, max(int(content.width / COARSE), 1) + 1
    canvas = np.zeros(size, np.uint8)
    for left, top, right, bottom in boxes:
        reach = max(APART, bottom - top) / 2
        rows = slice(max(int((top - reach) / COARSE), 0), max(int((bottom + reach) / COARSE), 0) + 1)
        columns = slice(max(int((left - reach) / COARSE), 0), max(int((right + reach) / COARSE), 0) + 1)
        canvas[rows, columns] = 255
    labels, found = spots(canvas)
    highest = max(bottom - top for _, top, _, bottom in boxes)
    if highest > LARGE:
        # Of large letters only what is not straight was found: all ink belongs to them that no wide gap parts from it.
        ink = cv2.max(canvas, cv2.resize(edges, size[::-1], interpolation=cv2.INTER_AREA))
        gap = int(2 * highest / COARSE)
        labels, found = spots(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8)))
        found = found[np.unique(labels[canvas > 0]) - 1]
    if len(found) > LIMIT_AREAS:
        found = np.array([cv2.boundingRect(canvas)])
    for left, top, wide, high, *_ in found.tolist():
        yield COARSE * left, COARSE * top, COARSE * (left + wide), COARSE * (top + high)


def _touching(figure: npt.NDArray[np.float64], pieces: list[Piece]) -> list[Piece]:
    """Return the pieces of text that figures of the size of their letters are in or beside."""
    figure, whole = figure[:, :4], figure[:, 4:]
    high = whole[:, 3] - whole[:, 1]
    found = []
    for piece in pieces:
        left, top, right, bottom = piece.box
        reach = BESIDE * piece.size
        near = (figure[:, 0] < right + reach) & (figure[:, 2] > left - reach) & (high < HIGHEST * piece.size)
        near &= (figure[:, 1] < bottom + reach / 2) & (figure[:, 3] > top - reach / 2)
        around = (whole[:, 0] < left) & (whole[:, 2] > right) & (whole[:, 1] < top) & (whole[:, 3] > bottom)
        if (near & ~around).any():
            found.append(piece)
    return found


def has_letters(pixels: Pixels) -> bool:
    """Return whether spots of a picture differ as letters do; the points of a chart are all of one size."""
    from gateway.documents.readers.pictures.spots import spots

    found = spots(_edges(pixels))[1].tolist()
    sizes = {(wide // 2, high // 2) for _, _, wide, high, _ in found if min(wide, high) >= THINNEST}
    return len(sizes) >= LEAST_LETTERS


def _edges(pixels: Pixels) -> Pixels:
    """Return where neighbouring pixels of a BGR picture differ."""
    import cv2
    import numpy as np

    blue, green, red = cv2.split(cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    return np.asarray(cv2.threshold(cv2.max(blue, cv2.max(green, red)), CONTRAST, 255, cv2.THRESH_BINARY)[1], np.uint8)
