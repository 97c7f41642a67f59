"""Drawings on sheets: shapes with their text, pictures, charts and diagrams (ECMA-376 Part 1 §20.5)."""

from __future__ import annotations

from typing import Final

from gateway.documents.readers.excel.xlsx_controls import Controls
from gateway.documents.readers.ooxml.drawingml import put_pictured
from gateway.documents.readers.ooxml.drawingml_text import DrawingPalette, TextBody
from gateway.documents.readers.ooxml.parts import Parts
from gateway.documents.readers.ooxml.picture_places import anchored
from gateway.documents.readers.ooxml.shape_looks import shape_looks
from gateway.documents.readers.ooxml.theme import Theme
from gateway.documents.readers.ooxml.xml import NAMES, Element, texts
from gateway.documents.readers.placed import EMU_PT, Span, box_of, drawn_thing
from gateway.documents.readers.sink import Place, Sink
from gateway.model import Role

_SHAPES: Final = {"xdr:sp", "xdr:cxnSp", "cdr:sp", "cdr:cxnSp"}
_MEASURES: Final = {"xdr:col", "xdr:row", "xdr:colOff", "xdr:rowOff", "cdr:x", "cdr:y"}
_SIZE_PT: Final = 11.0
"""Font of Excel in a new text box."""


def read_drawing(parts: Parts, name: str, place: Place, theme: Theme, controls: Controls) -> None:
    """Give the words of a drawing part and of the charts and diagrams that it shows."""
    sink, root = parts.sink, parts.root(name)
    controls.tick(root)
    palette = DrawingPalette(theme)
    where = place._replace(role=Role.TEXTBOX)
    _place(root, sink, place.locator)
    for element in root.iter():
        kind = NAMES[element.tag]
        parts.node(name, element, where)
        if kind in _SHAPES:
            _shape(element, sink, palette, where)
    for owner, text in texts(root):
        if NAMES[owner.tag] not in _MEASURES:
            sink.put_line(text, where.hidden())
    put_pictured(parts, name, where)


def _place(root: Element, sink: Sink, sheet: str) -> None:
    """Put shapes and pictures over the cells on the stage."""
    for anchor in root:
        if (box := anchored(anchor)) is not None:
            left, top, width, height = (side / EMU_PT for side in box)
            own = box_of(anchor) or (0.0, 0.0, 0.0, 0.0)  # a row may be higher than assumed
            span = Span(left, top, max(width, own[2]), max(height, own[3]))
            sink.stage.on_sheet(sheet.partition(":")[2], drawn_thing(anchor, span, sheet))


def _shape(shape: Element, sink: Sink, palette: DrawingPalette, place: Place) -> None:
    looks = shape_looks(shape, palette.scheme)
    layer = {"size": _SIZE_PT, "latin": palette.font("+mn-lt"), **looks.letters(palette.font)}
    for part in shape:
        if NAMES[part.tag].endswith(":txBody"):
            TextBody(sink, palette).read(part, (layer,) * 9, place._replace(boxed=True), looks.fill)
