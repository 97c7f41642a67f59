"""HTML to Document: visible and hidden text with its effective look, comments, alternative texts, embedded data.

The tokenizer is libxml2's in event mode, which has no limit of depth and builds no tree; styles are kept on a stack of
our own. Nothing is fetched, no script runs: what a script would write is unknown and reported as active content.
"""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
from dataclasses import dataclass, field
from typing import Any, cast

from lxml import etree

from gateway.model import ActiveContent, Document, Origin, ReadStatus, Role, Run
from gateway.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.readers.html_style import Look, Sheet, apply, attribute_declarations, parse_declarations
from gateway.readers.plain import decode

LIMIT_BLOCKS = 200_000
LIMIT_LOOKS = 5000
"""Combinations of element, attributes and inherited look that are remembered."""
LIMIT_COMMENTS = 500
"""Comments that are read as HTML of their own (conditional comments)."""

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "optgroup",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
_PLAIN = frozenset({"font", "body"})
"""Elements whose other attributes say how text looks."""
_STYLING = frozenset({"class", "id", "style", "lang", "dir", "align", "valign", "width", "height", "href", "name"})
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TEXT_ATTRIBUTES = ("alt", "title", "aria-label", "placeholder", "summary", "label", "content-text")
_ADDRESS_ATTRIBUTES = ("src", "href", "data", "background", "poster", "action", "formaction", "xlink:href")
_META = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_BREAK = "\x0b"
"""Stands for `<br>` until white space is folded."""
_SPACE = re.compile(r"[ \t\r\n\f]+")
_CONDITIONAL = re.compile(r"^\[if[^\]]{0,200}\]>(.*?)(?:<!\[endif\])?$", re.DOTALL | re.IGNORECASE)
_DATA_ADDRESS = re.compile(r"^\s*data:([^,;]{0,100})((?:;[^,;]{0,100}){0,5}),", re.IGNORECASE)


def read(source: Source, budget: Budget) -> Reading:
    """Read HTML; PARTIAL `charset` when bytes had no meaning in the declared charset."""
    budget.take_bytes(len(source.data))
    meta = _META.search(source.data[:8192])
    declared = source.charset or (meta[1].decode("ascii") if meta else None)
    decoded = decode(source.data, declared)
    builder = _Builder(budget)
    builder.parse(decoded.text)
    if decoded.alternative and decoded.charset != "ascii":
        builder.parse(decoded.alternative, hidden=True)
    builder.finish()
    status = ReadStatus.PARTIAL if decoded.lossy else ReadStatus.OK
    document = Document(
        part=source.part,
        filename=source.filename,
        format="html",
        status=status,
        reason="charset" if decoded.lossy else "",
        runs=tuple(builder.runs),
        active_content=tuple(sorted(builder.active, key=lambda item: (item.kind, item.locator))),
    )
    return Reading(document, tuple(builder.members))


@dataclass(slots=True)
class _Element:
    """An open element."""

    tag: str
    look: Look
    role: Role | None
    table: tuple[int, int, int] | None
    """Table number, row and column that text in this element belongs to."""


@dataclass(slots=True)
class _Table:
    number: int
    row: int = 0
    column: int = 0


@dataclass(slots=True)
class _Piece:
    text: str
    look: Look


@dataclass(slots=True)
class _Block:
    """Text of the paragraph or cell under construction."""

    pieces: list[_Piece] = field(default_factory=list)
    role: Role = Role.BODY
    locator: str = ""


