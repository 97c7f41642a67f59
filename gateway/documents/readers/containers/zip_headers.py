"""The headers of a zip file (APPNOTE.TXT 6.3.10 §4.3): local, central, end, and the fields behind them.

Each is read as stored; `zip_directory` checks whether they agree. Sizes and offsets are only numbers here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from gateway.documents.readers.containers import old_name

LOCAL_MAGIC: Final = b"PK\x03\x04"
CENTRAL_MAGIC: Final = b"PK\x01\x02"
END_MAGIC: Final = b"PK\x05\x06"
_END64_MAGIC: Final = b"PK\x06\x06"
_LOCATOR64_MAGIC: Final = b"PK\x06\x07"
DESCRIPTOR_MAGIC: Final = b"PK\x07\x08"

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_END64: Final = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64: Final = struct.Struct("<4sIQI")
MAX32: Final = 0xFFFFFFFF
_MAX16: Final = 0xFFFF
END_SIZE: Final = _END.size
"""Bytes of the end of central directory record before its comment."""
_END_SEARCH: Final = _MAX16 + _END.size + _LOCATOR64.size

STORED, DEFLATED = 0, 8
"""The two methods that every program knows."""
UNICODE_PATH: Final = 0x7075
UNICODE_COMMENT: Final = 0x6375
FLAG_ENCRYPTED: Final = 0x1
FLAG_DESCRIPTOR: Final = 0x8
FLAG_STRONG: Final = 0x40
FLAG_UTF8: Final = 0x800
FLAG_HIDDEN_NAMES: Final = 0x2000


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One member as one of the two directories describes it."""

    raw_name: bytes
    name: str
    flags: int
    method: int
    crc: int
    compressed: int
    """Bytes in the file."""
    size: int
    """Bytes that it claims to make."""
    offset: int
    """Of the local header, from the start of the file."""
    time: int = 0
    """Of its last change, as DOS writes it; only a local header is asked."""
    data: int = -1
    """Offset of the compressed data; -1 when there is no local header."""
    extra: bytes = b""
    external: int = 0
    """External attributes: Unix mode in the upper half."""
    comment: bytes = b""

    @property
    def encrypted(self) -> bool:
        """Whether the data is encrypted."""
        return bool(self.flags & FLAG_ENCRYPTED)

    @property
    def folder(self) -> bool:
        """Whether it is a folder, which holds no data."""
        return self.name.endswith(("/", "\\")) and self.compressed == 0 and self.size == 0

    @property
    def link(self) -> bool:
        """Whether it is a symbolic link, whose data is a path."""
        return (self.external >> 16) & 0o170000 == 0o120000


@dataclass(frozen=True)
class End:
    """An end of central directory record, with its zip64 partner when there is one."""

    position: int
    finish: int
    """End of the record with its comment."""
    entries: int
    directory: int
    """Offset of the central directory from the start of the file."""
    shift: int
    """Correction of every stored offset (data before the archive that was not counted)."""
    disks: bool
    first: int
    """Offset of the trailing records (zip64 end, locator, end)."""
    contradicts: bool = False
    """The plain record leads to another directory than that of zip64, which not every program heeds."""


def find_end(data: bytes) -> End | None:
    """Return the last end record whose central directory is where it says; None when the file is no whole zip."""
    position = len(data)
    floor = max(0, len(data) - _END_SEARCH - 1024)
    while (position := data.rfind(END_MAGIC, floor, position)) >= 0:
        if (end := _end_at(data, position)) is not None:
            return end
    return None


