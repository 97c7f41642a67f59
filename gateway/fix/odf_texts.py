"""The text of one part of an OpenDocument file, in stretches between tags, each with the font that its letters get.

Letters take it from spans and paragraphs, and from the shape or the cell around them; a cell without a style has that of its
row or column (OpenDocument 1.3 Part 3, 9.1 and 16.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from gateway.fix.letters import stamps
from gateway.fix.odf_sheets import Grid
from gateway.fix.odf_styles import DRAW, OFFICE, SLIDE, TABLE, TEXT, Look, Styles
from gateway.fix.xml_spans import Tag, text_of, written

_GAPS: Final = frozenset({f"{TEXT}s", f"{TEXT}tab", f"{TEXT}line-break"})
_PARAGRAPHS: Final = frozenset(
    {f"{TEXT}p", f"{TEXT}h", f"{SLIDE}header-decl", f"{SLIDE}footer-decl", f"{SLIDE}date-time-decl"}
)
_CELLS: Final = frozenset({f"{TABLE}table-cell", f"{TABLE}covered-table-cell"})
_STYLED: Final = (
    (f"{TEXT}style-name", "text"),
    (f"{SLIDE}style-name", "presentation"),
    (f"{DRAW}style-name", "graphic"),
)
"""Attributes that name a style, with its family; those of a paragraph have one of their own."""

Worn = set[tuple[str, str, str]]
"""Styles by scope, family and name."""


class Piece(NamedTuple):
    """A stretch of text, as a span of bytes."""

    start: int
    end: int
    text: str
    block: int
    font: str | None
    quoted: bool = False
    """Stands in an attribute."""


class _Open(NamedTuple):
    name: str
    font: str | None
    looks: tuple[Look, ...] = ()
    """Styles of the shape or cell around."""


def pieces_of(name: str, data: bytes, tags: list[Tag], styles: Styles, worn: Worn) -> list[Piece]:
    """Return the stretches of text of a part with their fonts; note the styles that keep their colour."""
    walker = _Walker(name, data, styles, worn)
    for tag in tags:
        walker.take(tag)
    walker.note_stamps()
    return walker.pieces


class _Walker:
    def __init__(self, name: str, data: bytes, styles: Styles, worn: Worn) -> None:
        self.pieces: list[Piece] = []
        self._name, self._data, self._styles, self._worn = name, data, styles, worn
        self._path = [_Open("", None)]
        self._blocks: list[int] = []
        """Numbers of the open paragraphs."""
        self._dressed: dict[int, list[Look]] = {}
        """Styles that the letters of each paragraph wear."""
        self._count = self._last = self._in_link = 0
        self._grid = Grid()

    def take(self, tag: Tag) -> None:
        """Take the next tag, and the text before it."""
        if self._blocks and tag.start > self._last and self._path[-1].name.startswith((TEXT, SLIDE)):
            text = text_of(self._data, self._last, tag.start)
            if text:
                self.pieces.append(Piece(self._last, tag.start, text, self._blocks[-1], self._path[-1].font))
        self._last = max(self._last, tag.end)
        if tag.opens:
            self._open(tag)
        else:
            self._in_link -= tag.name == f"{TEXT}a"
            self._path.pop()
            if tag.name in _PARAGRAPHS:
                self._blocks.pop()

    def _open(self, tag: Tag) -> None:
        if tag.name in _PARAGRAPHS:
            self._count += 1
            self._blocks.append(self._count)
            self._dressed[self._count] = [*self._path[-1].looks]
        self._in_link += tag.name == f"{TEXT}a"
        outer = self._path[-1]
        if tag.name in _GAPS and self._blocks:
            self.pieces.append(Piece(self._last, self._last, " ", self._blocks[-1], outer.font))
        if tag.name.startswith(TABLE):
            style = self._grid.style(tag)
            self._path.append(self._cell(tag, style, outer) if tag.name in _CELLS else outer._replace(name=tag.name))
        else:
            self._path.append(self._dress(tag, outer))

    def _cell(self, tag: Tag, style: str, outer: _Open) -> _Open:
        font = self._styles.font(self._name, "table-cell", style) or outer.font
        place = written(self._data, tag, b"string-value")
        if place is not None:
            self._count += 1
            text = tag.attributes.get(f"{OFFICE}string-value", "")
            self.pieces.append(Piece(place.value, place.value_end, text, self._count, font, quoted=True))
        return _Open(tag.name, font, tuple(self._styles.chain(self._name, "table-cell", style)))

    def _dress(self, tag: Tag, outer: _Open) -> _Open:
        """Return what an element makes of the look around it."""
        font, looks = outer.font, outer.looks
        for family, style in _styles_of(tag):
            default = family == "paragraph" and font is None
            font = self._styles.font(self._name, family, style, default=default) or font
            chain = tuple(self._styles.chain(self._name, family, style))
            if self._in_link and family == "text":
                self._worn.update((look.scope, look.family, look.name) for look in chain)
            if self._blocks:
                self._dressed[self._blocks[-1]].extend(chain)
            if family in ("presentation", "graphic"):
                looks = (*looks, *chain)
        return _Open(tag.name, font, looks)

    def note_stamps(self) -> None:
        """Let the styles of paragraphs that are stamps keep their colour."""
        for block in stamps((piece.block, piece.text) for piece in self.pieces):
            self._worn.update((look.scope, look.family, look.name) for look in self._dressed.get(block, ()))


def _styles_of(tag: Tag) -> Iterator[tuple[str, str]]:
    """Yield family and name of the styles that an element wears."""
    for attribute, family in _STYLED:
        style = tag.attributes.get(attribute)
        if style and (family != "text" or tag.name.startswith(TEXT)):
            yield ("paragraph" if tag.name in _PARAGRAPHS else family), style
