"""OpenDocument content to runs: paragraphs, tables, frames, notes, comments, tracked changes (ODF 1.3 Part 3).

Text that was given out is emptied in the tree; `Story.leftovers` then gives what no branch of the walker has read, as
hidden runs, so that nothing in a part is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final
from weakref import proxy

from gateway.documents.readers.fields import shown_value
from gateway.documents.readers.numerals import whole
from gateway.documents.readers.odf.attributes import attribute_words
from gateway.documents.readers.odf.fields import has_code, shown_instead
from gateway.documents.readers.odf.flow import Flow, Shelf, flat_rows, hide, is_blank, repeat_count
from gateway.documents.readers.odf.shapes import SHAPES, Shapes, points
from gateway.documents.readers.odf.styles import NO_LABEL, OUTLINE, Label, Layer, StyleBook, is_hidden
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, texts
from gateway.documents.readers.sink import Place, by_script, capitals
from gateway.model import Origin, Role
from gateway.vietnamese.marks.find import OPTION

STYLE, _HREF, _REPEAT = clark("text:style-name"), clark("xlink:href"), clark("table:number-columns-repeated")
_START, _CITATION = clark("text:start-value"), clark("text:note-citation")
_SPACE: Final = re.compile(r"[ \t\r\n]+")
_DANGEROUS: Final = re.compile(
    r"(?i)^(file:|javascript:|vbscript:|vnd\.sun\.star\.script:|macro:|\\\\|//|\.uno:|service:)"
)
_CREATOR: Final = clark("dc:creator")
_DESCRIPTION: Final = clark("text:description")
"""Tip of a placeholder, a list or a field to fill in."""
_NUMBER_TEXT: Final = clark("number:text")
_NOISE: Final = {
    "dc:date", "dc:creator", "meta:date-string", "meta:creator-initials", "number:text",
    "loext:sender-initials", "math:annotation",
}  # fmt: skip
_NAMED: Final = {"text:bookmark", "text:bookmark-start", "text:reference-mark", "text:reference-mark-start"}

_LEFT: Final = {None, "start", "left", "justify"}


class _Paragraph:
    __slots__ = ("block", "later", "place", "space")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.block = 0
        self.later: list[Callable[[], None]] = []
        self.space = True
        """The last character given was white space, so that another collapses."""


class Story:
    """Walks one part."""

    def __init__(self, shelf: Shelf, styles: StyleBook, *, page: int | None = None) -> None:
        self._shelf = shelf
        self._sink = shelf.sink
        self.styles = styles
        self._shapes = Shapes(shelf, styles, proxy(self))  # no reference cycle
        self.page = page
        self._paragraphs = 0
        self._counts: dict[tuple[str, int], int] = {}
        """Headings and numbered paragraphs so far, by list style and level."""

    def blocks(self, parent: Element, flow: Flow) -> None:
        """Walk everything below an element that holds blocks."""
        for element in parent:
            self.block(element, flow)

    def block(self, element: Element, flow: Flow) -> None:
        """Walk one block."""
        name = NAMES[element.tag]
        match name:
            case "text:p" | "text:h":
                self._paragraph(element, name, flow)
            case "text:list":
                self._list(element, flow._replace(depth=flow.depth + 1))
            case "text:section":
                hidden = element.get(clark("text:display")) in {"none", "condition"}
                self.blocks(element, hide(flow, hidden=hidden))
            case "text:numbered-paragraph":
                label = self._count(element.get(STYLE) or "", whole(element.get(clark("text:level")), 1))
                self.blocks(element, flow._replace(label=label))
            case "text:section-source" | "table:table-source" | "table:cell-range-source":
                self._shapes.reference(element, flow.place)
            case "text:deletion" | "table:deletion" | "table:cut-offs":
                self.blocks(element, flow._replace(place=flow.place._replace(origin=Origin.DELETED)))
            case "table:table":
                self.table(element, flow)
            case "office:annotation":
                self._comment(element, flow.place)
            case "office:dde-source" | "text:dde-connection-decl" | "table:dde-link":
                self._sink.warn("dde", flow.place.locator)
                self.blocks(element, flow)
            case "script:event-listener" | "presentation:event-listener":
                self._shapes.listener(element, flow.place)
            case "text:soft-page-break":
                self._turn()
            case "office:forms" | "form:form":
                self._shapes.forms(element, flow.place)
            case "office:change-info":
                self.blocks(element, flow._replace(place=flow.place._replace(role=Role.COMMENT)))
            case "table:content-validation" | "table:named-range" | "table:named-expression" | "table:database-range":
                self.aside(element.get(clark("table:name")) or "", flow.place, Role.NAME)
                formula = element.get(clark("table:expression")) or element.get(clark("table:condition"))
                self._sink.formula(formula or "", flow.place)
                self.blocks(element, hide(flow, hidden=True))
            case _ if name in SHAPES:
                self._shapes.shape(element, name, flow)
            case _:
                self.blocks(element, flow)

    def _list(self, element: Element, flow: Flow) -> None:
        """Walk a list; the label of an item precedes its first paragraph."""
        style = element.get(STYLE) or flow.list_style
        number, start = 0, None
        for item in element:
            labelled = NAMES[item.tag] == "text:list-item"
            if (first := item.get(_START)) is not None:
                start, number = whole(first, 1), 0
            label = self.styles.label(style, flow.depth, number, start) if labelled else NO_LABEL
            number += labelled
            for child in item if labelled else (item,):
                self.block(child, flow._replace(list_style=style, label=label))
                label = NO_LABEL

    def _count(self, style: str, level: int) -> Label:
        """Count a heading or numbered paragraph and return its label."""
        number = self._counts.get((style, level), 0)
        self._counts = {key: count for key, count in self._counts.items() if key[0] != style or key[1] < level}
        self._counts[style, level] = number + 1
        return self.styles.label(style, level, number)

    # Paragraphs

    def _paragraph(self, element: Element, name: str, flow: Flow) -> None:
        place = flow.place
        if flow.counted:
            self._paragraphs += 1
            place = place._replace(locator=f"paragraph:{self._paragraphs}")
        style = element.get(STYLE)
        if place.role is Role.BODY and (name == "text:h" or self._is_heading(style)):
            place = place._replace(role=Role.HEADING)
        if place.boxed is not True and self.styles.boxed("paragraph", style, "style:paragraph-properties"):
            place = place._replace(boxed=True)
        level = min(whole(element.get(clark("text:outline-level")), 1), 10) if name == "text:h" else 0
        layer = self.styles.layer("paragraph", style, with_default=flow.defaults, level=level)
        layers = (*flow.layers, layer)
        if flow.outline and flow.depth:
            outline = self.styles.layer("presentation", f"{flow.outline}{min(flow.depth, 9)}")
            layers = (*flow.layers, outline, layer)
        paragraph = _Paragraph(place)
        if level and not flow.depth and element.get(clark("text:is-list-header")) != "true":
            flow = flow._replace(label=self._count(OUTLINE, level))
        words, look = flow.label
        self._plain(words, paragraph, (*layers, look), flow)
        flow = flow._replace(label=NO_LABEL)
        self._inline(element, paragraph, layers, flow, link=False)
        if self.styles.attribute("paragraph", style, "style:paragraph-properties", "fo:text-align") not in _LEFT:
            self._sink.stage.moved.add(self._sink.block)
        height = self.styles.attribute("paragraph", style, "style:paragraph-properties", "fo:line-height") or ""
        if (line_pt := points(height)) > 0:
            self._sink.stage.line_heights[self._sink.block] = line_pt
        for task in paragraph.later:
            task()

    def _is_heading(self, style: str | None) -> bool:
        if style is None:
            return False
        level = self.styles.outline_level(style)
        return bool(level) or "Title" in self.styles.names("paragraph", style)

    def _inline(
        self, element: Element, paragraph: _Paragraph, layers: tuple[Layer, ...], flow: Flow, *, link: bool
    ) -> None:
        self._text(element.text, paragraph, layers, flow, link=link)
        element.text = None
        outer: list[Flow] = []
        for child in element:
            name = NAMES[child.tag]
            match name:
                case "field:fieldmark-start" if has_code(child):
                    outer.append(flow)
                    flow = hide(flow, hidden=True)
                case "field:fieldmark-separator" if outer:
                    flow = outer.pop()
                case "text:span":
                    span = self.styles.layer("text", child.get(STYLE))
                    self._inline(child, paragraph, (*layers, span), flow, link=link)
                case "text:a":
                    if _DANGEROUS.match(child.get(_HREF) or ""):
                        self._sink.warn("external-link", paragraph.place.locator)
                    span = self.styles.layer("text", child.get(STYLE))
                    self._inline(child, paragraph, (*layers, span), flow, link=True)
                case "text:s" | "text:tab" | "text:line-break":
                    self._plain(_white_space(child, name), paragraph, layers, flow)
                case "text:soft-page-break":
                    self._turn()
                case "text:ruby-text":
                    # Above the line, so it goes on nothing and nothing goes on it (§6.4).
                    above = " ".join("".join(child.itertext()).split())
                    paragraph.later.append(partial(self._sink.put_line, above, paragraph.place))
                case "text:note":
                    self._note(child, paragraph, layers, flow)
                case "office:annotation":
                    paragraph.later.append(partial(self._comment, child, paragraph.place))
                case "text:hidden-text" | "text:hidden-paragraph" | "text:conditional-text":
                    self._conditional(child, name, paragraph, layers, flow)
                case "text:p" | "text:h" | "text:list" | "table:table" | "text:section":
                    paragraph.later.append(partial(self.block, child, flow._replace(counted=False)))
                case "office:event-listeners":
                    self.blocks(child, flow)
                case "text:script":
                    self._sink.warn("macro", paragraph.place.locator)
                    self._inline(child, paragraph, layers, hide(flow, hidden=True), link=link)
                case "text:dde-connection":
                    self._sink.warn("dde", paragraph.place.locator)
                    self._inline(child, paragraph, layers, flow, link=link)
                case _ if name in _NAMED:
                    label = child.get(clark("text:name")) or ""
                    if label and not label.startswith("_"):
                        self._later(paragraph, label, Role.NAME)
                case _ if name in SHAPES:
                    self._shape(child, name, paragraph, flow)
                case "field:fieldmark":
                    self._plain(_form_value(child), paragraph, layers, flow)
                    self._inline(child, paragraph, layers, flow, link=link)
                case _:
                    self._field(child, name, paragraph, layers, flow, link=link)
            self._text(child.tail, paragraph, layers, flow, link=link)
            child.tail = None

    def _shape(self, shape: Element, name: str, paragraph: _Paragraph, flow: Flow) -> None:
        """Put what a control shows in its line; the rest of a shape follows the paragraph."""
        if name == "draw:control":
            paragraph.block = paragraph.block or self._sink.open_block()
            self._sink.put(self._shelf.control(shape), paragraph.block, paragraph.place)
        inside = flow._replace(place=paragraph.place._replace(page=self.page), counted=False)
        paragraph.later.append(partial(self._shapes.shape, shape, name, inside))

    def _field(
        self, field: Element, name: str, paragraph: _Paragraph, layers: tuple[Layer, ...], flow: Flow, *, link: bool
    ) -> None:
        """Walk a field or any other element among words."""
        self._later(paragraph, field.get(_DESCRIPTION) or "", Role.FIELD)
        if name == "text:label":
            self._later(paragraph, field.get(clark("text:value")) or "", Role.FIELD)
        shown = shown_instead(field, name, self._shelf.stated)
        self._plain(shown or "", paragraph, layers, flow, link=link)
        self._inline(field, paragraph, layers, hide(flow, hidden=shown is not None), link=link)

    def _text(
        self, text: str | None, paragraph: _Paragraph, layers: tuple[Layer, ...], flow: Flow, *, link: bool
    ) -> None:
        if not text:
            return
        # White space collapses, and at the start of a paragraph counts for nothing (§6.1.2).
        text = _SPACE.sub(" ", text)
        if paragraph.space and text[0] == " ":
            text = text[1:]
        if text:
            self._plain(text, paragraph, layers, flow, link=link)
            paragraph.space = text[-1] == " "

    def _plain(
        self, text: str, paragraph: _Paragraph, layers: tuple[Layer, ...], flow: Flow, *, link: bool = False
    ) -> None:
        if not text:
            return
        face, merged = self.styles.face(layers, flow.behind)
        place = paragraph.place._replace(page=self.page or paragraph.place.page, link=link, origin=flow.place.origin)
        on_paper = not place.locator.startswith(("slide:", "master:"))
        place = place.shown(hidden=is_hidden(face, merged, on_paper=on_paper), struck=merged.get("struck", False))
        if merged.get("capitals"):
            text = capitals(text, face.font)
        paragraph.block = paragraph.block or self._sink.open_block()
        paragraph.space = False
        for piece, look in by_script(text, face, merged.get("font-asian")):
            self._sink.put(piece, paragraph.block, place, look)

    def _note(self, note: Element, paragraph: _Paragraph, layers: tuple[Layer, ...], flow: Flow) -> None:
        self._shelf.notes += 1
        word = "endnote" if note.get(clark("text:note-class")) == "endnote" else "footnote"
        place = paragraph.place._replace(locator=f"{word}:{self._shelf.notes}", role=Role.NOTE, boxed=None)
        number = "".join(text for part in note.iterchildren(_CITATION) for text in part.itertext())
        for part in note:
            if NAMES[part.tag] == "text:note-body":
                inside = Flow(place, label=self.styles.note_label(word, number))
                paragraph.later.append(partial(self.blocks, part, inside))
            else:
                self._inline(part, paragraph, layers, flow, link=False)

    def _comment(self, annotation: Element, place: Place) -> None:
        self._shelf.comments += 1
        locator = place.locator if place.role is Role.CELL else f"comment:{self._shelf.comments}"
        where = place._replace(locator=locator, role=Role.COMMENT, boxed=None)
        self.aside(annotation.findtext(_CREATOR) or "", where, Role.PROPERTY)
        self.blocks(annotation, Flow(where))

    def _conditional(
        self, element: Element, name: str, paragraph: _Paragraph, layers: tuple[Layer, ...], flow: Flow
    ) -> None:
        for attribute in ("text:string-value", "text:string-value-if-true", "text:string-value-if-false"):
            self._later(paragraph, element.get(clark(attribute)) or "", Role.FIELD)
        hidden = name == "text:hidden-text" and element.get(clark("text:is-hidden")) != "false"
        self._inline(element, paragraph, layers, hide(flow, hidden=hidden), link=False)

    def _turn(self) -> None:
        if self.page is not None:
            self.page += 1

    def _later(self, paragraph: _Paragraph, text: str, role: Role) -> None:
        paragraph.later.append(partial(self.aside, text, paragraph.place, role))

    def aside(self, text: str, place: Place, role: Role) -> None:
        """Give a text that is no part of the page: a name, a label, a formula."""
        self._sink.put_line(text, place._replace(role=role).hidden())

    # Tables of text documents and slides

    def table(self, table: Element, flow: Flow) -> None:
        """Walk a table in text."""
        self._shelf.tables += 1
        number = self._shelf.tables
        rows = [element for element in flat_rows(table, {"table:table-row"}) if element is not table]
        cells = [list(flat_rows(row, {"table:table-cell", "table:covered-table-cell"})) for row in rows]
        alone = len(cells) == 1 and len(cells[0]) == 1
        role = Role.CELL if flow.place.role in {Role.BODY, Role.HEADING, Role.TEXTBOX} else flow.place.role
        prefix = f"{flow.place.locator}," if flow.place.locator.startswith("slide:") else ""
        for row_number, row in enumerate(cells, 1):
            column = 0
            for cell in row:
                column += 1
                style = cell.get(clark("table:style-name"))
                layer = self.styles.layer("table-cell", style)
                # A frame around several cells is that of a table.
                boxed = flow.place.boxed if alone else None
                if alone and self.styles.boxed("table-cell", style, "style:table-cell-properties"):
                    boxed = True
                locator = f"{prefix}table:{number},row:{row_number},column:{column}"
                place = flow.place._replace(locator=locator, role=role, boxed=boxed)
                behind = layer.get("behind") or flow.behind
                count = repeat_count(cell.get(_REPEAT))
                if is_blank(cell) and place.origin is Origin.TEXT:
                    self._sink.pictures.paint((id(self), number), row_number, range(column, column + count), behind)
                self.blocks(cell, Flow(place, (*flow.layers, layer), behind, defaults=flow.defaults))
                column += count - 1

    def leftovers(self, root: Element, place: Place) -> None:
        """Put the text not read yet; words inside number formats only when they are words."""
        for picture in root.iter(clark("office:binary-data")):  # of fills, grounds and bullets
            self._shapes.stored(picture, place)
        shown = {run.text.strip() for run in self._sink.runs if run.origin is Origin.TEXT}
        for words, offered in attribute_words(root):
            if words.strip() in shown and not offered:
                continue  # the value of a field, read in its place
            self.aside(words, place._replace(locator=OPTION) if offered else place, Role.FIELD)
        for owner, text in texts(root):
            name = NAMES[owner.tag]
            if name not in _NOISE and not name.startswith(("config:", "style:")):
                self._sink.put_line(text, place.hidden())
        for first in root.iter(_NUMBER_TEXT):
            style = first.getparent()
            if style is not None and style not in self._shelf.unshown and style.find(_NUMBER_TEXT) is first:
                words = "".join(each.text or "" for each in style.iter(_NUMBER_TEXT))
                if sum(letter.isalpha() for letter in words) > 2:
                    self._sink.put_line(words, place._replace(role=Role.FIELD).hidden())


def _white_space(element: Element, name: str) -> str:
    """Return the text that an element denotes: spaces, a tab or a line break (§6.1)."""
    if name == "text:s":
        return " " * min(1000, whole(element.get(clark("text:c")), 1))
    return "\t" if name == "text:tab" else "\n"


def _form_value(mark: Element) -> str:
    """Return what a form field of Word shows, which LibreOffice keeps in parameters."""
    parameters = [(param.get(clark("field:name")) or "", param.get(clark("field:value")) or "") for param in mark]
    ticked = any(name.endswith("_Checked") and value == "true" for name, value in parameters)
    chosen = next((whole(value) for name, value in parameters if name.endswith("_Selected")), int(ticked))
    entries = [value for name, value in parameters if name.endswith("_ListEntry")]
    return shown_value(mark.get(clark("field:type")) or "", entries, chosen)
