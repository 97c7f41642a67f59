"""Short lines in fonts that a PDF brings, against what these draw: a map and a font may lie together (ISO 32000-1 §9.10).

All three marks end in a letter with a dot below before the last one. A line of as many letters as a mark has is looked at
for that dot, which costs a millisecond; where it is, the line is not believed but read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Final

from gateway.documents.readers.pdf.api import pdfium
from gateway.documents.readers.pdf.page import PageContent, Piece
from gateway.documents.readers.pdf.rendering import render

DOT_PLACES: Final = {3: (0.28, 0.75), 6: (0.6, 0.92), 8: (0.66, 0.95)}
"""Where the dot of MẬT, TỐI MẬT and TUYỆT MẬT is, of the width of the line, by the number of letters."""
LONGEST: Final = 24
EM: Final = 32.0
"""Pixels of the font size in the picture that is looked at."""
SPACE: Final = 2.0
"""Em between two lines that stand side by side."""
DOT: Final = (0.04, 0.3)
"""Em of the dot."""
LIMIT_SEEN: Final = 5000
_INK: Final = 60


class Claims:
    """What short lines of a document claim to be; each is looked at once."""

    def __init__(self) -> None:
        self._seen: set[tuple[str | None, str]] = set()

    def doubtful(self, page: int, content: PageContent, handles: list[int]) -> set[int]:
        """Return the text objects of a loaded page that may be a mark, whatever they say; by `Piece.order`."""
        found: set[int] = set()
        for line in _alone(_lines(content.pieces)):
            text = "".join(piece.text for piece in line).strip()
            if len(text) > LONGEST or (places := DOT_PLACES.get(sum(map(str.isalpha, text)))) is None:
                continue
            key = (line[0].font.name, text)
            if key in self._seen or len(self._seen) > LIMIT_SEEN:
                continue
            self._seen.add(key)
            if any(_is_embedded(handles[piece.order - 1]) for piece in line) and _has_dot(page, content, line, places):
                found.update(piece.order for piece in line)
        return found


def _lines(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Yield the pieces of upright text that stand close together on one line."""
    upright = [piece for piece in pieces if piece.angle == 0 and piece.unseen is None and piece.text.strip()]
    upright.sort(key=lambda piece: (round(piece.origin[1]), piece.box[0]))
    line: list[Piece] = []
    for piece in upright:
        last = line[-1] if line else piece
        if abs(piece.origin[1] - last.origin[1]) > 1 or piece.box[0] - last.box[2] > SPACE * piece.size:
            yield line
            line = []
        line.append(piece)
    if line:
        yield line


def _alone(lines: Iterable[list[Piece]]) -> Iterator[list[Piece]]:
    """Yield lines, and the parts of a line in fonts of their own."""
    for line in lines:
        yield line
        parts = [list(part) for _, part in groupby(line, key=lambda piece: piece.font.name)]
        if len(parts) > 1:
            yield from parts


def _is_embedded(handle: int) -> bool:
    api = pdfium()
    return bool(api.FPDFFont_GetIsEmbedded(api.FPDFTextObj_GetFont(handle)))


def _has_dot(page: int, content: PageContent, line: list[Piece], places: tuple[float, float]) -> bool:
    """Whether a line is drawn with a dot below it at one of those places."""
    import numpy as np

    from gateway.documents.readers.pictures.spots import spots

    scale = EM / max(*map(attrgetter("size"), line), 1.0)
    left, right = min(piece.box[0] for piece in line), max(piece.box[2] for piece in line)
    base = line[0].origin[1]
    part = [int(side * scale) for side in (left, base - 0.1 * EM / scale, right, base + 0.6 * EM / scale)]
    size = int(content.width * scale) + 1, int(content.height * scale) + 1
    part = [min(max(side, 0), size[axis % 2]) for axis, side in enumerate(part)]
    if part[2] - part[0] < EM or part[3] - part[1] < EM / 2:
        return False
    pixels = render(page, size, (part[0], part[1], part[2], part[3])).astype(np.int16)
    paper = np.median(pixels.reshape(-1, 3), axis=0)
    ink = (np.abs(pixels - paper).max(axis=2) > _INK).astype(np.uint8)
    wide, least, most = ink.shape[1], DOT[0] * EM, DOT[1] * EM
    for x, y, width, height, _ in spots(ink)[1].tolist():
        middle = (x + width / 2) / wide
        if (
            y > 0.1 * EM
            and least <= min(width, height)
            and max(width, height) <= most
            and places[0] < middle < places[1]
        ):
            return True
    return False
