"""Shapes of slides, layouts, masters and notes to runs (PresentationML, ECMA-376 Part 1 §19.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.documents.readers.ooxml.colours import drawing_colour
from gateway.documents.readers.ooxml.drawingml_text import (
    NO_LEVELS,
    DrawingPalette,
    Levels,
    TextBody,
    list_levels,
    merged_levels,
)
from gateway.documents.readers.ooxml.parts import Parts, shown_branch
from gateway.documents.readers.ooxml.shape_looks import shape_looks
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, take, texts
from gateway.documents.readers.pictures.joined import Box
from gateway.documents.readers.placed import Line, Span, Thing, box_of, is_opaque
from gateway.documents.readers.powerpoint.pptx_tables import TableStyles
from gateway.documents.readers.sink import Place
from gateway.model import Origin, Role

_SHAPES: Final = {"p:sp", "p:cxnSp", "p:pic", "p:graphicFrame", "p:contentPart"}
_TEXT: Final = clark("a:t")
_LIST_STYLE: Final = f"{clark('p:txBody')}/{clark('a:lstStyle')}"
_OF_GROUP: Final = f"{clark('p:nvGrpSpPr')}/{clark('p:cNvPr')}"
_TITLES: Final = {"title", "ctrTitle"}
_MARGINS: Final = {"dt", "ftr", "sldNum", "hdr"}
_KINDS: Final = {"ctrTitle": "title", "subTitle": "body", "obj": "body", "": "body"}
_NOISE: Final = {"?:creationId", "a:pos", "p:attrName", "?:modId"}


@dataclass
class Holder:
    """A placeholder of a layout or master."""

    kind: str
    index: str
    levels: Levels
    box: Box | None = None


@dataclass
class Template:
    """Parent of slides: a master, or a layout on top of its master."""

    palette: DrawingPalette = field(default_factory=DrawingPalette)
    title: Levels = NO_LEVELS
    body: Levels = NO_LEVELS
    other: Levels = NO_LEVELS
    default: Levels = NO_LEVELS
    holders: list[Holder] = field(default_factory=list)
    under: Template | None = None
    shows_master: bool = True
    """Shapes of the master are shown on the slides of this layout."""

    def find(self, kind: str, index: str) -> Levels:
        """Return what a placeholder inherits: by index from the layout, by kind from the master."""
        here = NO_LEVELS
        by_index, by_kind = self._like(kind, index)
        found = (by_index or by_kind) if self.under is not None else (by_kind or by_index)
        if found:
            here = found[0].levels
            kind = found[0].kind if kind in {"", "obj"} else kind
        return merged_levels(self.under.find(kind, ""), here) if self.under is not None else here

    def _like(self, kind: str, index: str) -> tuple[list[Holder], list[Holder]]:
        same = _KINDS.get(kind, kind)
        by_index = [each for each in self.holders if each.index == index and index]
        return by_index, [each for each in self.holders if _KINDS.get(each.kind, each.kind) == same]

    def box(self, kind: str, index: str) -> Box | None:
        """Return the inherited position of a placeholder without its own."""
        by_index, by_kind = self._like(kind, index)
        here = next((each.box for each in by_index + by_kind if each.box is not None), None)
        return self.under.box(kind, index) if here is None and self.under is not None else here

    def text_style(self, kind: str | None) -> Levels:
        """Return the master's text style for a kind of placeholder, None for a free shape."""
        if kind is None:
            return merged_levels(self.default, self.other) if self.other is not NO_LEVELS else self.default
        if kind in _TITLES:
            return self.title
        return self.other if kind in _MARGINS else self.body


@dataclass
class Canvas:
    """One part with shapes, and how its words count."""

    part: str
    place: Place
    template: Template
    prompts: bool = False
    """Placeholders hold prompts, which no slide shows (masters and layouts)."""
    role: Role | None = None
    """Role of every word, where it is the same for all (notes)."""


