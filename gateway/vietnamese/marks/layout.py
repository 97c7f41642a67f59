"""A document as numbered lines with their appearance, the input of the search for marks.

Blocks are joined run by run (a mark split over runs is one word again), legacy letters are read, and the whole text is
kept as one string so that the first search costs a few milliseconds however long the document is. Everything about a
single line is worked out only for the few lines that could matter.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from math import isfinite
from statistics import median
from typing import Final

from msgspec.structs import replace

from gateway.model import WORDS, Document, Origin, Role, Run
from gateway.vietnamese.colour import is_red
from gateway.vietnamese.legacy import decode_runs, needs_decoding
from gateway.vietnamese.marks.hits import Look, Place
from gateway.vietnamese.normal import skeleton, unify_line_breaks

_CELL: Final = re.compile(r"cell:(?P<sheet>.*)!(?P<column>[A-Z]{1,3})(?P<row>\d{1,7})")
_TABLE_CELL: Final = re.compile(r"(?:table:(?P<sheet>[\d.]+),)?row:(?P<row>\d{1,9}),column:(?P<column>\d{1,9})(?!\d)")
_STRIP_PT, _HIGHEST = 36.0, 40
"""Height of a strip of a page, and strips that the highest line is in."""
Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a line in points."""
LINE_FORMATS: Final = frozenset({"pdf", "text", "image", WORDS})
"""Formats whose blocks are lines, so that a sentence may go on in the next block."""

_PLACES: Final = {
    Role.BODY: Place.BODY, Role.HEADING: Place.BODY, Role.HEADER: Place.EDGE, Role.FOOTER: Place.EDGE,
    Role.NOTE: Place.ASIDE, Role.COMMENT: Place.ASIDE, Role.FIELD: Place.ASIDE, Role.ALT_TEXT: Place.PROPERTY,
    Role.TEXTBOX: Place.BOX, Role.STAMP: Place.BOX, Role.WATERMARK: Place.WATERMARK, Role.PROPERTY: Place.PROPERTY,
    Role.NAME: Place.PROPERTY, Role.CELL: Place.CELL,
}  # fmt: skip

WINDOW_10A_PT: Final = (0.0, 105.0, 300.0, 320.0)
"""Left, top, right, bottom of where box 10a of Decree 30/2020 (Annex I, II) may be on page 1, with leeway."""

_ROWS, _GRID, _ALIGNED_PT = 5.0, 60, 2.0
"""Heights above and below a cell in which other rows of its table are looked for, lines there beyond which they are not, and
how far edges of one column are apart."""
_EDGE: Final = 200
_WORD, _BELOW_PT, _BESIDE_PT, _LARGER = 4, 18.0, 40.0, 1.3
"""Letters of words that count beside a line on a scan, how far from it they are, and how many times as high it is as they."""
_BOX: Final = "textbox:"
"""Locators of boxes that are counted, so that lines with the same one are in one box."""
_SHORT: Final = 40
"""Letters of a line below which it may be a cell or a value."""


class Line:
    """One line of a document: its text in Unicode, its runs, its look."""

    __slots__ = ("block", "layout", "number", "runs", "text")

    def __init__(self, layout: Layout, number: int, block: int, text: str, runs: tuple[Run, ...]) -> None:
        self.layout = layout
        self.number = number
        self.block = block
        self.text = text
        self.runs = runs

    @property
    def place(self) -> Place:
        """Position of the line."""
        return _PLACES[self.runs[0].role] if self.runs else Place.BODY

    @property
    def look(self) -> Look:
        """Appearance of its letters."""
        return Look(
            place=self.place,
            red=any(is_red(run.colour) for run in self.runs),
            boxed=any(run.boxed for run in self.runs),
            in_window=any(_in_window(run) and not self.layout.is_in_grid(run) for run in self.runs),
            ocr=any(run.origin is Origin.OCR for run in self.runs),
        )


