"""Excel workbooks before 2007 (MS-XLS BIFF8, Excel 5/95) to Document: every sheet and the other streams.

One walk over the records of the workbook stream. Strings of 8-bit letters are Windows-1252, one for one byte, as the
legacy decoders want them. Records that are not understood hold settings; those that hold words in an unknown layout give
their strings as hidden text. A stream that ends in the middle of a record is PARTIAL.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.documents.readers import encryption
from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.excel.xls_records import (
    BiffRecord,
    Dialect,
    Strings,
    biff_records,
    with_code_page,
)
from gateway.documents.readers.excel.xls_sheet import Book, Sheet
from gateway.documents.readers.excel.xls_styles import differential_words
from gateway.documents.readers.ole.art import keep_picture, read_drawing
from gateway.documents.readers.ole.compound import Compound
from gateway.documents.readers.ole.objects import strings
from gateway.documents.readers.ole.octets import u8, u16, u32
from gateway.documents.readers.ole.properties import read_beside
from gateway.documents.readers.pictures.dib import bitmap
from gateway.documents.readers.sink import Place, Sink
from gateway.model import Origin, ReadStatus, Role

_BOF: Final = 0x809
_EOF: Final = 0x0A
_MACRO_SHEET, _GLOBALS = 0x40, 0x05
_STREAMS: Final = ("Workbook", "Book")
_BUILT_IN_NAME: Final = 0x20
_AUTO_NAMES: Final = frozenset({"\x01", "\x02", "\x0a", "\x0b"})
"""Auto_Open, Auto_Close, Auto_Activate, Auto_Deactivate."""


def read(source: Source, budget: Budget) -> Reading:
    """Read a workbook; ENCRYPTED `password`, MALFORMED `ole` or `no-workbook` when there is nothing to read."""
    sink, compound = Sink(budget), Compound(source.data, budget)
    streams = _workbooks(compound)
    if any(_locked(stream, budget) for stream in streams.values()):
        # The bytes are decrypted now; the FILEPASS record may remain.
        sink.opened_with_password, compound = True, Compound(encryption.unlock(source, budget), budget)
        streams = _workbooks(compound)
    if not streams:
        raise ReadError(ReadStatus.MALFORMED, "no-workbook")
    with sink.whole():
        for number, (name, stream) in enumerate(streams.items()):
            # Excel opens the newer of two; the other is there for old versions and may say something else.
            origin = Origin.TEXT if number == 0 else Origin.HIDDEN
            _Workbook(sink, origin).read(stream, name)
        _around(compound, sink)
    sink.note(*compound.faults)
    return sink.reading(source, "xls")


def _workbooks(compound: Compound) -> dict[str, bytes]:
    return {name: stream for name in _STREAMS if (stream := compound.read(name))}


def _locked(stream: bytes, budget: Budget) -> bool:
    """Return whether a FILEPASS record is among the first ones, where it must be."""
    for number, record in enumerate(biff_records(stream, budget)):
        if record.kind == 0x2F:
            return True
        if number > 8:
            break
    return False


def _around(compound: Compound, sink: Sink) -> None:
    """Read the streams other than the workbook."""
    for path in compound.streams:
        name = path[0].lower()
        if name in {"revision log", "user names"}:
            place = Place(f"stream:{path[0]}", Role.CELL, Origin.REVISION)
            sink.put_lines(strings(compound.read(*path)), place)
        elif name.startswith("_sx_db"):
            _pivot(compound.read(*path), sink)
    read_beside(compound, sink, lambda storage: len(storage) == 1 and not storage[0].lower().startswith("_sx_db"))


def _pivot(stream: bytes, sink: Sink) -> None:
    """Values that a pivot table keeps of cells that may be gone (MS-XLS 2.4.313 SXString)."""
    place = Place("part:pivot", Role.CELL, Origin.HIDDEN)
    for record in biff_records(stream, sink.budget):
        if record.kind == 0xCD:
            sink.put_line(Strings(record).unicode(2).text, place)
        elif record.kind == 0xC7:
            sink.put_lines(strings(record.data), place)


class _Workbook:
    """One stream of records."""

    def __init__(self, sink: Sink, origin: Origin) -> None:
        self._sink = sink
        self._origin = origin
        self._book = Book(sink, Dialect(8))
        self._names: dict[int, tuple[str, Origin]] = {}
        """Name and origin of the sheet that begins at a place of the stream."""
        self._starts: set[int] = set()
        """Places of the beginnings that have been read."""
        self._open: list[Sheet | None] = []
        self._begun = False
        self._sheets = 0
        self._pictures, self._headers = bytearray(), bytearray()
        self._supporting = 0

    def read(self, stream: bytes, name: str) -> None:
        """Read a stream; MALFORMED `no-workbook` when it does not begin like one."""
        first = next(biff_records(stream[: 1 << 12], self._sink.budget), None)
        if first is None or first.kind != _BOF:
            raise ReadError(ReadStatus.MALFORMED, "no-workbook")
        end = self._walk(biff_records(stream, self._sink.budget), name)
        if end + 4 < len(stream) and any(stream[end:]):
            self._sink.note("records")
        for start in sorted(self._names.keys() - self._starts):
            if u16(stream, start) == _BOF:  # programs go where the list of sheets says, be it within another record
                self._walk(biff_records(stream, self._sink.budget, start), name, alone=True)
        self._left_over()

    def _walk(self, records: Iterator[BiffRecord], name: str, *, alone: bool = False) -> int:
        """Take records, those of one sheet if it is alone; return where they end."""
        end = 0
        for record in records:
            end = record.offset + 4 + len(record.data) + sum(4 + len(more) for more in record.continued)
            if record.kind == _BOF:
                self._begin(record, name)
            elif record.kind == _EOF and self._open:
                ended = self._open.pop()
                if ended is not None and ended not in self._open:
                    ended.end()
                if alone and not self._open:
                    break
            elif self._open:
                self._take(record)
        if self._open:
            self._sink.note("no-end")
            for sheet in dict.fromkeys(one for one in self._open if one is not None):
                sheet.end()
        self._open.clear()
        return end

    def _begin(self, record: BiffRecord, stream: str) -> None:
        if not self._begun:
            # Sheets that Excel 97 and later save for Excel 95 begin by a number of their own.
            self._book.dialect, self._begun = Dialect(8 if u16(record.data, 0) >= 0x0600 else 5), True
        self._starts.add(record.offset)
        kind = u16(record.data, 2)
        inner = next((one for one in reversed(self._open) if one is not None), None)
        if kind == _GLOBALS:
            self._open.append(None)
            return
        if kind == _MACRO_SHEET:
            self._sink.warn("macro", f"sheet:{self._names.get(record.offset, ('', None))[0]}")
        if inner is not None:
            # A chart within a sheet: its words are the sheet's.
            self._open.append(inner)
            return
        self._sheets += 1
        name, origin = self._names.get(record.offset, (f"{stream}{self._sheets}", self._origin))
        self._open.append(Sheet(self._book, name=name, number=self._sheets, origin=origin))

    def _take(self, record: BiffRecord) -> None:
        book, sheet = self._book, self._open[-1]
        if sheet is not None and sheet.take(record):
            return
        if book.styles.take(record, book.dialect):
            return
        match record.kind:
            case 0x42:
                book.dialect = with_code_page(book.dialect, u16(record.data, 0))
            case 0x22:
                book.since_1904 = bool(u16(record.data, 0))
            case 0x18:
                self._defined_name(record)
            case 0x894:
                self._name_comment(record)
            case 0x23:
                self._external_name(record)
            case 0x5A:
                self._cached(record)
            case 0x5C:
                place = Place("property:LastUser", Role.PROPERTY, Origin.HIDDEN)
                octets = 2 if book.dialect.version >= 8 else 1
                self._sink.put_line(book.dialect.string(record, 0, length_octets=octets).text.strip(), place)
            case 0x85:
                self._bound(record)
            case 0xFC:
                self._shared(record)
            case 0xEB:
                self._pictures += record.data + b"".join(record.continued)
            case 0x866:  # pictures of headers
                self._headers += record.data[14:] + b"".join(record.continued)
            case 0xE9:  # behind the cells
                picture = bitmap(b"".join((record.data, *record.continued))[8:])
                keep_picture(picture, "image/bmp", self._sink, Place(f"sheet:{self._sheets}"))
            case 0x88D:
                self._sink.put_lines(differential_words(record), Place("styles", Role.CELL, self._origin))
            case 0x17 if book.dialect.version < 8:
                self._old_external(record)
            case 0x1AE:
                self._supporting_book(record)
            case _:
                return  # a setting

    def _bound(self, record: BiffRecord) -> None:
        data = record.data
        name = self._book.dialect.string(record, 6, length_octets=1).text
        origin = Origin.HIDDEN if u8(data, 4) & 3 else self._origin
        self._names[u32(data, 0)] = (name, origin)
        self._sink.put_line(name, Place(f"sheet:{name}", Role.NAME, origin))

    def _shared(self, record: BiffRecord) -> None:
        reader, count = Strings(record, 8), u32(record.data, 4)
        for number in range(count):
            if reader.ended:
                self._sink.note("shared-strings")
                return
            if number % 4096 == 0:
                self._sink.budget.check_time()
            text = reader.unicode(2)
            self._book.shared.append(text)
            self._sink.charge()

    def _defined_name(self, record: BiffRecord) -> None:
        data, dialect = record.data, self._book.dialect
        flags, letters, size = u16(data, 0), u8(data, 3), u16(data, 4)
        if dialect.version >= 8:
            reader = Strings(record, 14)
            name = reader.unicode_of(letters).text
            tokens = reader.octets(size)
            # Menu text, description, help topic, status bar text follow.
            for count in data[10:14]:
                if count:
                    self._name(reader.unicode_of(count).text, b"")
        else:
            name = dialect.old_text(data[14 : 14 + letters])
            tokens = data[14 + letters :][:size]
        if flags & _BUILT_IN_NAME:
            if name in _AUTO_NAMES:
                self._sink.warn("macro", "name:auto")
            name = ""
        self._name(name, tokens)

    def _name(self, name: str, tokens: bytes) -> None:
        self._sink.put_line(name, Place(f"name:{name}", Role.NAME, Origin.HIDDEN))
        self._book.formula(tokens, f"name:{name}")

    def _name_comment(self, record: BiffRecord) -> None:
        """Comment of newer Excel on a defined name (NameCmt, MS-XLS 2.4.190)."""
        reader = Strings(record, 16)
        name = reader.unicode_of(u16(record.data, 12)).text
        self._sink.put_line(
            reader.unicode_of(u16(record.data, 14)).text, Place(f"name:{name}", Role.NAME, Origin.HIDDEN)
        )

    def _supporting_book(self, record: BiffRecord) -> None:
        """Other workbooks, programs and servers that formulas speak of (MS-XLS 2.4.271)."""
        sheets, letters = u16(record.data, 0), u16(record.data, 2)
        self._supporting += 1
        if letters in {0x0401, 0x3A01} or len(record.data) <= 4:
            return
        place = Place(f"link:{self._supporting}", Role.NAME, Origin.HIDDEN)
        reader = Strings(record, 2)
        path = reader.unicode(2).text
        self._sink.put_line(_printable(path), place)
        if sheets == 0:
            # No sheets: not a workbook but a server or an OLE object; the path is then service, 0x03, topic.
            self._sink.warn("dde" if "\x03" in path else "external-object", place.locator)
            return
        self._sink.warn("external-object", place.locator)
        for _ in range(min(sheets, 4096)):
            if reader.ended:
                break
            self._sink.put_line(reader.unicode(2).text, place)

    def _old_external(self, record: BiffRecord) -> None:
        """External references of Excel 5 (encoded path) and their kinds."""
        path = self._book.dialect.string(record, 0, length_octets=1).text
        if "\x03" in path[1:]:
            self._sink.warn("dde", "link:1")
        elif path.startswith("\x01") and len(path) > 1:
            self._sink.warn("external-object", "link:1")
        self._sink.put_line(_printable(path), Place("link:1", Role.NAME, Origin.HIDDEN))

    def _external_name(self, record: BiffRecord) -> None:
        flags = u16(record.data, 0)
        name = self._book.dialect.string(record, 6, length_octets=1).text
        place = Place(f"link:{self._supporting or 1}", Role.NAME, Origin.HIDDEN)
        self._sink.put_line(_printable(name), place)
        if flags & 0x0010 or flags & 0x0008:
            self._sink.warn("external-object" if flags & 0x0010 else "dde", place.locator)

    def _cached(self, record: BiffRecord) -> None:
        """Values of cells of another workbook (CRN): numbers do not matter, strings do."""
        place = Place(f"link:{self._supporting or 1}", Role.CELL, Origin.HIDDEN)
        reader = Strings(record, 4)
        while not reader.ended:
            if reader.octets(1) == b"\x02":
                self._sink.put_line(reader.unicode(2).text, place)
            else:
                reader.octets(8)

    def _left_over(self) -> None:
        """Shared strings that no cell shows, and the pictures of all sheets."""
        place = Place("part:sharedStrings", Role.CELL, Origin.HIDDEN)
        for index, text in enumerate(self._book.shared):
            if index not in self._book.used:
                self._sink.put_line(text.text, place)
        for drawing in (self._pictures, self._headers):
            read_drawing(bytes(drawing), self._sink, Place("sheet:1"))


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter >= " ")
