"""Events of libxml2's HTML tokenizer to blocks: a stack of open elements with their looks, tables, comments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from lxml import etree

from gateway.documents.readers.base import Member, ReadError
from gateway.documents.readers.excel.formulas import formula_words
from gateway.documents.readers.markup.data_address import IN_TEXT
from gateway.documents.readers.markup.html_blocks import BREAK, Block, Builder, Piece
from gateway.documents.readers.markup.html_choice import Choice, is_offered, shown_input
from gateway.documents.readers.markup.html_elements import Element, Table
from gateway.documents.readers.markup.html_outline import VOID, Outline, opened
from gateway.documents.readers.markup.html_shown import DRAWN, UNSEEN, script_lines
from gateway.documents.readers.markup.html_style import Look
from gateway.documents.readers.markup.svg import Svg, is_spoken
from gateway.documents.readers.numerals import numeral, signed, whole
from gateway.model import ReadStatus, Role

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hgroup", "hr", "html", "legend", "li", "main", "nav", "ol", "optgroup", "option", "p", "pre", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_ABOVE = frozenset({"rt", "rp", "rtc"})
"""Words above those beside them in the text."""
_INLINE = frozenset({"span", "font", "b", "i", "s", "u", "em", "a"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TEXT_ATTRIBUTES = ("alt", "title", "aria-label", "placeholder", "summary", "label", "content-text")
_ADDRESS_ATTRIBUTES = ("src", "href", "data", "background", "poster", "action", "formaction", "xlink:href")
_DATA_BLOCKS = frozenset({"application/ld+json", "application/json"})
"""Types of scripts that no program runs (HTML §4.12.1): data of bookings and invoices for mail programs."""
_URL = re.compile(r"url\(\s*[\"']?([^\"')]+)")
_CONDITIONAL = re.compile(r"^\[if[^\]]{0,200}\]>(.*?)(?:<!\[endif\])?$", re.DOTALL | re.IGNORECASE)


def parse(builder: Builder, text: str, target: Target | None = None) -> None:
    """Feed a text to the tokenizer; MALFORMED when it finds no HTML at all."""
    builder.add_sheets(text)
    builder.paint.entities(text)
    data = text.encode("utf-8", "surrogatepass").replace(b"\0", b"")
    if target is None:
        outline = Outline() if builder.sheet.looks_ahead else None
        if outline is not None:
            _feed(builder, data, outline)
        target = Target(builder, outline=outline)
    if not _feed(builder, data, target) and not builder.sink.runs:
        raise ReadError(ReadStatus.MALFORMED, "html")
    target.flush()


def _feed(builder: Builder, data: bytes, target: Target | Outline) -> bool:
    """Let a target see the events of a text; false when the tokenizer gave up."""
    parser = etree.HTMLParser(target=cast("Any", target), recover=True, encoding="utf-8", huge_tree=True)
    try:
        for start in range(0, len(data), 1 << 16):
            builder.sink.budget.check_time()
            parser.feed(data[start : start + (1 << 16)])
        parser.close()
    except etree.XMLSyntaxError:
        return False
    return True


class Target:
    """Parser target of lxml: a stack of open elements and the block under construction."""

    def __init__(
        self,
        builder: Builder,
        look: Look | None = None,
        role: Role | None = None,
        *,
        nested: bool = False,
        outline: Outline | None = None,
    ) -> None:
        self._builder = builder
        self._outline = outline
        self._is_nested = nested
        self._stack = [Element("", look or Look(), role, None)]
        self._block = Block(role=role or Role.BODY)
        self._tables: list[Table] = []
        self._above: list[Piece] = []
        """Text above that of the block."""
        self._title: list[Piece] = []
        """Words of a title, which are at no place of the page."""
        self._raw = 0
        """Depth of elements whose text is no text: script and style."""
        self._paragraphs = 0
        self._svg: Svg | None = None
        self._line = ""
        """Position of the text of the drawing that was begun last."""
        self._drawing = 0
        """Depth of `svg` elements."""
        self._count = 0
        self._choice: Choice | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        tag = tag.lower()
        self._count += 1
        parent = self._stack[-1]
        parent.painted = False
        attributes = {str(key).lower(): value or "" for key, value in attributes.items()}
        look = self._inherited(tag, attributes, parent)
        node = self._builder.node(tag, attributes, parent.node)
        if self._outline is not None and node is not None:
            self._outline.complete(node)
        look = self._builder.style(tag, attributes, look, node)
        if tag in ("col", "colgroup") and look.collapsed and self._tables:
            for one in self._stack[-2:]:  # the table, and the group of columns
                one.look = replace(one.look, cut=True)
        look, role = self._semantics(tag, attributes, look, parent.role)
        closed = look if tag == "details" and "open" not in attributes else None
        look = look if closed is None else replace(look, hidden=True)
        if tag == "svg":
            self._svg = self._svg or Svg(self._builder.named_shapes)
            self._drawing += 1
        if self._svg is not None:
            self._svg.start(tag, attributes)
        self._attributes(tag, attributes, look)
        if self._choice is not None and not self._choice.takes(tag, attributes):
            self._choose(self._choice, parent.look, is_list=False)
        if self._choice is None and Choice.is_one(tag, attributes):
            self._choice = Choice(attributes.get("name", ""))
        elif self._choice is None and tag in _BLOCKS:
            self.flush()
        parted = "" if tag in VOID else self._parting(tag, attributes, look, parent)
        self._part(parted)
        table = self._open_cell(tag, attributes, parent.table)
        if table is not None and look.boxed and tag in ("td", "th"):
            self._builder.framed_cells[f"table:{table[0]},row:{table[1]},column:{table[2]}"] = table[0]
        if tag in ("br", "input"):
            self._block.pieces.append(Piece(BREAK if tag == "br" else shown_input(attributes), look))
        elif tag == "option" and self._choice is None and "selected" in attributes:
            self._block.pieces.append(Piece("☒ ", look))  # a list that shows several tells it by its colour
        painted = look.background is not None and look.background != parent.look.background
        painted = painted and not look.hidden and (look.pixel or tag in _INLINE)
        before, after = self._builder.made(tag, attributes, node)
        if tag in VOID:
            if painted:
                self._builder.paint.empty_box()
            return
        parted = parted if self._svg is None else ""
        self._stack.append(
            Element(tag, look, role, table, node, after, painted, parted, number=self._count, closed=closed)
        )
        self._raw += tag in ("script", "style")
        self._begin(self._stack[-1])
        if tag == "ol":
            self._stack[-1].items = signed(attributes.get("start", "1")) - 1
        elif tag == "li":
            parent.items = signed(attributes["value"]) if "value" in attributes else parent.items + 1
            before = f"{numeral(parent.items, look.numbered)}. {before}" if look.numbered else before
        if before:
            self._block.pieces.append(Piece(look.shown(before), look))

    def end(self, tag: str) -> None:
        """Close an element and those inside it that were left open."""
        tag = tag.lower()
        if (position := opened(self._stack, tag)) is None:
            return
        for element in reversed(self._stack[position:]):
            if element.after:
                self._block.pieces.append(Piece(element.look.shown(element.after), element.look))
            if element.painted:
                self._builder.paint.empty_box()
                self._block.covered = self._block.covered or element.look.placed
            if element.tag == "svg" and self._svg is not None:
                self._drawing -= 1
                if not self._drawing:
                    self._builder.draw(self._svg)
                    self._svg = None
        if self._svg is not None:
            self._svg.end(tag)
        if self._choice is not None and any(element.tag == "select" for element in self._stack[position:]):
            self._choose(self._choice, self._stack[position].look)
        if self._choice is None and any(element.tag in _BLOCKS for element in self._stack[position:]):
            self.flush()
        for element in self._stack[position:]:
            if element.tag == "title":
                self._builder.add_block(Block(self._title, element.role or Role.PROPERTY, self._block.locator))
                self._title = []
            elif element.tag in ("script", "style"):
                self._raw = max(0, self._raw - 1)
            elif element.tag == "table" and self._tables:
                self._tables.pop()
        parted = self._stack[position].parted
        del self._stack[position:]
        self._part(parted)
        self._begin(self._stack[-1])

    def _inherited(self, tag: str, attributes: dict[str, str], parent: Element) -> Look:
        """Return the look that an element begins with: of closed `details` and of a `switch` one child is shown."""
        look = parent.look
        if look.boxed and tag in ("td", "th", "table"):
            look = replace(look, boxed=False)
        if tag == "summary" and parent.closed is not None:
            look, parent.closed = parent.closed, None
        elif parent.tag == "switch":
            is_shown = not parent.items and is_spoken(attributes)
            parent.items += is_shown
            look = look if is_shown else replace(look, hidden=True)
        return look

    def _parting(self, tag: str, attributes: dict[str, str], look: Look, parent: Element) -> str:
        """Return how the words of an element are separated from those around it."""
        if tag in ("text", "tspan") and self._svg is not None:
            line, self._line = self._line, attributes.get("y", self._line if tag == "tspan" else "")
            return "box" if line != self._line or "dy" in attributes else "space" if tag == "text" else ""
        return "box" if tag == "button" or parent.look.lays_out else look.parted

    def _part(self, parted: str) -> None:
        """Part the words so far from what follows; single letters may be one word, however they are placed."""
        last = self._block.pieces[-1] if self._block.pieces else None
        if last is None or not parted:
            return
        if parted == "block" or (parted == "box" and len(last.text.strip()) > 1):
            self.flush()
        elif len(last.text.strip()) > 1:
            self._block.pieces.append(Piece(" ", last.look))

    def data(self, text: str) -> None:
        """Take text."""
        if self._raw:
            if self._stack[-1].tag == "script":
                self._builder.paint.script(text)
                for line in script_lines(text):
                    self._builder.add(line, Look(hidden=True), Role.FIELD, "script")
        elif self._choice is not None:
            self._choice.text(text)
        else:
            look = self._stack[-1].look
            if self._svg is not None and self._stack[-1].tag in DRAWN:
                look = replace(look, hidden=True)
            if self._stack[-1].painted and not text.isspace():
                self._stack[-1].painted = False
            tag = self._stack[-1].tag
            pieces = self._title if tag == "title" else self._above if tag in _ABOVE else self._block.pieces
            pieces.append(Piece(look.shown(text), look))

    def _choose(self, choice: Choice, look: Look, *, is_list: bool = True) -> None:
        """Put the option that is shown in its place among the words, and the others aside; all of what is no such list."""
        self._choice = None
        for number, option in enumerate(choice.options):
            is_shown = number == choice.shown or not is_list
            if is_shown:
                self._block.pieces.append(Piece(f" {look.shown(option)} ", look))
            if choice.name or not is_shown:
                self._builder.add(option, look, Role.FIELD, f"field:{choice.name}" if is_shown else "option")
            if not is_list:
                self.flush()

    def comment(self, text: str) -> None:
        """Take a comment; a conditional one is HTML that some programs show."""
        match = _CONDITIONAL.match(text)
        if match is not None and "<" in match[1]:
            self._nested(match[1])
        elif not re.fullmatch(r"\[if[^\]]{0,200}\]|\[endif\]|\s*", text, re.IGNORECASE):
            self._builder.add(text, Look(hidden=True), Role.COMMENT, "comment")

    def _nested(self, text: str) -> None:
        """Read HTML in a comment or an attribute, one level deep; deeper HTML is taken as words."""
        if self._is_nested:
            self._builder.add(text, Look(hidden=True), Role.COMMENT, "comment")
            return
        parse(self._builder, text, Target(self._builder, Look(hidden=True), Role.COMMENT, nested=True))

    def pi(self, target: str, data: str | None = None) -> None:
        """Take a processing instruction, which browsers treat as a comment."""
        self.comment(f"{target} {data or ''}")

    def close(self) -> None:
        """End of the text."""

    def flush(self) -> None:
        """End the block under construction."""
        block, element = self._block, self._stack[-1]
        self._block = Block()
        self._paragraphs += 1
        self._begin(element)
        for pieces in (block.pieces, self._above):
            if pieces:
                self._builder.add_block(Block(pieces, block.role, block.locator, block.covered))
        self._above = []

    def _begin(self, element: Element) -> None:
        """Let an empty block take the role and place of the element that it begins in."""
        if self._block.pieces:
            return
        self._block.role = element.role or (Role.CELL if element.table else Role.BODY)
        self._block.locator = "table:{},row:{},column:{}".format(*element.table) if element.table else ""

    def _semantics(
        self, tag: str, attributes: dict[str, str], look: Look, role: Role | None
    ) -> tuple[Look, Role | None]:
        """Apply what an element means by itself."""
        changes: dict[str, Any] = {}
        if tag in ("b", "strong", "th") or tag in _HEADINGS:
            changes["bold"] = True
        if tag in _HEADINGS:
            role = role or Role.HEADING
        if tag == "a" and attributes.get("href"):
            changes["link"] = True
        if tag in ("pre", "textarea", "xmp", "listing"):
            changes["keep_space"] = True
        if tag in UNSEEN or (tag == "dialog" and "open" not in attributes) or "popover" in attributes:
            changes["hidden"] = True
        if tag == "bdo":
            changes["reversed"] = attributes.get("dir", "").lower() == "rtl"
        return (replace(look, **changes) if changes else look), role

    def _attributes(self, tag: str, attributes: dict[str, str], look: Look) -> None:
        builder = self._builder
        if tag == "script":
            if attributes.get("type", "").strip().lower() not in _DATA_BLOCKS:
                builder.sink.warn("javascript")
        elif tag == "meta":
            builder.meta(attributes)
        elif tag in ("input", "button", "param") and attributes.get("value"):
            hidden = Look(hidden=attributes.get("type", "").lower() == "hidden" or look.hidden)
            place = "option" if is_offered(attributes) else f"field:{attributes.get('name', '')}".rstrip(":")
            builder.add(attributes["value"], hidden, Role.FIELD, place)
        for name in _TEXT_ATTRIBUTES:
            if attributes.get(name):
                builder.add(attributes[name], Look(hidden=look.hidden), Role.ALT_TEXT, f"attribute:{name}")
        if "x:fmla" in attributes or "x:str" in attributes:
            for words in (*formula_words(attributes.get("x:fmla", "")).split("\n"), attributes.get("x:str", "")):
                builder.add(words, Look(hidden=True), Role.FIELD, "attribute:x:fmla")
        for name, value in attributes.items():
            if name in builder.sheet.shown_attributes or (tag, name) == ("v:textpath", "string"):
                builder.add(value, Look(hidden=look.hidden), Role.ALT_TEXT, f"attribute:{name}")
            if name.startswith("on") and len(name) > 3:
                builder.sink.warn("javascript")
                builder.paint.script(value)
            elif name in _ADDRESS_ATTRIBUTES:
                self._picture(builder.address(tag, name, value), look)
            elif name == "style" and "url(" in value:
                for item in _URL.findall(value):
                    self._picture(builder.address(tag, "style", item), look)
            elif "data:" in value and name in ("srcset", "imagesrcset", "style", "content", "values", "from", "to"):
                for item in IN_TEXT.findall(value):
                    self._picture(builder.address(tag, name, item), look)
            elif name == "srcdoc" and value:
                self._nested(value)
            elif name.startswith("data-") and not (value.isascii() or name.startswith("data-sheets-")):
                builder.add(value, Look(hidden=True), Role.ALT_TEXT, f"attribute:{name}")

    def _picture(self, member: Member | None, look: Look) -> None:
        """Place a picture of the page: pictures with no words between are neighbours."""
        if member is None or member.relation != "image" or look.hidden:
            return
        row = (self._tables[-1].number, self._tables[-1].row) if self._tables else (0, self._paragraphs)
        sink = self._builder.sink
        if at := look.at or self._stack[-1].look.at:
            around = reversed(self._stack if look.at else self._stack[:-1])
            plane = next((one.number for one in around if one.look.at is not None), 0)
            sink.pictures.place(member.data, plane, (at[0], at[1], 0.0, 0.0), look.turn)
        if look.at:
            return
        box = self._count if look.floats else next((one.number for one in reversed(self._stack) if one.look.floats), 0)
        breaks = sum(piece.text == BREAK for piece in self._block.pieces)
        text = len(sink.runs) * 1_000_000 + sum(len(piece.text.strip()) for piece in self._block.pieces)
        order = 1 / box if box else -self._count * look.leftwards
        sink.pictures.flow(member.data, (row, breaks), text, None, look.turn, order=order)

    def _open_cell(
        self, tag: str, attributes: Mapping[str, str], inherited: tuple[int, int, int] | None
    ) -> tuple[int, int, int] | None:
        if tag == "table":
            self._tables.append(Table(next(self._builder.tables)))
            if inherited is not None:
                self._builder.outer_cells[self._tables[-1].number] = inherited
            return None
        if not self._tables:
            return inherited
        table = self._tables[-1]
        if tag == "tr":
            table.open_row()
            return None
        if tag in ("td", "th"):
            wide, high = (whole(attributes.get(name), 1, digits=4) for name in ("colspan", "rowspan"))
            return (table.number, max(table.row, 1), table.open_cell(wide, high))
        return inherited
