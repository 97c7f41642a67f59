"""Pages, Numbers and Keynote documents (2013 and later): the strings of their archives, and the pictures beside them.

The package is a zip. What is written stands in `.iwa` files: pieces packed by Snappy without its frames' checksums, in
them messages of Protocol Buffers behind an `ArchiveInfo` that tells their lengths. Apple publishes no schema, so every
field that is text is given, in order: paragraphs, cells, comments, names, and some settings among them. Documents of 2009
and before are XML in a zip and read as that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from gateway.model import ReadStatus, Run
from gateway.readers.archives import zip as archive_zip
from gateway.readers.base import GRAVITY, Budget, ReadError, Reading, Source

_DEPTH: Final = 40
_LIMIT_RUNS: Final = 100_000
_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
"""Wire types of Protocol Buffers."""
_INFOS, _LENGTH = 2, 3
"""Fields `message_infos` of ArchiveInfo and `length` of MessageInfo."""


def read(source: Source, budget: Budget) -> Reading:
    """Return the words as runs and the other files of the package as members."""
    reading = archive_zip.read(source, budget)
    status, reason = reading.document.status, reading.document.reason
    runs: list[Run] = list(reading.document.runs)
    members = []
    for member in reading.members:
        if not member.name.lower().endswith(".iwa"):
            members.append(member)
            continue
        try:
            for text in words(member.data, budget):
                runs += _lines(text, len(runs))
                if len(runs) > _LIMIT_RUNS:
                    raise ReadError(ReadStatus.LIMIT, "runs")
        except ReadError as error:
            if GRAVITY.index(error.status) < GRAVITY.index(status):
                status, reason = error.status, error.reason
    document = structs.replace(reading.document, format="iwork", status=status, reason=reason, runs=tuple(runs))
    return Reading(document, tuple(members))


def _lines(text: str, block: int) -> list[Run]:
    return [
        Run(text=line, block=block + number, locator=f"text:{block + number + 1}")
        for number, line in enumerate(line for line in text.splitlines() if line.strip())
    ]


def words(archive: bytes, budget: Budget) -> Iterator[str]:
    """Yield the texts of one `.iwa` file; MALFORMED when it is none."""
    try:
        data = b"".join(_pieces(archive, budget))
        at = 0
        while at < len(data):
            length, at = _varint(data, at)
            info, at = _slice(data, at, length)
            for field, wire, value in _fields(info):
                if field == _INFOS and wire == _DELIMITED and isinstance(value, bytes):
                    size = next((n for number, _, n in _fields(value) if number == _LENGTH and isinstance(n, int)), 0)
                    message, at = _slice(data, at, size)
                    yield from _texts(message, _DEPTH)
            budget.check_time()
    except (IndexError, ValueError):
        raise ReadError(ReadStatus.MALFORMED, "iwa") from None


def _texts(message: bytes, depth: int) -> Iterator[str]:
    """Yield the fields that are text, and those of the messages in it; what is neither is passed over."""
    for _, wire, value in _fields(message):
        if wire != _DELIMITED or not isinstance(value, bytes) or not value:
            continue
        if (text := _text(value)) is not None:
            yield text
        # A message of one short text looks like text behind a line break: both readings are given.
        if depth and _is_message(value):
            yield from _texts(value, depth - 1)


def _is_message(value: bytes) -> bool:
    try:
        for _ in _fields(value):
            pass
    except (IndexError, ValueError):
        return False
    return True


def _text(value: bytes) -> str | None:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not all(letter.isprintable() or letter.isspace() or letter == "\ufffc" for letter in text):
        return None
    return text if any(letter.isalpha() for letter in text) else None


def _fields(message: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield number, wire type and value of each field; ValueError or IndexError where it is no message."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire = key & 7
        if not key >> 3:
            raise ValueError
        value: int | bytes
        if wire == _VARINT:
            value, at = _varint(message, at)
        elif wire == _DELIMITED:
            length, at = _varint(message, at)
            value, at = _slice(message, at, length)
        elif wire in (_FIXED64, _FIXED32):
            value, at = _slice(message, at, 8 if wire == _FIXED64 else 4)
        else:
            raise ValueError
        yield key >> 3, wire, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        octet = data[at]
        at += 1
        value |= (octet & 0x7F) << shift
        if octet < 0x80:
            return value, at
        shift += 7
    raise ValueError


def _slice(data: bytes, at: int, length: int) -> tuple[bytes, int]:
    if at + length > len(data):
        raise IndexError
    return data[at : at + length], at + length


def _pieces(archive: bytes, budget: Budget) -> Iterator[bytes]:
    """Yield the unpacked pieces: each a zero, three octets of length, and a Snappy block."""
    at = 0
    while at < len(archive):
        length = int.from_bytes(archive[at + 1 : at + 4], "little")
        if archive[at] or not length:
            raise ValueError
        packed, at = _slice(archive, at + 4, length)
        piece = unsnapped(packed, budget)
        yield piece


def unsnapped(packed: bytes, budget: Budget) -> bytes:
    """Undo one block of Snappy (format_description.txt); its stated size bounds what it may make."""
    size, at = _varint(packed, 0)
    if size > len(packed) * budget.limit_ratio:
        raise ReadError(ReadStatus.LIMIT, "ratio")
    budget.take_bytes(size)
    out = bytearray()
    while at < len(packed):
        tag = packed[at]
        at += 1
        kind, length = tag & 3, (tag >> 2) + 1
        if kind == 0:
            if length > 60:
                octets, at = _slice(packed, at, length - 60)
                length = int.from_bytes(octets, "little") + 1
            literal, at = _slice(packed, at, length)
            out += literal
        else:
            if kind == 1:
                length, back = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | packed[at]
                at += 1
            else:
                octets, at = _slice(packed, at, 2 if kind == 2 else 4)
                back = int.from_bytes(octets, "little")
            if not 0 < back <= len(out):
                raise ValueError
            piece = bytes(out[-back:][:length])
            out += (piece * (length // len(piece) + 1))[:length]
        if len(out) > size:
            raise ValueError
    if len(out) != size:
        raise ValueError
    return bytes(out)