def cell_key(run: Run) -> tuple[str, int, int] | None:
    """Return sheet or table, column and row of a cell, None when its locator does not say."""
    if (found := _CELL.search(run.locator)) is not None:
        column = 0
        for letter in found["column"]:
            column = column * 26 + ord(letter) - 64
        return found["sheet"], column, int(found["row"])
    if (found := _TABLE_CELL.search(run.locator)) is not None:
        return found["sheet"] or "", int(found["column"]), int(found["row"])
    return None


def _strips_of(run: Run) -> list[tuple[int, int]]:
    """Return the strips that a line of a page is in; one higher than any line is in its uppermost ones."""
    _, top, _, bottom = run.bbox_pt or (0.0, 0.0, 0.0, -1.0)
    lowest = min(bottom, top + (_HIGHEST - 1) * _STRIP_PT)
    if not isfinite(top + lowest):
        return []
    return [(run.page or 0, strip) for strip in range(int(top // _STRIP_PT), int(lowest // _STRIP_PT) + 1)]


def _in_window(run: Run) -> bool:
    if run.page != 1 or run.bbox_pt is None or run.role not in (Role.BODY, Role.HEADING, Role.TEXTBOX, Role.STAMP):
        return False
    left, top, right, _ = run.bbox_pt
    window = WINDOW_10A_PT
    return window[0] <= left and right <= window[2] and window[1] <= top <= window[3]


def _is_below(one: Box, other: Box) -> bool:
    """Return whether boxes begin, end or have their middle below one another, as cells of a column do."""
    starts, ends = abs(one[0] - other[0]), abs(one[2] - other[2])
    return min(starts, ends, abs(one[0] + one[2] - other[0] - other[2])) < _ALIGNED_PT


def _is_beside(one: Box, other: Box) -> bool:
    """Return whether the second box is right of the first at its height."""
    return one[2] < other[0] and one[1] < (other[1] + other[3]) / 2 < one[3]


class Layout:
    """The lines of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.runs = document.runs
        self._starts: Sequence[int]
        texts = [run.text for run in self.runs]
        if needs_decoding(self.runs, "".join(texts)):
            texts = [item.text for item in decode_runs(self.runs)]
        self._run_texts = texts
        self._bare_lines: dict[int, str] = {}
        self._known_runs: dict[int, list[list[Run]]] = {}
        self.blocks = self._joined(texts)
        if not "".join(self.blocks).isprintable():
            self.blocks = [unify_line_breaks(block) for block in self.blocks]
        self.whole = "\n".join(self.blocks)

    def _joined(self, texts: list[str]) -> list[str]:
        """Return the text of each stretch of runs that share block and role, and keep where each begins."""
        numbers = [run.block for run in self.runs]
        if len(set(numbers)) == len(numbers):
            self._starts = range(len(numbers))  # each run is a block, as in plain text
            return list(texts)
        starts: list[int] = []
        blocks: list[str] = []
        pieces: list[str] = []
        last: tuple[int, Role] | None = None
        for position, run in enumerate(self.runs):
            key = (run.block, run.role)
            if key != last:
                if pieces:
                    blocks.append("".join(pieces))
                    pieces = []
                starts.append(position)
                last = key
            pieces.append(texts[position])
        self._starts = starts
        if pieces:
            blocks.append("".join(pieces))
        return blocks

    @cached_property
    def lines(self) -> list[str]:
        """Every line's text."""
        return self.whole.split("\n")

    def bare_line(self, number: int) -> str:
        """Return the skeleton of a line, of a very long one only that of its beginning and end."""
        known = self._bare_lines.get(number)
        if known is None:
            line = self.lines[number]
            known = skeleton(line if len(line) <= 2 * _EDGE else f"{line[:_EDGE]} {line[-_EDGE:]}", parted=True).strip()
            self._bare_lines[number] = known
        return known

    @cached_property
    def _first_lines(self) -> list[int]:
        """Number of the first line of each block, and one past the last line."""
        return [0, *accumulate(block.count("\n") + 1 for block in self.blocks)]

    @cached_property
    def cells(self) -> dict[tuple[str, int, int], int]:
        """Number of the last line with words in each cell of a sheet or table."""
        found: dict[tuple[str, int, int], int] = {}
        for block, text in enumerate(self.blocks):
            if text.strip() and (key := cell_key(self.first_run(block))) is not None:
                found[key] = self._first_lines[block] + text.rstrip().count("\n")
        return found

    @cached_property
    def _strips(self) -> dict[tuple[int, int], list[int]]:
        """Numbers of the lines in each strip across a page, by page and strip."""
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for block, text in enumerate(self.blocks):
            strips = _strips_of(self.first_run(block))
            for number, words in enumerate(text.split("\n"), self._first_lines[block]):
                for strip in strips if words.strip() else ():
                    found[strip].append(number)
        return found

    def at_height_of(self, run: Run) -> set[int]:
        """Return the numbers of lines of its page that may be at the height of words."""
        return {number for strip in _strips_of(run) for number in self._strips.get(strip, ())}

    def is_in_grid(self, run: Run) -> bool:
        """Return whether words of a page are a cell of a table without rules: two more rows have words below these and those beside them."""
        if run.bbox_pt is None or run.origin is Origin.OCR:
            return False
        left, top, right, bottom = run.bbox_pt
        reach = _ROWS * (bottom - top)
        numbers = self.at_height_of(replace(run, bbox_pt=(left, top - reach, right, bottom + reach)))
        near = [box for number in numbers if (box := self.line(number).runs[0].bbox_pt) is not None]
        if len(near) > _GRID:
            return False
        column = [box for box in near if _is_below(box, run.bbox_pt)]
        for mate in (box for box in near if _is_beside(run.bbox_pt, box)):
            mates = [box for box in near if _is_below(box, mate)]
            if sum(any(_is_beside(one, other) for other in mates) for one in column) > 2:
                return True
        return False

    def block_of(self, number: int) -> int:
        """Return the index of the block that a line belongs to."""
        return bisect_right(self._first_lines, number) - 1

    def place_of(self, number: int) -> Place:
        """Return where a line is, without looking at its runs one by one."""
        return _PLACES[self.runs[self._starts[self.block_of(number)]].role]

    def first_run(self, block: int) -> Run:
        """Return the first run of a block."""
        return self.runs[self._starts[block]]

    def first_line(self, block: int) -> int:
        """Return the number of a block's first line."""
        return self._first_lines[block]

    def block_runs(self, block: int) -> tuple[Run, ...]:
        """Return the runs of a block."""
        end = self._starts[block + 1] if block + 1 < len(self._starts) else len(self.runs)
        return self.runs[self._starts[block] : end]

    def line(self, number: int) -> Line:
        """Return a line with the runs whose letters are in it."""
        block = self.block_of(number)
        first, start = self._first_lines[block], self._starts[block]
        end = self._starts[block + 1] if block + 1 < len(self._starts) else len(self.runs)
        runs: Sequence[Run] = ()
        if end - start > 1:
            runs = self._runs_of_lines(block)[number - first]
        return Line(self, number, block, self.lines[number], tuple(runs) or (self.runs[start],))

    def _runs_of_lines(self, block: int) -> list[list[Run]]:
        """Return the runs with letters of each line of a block; found once, for a block can hold all there is."""
        known = self._known_runs.get(block)
        if known is None:
            known = [[]]
            for run, text in zip(self.block_runs(block), self._run_texts[self._starts[block] :], strict=False):
                for number, piece in enumerate(unify_line_breaks(text).split("\n")):
                    if number:
                        known.append([])
                    if piece.strip():
                        known[-1].append(run)
            # A break of two characters can be cut in two by a change of runs.
            known += [[] for _ in range(self._first_lines[block + 1] - self._first_lines[block] - len(known))]
            self._known_runs[block] = known
        return known

    def neighbours(self, number: int, step: int, limit: int) -> Iterator[int]:
        """Yield the numbers of the short ones among up to `limit` lines that are not empty, going up (`step` -1) or down (1)."""
        return (one for one in self.beside(number, step, limit, reach=4) if len(self.lines[one]) < _SHORT)

    def near(self, line: Line, limit: int) -> list[int]:
        """Return the numbers of the short lines among so many before and behind one, and so many cells of its row and column."""
        found = [*self.neighbours(line.number, -1, limit), *self.neighbours(line.number, 1, limit)]
        if (own := cell_key(line.runs[0])) is not None:
            sheet, column, row = own
            steps = [step for step in range(-limit, limit + 1) if step]
            keys = [key for step in steps for key in ((sheet, column + step, row), (sheet, column, row + step))]
            found += [n for key in keys if (n := self.cells.get(key)) is not None and len(self.lines[n]) < _SHORT]
        return found

    def adjacent(self, number: int, step: int) -> int | None:
        """Return the number of the next line that is not empty within three lines, None when there is none."""
        return next(self.beside(number, step, 1, reach=4), None)

    def beside(self, number: int, step: int, limit: int, *, reach: int = 10) -> Iterator[int]:
        """Yield the numbers of up to `limit` lines that are not empty, going up (`step` -1) or down (1), before `limit * reach`."""
        position = number + step
        seen = 0
        while 0 <= position < len(self.lines) and seen < limit and abs(position - number) < limit * reach:
            if self.lines[position].strip():
                seen += 1
                yield position
            position += step

    def adjoins(self, number: int, other: int) -> bool:
        """Return whether nothing parts two lines, neither an empty line nor the end of a paragraph."""
        if self.block_of(number) == self.block_of(other):
            return abs(number - other) == 1
        if not self.may_continue(number, other):
            return False
        return abs(self.line(number).runs[0].block - self.line(other).runs[0].block) <= 1

    def stands_apart(self, line: Line) -> tuple[bool, bool]:
        """Return whether no words of a scan are near a line of it, and whether it is higher than most of them."""
        own = line.runs[0]
        if own.origin is not Origin.OCR or own.bbox_pt is None:
            return False, False
        left, top, right, bottom = own.bbox_pt
        heights = []
        for run in self.runs:
            if run.page != own.page or run.bbox_pt is None or sum(map(str.isalpha, run.text)) < _WORD:
                continue
            x, y, end, foot = run.bbox_pt
            if left <= (x + end) / 2 <= right and top <= (y + foot) / 2 <= bottom:
                continue  # the same letters, read in another way
            if max(x - right, left - end) < _BESIDE_PT and max(y - bottom, top - foot) < _BELOW_PT:
                return False, False
            heights.append(foot - y)
        return True, not heights or bottom - top > _LARGER * median(heights)

    def may_continue(self, number: int, other: int) -> bool:
        """Return whether two lines can be one sentence: one block, one cell, or lines of a format that has only lines."""
        if self.block_of(number) == self.block_of(other):
            return True
        line, neighbour = self.line(number), self.line(other)
        first, second = line.runs[0], neighbour.runs[0]
        scanned = first.origin is Origin.OCR and second.origin is Origin.OCR
        held = first.role is Role.CELL or (first.role is Role.TEXTBOX and _BOX in first.locator)
        one_cell = held and first.locator == second.locator
        if self.document.format not in LINE_FORMATS and not scanned and not one_cell:
            return False
        if (first.role, first.page, first.origin) != (second.role, second.page, second.origin):
            return False
        for mine, its in ((first.size_pt, second.size_pt), (first.bold, second.bold), (first.colour, second.colour)):
            if mine is not None and its is not None and mine != its:
                return False
        if first.bbox_pt is not None and second.bbox_pt is not None:
            upper, lower = sorted((first.bbox_pt, second.bbox_pt), key=lambda box: box[1])
            height = max(upper[3] - upper[1], 6.0)
            return lower[1] - upper[3] < 1.5 * height and lower[0] < upper[2] and upper[0] < lower[2]
        return True
