r"""Drawings in DXF to Document: every text of the drawing with its font, and the names and notes around it.

Texts are TEXT, MTEXT, ATTRIB, ATTDEF, DIMENSION, TABLE, MULTILEADER and TOLERANCE entities (Autodesk DXF reference,
"ENTITIES section"). A text of many pieces is joined, `\U+1EAC`, `%%068` and the formatting codes are resolved. The font
is that of the text style, whose file name also tells the legacy Vietnamese fonts that drawings are full of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gateway.model import Origin, ReadStatus, Role
from gateway.readers.base import Budget, ReadError, Reading, Source
from gateway.readers.drawings.dxf_groups import Group, groups
from gateway.readers.numerals import whole
from gateway.readers.ole.report import Report, assemble
from gateway.readers.ooxml.sink import Face, Place, Sink
from gateway.readers.ooxml.xml import holds_words
from gateway.text.escapes import paired

_SHOWN: Final = {
    "TEXT": {1}, "MTEXT": {3, 1}, "ATTRIB": {1}, "ATTDEF": {1, 3}, "DIMENSION": {1}, "TOLERANCE": {1},
    "ACAD_TABLE": {1, 2, 302, 303}, "MULTILEADER": {304}, "MLEADER": {304}, "ARCALIGNEDTEXT": {1}, "RTEXT": {1},
}  # fmt: skip
"""Codes of the groups whose values are drawn, by kind of entity; in MTEXT a long text stands in 3, 3, ... 1."""
_FORMATTED: Final = frozenset({"MTEXT", "ATTRIB", "ATTDEF", "DIMENSION", "ACAD_TABLE", "MULTILEADER", "MLEADER"})
_PLUMBING: Final = frozenset({0, 5, 6, 100, 102, 105, 7})
"""Kinds, handles, line types, class markers and style names: no words of a person."""
_TEXT_CODES: Final = ((0, 9), (300, 309), (410, 419), (430, 439), (470, 479), (999, 1003))
_COLOURS: Final = {1: "FF0000", 2: "FFFF00", 3: "00FF00", 4: "00FFFF", 5: "0000FF", 6: "FF00FF"}
"""AutoCAD colour index to RRGGBB, as far as colours have names."""
_ESCAPE: Final = re.compile(
    r"\\U\+(?P<code>[0-9A-Fa-f]{4})|\\M\+[1-5](?P<wide>[0-9A-Fa-f]{4})|%%(?P<number>\d{3})|%%(?P<sign>[cdpCDP%])"
    r"|%%[uokUOK]|\\(?P<literal>[\\{}])|\\(?P<blank>[P~NX])"
    r"|\\[fF](?P<font>[^|;\\]{0,64})[^;\\]{0,64};|\\S(?P<stack>[^;]{0,200});|\\[AHWQTCcp][^;\\]{0,64};|\\[LlOoKk]|(?P<brace>[{}])"
)
_SIGNS: Final = {"c": "Ø", "d": "°", "p": "±", "%": "%"}


@dataclass
class _Entity:
    kind: str = ""
    groups: list[Group] = field(default_factory=list)

    def first(self, code: int) -> str:
        return next((group.value.strip() for group in self.groups if group.code == code), "")


def read(source: Source, budget: Budget) -> Reading:
    """Read a drawing; what stands behind the place where its rhythm breaks makes it MALFORMED `dxf`."""
    sink, report = Sink(budget), Report()
    budget.take_bytes(len(source.data))
    drawing = _Drawing(sink)
    try:
        for entity in _entities(source.data, budget):
            drawing.take(entity)
    except ReadError as error:
        if not sink.runs or error.status in {ReadStatus.LIMIT, ReadStatus.TIMEOUT}:
            raise
        report.fail(error.status, error.reason)
    return assemble(source, sink, report, kind="dxf")


def _entities(data: bytes, budget: Budget) -> Iterator[_Entity]:
    entity = _Entity()
    try:
        for group in groups(data, budget):
            if group.code == 0:
                yield entity
                entity = _Entity(group.value.strip().upper())
            elif any(first <= group.code <= last for first, last in _TEXT_CODES) or group.code in {60, 62}:
                entity.groups.append(group)
    except ReadError:
        yield entity
        raise
    yield entity


class _Drawing:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._fonts: dict[str, str] = {}
        self._given: set[str] = set()
        self._count = 0

    def take(self, entity: _Entity) -> None:
        """Give the words of an entity, a table entry or a setting."""
        if entity.kind == "STYLE":
            self._style(entity)
        shown = _SHOWN.get(entity.kind, set())
        if shown:
            self._text(entity, shown)
        for group in entity.groups:
            if group.code not in shown and group.code not in _PLUMBING and group.code not in {60, 62}:
                self._aside(group)

    def _style(self, entity: _Entity) -> None:
        """A text style: its name, and the font by its file or, in extended data, by its name."""
        face = next((group.value for group in entity.groups if group.code == 1000), "")
        file = entity.first(3).replace("\\", "/").rpartition("/")[2]
        self._fonts[entity.first(2).casefold()] = face or file.rpartition(".")[0] or file

    def _text(self, entity: _Entity, shown: set[int]) -> None:
        self._count += 1
        concealed = entity.first(60) == "1"
        font = self._fonts.get((entity.first(7) or "standard").casefold())
        face = Face(font=font, colour=_COLOURS.get(whole(entity.first(62))))
        place = Place(f"text:{self._count}", Role.BODY, Origin.HIDDEN if concealed else Origin.TEXT)
        if entity.kind == "MTEXT":
            pieces = ["".join(group.value for group in entity.groups if group.code in shown)]
        else:
            pieces = [group.value for group in entity.groups if group.code in shown]
        for piece in pieces:
            block = self._sink.open_block()
            for text, own in plain_text(piece, formatted=entity.kind in _FORMATTED):
                self._sink.put(paired(text), block, place, face._replace(font=own) if own else face)

    def _aside(self, group: Group) -> None:
        """Names of layers and blocks, comments, settings: once each."""
        value = paired("".join(text for text, _ in plain_text(group.value, formatted=False))).strip()
        if value in self._given or not holds_words(value) or value.startswith(("$", "AcDb", "ACAD_")):
            return
        self._given.add(value)
        role = Role.COMMENT if group.code == 999 else Role.NAME
        self._sink.put_line(value, Place("drawing", role, Origin.HIDDEN))


def plain_text(value: str, *, formatted: bool) -> Iterator[tuple[str, str | None]]:
    r"""Yield what a value shows, with the font that a `\f` in it sets; codes of MTEXT only count when `formatted`."""
    pieces: list[str] = []
    font: str | None = None
    outer: list[str | None] = []
    at = 0
    for match in _ESCAPE.finditer(value):
        pieces.append(value[at : match.start()])
        at = match.end()
        shown = _resolved(match)
        if shown is not None:
            pieces.append(shown)
        elif not formatted:
            pieces.append(match[0])
        elif match["font"] is not None or match["brace"] == "}":
            yield "".join(pieces), font
            pieces = []
            font = match["font"] if match["font"] is not None else outer.pop() if outer else None
        elif match["brace"]:
            outer.append(font)
        elif match["stack"] is not None:
            pieces.append(re.sub(r"[\^#/]", "/", match["stack"]))
        else:
            pieces.append(
                {"P": "\n", "N": "\n", "X": "\n", "~": "\xa0"}.get(match["blank"] or "", match["literal"] or "")
            )
    yield "".join(pieces) + value[at:], font


def _resolved(match: re.Match[str]) -> str | None:
    """Return what an escape stands for in every kind of text, None for a code of formatted text only."""
    if code := match["code"] or match["wide"]:
        return chr(int(code, 16))
    if match["number"]:
        return chr(int(match["number"]) & 0xFF)
    if match["sign"]:
        return _SIGNS[match["sign"].lower()]
    return "" if match[0].startswith("%%") else None
