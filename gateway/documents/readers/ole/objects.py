"""Content of OLE objects: OLE 1.0 objects and native data (MS-OLEDS 2.2.4, 2.3.6), packages of the Windows packager, words in unknown streams."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator
from typing import Final

from gateway.documents.readers.base import Member
from gateway.documents.readers.ole.octets import narrow, u16, u32, wide

_MAGICS: Final = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"PK\x03\x04",
    b"%PDF-",
    b"{\\rtf",
    b"\x89PNG\r\n",
    b"\xff\xd8\xff",
)
_WIDE: Final = re.compile(rb"(?:[\x20-\x7e\xa0-\xff]\x00|[\x00-\xff][\x01\x03\x1e\x20]){4,4000}")
_NARROW: Final = re.compile(rb"[\x20-\x7e\x80-\xff]{5,4000}")


def native_member(data: bytes, name: str, locator: str) -> Member:
    """Return the file of an Ole10Native stream under its own name, or the native data when it is no package."""
    package = _package(data[4 : 4 + u32(data, 0)] if u32(data, 0) <= len(data) - 4 else data[4:])
    if package is not None:
        label, content = package
        return Member(name=label or name, data=content, relation="embedded", locator=locator)
    return Member(name=name, data=inner_file(data[4:]), relation="embedded", locator=locator)


def _package(data: bytes) -> tuple[str, bytes] | None:
    """Read the layout of packager.exe: label, file name, flags, temporary path, size, content."""
    if u16(data, 0) != 2:
        return None
    label, at = _zero_ended(data, 2)
    path, at = _zero_ended(data, at)
    if at + 4 > len(data):
        return None
    kind = u16(data, at + 2)
    at += 4
    if kind == 3:  # an embedded file; 1 is a link to one
        length = u32(data, at)
        at += 4 + length
        size = u32(data, at)
        if size and at + 4 + size <= len(data):
            wide_name = _wide_name(data, at + 4 + size)
            return wide_name or label or path.rpartition("\\")[2], data[at + 4 : at + 4 + size]
    return None


def _wide_name(data: bytes, at: int) -> str:
    """Return the label in Unicode that newer packagers add behind the content, after the temporary path."""
    for number in range(2):
        length = u32(data, at)
        if not 0 < length < 1024 or at + 4 + 2 * length > len(data):
            return ""
        if number == 1:
            return wide(data[at + 4 : at + 4 + 2 * length]).rstrip("\0")
        at += 4 + 2 * length
    return ""


def _zero_ended(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(b"\0", at, at + 1024)
    return ("", len(data)) if end < 0 else (narrow(data[at:end]), end + 1)


def is_file(data: bytes) -> bool:
    """Return whether bytes begin like a file of a known kind."""
    return data.startswith(_MAGICS)


def inner_file(data: bytes) -> bytes:
    """Return the first file of a known kind that begins in the bytes, else all of them."""
    starts = [at for magic in _MAGICS if (at := data.find(magic)) >= 0]
    return data[min(starts) :] if starts else data


def strings(data: bytes) -> Iterator[str]:
    """Yield the stretches of bytes that look like words, in UTF-16 and in 8-bit letters."""
    yield from wide_strings(data)
    yield from _words(_NARROW, narrow, data)


def wide_strings(data: bytes) -> Iterator[str]:
    """Yield the stretches of bytes that look like words in UTF-16."""
    return _words(_WIDE, wide, data)


def _words(pattern: re.Pattern[bytes], decode: Callable[[bytes], str], data: bytes) -> Iterator[str]:
    for text in (decode(match[0]) for match in pattern.finditer(data)):
        if sum(letter.isalnum() or letter == " " for letter in text) * 4 >= len(text) * 3:
            yield text
            begin = 0
            while begin < len(text) and 0x100 <= ord(text[begin]) <= 0x100 + len(text):
                begin += 1
            if (
                0 < begin < len(text)
            ):  # without the lengths before 16-bit letters, which look like some (MS-XLS 2.5.293)
                yield text[begin:]


_HEX: Final = re.compile(rb"[^0-9A-Fa-f]+")


def octets_of(raw: bytes) -> bytes:
    """Return what a group of a picture or an object holds: hexadecimal is decoded, binary taken as it is."""
    digits = _HEX.sub(b"", raw)
    return raw if len(digits) < len(raw.strip()) * 0.9 else binascii.unhexlify(digits[: len(digits) // 2 * 2])


def field_member(data: bytes, place: str) -> Member | None:
    r"""Return the file that the data of a field hold (`\datafield`), None when they are its settings and addresses."""
    inner = inner_file(data)
    return Member(name="object", data=inner, relation="embedded", locator=place) if is_file(inner) else None


def object_member(data: bytes, place: str) -> Member:
    """Return what an OLE 1.0 object holds (MS-OLEDS 2.2.4): a packaged file, else the first document inside."""
    if u32(data, 4) == 2:
        at = 8
        for _ in range(3):  # class, topic, item
            at += 4 + u32(data, at)
        if at + 4 < len(data):
            return native_member(data[at:], "object", place)
    return Member(name="object", data=inner_file(data), relation="embedded", locator=place)
