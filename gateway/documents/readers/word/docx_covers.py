"""Shapes and pictures of a Word document that lie over the lines of paragraphs (ECMA-376 Part 1 §20.4.2.3)."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Final

from gateway.documents.readers.numerals import whole
from gateway.documents.readers.ooxml.covered import EMU_PT, Covers, Span, leaves_mark, width_of
from gateway.documents.readers.ooxml.xml import Element, clark
from gateway.documents.readers.word.docx_format import DEFAULT_SIZE_PT, UNKNOWN
from gateway.documents.readers.word.docx_palette import Palette
from gateway.documents.readers.word.docx_paragraph import Paragraph
from gateway.documents.readers.word.docx_shapes import fill_of
from gateway.model import Origin

_WHOLE: Final = re.compile(r"-?\d{1,9}")
_LINE_PT: Final = 460.0
"""Width of a line on A4."""
_NEAR: Final = 3
"""Paragraphs above and below that a shape may lie on which counts from another."""
_MOVED: Final = tuple(map(clark, ("w:jc", "w:ind", "w:tab", "w:pStyle", "w:framePr")))
_ANCHOR, _SHAPE, _PICTURE = clark("wp:anchor"), clark("wps:wsp"), clark("pic:pic")
_AXES: Final = (("wp:positionH", {"column", "margin", "character"}), ("wp:positionV", {"paragraph", "line"}))


class ParagraphCovers:
    """Takes the paragraphs of one story in their order."""

    def __init__(self, covers: Covers, palette: Palette) -> None:
        self._covers = covers
        self._palette = palette
        self._number = 0
        self._over: list[tuple[int, Span, str]] = []
        """What lies over paragraphs, by the number of the one that it counts from, with its place."""

    def take(self, element: Element, paragraph: Paragraph) -> None:
        """Take a paragraph with its shapes."""
        self._number += 1
        shown = [("".join(words), key.look) for key, words in paragraph.pieces if key.origin is Origin.TEXT]
        text = "".join(words for words, _ in shown)
        if leaves_mark(text):
            width = sum(width_of(words, look.size_pt) for words, look in shown)
            lines = 1 + width // _LINE_PT
            height = 1.2 * lines * max((look.size_pt for _, look in shown), default=DEFAULT_SIZE_PT)
            left = None if any(True for _ in element.iter(*_MOVED)) else 0.0
            self._covers.line((self, self._number), Span(left, 0.0, min(width, _LINE_PT), height), text)
        for anchor in element.iter(_ANCHOR):
            if paragraph.place.origin is Origin.TEXT and (over := self._opaque(anchor)) is not None:
                self._over.append((self._number, over, paragraph.place.locator))

    def finish(self) -> None:
        """Tell what lies over which line."""
        for number, over, locator in self._over:
            self._covers.cover([(self, number)], over, locator)
            steps = (
                range(-_NEAR, _NEAR + 1)
                if over.top is None
                else range(-_NEAR, 0)
                if over.top < 0
                else range(1, _NEAR + 1)
            )
            planes: list[Hashable] = [(self, number + step) for step in steps if step]
            if over.top is None or abs(over.top) > 0.5 * over.height:
                self._covers.cover(planes, over._replace(top=None), locator)

    def _opaque(self, anchor: Element) -> Span | None:
        """Return where an opaque shape or picture in front of the text stands, counted from its paragraph, in points."""
        extent = anchor.find(clark("wp:extent"))
        if anchor.get("behindDoc") in {"1", "true"} or extent is None:
            return None
        filled = any(fill_of(shape, self._palette) != UNKNOWN for shape in anchor.iter(_SHAPE))
        if not filled and not any(True for _ in anchor.iter(_PICTURE)):
            return None
        ends: list[float | None] = []
        for name, origins in _AXES:
            position = anchor.find(clark(name))
            offset = None if position is None else position.findtext(clark("wp:posOffset"))
            counted = position is not None and position.get("relativeFrom") in origins
            ends.append(int(offset) / EMU_PT if counted and offset and _WHOLE.fullmatch(offset) else None)
        width, height = (whole(extent.get(side), digits=10) / EMU_PT for side in ("cx", "cy"))
        return Span(ends[0], ends[1], width, height)