class Shapes:
    """Walks shape trees."""

    def __init__(self, parts: Parts, tables: TableStyles) -> None:
        self._parts = parts
        self._sink = parts.sink
        self._tables = tables
        self._table_number = 0

    def read(self, root: Element, canvas: Canvas) -> None:
        """Put all words of a slide-like part; those out of place are hidden."""
        for shape, hidden in _shapes(root):
            self._shape(shape, canvas, hidden=hidden)
        leftovers = canvas.place.hidden()
        for owner, text in texts(root):
            if NAMES[owner.tag] not in _NOISE:
                self._sink.put_line(text, leftovers)

    def _shape(self, shape: Element, canvas: Canvas, *, hidden: bool) -> None:
        place = canvas.place.hidden() if hidden else canvas.place
        kind, index = placeholder(shape)
        for element in shape.iter():
            name = NAMES[element.tag]
            if name == "p:cNvPr" and element.get("hidden") in {"1", "true"}:
                place = place.hidden()
            if name in {"a:hlinkClick", "a:hlinkHover", "a:hlinkMouseOver"}:
                self._action(element, place)
            self._parts.node(canvas.part, element, place)
        if kind is not None and canvas.prompts:
            place = place.hidden()
        template = canvas.template
        looks = shape_looks(shape, template.palette.scheme)
        role = canvas.role or _role(kind)
        place = place._replace(role=role, boxed=looks.lined)
        levels = merged_levels(template.text_style(kind), (looks.letters(template.palette.font),) * 9)
        if kind is not None:
            levels = merged_levels(levels, template.find(kind, index))
        body = TextBody(self._sink, template.palette)
        for element in shape:
            match NAMES[element.tag]:
                case "p:txBody":
                    body.read(element, levels, place, looks.fill)
                case "a:graphic":
                    for table in element.iter(clark("a:tbl")):
                        self._table(table, body, template, place)
                case _:
                    continue
        self._place(shape, body.lines, canvas, place)

    def _place(self, shape: Element, lines: Sequence[Line], canvas: Canvas, place: Place) -> None:
        """Put a shape and its lines on the stage."""
        kind, index = placeholder(shape)
        box = box_of(shape) or (None if kind is None else canvas.template.box(kind, index))
        anchor = next((each.get("anchor") for each in shape.iter(clark("a:bodyPr"))), None)
        anchors = (anchor,) if anchor else ("t",) if kind is None else ("t", "ctr", "b")
        if box is not None and place.origin is Origin.TEXT:
            thing = Thing(Span(*box), is_opaque(shape), lines, anchors, place.locator)
            self._sink.stage.on_page(shape.getparent(), thing)

    def _table(self, table: Element, body: TextBody, template: Template, place: Place) -> None:
        self._table_number += 1
        style = self._tables.of(table, template.palette)
        base = template.text_style(None)
        rows = table.findall(clark("a:tr"))
        for row_index, row in enumerate(rows):
            cells = row.findall(clark("a:tc"))
            for column, cell in enumerate(cells):
                layer, fill = style.cell(row_index, column, rows=len(rows), columns=len(cells))
                own = _own_fill(cell, template.palette)
                locator = f"{place.locator},table:{self._table_number},row:{row_index + 1},column:{column + 1}"
                if place.origin is Origin.TEXT and not any(text.text for text in cell.iter(_TEXT)):
                    self._sink.pictures.paint(table, row_index, range(column, column + 1), own or fill)
                where = place._replace(locator=locator, role=Role.CELL if place.role is not Role.NOTE else Role.NOTE)
                for element in cell.iterchildren(clark("a:txBody")):
                    body.read(element, merged_levels(base, (layer,) * 9), where, own or fill)

    def _action(self, element: Element, place: Place) -> None:
        action = element.get("action") or ""
        if action.startswith("ppaction://program"):
            self._sink.warn("launch", place.locator)
        elif action.startswith("ppaction://macro"):
            self._sink.warn("macro", place.locator)
        self._sink.put_line(element.get("tooltip") or "", place._replace(role=Role.ALT_TEXT).hidden())


def _shapes(root: Element) -> Iterator[tuple[Element, bool]]:
    """Yield the shapes of all trees below `root`, groups and alternatives opened; True with what is not shown."""
    stack: list[tuple[Element, bool]] = [(root, False)]
    while stack:
        element, hidden = stack.pop()
        name = NAMES[element.tag]
        if name in _SHAPES:
            yield element, hidden
            continue
        if name == "mc:AlternateContent":
            shown, others = shown_branch(element)
            spoken = _words(shown) if shown is not None else None
            for branch in reversed(others):
                if _words(branch) != spoken:
                    stack.append((branch, True))
                else:
                    take(branch)
            if shown is not None:
                stack.append((shown, hidden))
            continue
        if name == "p:grpSp":
            hidden = hidden or any(own.get("hidden") in {"1", "true"} for own in element.iterfind(_OF_GROUP))
        stack.extend((child, hidden) for child in reversed(element))


def _words(branch: Element) -> str:
    return "".join("".join(text.split()) for owner, text in texts(branch) if NAMES[owner.tag] == "a:t")


def placeholder(shape: Element) -> tuple[str | None, str]:
    """Return kind and index of a placeholder, None and nothing for a free shape."""
    named = (element for element in shape if NAMES[element.tag].startswith("p:nv"))
    holder = next((each for element in named for each in element.iter(clark("p:ph"))), None)
    return (None, "") if holder is None else (holder.get("type") or "obj", holder.get("idx") or "")


def _role(kind: str | None) -> Role:
    if kind is None:
        return Role.TEXTBOX
    if kind in _TITLES:
        return Role.HEADING
    if kind == "hdr":
        return Role.HEADER
    return Role.FOOTER if kind in _MARGINS else Role.BODY


def holders(root: Element, palette: DrawingPalette) -> list[Holder]:
    """Return the placeholders of a layout or master with the list styles that slides inherit."""
    found = []
    for shape, _ in _shapes(root):
        kind, index = placeholder(shape)
        if kind is None:
            continue
        found.append(Holder(kind, index, list_levels(shape.find(_LIST_STYLE), palette), box_of(shape)))
    return found


def _own_fill(cell: Element, palette: DrawingPalette) -> str | None:
    settings = (setting for properties in cell.iterchildren(clark("a:tcPr")) for setting in properties)
    for setting in settings:
        if NAMES[setting.tag] in {"a:solidFill", "a:gradFill", "a:pattFill"}:
            found = drawing_colour(setting, palette.scheme)
            return found[0] if found else None
    return None


def load_template(root: Element, palette: DrawingPalette, under: Template | None, default: Levels) -> Template:
    """Return the template that a layout or master makes."""
    template = Template(palette=palette, default=default, under=under)
    if under is not None:
        template.title, template.body, template.other = under.title, under.body, under.other
    for child in root:
        if NAMES[child.tag] == "p:txStyles":
            styles = {NAMES[each.tag]: list_levels(each, palette) for each in child}
            template.title = styles.get("p:titleStyle", NO_LEVELS)
            template.body = styles.get("p:bodyStyle", NO_LEVELS)
            template.other = styles.get("p:otherStyle", NO_LEVELS)
        elif NAMES[child.tag] == "p:notesStyle":
            template.body = list_levels(child, palette)
    template.holders = holders(root, palette)
    return template
