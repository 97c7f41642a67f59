"""Position and display of pictures in Office documents: DrawingML, VML and sheet anchors (ECMA-376 Part 1 §20)."""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Hashable, Iterator
from typing import Final

from gateway.documents.readers.numerals import length_pt, number
from gateway.documents.readers.ooxml.shape_looks import vml_style
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.pictures.joined import Box, Turn
from gateway.documents.readers.pictures.outlines import BAR, DOT, STROKE, Shape, moved, shape_of
from gateway.documents.readers.placed import COLUMN_PT, EMU_PT, ROW_PT
from gateway.documents.readers.rows import is_part
from gateway.documents.readers.sink import Sink

_INCH_EMU: Final = 914_400
_RECOLOURED: Final = {
    "a:lum", "a:duotone", "a:biLevel", "a:clrChange", "a:alphaModFix", "a:tint", "a:hsl", "a14:imgLayer",
}  # fmt: skip
_HOLDERS: Final = {"pic:pic", "p:pic", "p:sp", "xdr:pic", "xdr:sp", "wps:wsp", "p:cxnSp", "xdr:cxnSp", "p:contentPart"}
_GROUPS: Final = {"p:grpSp", "wpg:wgp", "wpg:grpSp", "xdr:grpSp"}
_DOTS: Final = {"ellipse", "flowChartConnector", "donut", "sun", "octagon"}
_OUTLINES: Final = {
    "rtTriangle": [[(0.0, 0.0), (1.0, 1.0), (0.0, 1.0)]],
    "triangle": [[(0.5, 0.0), (1.0, 1.0), (0.0, 1.0)]],
}
_LIMIT_CLIMB: Final = 40
_PART: Final = 3


def put_in_place(sink: Sink, part: str, element: Element, shown: bytes | Shape) -> None:
    """Pass the position of a picture (`a:blip`, `v:imagedata`) or outline (`a:custGeom`) to the sink."""
    turn, box = Turn(), None
    row: Element | None = None
    group: Element | None = None
    parent: Element | None = element
    for step in range(_LIMIT_CLIMB):
        parent = parent.getparent() if step and parent is not None else parent
        if parent is None:
            break
        match name := NAMES[parent.tag]:
            case _ if name in _HOLDERS and box is None:
                box, turn = _transformed(parent, element)
            case "v:shape" | "v:rect":
                box, turn, placed = _vml(parent)
                if placed and box is not None:
                    _place(sink, shown, (part, parent.getparent()), box, turn)
                    return
            case _ if name in _GROUPS and box is not None:
                group = parent if group is None else group
                box, turn = _in_group(parent, box, turn)
            case "wp:anchor":
                at = _offset(parent)
                size = _extent(parent, flat=isinstance(shown, Shape))
                if group is not None and box is not None:
                    break
                if at is not None and size is not None:
                    _place(sink, shown, (part, *at[2:]), (at[0], at[1], *size), turn)
                    return
                box = (0, 0, *size) if size is not None else box
            case "wp:inline":
                size = _extent(parent)
                if group is None:
                    box = (0, 0, *size) if size is not None else box
            case "xdr:twoCellAnchor" | "xdr:oneCellAnchor" | "xdr:absoluteAnchor" if group is None:
                if (found := anchored(parent)) is not None:
                    _place(sink, shown, part, found, turn)
                return
            case "p:spTree" if box is not None:
                _place(sink, shown, (part, group), box, turn)
                return
            case "w:p" if row is None:
                row = parent
            case "w:tr":
                row = parent
                break
            case _:
                continue
    if group is not None and box is not None:
        _place(sink, shown, (part, group), box, turn)
    elif row is not None:
        if isinstance(shown, Shape):
            sink.pictures.draw(shown, part, box or (0, 0, 1, 1), turn, inline=True)
        else:
            size, table = None if box is None else box[2:], row.getparent() if NAMES[row.tag] == "w:tr" else None
            leftwards = table is not None and table.find(f"{clark('w:tblPr')}/{clark('w:bidiVisual')}") is not None
            sink.pictures.flow(shown, (part, row), sink.shown(), size, turn, leftwards=leftwards)
            if is_part(_first_letters(row), beside_picture=True):
                sink.warn("look-picture")


def _first_letters(row: Element) -> str:
    letters = ""
    for text in row.iter(clark("w:t")):
        letters += (text.text or "").strip()
        if len(letters) > _PART:
            break
    return letters


