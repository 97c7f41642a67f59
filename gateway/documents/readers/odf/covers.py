"""Shapes of OpenDocument files over words: where lines and opaque shapes stand (ODF 1.3 Part 3 §19.213, §20.187)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.documents.readers.odf.styles import StyleBook
from gateway.documents.readers.ooxml.covered import Line, Span, lines_in, lines_of
from gateway.documents.readers.ooxml.sink import Place, Sink
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.pictures.joined import Box
from gateway.model import Origin, Run

_PAGE, _PARAGRAPH, _STYLE = clark("draw:page"), clark("text:p"), clark("draw:style-name")
_ALIGNED: Final = {"center": "ctr", "end": "r", "right": "r"}
_FILLED: Final = {"solid", "gradient", "bitmap", "hatch"}
_ANCHORS: Final = ("t", "ctr", "b")


def note_paragraph(sink: Sink, paragraph: Element, runs: Sequence[Run], align: str | None) -> None:
    """Note where the line of a paragraph stands that shapes may count from."""
    for line in lines_of(runs):
        left = 0.0 if align in {None, "start", "left", "justify"} else None
        sink.covers.line(paragraph, Span(left, 0.0, line.width, 1.2 * line.size), line.text)


def note_shape(sink: Sink, styles: StyleBook, shape: Element, box: Box, place: Place) -> None:
    """Note that an opaque shape lies over what stands before it on its page, or over its paragraph."""
    look = {
        name: styles.attribute("graphic", shape.get(_STYLE), "style:graphic-properties", name)
        for name in ("draw:fill", "style:run-through", "style:vertical-rel", "style:horizontal-rel")
    }
    pictured = any(NAMES[child.tag] == "draw:image" for child in shape)
    holder = next(shape.iterancestors(_PAGE, _PARAGRAPH), None)
    if holder is None or place.origin is not Origin.TEXT or not (pictured or look["draw:fill"] in _FILLED):
        return
    counted = NAMES[holder.tag] == "draw:page"
    if counted or (look["style:run-through"] != "background" and shape.get(clark("text:anchor-type")) != "as-char"):
        left, top = (
            side if counted or look[name] in {None, "paragraph", "paragraph-content", "char"} else None
            for side, name in ((box[0], "style:horizontal-rel"), (box[1], "style:vertical-rel"))
        )
        sink.covers.cover([holder], Span(left, top, *box[2:]), place.locator)


def note_words(sink: Sink, styles: StyleBook, shape: Element, box: Box, runs: Sequence[Run]) -> None:
    """Note where the lines of a text box on a page stand."""
    page = next(shape.iterancestors(_PAGE), None)
    named = {paragraph.get(clark("text:style-name")) for paragraph in shape.iter(_PARAGRAPH)}
    aligned = [
        styles.attribute("paragraph", name, "style:paragraph-properties", "fo:text-align") or "" for name in named
    ]
    align = _ALIGNED.get(aligned[0], "l") if aligned else "l"
    lines: list[Line] = [line._replace(align=align) for line in lines_of(runs)]
    for span, text in lines_in(box, lines, _ANCHORS) if page is not None else ():
        sink.covers.line(page, span, text)
