"""Windows metafiles, the pictures that Office draws of embedded objects: their words and bitmaps (MS-EMF, MS-EMFPLUS, MS-WMF).

EMF and WMF are lists of drawing records; letters are in text records, so no rendering is needed to read them. Bitmaps
inside become members to be looked at as pictures. EMF+ records say again what the others of a dual metafile do; letters
that only they write are read too, a drawing that only they draw is UNSUPPORTED `emf-plus`. Compressed forms (EMZ, WMZ) and LibreOffice's SVM are understood as
far as their letters go.
"""

from __future__ import annotations

import math
import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import groupby
from typing import Final, NamedTuple

from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.containers.zip_streams import Zlib, collect, pieces
from gateway.documents.readers.ooxml.colours import hex_colour
from gateway.documents.readers.pictures.dib import bmp, header_size, with_alpha
from gateway.documents.readers.pictures.metafile_shapes import Drawn
from gateway.documents.readers.pictures.outlines import drawn, without_frames
from gateway.documents.readers.sink import Face, Place, Sink
from gateway.model import Origin, ReadStatus, Role

_PLACEABLE: Final = b"\xd7\xcd\xc6\x9a"
_PLAIN_WMF: Final = (b"\x01\x00\x09\x00", b"\x02\x00\x09\x00")
_SVM: Final = b"VCLMTF"
_EMF_PLUS: Final = b"EMF+"
_PLUS_HEADER: Final = 0x4001
_PLUS_DRAWING: Final = frozenset({0x400C, 0x400D, 0x4014, 0x4015, 0x401A, 0x401B, 0x401C, 0x4036})
"""EMF+ records that draw polygons, lines, paths, pictures and letters (MS-EMFPLUS 2.3.4)."""
_LEAST_PIXELS: Final = 24
_PLUS_STRING, _STRING_AT, _PLUS_LETTERS, _LETTERS_AT = 0x401C, 28, 0x4036, 16
"""EmfPlusDrawString and EmfPlusDrawDriverString, and where their letters begin (MS-EMFPLUS 2.3.4.14, 2.3.4.6)."""
_PLUS_LINE: Final = 1 << 40
"""What sets lines of EMF+ letters apart."""
_BY_NUMBER: Final = 0x10
_ALPHA_BLEND: Final = 114
_LIMIT_RECORDS: Final = 2_000_000
_CODE_PAGES: Final = {163: "cp1258", 128: "cp932", 129: "cp949", 134: "gbk", 136: "big5", 204: "cp1251", 238: "cp1250"}
_DIB_RECORDS: Final = {
    76: (84,), 77: (84,), 78: (84, 112), 79: (96, 124), 80: (48,), 81: (48,), 93: (16,), 94: (16,), 114: (84,), 116: (84,),
}  # fmt: skip
"""EMF records with bitmaps, masks and brushes too: offsets of offBmiSrc, cbBmiSrc, offBitsSrc, cbBitsSrc."""
_WMF_DIBS: Final = {0x0F43: 28, 0x0B41: 26, 0x0940: 22, 0x0D33: 24}
_COMMENT: Final = b"\x0f\x00"
_ENHANCED: Final = b"WMFC\x01\x00\x00\x00"
"""A piece of an EMF in a META_ESCAPE comment (MS-WMF §2.3.6.1)."""
_WMF_OBJECTS: Final = {0x02FA, 0x02FB, 0x02FC, 0x00F7, 0x06FF, 0x01F9, 0x0142}


class Words(NamedTuple):
    """Letters that one record draws."""

    text: str
    line: int
    """Vertical position, to join what is on one line."""
    font: str | None
    colour: str | None
    start: int = 0
    """Horizontal position, 0 also where they go on behind others."""


def is_metafile(data: bytes) -> bool:
    """Return whether bytes are an EMF, WMF or SVM picture, compressed or not."""
    if data[:2] == b"\x1f\x8b":
        try:
            data = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, 64)
        except zlib.error:
            return False
    return data[40:44] == b" EMF" or data.startswith((_PLACEABLE, _SVM, *_PLAIN_WMF))