def outline_of(geometry: Element) -> Shape | None:
    """Return the outline of an `a:custGeom` as it fills a square of side 1 (ECMA-376 Part 1 §20.1.9); None for one by formulas."""
    found: list[Shape] = []
    holder = geometry.getparent()
    is_open = holder is not None and holder.find(clark("a:noFill")) is not None
    for path in geometry.iter(clark("a:path")):
        points = [(point.get("x"), point.get("y")) for point in path.iter(clark("a:pt"))]
        across = [number(x) for x, _ in points]
        width = number(path.get("w")) or max(across, default=0)
        height = number(path.get("h")) or max((number(y) for _, y in points), default=0)
        if min(width, height) < 0 or max(width, height) <= 0:
            continue
        pieces = [_command(command) for command in path]
        shape = shape_of(" ".join(pieces), filled=not is_open and path.get("fill") != "none")
        found.append(shape._replace(outline=moved(shape.outline, (1 / (width or 1), 0, 0, 1 / (height or 1), 0, 0))))
    if not found:
        return None
    whole = [contour for shape in found for contour in shape.outline]
    return Shape(whole, all(shape.filled for shape in found), 0, sum(shape.segments for shape in found))


def stroke_of(geometry: Element) -> Shape | None:
    """Return the line, bar or dot that an `a:prstGeom` without words is as good as; None for one with words."""
    kind = geometry.get("prst") or ""
    if kind in {"line", "straightConnector1", "lineInv"}:
        return STROKE
    holder = geometry.getparent()
    holder = holder.getparent() if holder is not None else None
    spoken = holder is not None and any(True for _ in holder.iter(clark("a:t"), clark("w:t")))
    return None if spoken else DOT if kind in _DOTS else BAR._replace(outline=_OUTLINES.get(kind, BAR.outline))


def line_of_vml(line: Element) -> tuple[Box, Turn]:
    """Return the box of a `v:line` in points, and how its diagonal is turned (ECMA-376 Part 4 §19.1.2.12)."""
    ends = [[length_pt(each, 1.0) or 0.0 for each in (line.get(name) or "0,0").split(",")] for name in ("from", "to")]
    (left, top), (right, bottom) = ((end[0], end[-1]) for end in ends)
    box = (min(left, right), min(top, bottom), abs(right - left), abs(bottom - top))
    return box, Turn(mirrored=(right < left) != (bottom < top))


def outline_of_vml(shape: Element) -> Shape | None:
    """Return the outline of a VML shape as it fills a square of side 1 (ECMA-376 Part 4 §19.1.2.19); None for one by formulas."""
    path, space = (
        shape.get("path") or "",
        [number(each) for each in (shape.get("coordsize") or "1000,1000").split(",")],
    )
    if not path or "@" in path or len(space) != 2 or min(space) <= 0:
        return None
    filled = shape.get("filled") not in {"f", "false", "0"}
    whole = shape_of(_VML_WORD.sub(" ", path).translate(_VML_LETTERS), filled=filled)
    return whole._replace(outline=moved(whole.outline, (1 / space[0], 0, 0, 1 / space[1], 0, 0)))


_VML_WORD: Final = re.compile(r"n[fs]|q[xyb]|a[elrt]|w[ar]|h[a-i]")
_VML_LETTERS: Final = str.maketrans({"m": "M", "l": "L", "c": "C", "x": "Z", "t": "m", "r": "l", "v": "c", "e": " "})
_LETTERS: Final = {"a:moveTo": "M", "a:lnTo": "L", "a:cubicBezTo": "C", "a:quadBezTo": "Q", "a:close": "Z"}


def _command(command: Element) -> str:
    """Return a command as path data; an arc, which says no end, is left out."""
    letter = _LETTERS.get(NAMES[command.tag])
    if letter is None:
        return ""
    points = (f"{number(point.get('x'))} {number(point.get('y'))}" for point in command.iter(clark("a:pt")))
    return f"{letter} {' '.join(points)}"


def _place(sink: Sink, shown: bytes | Shape, plane: Hashable, box: Box, turn: Turn) -> None:
    if isinstance(shown, Shape):
        sink.pictures.draw(shown, plane, box, turn)
    else:
        sink.pictures.place(shown, plane, box, turn)


def shown_inches(element: Element) -> float:
    """Return how wide the picture of an `a:blip` or `v:imagedata` is shown, infinity where that is not plain.

    It is not in groups, which scale what they hold, in sheets, of what fills another shape, and of cut or turned pictures.
    """
    width = math.inf
    parent: Element | None = element
    for _ in range(_LIMIT_CLIMB):
        parent = parent.getparent() if parent is not None else None
        if parent is None:
            break
        match name := NAMES[parent.tag]:
            case "pic:pic" | "p:pic":
                box, turn = _transformed(parent, element)
                if box is None or turn != Turn():
                    break
                width = box[2] / _INCH_EMU
            case "v:shape":
                box, turn, _ = _vml(parent)
                width = box[2] / 72 if box is not None and turn == Turn() else math.inf
            case "wp:anchor" | "wp:inline":
                size = _extent(parent)
                return max(width, size[0] / _INCH_EMU) if size is not None else math.inf
            case "p:spTree" | "w:pict":
                return width
            case _ if name in _HOLDERS or name in _GROUPS or name == "v:group":
                break
            case _:
                continue
    return math.inf


