"""The text of a Word file as runs: paragraphs, cells, fields, symbols, with the look of every letter (MS-DOC 2.4)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from gateway.documents.readers.base import remembered
from gateway.documents.readers.ole.octets import u16, u32
from gateway.documents.readers.ooxml.colours import automatic
from gateway.documents.readers.rows import SUPERSCRIPT
from gateway.documents.readers.sink import Cell, Face, Place, Sink, capitals
from gateway.documents.readers.word.docx_fields import active_kind, hides_result, pictured, shown_without_result
from gateway.documents.readers.word.font_slots import Slots, by_slot
from gateway.documents.readers.word.word97_drawings import Pictures
from gateway.documents.readers.word.word97_fib import Piece, joined
from gateway.documents.readers.word.word97_sprms import (
    AUTO,
    Look,
    Paragraph,
    character_style,
    sprms,
    with_paragraph_sprms,
    with_sprms,
)
from gateway.documents.readers.word.word97_tables import Formatting, Lists, StyleSheet
from gateway.model import Role
from gateway.vietnamese.colour import is_invisible

_END: Final = re.compile("[\r\x07\x0c]")
_MARKS: Final = re.compile("[\x00-\x08\x0b-\x1f]")
_PIECE: Final = re.compile("[^\x00-\x1f]+|.", re.DOTALL)
_PLAIN: Final = {"\x0b": "\n", "\x0e": "\n", "\x1e": "-", "\x1f": "", "\x00": ""}
_HUGE: Final = frozenset({0x6645, 0x6646})
_CODE_LIMIT: Final = 4096
_CHECK_EVERY: Final = 1024
_ROW_PARAGRAPHS: Final = 100
"""Paragraphs of a row that are passed to find its end."""


@dataclass
class _Field:
    """A field that is open: its code so far, and whether its result has begun."""

    code: list[str] = field(default_factory=list)
    size: int = 0
    in_result: bool = False
    silent: bool = False
    """Its result is not shown."""
    link: bool = False
    said: int = 0
    """Pieces of text before its result."""


class Letters:
    """Text and formatting of the whole file by character position."""

    def __init__(
        self,
        document: bytes,
        data: bytes,
        pieces: tuple[Piece, ...],
        *,
        characters: Formatting,
        paragraphs: Formatting,
        styles: StyleSheet,
        lists: Lists,
        fonts: tuple[str, ...],
    ) -> None:
        self._data = data
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]
        self._characters = characters
        self._paragraphs = paragraphs
        self._styles = styles
        self.lists = lists
        self._fonts = fonts
        self.look = remembered(self._look)
        """Returns the letters of a paragraph style changed by groups of sprms."""
        self._known = remembered(self._paragraph)
        self.text = "".join(piece.text(document) for piece in pieces)

    def font(self, number: int) -> str | None:
        """Return the name of a font."""
        return self._fonts[number] or None if 0 <= number < len(self._fonts) else None

    def paragraph(self, mark: int) -> Paragraph:
        """Return the properties of the paragraph that ends at a position."""
        index = bisect_right(self._starts, mark) - 1
        if index < 0:
            return Paragraph()
        piece = self._pieces[index]
        return self._known(self._paragraphs.at(piece.position(min(mark, piece.end - 1))), piece.sprms)

    def _paragraph(self, group: bytes, more: bytes) -> Paragraph:
        paragraph = with_paragraph_sprms(self._styles.paragraph(u16(group, 0)), self._unpacked(group[2:]))
        return with_paragraph_sprms(paragraph, more)

    def _unpacked(self, group: bytes) -> bytes:
        """Return a group with its overflow from the Data stream (sprmPHugePapx)."""
        for code, operand in sprms(group):
            if code in _HUGE:
                at = u32(operand, 0)
                return group + self._data[at + 2 : at + 2 + u16(self._data, at)]
        return group

    def between(self, start: int, end: int, style: int) -> Iterator[tuple[int, int, Look]]:
        """Yield stretches of one look."""
        index = max(0, bisect_right(self._starts, start) - 1)
        while start < end and index < len(self._pieces):
            piece = self._pieces[index]
            stop = min(end, piece.end)
            for span in self._characters.between(piece.position(start), piece.position(stop)):
                begin = piece.start + (span.start - piece.offset) // piece.width
                until = piece.start + -(-(span.end - piece.offset) // piece.width)
                if min(until, stop) > max(begin, start):
                    yield max(begin, start), min(until, stop), self.look(style, span.group, piece.sprms)
                    start = min(until, stop)
            start = stop
            index += 1

    def _look(self, style: int, group: bytes, more: bytes = b"") -> Look:
        base = self._styles.look(style)
        chosen = character_style(group)
        styled = base if chosen is None else self._styles.with_character_style(base, chosen)
        return with_sprms(with_sprms(styled, group, styled), more, styled)

    def faces(self, text: str, look: Look) -> Iterator[tuple[str, Face]]:
        """Yield the text in stretches of one font, as Word divides it."""
        latin, other, asian, complex_ = (
            self.font(number) or "" for number in (look.ascii, look.other, look.east_asia, look.complex)
        )
        raised = look.raised_half_points / look.half_points + (0.0, SUPERSCRIPT, -SUPERSCRIPT)[look.script % 3]
        face = Face(None, look.half_points / 2, look.colour, look.background, look.bold, raised)
        face = face._replace(colour=automatic(look.background)) if look.colour == AUTO else face
        slots = Slots(
            latin, other, asian, complex_, complex_script=look.complex_script, east_asian_hint=look.east_asian_hint
        )
        for name, piece in by_slot(capitals(text, latin) if look.caps else text, slots):
            yield piece, face._replace(font=name or None)


class Story:
    """Writes one sub-document, or one of its pieces, into the sink."""

    def __init__(self, letters: Letters, sink: Sink, pictures: Pictures, place: Place) -> None:
        self._letters = letters
        self._sink = sink
        self._pictures = pictures
        self._place = place
        self._fields: list[_Field] = []
        self._table = Cell()
        self._paragraphs = 0
        self._pending: tuple[Face, Place] | None = None
        self._text: list[str] = []
        self._block = self._seen = self._said = 0
        self._row = (0, 0)
        self._row_grounds: tuple[str | None, ...] = ()
        """Colours behind the cells of that row."""
        self.anchors: dict[int, int] = {}
        """By position: the paragraph that a free shape is anchored to."""

    def write(self, start: int, end: int) -> None:
        """Write the characters from `start` up to `end`."""
        text = self._letters.text
        end = min(end, len(text))
        while start < end:
            match = _END.search(text, start, end)
            mark = match.start() if match else end - 1
            stop = match.end() if match else end
            self._paragraph(start, mark if match else end, mark)
            start = stop
            self._seen += 1
            if self._seen % _CHECK_EVERY == 0:
                self._sink.budget.check_time()
        for unended in self._fields:
            if not unended.in_result:
                self._end_code(unended, self._place)

    def _paragraph(self, start: int, end: int, mark: int) -> None:
        paragraph = self._letters.paragraph(mark)
        cell_mark = self._letters.text[mark : mark + 1] == "\x07"
        place = self._locate(paragraph)
        text = self._letters.text[start:end]
        label, group = self._letters.lists.label(paragraph.listed, paragraph.level)
        if text or label:
            self._block = self._sink.open_block()
            if "\x08" in text:
                self.anchors |= {start + at: self._block for at, letter in enumerate(text) if letter == "\x08"}
            if paragraph.line_pt:
                self._sink.stage.line_heights[self._block] = paragraph.line_pt
            if paragraph.moved:
                self._sink.stage.moved.add(self._block)
            ground = paragraph.background or self._cell_ground(paragraph, start)
            self._add(label, self._letters.look(paragraph.style, group), place)
            for begin, until, look in self._letters.between(start, end, paragraph.style):
                if look.background is None and ground is not None:
                    look = replace(look, background=ground)  # noqa: PLW2901
                self._letters_of(self._letters.text[begin:until], look, place)
            self._flush()
            self._sink.unended = paragraph.dropped
        if paragraph.row_end and cell_mark:
            for column, behind in enumerate(paragraph.cell_grounds):
                self._sink.pictures.paint(self._table.table, self._table.row, range(column, column + 1), behind)
            self._table.row += 1
            self._table.column = 0
        elif cell_mark:
            self._table.column += 1

    def _cell_ground(self, paragraph: Paragraph, start: int) -> str | None:
        """Return the colour behind the cell; the look of a row is stored at its end mark."""
        if not paragraph.in_table:
            return None
        row = (self._table.table, self._table.row)
        if row != self._row:
            self._row, self._row_grounds = row, ()
            marks = islice(_END.finditer(self._letters.text, start), _ROW_PARAGRAPHS)
            for ended in (self._letters.paragraph(match.start()) for match in marks if match[0] == "\x07"):
                if ended.row_end:
                    self._row_grounds = ended.cell_grounds
                    break
        column = self._table.column
        return self._row_grounds[column] if column < len(self._row_grounds) else None

    def _locate(self, paragraph: Paragraph) -> Place:
        place = self._place
        boxed = True if paragraph.boxed else place.boxed
        table = self._table
        if not paragraph.in_table:
            table.open = False
            self._paragraphs += 1
            locator = place.locator or f"paragraph:{self._paragraphs}"
            return place._replace(locator=locator, boxed=boxed)
        if not table.open:
            table = self._table = Cell(table.table + 1, open=True)
        locator = f"{place.locator},{table.locator}" if place.locator else table.locator
        role = Role.CELL if place.role is Role.BODY else place.role
        return place._replace(locator=locator, role=role, boxed=boxed)

    def _letters_of(self, text: str, look: Look, place: Place) -> None:
        if not look.special and not _MARKS.search(text):
            self._add(text, look, place)
            return
        for piece in text if look.symbol is not None else _PIECE.findall(text):
            if look.symbol is not None and piece == "(":
                self._symbol(look, place)
            elif piece >= " " or not look.special:
                self._add(_PLAIN.get(piece, piece), look, place)
            elif piece in _PLAIN:
                self._add(_PLAIN[piece], look, place)
            else:
                self._mark(piece, look, place)

    def _mark(self, letter: str, look: Look, place: Place) -> None:
        match letter:
            case "\x13":
                self._fields.append(_Field())
            case "\x14":
                if self._fields and not self._fields[-1].in_result:
                    self._end_code(self._fields[-1], place)
            case "\x15":
                if self._fields:
                    ended = self._fields.pop()
                    if not ended.in_result:
                        self._end_code(ended, place)
                    if ended.said == self._said:
                        code = "".join(ended.code)
                        shown = shown_without_result(code, self._pictures.choices, self._pictures.chosen)
                        self._add(shown, look, place)
            case "\x01":
                self._flush()
                self._pictures.inline(look, place, self._block)
            case _:
                return

    def _symbol(self, look: Look, place: Place) -> None:
        assert look.symbol is not None
        number, code = look.symbol
        self._add(chr(code) if code else "", replace(look, ascii=number, other=number, east_asia=number), place)

    def _end_code(self, ended: _Field, place: Place) -> None:
        """Put the code of a field beside the text, and note what it would fetch or run."""
        ended.in_result = True
        ended.said = self._said
        code = "".join(ended.code).strip()
        word = code.partition(" ")[0].upper()
        ended.silent = hides_result(code)
        ended.link = word in {"HYPERLINK", "PAGEREF", "REF"}
        if (kind := active_kind(code)) is not None:
            self._sink.warn(kind, place.locator)
        if word != "SHAPE":
            self._sink.put_lines((code, pictured(code)), place._replace(role=Role.FIELD, boxed=None).hidden())

    def _add(self, text: str, look: Look, place: Place) -> None:
        if not text:
            return
        open_code = next((one for one in reversed(self._fields) if not one.in_result), None)
        if open_code is not None:
            if open_code.size < _CODE_LIMIT:
                open_code.size += len(text)
                open_code.code.append(joined(text))
                return
            # No field has a code that long: the end mark is missing, and what follows is text.
            self._end_code(open_code, place)
        silent = any(one.silent for one in self._fields)
        self._said += not silent
        link, struck = any(one.link for one in self._fields), look.deleted or look.struck
        unseen = silent or look.vanish or (look.colour != AUTO and is_invisible(look.colour, look.background))
        place = place._replace(link=link, boxed=True if look.boxed else place.boxed)
        place = place.shown(hidden=unseen and not struck, struck=struck)
        for piece, face in self._letters.faces(text, look):
            if (face, place) != self._pending:
                self._flush()
                self._pending = (face, place)
            self._text.append(piece)

    def _flush(self) -> None:
        if self._text and self._pending is not None:
            face, place = self._pending
            self._sink.put(joined("".join(self._text)), self._block, place, face)
            self._text = []
        self._pending = None
