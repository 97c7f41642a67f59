"""The structure of a zip file (APPNOTE.TXT 6.3.10): central directory, local headers, and whether they agree.

A zip can be read in two ways, by its central directory at the end or by its local headers from the start, and programs
differ in which they trust. `survey` reads both and compares them: whatever one reader could see and another not is a
problem with a stable name. Sizes and offsets are only ever compared with the file's own length, never allocated.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from gateway.model import ReadStatus
from gateway.readers.base import Budget, ReadError

LOCAL_MAGIC: Final = b"PK\x03\x04"
CENTRAL_MAGIC: Final = b"PK\x01\x02"
END_MAGIC: Final = b"PK\x05\x06"
_END64_MAGIC: Final = b"PK\x06\x06"
_LOCATOR64_MAGIC: Final = b"PK\x06\x07"
_DESCRIPTOR_MAGIC: Final = b"PK\x07\x08"
_SPAN_MARKERS: Final = (b"PK00", b"PK\x07\x08")

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_END64: Final = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64: Final = struct.Struct("<4sIQI")
_MAX32: Final = 0xFFFFFFFF
_MAX16: Final = 0xFFFF
END_SIZE: Final = _END.size
"""Octets of the end of central directory record before its comment."""
_END_SEARCH: Final = _MAX16 + _END.size + _LOCATOR64.size

FLAG_ENCRYPTED: Final = 0x1
FLAG_DESCRIPTOR: Final = 0x8
FLAG_STRONG: Final = 0x40
FLAG_UTF8: Final = 0x800
FLAG_HIDDEN_NAMES: Final = 0x2000


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One member as one of the two directories tells it."""

    raw_name: bytes
    name: str
    flags: int
    method: int
    crc: int
    compressed: int
    """Octets in the file."""
    size: int
    """Octets that it claims to make."""
    offset: int
    """Of the local header, from the start of the file."""
    data: int = -1
    """Where the compressed data begins; -1 when there is no local header."""
    extra: bytes = b""
    external: int = 0
    """External attributes: Unix mode in the upper half."""

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


@dataclass
class Survey:
    """What a zip holds, and what is wrong with its structure."""

    entries: list[Entry] = field(default_factory=list)
    """Every member that any reader could see, each once."""
    problems: list[str] = field(default_factory=list)
    """Stable names such as `zip-local-central-mismatch`; empty when the two directories tell one story."""
    volumes: bool = False
    """One part of a multi-volume archive."""
    hidden_names: bool = False
    """The central directory itself is encrypted."""
    prefix: int = 0
    """Octets before the first member."""

    def problem(self, name: str) -> None:
        """Note a problem once."""
        if name not in self.problems:
            self.problems.append(name)


@dataclass(frozen=True)
class End:
    """An end of central directory record, with its zip64 partner when there is one."""

    position: int
    finish: int
    """Where the record with its comment ends."""
    entries: int
    directory: int
    """Where the central directory begins, from the start of the file."""
    shift: int
    """What must be added to every stored offset (data before the archive that was not counted)."""
    disks: bool
    first: int
    """Where the trailing records begin (zip64 end, locator, end)."""


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
    locator = position - _LOCATOR64.size
    if locator >= 0 and data[locator : locator + 4] == _LOCATOR64_MAGIC:
        _, _, where, count = _LOCATOR64.unpack_from(data, locator)
        # Data before the archive moves the record; it stands right before its locator in all honest files.
        for start in (where, locator - _END64.size):
            if 0 <= start <= locator - _END64.size and data[start : start + 4] == _END64_MAGIC:
                total, size, offset = _END64.unpack_from(data, start)[7:]
                first = start
                disks = count > 1
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
        disks=disks or (offset == _MAX32 and first == position),
        first=first,
    )


def survey(data: bytes, budget: Budget) -> Survey:
    """Read both directories of a zip and compare them; MALFORMED when not even one of them can be read."""
    found = Survey()
    end = find_end(data)
    if end is None:
        _survey_headless(data, found, budget)
        return found
    if end.disks:
        found.volumes = True
    central = _central(data, end, found, budget)
    entries: list[Entry] = []
    spans: list[tuple[int, int]] = []
    for entry in central:
        local = _local_at(data, entry.offset)
        if local is None:
            found.problem("zip-no-local-header")
            continue
        if not _agree(entry, local):
            found.problem("zip-local-central-mismatch")
            entries.append(local)
        entries.append(_with_data(entry, local))
        if local.data + entry.compressed > end.directory:
            found.problem("zip-truncated")
            continue
        spans.append((entry.offset, _finish(data, entry, local)))
    found.entries = entries
    _check_spans(data, spans, end, found, budget)
    _check_names(found)
    if end.finish < len(data):
        found.problem("zip-trailing-data")
    return found