def _transformed(holder: Element, blip: Element) -> tuple[Box | None, Turn]:
    """Read `xfrm`, `srcRect` and the effects of a picture or a shape filled with one."""
    box: Box | None = None
    mirrored = upside_down = False
    degrees = 0.0
    crop: Box | None = None
    for each in holder.iter("{*}xfrm", clark("a:srcRect")):
        if NAMES[each.tag] == "a:srcRect":
            crop = tuple(number(each.get(side)) / 100_000 for side in "ltrb")  # type: ignore[assignment]
            continue
        mirrored, upside_down = (each.get(name) in {"1", "true"} for name in ("flipH", "flipV"))
        degrees = number(each.get("rot")) / 60_000
        numbers = {NAMES[child.tag]: child for child in each}
        at, size = numbers.get("a:off"), numbers.get("a:ext")
        if at is not None and size is not None:
            box = number(at.get("x")), number(at.get("y")), number(size.get("cx")), number(size.get("cy"))
    recoloured = any(NAMES[child.tag] in _RECOLOURED for child in blip.iter())
    return box, Turn(mirrored, upside_down, degrees, crop if crop and any(crop) else None, recoloured)


def _in_group(group: Element, box: Box, turn: Turn) -> tuple[Box, Turn]:
    """Return a place and a turn as a group shows them that is flipped or turned itself (ECMA-376 Part 1 §20.1.7.5).

    Its own place counts from anywhere: pictures of one group are compared with one another.
    """
    frame = group.find("{*}grpSpPr/{*}xfrm")
    if frame is None:
        return box, turn
    mirrored, upside_down = (frame.get(name) in {"1", "true"} for name in ("flipH", "flipV"))
    degrees = number(frame.get("rot")) / 60_000
    left, top, width, height = box
    middle = complex(left + width / 2, top + height / 2)
    middle = complex(-middle.real if mirrored else middle.real, -middle.imag if upside_down else middle.imag)
    middle *= cmath.rect(1, math.radians(degrees))
    inner = -turn.degrees if mirrored != upside_down else turn.degrees
    turn = turn._replace(
        mirrored=turn.mirrored != mirrored,
        upside_down=turn.upside_down != upside_down,
        degrees=(inner + degrees) % 360,
    )
    return (middle.real - width / 2, middle.imag - height / 2, width, height), turn


def _extent(holder: Element, *, flat: bool = False) -> tuple[float, float] | None:
    found = holder.find(clark("wp:extent"))
    size = None if found is None else (number(found.get("cx")), number(found.get("cy")))
    return size if size and (max(size) if flat else min(size)) > 0 else None


def _offset(anchor: Element) -> tuple[float, float, Hashable, Hashable] | None:
    """Return the offsets of an anchored picture and what each counts from, with the paragraph where that is one."""
    (across, from_left), (down, from_top) = offsets_of(anchor)
    if across is None or down is None:
        return None
    paragraph = next(anchor.iterancestors(clark("w:p")), None)
    left, top = (one if one in {"page", "margin", "column"} else paragraph for one in (from_left, from_top))
    return across, down, left, top


def offsets_of(anchor: Element) -> Iterator[tuple[float | None, str | None]]:
    """Yield the offset of a `wp:anchor` across and down, None where it is aligned, and what each counts from."""
    for name in ("wp:positionH", "wp:positionV"):
        position = anchor.find(clark(name))
        offset = None if position is None else position.findtext(clark("wp:posOffset"))
        yield None if offset is None else number(offset), None if position is None else position.get("relativeFrom")


def anchored(anchor: Element) -> Box | None:
    """Return the position on a sheet with cells of the usual size, in EMU."""
    corners: list[float] = []
    for name in ("xdr:from", "xdr:to"):
        corner = anchor.find(clark(name))
        if corner is None:
            break
        offsets = {NAMES[child.tag]: number(child.text) for child in corner}
        corners.append(offsets.get("xdr:col", 0) * COLUMN_PT * EMU_PT + offsets.get("xdr:colOff", 0))
        corners.append(offsets.get("xdr:row", 0) * ROW_PT * EMU_PT + offsets.get("xdr:rowOff", 0))
    place, size = anchor.find(clark("xdr:pos")), anchor.find(clark("xdr:ext"))
    if place is not None:
        corners = [number(place.get("x")), number(place.get("y"))]
    if len(corners) == 4:
        return corners[0], corners[1], corners[2] - corners[0], corners[3] - corners[1]
    if len(corners) == 2 and size is not None:
        return corners[0], corners[1], number(size.get("cx")), number(size.get("cy"))
    return None


def _vml(shape: Element) -> tuple[Box | None, Turn, bool]:
    """Read the style of a VML shape: box in points, turn, and whether it is at coordinates."""
    style = {name: value.lower() for name, value in vml_style(shape).items()}
    left, top, width, height = (
        length_pt(style.get(name), 1.0) or 0.0 for name in ("margin-left", "margin-top", "width", "height")
    )
    turn = Turn("x" in style.get("flip", ""), "y" in style.get("flip", ""), number(style.get("rotation")))
    box = (left, top, width, height) if min(width, height) > 0 else None
    return box, turn, style.get("position") == "absolute"
