"""PowerPoint 97-2003 files (MS-PPT) to Document: slides, masters, notes, comments, headers, objects, pictures.

All records of the stream are walked, not only those that the last save points to: what an earlier save left behind is
still in the file and comes out as `revision`. Text in 8-bit form is the lower half of Unicode, one byte a letter, which
is what the legacy decoders want.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.documents.readers import encryption
from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.containers.zip_streams import salvaged
from gateway.documents.readers.ole.art import Record, is_properties, properties, put_shape_words, put_stored, records
from gateway.documents.readers.ole.compound import Compound, embedded_member
from gateway.documents.readers.ole.octets import rgb, u8, u16, u32, wide
from gateway.documents.readers.ole.properties import read_beside
from gateway.documents.readers.ole.shapes import SHAPE, Shapes, put_shape, slide_box, thing_of
from gateway.documents.readers.powerpoint.ppt_saves import Saved, last_save, with_saves
from gateway.documents.readers.powerpoint.ppt_text import (
    Looks,
    Schemes,
    font_name,
    may_be_level,
    parse_master,
    stretches,
)
from gateway.documents.readers.sink import Place, Sink
from gateway.model import Origin, ReadStatus, Role
from gateway.vietnamese.colour import is_invisible

_SLIDE, _NOTES, _MASTER, _HANDOUT = 0x03EE, 0x03F0, 0x03F8, 0x0FC9
_SAVED: Final = frozenset({0x03E8, _SLIDE, _NOTES, _MASTER, _HANDOUT, 0x1011})
"""Objects that a save points to."""
_USER_EDIT, _PERSIST = 0x0FF5, 0x1772
_TEXT_HEADER, _CHARS, _BYTES, _STYLES, _STRING = 0x0F9F, 0x0FA0, 0x0FA8, 0x0FA1, 0x0FBA
_MASTER_STYLE, _FONT, _SLIDE_SHOW = 0x0FA3, 0x0FB7, 0x03F9
_OBJECT_STORE, _VBA, _INTERACTION, _LIST = 0x1011, 0x0400, 0x0FF3, 0x0FF0
_SLIDE_PERSIST, _CLIENT_TEXT, _EMBED, _LINK, _CONTROL = 0x03F3, 0xF00D, 0x0FCC, 0x0FCE, 0x0FEE
_COMMENT, _HEADERS, _HYPERLINK, _TAGS, _SHAPE_FLAGS = 0x2EE0, 0x0FD9, 0x0FD7, 0x1388, 0xF00A
_ACTIONS: Final = {1: "macro", 2: "launch", 5: "ole-object"}
"""What a click starts (MS-PPT 2.6.7)."""
_TITLES: Final = frozenset({0, 6})
_NOTE_TEXT: Final = 2
_PLACEHOLDER_KINDS: Final = frozenset({0, 1, 2, 5, 6, 7, 8})
_PRODUCT_STRINGS: Final = re.compile(r"^___PPT\d+$|^[A-Z]{2,4}\d{0,2}$|^\*$")
_CURRENT_ENCRYPTED: Final = 0xF3D1C4DF
_TWIN: Final = "PP97_DUALSTORAGE"


def read(source: Source, budget: Budget) -> Reading:
    """Read a presentation; ENCRYPTED `password`, MALFORMED `no-presentation` when there is none."""
    sink, compound, locked = Sink(budget), Compound(source.data, budget), b""
    if u32(compound.read("Current User"), 12) == _CURRENT_ENCRYPTED or compound.has("EncryptedSummary"):
        locked = compound.read("PowerPoint Document")
        sink.opened_with_password, compound = True, Compound(encryption.unlock(source, budget), budget)
    stream = compound.read("PowerPoint Document") or compound.read("PP97_DUALSTORAGE", "PowerPoint Document")
    if locked and len(locked) == len(stream):
        stream = with_saves(stream, locked, u32(compound.read("Current User"), 16))
    if not stream:
        old = compound.has("PP40") or compound.has("Header")
        raise ReadError(
            ReadStatus.UNSUPPORTED if old else ReadStatus.MALFORMED, "powerpoint-4" if old else "no-presentation"
        )
    _Reader(sink, compound, stream).read()
    return sink.reading(source, "ppt")


_TABLE: Final = 0x39F
"""tableProperties, of a group of shapes (MS-ODRAW 2.3.4.36)."""


@dataclass
class _Page:
    """State of one slide, notes page or master while its records pass."""

    place: Place
    scheme: tuple[str, ...] = ()
    textboxes: int = 0
    kind: int = 4
    """Kind of the text that comes next (TextHeaderAtom)."""
    ground: str | None = None
    """Ground of the letters of the current shape; None when nothing says."""
    start: int = 0
    """Offset of its records."""


def _fill(found: dict[int, int | bytes], ground: str | None) -> str | None:
    """Return what a shape's properties put behind its letters (MS-ODRAW 2.3.7): a colour, or None for what is no colour."""
    flags, kind, colour = found.get(0x1BF), found.get(0x180, 0), found.get(0x181)
    if isinstance(flags, int) and flags & 0x100000 and not flags & 0x10:
        return ground
    if kind != 0:
        return None
    if not isinstance(colour, int):
        return ground
    return rgb(colour) if colour >> 24 == 0 else None


