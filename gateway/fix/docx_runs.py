"""The runs of one WordprocessingML part with the byte positions of everything a mender may change.

A change is a splice of the file's own bytes, and all else stays byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gateway.fix.tally import RefusedError
from gateway.fix.xml_spans import Piece, Tag, text_of, walk, written

_SPACES: Final = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main ",
    "http://purl.oclc.org/ooxml/wordprocessingml/main ",
)
_RUN_PROPERTIES: Final = (["r", "rPr"], ["lvl", "rPr"])
_LIMIT_RUNS: Final = 500_000


@dataclass
class WordRun:
    """One `w:r`, or the `w:lvl` of a label of lists; spans are byte offsets, half open."""

    prefix: bytes
    """Namespace prefix with colon, as the file writes it."""
    tag_end: int
    """Just behind the start tag of the run, just before the end tag of a label: where properties may be put."""
    paragraph: int
    paragraph_style: str | None
    in_table: bool
    link: bool
    label: bool
    style: str | None = None
    properties: tuple[int, int] | None = None
    """Span of the start tag of `w:rPr`."""
    properties_empty: bool = False
    """Written `<w:rPr/>`."""
    style_end: int | None = None
    """Just behind `w:rStyle`."""
    fonts: tuple[int, int] | None = None
    font_attributes: dict[str, str] = field(default_factory=dict)
    colour: tuple[int, int] | None = None
    colour_attributes: dict[str, str] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)
    """Of each `w:t` or `w:delText` the content, of a `w:lvlText` the value."""

    def close_property(self, local: str, end: int) -> None:
        """Take where a property ends that may be written `<w:color></w:color>`."""
        match local:
            case "rStyle" if self.style_end is not None:
                self.style_end = max(self.style_end, end)
            case "rFonts" if self.fonts is not None:
                self.fonts = self.fonts[0], max(self.fonts[1], end)
            case "color" if self.colour is not None:
                self.colour = self.colour[0], max(self.colour[1], end)

    @property
    def text(self) -> str:
        """All text of the run."""
        return "".join(piece.text for piece in self.pieces)


class _Scanner:
    """Collects runs tag by tag; a run inside a run (text boxes) has its own record."""

    def __init__(self, data: bytes) -> None:
        self.runs: list[WordRun] = []
        self._data = data
        self._path: list[str] = []
        self._open: list[WordRun] = []
        self._paragraphs: list[tuple[int, str | None]] = []
        self._count = 0
        self._piece: int | None = None
        self._bullet = False

    def take(self, tag: Tag) -> None:
        """Take the next tag."""
        local = local_name(tag)
        if tag.opens:
            self._path.append(local)
            self._start(local, tag)
        else:
            self._path.pop()
            self._end(local, tag)

    def _start(self, local: str, tag: Tag) -> None:
        parent = self._path[-2] if len(self._path) > 1 else ""
        match local:
            case "p":
                self._count += 1
                self._paragraphs.append((self._count, None))
            case "pStyle" if parent == "pPr" and self._paragraphs:
                self._paragraphs[-1] = (self._paragraphs[-1][0], plain(tag).get("val"))
            case "r" | "lvl":
                self._count += local == "lvl"
                self._bullet = False
                self._open_run(tag)
            case "pStyle" | "numFmt" | "lvlText" if parent == "lvl" and self._open:
                self._label(local, tag)
            case "rPr" if parent in ("r", "lvl") and self._open:
                self._open[-1].properties = (tag.start, tag.end)
                self._open[-1].properties_empty = self._is_empty(tag)
            case "rStyle" | "rFonts" | "color" if self._open and self._path[-3:-1] in _RUN_PROPERTIES:
                self._property(local, tag)
            case "t" | "delText" if parent == "r" and self._open:
                self._piece = None if self._is_empty(tag) else tag.end
            case _:
                pass

    def _is_empty(self, tag: Tag) -> bool:
        return self._data.startswith(b"/>", tag.end - 2)

    def _open_run(self, tag: Tag) -> None:
        if len(self.runs) >= _LIMIT_RUNS:
            raise RefusedError("damaged", "size")
        name = self._data[tag.start + 1 : tag.end].split(None, 1)[0]
        paragraph, style = self._paragraphs[-1] if self._paragraphs else (self._count, None)
        prefix = name.partition(b":")[0] + b":" if b":" in name else b""
        in_table, link, label = ("tbl" in self._path, "hyperlink" in self._path, self._path[-1] == "lvl")
        run = WordRun(prefix, tag.end, paragraph, style, in_table, link, label)
        self.runs.append(run)
        self._open.append(run)

    def _label(self, local: str, tag: Tag) -> None:
        run, place = self._open[-1], written(self._data, tag, b"val")
        value = plain(tag).get("val", "")
        if local == "pStyle":
            run.paragraph_style = value
        elif local == "numFmt":
            self._bullet = value == "bullet"
        elif place is not None and not self._bullet:
            run.pieces.append(Piece(place.value, place.value_end, value))

    def _property(self, local: str, tag: Tag) -> None:
        run, span, attributes = self._open[-1], (tag.start, tag.end), plain(tag)
        match local:
            case "rStyle":
                run.style, run.style_end = attributes.get("val"), tag.end
            case "rFonts":
                run.fonts, run.font_attributes = span, attributes
            case _:
                run.colour, run.colour_attributes = span, attributes

    def _end(self, local: str, tag: Tag) -> None:
        if local in ("t", "delText") and self._piece is not None and self._open:
            text = text_of(self._data, self._piece, tag.start)
            self._open[-1].pieces.append(Piece(self._piece, tag.start, text))
            self._piece = None
        elif local in ("rStyle", "rFonts", "color") and self._open and self._path[-2:] in _RUN_PROPERTIES:
            self._open[-1].close_property(local, tag.end)
        elif local in ("r", "lvl") and self._open:
            run = self._open.pop()
            run.tag_end = tag.start if local == "lvl" else run.tag_end
        elif local == "p" and self._paragraphs:
            self._paragraphs.pop()


def local_name(tag: Tag) -> str:
    """Return the local name of an element of WordprocessingML, empty for every other."""
    return tag.name.rpartition(" ")[2] if tag.name.startswith(_SPACES) else ""


def plain(tag: Tag) -> dict[str, str]:
    """Return the attributes of a tag by their local names."""
    return {key.rpartition(" ")[2]: value for key, value in tag.attributes.items()}


def scan(data: bytes) -> list[WordRun]:
    """Return the runs of a part in document order; raise `RefusedError` for what is no plain UTF-8 XML."""
    scanner = _Scanner(data)
    for tag in walk(data):
        scanner.take(tag)
    return scanner.runs
