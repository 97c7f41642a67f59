"""Word 97-2003 files (MS-DOC) to Document: every sub-document, with font and colour of every letter.

The text is read through the piece table, so fast-saved files come out as they were last saved. Letters of 8-bit pieces
are Windows-1252, one for one byte, as the legacy decoders want them. Whatever table is broken, the text it would have
explained is still given, and the document is PARTIAL with the name of the table as reason.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from gateway.documents.readers import encryption
from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.ole.art import read_drawing
from gateway.documents.readers.ole.compound import Compound, Path
from gateway.documents.readers.ole.octets import u16, u32, wide
from gateway.documents.readers.ole.properties import read_beside
from gateway.documents.readers.sink import Place, Sink
from gateway.documents.readers.word.page_setups import of_sections
from gateway.documents.readers.word.word97_drawings import Pictures, boxes_by_position, put_on_stage
from gateway.documents.readers.word.word97_fib import STORIES, Fib, parse_fib, parse_pieces
from gateway.documents.readers.word.word97_story import Letters, Story
from gateway.documents.readers.word.word97_tables import (
    Lists,
    StyleSheet,
    parse_fonts,
    parse_formatting,
    parse_positions,
    parse_strings,
)
from gateway.model import Origin, ReadStatus, Role, Run

_HEADER_KINDS: Final = (Role.HEADER, Role.HEADER, Role.FOOTER, Role.FOOTER, Role.HEADER, Role.FOOTER)
"""Even and odd header, even and odd footer, first page's header and footer of each section (MS-DOC 2.3.3)."""
_PARTS: Final = {
    "footnote": (Role.NOTE, 0), "endnote": (Role.NOTE, 0), "comment": (Role.COMMENT, 0), "textbox": (Role.TEXTBOX, 22),
    "header-textbox": (Role.TEXTBOX, 22),
}  # fmt: skip
"""Role of a sub-document that is cut into numbered pieces, and the size of an entry of the table that cuts it."""
_REMOTE: Final = re.compile(r"(?i)^\s*(?:https?:|ftp:|file:|\\\\)")
_ASSOCIATIONS: Final = ("", "template", "title", "subject", "keywords", "comments", "author", "last-author")
_OWN_STORAGES: Final = frozenset({"objectpool", "msodatastore"})


def read(source: Source, budget: Budget) -> Reading:
    """Read a Word file; ENCRYPTED `password`, MALFORMED `no-word-header` or `ole` when not even the text is there."""
    if source.data[:2] in {b"\xec\xa5", b"\xdc\xa5", b"\xdb\xa5"}:
        parse_fib(source.data)  # none of them is of Word 97
    sink, compound = Sink(budget), Compound(source.data, budget)
    document = compound.read("WordDocument")
    if u16(document, 0x0A) & 0x0100:
        sink.opened_with_password, compound = True, Compound(encryption.unlock(source, budget), budget)
        document = compound.read("WordDocument")
        if u16(document, 0x0A) & 0x0100:
            raise ReadError(ReadStatus.ENCRYPTED, "method")
    _Reader(sink, compound, document).read()
    return sink.reading(source, "doc")


