"""Marks in pieces: letters or words in separate boxes, cells or lines, joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Final

from gateway.model import Role, Run
from gateway.vietnamese.marks.layout import Layout, cell_key
from gateway.vietnamese.marks.name_words import is_within_word
from gateway.vietnamese.marks.views import OFF_PAGE
from gateway.vietnamese.normal import canonical, run_together, skeleton


def scattered(layout: Layout) -> Iterator[Sequence[tuple[int, str]]]:
    """Yield sets of small blocks that together spell a level: as (block, text), in one of several orders."""
    if not any(len(text) <= _LONGEST_PIECE and not text.isascii() and text.strip() for text in layout.blocks):
        return  # the letter Ậ must be in one of the pieces
    pieces = [
        (number, text.strip())
        for number, text in enumerate(layout.blocks)
        if len(text) <= _LONGEST_PIECE and text.strip() and not text.strip().isdigit()
    ]
    yield from _placed(layout, [piece for piece in pieces if len(layout.blocks[piece[0]]) <= _LONGEST_SYLLABLE])
    yield from _shuffled(pieces)
    shown = [piece for piece in pieces if layout.first_run(piece[0]).role not in OFF_PAGE]
    if len(shown) < len(pieces):
        yield from _shuffled(shown)  # names of boxes and fields, which are not shown, are between their contents


def _placed(layout: Layout, pieces: Sequence[tuple[int, str]]) -> Iterator[Sequence[tuple[int, str]]]:
    """Yield neighbours that spell a level in the order of boxes or fields, by their place on a page, or in a table."""
    if len(pieces) < 2 or all(text.isascii() for _, text in pieces):
        return
    runs = {number: layout.first_run(number) for number, _ in pieces}
    boxes = [piece for piece in pieces if runs[piece[0]].role in (Role.TEXTBOX, Role.STAMP, Role.WATERMARK)]
    placed = [piece for piece in pieces if runs[piece[0]].bbox_pt is not None]
    cells = [(key, piece) for piece in pieces if (key := cell_key(runs[piece[0]])) is not None]
    yield from _windows(boxes)
    yield from _windows([piece for piece in pieces if runs[piece[0]].role is Role.FIELD])
    yield from _windows(sorted(placed, key=lambda piece: _reading_key(runs[piece[0]])))
    yield from _windows(sorted(placed, key=lambda piece: _column_key(runs[piece[0]])))
    for across, along in ((1, 2), (2, 1)):
        cells.sort(key=lambda item: (item[0][0], item[0][across], item[0][along]))
        for _, line in groupby(cells, key=lambda item: (item[0][0], item[0][across])):
            yield from _windows([piece for _, piece in line])


_LONGEST_PIECE, _LONGEST_SYLLABLE = 16, 6
_IN_PARTS: Final = frozenset({"uyệtmật", "ốimật", "mậttuyệt", "mậttối"})
"""Levels without their initial, which may be in a block of its own, and with their words from right to left."""
_LEVELS: Final = tuple((Counter(level), level) for level in ("tuyệtmật", "tốimật", "mật"))


def _shuffled(pieces: Sequence[tuple[int, str]]) -> Iterator[Sequence[tuple[int, str]]]:
    """Yield neighbours that have just the letters of a level in another order, as that level.

    Boxes, cells and letters that are placed by coordinates are read in the order of the file, which is not shown: a sheet
    or table from right to left, text boxes, what a style sheet moves. No word of the language has these letters otherwise.
    """
    letters = cache(lambda number: "".join(c for c in canonical(pieces[number][1]) if c.isalpha()))
    for number, (_, text) in enumerate(pieces):
        if (
            text.isascii()
            or "ậ" not in (word := letters(number).casefold())
            or ("mật" in word and word not in _IN_PARTS)
        ):
            continue
        for level, spelled in _LEVELS:
            for first in range(max(0, number - len(spelled) + 1), number + 1):
                end, joined = first, ""
                while end < len(pieces) and len(joined) < len(spelled):
                    joined += letters(end)
                    end += 1
                # A window that spells it as written is judged by what is around, but for an initial before its word.
                small = joined.casefold()
                if end > number and (small != spelled or word in _IN_PARTS) and Counter(small) == level:
                    yield (
                        (pieces[first][0], spelled.upper() if joined.isupper() else spelled),
                        (pieces[end - 1][0], ""),
                    )
                    return


def same_row(first: Run, second: Run) -> bool:
    """Return whether a value may belong to a label: next cell of its row, or next line of running text."""
    if first.role is not second.role:
        return False
    if first.role is not Role.CELL:
        return True
    left, right = cell_key(first), cell_key(second)
    if left is None or right is None:
        return True
    return left[0] == right[0] and left[2] == right[2] and 0 < right[1] - left[1] <= _FAR


def is_in_line(first: Run, second: Run) -> bool:
    """Return whether two cells, or words of a page, are in one row or column, as values of a list are; other lines always may."""
    one, other = cell_key(first), cell_key(second)
    if one is not None and other is not None:
        return one[0] == other[0] and (one[1] == other[1] or one[2] == other[2])
    if first.bbox_pt is None or second.bbox_pt is None:
        return True
    (left, top, right, bottom), (x, y, end, foot) = first.bbox_pt, second.bbox_pt
    return max(left, x) < min(right, end) or max(top, y) < min(bottom, foot)


def column_head(layout: Layout, block: int) -> int | None:
    """Return the uppermost block of the column of a table that a block is in, None when that is not known."""
    own = cell_key(layout.first_run(block))
    if own is None:
        return None
    head = block
    for number in range(block - 1, max(block - _HIGHEST, -1), -1):
        other = cell_key(layout.first_run(number))
        if other is None or other[0] != own[0]:
            break
        if other[1] == own[1]:
            head = number
    return head


_FAR: Final = 12
"""Columns, the empty ones too, within which the next cell of a row is the value of a label."""
_HIGHEST: Final = 5000
"""Blocks above a cell among which the head of its column is looked for."""
_LONGEST_WORD: Final = 8
"""Pieces before or behind a level that may be the letters of a word."""


def _reading_key(run: Run) -> tuple[int, float, float]:
    left, top, _, bottom = run.bbox_pt or (0.0, 0.0, 0.0, 0.0)
    return run.page or 0, round((top + bottom) / 12), left


def _column_key(run: Run) -> tuple[int, float, float]:
    left, top, right, _ = run.bbox_pt or (0.0, 0.0, 0.0, 0.0)
    return run.page or 0, round((left + right) / 12), top


def _windows(order: Sequence[tuple[int, str]]) -> Iterator[Sequence[tuple[int, str]]]:
    """Yield the runs of two to nine pieces whose bare letters together spell a level."""
    letters = [run_together(skeleton(text)) for _, text in order]
    for start in range(len(order)):
        if letters[start][:1] not in ("m", "t"):
            continue
        joined = letters[start]
        longest = None
        for end in range(start + 1, min(start + 9, len(order))):
            joined += letters[end]
            if joined in ("mat", "toimat", "tuyetmat"):
                longest = end
            if not any(word.startswith(joined) for word in ("mat", "toimat", "tuyetmat")):
                break
        if longest is None:
            continue
        before = [text for _, text in order[max(0, start - _LONGEST_WORD) : start]] if letters[start][:1] == "m" else []
        behind = [text for _, text in order[longest + 1 : longest + 1 + _LONGEST_WORD]]
        if not is_within_word(reversed(before), behind):
            yield order[start : longest + 1]