class _Builder:
    """Turns parser events into runs."""

    def __init__(self, budget: Budget) -> None:
        self.runs: list[Run] = []
        self.members: list[Member] = []
        self.active: set[ActiveContent] = set()
        self._budget = budget
        self._sheet = Sheet()
        self._blocks = 0
        self._tables = 0
        self._comments = 0
        self._hidden_view = False
        self._looks: dict[tuple[str, str | None, str | None, str | None, Look], Look] = {}

    def parse(self, text: str, *, hidden: bool = False) -> None:
        """Read one HTML text; `hidden` marks all of it as unseen."""
        self._hidden_view = hidden
        for sheet in re.findall(r"<style[^>]{0,500}>(.*?)(?:</style|$)", text, re.DOTALL | re.IGNORECASE)[:200]:
            self._sheet.add(sheet)
        target = _Target(self)
        parser = etree.HTMLParser(target=cast("Any", target), recover=True, encoding="utf-8", huge_tree=True)
        data = text.encode("utf-8", "surrogatepass").replace(b"\0", b"")
        try:
            for start in range(0, len(data), 1 << 16):
                self._budget.check_time()
                parser.feed(data[start : start + (1 << 16)])
            parser.close()
        except etree.XMLSyntaxError:
            if not self.runs:
                raise ReadError(ReadStatus.MALFORMED, "html") from None
        target.flush()

    def finish(self) -> None:
        """Add what style sheets put on the page."""
        for words in self._sheet.generated:
            if any(ch.isalpha() for ch in words):
                self.add(words, Look(), Role.BODY, "style")

    def add(self, text: str, look: Look, role: Role, locator: str) -> None:
        """Add a block of one run."""
        if text.strip():
            self.add_block(_Block([_Piece(text, look)], role, locator))

    def add_block(self, block: _Block) -> None:
        """Add a block; neighbours with the same look become one run."""
        pieces = _collapse(block.pieces)
        if not pieces:
            return
        if self._blocks >= LIMIT_BLOCKS:
            raise ReadError(ReadStatus.LIMIT, "html-blocks")
        number = self._blocks
        self._blocks += 1
        locator = block.locator or f"paragraph:{number + 1}"
        for piece in pieces:
            look = piece.look
            self.runs.append(
                Run(
                    text=piece.text,
                    block=number,
                    font=look.font,
                    size_pt=look.size_pt,
                    colour=look.colour,
                    background=look.background,
                    bold=look.bold,
                    locator=locator,
                    role=block.role,
                    origin=Origin.HIDDEN if self._hidden_view or _unseen(look) else Origin.TEXT,
                    boxed=True if look.boxed else None,
                    link=look.link,
                )
            )

    def comment(self, text: str) -> None:
        """Read a comment; a conditional one is HTML that some programs show."""
        self._comments += 1
        match = _CONDITIONAL.match(text)
        look = Look(hidden=True)
        if match is not None and "<" in match[1] and self._comments <= LIMIT_COMMENTS:
            inner = _Target(self, look=look, role=Role.COMMENT)
            parser = etree.HTMLParser(target=cast("Any", inner), recover=True, encoding="utf-8", huge_tree=True)
            try:
                parser.feed(match[1].encode("utf-8", "surrogatepass"))
                parser.close()
            except etree.XMLSyntaxError:
                self.add(match[1], look, Role.COMMENT, "comment")
            inner.flush()
        elif not re.fullmatch(r"\[if[^\]]{0,200}\]|\[endif\]|\s*", text, re.IGNORECASE):
            self.add(text, look, Role.COMMENT, "comment")

    def new_table(self) -> int:
        """Return the number of the next table."""
        self._tables += 1
        return self._tables

    def style(self, tag: str, attributes: dict[str, str], look: Look) -> Look:
        """Return the look of an element inside another."""
        key = (tag, attributes.get("class"), attributes.get("id"), attributes.get("style"), look)
        if tag not in _PLAIN and attributes.keys() <= _STYLING:
            known = self._looks.get(key)
            if known is None:
                known = self._style(tag, attributes, look)
                if len(self._looks) < LIMIT_LOOKS:
                    self._looks[key] = known
            return known
        return self._style(tag, attributes, look)

    def _style(self, tag: str, attributes: dict[str, str], look: Look) -> Look:
        look = apply(look, attribute_declarations(tag, attributes)) if attributes else look
        for declarations in self._sheet.declarations(tag, attributes):
            look = apply(look, declarations)
        if inline := attributes.get("style"):
            look = apply(look, parse_declarations(inline))
        return look

    def address(self, tag: str, name: str, value: str) -> None:
        """Look at an address: embedded data is taken out, scripts are reported."""
        scheme = re.sub(r"[\s\x00-\x1f]", "", value[:64]).lower()
        if scheme.startswith(("javascript:", "vbscript:")):
            self.active.add(ActiveContent("javascript"))
        elif scheme.startswith("data:"):
            self._embedded(value)
        elif tag in ("iframe", "frame", "object", "embed", "applet") and name in ("src", "data"):
            self.active.add(ActiveContent("external-object"))

    def _embedded(self, value: str) -> None:
        match = _DATA_ADDRESS.match(value)
        if match is None:
            return
        body = value[match.end() :]
        if "base64" in match[2].lower():
            compact = re.sub(r"[^A-Za-z0-9+/_-]", "", urllib.parse.unquote(body)).replace("-", "+").replace("_", "/")
            try:
                data = base64.b64decode(compact + "=" * (-len(compact) % 4))
            except (binascii.Error, ValueError):
                self.active.add(ActiveContent("damaged-data"))
                return
        else:
            data = urllib.parse.unquote_to_bytes(body)
        self._budget.take_file()
        self._budget.take_bytes(len(data))
        number = len(self.members) + 1
        declared = match[1].strip().lower()
        relation = "image" if declared.startswith("image/") else "embedded"
        self.members.append(
            Member(
                name=f"data-{number}", data=data, relation=relation, declared_type=declared, locator=f"data:{number}"
            )
        )