def _central(data: bytes, end: End, found: Survey, budget: Budget) -> list[Entry]:
    entries: list[Entry] = []
    position = end.directory
    while position + _CENTRAL.size <= end.first and data[position : position + 4] == CENTRAL_MAGIC:
        row = _CENTRAL.unpack_from(data, position)
        flags, method, crc, compressed, size = row[3], row[4], row[7], row[8], row[9]
        name_length, extra_length, comment_length, external, offset = row[10], row[11], row[12], row[15], row[16]
        start = position + _CENTRAL.size
        raw = data[start : start + name_length]
        extra = data[start + name_length : start + name_length + extra_length]
        position = start + name_length + extra_length + comment_length
        wide = _zip64(extra, ((size, _MAX32), (compressed, _MAX32), (offset, _MAX32)))
        size, compressed, offset = wide
        if flags & FLAG_HIDDEN_NAMES:
            found.hidden_names = True
        entries.append(
            Entry(
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
            )
        )
        _check_count(len(entries), budget)
    if len(entries) != end.entries or position != end.first:
        # More in the directory than counted, or something between it and the end record (a digital signature is not
        # seen in the wild; an encrypted central directory shows as garbage here).
        found.problem("zip-directory-size")
    return entries


def _check_count(count: int, budget: Budget) -> None:
    if count > max(budget.limit_files * 10, 20_000):
        raise ReadError(ReadStatus.LIMIT, "files")


def _local_at(data: bytes, position: int) -> Entry | None:
    if position < 0 or position + _LOCAL.size > len(data) or data[position : position + 4] != LOCAL_MAGIC:
        return None
    _, _, flags, method, _, _, crc, compressed, size, name_length, extra_length = _LOCAL.unpack_from(data, position)
    start = position + _LOCAL.size
    if start + name_length + extra_length > len(data):
        return None
    raw = data[start : start + name_length]
    extra = data[start + name_length : start + name_length + extra_length]
    size, compressed = _zip64(extra, ((size, _MAX32), (compressed, _MAX32)))
    return Entry(
        raw_name=raw,
        name=decode_name(raw, flags, extra),
        flags=flags,
        method=method,
        crc=crc,
        compressed=compressed,
        size=size,
        offset=position,
        data=start + name_length + extra_length,
        extra=extra,
    )


def _agree(central: Entry, local: Entry) -> bool:
    """Whether both headers tell the same of one member; a data descriptor leaves the local numbers zero."""
    if central.raw_name != local.raw_name or central.method != local.method:
        return False
    if (central.flags ^ local.flags) & (FLAG_ENCRYPTED | FLAG_STRONG):
        return False
    if local.flags & FLAG_DESCRIPTOR:
        # Streaming writers store zeros; a few fill in what they know.
        return (
            local.crc in (0, central.crc)
            and local.compressed in (0, central.compressed, _MAX32)
            and local.size in (0, central.size, _MAX32)
        )
    return (local.crc, local.compressed, local.size) == (central.crc, central.compressed, central.size)


def _with_data(central: Entry, local: Entry) -> Entry:
    return Entry(
        raw_name=central.raw_name,
        name=central.name,
        flags=central.flags,
        method=central.method,
        crc=central.crc,
        compressed=central.compressed,
        size=central.size,
        offset=central.offset,
        data=local.data,
        extra=central.extra or local.extra,
        external=central.external,
    )


def _finish(data: bytes, entry: Entry, local: Entry) -> int:
    """Return where a member with its data descriptor ends."""
    end = local.data + entry.compressed
    if not local.flags & FLAG_DESCRIPTOR:
        return end
    magic = 4 if data[end : end + 4] == _DESCRIPTOR_MAGIC else 0
    crc = entry.crc.to_bytes(4, "little")
    if data[end + magic : end + magic + 4] != crc and not entry.encrypted:
        return end
    narrow = struct.pack("<II", entry.compressed & _MAX32, entry.size & _MAX32)
    wide = struct.pack("<QQ", entry.compressed, entry.size)
    if data[end + magic + 4 : end + magic + 20] == wide:
        return end + magic + 20
    if data[end + magic + 4 : end + magic + 12] == narrow:
        return end + magic + 12
    return end


