"""Drawings on sheets: shapes with their text, pictures, charts and diagrams (ECMA-376 Part 1 §20.5)."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any, Final

from gateway.documents.readers.ooxml.colours import drawing_colour
from gateway.documents.readers.ooxml.covered import EMU_PT, Span, box_of, lines_of
from gateway.documents.readers.ooxml.drawingml import plain_text
from gateway.documents.readers.ooxml.drawingml_text import DrawingPalette, TextBody, merged_levels
from gateway.documents.readers.ooxml.parts import Parts
from gateway.documents.readers.ooxml.picture_places import COLUMN_EMU, ROW_EMU, anchored
from gateway.documents.readers.ooxml.plotted import draw_chart
from gateway.documents.readers.ooxml.sink import Place, Sink
from gateway.documents.readers.ooxml.theme import Theme
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, parse, texts
from gateway.model import Role
from gateway.vietnamese.marks.pieces import cell_key

_SHAPES: Final = {"xdr:sp", "xdr:cxnSp", "cdr:sp", "cdr:cxnSp"}
_PICTURED: Final = ("chart", "chartEx", "diagramData")
_MEASURES: Final = {"xdr:col", "xdr:row", "xdr:colOff", "xdr:rowOff", "cdr:x", "cdr:y"}
_FILLS: Final = {"a:solidFill", "a:gradFill", "a:pattFill"}
_DOTTED: Final = re.compile("[ậẬ\u0323]")
"""A letter without which no line leaves a mark."""
_SIZE_PT: Final = 11.0
"""What Excel gives letters in a new text box."""


def read_drawing(parts: Parts, sink: Sink, name: str, place: Place, theme: Theme) -> None:
    """Give the words of a drawing part and of the charts and diagrams that it shows."""
    parts.seen.add(name)
    root = parse(parts.package.read(name))
    palette = DrawingPalette(theme)
    where = place._replace(role=Role.TEXTBOX)
    for element in root.iter():
        kind = NAMES[element.tag]
        parts.node(name, element, kind, sink, where)
        if kind in _SHAPES:
            _shape(element, sink, palette, where)
    _cover(root, sink, place.locator)
    for owner, text in texts(root):
        if NAMES[owner.tag] not in _MEASURES:
            sink.put_line(text, where.hidden())
    for kind in _PICTURED:
        for stored in parts.by_kind(name, kind):
            if stored not in parts.seen:
                parts.seen.add(stored)
                shown = parse(parts.package.read(stored))
                draw_chart(shown, sink.pictures, stored)
                for text in plain_text(shown):
                    sink.put_line(text, where)


def _cover(root: Element, sink: Sink, sheet: str) -> None:
    """Note which words of cells lie under a picture or a filled shape."""
    over = [(box, anchor) for anchor in root if _is_opaque(anchor) and (box := anchored(anchor)) is not None]
    prefix = f"cell:{sheet.partition(':')[2]}!"
    cells = (run for run in sink.runs if over and run.role is Role.CELL and run.locator.startswith(prefix))
    dotted = {run.block for run in cells if not run.text.isascii() and _DOTTED.search(run.text)}
    shown = (run for run in sink.runs if run.block in dotted) if dotted else ()
    for _, runs in groupby(shown, key=lambda run: run.block):
        cell = list(runs)
        if (key := cell_key(cell[0])) is not None:
            left, top = (key[1] - 1) * COLUMN_EMU / EMU_PT, (key[2] - 1) * ROW_EMU / EMU_PT
            for line in lines_of(cell):
                sink.covers.line(sheet, Span(left, top, line.width, 1.2 * line.size), line.text)
    for box, anchor in over:
        left, top, width, height = (side / EMU_PT for side in box)
        own = box_of(anchor) or (0.0, 0.0, 0.0, 0.0)  # a row may be higher than it is taken for
        sink.covers.cover([sheet], Span(left, top, max(width, own[2]), max(height, own[3])), sheet)


def _is_opaque(anchor: Element) -> bool:
    """Tell whether a picture or a filled shape stands at an anchor."""
    for part in anchor.iter(clark("xdr:pic"), clark("xdr:spPr"), clark("a:fillRef")):
        match NAMES[part.tag]:
            case "xdr:spPr" if not any(NAMES[setting.tag] in _FILLS for setting in part):
                if any(NAMES[setting.tag] == "a:noFill" for setting in part):
                    return False
            case "a:fillRef" if part.get("idx", "0") == "0":
                continue
            case _:
                return True
    return False


def _shape(shape: Element, sink: Sink, palette: DrawingPalette, place: Place) -> None:
    layer: dict[str, Any] = {"size": _SIZE_PT}
    fill: str | None = None
    for part in shape:
        match NAMES[part.tag].partition(":")[2]:
            case "spPr":
                for setting in part:
                    if NAMES[setting.tag] in {"a:solidFill", "a:gradFill"}:
                        found = drawing_colour(setting, palette.scheme)
                        fill = found[0] if found else None
            case "style":
                for setting in part:
                    found = drawing_colour(setting, palette.scheme)
                    if found and NAMES[setting.tag] == "a:fontRef":
                        layer["colour"] = found[0]
            case "txBody":
                levels = merged_levels(({"latin": palette.font("+mn-lt"), **layer},) * 9)
                TextBody(sink, palette).read(part, levels, place._replace(boxed=True), fill)
            case _:
                continue