class _Reader:
    def __init__(self, sink: Sink, compound: Compound, document: bytes) -> None:
        self._sink = sink
        self._budget = sink.budget
        self._compound = compound
        self._document = document
        self._data = b""
        """The stream with the pictures."""
        self._anchors: dict[int, int] = {}
        self._boxes: dict[int, list[Run]] = {}
        """Words by the numbers of their shapes."""

    def read(self) -> None:
        """Read text, tables of strings, drawings, objects and properties, each as far as it goes."""
        if not self._document:
            raise ReadError(ReadStatus.MALFORMED, "no-word-document")
        fib = parse_fib(self._document)
        table, self._data = self._table(fib), self._compound.read("Data")
        with self._sink.whole():
            self._text(fib, table)
            for setup in of_sections(fib, self._document, table):
                self._sink.put_setup(setup)
            self._strings(fib, table)
            self._drawings(fib, table)
            self._around()
        self._sink.note(*self._compound.faults)

    def _table(self, fib: Fib) -> bytes:
        table = self._compound.read(fib.table_stream)
        if not table:
            # A lying flag: the other table stream is better than none.
            other = "0Table" if fib.table_stream == "1Table" else "1Table"
            table = self._compound.read(other)
            self._sink.note("table-stream")
        return table

    def _text(self, fib: Fib, table: bytes) -> None:
        pieces, whole = parse_pieces(fib, self._document, table)
        if not whole:
            self._sink.note("pieces")
        characters = parse_formatting(fib, self._document, table, "characters", self._budget)
        paragraphs = parse_formatting(fib, self._document, table, "paragraphs", self._budget)
        fonts = parse_fonts(fib.octets("fonts", table))
        if not (characters.whole and paragraphs.whole):
            self._sink.note("formatting")
        if not fonts:
            self._sink.note("fonts")
        letters = Letters(
            self._document,
            self._data,
            pieces,
            characters=characters,
            paragraphs=paragraphs,
            styles=StyleSheet(fib.octets("styles", table), self._sink.fail),
            lists=Lists(fib, table),
            fonts=fonts,
        )
        self._budget.take_bytes(2 * len(letters.text))
        if not letters.text and any(fib.counts):
            raise ReadError(ReadStatus.MALFORMED, "no-text")
        self._stories(fib, table, letters)

    def _stories(self, fib: Fib, table: bytes, letters: Letters) -> None:
        pictures = Pictures(self._data, self._sink)
        boxes = boxes_by_position(fib.octets("textbox", table))
        at, length = 0, len(letters.text)
        for name, count in zip(STORIES, fib.counts, strict=True):
            if count > length - at:
                self._sink.note("text-length")
                count = length - at  # noqa: PLW2901
            for place, start, end in self._pieces(fib, table, name, count):
                first, story = len(self._sink.runs), Story(letters, self._sink, pictures, place)
                story.write(at + start, at + end)
                if name == "main":
                    self._anchors = story.anchors
                elif name == "textbox" and start in boxes:
                    self._boxes[boxes[start]] = self._sink.runs[first:]
            at += count
        if at < length - 1:
            Story(letters, self._sink, pictures, Place("rest", Role.BODY, Origin.HIDDEN)).write(at, length)

    def _pieces(self, fib: Fib, table: bytes, name: str, count: int) -> list[tuple[Place, int, int]]:
        """Return the places of a sub-document with the characters that each of them has, all of them covered."""
        if count == 0:
            return []
        if name in {"main", "macro"}:
            return [(Place("" if name == "main" else name, Role.BODY), 0, count)]
        role, entry = _PARTS.get(name, (Role.HEADER, 0))
        positions = [min(position, count) for position in parse_positions(fib, table, name, entry=entry)]
        if name == "header":
            return self._headers(positions, count)
        ends, word = sorted({*positions, 0, count}), name.removeprefix("header-")
        boxed = True if role is Role.TEXTBOX else None
        places: list[tuple[Place, int, int]] = []
        number = 1
        for start, end in pairwise(ends):
            places.append((Place(f"{word}:{number}", role, boxed=boxed), start, end))
            # A lone paragraph mark is the end of the sub-document, or nothing.
            number += end - start > 1
        return places

    def _headers(self, positions: list[int], count: int) -> list[tuple[Place, int, int]]:
        places: list[tuple[Place, int, int]] = []
        at = 0
        for number, (start, end) in enumerate(pairwise(positions)):
            if start != at or end < start:
                break
            section, kind = divmod(number - 6, 6)
            if number < 6:
                place = Place("note-separator", Role.NOTE)
            else:
                role = _HEADER_KINDS[kind]
                place = Place(f"{role.value}:{section + 1}", role)
            places.append((place, start, end))
            at = end
        if at < count:
            places.append((Place("header:1", Role.HEADER), at, count))
        return places

    def _strings(self, fib: Fib, table: bytes) -> None:
        """Read the names and texts in tables of strings: bookmarks, authors, variables, associated strings."""
        hidden = Place("", Role.PROPERTY, Origin.HIDDEN)
        for name in parse_strings(fib.octets("bookmarks", table)):
            if not name.startswith("_"):
                self._sink.put_line(name, Place(f"bookmark:{name}", Role.NAME, Origin.HIDDEN))
        for name, text in zip(_ASSOCIATIONS, parse_strings(fib.octets("associations", table)), strict=False):
            if name == "template" and _REMOTE.match(text):
                self._sink.warn("external-template")
            if name:
                self._sink.put_line(text, hidden._replace(locator=f"property:{name}"))
        for text in parse_strings(fib.octets("revision-authors", table)):
            if text != "Unknown":
                self._sink.put_line(text, hidden._replace(locator="property:revision-author"))
        owners, at = fib.octets("comment-authors", table), 0
        while at < len(owners):
            size = u16(owners, at)
            text = wide(owners[at + 2 : at + 2 + 2 * size])
            self._sink.put_line(text, hidden._replace(locator="property:comment-author"))
            at += 2 + 2 * size
        self._variables(fib.octets("variables", table), hidden._replace(locator="property:variable"))

    def _variables(self, table: bytes, place: Place) -> None:
        """Document variables (StwUser, MS-DOC 2.9.279): a table of names, then the values."""
        names = parse_strings(table)
        at = 6
        for name in names:
            at += 2 + 2 * len(name) + u16(table, 4)
            self._sink.put_line(name, place._replace(role=Role.NAME))
        for _ in names:
            size = u16(table, at)
            self._sink.put_line(wide(table[at + 2 : at + 2 + 2 * size]), place)
            at += 4 + 2 * size
            if at >= len(table):
                return

    def _drawings(self, fib: Fib, table: bytes) -> None:
        content, at = fib.octets("drawings", table), 0
        place = Place("drawing:1", Role.TEXTBOX)
        while at + 8 <= len(content):
            stop = at + 8 + u32(content, at + 4)
            read_drawing(content[at:stop], self._sink, place, delayed=self._document)
            if place.role is Role.TEXTBOX:
                put_on_stage(self._sink, fib, table, content[at:stop], self._anchors, self._boxes)
            if stop <= at:
                return
            # Each drawing has a byte before it: 0 for the main document, 1 for headers.
            of_header = content[stop : stop + 1] == b"\x01"
            place = Place("header:1", Role.HEADER) if of_header else Place("drawing:1", Role.TEXTBOX)
            at = stop + 1

    def _around(self) -> None:
        def is_object(storage: Path) -> bool:
            pooled = len(storage) == 2 and storage[0].lower() == "objectpool"
            return pooled or (len(storage) == 1 and storage[0].lower() not in _OWN_STORAGES)

        self._sink.pages = read_beside(self._compound, self._sink, is_object)
