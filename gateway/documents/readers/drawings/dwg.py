r"""Drawings in DWG: the words of their objects, without the objects (Open Design Specification for .dwg files).

From release 2004 on the sections are cut into pages and packed; letters are UTF-16 from 2007 on, before that those of a code
page with `\U+1EAC` for the rest. Objects are streams of bits, so words begin at any bit: each of the eight is looked at, as
`loose_words` does. The drawing itself is not read, nor are the letters of legacy fonts: the document is UNSUPPORTED
`drawing` whatever was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.drawings.dxf import plain_text
from gateway.documents.readers.loose_words import ESCAPED, FORMS, LEAST_LETTERS, stretches, text_of
from gateway.documents.readers.ole.octets import u32
from gateway.model import Document, ReadStatus, Run

_PAGED: Final = (b"AC1018", b"AC1024", b"AC1027", b"AC1032")
"""Releases 2004, 2010, 2013, 2018; that of 2007 (AC1021) is packed in a way of its own and looked at as it is."""
_PAGE_STEP: Final = 32
_PAGE_HEADER: Final = 32
_PAGE_LIMIT: Final = 0x8000
"""Bytes that a page unpacks to; AutoCAD writes 0x7400."""
_PAGE_TYPE: Final = 0x4163043B
_MASK: Final = 0x4164536B
"""Of a page header, together with the place where it stands."""
_LIMIT_LINES: Final = 4000
_LIMIT_VALUES: Final = 32


def read(source: Source, budget: Budget) -> Reading:
    """Return the words of a drawing, which stays UNSUPPORTED."""
    data = source.data
    budget.take_bytes(len(data))
    objects = b"".join(_pages(data, budget)) if data.startswith(_PAGED) else data
    lines: dict[str, None] = {}
    for line in _shown(objects, budget):
        lines[line] = None
        if len(lines) >= _LIMIT_LINES:
            break
    runs = tuple(Run(text=line, block=2 * number, locator=f"text:{number + 1}") for number, line in enumerate(lines))
    document = Document(
        part=source.part,
        filename=source.filename,
        format="dwg",
        status=ReadStatus.UNSUPPORTED,
        reason="drawing",
        runs=runs,
    )
    return Reading(document)


def _pages(data: bytes, budget: Budget) -> Iterator[bytes]:
    """Yield the pages of all sections in order, found by their types, masked by offset: their map is encrypted."""
    found: list[tuple[int, int, bytes]] = []
    for at in range(0x100, len(data) - _PAGE_HEADER, _PAGE_STEP):
        if u32(data, at) ^ at != _PAGE_TYPE ^ _MASK:
            continue
        section, packed, start = (u32(data, at + offset) ^ _MASK ^ at for offset in (4, 8, 16))
        octets = data[at + _PAGE_HEADER : at + _PAGE_HEADER + packed]
        if len(octets) < packed:
            continue
        try:
            page = unpacked(octets)
        except ReadError:
            page = octets  # a section may be stored as it is
        budget.take_bytes(len(page))
        found.append((section, start, page))
    found.sort(key=lambda page: page[:2])
    return (page for _, _, page in found)


def unpacked(packed: bytes) -> bytes:
    """Undo the packing of a page (ODS 4.7); ReadError when it is none."""
    out = bytearray()
    at = 0
    try:
        at, count = _literals(packed, at)
        while True:
            out += packed[at : at + count]
            at += count
            code = packed[at]
            at += 1
            if code == 0x11:
                return bytes(out)
            if code >= 0x40:
                length = (code >> 4) - 1
                back = (packed[at] << 2) + (code >> 2 & 3) + 1
                count = code & 3
                at += 1
            elif code >= 0x10:
                if code >= 0x21:
                    length, least = code - 0x1E, 1
                elif code == 0x20:
                    at, length = _long(packed, at, 0x21)
                    least = 1
                elif code == 0x10:
                    at, length = _long(packed, at, 9)
                    least = 0x4000
                else:
                    length, least = (code & 15) + 2, 0x4000
                back = (packed[at] >> 2) + (packed[at + 1] << 6) + least
                count = packed[at] & 3
                at += 2
            else:
                raise ReadError(ReadStatus.MALFORMED, "dwg")
            if not 0 < back <= len(out) or len(out) + length > _PAGE_LIMIT:
                raise ReadError(ReadStatus.MALFORMED, "dwg")
            out += _copied(out, back, length)
            if not count:
                at, count = _literals(packed, at)
    except IndexError:
        raise ReadError(ReadStatus.MALFORMED, "dwg") from None


def _copied(out: bytearray, back: int, length: int) -> bytes:
    """Return what a reference brings; it may reach into itself."""
    piece = bytes(out[-back:][:length])
    return (piece * (length // len(piece) + 1))[:length]


def _literals(packed: bytes, at: int) -> tuple[int, int]:
    """Return where literals begin and how many there are; none when the next byte is a code."""
    if packed[at] & 0xF0:
        return at, 0
    if packed[at]:
        return at + 1, packed[at] + 3
    return _long(packed, at + 1, 15 + 3)


def _long(packed: bytes, at: int, base: int) -> tuple[int, int]:
    """Read a length of many bytes: each zero adds 255."""
    while packed[at] == 0:
        base += 0xFF
        at += 1
    return at + 1, base + packed[at]


def _shown(objects: bytes, budget: Budget) -> Iterator[str]:
    """Yield the words in the objects, at any bit offset, without format codes."""
    whole = int.from_bytes(objects, "big")
    for bits in range(8):
        budget.check_time()
        shifted = (whole << bits).to_bytes(len(objects) + 1, "big")
        for form in (*FORMS, ESCAPED):
            for start, letter, end in stretches(shifted, form):
                for octets in _values(shifted, start, letter, end, form.width):
                    yield from _plain(text_of(octets, form))


def _values(data: bytes, start: int, letter: int, end: int, width: int) -> list[bytes]:
    """Return what a stretch of letters may be: the values preceded by their length (ODS 2.3, BS), else all of it."""
    values = []
    for at in range(start, letter + 1, width):
        until = at + data[at - 1] * width
        if letter < until <= end + width:  # release 2000 writes a zero behind
            values.append(data[at:until].rstrip(b"\0") if width == 1 else data[at : min(until, end)])
    return values[:_LIMIT_VALUES] or [data[start:end]]


def _plain(text: str) -> Iterator[str]:
    for line in plain_text(text, formatted=True).splitlines():
        if sum(map(str.isalpha, line)) >= LEAST_LETTERS:
            yield line.strip()