class _Reader:
    def __init__(self, sink: Sink, compound: Compound, stream: bytes) -> None:
        self._sink = sink
        self._budget = sink.budget
        self._compound = compound
        self._stream = stream
        self._looks = Looks()
        self._persisted = Saved()
        self._page = _Page(Place("document", Role.BODY))
        self._pending: tuple[str, Place, int] | None = None
        """A text whose styles may come in the next record."""
        self._grounds: dict[int, str | None] = {}
        """Backgrounds that pages have of their own; None for a picture or a gradient."""
        self._schemes = Schemes()
        self._shapes = Shapes(slide_box)
        self._aligns: set[str] = set()
        self._notes = self._masters = self._stale = self._shape_runs = 0
        self._tables: set[int] = set()
        """Offsets of groups of shapes that are the cells of a table."""

    def read(self) -> None:
        """Read the stream, then pictures, properties and all other streams."""
        with self._sink.whole():
            self._persisted = last_save(self._stream, u32(self._compound.read("Current User"), 16), self._budget)
            self._environment()
            self._walk()
            self._around()
        self._sink.note(*self._compound.faults)
        if not self._persisted.live:
            self._sink.note("persist-directory")
        self._drop_repeated()
        self._sink.pages = len(self._persisted.slides) or None

    def _drop_repeated(self) -> None:
        """Leave out what an earlier save says as the last one does: a revision is what only it says."""
        blocks: dict[int, list[str]] = {}
        for run in self._sink.runs:
            blocks.setdefault(run.block, []).append(run.text)
        texts = {block: "".join(pieces).strip() for block, pieces in blocks.items()}
        if any(map(may_be_level, texts.values())):
            self._sink.warn("look-generated")
        live = {texts[run.block] for run in self._sink.runs if run.origin is not Origin.REVISION}
        self._sink.runs = [
            run for run in self._sink.runs if run.origin is not Origin.REVISION or texts[run.block] not in live
        ]

    def _records(self) -> Iterator[Record]:
        """Yield all records, and those of saved objects that stand within an atom: programs go where the last save points."""
        missing = {start for start in self._persisted.live if u16(self._stream, start + 2) in _SAVED}
        for record in records(self._stream, self._budget):
            missing.discard(record.start - 8)
            yield record
        for start in sorted(missing):
            end = start + 8 + u32(self._stream, start + 4)
            yield from records(self._stream, self._budget, start=start, end=end)

    # Fonts and master styles, at any depth

    def _environment(self) -> None:
        background = False
        for record in self._records():
            content = self._stream[record.start : record.end]
            if record.kind == _SHAPE_FLAGS:
                background = bool(u32(content, 4) & 0x400)
            elif background and is_properties(record) and record.path_starts:
                self._grounds[record.path_starts[0] - 8] = _fill(properties(self._stream, record), None)
                background = False
            self._schemes.take(record, content)
            if record.kind == _FONT:
                self._looks.fonts[record.instance] = font_name(content)
            elif record.kind == _MASTER_STYLE:
                for level, look in parse_master(content, record.instance):
                    key = (record.instance, level)
                    self._looks.masters[key] = self._looks.masters.get(key, look).over(look)

    # Text

    def _walk(self) -> None:
        strings_in = frozenset({_COMMENT, _HEADERS, _HYPERLINK})
        end = 0
        numbered = 0
        starts = {number: start for start, number in self._persisted.slides.items()}
        for record in self._records():
            end = max(end, record.end)
            content = self._stream[record.start : record.end]
            if self._pending is not None and record.kind != _STYLES:
                self._put(b"")
            if not record.path:
                self._begin(record)
                numbered = 0
            match record.kind:
                case k if k == _LIST:
                    numbered = 0
                case k if k == _SLIDE_PERSIST and _LIST in record.path:
                    numbered += 1
                    start = starts.get(numbered, -1)
                    self._page.scheme, self._page.start = self._schemes.of(start), start
                    self._page.ground = self._paper()
                case k if k == _SLIDE_SHOW and u16(content, 10) & 4:
                    self._page.place = self._page.place.hidden()
                case k if k == _TEXT_HEADER:
                    self._page.kind = u32(content, 0)
                case k if k in {_CHARS, _BYTES}:
                    text = wide(content) if k == _CHARS else content.decode("latin-1")
                    self._pending = (text, self._text_place(record, numbered), self._page.kind)
                case k if k == _STYLES and self._pending is not None:
                    self._put(content)
                case k if k == _STRING:
                    self._string(wide(content), record, strings_in)
                case k if k == _VBA:
                    if u32(content, 4):
                        self._sink.warn("macro", "stream:VBA")
                case k if k == _INTERACTION and (kind := _ACTIONS.get(u8(content, 8))) is not None:
                    self._sink.warn(kind, self._page.place.locator)
                case k if k in {_EMBED, _CONTROL}:
                    self._sink.warn("ole-object" if k == _EMBED else "activex", self._page.place.locator)
                case k if k == _LINK:
                    self._sink.warn("external-object", self._page.place.locator)
                case k if k == _OBJECT_STORE:
                    self._object(content, record)
                case _:
                    self._shape(record)
        if self._pending is not None:
            self._put(b"")
        self._end_shape()
        if end < len(self._stream) and any(self._stream[end:]):
            self._sink.note("records")

    def _begin(self, record: Record) -> None:
        """Take note that an object of the stream's first level begins."""
        self._end_shape()
        start = record.start - 8
        live = not self._persisted.live or start in self._persisted.live or record.kind in {_USER_EDIT, _PERSIST}
        origin = Origin.TEXT if live else Origin.REVISION
        match record.kind:
            case k if k == _SLIDE:
                number = self._persisted.slides.get(start)
                if number is None:
                    self._stale += 1
                    # Saved, but in no list of slides: a title master's sibling, or a slide that was deleted.
                    place = Place(f"slide:old-{self._stale}", Role.BODY, Origin.REVISION if live else origin)
                else:
                    place = Place(f"slide:{number}", Role.BODY, origin, page=number)
            case k if k == _NOTES:
                self._notes += 1
                place = Place(f"notes:{self._notes}", Role.NOTE, origin)
            case k if k == _MASTER:
                self._masters += 1
                place = Place(f"master:{self._masters}", Role.BODY, origin)
            case k if k == _HANDOUT:
                place = Place("handout", Role.HEADER, origin)
            case _:
                place = Place("document", Role.BODY, origin)
        self._page = _Page(place, self._schemes.of(start), start=start)

    def _text_place(self, record: Record, numbered: int) -> Place:
        page = self._page
        place = page.place
        if _LIST in record.path:
            # The outline of the document: texts of the placeholders of the slide named before it.
            place = place._replace(locator=f"slide:{numbered}", page=numbered or None)
        if page.kind in _TITLES:
            return place._replace(role=Role.HEADING if place.role is Role.BODY else place.role)
        if page.kind == _NOTE_TEXT:
            return place._replace(role=Role.NOTE)
        if page.kind == 4 and _CLIENT_TEXT in record.path and place.role is Role.BODY:
            page.textboxes += 1
            role = Role.TEXTBOX if self._tables.isdisjoint(record.path_starts) else Role.CELL
            return place._replace(role=role, locator=f"{place.locator},textbox:{page.textboxes}")
        return place

    def _put(self, styles: bytes) -> None:
        assert self._pending is not None
        (text, place, kind), self._pending = self._pending, None
        if text in {"*", ""}:
            return  # a placeholder of a date or number that PowerPoint fills in
        if place.locator.startswith("master:") and kind in _PLACEHOLDER_KINDS:
            place = place.hidden()  # a prompt, which no slide shows
        block = self._sink.open_block()
        for piece, look in stretches(text, styles, kind, self._looks):
            if piece == "\r":
                block = self._sink.open_block()
                continue
            ground = self._page.ground
            self._aligns.add(look.align or "l")
            face = self._looks.face(look, self._page.scheme)._replace(background=ground)
            # Letters on a picture or a gradient are not judged: the colour behind them is unknown.
            hidden = ground is not None and is_invisible(face.colour, ground)
            shown = piece.replace("\x0b", "\n").replace("\0", "")
            self._sink.put(shown, block, place.hidden() if hidden else place, face)

    def _string(self, text: str, record: Record, telling: frozenset[int]) -> None:
        """Strings outside texts: comments, headers and footers, link targets, names and tags."""
        text = text.split("\0", 1)[0]
        around = set(record.path)
        place = self._page.place
        if not around & telling and _PRODUCT_STRINGS.match(text):
            return
        if _COMMENT in around:
            role = Role.PROPERTY if record.instance in {0, 2} else Role.COMMENT
            place = place._replace(role=role)
        elif _HEADERS in around:
            place = place._replace(role=Role.HEADER if record.instance == 1 else Role.FOOTER)
        else:
            role = Role.NAME if _TAGS in around else Role.FIELD
            place = place._replace(role=role).hidden()
        self._sink.put_line(text, place)

    def _end_shape(self) -> None:
        """Put a shape of a slide and its words on the stage."""
        shape, place, runs = self._shapes.end(), self._page.place, self._sink.runs[self._shape_runs :]
        self._shape_runs += len(runs)
        if shape.box is not None and place.origin is Origin.TEXT and place.page is not None:
            self._sink.stage.on_page(place.locator, thing_of(shape, shape.box, runs, place.locator, self._aligns))
            put_shape(self._sink, place.locator, shape, runs)
        self._aligns.clear()

    def _shape(self, record: Record) -> None:
        if record.kind == SHAPE:
            self._end_shape()
        self._shapes.take(self._stream, record)
        if record.kind == _SHAPE_FLAGS:
            self._page.ground = self._paper()
        elif is_properties(record):
            found = properties(self._stream, record)
            if _TABLE in found and len(record.path_starts) > 1:
                self._tables.add(record.path_starts[-2])
            self._page.ground = _fill(found, self._page.ground)
            put_shape_words(found, self._sink, self._page.place)
        else:
            put_stored(self._stream, record, self._sink, self._page.place)

    def _paper(self) -> str | None:
        """Return the colour of the page itself: its own background, else that of its scheme."""
        if self._page.start in self._grounds:
            return self._grounds[self._page.start]
        return self._page.scheme[0] if self._page.scheme else None

    def _object(self, content: bytes, record: Record) -> None:
        """An embedded object, a control, or the macros (MS-PPT 2.10.34): an OLE file, mostly packed."""
        data = salvaged(content[4:], self._budget) if record.instance == 1 else content
        if not data:
            self._sink.note("object")
            return
        live = not self._persisted.live or record.start - 8 in self._persisted.live
        name = f"object-{len(self._sink.members) + 1}.bin"
        locator = "object" if live else "object:old"
        if b"V\0B\0A\0" in data[: 1 << 16] and b"_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0" in data:
            self._sink.warn("macro", "stream:VBA")
            return
        self._sink.warn("ole-object", locator)
        self._sink.members.append(Member(name=name, data=data, relation="embedded", locator=locator))

    def _second(self, path: tuple[str, ...]) -> None:
        """The same presentation once more for PowerPoint 97, beside that for PowerPoint 95; any other is reported."""
        twin = embedded_member(self._compound, path[:1], "object") if path[0] == _TWIN and len(path) == 2 else None
        if twin is None:
            self._sink.note("second-presentation")
        else:
            self._sink.members.append(twin)

    def _around(self) -> None:
        pictures = self._compound.read("Pictures")
        at = 0
        for record in records(pictures, self._budget):
            at = record.end
            put_stored(pictures, record, self._sink, Place("presentation"))
        if at < len(pictures) and any(pictures[at:]):
            self._sink.note("pictures")
        for path in self._compound.streams:
            if path[-1].lower() == "powerpoint document" and len(path) > 1:
                self._second(path)
        read_beside(self._compound, self._sink, lambda _: False)
