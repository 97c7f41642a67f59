"""Rich strings of SpreadsheetML and the cells that show them, with the bytes of everything a fixer may change.

A string stands once in `xl/sharedStrings.xml`, in a cell (`is`, or `v` of a formula) or in a comment (`text`); a shared one looks as the cells
look that show it, each of its runs may say a font of its own (ECMA-376 Part 1 §18.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from gateway.documents.readers.numerals import whole
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.fix.xml_spans import Part

_TEXT, _RUN, _LOOK, _CELL, _VALUE = map(clark, ("s:t", "s:r", "s:rPr", "s:c", "s:v"))
_FACE: Final = f"{_LOOK}/{clark('s:rFont')}"


class Piece(NamedTuple):
    """A `t` as a span of bytes, or the value of a formula."""

    start: int
    end: int
    text: str
    font: str | None = None
    """The font that its run says, None for that of the cell."""


class RichString(NamedTuple):
    """One string."""

    pieces: list[Piece]
    styles: set[int]
    """Cell formats (indexes of `cellXfs`) of the cells that show it; -1 is a comment, which has no format."""
    looks: list[Element]
    """The `rPr` of its runs."""


def style_of(cell: Element) -> int:
    """Return the format of a cell; ValueError for what is no number."""
    return int(cell.get("s") or 0)


def strings(part: Part) -> Iterator[RichString]:
    """Yield the strings of a part in document order; phonetic guides are none."""
    for holder in part.iter("s:si", "s:is", "s:text", "s:v"):
        name, parent = NAMES[holder.tag], holder.getparent()
        if name != "s:v":
            cell = next(holder.iterancestors(_CELL), None)
            styles = set() if name == "s:si" else {-1 if cell is None else style_of(cell)}
            runs = [(None, holder), *((run, run) for run in holder.iterchildren(_RUN))]
            pieces = [_piece(part, text, run) for run, inside in runs for text in inside.iterchildren(_TEXT)]
            yield RichString([one for one in pieces if one.text], styles, holder.findall(f"{_RUN}/{_LOOK}"))
        elif parent.get("t") == "str":
            yield RichString([_piece(part, holder, None)], {style_of(parent)}, [])


def _piece(part: Part, text: Element, run: Element | None) -> Piece:
    face = None if run is None else run.find(_FACE)
    return Piece(*part.content(text), None if face is None else face.get("val"))


def shown(part: Part) -> Iterator[tuple[int, int]]:
    """Yield the format of every cell, with the number of the shared string that it shows or -1."""
    for cell in part.iter("s:c"):
        number = whole((cell.findtext(_VALUE) or "").strip(), -1) if cell.get("t") == "s" else -1
        yield style_of(cell), number
