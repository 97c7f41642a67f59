"""One sheet of an Excel binary file: cells, notes, text boxes, headers, links and rules, record by record."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from gateway.documents.readers.excel.tokens import BIFF8, ERRORS, biff5, formula_of
from gateway.documents.readers.excel.xls_records import (
    NO_TEXT,
    BiffRecord,
    Dialect,
    Strings,
    Text,
    font_runs,
    rk_number,
    without_identifiers,
)
from gateway.documents.readers.excel.xls_shapes import Drawing, box_sign
from gateway.documents.readers.excel.xls_styles import CellLook, Styles, as_condition, conditional_words
from gateway.documents.readers.excel.xlsx_headers import put_header
from gateway.documents.readers.excel.xlsx_values import show_number, show_text, text_colour
from gateway.documents.readers.numerals import cell_name
from gateway.documents.readers.ole.objects import strings
from gateway.documents.readers.ole.octets import u8, u16, u32, wide
from gateway.documents.readers.ooxml.theme import NO_THEME
from gateway.documents.readers.sink import Place, Sink
from gateway.model import Origin, Role, Run
from gateway.vietnamese.colour import is_invisible

_TEXT_FORMATS: Final = frozenset({"", "General", "GENERAL", "@"})
_PLAIN_NUMBERS: Final = frozenset({"", "General", "GENERAL"})
_LAST_COLUMN: Final = 255


@dataclass
class Book:
    """State shared by all sheets of a workbook."""

    sink: Sink
    dialect: Dialect
    styles: Styles = field(default_factory=Styles)
    shared: list[Text] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    since_1904: bool = False

    def formula(self, tokens: bytes, locator: str, *, number: bool = False) -> None:
        """Take a formula; `number` says that one is saved as its value."""
        form = BIFF8 if self.dialect.version >= 8 else biff5(self.dialect.old_text)
        self.sink.formula(formula_of(tokens, form).replace("\0", ", "), Place(locator, Role.FIELD), number=number)


class Sheet:
    """Takes the records of one sheet or chart."""

    def __init__(self, book: Book, *, name: str, number: int, origin: Origin) -> None:
        self._book = book
        self._sink = book.sink
        self._name = name
        self._index = number
        self._origin = origin
        self._waiting: tuple[int, int, int] | None = None
        """Row, column and XF of the formula whose text comes in the next record."""
        self._calculated = ("", False)
        """Place of the last formula, and whether its value is a number."""
        self._hidden_columns: set[int] = set()
        self._hidden_rows: set[int] = set()
        self._object, self._box = 0, ""
        self._texts: dict[int, Text] = {}
        self._notes: list[tuple[int, int, int, str]] = []
        self._old_note: tuple[int, int] = (0, 0)
        self._old_notes: dict[tuple[int, int], str] = {}
        self._drawing = Drawing()
        self._coloured = False
        """Conditional formats decide on the colours of some cells; of which is not looked up."""
        self._first_run = len(book.sink.runs)

    def take(self, record: BiffRecord) -> bool:
        """Take a record when it is one of sheets; whether it was."""
        handler = _HANDLERS.get(record.kind)
        if handler is None:
            return False
        handler(self, record)
        return True

    def end(self) -> None:
        """Give what could only be placed at the end: notes, text boxes, drawings; letters of the colour of their cell may be seen."""
        runs = self._sink.runs
        for number in range(self._first_run, len(runs)) if self._coloured else ():
            if is_invisible(runs[number].colour, runs[number].background):
                runs[number] = replace(runs[number], colour=None)
        noted = set()
        for row, column, number, author in self._notes:
            noted.add(number)
            place = Place(self._cell_name(row, column), Role.COMMENT, self._origin)
            self._rich(self._texts.get(number, NO_TEXT), None, place)
            self._sink.put_line(author, place._replace(role=Role.PROPERTY).hidden())
        for (row, column), words in self._old_notes.items():
            self._sink.put_line(words, Place(self._cell_name(row, column), Role.COMMENT, self._origin))
        boxes = 0
        said: dict[int, list[Run]] = {}
        for number, text in self._texts.items():
            if number not in noted:
                boxes += 1
                place = Place(f"sheet:{self._name},textbox:{boxes}", Role.TEXTBOX, self._origin, boxed=True)
                first = len(self._sink.runs)
                self._rich(text, None, place)
                said[number] = self._sink.runs[first:]
        self._drawing.put(self._sink, Place(f"sheet:{self._name}", Role.TEXTBOX, self._origin), said, self._name)

    def _cell_name(self, row: int, column: int) -> str:
        return f"cell:{self._name}!{cell_name(row, column)}"

    def _place(self, row: int, column: int) -> Place:
        hidden = row in self._hidden_rows or column in self._hidden_columns
        return Place(self._cell_name(row, column), Role.CELL, self._origin).shown(hidden=hidden)

    def _rich(self, text: Text, cell: int | None, place: Place, *, colour: str | None = None) -> None:
        """Give a string in stretches of one font, in a colour where the number format says one."""
        if not text.text:
            return
        styles, block = self._book.styles, self._sink.open_block()
        look = styles.cell(cell) if cell is not None else None
        base = look.face if look is not None else styles.face(text.fonts[0][1] if text.fonts else 0)
        if colour is not None:
            base = base._replace(colour=colour)
        starts = [0, *(min(start, len(text.text)) for start, _ in text.fonts), len(text.text)]
        faces = [base, *(styles.face(number)._replace(background=base.background) for _, number in text.fonts)]
        struck = [False, *(number in styles.struck for _, number in text.fonts)]
        for start, end, face, out in zip(starts, starts[1:], faces, struck, strict=False):
            if end > start:
                where = place.shown(hidden=is_invisible(face.colour, face.background), struck=out)
                self._sink.put(text.text[start:end], block, where, face)
        if text.extra:
            self._sink.put_lines(strings(text.extra), place.hidden())

    def _text_cell(self, row: int, column: int, cell: int, text: Text) -> None:
        look = self._book.styles.cell(cell)
        if not text.fonts and not text.extra and look.code in _TEXT_FORMATS:
            self._give(text.text, row, column, look)
            return
        place = self._place(row, column)
        if look.code not in _TEXT_FORMATS:
            shown, concealed = show_text(text.text, look.code)
            place = place.hidden() if concealed else place
            if shown != text.text and not concealed:
                text = Text(shown, (), text.extra)
        self._rich(text, cell, place, colour=text_colour(look.code))

    def _give(self, text: str, row: int, column: int, look: CellLook) -> None:
        """Give a cell of one look: what nearly all cells are, so this is the short way."""
        if not text:
            return
        unseen = look.hidden or row in self._hidden_rows or column in self._hidden_columns
        font, size_pt, colour, background, bold, _ = look.face
        self._sink.runs.append(
            Run(
                text=text,
                block=self._sink.open_block(),
                font=font,
                size_pt=size_pt,
                colour=colour,
                background=background,
                bold=bold,
                locator=f"cell:{self._name}!{cell_name(row, column)}",
                role=Role.CELL,
                origin=Origin.HIDDEN if unseen and self._origin is Origin.TEXT else self._origin,
            )
        )
        self._sink.charge()

    def _number(self, row: int, column: int, cell: int, number: float) -> None:
        look = self._book.styles.cell(cell)
        value = str(int(number)) if number == number // 1 and abs(number) < 1e15 else repr(number)
        if look.code in _PLAIN_NUMBERS and len(value) < 12:
            self._give(value, row, column, look)
            return
        shown, concealed = show_number(value, look.code, since_1904=self._book.since_1904)
        place = self._place(row, column)
        place = place.hidden() if concealed or look.hidden else place
        if shown:
            self._sink.put(shown, self._sink.open_block(), place, look.face)

    # Records of cells

    def _shared(self, record: BiffRecord) -> None:
        row, column, cell, index = struct.unpack_from("<HHHI", record.data.ljust(10, b"\0"))
        if index < len(self._book.shared):
            self._book.used.add(index)
            self._text_cell(row, column, cell, self._book.shared[index])

    def _label(self, record: BiffRecord) -> None:
        data, dialect = record.data, self._book.dialect
        text = dialect.string(record, 6, length_octets=2)
        if record.kind == 0xD6:
            at = 8 + u16(data, 6)
            count, size = (u8(data, at), 2) if dialect.version < 8 else (u16(data, at), 4)
            marks = data[at + (1 if size == 2 else 2) :][: count * size]
            fonts = font_runs(marks) if size == 4 else tuple(zip(marks[::2], marks[1::2], strict=False))
            text = text._replace(fonts=fonts)
        self._text_cell(u16(data, 0), u16(data, 2), u16(data, 4), text)

    def _one_number(self, record: BiffRecord) -> None:
        data = record.data.ljust(14, b"\0")
        value = rk_number(u32(data, 6)) if record.kind == _RK else struct.unpack_from("<d", data, 6)[0]
        self._number(u16(data, 0), u16(data, 2), u16(data, 4), value)

    def _many_rk(self, record: BiffRecord) -> None:
        data, row, column = record.data, u16(record.data, 0), u16(record.data, 2)
        for number, at in enumerate(range(4, len(data) - 7, 6)):
            self._number(row, column + number, u16(data, at), rk_number(u32(data, at + 2)))

    def _blanks(self, record: BiffRecord) -> None:
        """Take cells without words, which may be the pixels of some."""
        data, row, column = record.data, u16(record.data, 0), u16(record.data, 2)
        end = len(data) - (3 if record.kind == _MANY_BLANKS else 1)
        for number, at in enumerate(range(4, end, 2), column):
            ground = self._book.styles.cell(u16(data, at)).face.background
            self._sink.pictures.paint(self._name, row, range(number, number + 1), ground)

    def _bool(self, record: BiffRecord) -> None:
        data = record.data
        self._truth(u16(data, 0), u16(data, 2), u16(data, 4), u8(data, 6), error=u8(data, 7) != 0)

    def _truth(self, row: int, column: int, cell: int, value: int, *, error: bool) -> None:
        shown = ERRORS.get(value, "#N/A") if error else "TRUE" if value else "FALSE"
        self._rich(Text(shown), cell, self._place(row, column))

    def _formula(self, record: BiffRecord) -> None:
        data = record.data
        row, column, cell = u16(data, 0), u16(data, 2), u16(data, 4)
        value = data[6:14].ljust(8, b"\0")
        place, number = self._cell_name(row, column), value[6:] != b"\xff\xff"
        self._book.formula(data[22:][: u16(data, 20)], place, number=number)
        self._waiting, self._calculated = None, (place, number)
        if number:
            self._number(row, column, cell, struct.unpack("<d", value)[0])
        elif value[0] == 0:
            self._waiting = (row, column, cell)
        elif value[0] < 3:
            self._truth(row, column, cell, value[2], error=value[0] == 2)

    def _common_formula(self, record: BiffRecord) -> None:
        """Take the formula of several cells, behind that of the first (MS-XLS 2.4.4, 2.4.277)."""
        at = 8 if record.kind == _SHARED_FORMULA else 12
        place, number = self._calculated
        self._book.formula(record.data[at + 2 :][: u16(record.data, at)], place, number=number)

    def _string(self, record: BiffRecord) -> None:
        text = self._book.dialect.string(record, 0, length_octets=2)
        row, column, cell = self._waiting or (0, 0, 0)
        self._waiting = None
        self._text_cell(row, column, cell, text)

    def _row(self, record: BiffRecord) -> None:
        height, flags = u16(record.data, 6), u16(record.data, 12)
        if flags & 0x20 or height & 0x7FFF == 0:
            self._hidden_rows.add(u16(record.data, 0))
        self._drawing.take_row(u16(record.data, 0), height & 0x7FFF)

    def _column(self, record: BiffRecord) -> None:
        data = record.data
        if u16(data, 8) & 1 or u16(data, 4) == 0:
            self._hidden_columns.update(range(u16(data, 0), min(u16(data, 2), _LAST_COLUMN) + 1))
        self._drawing.take_columns(u16(data, 0), min(u16(data, 2), _LAST_COLUMN), u16(data, 4))

    # Records other than cells

    def _header(self, record: BiffRecord) -> None:
        if record.data:
            octets = 2 if self._book.dialect.version >= 8 else 1
            code = self._book.dialect.string(record, 0, length_octets=octets).text
            self._sections(code, header=record.kind == 0x14, shown=True)

    def _sections(self, code: str, *, header: bool, shown: bool) -> None:
        kind, role = ("header", Role.HEADER) if header else ("footer", Role.FOOTER)
        place = Place(f"{kind}:{self._index}", role, self._origin if shown else Origin.HIDDEN)
        put_header(self._sink, code, self._book.styles.face(0), NO_THEME, place, sheet=self._name)

    def _more_headers(self, record: BiffRecord) -> None:
        """Even pages' and first page's headers (MS-XLS 2.4.137)."""
        flags, strings_of = u16(record.data, 28), Strings(record, 38)
        for number, header in enumerate((True, False, True, False)):
            if u16(record.data, 30 + 2 * number):
                code = strings_of.unicode(2).text
                self._sections(code, header=header, shown=bool(flags & (1 if number < 2 else 2)))

    def _note(self, record: BiffRecord) -> None:
        data, dialect = record.data, self._book.dialect
        row, column = u16(data, 0), u16(data, 2)
        if dialect.version >= 8:
            self._notes.append((row, column, u16(data, 6), dialect.string(record, 8, length_octets=2).text))
            return
        if row != 0xFFFF:  # a long note goes on in more records
            self._old_note = (row, column)
        text = dialect.old_text(data[6:])
        self._old_notes[self._old_note] = self._old_notes.get(self._old_note, "") + text

    def _obj(self, record: BiffRecord) -> None:
        if self._book.dialect.version >= 8:
            self._object, self._box = u16(record.data, 6), box_sign(record.data)
            self._drawing.take_object(self._object, u16(record.data, 4))
            if u16(record.data, 4) == 8 and b"\x09\x00" in record.data[22:]:
                self._sink.warn("ole-object", f"sheet:{self._name}")
            return
        place = Place(f"sheet:{self._name}", Role.TEXTBOX, self._origin)
        self._sink.put_lines(strings(record.data[34:] + b"".join(record.continued)), place)

    def _text_object(self, record: BiffRecord) -> None:
        count, marks = u16(record.data, 10), u16(record.data, 12)
        if not record.continued or not count:
            return
        reader = Strings(BiffRecord(record.kind, record.continued[0], record.continued[1:], 0))
        is_wide = reader.octets(1) > b"\0"
        text = self._box + reader.letters(count, is_wide=is_wide)
        runs = record.continued[-1][:marks] if len(record.continued) > 1 else b""
        # The runs of a text box have eight bytes each, and end with one that only marks the end.
        fonts = tuple((u16(runs, at) + len(self._box), u16(runs, at + 2)) for at in range(0, len(runs) - 8, 8))
        number = self._object or -len(self._texts) - 1
        while number in self._texts:
            number = -len(self._texts) - number * number - 1
        self._texts[number] = Text(text, fonts)

    def _art(self, record: BiffRecord) -> None:
        self._drawing.octets += b"".join((record.data, *record.continued))

    def _link(self, record: BiffRecord) -> None:
        """Hyperlinks: target, place within it, shown name, tip."""
        data = record.data
        place = Place(self._cell_name(u16(data, 0), u16(data, 4)), Role.FIELD, Origin.HIDDEN)
        words = (
            [wide(data[10:])]
            if record.kind == 0x800
            else [text for text in strings(without_identifiers(data[32:])) if len(text) > 4]
        )
        for text in words:
            self._sink.put_line(text.rstrip("\0"), place)

    def _validation(self, record: BiffRecord) -> None:
        reader = Strings(record, 4)
        place = Place(f"sheet:{self._name}", Role.FIELD, Origin.HIDDEN)
        for _ in range(4):
            self._sink.put_line(reader.unicode(2).text.strip("\0"), place)
        size = u16(reader.octets(2), 0)
        reader.octets(2)
        self._book.formula(reader.octets(size), place.locator)

    def _condition(self, record: BiffRecord) -> None:
        self._coloured = True
        self._sink.put_lines(
            conditional_words(as_condition(record)), Place(f"sheet:{self._name}", Role.CELL, self._origin)
        )

    def _chart_text(self, record: BiffRecord) -> None:
        text = self._book.dialect.string(record, 2, length_octets=1)
        self._rich(text, None, Place(f"sheet:{self._name}", Role.TEXTBOX, self._origin))

    def _chart_format(self, record: BiffRecord) -> None:
        shown, _ = show_number("1", self._book.styles.formats.get(u16(record.data, 0), ""))  # of an axis or of labels
        if any(letter.isalpha() for letter in shown):
            self._sink.put_line(shown, Place(f"sheet:{self._name}", Role.TEXTBOX, self._origin))

    def _words(self, record: BiffRecord) -> None:
        """Read the strings of records of pivot tables, scenarios and reports."""
        place = Place(f"sheet:{self._name}", Role.CELL, Origin.HIDDEN)
        self._sink.put_lines(strings(record.data + b"".join(record.continued)), place)


_MANY_BLANKS, _RK, _SHARED_FORMULA = 0xBE, 0x27E, 0x4BC
_HANDLERS: Final = {
    0x201: Sheet._blanks, _MANY_BLANKS: Sheet._blanks,  # noqa: SLF001
    0xFD: Sheet._shared, 0x204: Sheet._label, 0x04: Sheet._words, 0xD6: Sheet._label, 0x203: Sheet._one_number,  # noqa: SLF001
    _RK: Sheet._one_number, 0xBD: Sheet._many_rk, 0x205: Sheet._bool,  # noqa: SLF001
    0x06: Sheet._formula, 0x206: Sheet._formula, 0x406: Sheet._formula, 0x207: Sheet._string,  # noqa: SLF001
    0x07: Sheet._string, 0x208: Sheet._row, 0x7D: Sheet._column, 0x14: Sheet._header, 0x15: Sheet._header,  # noqa: SLF001
    0x89C: Sheet._more_headers, 0x1C: Sheet._note, 0x5D: Sheet._obj, 0x1B6: Sheet._text_object, 0xEC: Sheet._art,  # noqa: SLF001
    0x104E: Sheet._chart_format, _SHARED_FORMULA: Sheet._common_formula, 0x221: Sheet._common_formula,  # noqa: SLF001
    0x1B8: Sheet._link, 0x800: Sheet._link, 0x1BE: Sheet._validation, 0x1B1: Sheet._condition, 0x87A: Sheet._condition, 0x87B: Sheet._condition, 0x100D: Sheet._chart_text,  # noqa: SLF001
    0xCD: Sheet._words, 0xAF: Sheet._words, 0xB0: Sheet._words, 0xB1: Sheet._words, 0x100: Sheet._words, 0xC7: Sheet._words,  # noqa: SLF001
    0x878: Sheet._words, 0x88F: Sheet._words, 0x86B: Sheet._words, 0x51: Sheet._words, 0xDC: Sheet._words,  # noqa: SLF001
}  # fmt: skip
