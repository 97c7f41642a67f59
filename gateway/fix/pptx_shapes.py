"""Shapes of one PresentationML part with the bytes of everything a mender may change (ECMA-376 Part 1 §19.3, §21.1.2).

What stands in no shape - text styles of a master, default styles, charts - is kept in a shape of its own without a kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from gateway.fix.tally import RefusedError
from gateway.fix.xml_spans import Tag, text_of

A: Final = "http://schemas.openxmlformats.org/drawingml/2006/main "
_STRICT: Final = "http://purl.oclc.org/ooxml/drawingml/main "
_LETTERS: Final = frozenset({"rPr", "defRPr", "endParaRPr"})
_FILLS: Final = frozenset({"noFill", "solidFill", "gradFill", "blipFill", "pattFill", "grpFill"})
_SHAPES: Final = frozenset({"sp", "cxnSp", "graphicFrame", "tc"})
_LEVEL: Final = re.compile(r"lvl([1-9])pPr")
_STYLES: Final = frozenset({"titleStyle", "bodyStyle", "otherStyle", "defaultTextStyle", "notesStyle"})
_LIMIT_PIECES: Final = 500_000


@dataclass
class Fill:
    """A fill of letters, of a shape or of a slide."""

    start: int
    end: int
    prefix: bytes
    """Namespace prefix of DrawingML with colon, as the file writes it."""
    kind: str
    """`solidFill`, `gradFill` ..., or `styled` for a reference to the theme's fills."""
    paragraph: int = 0
    colour: tuple[str, str] = ("", "")
    """Element and value of the first colour: `schemeClr`, `tx1`."""
    changes: list[str] = field(default_factory=list)
    """Names of what is done to that colour: `lumMod`, `tint` ..."""
    link: bool = False


class Piece(NamedTuple):
    """One `a:t`, or a place between two."""

    start: int
    end: int
    text: str
    paragraph: int
    level: int
    face: str | None
    """The font that its run says."""


@dataclass
class Shape:
    """A shape, a cell of a table, or what stands in neither."""

    kind: str | None = None
    """Kind of placeholder, empty for the usual one, None for a free shape."""
    index: str = ""
    levels: dict[int, str] = field(default_factory=dict)
    """Fonts of the list style by level."""
    ground: Fill | None = None
    pieces: list[Piece] = field(default_factory=list)
    letters: list[Fill] = field(default_factory=list)

    @property
    def has_letters(self) -> bool:
        """Whether anything in it is a letter."""
        return any(map(str.isalpha, "".join(piece.text for piece in self.pieces)))


@dataclass
class Slide:
    """One part."""

    shapes: list[Shape] = field(default_factory=list)
    styles: dict[str, dict[int, str]] = field(default_factory=dict)
    """Fonts of `titleStyle`, `bodyStyle`, `otherStyle` and `defaultTextStyle` by level."""
    ground: Fill | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    """The colour map of a master, or what a slide lays over it."""


def local(tag: Tag) -> str:
    """Return the name of a tag without its namespace."""
    return tag.name.rpartition(" ")[2]


def scan(data: bytes, tags: list[Tag]) -> Slide:
    """Return the shapes of a part."""
    scanner = _Scanner(data)
    for tag in tags:
        scanner.take(tag)
    return scanner.slide