def _end_at(data: bytes, position: int) -> End | None:
    if position + _END.size > len(data):
        return None
    _, disk, first_disk, here, total, size, offset, comment = _END.unpack_from(data, position)
    first = position
    disks = disk != 0 or first_disk != 0 or here != total
    plain, contradicts = (total, size, offset), False
    locator = position - _LOCATOR64.size
    if locator >= 0 and data[locator : locator + 4] == _LOCATOR64_MAGIC:
        _, _, where, count = _LOCATOR64.unpack_from(data, locator)
        # Data before the archive moves the record; it is right before its locator in all honest files.
        for start in (where, locator - _END64.size):
            if 0 <= start <= locator - _END64.size and data[start : start + 4] == _END64_MAGIC:
                total, size, offset = _END64.unpack_from(data, start)[7:]
                first = start
                disks = count > 1
                wide = (total, size, offset)
                contradicts = any(
                    one not in {two, ones} for one, two, ones in zip(plain, wide, (_MAX16, MAX32, MAX32), strict=True)
                )
                break
    directory = first - size
    if size and not 0 <= directory < len(data):
        return None
    if total and data[directory : directory + 4] != CENTRAL_MAGIC and not disks:
        # An encrypted central directory has no magic; its header flags say so.
        return None
    return End(
        position=position,
        finish=position + _END.size + comment,
        entries=total,
        directory=directory,
        shift=directory - offset,
        disks=disks or (offset == MAX32 and first == position),
        first=first,
        contradicts=contradicts,
    )


def central_at(data: bytes, position: int, end: End) -> tuple[Entry, int] | None:
    """Return the central directory entry at that offset and where the next one begins, None where there is none."""
    if position + _CENTRAL.size > end.first or data[position : position + 4] != CENTRAL_MAGIC:
        return None
    row = _CENTRAL.unpack_from(data, position)
    flags, method, crc, compressed, size = row[3], row[4], row[7], row[8], row[9]
    name_length, extra_length, comment_length, external, offset = row[10], row[11], row[12], row[15], row[16]
    raw, extra, behind = _name_and_extra(data, position + _CENTRAL.size, name_length, extra_length)
    size, compressed, offset = _zip64(extra, ((size, MAX32), (compressed, MAX32), (offset, MAX32)))
    entry = Entry(
        raw_name=raw,
        name=decode_name(raw, flags, extra),
        flags=flags,
        method=method,
        crc=crc,
        compressed=compressed,
        size=size,
        offset=offset + end.shift,
        extra=extra,
        external=external,
        comment=data[behind : behind + comment_length],
    )
    return entry, behind + comment_length


def local_at(data: bytes, position: int) -> Entry | None:
    """Return the entry of the local header at that offset, None where there is none."""
    if position < 0 or position + _LOCAL.size > len(data) or data[position : position + 4] != LOCAL_MAGIC:
        return None
    _, _, flags, method, time, _, crc, compressed, size, name_length, extra_length = _LOCAL.unpack_from(data, position)
    raw, extra, behind = _name_and_extra(data, position + _LOCAL.size, name_length, extra_length)
    if behind > len(data):
        return None
    size, compressed = _zip64(extra, ((size, MAX32), (compressed, MAX32)))
    return Entry(
        raw_name=raw,
        name=decode_name(raw, flags, extra),
        flags=flags,
        method=method,
        crc=crc,
        compressed=compressed,
        size=size,
        offset=position,
        time=time,
        data=behind,
        extra=extra,
    )


def _name_and_extra(data: bytes, start: int, name: int, extra: int) -> tuple[bytes, bytes, int]:
    """Return the name and the extra field of a header, and where they end."""
    return data[start : start + name], data[start + name : start + name + extra], start + name + extra


def _zip64(extra: bytes, fields: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """Replace the fields that are all ones by those of the zip64 extra field (APPNOTE 4.5.3)."""
    values = list(fields)
    body = extra_field(extra, 0x0001)
    result = []
    position = 0
    for value, missing in values:
        if value == missing and body is not None and position + 8 <= len(body):
            (value,) = struct.unpack_from("<Q", body, position)  # noqa: PLW2901
            position += 8
        result.append(value)
    return tuple(result)


def extra_field(extra: bytes, wanted: int) -> bytes | None:
    """Return the body of an extra field, None when it is not there."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind == wanted:
            return extra[position + 4 : position + 4 + length]
        position += 4 + length
    return None


def decode_name(raw: bytes, flags: int, extra: bytes) -> str:
    """Return a member's name as shown: UTF-8 when flagged (bit 11) or in the Unicode path, else as `old_name`."""
    unicode_path = extra_field(extra, UNICODE_PATH)
    if unicode_path is not None and len(unicode_path) > 5:
        raw = unicode_path[5:]
    return raw.decode("utf-8", "replace") if flags & FLAG_UTF8 else old_name(raw)
