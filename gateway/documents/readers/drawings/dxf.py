r"""Drawings in DXF to Document: the words in their groups, with the font of their style (Autodesk DXF reference).

A file is pairs of lines, a code and a value. The looks of a drawing are not read; `\U+1EAC`, `%%068` and the formatting
codes are resolved, and the font file of a style tells the legacy Vietnamese fonts that drawings are full of. A file in
the binary form is UNSUPPORTED.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.ole.objects import inner_file, octets_of
from gateway.documents.readers.ooxml.xml import holds_words
from gateway.documents.readers.pictures.outlines import STROKE
from gateway.documents.readers.plain import decode
from gateway.documents.readers.sink import Face, Place, Sink
from gateway.model import Origin, ReadStatus, Role
from gateway.vietnamese.escapes import paired

_BINARY: Final = b"AutoCAD Binary DXF\r\n\x1a\0"
_UTF8_SINCE: Final = "AC1021"
"""Version from which files are in UTF-8 (AutoCAD 2007)."""
_CHECK_EVERY: Final = 4096
_SHOWN: Final = {1, 3, 302, 303, 304}
"""Codes of the values that entities draw; a long MTEXT stands in 3, 3, ... 1."""
_DRAWN: Final = {"LINE", "LWPOLYLINE", "VERTEX"}
_FRAMES: Final = {"OLEFRAME", "OLE2FRAME"}
_BINARY_CHUNK: Final = 310
_POINT_BYTES: Final = 256
"""Charged to the budget for each point of a line: a million lines are more than memory should hold."""
_SETTINGS: Final = {"", "SECTION", "TABLE", "STYLE", "LAYER", "LTYPE", "CLASS", "DICTIONARY", "DIMSTYLE"}
"""Kinds of entries that draw nothing."""
_TEXT_CODES: Final = ((1, 4), (8, 9), (300, 309), (410, 419), (430, 439), (470, 479), (999, 1003))
_ESCAPE: Final = re.compile(
    r"\\U\+(?P<code>[0-9A-Fa-f]{4})|\\M\+[1-5](?P<wide>[0-9A-Fa-f]{4})|%%(?P<number>\d{3})|%%(?P<sign>[cdpCDP%])"
    r"|%%[uokUOK]|\\(?P<literal>[\\{}])|\\(?P<blank>[P~NX])"
    r"|\\S(?P<stack>[^;]{0,200});|\\[AHWQTCcpfF][^;\\]{0,130};|\\[LlOoKk]|[{}]"
)
_SIGNS: Final = {"c": "Ø", "d": "°", "p": "±", "%": "%"}
_BLANKS: Final = {"P": "\n", "N": "\n", "X": "\n", "~": "\xa0"}


def read(source: Source, budget: Budget) -> Reading:
    """Read a drawing; text after the point where the pairs break makes it MALFORMED `dxf`."""
    if source.data.startswith(_BINARY):
        raise ReadError(ReadStatus.UNSUPPORTED, "dxf-binary")
    sink = Sink(budget)
    budget.take_bytes(len(source.data))
    with sink.whole():
        _take(_groups(source.data, budget), sink)
    return sink.reading(source, "dxf")


class _Lines:
    """The lines and polylines of a drawing."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._points: list[list[float]] = []
        self._drawn: list[tuple[list[float], list[float]]] = []

    def take(self, code: int, value: str) -> None:
        """Take a coordinate: 10 to 18 across, 20 to 28 up."""
        try:
            number = float(value)
        except ValueError:
            return
        if code < 20:
            self._sink.budget.take_bytes(_POINT_BYTES)
            self._points.append([number, 0.0])
        elif self._points:
            self._points[-1][1] = -number

    def end(self) -> None:
        """End an entity."""
        self._drawn += pairwise(self._points)
        self._points = []

    def draw(self) -> None:
        """Give the lines, which may be letters."""
        for start, end in self._drawn:
            line = STROKE._replace(outline=[[(start[0], start[1]), (end[0], end[1])]])
            self._sink.pictures.draw(line, "drawing", (0, 0, 1, 1))


