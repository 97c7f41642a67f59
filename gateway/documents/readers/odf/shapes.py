"""Shapes, frames, pictures, objects and controls of OpenDocument files (ODF 1.3 Part 3 §10, §13)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from gateway.documents.readers.base import Member
from gateway.documents.readers.numerals import length_pt
from gateway.documents.readers.odf.fields import control_words
from gateway.documents.readers.odf.flow import Flow, Shelf
from gateway.documents.readers.odf.styles import NOTHING, StyleBook
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.pictures.joined import Box, Turn, natural_points
from gateway.documents.readers.pictures.metafile import is_metafile, read_metafile
from gateway.documents.readers.pictures.outlines import BAR, DOT, STROKE, moved, shape_of
from gateway.documents.readers.placed import COLUMN_PT, ROW_PT, Span, Thing, lines_of
from gateway.documents.readers.rows import is_part
from gateway.documents.readers.sink import Place
from gateway.model import Image, Origin, Role, Run
from gateway.vietnamese.marks.find import OPTION
from gateway.vietnamese.marks.layout import cell_key

if TYPE_CHECKING:
    from gateway.documents.readers.odf.story import Story

_TEXT_STYLE, _DRAW_NAME, _HREF = clark("draw:style-name"), clark("draw:name"), clark("xlink:href")
_PLAIN: Final = {"draw:rect", "draw:circle", "draw:ellipse"}
_OUTLINED: Final = {"draw:path", "draw:polygon", "draw:polyline", "draw:custom-shape", *_PLAIN}
_TRANSFORM: Final = clark("draw:transform")
_SUB_VIEW: Final = "}sub-view-size"
_SQUARE: Final = "M 0 0 H 1 V 1 H 0 Z"
_LINES: Final = {"draw:line", "draw:connector", "draw:measure"}
_GROUPS: Final = {"draw:g", "draw:a", "dr3d:scene"}
_FROM_PARAGRAPH: Final = {None, "paragraph", "paragraph-content", "char"}
_HOLDERS: Final = tuple(map(clark, ("draw:page", "table:table", "text:p")))
_ALIGNED: Final = {"center": "ctr", "end": "r", "right": "r"}
_OFFERS: Final = {"form:item", "form:option"}
_FILLED: Final = {"solid", "gradient", "bitmap", "hatch"}
_NUMBERS: Final = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")
_ROTATED: Final = re.compile(r"rotate\s*\(\s*(-?\d{1,3}(?:\.\d{1,15})?)\s*\)")
_TRANSLATED: Final = re.compile(r"translate\s*\(\s*([^\s,)]{1,24})[\s,]+([^\s,)]{1,24})\s*\)")
_CUT: Final = re.compile(r"auto|-?[\d.]{1,20}[a-z]{0,2}")
_TONES: Final = ("draw:luminance", "draw:contrast")
_AS_STORED: Final = {"", "0%", "false", "standard", "greyscale"}
_WATERMARK: Final = re.compile(r"(?i)watermark")
_OUTSIDE: Final = re.compile(r"(?i)^(?:[a-z][a-z0-9+.-]+:|//|\.\./|/|\\\\)")
_DEFAULT_NAME: Final = re.compile(r"^[\x20-\x7e]*\d+$")
_CLASS_ROLES: Final = {
    "title": Role.HEADING, "subtitle": Role.BODY, "outline": Role.BODY, "text": Role.BODY, "notes": Role.NOTE,
    "header": Role.HEADER, "footer": Role.FOOTER, "date-time": Role.FOOTER, "page-number": Role.FOOTER,
}  # fmt: skip
SHAPES: Final = {
    "draw:frame", "draw:custom-shape", "draw:rect", "draw:ellipse", "draw:circle", "draw:line", "draw:polyline",
    "draw:polygon", "draw:regular-polygon", "draw:path", "draw:connector", "draw:caption", "draw:measure", "draw:g",
    "draw:control", "draw:page-thumbnail", "draw:text-box", "draw:image", "draw:object", "draw:object-ole",
    "draw:plugin", "draw:applet", "draw:floating-frame", "draw:a", "dr3d:scene",
}  # fmt: skip


class Shapes:
    """Walks the shapes of one part."""

    def __init__(self, shelf: Shelf, styles: StyleBook, story: Story) -> None:
        self._shelf = shelf
        self._sink = shelf.sink
        self._styles = styles
        self._walk = story
        self._cell = ""
        """Locator of the cell whose shapes are walked."""

    def shape(self, shape: Element, name: str, flow: Flow) -> None:
        """Walk one of `SHAPES`."""
        place = flow.place
        self._cell = place.locator if place.locator.startswith("cell:") else self._cell
        first, block = len(self._sink.runs), self._sink.block
        label = shape.get(_DRAW_NAME) or ""
        if label and not _DEFAULT_NAME.match(label):
            self._walk.aside(label, place, Role.NAME)
        for child in shape:
            if NAMES[child.tag] in {"svg:title", "svg:desc"}:
                self._walk.aside("".join(child.itertext()), place, Role.ALT_TEXT)
                child.text = None
        match name:
            case _ if name in _GROUPS or name == "draw:text-box":
                self._walk.blocks(shape, flow)
            case "draw:image":
                self._image(shape, place)
            case "draw:object" | "draw:object-ole":
                self._object(shape, name, flow)
            case "draw:plugin" | "draw:applet" | "draw:floating-frame":
                self.reference(shape, place)
                self._sink.warn("external-object", place.locator)
            case "draw:control":
                self._sink.put_line(self._shelf.control(shape), place)
                self._walk.blocks(shape, flow)
            case _:
                if name in _OUTLINED | _LINES and place.origin is Origin.TEXT:
                    self._outline(shape, name)
                self._walk.blocks(shape, self._inside(shape, name, label, flow))
        if (box := _box(shape)) is not None and place.origin is Origin.TEXT and name not in _GROUPS:
            self._place(shape, box, place.locator, self._sink.runs[first:], block)

    def _place(self, shape: Element, box: Box, locator: str, runs: Sequence[Run], block: int) -> None:
        """Put a shape and its lines on the stage (ODF 1.3 Part 3 §19.213, §20.187)."""
        fill, through, across, down = (
            self._styles.attribute("graphic", shape.get(_TEXT_STYLE), "style:graphic-properties", name)
            for name in ("draw:fill", "style:run-through", "style:horizontal-rel", "style:vertical-rel")
        )
        opaque = fill in _FILLED or any(NAMES[child.tag] == "draw:image" for child in shape)
        named = (each.get(clark("text:style-name")) for each in shape.iter(clark("text:p")))
        aligned = (self._styles.attribute("paragraph", n, "style:paragraph-properties", "fo:text-align") for n in named)
        align = _ALIGNED.get(next(aligned, None) or "", "l")
        lines = [line._replace(align=align) for line in lines_of(runs)]
        thing = Thing(Span(*box), opaque, lines, ("t", "ctr", "b"), locator)
        holder = next(shape.iterancestors(*_HOLDERS), shape)
        match NAMES[holder.tag]:
            case "draw:page":
                self._sink.stage.on_page(holder, thing)
            case "table:table":
                _, column, row = cell_key(Run(text="", locator=locator)) or ("", 1, 1)
                at = Span(box[0] + (column - 1) * COLUMN_PT, box[1] + (row - 1) * ROW_PT, *box[2:])
                self._sink.stage.on_sheet(holder.get(clark("table:name")) or "", thing._replace(span=at))
            case "text:p":
                over = through != "background" and shape.get(clark("text:anchor-type")) != "as-char"
                known = (across in _FROM_PARAGRAPH, down in _FROM_PARAGRAPH)
                self._sink.stage.at_paragraph(block, holder, thing, known, over=over)
            case _:
                return

    def _inside(self, shape: Element, name: str, label: str, flow: Flow) -> Flow:
        """The flow of a shape's own text."""
        place = flow.place
        kind = shape.get(clark("presentation:class"))
        family = "presentation" if shape.get(clark("presentation:style-name")) else "graphic"
        style = shape.get(clark("presentation:style-name")) or shape.get(_TEXT_STYLE)
        layer = self._styles.layer(family, style, with_default=family == "graphic")
        if family == "presentation":
            layer = {**self._styles.layer("graphic", None, with_default=True), **layer}
        warped = any(child.get(clark("draw:text-path")) == "true" for child in shape)
        in_text = place.role is not Role.TEXTBOX and not place.locator.startswith(("slide:", "master:"))
        boxed = True if in_text else self._outlined(family, style)
        if warped or _WATERMARK.search(label):
            role = Role.WATERMARK
        elif kind is not None:
            role = _CLASS_ROLES.get(kind, Role.BODY)
        elif place.role in {Role.HEADER, Role.FOOTER, Role.NOTE, Role.COMMENT, Role.WATERMARK}:
            role = place.role
        else:
            role = Role.TEXTBOX
        locator = place.locator
        if role is Role.TEXTBOX and "textbox:" not in locator:
            self._shelf.boxes += 1
            locator = f"textbox:{self._shelf.boxes}" if in_text else f"{locator},textbox:{self._shelf.boxes}"
        if shape.get(clark("presentation:placeholder")) == "true":
            place = place.hidden()
        place = place._replace(role=role, boxed=boxed, locator=locator)
        behind = layer.get("behind") or flow.behind
        frame_in_text = name == "draw:frame" and in_text
        outline = ""
        if kind == "outline":
            names = self._styles.names(family, style)
            outline = next((each[:-1] for each in names if each.endswith("-outline1")), "")
        return Flow(
            place,
            () if frame_in_text else (layer,),
            behind,
            defaults=frame_in_text,
            outline=outline,
        )

    def _outlined(self, family: str, style: str | None) -> bool:
        stroke = self._styles.attribute(family, style, "style:graphic-properties", "draw:stroke")
        return stroke is not None and stroke != "none"

    def stored(self, element: Element, place: Place) -> None:
        """Read the picture that is in the file itself, in base64, and empty its element."""
        data = self._binary(element)
        if is_metafile(data):
            read_metafile(data, self._sink, place._replace(role=Role.TEXTBOX), name="image")
        elif data:
            self._sink.members.append(Member(name="image", data=data, relation="image", locator=place.locator))

    def _binary(self, element: Element) -> bytes:
        try:
            data = base64.b64decode("".join("".join(element.itertext()).split()))
        except (binascii.Error, ValueError):
            data = b""
        element.text = None
        self._sink.budget.take_bytes(len(data))
        return data

    def _image(self, image: Element, place: Place) -> None:
        for child in image:
            if NAMES[child.tag] == "office:binary-data":
                self.stored(child, place)
            else:
                self._walk.block(child, Flow(place, (NOTHING,), defaults=False))
        target = image.get(_HREF)
        if not target:
            return
        if _OUTSIDE.match(target):
            self._sink.warn("external-object", place.locator)
            return
        stored = self._shelf.picture(target.removeprefix("./"))
        digest = None if stored is None else hashlib.sha256(stored).hexdigest()
        self._sink.images.append(Image(locator=place.locator, page=place.page, sha256=digest))
        if stored is not None and place.origin is Origin.TEXT:
            self._put_in_place(image, stored)

    def _put_in_place(self, image: Element, data: bytes) -> None:
        """Pass the position of a picture to the sink: in a line of text, or at coordinates of a page."""
        frame = image.getparent()
        if frame is None:
            return
        (left, top, width, height), degrees = _turned_box(frame)
        turn = self._turn(frame, data)._replace(degrees=degrees)
        is_placed = frame.get(clark("svg:x")) is not None or _TRANSLATED.search(frame.get(_TRANSFORM) or "") is not None
        row = next((each for each in frame.iterancestors(clark("table:table-row"))), None)
        row = next((each for each in frame.iterancestors(clark("text:p"))), None) if row is None else row
        size = (width, height) if min(width, height) > 0 else None
        if is_placed and frame.get(clark("text:anchor-type")) != "as-char" and size:
            page = next((each for each in frame.iterancestors(clark("draw:page"))), row)
            holder = next(frame.iterancestors(*_HOLDERS), None)
            if holder is not None and NAMES[holder.tag] == "table:table":
                _, column, line = cell_key(Run(text="", locator=self._cell)) or ("", 1, 1)
                page, left, top = holder, left + (column - 1) * COLUMN_PT, top + (line - 1) * ROW_PT
            self._sink.pictures.place(data, page, (left, top, *size), turn)
        elif row is not None:
            self._sink.pictures.flow(data, row, self._sink.shown(), size, turn)
            if is_part(self._sink.last_line(), beside_picture=True):
                self._sink.warn("look-picture")

    def _turn(self, frame: Element, data: bytes) -> Turn:
        """Return how the style of a frame mirrors, cuts and recolours its picture (ODF 1.3 Part 3 §20.181, §20.390)."""
        mirror, clip, *colours = (
            self._styles.attribute("graphic", frame.get(_TEXT_STYLE), "style:graphic-properties", name) or ""
            for name in ("style:mirror", "fo:clip", "draw:color-inversion", "draw:color-mode", *_TONES)
        )
        cut = [max(points(side), 0.0) for side in _CUT.findall(clip)]
        crop = None
        if len(cut) == 4 and any(cut) and min(size := natural_points(data)) > 0:
            crop = (cut[3] / size[0], cut[0] / size[1], cut[1] / size[0], cut[2] / size[1])
        recoloured = not _AS_STORED.issuperset(colours)
        return Turn("horizontal" in mirror, "vertical" in mirror, crop=crop, recoloured=recoloured)

    def _object(self, element: Element, name: str, flow: Flow) -> None:
        place = flow.place
        if name == "draw:object-ole":
            self._sink.warn("ole-object", place.locator)
        for child in element:
            if NAMES[child.tag] == "office:binary-data":
                data = self._binary(child)
                self._sink.members.append(Member(name="object", data=data, relation="embedded", locator=place.locator))
            else:
                self._walk.block(child, flow)
        target = element.get(_HREF)
        if target and _OUTSIDE.match(target):
            self._sink.warn("external-object", place.locator)
        elif target:
            self._shelf.embedded(target.removeprefix("./").rstrip("/"))

    def reference(self, element: Element, place: Place) -> None:
        """Walk an element that may fetch something from outside."""
        if _OUTSIDE.match(element.get(_HREF) or ""):
            self._sink.warn("external-object", place.locator)
        self._walk.blocks(element, Flow(place))

    def listener(self, element: Element, place: Place) -> None:
        """Warn of what an event starts."""
        target = element.get(_HREF) or element.get(clark("script:macro-name")) or ""
        action = element.get(clark("presentation:action")) or ""
        if "script" in target or element.get(clark("script:macro-name")) or action == "execute-macro":
            self._sink.warn("macro", place.locator)
        elif action == "execute":
            self._sink.warn("launch", place.locator)

    def forms(self, forms: Element, place: Place) -> None:
        """Give labels, values and texts of form controls, and note what each shows at its position."""
        for element in forms.iter():
            locator = f"field:{element.get(clark('form:name'))}" if element.get(clark("form:name")) else place.locator
            where = place._replace(locator=OPTION if NAMES[element.tag] in _OFFERS else locator)
            for attribute in ("form:label", "form:value", "form:current-value", "form:title"):
                self._walk.aside(element.get(clark(attribute)) or "", where, Role.FIELD)
            for identifier in filter(None, (element.get(clark("form:id")), element.get(clark("xml:id")))):
                self._shelf.controls[identifier] = control_words(element)
            if NAMES[element.tag] in {"text:p", "text:h"}:
                self._walk.block(element, Flow(place._replace(role=Role.FIELD)))
            if NAMES[element.tag] == "script:event-listener":
                self.listener(element, place)

    def _outline(self, shape: Element, name: str) -> None:
        """Give the outline of a freeform as a shape to be drawn."""
        path, view = shape.get(clark("svg:d")) or "", shape.get(clark("svg:viewBox")) or ""
        page = next((each for each in shape.iterancestors(clark("draw:page"), clark("table:table"))), None)
        if name in _LINES:
            left, top, right, bottom = (points(shape.get(clark(f"svg:{end}"))) for end in ("x1", "y1", "x2", "y2"))
            line = STROKE._replace(outline=[[(left, top), (right, bottom)]])
            self._sink.pictures.draw(line, page, (0, 0, 1, 1))
            return
        if name in {"draw:polygon", "draw:polyline"}:
            path = f"M {shape.get(clark('draw:points')) or ''}"
        silent = not any(text.strip() for text in shape.itertext())
        if name in _PLAIN and silent:
            path, view = _SQUARE, "0 0 1 1"
        for geometry in shape.iter(clark("draw:enhanced-geometry")):
            if not (geometry.get(clark("draw:type")) or "non-primitive").endswith(("non-primitive", "mso-spt0")):
                path, view = _SQUARE * silent, "0 0 1 1"  # a shape of the program's own
                break
            path = (
                (geometry.get(clark("draw:enhanced-path")) or "").replace("N", " ").replace("F", " ").replace("S", " ")
            )
            view = geometry.get(clark("svg:viewBox")) or view
            if sizes := next((value for name, value in geometry.attrib.items() if name.endswith(_SUB_VIEW)), ""):
                view = f"0 0 {sizes}"  # LibreOffice's own, beside a box of nothing
        numbers = [float(number) for number in _NUMBERS.findall(view)]
        if not path or "?" in path or "$" in path or len(numbers) < 4 or min(numbers[2:4]) <= 0:
            return
        fill = self._styles.attribute("graphic", shape.get(_TEXT_STYLE), "style:graphic-properties", "draw:fill")
        dotted = name not in {"draw:rect", "draw:custom-shape"}
        whole = (
            (DOT if dotted else BAR)
            if path == _SQUARE
            else shape_of(path, filled=name != "draw:polyline" and fill != "none")
        )
        left, top, width, height = numbers[:4]
        unit = (1 / width, 0, 0, 1 / height, -left / width, -top / height)
        box, degrees = _turned_box(shape)
        placed = shape.get(clark("svg:x")) is not None or shape.get(_TRANSFORM) is not None
        inline = shape.get(clark("text:anchor-type")) == "as-char" or not placed
        if min(box[2:]) > 0:
            whole = whole._replace(outline=moved(whole.outline, unit))
            self._sink.pictures.draw(whole, page, box, Turn(degrees=degrees), inline=inline)


def _turned_box(shape: Element) -> tuple[Box, float]:
    """Return the box of a shape and how it is turned about its middle, in degrees clockwise (ODF 1.3 Part 3 §19.228)."""
    left, top, width, height = _sides(shape)
    how = shape.get(_TRANSFORM) or ""
    turned, moved_by = _ROTATED.search(how), _TRANSLATED.search(how)
    angle = -float(turned[1]) if turned else 0.0
    if moved_by:
        across, down = math.cos(angle), math.sin(angle)
        left = points(moved_by[1]) + (across * width - down * height - width) / 2
        top = points(moved_by[2]) + (down * width + across * height - height) / 2
    return (left, top, width, height), math.degrees(angle)


def _sides(shape: Element) -> Box:
    left, top, width, height = (points(shape.get(clark(f"svg:{side}"))) for side in ("x", "y", "width", "height"))
    return left, top, width, height


def _box(shape: Element) -> Box | None:
    box = _sides(shape)
    return box if min(box[2:]) > 0 and shape.get(clark("svg:x")) is not None else None


def points(length: str | None) -> float:
    """Return a length in points; 0 for nonsense and for what is in parts of something."""
    return length_pt(length) or 0.0