class _Scanner:
    def __init__(self, data: bytes) -> None:
        self.slide = Slide(shapes=[Shape()])
        self._data = data
        self._path: list[str] = []
        self._open = [self.slide.shapes[0]]
        self._fills: list[Fill] = []
        """Fills that are open."""
        self._paragraph = self._level = self._count = 0
        """Number of the fills of the open shape before the open run."""
        self._face: str | None = None
        self._run: list[Fill] = []
        self._text: int | None = None

    def take(self, tag: Tag) -> None:
        """Take the next tag."""
        if tag.opens:
            self._path.append(local(tag))
            self._start(tag)
        else:
            self._end(tag)
            self._path.pop()

    def _start(self, tag: Tag) -> None:
        name = self._path[-1]
        match name:
            case "clrMap" | "overrideClrMapping":
                self.slide.mapping = dict(tag.attributes)
            case "ph" if len(self._open) > 1:
                self._open[-1].kind = tag.attributes.get("type", "")
                self._open[-1].index = tag.attributes.get("idx", "")
            case "p" if tag.name.startswith((A, _STRICT)):
                self._count += 1
                self._paragraph, self._level = self._count, 0
            case "pPr":
                level = tag.attributes.get("lvl", "0")
                self._level = int(level) if level in "012345678" and level else 0
            case "r" | "fld":
                self._face, self._run = None, []
            case "br":
                self._piece(tag.end, tag.end, "\n")
            case "latin" if len(self._path) > 1 and self._path[-2] in _LETTERS:
                self._latin(tag.attributes.get("typeface", ""))
            case "hlinkClick" if len(self._path) > 1 and self._path[-2] == "rPr":
                for fill in self._run:
                    fill.link = True
            case "t":
                self._text = tag.end
            case "v" if "strCache" in self._path:
                self._count += 1  # a label of a chart is a paragraph of its own
                self._paragraph, self._face, self._text = self._count, None, tag.end
            case "bgRef":
                self.slide.ground = self._fill(tag, "styled")
                self._fills.append(self.slide.ground)
            case "fillRef" if tag.attributes.get("idx", "0") != "0" and self._open[-1].ground is None:
                self._open[-1].ground = self._fill(tag, "styled")
                self._fills.append(self._open[-1].ground)
            case _ if name in _SHAPES:
                self.slide.shapes.append(Shape())
                self._open.append(self.slide.shapes[-1])
            case _ if name in _FILLS:
                self._open_fill(tag, name)
            case _ if name.endswith("Clr") and self._fills:
                if not self._fills[-1].colour[0]:
                    self._fills[-1].colour = (name, tag.attributes.get("lastClr") or tag.attributes.get("val", ""))
            case _ if self._fills and self._path[-2].endswith("Clr"):
                self._fills[-1].changes.append(name)

    def _end(self, tag: Tag) -> None:
        name = self._path[-1]
        if name in ("t", "v") and self._text is not None:
            self._end_text(tag)
        elif name in _SHAPES:
            self._open.pop()
        elif name in _FILLS or name in ("bgRef", "fillRef"):
            if self._fills and self._fills[-1].kind in (name, "styled"):
                self._fills.pop().end = tag.end
        elif name == "p":
            self._paragraph = 0

    def _end_text(self, tag: Tag) -> None:
        start, self._text = self._text or 0, None
        if tag.start < start:
            return  # an empty element
        self._piece(start, tag.start, text_of(self._data, start, tag.start))

    def _piece(self, start: int, end: int, text: str) -> None:
        if len(self._open[-1].pieces) >= _LIMIT_PIECES:
            raise RefusedError("damaged", "size")
        self._open[-1].pieces.append(Piece(start, end, text, self._paragraph, self._level, self._face))

    def _latin(self, face: str) -> None:
        if self._path[-2] == "rPr":
            self._face = face or None
            return
        level = next((int(found[1]) - 1 for name in self._path[-4:-2] if (found := _LEVEL.fullmatch(name))), None)
        if level is None or not face:
            return
        style = next((name for name in self._path if name in _STYLES), None)
        levels = self._open[-1].levels if style is None else self.slide.styles.setdefault(style, {})
        levels[level] = face

    def _open_fill(self, tag: Tag, name: str) -> None:
        """Take a fill by what it fills: letters, a shape or a cell, the slide."""
        parent = self._path[-2] if len(self._path) > 1 else ""
        fill = self._fill(tag, name)
        if parent in _LETTERS:
            if name != "noFill":
                self._open[-1].letters.append(fill)
                self._run.append(fill)
        elif parent in ("spPr", "tcPr"):
            self._open[-1].ground = fill if name != "noFill" else Fill(0, 0, b"", "noFill")
        elif parent == "bgPr":
            self.slide.ground = fill
        self._fills.append(fill)

    def _fill(self, tag: Tag, kind: str) -> Fill:
        written = self._data[tag.start + 1 : tag.end].split(None, 1)[0].rstrip(b"/>")
        prefix = written.rpartition(b":")[0]
        return Fill(tag.start, tag.end, prefix + b":" if prefix else b"", kind, self._paragraph)
