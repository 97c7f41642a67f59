"""Blocks of HTML text to runs, with what is embedded in the page and what acts on it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from unicodedata import normalize

from msgspec import structs

from gateway.documents.readers.base import Budget, Member, ReadError
from gateway.documents.readers.markup.data_address import is_data_address, member_of
from gateway.documents.readers.markup.html_cascade import LIMIT_SHEET, Sheet, alone
from gateway.documents.readers.markup.html_selectors import Node, names_in, unescaped
from gateway.documents.readers.markup.html_sheets import StyleSheets
from gateway.documents.readers.markup.html_shown import Paint
from gateway.documents.readers.markup.html_style import Look, apply, attribute_declarations
from gateway.documents.readers.markup.svg import Svg
from gateway.documents.readers.pictures.joined import LIMIT_DRAWN
from gateway.documents.readers.pictures.outlines import Shape
from gateway.documents.readers.rows import holds_a_mark
from gateway.documents.readers.sink import Face, Place, Sink
from gateway.model import Origin, ReadStatus, Role
from gateway.vietnamese.colour import is_invisible

LIMIT_BLOCKS = 200_000
_LIMIT_FONTS = 20
LIMIT_LOOKS = 5000
"""Combinations of element, attributes and inherited look that are remembered."""
BREAK = "\x0b"
"""Stands for `<br>` until white space is folded."""
_PLAIN = frozenset({"font", "body"})
"""Elements whose other attributes say how text looks."""
_DECIDING = ("class", "id", "style", "dir", "width", "height")
"""Attributes by which elements of a tag in one place look different."""
_STYLING = frozenset({*_DECIDING, "lang", "align", "valign", "href", "name"})
_APART = re.compile(r"Ậ(?![^\W\d_])|(?<![^\W\d_])Ậ(?!(?:[CMNPUY]|NG)(?![^\W\d_]))")
"""An Ậ at the end of what is no syllable without the letter that is elsewhere, or at the beginning."""
_SPACE = re.compile(r"[ \t\r\n\f]+")


@dataclass(slots=True)
class Piece:
    """Text of one look."""

    text: str
    look: Look


@dataclass(slots=True)
class Block:
    """Text of the paragraph or cell under construction."""

    pieces: list[Piece] = field(default_factory=list)
    role: Role = Role.BODY
    locator: str = ""
    covered: bool = False
    """Something is painted over it."""


LIMIT_SHEETS = 200
"""Sheets of a page, and pictures in one."""
_SHEET_DATA = re.compile(
    r"url\(\s*(?:\"(data:(?:[^\"\\]|\\.)++)\"|'(data:(?:[^'\\]|\\.)++)'|(data:[^\"')\s]+))", re.DOTALL
)
_DIGITS = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)


class Builder:
    """Turns parser events into runs."""

    def __init__(self, budget: Budget, beside: Callable[[str], bytes | None]) -> None:
        self.sink = Sink(budget)
        self._beside = beside
        self._sheets = StyleSheets(beside)
        self.paint = Paint()
        self._drawn: set[bytes] = set()
        self._taken: dict[tuple[bytes, str], Member] = {}
        """Files in addresses by their bytes and type: a second reading finds them again."""
        self.named_shapes: dict[str, list[Shape]] = {}
        """Shapes of its drawings that have a name, for any of them may use those of another."""
        self.sheet = Sheet()
        self.tables = count(1)
        """Numbers of the next tables."""
        self.framed_cells: dict[str, int] = {}
        """Locators of cells with a border of their own, and the numbers of their tables."""
        self.outer_cells: dict[int, tuple[int, int, int]] = {}
        """Number, row and column of the cell around each table in a cell, by the number of that table."""
        self.hidden_view = False
        """Everything that is added is unseen: a second reading of the bytes."""
        self._looks: dict[tuple[object, ...], Look] = {}

    def add_sheets(self, text: str) -> None:
        """Take the style sheets of a page, which may follow what they style; LIMIT `html-styles` when not all of them are read."""
        names = names_in(text)
        for number, (sheet, conditions, is_part) in enumerate(self._sheets.of(text)):
            self.sink.budget.check_time()
            files = [unescaped("".join(found)) for found in _SHEET_DATA.findall(sheet)]
            if number >= LIMIT_SHEETS or len(sheet) > LIMIT_SHEET or len(files) > LIMIT_SHEETS:
                self.sink.fail(ReadStatus.LIMIT, "html-styles")
            if number >= LIMIT_SHEETS:
                break
            self.sheet.add(sheet, conditions, names)
            self.paint.sheet(sheet)
            for address in files[:LIMIT_SHEETS]:
                if not (is_part and _DIGITS.match(address)):  # which is found in the part itself
                    self.address("style", "style", address)

    def made(self, tag: str, attributes: dict[str, str], node: Node | None) -> tuple[str, str]:
        """Return the words that style sheets put before and behind what is in an element."""
        if tag != "q" and not self.sheet.makes_words:
            return "", ""
        return self.sheet.made(node if node is not None else alone(tag, attributes))

    def draw(self, svg: Svg) -> None:
        """Emit the drawing of an `svg` element of the page."""
        try:
            picture = svg.picture()
        except ReadError:
            self.paint.kinds.add("look-drawn")
            return
        if picture is None or picture in self._drawn:
            return
        self._drawn.add(picture)
        if len(self._drawn) > LIMIT_DRAWN:
            self.paint.kinds.add("look-drawn")
            return
        self.sink.budget.take_bytes(len(picture))
        self.sink.members.append(Member(name=f"drawn-{len(self._drawn)}.png", data=picture, relation="image"))

    def finish(self) -> None:
        """Add what style sheets put on the page; LIMIT `html-styles` when not all of their rules were looked at."""
        self._unframe_tables()
        self._unwrap_tables()
        if self.sheet.is_partial:
            self.sink.fail(ReadStatus.LIMIT, "html-styles")
        fonts: dict[str, bytes] = {}
        for family, body in self.sheet.own_fonts[:_LIMIT_FONTS]:
            address = _SHEET_DATA.search(body)
            font = member_of(address[1] or address[2] or address[3], 1) if address else None
            fonts.setdefault(family, font.data if font else b"")
        self.sink.set_in_own_fonts(fonts)
        if len(self.sheet.own_fonts) > _LIMIT_FONTS:
            self.paint.kinds.add("look-font")
        for kind in sorted(self.paint.kinds):
            self.sink.warn(kind)
        for words in self.sheet.generated():
            if any(ch.isalpha() for ch in words):
                self.add(words, Look(), Role.BODY, "style")

    def _unframe_tables(self) -> None:
        """Take the frame from cells that are not the only framed one: those are the lines of a table, no stamp."""
        framed = Counter(self.framed_cells.values())
        if max(framed.values(), default=0) > 1:
            self.sink.runs = [
                structs.replace(run, boxed=None) if framed[self.framed_cells.get(run.locator, 0)] > 1 else run
                for run in self.sink.runs
            ]

    def _unwrap_tables(self) -> None:
        """Let the words of a table in a cell belong to that cell where the table has no other cell with words."""
        held: dict[int, set[str]] = defaultdict(set)
        for run in self.sink.runs if self.outer_cells else ():
            if run.locator.startswith("table:"):
                held[int(run.locator[6:].partition(",")[0])].add(run.locator)
        outer: dict[str, str] = {}
        for number, cell in sorted(self.outer_cells.items(), reverse=True):
            if len(held[number]) == 1:
                around = "table:{},row:{},column:{}".format(*cell)
                held[cell[0]].add(around)
                outer[held[number].pop()] = around
        for inner in reversed(outer):  # those around it come behind it
            outer[inner] = outer.get(outer[inner], outer[inner])
        self.sink.runs = [
            structs.replace(run, locator=outer[run.locator]) if run.locator in outer else run for run in self.sink.runs
        ]

    def add(self, text: str, look: Look, role: Role, locator: str) -> None:
        """Add a block of one run."""
        if text.strip():
            self.add_block(Block([Piece(text, look)], role, locator))

    def meta(self, attributes: dict[str, str]) -> None:
        """Take a `meta` element: a property of the page, or another address it goes to."""
        content = attributes.get("content", "")
        name = (attributes.get("name") or attributes.get("property") or "").lower()
        if attributes.get("http-equiv", "").lower() == "refresh":
            self.sink.warn("redirect")
        elif name and name not in ("viewport", "generator", "progid", "originator", "robots", "format-detection"):
            self.add(content, Look(), Role.PROPERTY, f"property:{name}")

    def add_block(self, block: Block) -> None:
        """Add a block; neighbours with the same look become one run."""
        pieces = _collapse(block.pieces)
        if not pieces:
            return
        number = self.sink.open_block()
        if number > LIMIT_BLOCKS:
            raise ReadError(ReadStatus.LIMIT, "html-blocks")
        words = normalize("NFC", "".join(piece.text for piece in pieces))
        cut = any(piece.look.cut and not _unseen(piece.look) for piece in pieces)
        cut = (cut or block.covered) and holds_a_mark(words)
        moved = self.sheet.numbers_by_letters or any(piece.look.moved or piece.look.leftwards for piece in pieces)
        if cut or (moved and _APART.search(words) is not None):
            self.paint.kinds.add("look-clipped")  # of no other words: of `BẢO MẬT` the rest is a mark
        locator = block.locator or f"paragraph:{number}"
        for piece in pieces:
            look = piece.look
            unseen = self.hidden_view or _unseen(look)
            origin = Origin.HIDDEN if unseen else Origin.DELETED if look.struck else Origin.TEXT
            place = Place(locator, block.role, origin, True if look.boxed else None, None, look.link)
            face = Face(look.font, look.size_pt, look.colour, look.background, look.bold)
            self.sink.put(piece.text, number, place, face)

    def node(self, tag: str, attributes: dict[str, str], parent: Node | None) -> Node | None:
        """Return an element as selectors see it in its place, None where no style sheet asks for the place."""
        if not self.sheet.contextual:
            return None
        return parent.child(tag, attributes) if parent is not None else alone(tag, attributes)

    def style(self, tag: str, attributes: dict[str, str], look: Look, node: Node | None = None) -> Look:
        """Return the look of an element inside another; `node` is the element in its place."""
        if node is not None:
            return self._style(node, look)
        key = (tag, look, *map(attributes.get, _DECIDING))
        if tag not in _PLAIN and attributes.keys() <= _STYLING:
            known = self._looks.get(key)
            if known is None:
                known = self._style(alone(tag, attributes), look)
                if len(self._looks) < LIMIT_LOOKS:
                    self._looks[key] = known
            return known
        return self._style(alone(tag, attributes), look)

    def _style(self, node: Node, look: Look) -> Look:
        if look.parted or look.lays_out or look.floats or look.at is not None:
            look = replace(look, parted="", lays_out=False, floats=False, at=None)
        weakest = attribute_declarations(node.tag, node.attributes)
        declarations = self.sheet.declarations(node, weakest, node.attributes.get("style", ""))
        if declarations:
            self.paint.element(declarations)
        return apply(look, declarations) if declarations else look

    def address(self, tag: str, name: str, value: str) -> Member | None:
        """Look at an address: embedded data is taken out, a part beside the page is returned too, scripts are reported."""
        scheme = re.sub(r"[\s\x00-\x1f]", "", value[:64]).lower()
        if scheme.startswith(("javascript:", "vbscript:")):
            self.sink.warn("javascript")
            self.paint.script(value)
        elif scheme.startswith("data:"):
            return self._embedded(value)
        elif (beside := self._beside(value)) is not None:
            return Member(name=value, data=beside, relation="image")
        elif tag in ("iframe", "frame", "object", "embed", "applet") and name in ("src", "data"):
            self.sink.warn("external-object")
        return None

    def _embedded(self, value: str) -> Member | None:
        if not is_data_address(value):
            return None
        member = member_of(value, len(self.sink.members) + 1)
        if member is None:
            self.sink.warn("damaged-data")
            return None
        known = self._taken.setdefault((member.data, member.declared_type or ""), member)
        if known is not member:
            return known
        self.sink.budget.take_file()
        self.sink.budget.take_bytes(len(member.data))
        self.sink.members.append(member)
        return member


def _unseen(look: Look) -> bool:
    """Return whether text of that look cannot be seen: hidden, as good as no size, or the colour of its background."""
    small = look.size_pt is not None and look.size_pt < 1.2
    return look.hidden or small or is_invisible("000000" if look.colour == "auto" else look.colour, look.background)


def _collapse(pieces: list[Piece]) -> list[Piece]:
    """Fold white space as browsers do, join neighbours of one look, and drop what is empty."""
    joined: list[Piece] = []
    last = "\n"
    for piece in pieces:
        if piece.text == BREAK:
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
            joined.append(Piece(text, piece.look))
    if joined:
        joined[-1].text = joined[-1].text.rstrip(" \n")
    if not any(piece.text.strip() for piece in joined):
        return []
    return [piece for piece in joined if piece.text]
