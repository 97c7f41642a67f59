"""Rich Text Format to Document (RTF specification 1.9.1): every destination that holds words, with font and colour.

RTF writes the whole look of a run beside it, so a style sheet need not be followed. Text of 8-bit letters is decoded by
the charset of its font; fonts of legacy Vietnamese encodings declare ANSI, so their letters come out one for one byte,
as the legacy decoders want them. Groups that no reader shows are read as hidden text rather than skipped; only those
known to hold tables or numbers are left out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.fields import BY_DEFAULT
from gateway.documents.readers.ole.objects import field_member, object_member, octets_of, wide_strings
from gateway.documents.readers.pictures.metafile import is_metafile, read_metafile
from gateway.documents.readers.sink import Place, Sink
from gateway.documents.readers.word.docx_fields import active_kind, hides_result, pictured, shown_without_result
from gateway.documents.readers.word.page_setups import PAGE_WORDS, Pages
from gateway.documents.readers.word.rtf_controls import (
    CARRIERS,
    CONTROLS,
    SILENT,
    SPECIALS,
    SYMBOLS,
    TEXT_DESTINATIONS,
    UNSEEN,
)
from gateway.documents.readers.word.rtf_runs import NO_GROUND, State, Writer
from gateway.documents.readers.word.rtf_shapes import GROUPS, NUMBERS, Shapes
from gateway.documents.readers.word.rtf_tables import TOKEN, group, parse_colours, parse_fonts
from gateway.model import Image, ReadStatus, Role

_NAME: Final = re.compile(rb"[\r\n\0]*+(\\\*\s*+)?\\([A-Za-z]{1,32})")
_GATHERED: Final = frozenset({"fldinst", "sn", "sv", "template", "ffl", "leveltext", "pntxta", "pntxtb"})
"""Destinations whose words are looked at as a whole."""
_RAW: Final = frozenset({"pict", "objdata", "datafield"})
"""Destinations of bytes."""
_LIMIT_DEPTH: Final = 1000
_LIMIT_CELLS: Final = 200_000
"""Cells of rows that are defined and not written."""
_CHECK_EVERY: Final = 4096
_FOR_OLD_PROGRAMS: Final = {"nonshppict", "shprslt"}
"""Groups that say once more, for programs before Word 97, what the group before them says."""


def read(source: Source, budget: Budget) -> Reading:
    """Read an RTF file; MALFORMED when it has no header, PARTIAL `unbalanced` when its groups do not close."""
    start = source.data.find(b"{\\rt", 0, 1024)
    if start < 0:
        raise ReadError(ReadStatus.MALFORMED, "no-rtf-header")
    budget.take_bytes(len(source.data))
    return _Reader(source, budget).read(start)


class _Reader:
    def __init__(self, source: Source, budget: Budget) -> None:
        self._source = source
        self._budget = budget
        self._sink = Sink(budget)
        self._out = Writer(self._sink)
        self._stack: list[State] = []
        self._outer: dict[int, tuple[int, bool]] = {}
        """By depth of the group that interrupts a paragraph: the paragraph's block, and whether it has runs."""
        self._code = ""
        self._raw: dict[int, bytearray] = {}
        self._shapes = Shapes(self._sink.pictures, self._sink.stage)
        self._groups: dict[int, tuple[int, int]] = {}
        """By depth of the group of a field or shape: how many pieces of text were shown before it, and how many runs."""
        self._fields: dict[int, str] = {}
        """By the same depth: the code of a field."""
        self._chosen = BY_DEFAULT
        """Number of the chosen entry of the last form field, or whether its box is ticked."""
        self._choices: list[str] = []
        self._pages = Pages(self._sink)
        self._cells_left = _LIMIT_CELLS

    def read(self, start: int) -> Reading:
        """Walk all tokens and return the document with its pictures and objects."""
        data, position, count = self._source.data, start, 0
        while (match := TOKEN.match(data, position)) is not None:
            position = match.end()
            count += 1
            if count % _CHECK_EVERY == 0:
                self._budget.check_time()
            word, number, octet, special, brace, text = match.groups()
            if brace:
                if brace == b"{":
                    self._open(data, match.end())
                elif self._stack:
                    self._close()
                    if not self._stack:
                        self._out.state = replace(State(), hidden=True)  # no program shows what follows
                continue
            if word:
                position = self._control(word.decode("ascii"), number, data, position)
            elif octet:
                self._octet(bytes.fromhex(octet.decode("ascii")))
            elif special:
                self._special(special)
            elif text:
                self._plain(text)
        balanced = not self._stack
        while self._stack:
            self._close()
        self._out.end_block()
        self._pages.end_section()
        self._sink.pages, self._sink.block = self._out.page, self._out.last_block
        if not balanced:
            self._sink.note("unbalanced")
        return self._sink.reading(self._source, "rtf")

    def _open(self, data: bytes, position: int) -> None:
        self._out.end_run()
        if len(self._stack) >= _LIMIT_DEPTH:
            raise ReadError(ReadStatus.LIMIT, "depth")
        self._stack.append(self._out.state)
        name = _NAME.match(data, position)
        ignorable, word = (bool(name[1]), name[2].decode("ascii")) if name else (False, "")
        if word in ("fonttbl", "colortbl"):
            self._budget.check_time()  # each looks for its end
            table = group(data, position)
            if word == "fonttbl":
                self._out.fonts |= parse_fonts(table, self._out.default_page)
            else:
                self._out.colours = parse_colours(table)
            self._out.state = replace(self._out.state, destination=word, silent=True)
        elif word in TEXT_DESTINATIONS:
            self._outer[len(self._stack)] = self._out.interrupt()
            self._out.state = replace(
                self._out.state, destination=word, role=TEXT_DESTINATIONS[word], silent=False, hidden=word == "fldinst"
            )
        elif word in _RAW:
            self._begin_raw(word)
        elif word in CARRIERS:
            if word == "shp":
                self._out.shape_name = ""
            elif word == "fldrslt":
                hidden = self._out.state.hidden or hides_result(self._code)
                self._out.state = replace(self._out.state, link=self._code.startswith("HYPERLINK"), hidden=hidden)
            elif word in ("upr", "ud"):  # text for old programs, followed by the same in Unicode
                outer = self._stack[-2] if word == "ud" and len(self._stack) > 1 else None
                self._out.state = replace(self._out.state, hidden=outer.hidden if outer else True)
            elif word == "shprslt":
                self._out.state = replace(self._out.state, destination=word, hidden=True)
            elif word in ("listtext", "pntext") and self._out.begun:
                self._out.state = replace(self._out.state, hidden=True)  # the number precedes its item
        elif word in SILENT:
            self._out.state = replace(self._out.state, destination=word, silent=True)
        elif not word and self._out.state.destination == "docvar":
            self._outer[len(self._stack)] = self._out.interrupt()  # name and value are groups of their own
        elif (ignorable or word in UNSEEN) and word and not self._out.state.silent:
            self._outer[len(self._stack)] = self._out.interrupt()
            self._out.state = replace(self._out.state, destination=word, role=Role.FIELD, silent=False, hidden=True)
        if word in GROUPS or word == "field":
            self._groups[len(self._stack)] = self._out.said, len(self._out.runs)
            if word == "field":
                self._fields[len(self._stack)] = ""
        if self._out.state.destination in _GATHERED and word:
            self._out.group_words[len(self._stack)] = []

    def _begin_raw(self, word: str) -> None:
        self._raw[len(self._stack)] = bytearray()
        self._out.state = replace(self._out.state, destination=word, silent=True)

    def _close(self) -> None:
        self._out.end_run()
        depth = len(self._stack)
        ended, self._out.state = self._out.state, self._stack.pop()
        if depth in self._raw:
            self._keep_raw(ended.destination, bytes(self._raw.pop(depth)))
        if depth in self._out.group_words:
            self._note_words(ended.destination, "".join(self._out.group_words.pop(depth)))
        if depth in self._outer:
            if ended.destination == "shptxt" and self._groups:
                self._shapes.words(self._out.runs[self._groups[max(self._groups)][1] :])
            self._out.resume(self._outer.pop(depth))
        if depth in self._groups:
            said, _ = self._groups.pop(depth)
            if (code := self._fields.pop(depth, None)) is None:
                self._shapes.end(self._out.block, f"paragraph:{self._out.paragraph}", spoken=self._out.said > said)
            elif self._out.said == said:
                self._out.add(shown_without_result(code, self._choices, self._chosen % BY_DEFAULT))
        self._out.to_skip = 0

    def _control(self, word: str, number: bytes | None, data: bytes, position: int) -> int:
        value = int(number) if number is not None else None
        if word == "bin":
            length = max(0, value or 0)
            if raw := self._raw_here():
                raw += data[position : position + length]
            return min(len(data), position + length)
        if word == "u":
            self._out.unicode(value or 0)
            return position
        if self._out.to_skip and word not in ("uc", "ud"):
            self._out.to_skip -= 1
            return position
        self._out.end_octets()
        handler = CONTROLS.get(word)
        if word in _RAW and self._raw_here() is None:  # behind other words of its group
            self._out.end_run()
            self._begin_raw(word)
        elif handler is not None:
            self._out.end_run()
            handler(self._out, value)
        elif word in SYMBOLS:
            self._out.add(SYMBOLS[word])
        elif word == "fftype":
            self._chosen, self._choices = BY_DEFAULT, []
        elif word == "ffres" or (word == "ffdefres" and self._chosen == BY_DEFAULT):
            self._chosen = max(value or 0, 0)
        elif word in ("par", "sect", "row", "nestrow", "cell", "nestcell", "page", "pagebb"):
            self._break(word)
        elif word in NUMBERS:
            self._shapes.number(word, value or 0)
        elif word in PAGE_WORDS:
            self._pages.take(word, value)
        elif word.startswith("brdr") and len(word) == 5 and not self._out.state.silent:
            self._out.borders.add(word)
        elif word in ("objautlink", "objlink", "objupdate"):
            self._sink.warn("external-object")
        elif word in ("objemb", "objocx", "objhtml"):
            self._sink.warn("ole-object")
        return position

    def _break(self, word: str) -> None:
        if self._out.state.line_pt:
            self._sink.stage.line_heights[self._out.block] = self._out.state.line_pt
        self._out.end_block()
        match word:
            case "page" | "pagebb":
                self._out.page += word == "page"
            case "par" | "sect":
                self._out.paragraph += 1
                if word == "sect":
                    self._pages.end_section()
            case "cell" | "nestcell":
                self._out.cell.column += 1
                self._cells_left += 1
            case "row" | "nestrow":
                self._cells_left -= len(self._out.row_grounds)
                if self._cells_left < 0:
                    raise ReadError(ReadStatus.LIMIT, "table-cells")
                for column, ground in enumerate(self._out.row_grounds):
                    if ground != NO_GROUND:
                        place = self._out.cell.table, self._out.cell.row, range(column, column + 1)
                        self._sink.pictures.paint(*place, self._out.shown(ground))
                self._out.cell.row, self._out.cell.column = self._out.cell.row + 1, 0

    def _special(self, special: bytes) -> None:
        if self._out.to_skip:
            self._out.to_skip -= 1
        elif special in b"\r\n":
            self._break("par")
        elif special != b"*":
            self._out.end_octets()
            self._out.add(SPECIALS.get(special, ""))

    def _octet(self, octet: bytes) -> None:
        if self._out.to_skip:
            self._out.to_skip -= 1
        elif raw := self._raw_here():
            raw += octet.hex().encode()
        else:
            self._out.octets += octet

    def _plain(self, text: bytes) -> None:
        raw = self._raw_here()
        if raw is not None:
            raw += text
            return
        if self._out.to_skip:
            skipped = min(self._out.to_skip, len(text))
            self._out.to_skip -= skipped
            text = text[skipped:]
        self._out.octets += text

    def _raw_here(self) -> bytearray | None:
        return self._raw.get(len(self._stack)) if self._raw else None

    def _note_words(self, destination: str, words: str) -> None:
        match destination:
            case "sn":
                self._out.shape_name = words.strip()
            case "sv":
                self._shapes.property(self._out.shape_name, words)
            case "fldinst":
                self._code = words.strip().upper()
                self._fields[max(self._fields, default=0)] = words.strip()
                if letters := pictured(words):
                    self._out.aside(letters)
                if (kind := active_kind(words)) is not None:
                    self._sink.warn(kind, f"paragraph:{self._out.paragraph}")
            case "ffl":
                self._choices.append(words)
            case "leveltext" | "pntxta" | "pntxtb" if sum(letter.isalpha() for letter in words) > 2:
                self._out.aside("".join(filter(str.isprintable, words)))
            case "template" if re.match(r"\s*(?:https?:|file:|ftp:|\\\\)", words, re.IGNORECASE):
                self._sink.warn("external-template")
            case _:
                pass

    def _keep_raw(self, destination: str, raw: bytes) -> None:
        """Keep a picture or an object as a member."""
        data = octets_of(raw)
        if len(data) < 8:
            return
        self._budget.take_bytes(len(data))
        self._budget.take_file()
        place = f"paragraph:{self._out.paragraph}"
        if destination == "pict":
            if self._out.state.destination in _FOR_OLD_PROGRAMS and self._sink.members and is_metafile(data):
                self._fallback(data, place)
                return
            self._sink.images.append(Image(locator=place, page=self._out.page))
            self._sink.members.append(Member(name="picture", data=data, relation="image", locator=place))
            of_shape = self._out.state.destination == "sv"
            self._shapes.picture(data, self._out.paragraph, len(self._out.runs), of_shape=of_shape)
            return
        if destination == "datafield":
            for text in wide_strings(data):
                self._out.aside(text)
            if (member := field_member(data, place)) is None:
                return
        else:
            member = object_member(data, place)
        self._sink.warn("ole-object", place)
        self._sink.members.append(member)

    def _fallback(self, data: bytes, place: str) -> None:
        """Read the letters of what programs before Word 97 show in place of the picture before it.

        Its bitmaps are that picture once more, uncompressed; to look at both would take twice the time that a mail has.
        """
        drawn = Sink(self._budget)
        try:
            read_metafile(data, drawn, Place(place, Role.TEXTBOX), name="picture")
        except ReadError as error:
            if error.status is not ReadStatus.MALFORMED:
                raise
            self._sink.members.append(Member(name="picture", data=data, relation="image", locator=place))
            return
        for run in drawn.runs:
            self._out.aside(run.text)
        if drawn.members:
            self._sink.warn("unread-picture", place)