def read(source: Source, budget: Budget) -> Reading:
    """Read a metafile that came as a file of its own."""
    sink = Sink(budget)
    with sink.whole():
        read_metafile(source.data, sink, Place("", Role.TEXTBOX), name=source.filename or "picture")
    return sink.reading(source, "image")


def read_metafile(data: bytes, sink: Sink, place: Place, *, name: str) -> None:
    """Give the words of a metafile line by line, and its bitmaps as members; raises `ReadError`.

    The runs have origin OCR: they are exact, but letters in a picture all the same, which no font rule speaks of.
    """
    place = place._replace(origin=Origin.OCR)
    if data[:2] == b"\x1f\x8b":
        data = collect(pieces(Zlib(zlib.MAX_WBITS | 16), data), len(data), sink.budget, fault="metafile")
    if data.startswith(_SVM):
        for text in _strings(data):
            sink.put_line(text, place)
        return
    drawing = _Emf(data) if data[40:44] == b" EMF" else _Wmf(data)
    said: set[tuple[str, int, int]] = set()
    block, line = 0, None
    for words in _all_words(drawing, sink.budget):
        # Some programs draw letters one by one and then the word.
        if (key := (words.text, words.line, words.start)) in said and (words.start or len(words.text) > 1):
            continue
        said.add(key)
        if words.line != line:
            block, line = sink.open_block(), words.line
        sink.put(words.text, block, place, Face(words.font, None, words.colour))
    if (lines := without_frames(drawing.drawn.shapes)) and (picture := drawn(lines)) is not None:
        sink.members.append(Member(name=f"{name}.png", data=picture, relation="image", locator=place.locator))
    for number, bitmap in enumerate(drawing.bitmaps, 1):
        sink.members.append(Member(name=f"{name}.{number}.bmp", data=bitmap, relation="image", locator=place.locator))


def _all_words(drawing: _Drawing, budget: Budget) -> Iterator[Words]:
    """Words of a drawing, and those of the better drawing that a WMF may carry in its comments."""
    said = set()
    for words in drawing.words(budget):
        said.add(words.text)
        yield words
    enhanced = bytes(drawing.enhanced)
    if enhanced[40:44] != b" EMF":
        return
    budget.take_bytes(len(enhanced))
    inner = _Emf(enhanced)
    yield from (words for words in inner.words(budget) if words.text not in said)
    drawing.drawn = inner.drawn if inner.drawn.shapes else drawing.drawn
    drawing.bitmaps += inner.bitmaps


