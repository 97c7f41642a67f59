"""Shapes of Word documents, DrawingML and VML alike: the fill behind their text, and which of them are watermarks."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from gateway.documents.readers.numerals import signed, whole
from gateway.documents.readers.ooxml.picture_places import offsets_of
from gateway.documents.readers.ooxml.shape_looks import shape_looks, vml_colour
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.placed import EMU_PT, Span, Stage, drawn_thing
from gateway.documents.readers.sink import Place
from gateway.documents.readers.word.docx_format import UNKNOWN
from gateway.documents.readers.word.docx_palette import Palette
from gateway.model import Origin

_WATERMARK_NAME: Final = re.compile(r"(?i)watermark")
_LIMIT_CLIMB: Final = 24
_VML_SHAPES: Final = {"v:shape", "v:rect", "v:roundrect", "v:oval", "v:line", "v:polyline", "v:arc", "v:curve"}
_MOVED: Final = {"w:jc", "w:ind", "w:pStyle", "w:framePr"}
_LINE, _RULE = clark("w:line"), clark("w:lineRule")
_ANCHOR: Final = clark("wp:anchor")
_WARP: Final = f"{clark('wps:bodyPr')}/{clark('a:prstTxWarp')}"
_OWN_AXES: Final = ({"column", "margin", "character"}, {"paragraph", "line"})
"""What counts from the paragraph, across and down."""


class Shape(NamedTuple):
    """Properties of the text in a text box."""

    fill: str = UNKNOWN
    ink: str | None = None
    watermark: bool = False


def shape_of(content: Element, palette: Palette) -> Shape:
    """Return the shape around a `w:txbxContent`."""
    fill, ink = UNKNOWN, None
    warped = behind = named = False
    element = content.getparent()
    for _ in range(_LIMIT_CLIMB):
        if element is None:
            break
        name = NAMES[element.tag]
        if name == "wps:wsp":
            looks = shape_looks(element, palette.scheme)
            fill = looks.fill or UNKNOWN
            # Black letters by the shape's style are what automatic letters are too.
            ink = None if looks.ink == "000000" else looks.ink
            warped = any(warp.get("prst") != "textNoShape" for warp in element.iterfind(_WARP))
        elif name in _VML_SHAPES:
            fill = vml_colour(element.get("fillcolor")) or "FFFFFF"
            if element.get("filled") in {"f", "false", "0"}:
                fill = UNKNOWN
            named = named or bool(_WATERMARK_NAME.search(element.get("id") or ""))
        elif name == "wp:anchor":
            behind = element.get("behindDoc") in {"1", "true"}
            for child in element.iterchildren(clark("wp:docPr")):
                named = named or bool(_WATERMARK_NAME.search(child.get("name") or ""))
        elif name in {"w:p", "w:body"}:
            break
        element = element.getparent()
    return Shape(fill, ink, named or warped or behind)


def put_on_stage(stage: Stage, paragraph: Element, block: int, place: Place) -> None:
    """Put what a paragraph anchors, or a paragraph in a frame, on the stage (ECMA-376 Part 1 §20.4.2.3)."""
    properties = paragraph[0] if len(paragraph) and NAMES[paragraph[0].tag] == "w:pPr" else ()
    for setting in properties:
        name = NAMES[setting.tag]
        if name in _MOVED:
            stage.moved.add(block)
        if name == "w:spacing" and setting.get(_RULE) == "exact":
            stage.line_heights[block] = signed(setting.get(_LINE) or "") / 20
        if name == "w:framePr" and place.origin is Origin.TEXT:
            left, top, width = (signed(setting.get(clark(f"w:{side}")) or "") / 20 for side in ("x", "y", "w"))
            thing = drawn_thing(paragraph, Span(left, top, width, 0.0), place.locator)
            stage.on_page("frames", thing._replace(opaque=False))
    for anchor in paragraph.iter(_ANCHOR) if place.origin is Origin.TEXT else ():
        extent = anchor.find(clark("wp:extent"))
        if extent is None:
            continue
        offsets, origins = zip(*offsets_of(anchor), strict=True)
        ends = [None if offset is None else offset / EMU_PT for offset in offsets]
        width, height = (whole(extent.get(side), digits=10) / EMU_PT for side in ("cx", "cy"))
        thing = drawn_thing(anchor, Span(ends[0], ends[1], width, height), place.locator)
        across, down = (origin in known for origin, known in zip(origins, _OWN_AXES, strict=True))
        plane, over = (paragraph if down else place.role, *origins), anchor.get("behindDoc") not in {"1", "true"}
        stage.at_paragraph(block, plane, thing, (across, down), over=over)
