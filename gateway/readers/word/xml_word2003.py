"""Word 2003 XML (WordprocessingML 2003, root `w:wordDocument`) into the sink: text, looks, notes, pictures, objects.

The vocabulary is that of OOXML's forerunner: one file, `w:binData` for what is binary, `aml:annotation` around tracked
changes and comments. The walk is iterative, so depth costs nothing.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field, replace
from typing import Any, Final

from lxml import etree

from gateway.model import Image, Origin, ReadStatus, Role
from gateway.readers.base import Member, ReadError
from gateway.readers.numerals import whole
from gateway.readers.ole.art import inflate
from gateway.readers.ooxml.colours import AUTO, automatic, hex_colour, named_colour
from gateway.readers.ooxml.sink import Face, Place, Sink
from gateway.readers.ooxml.xml import Element
from gateway.text.colour import is_invisible

WORD: Final = "http://schemas.microsoft.com/office/word/2003/wordml"
_W: Final = f"{{{WORD}}}"
_AML: Final = "{http://schemas.microsoft.com/aml/2001/core}"
_V: Final = "{urn:schemas-microsoft-com:vml}"
_O: Final = "{urn:schemas-microsoft-com:office:office}"
_LIMIT_NODES: Final = 2_000_000
_LIMIT_DEPTH: Final = 32
_ROLES: Final = {
    _W + "hdr": (Role.HEADER, "header"), _W + "ftr": (Role.FOOTER, "footer"), _W + "footnote": (Role.NOTE, "footnote"),
    _W + "endnote": (Role.NOTE, "endnote"), _V + "textbox": (Role.TEXTBOX, "textbox"),
}  # fmt: skip
_SILENT: Final = frozenset(
    {_W + "styles", _W + "fonts", _W + "lists", _W + "shapeDefaults", _W + "docPr", _W + "ignoreElements"}
)
_OFF: Final = frozenset({"off", "0", "false"})
_FETCHING: Final = (
    ("DDE", "dde"), ("INCLUDETEXT", "external-object"), ("INCLUDEPICTURE", "external-object"), ("LINK", "external-object"),
    ("MACROBUTTON", "macro"),
)  # fmt: skip
_WORDY: Final = frozenset(
    {_W + "val", _W + "string", "string", "alt", "title", _O + "title", _W + "dest", _W + "instr", _W + "name"}
)


@dataclass(frozen=True)
class _Look:
    ascii: str | None = None
    other: str | None = None
    size_pt: float = 10.0
    colour: str = AUTO
    background: str | None = None
    bold: bool = False
    hidden: bool = False


@dataclass
class _Frame:
    """One element that is open and changes what its text is."""

    place: Place
    block: int = 0
    look: _Look = field(default_factory=_Look)
    code: list[str] | None = None


def read_word(root: Element, sink: Sink) -> None:
    """Put everything of a Word 2003 document into the sink."""
    _Word(root, sink).walk()


class _Word:
    def __init__(self, root: Element, sink: Sink) -> None:
        self._root = root
        self._sink = sink
        self._styles: dict[str, Element] = {}
        self._looks: dict[str | None, _Look] = {}
        self._numbers: dict[str, int] = {}
        self._cells: list[list[int]] = []
        self._code: list[str] | None = None
        base = root.find(f"{_W}fonts/{_W}defaultFonts")
        self._default = _Look(
            ascii=base.get(_W + "ascii") if base is not None else None,
            other=base.get(_W + "h-ansi") if base is not None else None,
        )
        self._normal: str | None = None
        for style in root.iterfind(f"{_W}styles/{_W}style"):
            name = style.get(_W + "styleId") or ""
            self._styles.setdefault(name, style)
            if style.get(_W + "type") == "paragraph" and style.get(_W + "default") == "on":
                self._normal = name

    def _style(self, name: str | None, base: _Look) -> _Look:
        """Return a look with a style and those it is based on upon it."""
        chain: list[Element] = []
        seen: set[str] = set()
        while name and name not in seen and len(chain) < _LIMIT_DEPTH:
            seen.add(name)
            style = self._styles.get(name)
            if style is None:
                break
            chain.append(style)
            based = style.find(_W + "basedOn")
            name = based.get(_W + "val") if based is not None else None
        for style in reversed(chain):
            base = self._with(style.find(_W + "rPr"), base)
        return base

    def _paragraph_look(self, paragraph: Element) -> _Look:
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        name = style.get(_W + "val") if style is not None else self._normal
        if name not in self._looks:
            self._looks[name] = self._style(name, self._default)
        return self._looks[name]

    def _with(self, properties: Element, look: _Look) -> _Look:
        if properties is None:
            return look
        changes: dict[str, Any] = {}
        for child in properties:
            value = child.get(_W + "val") or ""
            match child.tag:
                case t if t == _W + "rStyle":
                    look = self._style(value, look)
                case t if t == _W + "rFonts":
                    changes["ascii"] = child.get(_W + "ascii") or look.ascii
                    changes["other"] = child.get(_W + "h-ansi") or look.other
                case t if t == _W + "sz":
                    changes["size_pt"] = size / 2 if (size := whole(value)) else look.size_pt
                case t if t == _W + "color":
                    changes["colour"] = hex_colour(value) or AUTO
                case t if t == _W + "b":
                    changes["bold"] = value not in _OFF
                case t if t in {_W + "vanish", _W + "webHidden"}:
                    changes["hidden"] = value not in _OFF
                case t if t == _W + "highlight":
                    changes["background"] = named_colour(value)
                case t if t == _W + "shd":
                    changes["background"] = hex_colour(child.get(_W + "fill"))
                case _:
                    continue
        return replace(look, **changes)

    def walk(self) -> None:
        """Walk the whole tree once."""
        frames = [_Frame(Place("", Role.BODY))]
        opened: list[bool] = []
        skipping = count = 0
        for event, node in etree.iterwalk(self._root, events=("start", "end")):
            count += 1
            if count % 4096 == 0:
                self._sink.budget.check_time()
            if count > _LIMIT_NODES:
                raise ReadError(ReadStatus.LIMIT, "xml-nodes")
            if event == "end":
                if node.tag in _SILENT:
                    skipping -= 1
                if opened.pop():
                    frames.pop()
                if node.tail and not node.tail.isspace() and not skipping:
                    self._stray(node.tail)
                self._after(node)
                continue
            if node.tag in _SILENT:
                skipping += 1
                if node.tag == _W + "docPr":
                    self._settings(node)
            before = len(frames)
            if not skipping:
                self._open(node, frames)
            opened.append(len(frames) > before)

    def _number(self, word: str) -> int:
        self._numbers[word] = self._numbers.get(word, 0) + 1
        return self._numbers[word]

    def _open(self, node: Element, frames: list[_Frame]) -> None:
        top = frames[-1]
        place, tag = top.place, node.tag
        match tag:
            case t if t in _ROLES:
                role, word = _ROLES[t]
                boxed = True if role is Role.TEXTBOX else place.boxed
                frames.append(_Frame(place._replace(locator=f"{word}:{self._number(word)}", role=role, boxed=boxed)))
            case t if t == _AML + "annotation":
                frames.append(replace(top, place=self._annotated(node, place)))
            case t if t == _W + "tbl":
                self._cells.append([self._number("table"), 0, 0])
            case t if t == _W + "tr" and self._cells:
                self._cells[-1][1:] = [self._cells[-1][1] + 1, 0]
            case t if t == _W + "tc" and self._cells:
                self._cells[-1][2] += 1
                table, row, column = self._cells[-1]
                role = Role.CELL if place.role is Role.BODY else place.role
                frames.append(_Frame(place._replace(locator=f"table:{table},row:{row},column:{column}", role=role)))
            case t if t == _W + "p":
                located = place if place.locator else place._replace(locator=f"paragraph:{self._number('paragraph')}")
                frames.append(_Frame(located, self._sink.open_block(), self._paragraph_look(node)))
            case t if t == _W + "r":
                look = self._with(node.find(_W + "rPr"), top.look)
                frames.append(_Frame(place.hidden() if look.hidden else place, top.block, look))
            case t if t == _W + "hlink":
                frames.append(replace(top, place=place._replace(link=True)))
                self._words(node, place)
            case t if t == _W + "fldChar":
                self._field(node.get(_W + "fldCharType"), place)
            case t if t == _W + "fldSimple":
                self._end_code(node.get(_W + "instr") or "", place)
            case t if t in {_W + "t", _W + "delText"}:
                shown = place._replace(origin=Origin.DELETED) if t == _W + "delText" else place
                self._put(node.text, top, shown)
            case t if t in {_W + "instrText", _W + "delInstrText"}:
                if self._code is not None:
                    self._code.append(node.text or "")
                else:
                    self._end_code(node.text or "", place)
            case t if (
                t in {_W + "tab", _W + "br", _W + "noBreakHyphen", _W + "cr"} and node.getparent().tag == _W + "r"
            ):
                self._put({"tab": "\t", "noBreakHyphen": "-"}.get(t[len(_W) :], "\n"), top, place)
            case t if t == _W + "sym":
                code = node.get(_W + "char") or ""
                try:
                    self._put(chr(int(code, 16)), replace(top, look=replace(top.look, ascii=node.get(_W + "font"),
                                                                           other=node.get(_W + "font"))), place)  # fmt: skip
                except (ValueError, OverflowError):
                    self._stray(code)
            case t if t == _W + "binData":
                self._binary(node, place)
            case t if t == _V + "textpath":
                self._sink.put_line(node.get("string") or "", place._replace(role=Role.WATERMARK, boxed=True))
            case t if t == _O + "OLEObject":
                linked = node.get("Type") == "Link"
                self._sink.warn("external-object" if linked else "ole-object", place.locator)
            case _:
                self._rest(node, place)

    def _rest(self, node: Element, place: Place) -> None:
        """Elements without rules of their own: properties by their names, other text and words hidden."""
        parent = node.getparent()
        owner = parent.tag if parent is not None else ""
        text = node.text if node.text and not node.text.isspace() else ""
        if owner in {_O + "DocumentProperties", _O + "CustomDocumentProperties"}:
            name = str(node.tag).rpartition("}")[2]
            if any(letter.isalpha() for letter in text) and not text.endswith("Z"):
                self._sink.put_line(text, Place(f"property:{name}", Role.PROPERTY))
                if owner.endswith("CustomDocumentProperties"):
                    self._sink.put_line(name.replace("_x0020_", " "), Place(f"property:{name}", Role.PROPERTY))
            return
        if text:
            self._stray(text)
        if not str(owner).endswith("Pr"):
            self._words(node, place)

    def _words(self, node: Element, place: Place) -> None:
        role = Role.ALT_TEXT if str(node.tag).startswith(_V) else Role.FIELD
        for name, value in node.attrib.items():
            if name in _WORDY and (not value.isascii() or " " in value or value.isupper()):
                self._sink.put_line(value, place._replace(role=role).hidden())

    def _annotated(self, node: Element, place: Place) -> Place:
        kind = node.get(_W + "type") or ""
        author = node.get(_AML + "author")
        if author:
            self._sink.put_line(author, Place("property:annotation-author", Role.PROPERTY, Origin.HIDDEN))
        if kind == "Word.Deletion":
            return place._replace(origin=Origin.DELETED)
        if kind == "Word.Comment":
            return place._replace(role=Role.COMMENT, locator=f"comment:{self._number('comment')}")
        if kind.startswith("Word.Bookmark"):
            self._sink.put_line(node.get(_W + "name") or "", place._replace(role=Role.NAME).hidden())
        return place

    def _after(self, node: Element) -> None:
        if node.tag == _W + "tbl" and self._cells:
            self._cells.pop()

    def _field(self, kind: str | None, place: Place) -> None:
        if kind == "begin":
            self._code = []
        elif self._code is not None:
            code, self._code = "".join(self._code), None
            self._end_code(code, place)

    def _end_code(self, code: str, place: Place) -> None:
        word = code.strip().upper()
        kind = next((kind for prefix, kind in _FETCHING if word.startswith(prefix)), None)
        if kind is not None:
            self._sink.warn(kind, place.locator)
        self._sink.put_line(code, place._replace(role=Role.FIELD).hidden())

    def _put(self, text: str | None, frame: _Frame, place: Place) -> None:
        if not text:
            return
        look = frame.look
        colour = automatic(look.background) if look.colour == AUTO else look.colour
        if is_invisible(colour, look.background):
            place = place.hidden()
        block = frame.block or self._sink.open_block()
        for piece, font in _by_font(text, look):
            self._sink.put(piece, block, place, Face(font, look.size_pt, colour, look.background, look.bold))

    def _stray(self, text: str) -> None:
        self._sink.put_line(text, Place("element", Role.FIELD, Origin.HIDDEN))

    def _settings(self, node: Element) -> None:
        """Document settings: an attached template from elsewhere, variables."""
        for child in node.iter():
            if child.tag == _W + "attachedTemplate":
                target = (child.get(_W + "val") or "").lower()
                if target.startswith(("http:", "https:", "file:", "ftp:", "\\\\")):
                    self._sink.warn("external-template")
            elif child.tag == _W + "docVar":
                place = Place("property:variable", Role.PROPERTY, Origin.HIDDEN)
                self._sink.put_line(child.get(_W + "val") or "", place)

    def _binary(self, node: Element, place: Place) -> None:
        """Pictures, the file with the OLE objects, the file with the macros."""
        name = (node.get(_W + "name") or "data").rpartition("/")[2]
        try:
            data = base64.b64decode("".join("".join(node.itertext()).split()))
        except (binascii.Error, ValueError):
            self._stray("".join(node.itertext())[:4096])
            return
        self._sink.budget.take_bytes(len(data))
        if name.lower() == "editdata.mso":
            self._sink.warn("macro", place.locator)
        if data.startswith(b"ActiveMime"):
            # An OLE file behind 50 octets of header, packed by zlib.
            data = inflate(data[data.find(b"\x78", 0x30) :], self._sink.budget) or data
            name += ".ole"
        picture = not name.lower().endswith((".mso", ".mso.ole"))
        if picture:
            self._sink.images.append(Image(locator=place.locator))
        relation = "image" if picture else "embedded"
        self._sink.members.append(Member(name=name, data=data, relation=relation, locator=place.locator))


def _by_font(text: str, look: _Look) -> list[tuple[str, str | None]]:
    """Return the text in stretches of one font: basic Latin, and everything else."""
    if look.ascii == look.other or text.isascii():
        return [(text, look.ascii)]
    pieces: list[tuple[str, str | None]] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or text[at].isascii() != text[start].isascii():
            pieces.append((text[start:at], look.ascii if text[start].isascii() else look.other))
            start = at
    return pieces
