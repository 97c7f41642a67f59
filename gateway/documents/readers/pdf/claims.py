"""Short lines in embedded PDF fonts, compared with what is drawn, as map and font may both lie (ISO 32000-1 §9.10).

All three marks end in a letter with a dot below before the last one. A line of as many letters, or signs, as a mark has is looked at
for that dot, which costs a millisecond; where it is, the line is read, which costs five, and not believed unless that gives
what it says, but for the signs of letters that are far from a level (QUYÉT ĐỊNH). A line that says itself that it is a level is judged by that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from gateway.documents.readers.pdf.api import pdfium
from gateway.documents.readers.pdf.page import PageContent, Piece
from gateway.documents.readers.pdf.rendering import render
from gateway.vietnamese.marks.scanned import distance
from gateway.vietnamese.normal import skeleton

if TYPE_CHECKING:
    from gateway.documents.readers.pdf.rendering import Pixels

DOT_PLACES: Final = {3: (0.28, 0.75), **dict.fromkeys((6, 7), (0.6, 0.92)), **dict.fromkeys((8, 9), (0.66, 0.95))}
"""Position of the dot below in MẬT, TỐI MẬT and TUYỆT MẬT, in widths of the line, by number of letters; a blank may be called one."""
LEVELS: Final = frozenset({"mật", "tốimật", "tuyệtmật"})
FAR: Final = 3
"""Letters in which a line differs from all levels at least, of which signs may be misread."""
LONGEST: Final = 24
EM: Final = 32.0
"""Pixels of the font size in the picture that is looked at."""
SPACE: Final = 2.0
"""Em between two lines that are side by side."""
DOT: Final = (0.04, 0.3)
"""Em of the dot."""
LIMIT_READ: Final = 8
"""Lines of a page that are read one by one; more are read as a part of the page."""
_ENDS: Final = ".,:;"
"""Signs around a word that are no part of it."""
ABOVE: Final = 1.0
BELOW: Final = 0.35
"""Em above and below the baseline that are looked at."""
FOOT: Final = 0.1
"""Em above the baseline where the part begins in which the dot may be."""
_INK: Final = 60


class Claims:
    """Claims of short lines of a document to be a level; each is looked at once."""

    def __init__(self) -> None:
        self._seen: set[tuple[str | None, str, int]] = set()
        """Lines by font, words, and tenths of their width in sizes of the letters."""
        self._plain: defaultdict[str | None, set[str]] = defaultdict(set)
        """Figures and signs that were seen to be drawn without a dot below, by font."""

    def doubtful(self, page: int, content: PageContent, handles: list[int]) -> set[int]:
        """Return the text objects of a loaded page that may be a mark, whatever they say; by `Piece.order`."""
        found: set[int] = set()
        left = LIMIT_READ
        for line in _alone(_lines(content.pieces)):
            text = "".join(piece.text for piece in line).strip()
            letters, said = sum(map(str.isalpha, text)), "".join(text.casefold().split())
            places = DOT_PLACES.get(letters) or DOT_PLACES.get(len(said.strip(_ENDS) if letters else said))
            if len(text) > LONGEST or places is None or said in LEVELS:
                continue
            font, size = line[0].font.name, max(line[0].size, 1.0)
            key = font, text, round(10 * (line[-1].box[2] - line[0].box[0]) / size)
            if key in self._seen or (not letters and self._plain[font].issuperset(said)):
                continue
            self._seen.add(key)
            if not any(_is_embedded(handles[piece.order - 1]) for piece in line):
                continue
            ink, foot = _ink(page, content, line)
            if not letters and ink.size and not _has_dot(ink[foot:], (0.0, 1.0)):
                self._plain[font].update(said)
            if not _has_dot(ink[foot:], places):
                continue
            left -= 1
            if left < 0 or not _agree(_read(ink), said):
                found.update(piece.order for piece in line)
        return found


def _lines(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Yield the pieces of upright text that are close together on one line."""
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


def _ink(page: int, content: PageContent, line: list[Piece]) -> tuple[Pixels, int]:
    """Return the contrast of a line with its paper, and the row at its foot."""
    import numpy as np

    scale = EM / max(*map(attrgetter("size"), line), 1.0)
    left, right = min(piece.box[0] for piece in line), max(piece.box[2] for piece in line)
    base = line[0].origin[1] * scale
    size = int(content.width * scale) + 1, int(content.height * scale) + 1
    sides = left * scale, base - ABOVE * EM, right * scale, base + BELOW * EM
    x, y, right_x, bottom = (min(max(int(side), 0), size[axis % 2]) for axis, side in enumerate(sides))
    foot = max(int(base - FOOT * EM) - y, 0)
    if right_x - x < EM or bottom - y - foot < EM / 3:
        return np.zeros((0, 0), np.uint8), 0
    pixels = render(page, size, (x, y, right_x, bottom)).astype(np.int16)
    paper = np.median(pixels[foot:].reshape(-1, 3), axis=0)
    return np.abs(pixels - paper).max(axis=2).astype(np.uint8), foot


def _has_dot(foot: Pixels, places: tuple[float, float]) -> bool:
    """Return whether a line is drawn with a dot at its foot at one of those places."""
    import numpy as np

    from gateway.documents.readers.pictures.spots import spots

    if not foot.size:
        return False
    wide, least, most = foot.shape[1], DOT[0] * EM, DOT[1] * EM
    for x, y, width, height, _ in spots((foot > _INK).astype(np.uint8))[1].tolist():
        middle = (x + width / 2) / wide
        if (
            y > FOOT * EM
            and least <= min(width, height)
            and max(width, height) <= most
            and places[0] < middle < places[1]
        ):
            return True
    return False


def _agree(read: str, said: str) -> bool:
    """Return whether a line was read as what it says; the signs of its letters may be misread where no level is near."""
    bare = skeleton(said)
    if read == said or skeleton(read) != bare or len(bare) != len(said):
        return read == said
    return all(distance(bare.strip(_ENDS), skeleton(level)) >= FAR for level in LEVELS)


def _read(line: Pixels) -> str:
    """Return the letters that a line shows, in small letters and without spaces."""
    import numpy as np

    from gateway.documents.readers.pictures import ocr
    from gateway.documents.readers.pictures.spots import spots

    engine = ocr.engine()
    if engine is None:
        return ""
    labels, boxes = spots((line > _INK).astype(np.uint8))
    for number in np.flatnonzero(boxes[:, 1] == 0) + 1:
        line[labels == number] = 0  # the foot of the line above
    shown = np.pad(255 - line, int(EM / 4), constant_values=255)
    return "".join(word.text.casefold() for word in engine.words(shown, ocr.Layout.LINE, 200))