class _Drawing(ABC):
    """The records of a drawing."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.enhanced = bytearray()
        """The same drawing as an EMF, which programs show instead when it is there."""
        self.bitmaps: list[bytes] = []
        self.drawn = Drawn()

    def words(self, budget: Budget) -> Iterator[Words]:
        """Yield the words of all records, take their bitmaps and outlines."""
        for count, (kind, record) in enumerate(self._records()):
            if count == _LIMIT_RECORDS:
                raise ReadError(ReadStatus.LIMIT, "metafile")
            if not count & 0xFFF:
                budget.check_time()
            try:
                yield from self._record(kind, record)
            except (struct.error, ValueError):
                raise ReadError(ReadStatus.MALFORMED, "metafile") from None

    @abstractmethod
    def _records(self) -> Iterator[tuple[int, bytes]]:
        """Yield kind and bytes of each record."""

    @abstractmethod
    def _record(self, kind: int, record: bytes) -> Iterator[Words]:
        """Yield the words of a record; struct.error or ValueError for a damaged one."""

    def _choose(self, font: tuple[str, str] | None) -> None:
        """Take the face and charset of a font; other objects have no face."""
        if font is not None and font[0]:
            self.drawn.state = self.drawn.state._replace(font=font[0], codec=font[1])

    def _colour(self, colour: bytes) -> None:
        self.drawn.state = self.drawn.state._replace(colour=hex_colour(colour[:3].hex()))

    def _words(self, raw: bytes, codec: str, y: int, x: int) -> Words:
        state = self.drawn.state
        return Words(raw.decode(codec or state.codec, "replace"), y, state.font, state.colour, x)


class _Emf(_Drawing):
    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._fonts: dict[int, tuple[str, str]] = {}
        self._plus: set[int] = set()
        """Kinds of the EMF+ records that draw."""
        self._is_dual = False
        self._strings: list[Words] = []
        """What EMF+ records write, which the others should say too."""

    def words(self, budget: Budget) -> Iterator[Words]:
        """Yield the words of all records; UNSUPPORTED `emf-plus` when EMF+ records draw what no other one does."""
        said: list[str] = []
        for words in super().words(budget):
            said.append(words.text)
            yield words
        whole = "".join("".join(said).split())
        for _, line in groupby(self._strings, key=lambda words: words.line):
            row = list(line)
            if "".join("".join(words.text for words in row).split()) not in whole:
                yield from row
        if self._plus and not (self._is_dual and (said or self.bitmaps or self.drawn.shapes)):
            raise ReadError(ReadStatus.UNSUPPORTED, "emf-plus")

    def _records(self) -> Iterator[tuple[int, bytes]]:
        data, position, kind = self._data, 0, 0
        while position + 8 <= len(data) and kind != 14:
            kind, size = struct.unpack_from("<II", data, position)
            if size < 8 or position + size > len(data):
                raise ReadError(ReadStatus.MALFORMED, "metafile")
            yield kind, data[position : position + size]
            position += size

    def _record(self, kind: int, record: bytes) -> Iterator[Words]:
        match kind:
            case 83 | 84:
                yield self._text(record, 36, is_wide=kind == 84)
            case 96 | 97:
                for number in range(struct.unpack_from("<I", record, 36)[0]):
                    yield self._text(record, 40 + 40 * number, is_wide=kind == 97)
            case 108:
                x, y, count, options = struct.unpack_from("<iiII", record, 8)
                _check(options)
                start, small = 36 if options & 0x100 else 52, options & 0x200
                yield self._words(
                    record[start : start + count * (1 if small else 2)], "cp1252" if small else "utf-16-le", y, x
                )
            case 82:
                face = record[40:104].decode("utf-16-le", "replace").partition("\0")[0]
                self._fonts[_number(record)] = face, _CODE_PAGES.get(record[35], "cp1252")
            case 40:
                self._fonts.pop(_number(record), None)
            case 37:
                self._choose(self._fonts.get(_number(record)))
            case 24:
                self._colour(record[8:])
            case 70 if record[12:16] == _EMF_PLUS:
                self._take_plus(record)
            case _ if kind in _DIB_RECORDS:
                for at in _DIB_RECORDS[kind]:
                    header, header_size, bits, bits_size = struct.unpack_from("<IIII", record, at)
                    own, alpha = record[header : header + header_size], kind == _ALPHA_BLEND and record[43] & 1
                    own = with_alpha(own) if alpha and own[14:16] == b" \0" else own
                    _keep(own, record[bits : bits + bits_size], self.bitmaps)
            case _:
                self.drawn.emf(kind, record)

    def _take_plus(self, record: bytes) -> None:
        position, size = 16, 12
        while size >= 12 and position + 12 <= len(record):
            kind, flags, size = struct.unpack_from("<HHI", record, position)
            self._is_dual |= kind == _PLUS_HEADER and bool(flags & 1)
            self._plus |= {kind} & _PLUS_DRAWING
            body = record[position + 12 : position + size]
            if kind == _PLUS_STRING and len(body) > _STRING_AT:
                count, x, y = struct.unpack_from("<Iff", body, 8)
                self._take_string(body[_STRING_AT : _STRING_AT + 2 * count], y, x)
            elif kind == _PLUS_LETTERS and len(body) > _LETTERS_AT and body[4] & 1:
                count = struct.unpack_from("<I", body, 12)[0]
                places = body[_LETTERS_AT + 2 * count :]
                x, y = struct.unpack_from("<ff", places) if len(places) >= 8 else (0.0, 0.0)
                self._take_string(body[_LETTERS_AT : _LETTERS_AT + 2 * count], y, x)
            position += size

    def _take_string(self, raw: bytes, y: float, x: float) -> None:
        """Take letters that an EMF+ record draws, on a line of EMF+ letters."""
        line, start = (int(side) if math.isfinite(side) else 0 for side in (y, x))
        self._strings.append(self._words(raw, "utf-16-le", _PLUS_LINE + line, start))

    def _text(self, record: bytes, at: int, *, is_wide: bool) -> Words:
        """Return the words of an EmrText (MS-EMF 2.2.5)."""
        x, y, count, offset, options = struct.unpack_from("<iiIII", record, at)
        if count:
            _check(options)
        raw = record[offset : offset + count * (2 if is_wide else 1)] if offset else b""
        return self._words(raw, "utf-16-le" if is_wide else "", y, x)


def _number(record: bytes) -> int:
    """Return the number of the object that a record of an EMF names."""
    return int.from_bytes(record[8:12], "little")


def _check(options: int) -> None:
    """Raise UNSUPPORTED for a text that names its glyphs by number: only its font knows which letters these are."""
    if options & _BY_NUMBER:
        raise ReadError(ReadStatus.UNSUPPORTED, "glyph-numbers")


class _Wmf(_Drawing):
    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._objects: list[tuple[str, str] | None] = []

    def _records(self) -> Iterator[tuple[int, bytes]]:
        data = self._data
        position = (22 if data.startswith(_PLACEABLE) else 0) + 18
        while position + 6 <= len(data):
            size, kind = struct.unpack_from("<IH", data, position)
            if size < 3 or kind == 0:
                return
            yield kind, data[position : position + 2 * size]
            position += 2 * size

    def _record(self, kind: int, record: bytes) -> Iterator[Words]:
        if kind in _WMF_OBJECTS:
            entry = ("", "")
            if kind == 0x02FB:
                face = record[24:56].partition(b"\0")[0].decode("cp1252", "replace")
                entry = (face, _CODE_PAGES.get(record[19], "cp1252"))
            free = self._objects.index(None) if None in self._objects else len(self._objects)
            self._objects[free : free + 1] = [entry]
            return
        match kind:
            case 0x0521:
                (count,) = struct.unpack_from("<H", record, 6)
                y, x = struct.unpack_from("<hh", record, 8 + count + count % 2)
                yield self._words(record[8 : 8 + count], "", y, x)
            case 0x0A32:
                y, x, count, options = struct.unpack_from("<hhHH", record, 6)
                _check(options)
                start = 22 if options & 6 else 14
                yield self._words(record[start : start + count], "", y, x)
            case 0x012D | 0x01F0:
                number = struct.unpack_from("<H", record, 6)[0]
                if number < len(self._objects) and kind == 0x012D:
                    self._choose(self._objects[number])
                elif number < len(self._objects):
                    self._objects[number] = None
            case 0x0626 if record[6:8] == _COMMENT and record[10:18] == _ENHANCED:
                (length,) = struct.unpack_from("<I", record, 32)
                self.enhanced += record[44 : 44 + length]
            case 0x0209:
                self._colour(record[6:])
            case _ if kind in _WMF_DIBS:
                dib = record[_WMF_DIBS[kind] :]
                if len(dib) >= 40:
                    _keep(dib[: header_size(dib)], dib[header_size(dib) :], self.bitmaps)
            case _:
                self.drawn.wmf(kind, record)


def _keep(header: bytes, bits: bytes, bitmaps: list[bytes]) -> None:
    """Keep a bitmap large enough to say something, as a BMP file."""
    if len(header) < 40 or not bits:
        return
    width, height = struct.unpack_from("<ii", header, 4)
    if abs(width) >= _LEAST_PIXELS and abs(height) >= _LEAST_PIXELS:
        bitmaps.append(bmp(header, bits))


def _strings(data: bytes) -> Iterator[str]:
    """Strings of three letters and more in a format that is not decoded, as UTF-16 and as single bytes."""
    for codec, offset in (("utf-16-le", 0), ("utf-16-le", 1), ("cp1252", 0)):
        current: list[str] = []
        for letter in data[offset:].decode(codec, "replace") + "\0":
            if letter.isprintable() and letter != "\ufffd" and ord(letter) < 0x2000:
                current.append(letter)
                continue
            if sum(each.isalpha() for each in current) > 2:
                yield "".join(current)
            current = []