def _take(groups: Iterator[tuple[int, str]], sink: Sink) -> None:
    """Give what entities draw as text, and names, comments and settings once each as hidden."""
    fonts: dict[str, str] = {}
    given: set[str] = set()
    kind = style = ""
    number = 0
    pending: list[str] = []
    lines = _Lines(sink)
    framed: list[str] = []
    for code, value in groups:
        if code == 0:
            kind, style, pending = value.strip().upper(), "", []
            if kind != "VERTEX":
                lines.end()
            _hand_on(framed, sink)
        elif kind in _FRAMES and code == _BINARY_CHUNK:
            framed.append(value)
        elif kind in _DRAWN and code in {10, 11, 20, 21}:
            lines.take(code, value)
        elif kind == "STYLE" and code in {2, 3, 1000}:
            # The font by its file or, in extended data, by its name.
            style = value.strip().casefold() if code == 2 else style
            if code != 2:
                file = value.replace("\\", "/").rpartition("/")[2]
                fonts[style] = file.rpartition(".")[0] or file
        elif code == 7:
            style = value.strip().casefold()
        if code in _SHOWN and kind not in _SETTINGS:
            pending.append(value)
            if code == 3 and kind == "MTEXT":
                continue
            number += 1
            text = paired(plain_text("".join(pending), formatted=kind not in {"TEXT", "TOLERANCE"}))
            pending = []
            font = fonts.get(style or "standard")
            sink.put(text, sink.open_block(), Place(f"text:{number}", Role.BODY), Face(font=font))
        elif any(first <= code <= last for first, last in _TEXT_CODES):
            aside = paired(plain_text(value, formatted=False)).strip()
            if aside not in given and holds_words(aside) and not aside.startswith(("$", "AcDb", "ACAD_")):
                given.add(aside)
                role = Role.COMMENT if code == 999 else Role.NAME
                sink.put_line(aside, Place("drawing", role, Origin.HIDDEN))
    _hand_on(framed, sink)
    lines.end()
    lines.draw()


def _hand_on(framed: list[str], sink: Sink) -> None:
    """Pass on the object of a frame, which is in hexadecimal digits."""
    if framed:
        data = inner_file(octets_of("".join(framed).encode("ascii", "replace")))
        sink.members.append(Member(name="object", data=data, relation="embedded"))
        framed.clear()


def _groups(data: bytes, budget: Budget) -> Iterator[tuple[int, str]]:
    """Yield code and value of each group; raises `ReadError` MALFORMED `dxf` where the rhythm breaks."""
    head = data[: 1 << 16]
    version = head.partition(b"$ACADVER")[2].split(None, 2)[1:2]
    declared = head.partition(b"$DWGCODEPAGE")[2].split(None, 2)[1:2]
    modern = bool(version) and version[0].decode("ascii", "replace") >= _UTF8_SINCE
    text = decode(data, "utf-8" if modern else _charset(declared)).text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for at in range(0, len(lines) - 1, 2):
        if at % _CHECK_EVERY == 0:
            budget.check_time()
        code = lines[at].strip()
        if not code.removeprefix("-").isdecimal() or len(code) > 6:
            if not code and not any(line.strip() for line in lines[at:]):
                return
            raise ReadError(ReadStatus.MALFORMED, "dxf")
        yield int(code), lines[at + 1]


def _charset(declared: list[bytes]) -> str | None:
    """Name of a code page as AutoCAD writes it, `ANSI_1258`."""
    name = declared[0].decode("ascii", "replace").lower() if declared else ""
    return f"cp{name.removeprefix('ansi_')}" if name.startswith("ansi_") else None


def plain_text(value: str, *, formatted: bool) -> str:
    """Return what a value shows; codes of MTEXT only count when `formatted`."""
    return _ESCAPE.sub(lambda match: _resolved(match, formatted=formatted), value)


def _resolved(match: re.Match[str], *, formatted: bool) -> str:
    if code := match["code"] or match["wide"]:
        return chr(int(code, 16))
    if match["number"]:
        return chr(int(match["number"]) & 0xFF)
    if match["sign"]:
        return _SIGNS[match["sign"].lower()]
    if match[0].startswith("%%"):
        return ""
    if not formatted:
        return match[0]
    if match["stack"] is not None:
        return re.sub(r"[\^#/]", "/", match["stack"])
    return _BLANKS.get(match["blank"] or "", match["literal"] or "")
