"""Letters that no text object stands for: text turned into curves, glyphs as small pictures, patterns of letters.

A drawing program, a printer driver or `gs -dNoOutputFonts` turns each letter into a filled path, and a reader of text
objects sees nothing of them. What gives them away is that letters stand together: three or more figures of about one
size, hardly farther apart than they are high. Charts, maps and ornaments have such groups too, which is why a group is
only a place to look at.
"""

from __future__ import annotations

import math
from collections import defaultdict

from gateway.documents.readers.pdf.page import Box, Piece

LEAST_HEIGHT, LARGEST_HEIGHT = 2.5, 250.0
"""Points; a figure beyond is no letter of its own."""
LEAST_LETTERS = 3
"""The shortest mark has three letters."""
REACH = 0.7
"""How far letters of one text lie apart, of their height."""
LINE_REACH = 6.0
"""How far a line goes on beside a letter without meaning, of its height: the rest of a mark."""
LIMIT_FIGURES = 3000
LIMIT_GROUPS = 60
TYPE3_LETTERS = 600
"""Letters of Type 3 fonts on a page up to which they are looked at: a page full of them is set by TeX."""


def drawn_words(figures: list[Box]) -> list[tuple[Box, ...]]:
    """Return the groups of figures that may be letters of words; all as one when there are very many."""
    letters = [box for box in figures if _is_letter(box)]
    groups = _groups(letters[:LIMIT_FIGURES])
    if len(letters) > LIMIT_FIGURES or len(groups) > LIMIT_GROUPS:
        return [(_around(letters),)]
    return groups


def has_letters(group: tuple[Box, ...]) -> bool:
    """Whether figures differ as letters do; the points of a chart are all of one size."""
    sizes = {(round(2 * (box[2] - box[0])), round(2 * (box[3] - box[1]))) for box in group}
    return len(group) == 1 or len(sizes) >= LEAST_LETTERS


def type3_words(pieces: list[Piece]) -> list[Box]:
    """Return where text in fonts without a name stands: what their codes mean is the file's word against its glyphs."""
    boxes = [piece.box for piece in pieces if piece.font.name is None and piece.unseen is None]
    letters = sum(len(piece.text) for piece in pieces if piece.font.name is None)
    return boxes if letters <= TYPE3_LETTERS else []


def line_around(box: Box, pieces: list[Piece]) -> Box:
    """Return the line that a letter without meaning stands in, as far as it is written close to it."""
    reach = LINE_REACH * (box[3] - box[1])
    near = [
        piece.box
        for piece in pieces
        if piece.box[1] < (box[1] + box[3]) / 2 < piece.box[3]
        and piece.box[0] < box[2] + reach
        and piece.box[2] > box[0] - reach
    ]
    return _around([box, *near])


def _is_letter(box: Box) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return LEAST_HEIGHT <= height <= LARGEST_HEIGHT and 0.5 <= width <= 4 * height


def _around(boxes: list[Box]) -> Box:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _groups(letters: list[Box]) -> list[tuple[Box, ...]]:
    """Join figures of like height that lie close together; only groups of enough letters are returned."""
    parents = list(range(len(letters)))

    def root(item: int) -> int:
        while parents[item] != item:
            parents[item] = parents[parents[item]]
            item = parents[item]
        return item

    cells: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for number, box in enumerate(letters):
        octave = round(math.log2(box[3] - box[1]))
        # Neighbours lie within one cell of each other, on the grid of the larger of them.
        for grid in (octave - 1, octave, octave + 1):
            size = 5.0 * 2**grid
            column, row = int((box[0] + box[2]) / 2 / size), int((box[1] + box[3]) / 2 / size)
            for other in _near(cells, grid, column, row):
                if root(other) != root(number) and _adjacent(box, letters[other]):
                    parents[root(other)] = root(number)
        size = 5.0 * 2**octave
        cells[octave, int((box[0] + box[2]) / 2 / size), int((box[1] + box[3]) / 2 / size)].append(number)
    joined: dict[int, list[Box]] = defaultdict(list)
    for number, box in enumerate(letters):
        joined[root(number)].append(box)
    return [tuple(group) for group in joined.values() if len(group) >= LEAST_LETTERS]


def _near(cells: dict[tuple[int, int, int], list[int]], grid: int, column: int, row: int) -> list[int]:
    """Return what lies in a cell and around it; of a heap of figures in one place, the last few are enough to join."""
    return [
        item
        for x in (column - 1, column, column + 1)
        for y in (row - 1, row, row + 1)
        for item in cells.get((grid, x, y), ())[-24:]
    ]


def _adjacent(one: Box, other: Box) -> bool:
    reach = REACH * max(one[3] - one[1], other[3] - other[1])
    across = max(one[0], other[0]) - min(one[2], other[2])
    down = max(one[1], other[1]) - min(one[3], other[3])
    return across <= reach and down <= reach
