"""Text objects with gaps: a line in one font, and in another one what that font lacks; columns in a typewriter's letters.

`M T` with an Ậ of another font between, `Thường Mật` with a box before each word: each object is parted where it has gaps, for
pdfium gives one blank for each, however wide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from msgspec.structs import replace

from gateway.documents.readers.pdf.columns import Handles
from gateway.documents.readers.pdf.geometry import display_matrix, map_box
from gateway.documents.readers.pdf.glyphs import letters_of
from gateway.documents.readers.pdf.lines import OVERLAP_EM, SPACE_EM, around
from gateway.documents.readers.pdf.page import Box, PageContent, Piece

_UPON_EM = 0.5
"""Sizes of letters by which words of one baseline lap over each other that are looked at."""
_WIDE_EM = 0.8
"""Width of a letter and its share of the blanks from which on there are more blanks than one between words."""


def part(page: int, content: PageContent, handles: Handles) -> None:
    """Part the pieces of a loaded page that fill each other's gaps; `handles` are those of all its objects in painting order."""
    groups = [*_upon_each_other(content.pieces), *([piece] for piece in content.pieces if _has_columns(piece))]
    if not groups:
        return
    letters = letters_of(page, {handles[piece.order - 1] for group in groups for piece in group})
    display, parted = display_matrix(page), dict[int, list[Piece]]()
    for group in groups:
        words = {
            id(piece): _words(piece, ((one, map_box(display, *box)) for one, box in letters[handles[piece.order - 1]]))
            for piece in group
        }
        row = sorted((word for found in words.values() for word in found), key=lambda word: word.box[0])
        apart = all(one.box[2] - other.box[0] <= OVERLAP_EM * one.size for one, other in pairwise(row))
        if apart and all("".join(word.text for word in words[id(piece)]) == _solid(piece.text) for piece in group):
            parted |= words
    if parted:
        content.pieces = [one for piece in content.pieces for one in parted.get(id(piece), [piece])]


def _upon_each_other(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Yield upright pieces of one baseline that lap over each other."""
    rows: defaultdict[float, list[Piece]] = defaultdict(list)
    for piece in pieces:
        if not piece.angle and not piece.text.isspace():
            rows[round(piece.origin[1], 1)].append(piece)
    for row in rows.values():
        row.sort(key=lambda piece: piece.box[0])
        groups = [row[:1]]
        end = row[0].box[2]
        for piece in row[1:]:
            if piece.box[0] < end - _UPON_EM * piece.size:
                groups[-1].append(piece)
            else:
                groups.append([piece])
            end = max(end, piece.box[2])
        yield from (group for group in groups if len(group) > 1)


def _has_columns(piece: Piece) -> bool:
    """Return whether a text is so much wider than its letters that there are gaps as between columns."""
    width = piece.box[2] - piece.box[0]
    return " " in piece.text.strip() and not piece.angle and width > _WIDE_EM * piece.size * len(piece.text)


def _words(piece: Piece, letters: Iterable[tuple[str, Box]]) -> list[Piece]:
    """Return the parts of a piece without the gaps between its letters."""
    words: list[Piece] = []
    for letter, box in letters:
        one = replace(piece, text=letter, box=box, origin=(box[0], piece.origin[1]))
        if words and box[0] - words[-1].box[2] < SPACE_EM * piece.size:
            words[-1] = replace(words[-1], text=words[-1].text + letter, box=around([words[-1], one]))
        else:
            words.append(one)
    return words


def _solid(text: str) -> str:
    return "".join(text.split())
