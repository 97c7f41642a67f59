"""Placement in an office document: words under shapes, and words in boxes that are displayed side by side.

Readers report, in their order, where shapes, pictures and boxes are and which of them are opaque; this module decides how
that changes the words. Pages are not laid out: the positions of letters are estimated from their size, so what is over a
part of `BẢO MẬT` is unknown. Lines without the letters of MẬT leave no mark, whatever covers them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from gateway.documents.readers.numerals import whole
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.pictures.joined import Box
from gateway.documents.readers.rows import holds_a_mark
from gateway.model import Origin, Role, Run
from gateway.vietnamese.marks.labels import has_label
from gateway.vietnamese.marks.layout import cell_key
from gateway.vietnamese.marks.name_words import goes_on_below
from gateway.vietnamese.normal import skeleton

EMU_PT: Final = 12_700
COLUMN_PT, ROW_PT = 48.0, 15.0
"""A usual cell of a sheet."""
_USUAL_PT: Final = 12.0
_LONGEST, _LONGEST_PIECE = 120, 9
"""Letters of a line that may be a mark in part, and of a box that may be a piece of one."""
_LINE_PT: Final = 460.0
"""Width of a line on A4."""
_NEAR: Final = 3
"""Paragraphs above and below that a shape may lie on which counts from another."""
_CAPITAL, _SMALL, _BLANK = 0.7, 0.5, 0.28
"""Average width of letters, in parts of their size."""
_PARTLY: Final = 0.95
_LEAST: Final = 0.4
"""Shares of a line: more is covered as a whole, fewer of its height beside it."""
_TALLEST: Final = 4.0
"""Heights of the line that a cover has at most; what is larger is a picture or a panel of its own."""
_HALVES, _SPARE = {"BẢO", "BÍ"}, 3.0
"""Words before MẬT that are one with it, and sizes of letters that a box has beyond its word."""
_LEVELS: Final = {"mật", "tốimật", "tuyệtmật"}
_TEXTS: Final = (clark("a:t"), clark("w:t"))
_LONGEST_LABEL, _MOST_LABELS, _REACH, _PITCH = 40, 40, 4.0, 2.5
"""Letters of a box that is a label, and how many are looked at; heights of it within which the next box of its column
begins, and how many times as far those begin that are of its column too."""
_FILLS: Final = {"solidFill", "gradFill", "pattFill", "blipFill", "noFill"}


class Span(NamedTuple):
    """Box of something in points: left and upper ends, None where unknown, width and height."""

    left: float | None
    top: float | None
    width: float
    height: float


class Line(NamedTuple):
    """A paragraph: about how wide it would be on one line, its largest letters, where it is aligned, and its block.

    Alignments are those of ST_TextAlignType, empty for anywhere; the block is 0 where it is not told.
    """

    text: str = ""
    width: float = 0.0
    size: float = 0.0
    align: str = "l"
    block: int = 0


class Thing(NamedTuple):
    """A shape, picture or box."""

    span: Span
    opaque: bool
    lines: Sequence[Line] = ()
    anchors: Sequence[str] = ("t",)
    """At which ends of it the lines may be (ST_TextAnchoringType)."""
    locator: str = ""


class Stage:
    """Collects the objects on pages, sheets and paragraphs, and decides how they change the words."""

    def __init__(self) -> None:
        self._planes: dict[Hashable, list[Thing]] = {}
        self._sheets: dict[str, list[Thing]] = {}
        self._over: list[tuple[int, Thing]] = []
        self.line_heights: dict[int, float] = {}
        """Of blocks whose lines are at an exact distance: how many points."""
        self.moved: set[int] = set()
        """Blocks whose start in their column is unknown."""

    def on_page(self, plane: Hashable, thing: Thing) -> None:
        """Take an object at coordinates of a page, slide or frame, over those given before."""
        self._planes.setdefault(plane, []).append(thing)

    def on_sheet(self, sheet: str, thing: Thing) -> None:
        """Take an object over the cells of a sheet."""
        self._sheets.setdefault(sheet, []).append(thing)

    def at_paragraph(self, block: int, plane: Hashable, thing: Thing, known: tuple[bool, bool], *, over: bool) -> None:
        """Take what is anchored to a paragraph, on the plane of all that counts from the same place.

        `known` says whether it counts from the paragraph across and down, `over` whether it may hide the text.
        """
        self.on_page(plane, thing)
        if thing.opaque and over:
            left, top = (side if counts else None for side, counts in zip(thing.span[:2], known, strict=True))
            self._over.append((block, thing._replace(span=Span(left, top, *thing.span[2:]))))

    def covered(self, runs: Iterable[Run], check_time: Callable[[], None]) -> str | None:
        """Return where a line that may be a mark is covered in part, or printed over others, None where none is.

        `check_time` is called for each object, and ends the work by raising.
        """
        if not (self._planes or self._sheets or self._over or self.line_heights):
            return None
        runs = list(runs)
        squeezed = (
            run.locator
            for run in runs
            if self.line_heights.get(run.block, _USUAL_PT) < _LEAST * (run.size_pt or _USUAL_PT)
            and holds_a_mark(run.text)
        )
        if (locator := next(squeezed, None) if self.line_heights else None) is not None:
            return locator
        lines: dict[int, Line] = {}
        cells: dict[str, list[Span]] = {}
        shown = (
            run
            for run in runs
            if run.role is not Role.TEXTBOX and (self._over or (self._sheets and run.role is Role.CELL))
        )
        for block, group in groupby(shown, key=lambda run: run.block):
            own = list(group)
            if not holds_a_mark("".join(run.text for run in own)):
                continue
            for line in lines_of(own):
                lines[block] = line
                if (key := cell_key(own[0])) is not None and leaves_mark(line.text):
                    span = Span((key[1] - 1) * COLUMN_PT, (key[2] - 1) * ROW_PT, line.width, 1.2 * line.size)
                    cells.setdefault(key[0], []).append(span)
        planes: list[tuple[list[Span], list[Thing]]] = [([], things) for things in self._planes.values()]
        planes += [(cells.get(sheet, []), things) for sheet, things in self._sheets.items()]
        return next(
            (thing.locator for below, things in planes if (thing := _covering(below, things, check_time)) is not None),
            None,
        ) or next((thing.locator for block, thing in self._over if self._is_over(block, thing.span, lines)), None)

    def _is_over(self, block: int, over: Span, lines: dict[int, Line]) -> bool:
        """Return whether a line of the paragraph, or of one near it, is under a part of something."""
        far = over.top is None or abs(over.top) > 0.5 * over.height
        for step in range(-_NEAR, _NEAR + 1):
            line = lines.get(block + step)
            if line is None or not leaves_mark(line.text):
                continue
            if step and (not far or (over.top is not None and (over.top < 0) != (step < 0))):
                continue
            left = None if block + step in self.moved or "\t" in line.text else 0.0
            height = 1.2 * line.size * (1 + line.width // _LINE_PT)
            place = Span(left, 0.0, min(line.width, _LINE_PT), height)
            if _is_part(over if not step else over._replace(top=None), place):
                return True
        return False

    def in_rows(self) -> Iterator[tuple[str, str]]:
        """Yield levels that boxes of a plane spell in a row or column with others between them, and where."""
        for things in (*self._planes.values(), *self._sheets.values()):
            pieces = [
                (thing, letters)
                for thing in things
                if (letters := "".join(c for line in thing.lines for c in line.text if c.isalpha()))
                and len(letters) <= _LONGEST_PIECE
            ]
            if not any(holds_a_mark(letters) for _, letters in pieces):
                continue
            for along in (0, 1):
                for row in _rows(pieces, 1 - along):
                    word = "".join(letters for _, letters in sorted(row, key=lambda piece: piece[0].span[along] or 0.0))
                    if len(row) > 1 and unicodedata.normalize("NFC", word).casefold() in _LEVELS:
                        yield word, row[0][0].locator

    def labelled(self) -> Iterator[tuple[str, str]]:
        """Yield a label of secrecy and the level in the box beside or below its own as one line, and where the level is.

        In a row or column with several values none is that of the label.
        """
        for things in (*self._planes.values(), *self._sheets.values()):
            said = [(thing, " ".join(line.text.strip() for line in thing.lines)) for thing in things if thing.lines]
            short = [one for one in said if len(one[1]) <= _LONGEST_LABEL and leaves_mark(one[1])]
            labels = [one for one in short if has_label(skeleton(one[1]))] if len(short) > 1 else []
            for label, name in labels[:_MOST_LABELS]:
                for column in (False, True):
                    others = _behind(label, said, column)
                    values = [thing for _, thing, text in others if column or leaves_mark(text)]
                    if others and len(values) == 1 and leaves_mark(others[0][2]):
                        yield f"{name.rstrip(' :')}: {others[0][2]}", values[0].locator

    def phrases(self) -> Iterator[tuple[int, int]]:
        """Yield the blocks of two boxes, side by side or below one another, that MẬT and another half of its word are in.

        Each says one word as wide as it is, in letters of one size, and nothing hides either.
        """
        for things in (*self._planes.values(), *self._sheets.values()):
            words = [(thing.lines[0].text.strip(), thing) for thing in things if _fills_its_box(thing)]
            for word, first in words if len(words) <= _MOST_LABELS else ():
                for other, second in words:
                    is_word = (other == "MẬT" and word in _HALVES) or (word == "MẬT" and goes_on_below(other))
                    if is_word and _adjoins(first, second) and not _are_covered((first, second), things):
                        yield first.lines[0].block, second.lines[0].block


def _fills_its_box(thing: Thing) -> bool:
    """Return whether a box says one word that may be a half of one with MẬT, and has little room beside it."""
    if len(thing.lines) != 1 or None in thing.span or not thing.lines[0].block:
        return False
    line, word = thing.lines[0], thing.lines[0].text.strip()
    half = word in _HALVES or word == "MẬT" or goes_on_below(word)
    return half and thing.span.width < line.width + _SPARE * line.size and thing.span.height < _SPARE * line.size


def _are_covered(boxes: Sequence[Thing], things: Sequence[Thing]) -> bool:
    """Return whether anything opaque lies over or under a part of boxes."""
    return any(each.opaque and each is not box and _overlap(each.span, box.span) for box in boxes for each in things)


def _adjoins(first: Thing, second: Thing) -> bool:
    """Return whether the second of two boxes begins where the first one ends, to the right of it or below."""
    if first.lines[0].size != second.lines[0].size:
        return False
    size = first.lines[0].size
    for along in (0, 1):
        gap = (second.span[along] or 0.0) - (first.span[along] or 0.0) - (first.span[2 + along] or 0.0)
        across = abs((second.span[1 - along] or 0.0) - (first.span[1 - along] or 0.0))
        if -size / 2 < gap < size and across < size:
            return True
    return False


def _overlap(one: Span, other: Span) -> bool:
    return all(
        (one[axis] or 0.0) < (other[axis] or 0.0) + (other[2 + axis] or 0.0)
        and (other[axis] or 0.0) < (one[axis] or 0.0) + (one[2 + axis] or 0.0)
        for axis in (0, 1)
    )


def _behind(own: Thing, said: Sequence[tuple[Thing, str]], column: bool) -> list[tuple[float, Thing, str]]:
    """Return the boxes to the right of one, the nearest first, or those of its column below it, with their distance."""

    def ends(thing: Thing, axis: int) -> tuple[float, float]:
        start = thing.span[axis] or 0.0
        return start, start + (thing.span[2 + axis] or 0.0)

    (first, last), (start, end) = ends(own, not column), ends(own, column)
    found = []
    for thing, text in said:
        low, high = ends(thing, not column)
        distance = ends(thing, column)[0] - start
        if (
            None not in thing.span
            and distance > 0
            and (low < (first + last) / 2 < high or first < (low + high) / 2 < last)
        ):
            found.append((distance, thing, text))
    found.sort(key=lambda one: one[0])
    far = found[0][0] if found and column else 0.0
    if column:
        return [one for one in found if one[0] < _PITCH * far] if far < _REACH * (end - start) else []
    return found


def _rows(pieces: Sequence[tuple[Thing, str]], across: int) -> Iterator[list[tuple[Thing, str]]]:
    """Yield pieces in one row or column."""
    row: list[tuple[Thing, str]] = []
    placed = [piece for piece in pieces if None not in piece[0].span]
    for piece in sorted(placed, key=lambda piece: piece[0].span[across] or 0.0):
        size = max((line.size for line in piece[0].lines), default=_USUAL_PT)
        if row and (piece[0].span[across] or 0.0) - (row[-1][0].span[across] or 0.0) > 0.5 * size:
            yield row
            row = []
        row.append(piece)
    yield row


def _covering(below: list[Span], things: Iterable[Thing], check_time: Callable[[], None]) -> Thing | None:
    """Return the first thing that covers a line below it in part."""
    for thing in things:
        check_time()
        if thing.opaque and any(_is_part(thing.span, line) for line in below):
            return thing
        below += _lines_in(thing)
    return None


def _is_part(over: Span, line: Span) -> bool:
    """Return whether something is over a part of a line."""
    across, down = min(over.width, line.width), min(over.height, line.height)
    if over.left is not None and line.left is not None:
        across = min(over.left + over.width, line.left + line.width) - max(over.left, line.left)
    if over.top is not None and line.top is not None:
        down = min(over.top + over.height, line.top + line.height) - max(over.top, line.top)
    part = _SMALL * line.height < across < _PARTLY * line.width
    return part and _LEAST * line.height < down and over.height < _TALLEST * line.height


def _lines_in(thing: Thing) -> Iterator[Span]:
    """Yield the possible places of those lines of a box that may be marks."""
    left, above, wide, high = thing.span
    if left is None or above is None or not any(leaves_mark(line.text) for line in thing.lines):
        return
    heights = [1.2 * line.size * (1 + line.width // max(wide, 1.0)) for line in thing.lines]
    spare = max(high - sum(heights), 0.0)
    for anchor in thing.anchors:
        top = above + {"ctr": spare / 2, "b": spare}.get(anchor, 0.0)
        for line, height in zip(thing.lines, heights, strict=True):
            width = min(line.width, wide)
            gaps = {"l": 0.0, "ctr": (wide - width) / 2, "r": wide - width}
            if leaves_mark(line.text):
                for gap in {gaps[line.align]} if line.align in gaps else set(gaps.values()):
                    yield Span(left + gap, top, width, height)
            top += height


def leaves_mark(text: str) -> bool:
    """Return whether a mark may be left of a line that is covered in part: of words with MẬT, and no others."""
    return len(text) <= _LONGEST and "mật" in "".join(unicodedata.normalize("NFC", text).casefold().split())


def line_of(text: str, size: float) -> Line:
    """Return a line of letters of one size."""
    return Line(text, size * sum(_BLANK if c.isspace() else _CAPITAL if c.isupper() else _SMALL for c in text), size)


def lines_of(runs: Iterable[Run]) -> Iterator[Line]:
    """Yield the lines that runs make, without letters that are not shown."""
    for number, block in groupby(runs, key=lambda run: run.block):
        shown = [line_of(run.text, run.size_pt or _USUAL_PT) for run in block if run.origin is Origin.TEXT]
        widths, sizes = [line.width for line in shown], [line.size for line in shown]
        yield Line("".join(line.text for line in shown), sum(widths), max(sizes, default=0.0), block=number)


def box_of(shape: Element) -> Box | None:
    """Return the position of a DrawingML shape in points, None when it has none."""
    for each in shape.iter("{*}xfrm"):
        at, size = each.find(clark("a:off")), each.find(clark("a:ext"))
        if at is None or size is None:
            return None
        sides = [(at.get("x"), at.get("y")), (size.get("cx"), size.get("cy"))]
        left, top, width, height = (whole(side, digits=10) / EMU_PT for pair in sides for side in pair)
        return left, top, width, height
    return None


def is_opaque(shape: Element) -> bool:
    """Return whether a picture, or a shape of DrawingML that is filled, hides what is below it."""
    for part in shape.iter():
        match NAMES[part.tag].rpartition(":")[2]:
            case "pic":
                return True
            case "spPr":
                fills = [each for each in part if NAMES[each.tag].rpartition(":")[2] in _FILLS]
                for fill in fills:
                    faint = any(whole(each.get("val"), 100_000) < 50_000 for each in fill.iter(clark("a:alpha")))
                    return not faint and not NAMES[fill.tag].endswith("noFill")
            case "fillRef" if part.get("idx", "0") != "0":
                return True
            case _:
                continue
    return False


def drawn_thing(shape: Element, span: Span, locator: str) -> Thing:
    """Return a shape or picture of DrawingML with the words in it."""
    size = next((whole(each.get(clark("w:val"))) / 2 for each in shape.iter(clark("w:sz"))), _USUAL_PT)
    text = "".join(part.text or "" for part in shape.iter(*_TEXTS))
    return Thing(span, is_opaque(shape), [line_of(text, size)] if text else (), locator=locator)
