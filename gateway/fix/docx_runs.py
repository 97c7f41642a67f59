"""The runs of one WordprocessingML part with the byte positions of everything a mender may change.

An event parser tells where each element stands in the file's own bytes, so that a change is a splice and all else stays
byte for byte. A document type declaration is refused; nothing external is ever read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from gateway.fix.tally import RefusedError
from gateway.fix.xml_spans import refuse_other_encodings, tag_at, text_of

W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT_W: Final = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_SPACES: Final = (f"{W} ", f"{STRICT_W} ")
_LIMIT_RUNS: Final = 500_000


@dataclass
class Piece:
    """The content of one `w:t` or `w:delText`."""

    start: int
    end: int
    text: str


@dataclass
class WordRun:
    """One `w:r`; spans are byte offsets, half open."""

    prefix: bytes
    """Namespace prefix with colon, as the file writes it."""
    tag_end: int
    """Just behind the start tag of the run."""
    paragraph: int
    paragraph_style: str | None
    in_table: bool
    link: bool
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

    @property
    def text(self) -> str:
        """All text of the run."""
        return "".join(piece.text for piece in self.pieces)


class _Scanner:
    """Collects runs while the parser walks; a run inside a run (text boxes) has its own record."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.runs: list[WordRun] = []
        self._path: list[str] = []
        self._open: list[WordRun] = []
        self._paragraphs: list[tuple[int, str | None]] = []
        self._count = 0
        self._piece: int | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.buffer_text = True

    def _doctype(self, *_: object) -> None:
        raise RefusedError("damaged", "doctype")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        known = name.startswith(_SPACES)
        local = name.rpartition(" ")[2] if known else ""
        self._path.append(local)
        if not known:
            return
        start = self.parser.CurrentByteIndex
        plain = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        parent = self._path[-2] if len(self._path) > 1 else ""
        match local:
            case "p":
                self._count += 1
                self._paragraphs.append((self._count, None))
            case "pStyle" if parent == "pPr" and self._paragraphs:
                self._paragraphs[-1] = (self._paragraphs[-1][0], plain.get("val"))
            case "r":
                self._open_run(start)
            case "rPr" if parent == "r" and self._open:
                end, tag = tag_at(self.data, start)
                self._open[-1].properties = (start, end)
                self._open[-1].properties_empty = tag.endswith(b"/>")
            case "rStyle" | "rFonts" | "color" if self._in_properties():
                self._property(local, start, plain)
            case "t" | "delText" if parent == "r" and self._open:
                end, tag = tag_at(self.data, start)
                self._piece = None if tag.endswith(b"/>") else end
            case _:
                pass

    def _in_properties(self) -> bool:
        return bool(self._open) and self._path[-3:-1] == ["r", "rPr"]

    def _open_run(self, start: int) -> None:
        if len(self.runs) >= _LIMIT_RUNS:
            raise RefusedError("damaged", "size")
        end, tag = tag_at(self.data, start)
        paragraph, style = self._paragraphs[-1] if self._paragraphs else (0, None)
        prefix = tag[1:].split(b"r", 1)[0] if b":" in tag.split(None, 1)[0] else b""
        run = WordRun(prefix, end, paragraph, style, "tbl" in self._path, "hyperlink" in self._path)
        self.runs.append(run)
        self._open.append(run)

    def _property(self, local: str, start: int, attributes: dict[str, str]) -> None:
        run = self._open[-1]
        end, _ = tag_at(self.data, start)
        match local:
            case "rStyle":
                run.style, run.style_end = attributes.get("val"), end
            case "rFonts":
                run.fonts, run.font_attributes = (start, end), attributes
            case _:
                run.colour, run.colour_attributes = (start, end), attributes

    def _end(self, name: str) -> None:
        local = self._path.pop()
        if not name.startswith(_SPACES):
            return
        if local in ("t", "delText") and self._piece is not None and self._open:
            end = self.parser.CurrentByteIndex
            text = text_of(self.data, self._piece, end)
            if text is not None:
                self._open[-1].pieces.append(Piece(self._piece, end, text))
            self._piece = None
        elif local == "r" and self._open:
            self._open.pop()
        elif local == "p" and self._paragraphs:
            self._paragraphs.pop()


def scan(data: bytes) -> list[WordRun]:
    """Return the runs of a part in document order; raise `RefusedError` for what is no plain UTF-8 XML."""
    refuse_other_encodings(data)
    scanner = _Scanner(data)
    try:
        scanner.parser.Parse(data, True)
    except expat.ExpatError:
        raise RefusedError("damaged", "xml") from None
    except (UnicodeDecodeError, ValueError):
        raise RefusedError("damaged", "xml") from None
    return scanner.runs
