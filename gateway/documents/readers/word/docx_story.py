"""One story of a Word document (body, header, note, comment ...) to runs with their effective look.

Every text node below the story's root is accounted for. What stands where the schema has no text, or in a branch that
is not shown, comes out as hidden rather than not at all; `Story.child` compares counts and sweeps up the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from gateway.documents.readers.numerals import hexadecimal
from gateway.documents.readers.ooxml.activex import shown_by_control
from gateway.documents.readers.ooxml.drawingml import write_signs
from gateway.documents.readers.ooxml.parts import shown_branch
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, solid_length, text_of, texts
from gateway.documents.readers.sink import Place
from gateway.documents.readers.word.docx_fields import Fields
from gateway.documents.readers.word.docx_flow import (
    CODE,
    NOISE,
    PROPERTIES,
    TEXT,
    Flow,
    Kit,
    in_properties,
    spoken,
)
from gateway.documents.readers.word.docx_format import VAL, Look
from gateway.documents.readers.word.docx_paragraph import Key, Paragraph
from gateway.documents.readers.word.docx_shapes import put_on_stage, shape_of
from gateway.documents.readers.word.docx_styles import BaseKey, with_settings
from gateway.documents.readers.word.docx_tables import Grid, rows_of
from gateway.model import Origin, Role
from gateway.vietnamese.marks import names_secrecy

_SYMBOL, _SYMBOL_FONT = clark("w:char"), clark("w:font")
_NAME, _TOOLTIP, _DROP = clark("w:name"), clark("w:tooltip"), clark("w:dropCap")
_SPACES: Final = {"w:tab": "\t", "w:ptab": "\t", "w:cr": "\n", "w:noBreakHyphen": "\u2011", "w:softHyphen": "\u00ad"}
_RUN_PROPERTIES: Final = clark("w:rPr")
_PATH: Final = clark("v:textpath")
_VANISHED: Final = (clark("w:vanish"), clark("w:specVanish"))
_SPOKEN: Final = (clark("w:t"), clark("w:drawing"), clark("w:pict"))
_WRAPPERS: Final = {"w:del", "w:moveFrom", "w:sdt", "mc:AlternateContent"}
_LIMIT_VALUE: Final = 200
"""Letters of a control that are given once more beside its name."""


class Story:
    """Walks one part, or one note or comment of a part."""

    def __init__(self, kit: Kit, part: str, *, page: int | None = None) -> None:
        self._kit = kit
        self._sink = kit.sink
        self._styles = kit.styles
        self._part = part
        self.page = page
        """Page reached, None when the document does not say."""
        self._paragraphs = 0
        self._fields = Fields(kit.sink)
        self._taken = 0

    def child(self, element: Element, flow: Flow) -> None:
        """Walk one block and account for every letter of it."""
        before = self._taken
        self._block(element, flow)
        if solid_length(text_of(element)) != self._taken - before:
            self._sweep(element, flow)

    def finish(self) -> None:
        """Close what a truncated or hostile part left open."""
        self._fields.finish()

    # Blocks

    def _block(self, element: Element, flow: Flow) -> None:
        match NAMES[element.tag]:
            case "w:p":
                self._paragraph(element, flow)
            case "w:tbl":
                self._table(element, flow)
            case name if name in _WRAPPERS:
                place = flow.place
                self._unwrap(
                    element,
                    place,
                    lambda inside, origin: self._inner(
                        inside, flow._replace(place=place._replace(origin=origin or place.origin))
                    ),
                )
            case "w:sectPr" | "w:sdtPr":
                return
            case "w:altChunk":
                self._kit.parts.use(self._part, element, "alternative-chunk")
            case "w:r" | "w:hyperlink" | "w:t" | "m:oMath" | "m:oMathPara" | "w:fldSimple" | "w:drawing" | "w:pict":
                self._loose(element, flow)
            case _:
                self._inner(element, flow)

    def _inner(self, parent: Element, flow: Flow) -> None:
        for element in parent:
            self._block(element, flow)

    def _loose(self, element: Element, flow: Flow) -> None:
        """Inline content outside any paragraph makes one."""
        paragraph = Paragraph(BaseKey(flow.table, None, flow.behind, flow.ink), flow.place)
        self._inline_one(element, paragraph, flow.place.origin, link=False)
        paragraph.close(self._sink)

    def _paragraph(self, element: Element, flow: Flow) -> None:
        place = flow.place
        if flow.counted:
            self._paragraphs += 1
            place = place._replace(locator=f"{place.locator}paragraph:{self._paragraphs}")
        properties = element[0] if len(element) and NAMES[element[0].tag] == "w:pPr" else ()
        style_id: str | None = None
        dropped = False
        for setting in properties:
            match NAMES[setting.tag]:
                case "w:pStyle":
                    style_id = setting.get(VAL)
                case "w:framePr":
                    dropped = setting.get(_DROP) in {"drop", "margin"}
                case "w:rPr":  # of the mark that ends it: hidden, it ends nothing
                    dropped = dropped or next(setting.iterchildren(*_VANISHED), None) is not None
                case _:
                    continue
        style = with_settings(self._styles.paragraph(style_id), properties)
        if style.heading and place.role is Role.BODY:
            place = place._replace(role=Role.HEADING)
        if style.boxed:
            place = place._replace(boxed=True)
        behind = flow.behind if style.shading is None else self._kit.palette.shade(style.shading) or flow.behind
        paragraph = Paragraph(BaseKey(flow.table, style_id, behind, flow.ink), place)
        number, level = style.numbering or (None, None)
        if number and number != "0":  # which removes what the style sets (§17.9.18)
            self._label(paragraph, properties, number, level or "0")
        self._inline(element, paragraph, place.origin, link=False)
        block = paragraph.close(self._sink)
        self._sink.unended = dropped and bool(paragraph.pieces) and not paragraph.later
        put_on_stage(self._sink.stage, element, block, place)

    def _label(self, paragraph: Paragraph, properties: Iterable[Element], number: str, level: str) -> None:
        label = self._kit.numbering.label(number, level)
        if label is None:
            return
        mark = next((setting for setting in properties if setting.tag == _RUN_PROPERTIES), None)
        look = self._styles.numbered_look(paragraph.base, mark, label.properties)
        paragraph.add(label.text, Key(look, paragraph.place.origin, False, self.page))

    # Tables

    def _table(self, element: Element, flow: Flow) -> None:
        self._kit.tables += 1
        number = self._kit.tables
        rows = list(rows_of(element, "w:tr"))
        grid = Grid(element, self._styles, [len(list(rows_of(row, "w:tc"))) for row in rows[:1]], len(rows))
        boxed = flow.place.boxed or grid.boxed
        place = flow.place
        role = Role.CELL if place.role in {Role.BODY, Role.HEADING} else place.role
        self._kit.sink.put_lines(grid.described, Place(f"{place.locator}table:{number}", Role.ALT_TEXT, Origin.HIDDEN))
        for index, row in enumerate(rows):
            origin = Origin.DELETED if grid.row_deleted(row) else place.origin
            cells = list(rows_of(row, "w:tc"))
            column = grid.first_column(row)
            for cell in cells:
                key = grid.key(index, column, last=cell is cells[-1])
                fill = grid.fill(cell) or self._styles.cell(key)[1] or flow.behind
                locator = f"table:{number},row:{index + 1},column:{column + 1}"
                if origin is Origin.TEXT and not any(True for _ in cell.iter(*_SPOKEN)):
                    columns = range(column, column + grid.span(cell))
                    self._sink.pictures.paint((self._part, number), index, columns, fill)
                inside = Place(place.locator + locator, role, origin, boxed, place.page, place.link)
                self._inner(cell, Flow(inside, key, fill, flow.ink, counted=False))
                column += grid.span(cell)

    # Inline content

    def _inline(self, parent: Element, paragraph: Paragraph, origin: Origin, *, link: bool) -> None:
        for element in parent:
            if NAMES[element.tag] == "w:r":
                self._run(element, paragraph, origin, link=link)
            else:
                self._inline_one(element, paragraph, origin, link=link)

    def _inline_one(self, element: Element, paragraph: Paragraph, origin: Origin, *, link: bool) -> None:
        name = NAMES[element.tag]
        match name:
            case "w:r" | "m:r":
                self._run(element, paragraph, origin, link=link)
            case "w:hyperlink":
                tip = element.get(_TOOLTIP)
                if tip:
                    self._later_line(paragraph, tip, Role.ALT_TEXT)
                self._inline(element, paragraph, origin, link=True)
            case _ if name in _WRAPPERS:
                self._unwrap(
                    element,
                    paragraph.place,
                    lambda inside, own: self._inline(inside, paragraph, own or origin, link=link),
                )
            case "w:fldSimple":
                key = self._key(self._styles.look(paragraph.base, None), self._seen(origin), link=link)
                walk = partial(self._inline, element, paragraph, origin, link=link)
                self._fields.simple(element, paragraph, walk, key)
            case "w:bookmarkStart":
                bookmark = element.get(_NAME) or ""
                if bookmark and not bookmark.startswith("_"):
                    self._later_line(paragraph, bookmark, Role.NAME)
            case "w:drawing" | "w:pict" | "w:object" | "v:shape" | "wp:inline" | "wp:anchor":
                self._graphic(element, paragraph, origin)
            case "w:p" | "w:tbl":
                flow = Flow(paragraph.place, counted=False)
                paragraph.later.append(partial(self._block, element, flow))
            case "w:rt" | "m:num" | "m:den" | "m:lim":  # text above or below another line is separate
                paragraph.later.append(partial(self._paragraph, element, Flow(paragraph.place, counted=False)))
            case _ if name in TEXT or name in CODE:
                self._content(element, name, paragraph, self._styles.look(paragraph.base, None), origin, link=link)
            case _ if name in PROPERTIES:
                return
            case _:
                write_signs(element)
                self._inline(element, paragraph, origin, link=link)

    def _run(self, run: Element, paragraph: Paragraph, origin: Origin, *, link: bool) -> None:
        direct: Element | None = None
        for element in run:
            name = NAMES[element.tag]
            if name == "w:rPr":
                direct = element
            elif name == "w:t":
                text = element.text if not len(element) else "".join(element.itertext())
                if text:
                    self._taken += len("".join(text.split()))
                    look = self._styles.look(paragraph.base, direct)
                    paragraph.add(text, self._key(look, self._seen(origin), link=link))
            elif name == "w:lastRenderedPageBreak":
                if self.page is not None:
                    self.page += 1
            elif name != "m:rPr":
                self._content(element, name, paragraph, self._styles.look(paragraph.base, direct), origin, link=link)

    def _key(self, look: Look, origin: Origin, *, link: bool) -> Key:
        return Key(look, origin, link or self._fields.are_links, self.page)

    def _seen(self, origin: Origin) -> Origin:
        return Origin.HIDDEN if origin is Origin.TEXT and self._fields.are_silent else origin

    def _content(
        self, element: Element, name: str, paragraph: Paragraph, look: Look, origin: Origin, *, link: bool
    ) -> None:
        """One child of a run other than plain text."""
        key = self._key(look, origin if name == "w:fldChar" else self._seen(origin), link=link)
        if name in TEXT:
            text = "".join(element.itertext())
            self._taken += solid_length(text)
            if name == "m:t":
                key = key._replace(font="Cambria Math")
            elif name == "w:delText" and origin is Origin.TEXT:
                key = key._replace(origin=Origin.DELETED)
            paragraph.add(text, key)
            return
        if name in CODE:
            text = "".join(element.itertext())
            self._taken += solid_length(text)
            self._fields.instruction(text, paragraph)
            return
        match name:
            case "w:br":
                paragraph.add("\n", key)
            case "w:sym":
                code = hexadecimal(element.get(_SYMBOL), -1)
                if 0 <= code < 0x110000:
                    paragraph.add(chr(code), key._replace(font=element.get(_SYMBOL_FONT) or look.slots.ascii))
            case "w:fldChar":
                self._fields.character(element, paragraph, key)
            case _ if name in _SPACES:
                paragraph.add(_SPACES[name], key)
            case _ if name in PROPERTIES:
                return
            case _:
                self._inline_one(element, paragraph, origin, link=link)

    # Controls, shapes, pictures

    def _content_control(self, element: Element, place: Place) -> None:
        for properties in element.iterchildren(clark("w:sdtPr")):
            for setting in properties.iter():
                name = NAMES[setting.tag]
                if name == "w:alias" and names_secrecy(alias := setting.get(VAL) or ""):
                    said = "".join(one.text or "" for one in element.iter() if NAMES[one.tag] == "w:t")
                    value = " ".join(said.split())[:_LIMIT_VALUE]
                    labelled = place._replace(locator=f"field:{alias}", role=Role.FIELD, origin=Origin.HIDDEN)
                    self._sink.put_line(value, labelled)
                hidden = place._replace(role=Role.FIELD, origin=Origin.HIDDEN)
                if name in {"w:alias", "w:tag"}:
                    value = setting.get(VAL)
                elif name == "w:listItem":
                    value = setting.get(clark("w:displayText")) or setting.get(clark("w:value"))
                    hidden = hidden._replace(locator="option")
                else:
                    continue
                self._sink.put_line(value or "", hidden)

    def _later_line(self, paragraph: Paragraph, text: str, role: Role) -> None:
        place = paragraph.place._replace(role=role, origin=Origin.HIDDEN, page=self.page)
        paragraph.later.append(partial(self._sink.put_line, text, place))

    def _unwrap(self, element: Element, place: Place, walk: Callable[[Element, Origin | None], None]) -> None:
        """Walk what one of `_WRAPPERS` holds, with its origin where it has one of its own."""
        match NAMES[element.tag]:
            case "w:sdt":
                self._content_control(element, place)
                walk(element, None)
            case "w:del" | "w:moveFrom":
                walk(element, Origin.DELETED)
            case _:
                self._alternatives(element, walk)

    def _alternatives(self, element: Element, walk: Callable[[Element, Origin | None], None]) -> None:
        """Walk the branch that is shown, and of the others what they say differently."""
        shown, others = shown_branch(element)
        said = "" if shown is None else spoken(shown)
        if shown is not None:
            walk(shown, None)
        for branch in others:
            text = spoken(branch)
            if shown is not None and text == said and next(branch.iter(_PATH), None) is None:
                self._taken += len(text)
            else:
                walk(branch, Origin.HIDDEN)

    def _graphic(self, element: Element, paragraph: Paragraph, origin: Origin) -> None:
        """A drawing, picture or object: descriptions, images, and the stories in its text boxes."""
        stack = [element]
        place = paragraph.place._replace(origin=origin, page=self.page)
        while stack:
            node = stack.pop()
            name = NAMES[node.tag]
            if name == "w:txbxContent":
                paragraph.later.append(partial(self._text_box, node, place))
                continue
            if name == "mc:AlternateContent":
                self._unwrap(node, place, lambda branch, own: self._graphic(branch, paragraph, own or origin))
                continue
            if name in {"w:t", "w:r", "w:p", "w:instrText", "w:delText"} or name == "a:t":
                self._foreign(node, name, paragraph, origin)
                continue
            if name == "w:control":
                self._control(node, paragraph, origin)
            self._kit.parts.node(self._part, node, place)
            stack.extend(reversed(node))

    def _control(self, control: Element, paragraph: Paragraph, origin: Origin) -> None:
        """Give what an ActiveX control shows, in its line."""
        parts = self._kit.parts
        if (stored := parts.target(self._part, control.get(clark("r:id")))) is not None:
            key = self._key(self._styles.look(paragraph.base, None), self._seen(origin), link=False)
            with self._sink.part():
                paragraph.add(shown_by_control(parts, stored, parts.root(stored)) or "", key)

    def _foreign(self, node: Element, name: str, paragraph: Paragraph, origin: Origin) -> None:
        if name == "a:t":
            text = "".join(node.itertext())
            self._taken += solid_length(text)
            line = paragraph.place._replace(role=Role.TEXTBOX, origin=origin, boxed=True)
            paragraph.later.append(partial(self._sink.put_line, text, line))
        else:
            flow = Flow(paragraph.place._replace(origin=origin), counted=False)
            paragraph.later.append(partial(self._block, node, flow))

    def _text_box(self, content: Element, place: Place) -> None:
        shape = shape_of(content, self._kit.palette)
        self._kit.boxes += 1
        role = Role.TEXTBOX if place.role in {Role.BODY, Role.HEADING, Role.CELL} else place.role
        if shape.watermark and place.role in {Role.HEADER, Role.FOOTER}:
            role = Role.WATERMARK
        inside = place._replace(locator=f"textbox:{self._kit.boxes}", role=role, boxed=True)
        self._inner(content, Flow(inside, None, shape.fill, shape.ink, counted=False))

    # What is left

    def _sweep(self, element: Element, flow: Flow) -> None:
        """Report text that is out of place."""
        place = flow.place._replace(origin=Origin.HIDDEN, page=self.page)
        for owner, text in texts(element):
            name = NAMES[owner.tag]
            is_word = name in TEXT or name in CODE or name == "a:t"
            if name not in NOISE and not (is_word and not in_properties(owner, element)):
                self._sink.put_line(text, place)
