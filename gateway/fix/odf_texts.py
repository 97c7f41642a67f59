"""The text of one part of an OpenDocument file, in stretches between tags, each with the font that its letters get.

Letters take it from spans and paragraphs, and from the shape or the cell around them; a cell without a style has that of its
row or column (OpenDocument 1.3 Part 3, 9.1 and 16.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from gateway.documents.readers.odf.flow import flat_rows, repeat_count
from gateway.documents.readers.odf.sheets import columns_of
from gateway.documents.readers.odf.styles import StyleBook
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.fix.letters import Piece, stamps
from gateway.fix.xml_spans import Part

_GAPS: Final = {"text:s", "text:tab", "text:line-break"}
_PARAGRAPHS: Final = {
    "text:p", "text:h", "presentation:header-decl", "presentation:footer-decl", "presentation:date-time-decl",
}  # fmt: skip
_CELLS: Final = {"table:table-cell", "table:covered-table-cell"}
_STYLED: Final = (
    (clark("text:style-name"), "text"),
    (clark("presentation:style-name"), "presentation"),
    (clark("draw:style-name"), "graphic"),
)
"""Attributes that name a style, with its family; those of a paragraph have one of their own."""
_STYLE, _DEFAULT = clark("table:style-name"), clark("table:default-cell-style-name")
_REPEATED, _VALUE = clark("table:number-columns-repeated"), clark("office:string-value")


class _Around(NamedTuple):
    """Properties that an element inherits from its ancestors."""

    font: str | None = None
    looks: tuple[Element, ...] = ()
    """Styles of the shape or cell."""
    block: int = 0
    """Number of the paragraph; 0 outside any."""
    in_link: bool = False


def pieces_of(part: Part, styles: StyleBook, worn: set[Element]) -> list[Piece]:
    """Return the stretches of text of a part with their fonts; note the styles that keep their colour."""
    walker = _Walker(part, styles, worn)
    pieces = list(walker.walk(part.root, _Around()))
    for block in stamps((piece.block, piece.text) for piece in pieces):
        worn.update(walker.dressed.get(block, ()))
    return pieces


class _Walker:
    def __init__(self, part: Part, styles: StyleBook, worn: set[Element]) -> None:
        self._part, self._styles, self._worn = part, styles, worn
        self._cells = {cell: style for table in part.iter("table:table") for cell, style in _cell_styles(table)}
        self.dressed: dict[int, list[Element]] = {}
        """Styles that the letters of each paragraph wear."""
        self._count = 0

    def walk(self, element: Element, around: _Around) -> Iterator[Piece]:
        """Yield the text of an element and what is in it."""
        name = NAMES[element.tag]
        if name in _PARAGRAPHS:
            around = around._replace(block=self._begin(around))
        around = around._replace(in_link=around.in_link or name == "text:a")
        if name in _CELLS:
            style = self._cells.get(element)
            font = self._styles.layer("table-cell", style, with_default=True).get("font") or around.font
            around = around._replace(font=font, looks=tuple(self._styles.chain("table-cell", style)))
            if (place := self._part.attribute(element, "string-value")) is not None:
                block = self._begin(around)
                yield Piece(place.value, place.value_end, element.get(_VALUE, ""), block, font, quoted=True)
        elif not name.startswith("table:"):
            around = self._dress(element, name, around)
        if not around.block:
            for child in element:
                yield from self.walk(child, around)
            return
        holds_text = name.startswith(("text:", "presentation:"))
        _, at, close, _ = self._part.span(element)
        text = element.text
        for child in element:
            start, _, _, end = self._part.span(child)
            if text and holds_text:
                yield Piece(at, start, text, around.block, around.font)
            if NAMES[child.tag] in _GAPS:
                yield Piece(end, end, " ", around.block, around.font)
            yield from self.walk(child, around)
            at, text = end, child.tail
        if text and holds_text:
            yield Piece(at, close, text, around.block, around.font)

    def _begin(self, around: _Around) -> int:
        self._count += 1
        self.dressed[self._count] = [*around.looks]
        return self._count

    def _dress(self, element: Element, name: str, around: _Around) -> _Around:
        """Return what the styles of an element make of the look around it."""
        for attribute, family in _STYLED:
            style = element.get(attribute)
            if not style or (family == "text" and not name.startswith("text:")):
                continue
            family = "paragraph" if name in _PARAGRAPHS else family  # noqa: PLW2901
            default = family == "paragraph" and around.font is None
            chain = self._styles.chain(family, style)
            around = around._replace(
                font=self._styles.layer(family, style, with_default=default).get("font") or around.font,
                looks=(*around.looks, *(chain if family in {"presentation", "graphic"} else ())),
            )
            if around.in_link and family == "text":
                self._worn.update(chain)
            self.dressed.get(around.block, []).extend(chain)
        return around


def _cell_styles(table: Element) -> Iterator[tuple[Element, str | None]]:
    """Yield the cells of a table with their style: their own, or that of the row or column."""
    columns = columns_of(table)
    for row in flat_rows(table, {"table:table-row"}):
        at = 0
        for cell in flat_rows(row, _CELLS):
            of_column = columns[at][0] if at < len(columns) else None
            yield cell, cell.get(_STYLE) or row.get(_DEFAULT) or of_column
            at += repeat_count(cell.get(_REPEATED))