class _Target:
    """Parser target of lxml: a stack of open elements and the block under construction."""

    def __init__(self, builder: _Builder, look: Look | None = None, role: Role | None = None) -> None:
        self._builder = builder
        self._stack = [_Element("", look or Look(), role, None)]
        self._block = _Block(role=role or Role.BODY)
        self._tables: list[_Table] = []
        self._raw = 0
        """Depth of elements whose text is no text: script and style."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        tag = tag.lower()
        parent = self._stack[-1]
        attributes = {str(key).lower(): value or "" for key, value in attributes.items()}
        look = parent.look
        if look.boxed and tag in _BLOCKS:
            look = Look(**{**_fields(look), "boxed": False}) if tag in ("td", "th", "table") else look
        look = self._builder.style(tag, attributes, look)
        look, role = self._semantics(tag, attributes, look, parent.role)
        self._attributes(tag, attributes, look)
        if tag in _BLOCKS:
            self.flush()
        table = self._open_cell(tag, parent.table)
        if tag == "br":
            self._block.pieces.append(_Piece(_BREAK, look))
        if tag in _VOID:
            return
        self._stack.append(_Element(tag, look, role, table))
        if tag in ("script", "style"):
            self._raw += 1
        self._begin(self._stack[-1])

    def end(self, tag: str) -> None:
        """Close an element and those inside it that were left open."""
        tag = tag.lower()
        if tag in _VOID:
            return
        for position in range(len(self._stack) - 1, max(0, len(self._stack) - 200), -1):
            if self._stack[position].tag == tag:
                break
        else:
            return
        if any(element.tag in _BLOCKS for element in self._stack[position:]):
            self.flush()
        for element in self._stack[position:]:
            if element.tag in ("script", "style"):
                self._raw = max(0, self._raw - 1)
            elif element.tag == "table" and self._tables:
                self._tables.pop()
        del self._stack[position:]
        self._begin(self._stack[-1])

    def data(self, text: str) -> None:
        """Take text."""
        if not self._raw:
            self._block.pieces.append(_Piece(text, self._stack[-1].look))

    def comment(self, text: str) -> None:
        """Take a comment."""
        self._builder.comment(text)

    def pi(self, target: str, data: str | None = None) -> None:
        """Take a processing instruction, which browsers treat as a comment."""
        self._builder.comment(f"{target} {data or ''}")

    def close(self) -> None:
        """End of the text."""

    def flush(self) -> None:
        """End the block under construction."""
        block, element = self._block, self._stack[-1]
        self._block = _Block()
        self._begin(element)
        if block.pieces:
            self._builder.add_block(block)

    def _begin(self, element: _Element) -> None:
        """Let an empty block take the role and place of the element that it begins in."""
        if self._block.pieces:
            return
        self._block.role = element.role or (Role.CELL if element.table else Role.BODY)
        if element.table:
            number, row, column = element.table
            self._block.locator = f"table:{number},row:{row},column:{column}"
        else:
            self._block.locator = ""

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
        if tag in ("template", "noscript", "noframes", "datalist"):
            changes["hidden"] = True
        if tag == "title":
            role = role or Role.PROPERTY
        if tag in ("del", "s", "strike"):
            pass  # struck through, but for everybody to read
        return (Look(**{**_fields(look), **changes}) if changes else look), role

    def _attributes(self, tag: str, attributes: dict[str, str], look: Look) -> None:
        builder = self._builder
        if tag == "script":
            builder.active.add(ActiveContent("javascript"))
        elif tag == "meta":
            self._meta(attributes)
        elif tag in ("input", "button", "param") and attributes.get("value"):
            hidden = Look(hidden=attributes.get("type", "").lower() == "hidden" or look.hidden)
            builder.add(attributes["value"], hidden, Role.FIELD, f"field:{attributes.get('name', '')}".rstrip(":"))
        for name in _TEXT_ATTRIBUTES:
            if attributes.get(name):
                builder.add(attributes[name], Look(hidden=look.hidden), Role.ALT_TEXT, f"attribute:{name}")
        for name, value in attributes.items():
            if name.startswith("on") and len(name) > 3:
                builder.active.add(ActiveContent("javascript"))
            elif name in _ADDRESS_ATTRIBUTES:
                builder.address(tag, name, value)
            elif name == "style" and "data:" in value:
                for item in re.findall(r"url\(\s*[\"']?(data:[^\"')]+)", value)[:20]:
                    builder.address(tag, "style", item)
            elif name == "srcdoc" and value:
                builder.comment(f"[if srcdoc]>{value}")

    def _meta(self, attributes: dict[str, str]) -> None:
        content = attributes.get("content", "")
        name = (attributes.get("name") or attributes.get("property") or "").lower()
        if attributes.get("http-equiv", "").lower() == "refresh":
            self._builder.active.add(ActiveContent("redirect"))
        elif name and name not in ("viewport", "generator", "progid", "originator", "robots", "format-detection"):
            self._builder.add(content, Look(), Role.PROPERTY, f"property:{name}")

    def _open_cell(self, tag: str, inherited: tuple[int, int, int] | None) -> tuple[int, int, int] | None:
        if tag == "table":
            self._tables.append(_Table(self._builder.new_table()))
            return None
        if not self._tables:
            return inherited
        table = self._tables[-1]
        if tag == "tr":
            table.row, table.column = table.row + 1, 0
            return None
        if tag in ("td", "th"):
            table.column += 1
            return (table.number, max(table.row, 1), table.column)
        return inherited


def _fields(look: Look) -> dict[str, Any]:
    return {name: getattr(look, name) for name in Look.__slots__}


def _unseen(look: Look) -> bool:
    """Whether text of that look cannot be seen: hidden, as good as no size, or the colour of its background."""
    if look.hidden or (look.size_pt is not None and look.size_pt < 1.2):
        return True
    background = look.background or "FFFFFF"
    colour = "000000" if look.colour == "auto" else look.colour
    return max(abs(int(colour[i : i + 2], 16) - int(background[i : i + 2], 16)) for i in (0, 2, 4)) < 24


def _collapse(pieces: list[_Piece]) -> list[_Piece]:
    """Fold white space as browsers do, join neighbours of one look, and drop what is empty."""
    joined: list[_Piece] = []
    last = "\n"
    for piece in pieces:
        if piece.text == _BREAK:
            text = "\n"
        elif piece.look.keep_space:
            text = piece.text.replace("\r\n", "\n").replace("\r", "\n")
        else:
            text = _SPACE.sub(" ", piece.text)
            if last in (" ", "\n"):
                text = text.lstrip(" ")
        if not text:
            continue
        last = text[-1]
        if joined and (joined[-1].look == piece.look or text.isspace()):
            joined[-1].text += text
        else:
            joined.append(_Piece(text, piece.look))
    if joined:
        joined[-1].text = joined[-1].text.rstrip(" \n")
    if not any(piece.text.strip() for piece in joined):
        return []
    return [piece for piece in joined if piece.text]