def _check_spans(data: bytes, spans: list[tuple[int, int]], end: End, found: Survey, budget: Budget) -> None:
    """Look for members that overlap, and for octets that belong to none."""
    position = 0
    for start, finish in sorted(spans):
        if start < position:
            found.problem("zip-overlap")
        elif start > position:
            _check_gap(data, position, start, found, budget, first=position == 0)
        position = max(position, finish)
    if position < end.directory:
        _check_gap(data, position, end.directory, found, budget, first=position == 0)


def _check_gap(data: bytes, start: int, stop: int, found: Survey, budget: Budget, *, first: bool) -> None:
    """Judge octets between members; members hidden there are added."""
    gap = data[start:stop]
    if first:
        found.prefix = len(gap)
        if gap in _SPAN_MARKERS:
            return
    hidden = _walk_locals(data, start, stop, budget)
    if hidden:
        found.problem("zip-hidden-member")
        found.entries.extend(hidden)
    elif END_MAGIC in gap:
        found.problem("zip-concatenated")
    elif gap.strip(b"\0"):
        # Zero padding is what alignment tools leave (zipalign); anything else is data that nobody accounts for.
        found.problem("zip-prefix-data" if first else "zip-gap")


def _walk_locals(data: bytes, start: int, stop: int, budget: Budget) -> list[Entry]:
    """Return the members whose local headers stand in a stretch of the file."""
    entries: list[Entry] = []
    position = start
    while (position := data.find(LOCAL_MAGIC, position, stop)) >= 0:
        local = _local_at(data, position)
        if local is None or not local.raw_name:
            position += 4
            continue
        if local.flags & FLAG_DESCRIPTOR and local.compressed == 0:
            local = _until_descriptor(data, local, stop)
        entries.append(local)
        _check_count(len(entries), budget)
        position = max(position + 4, min(local.data + local.compressed, stop))
    return entries


def _until_descriptor(data: bytes, local: Entry, stop: int) -> Entry:
    """Give a streamed member the length that its data descriptor, or the next header, implies."""
    ends = [
        place
        for magic in (_DESCRIPTOR_MAGIC, LOCAL_MAGIC, CENTRAL_MAGIC)
        if (place := data.find(magic, local.data, stop)) >= 0
    ]
    finish = min(ends, default=stop)
    crc, size = local.crc, local.size
    if data[finish : finish + 4] == _DESCRIPTOR_MAGIC and finish + 16 <= len(data):
        crc, _, size = struct.unpack_from("<III", data, finish + 4)
    return Entry(
        raw_name=local.raw_name,
        name=local.name,
        flags=local.flags,
        method=local.method,
        crc=crc,
        compressed=finish - local.data,
        size=size,
        offset=local.offset,
        data=local.data,
        extra=local.extra,
    )


def _survey_headless(data: bytes, found: Survey, budget: Budget) -> None:
    """Read what stands in a zip without central directory: a cut file, or the first of several volumes."""
    found.entries = _walk_locals(data, 0, len(data), budget)
    if not found.entries and not data.startswith((END_MAGIC, LOCAL_MAGIC, _DESCRIPTOR_MAGIC)):
        raise ReadError(ReadStatus.MALFORMED, "zip")
    if data.startswith(_DESCRIPTOR_MAGIC):
        found.volumes = True  # APPNOTE 8.5.3: the marker of a split archive
    found.problem("zip-no-central-directory")
    _check_names(found)


def _check_names(found: Survey) -> None:
    """Names that two programs would take for different files, or for the same."""
    seen: dict[str, str] = {}
    for entry in found.entries:
        if b"\0" in entry.raw_name:
            found.problem("zip-nul-in-name")
        folded = entry.name.replace("\\", "/").casefold()
        before = seen.setdefault(folded, entry.name)
        if entry.folder:
            continue
        if before != entry.name:
            found.problem("zip-case-duplicate-name")
    names = [entry.name for entry in found.entries if not entry.folder]
    if len(set(names)) != len(names) and "zip-local-central-mismatch" not in found.problems:
        found.problem("zip-duplicate-name")


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
    """Return a member's name as a person would see it; never fails.

    UTF-8 when flagged (bit 11), when the Info-ZIP Unicode path says so, or when it is valid as such; else the code page
    of DOS, or of Windows for Vietnamese.
    """
    unicode_path = extra_field(extra, 0x7075)
    if unicode_path is not None and len(unicode_path) > 5:
        raw = unicode_path[5:]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace") if flags & FLAG_UTF8 else raw.decode("cp437")
