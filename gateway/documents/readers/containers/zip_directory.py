"""The structure of a zip file (APPNOTE.TXT 6.3.10): whether central directory and local headers agree.

A zip can be read in two ways, by its central directory at the end or by its local headers from the start, and programs
differ in which they trust. `survey` reads both and compares them: whatever one reader could see and another not is a
problem with a stable name. Sizes and offsets are only ever compared with the file's own length, never allocated.
"""

from __future__ import annotations

import functools
import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.containers import FILLING
from gateway.documents.readers.containers.zip_headers import (
    DEFLATED,
    DESCRIPTOR_MAGIC,
    END_MAGIC,
    FLAG_DESCRIPTOR,
    FLAG_ENCRYPTED,
    FLAG_HIDDEN_NAMES,
    FLAG_STRONG,
    LOCAL_MAGIC,
    MAX32,
    UNICODE_PATH,
    End,
    Entry,
    central_at,
    extra_field,
    find_end,
    local_at,
)
from gateway.model import ReadStatus

_LEAST_LIMIT: Final = 20_000
"""Members from which on a zip may be more than is looked at."""
_STEP, _MOST = 1 << 16, 1 << 20
"""Bytes of a stream that are looked at in one go, and what these may make at a time."""
_UNPACKED: Final = 256 << 20
_SPAN_MARKERS: Final = (b"PK00", b"PK\x07\x08")


@dataclass
class Survey:
    """Contents of a zip, and the faults of its structure."""

    entries: list[Entry] = field(default_factory=list)
    """Every member that any reader could see, each once."""
    listed: list[Entry] | None = None
    """The members of the central directory, with where their data begins; None when there is no such directory."""
    problems: list[str] = field(default_factory=list)
    """Stable names such as `zip-local-central-mismatch`; empty when the two directories tell one story."""
    volumes: bool = False
    """One part of a multi-volume archive."""
    hidden_names: bool = False
    """The central directory itself is encrypted."""
    directory: int = 0
    """Offset of the central directory."""
    prefix: int = 0
    """Bytes before the first member."""

    def problem(self, name: str) -> None:
        """Note a problem once."""
        if name not in self.problems:
            self.problems.append(name)


def survey(data: bytes, budget: Budget) -> Survey:
    """Read both directories of a zip and compare them; MALFORMED when not even one of them can be read.

    All callers use this, and the last results are kept, so that all see the same members.
    """
    return _survey(data, max(budget.limit_files * 10, _LEAST_LIMIT))


@functools.lru_cache(maxsize=2)
def _survey(data: bytes, limit: int) -> Survey:
    found = Survey()
    end = find_end(data)
    if end is None:
        _survey_headless(data, found, limit)
        return found
    if end.disks:
        found.volumes = True
    if end.contradicts:
        found.problem("zip-two-directories")
    central = _central(data, end, found, limit)
    entries: list[Entry] = []
    spans: list[tuple[int, int]] = []
    found.listed, found.directory = [], end.directory
    for entry in central:
        local = local_at(data, entry.offset)
        if local is None:
            found.problem("zip-no-local-header")
            found.listed.append(entry)
            continue
        found.listed.append(replace(entry, data=local.data))
        if not _agree(entry, local):
            found.problem("zip-local-central-mismatch")
            entries.append(local)
        if any(_has_another_name(entry.raw_name, extra) for extra in (entry.extra, local.extra)):
            found.problem("zip-second-name")
        entries.append(replace(entry, time=local.time, data=local.data, extra=entry.extra or local.extra))
        if local.data + entry.compressed > end.directory:
            found.problem("zip-truncated")
            continue
        spans.append((entry.offset, _finish(data, entry, local)))
    found.entries = entries
    _check_spans(data, spans, end, found, limit)
    if "zip-overlap" not in found.problems and _hides_member(data, found.listed, end.directory):
        found.problem("zip-hidden-member")
    _check_names(found)
    if data[end.finish :].strip(FILLING):
        found.problem("zip-trailing-data")
    return found


def _central(data: bytes, end: End, found: Survey, limit: int) -> list[Entry]:
    entries: list[Entry] = []
    position = end.directory
    while (row := central_at(data, position, end)) is not None:
        entry, position = row
        found.hidden_names = found.hidden_names or bool(entry.flags & FLAG_HIDDEN_NAMES)
        entries.append(entry)
        _check_count(len(entries), limit)
    if len(entries) != end.entries or position != end.first:
        # More in the directory than counted, or something between it and the end record (a digital signature is not
        # seen in the wild; an encrypted central directory shows as garbage here).
        found.problem("zip-directory-size")
    return entries


def _check_count(count: int, limit: int) -> None:
    if count > limit:
        raise ReadError(ReadStatus.LIMIT, "files")


def _agree(central: Entry, local: Entry) -> bool:
    """Return whether both headers of a member agree; a data descriptor leaves the local numbers zero."""
    if central.raw_name != local.raw_name or central.method != local.method:
        return False
    if (central.flags ^ local.flags) & (FLAG_ENCRYPTED | FLAG_STRONG):
        return False
    if local.flags & FLAG_DESCRIPTOR:
        # Streaming writers store zeros; a few fill in what they know.
        return (
            local.crc in (0, central.crc)
            and local.compressed in (0, central.compressed, MAX32)
            and local.size in (0, central.size, MAX32)
        )
    return (local.crc, local.compressed, local.size) == (central.crc, central.compressed, central.size)


def _has_another_name(raw: bytes, extra: bytes) -> bool:
    """Return whether an Info-ZIP Unicode path (APPNOTE §4.6.9) is of another name, or renames a member whose name needs no other."""
    path = extra_field(extra, UNICODE_PATH)
    if path is None or path[5:] == raw:
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        # The checksum of the plain name, by which programs see that it was changed since.
        return int.from_bytes(path[1:5], "little") != zlib.crc32(raw)
    return True


def _hides_member(data: bytes, listed: list[Entry], stop: int) -> bool:
    """Return whether a member follows the end of a deflated stream, within its bytes: a reader from the front finds it.

    Members that make more than is ever unpacked are left out; reading them reaches that limit.
    """
    left = _UNPACKED
    for entry in listed:
        start, finish = entry.data, min(entry.data + entry.compressed, stop)
        if entry.method != DEFLATED or entry.encrypted or start < 0 or data.find(LOCAL_MAGIC, start, finish) < 0:
            continue
        end, made = _stream_end(data, start, finish, left)
        left -= made
        if end is not None and data.find(LOCAL_MAGIC, end, finish) >= 0:
            return True
    return False


def _stream_end(data: bytes, start: int, finish: int, limit: int) -> tuple[int | None, int]:
    """Return where a deflated stream ends, None where it does not or makes more than `limit`, and how many bytes it made."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    made = 0
    try:
        for at in range(start, finish, _STEP):
            rest = data[at : min(at + _STEP, finish)]
            while rest and not stream.eof:
                made += len(stream.decompress(rest, _MOST))
                rest = stream.unconsumed_tail
                if made > limit:
                    return None, made
            if stream.eof:
                return min(at + _STEP, finish) - len(stream.unused_data), made
    except zlib.error:
        pass  # which its reader says
    return None, made


def _finish(data: bytes, entry: Entry, local: Entry) -> int:
    """Return where a member with its data descriptor ends."""
    end = local.data + entry.compressed
    if not local.flags & FLAG_DESCRIPTOR:
        return end
    magic = 4 if data[end : end + 4] == DESCRIPTOR_MAGIC else 0
    crc = entry.crc.to_bytes(4, "little")
    if data[end + magic : end + magic + 4] != crc and not entry.encrypted:
        return end
    narrow = struct.pack("<II", entry.compressed & MAX32, entry.size & MAX32)
    wide = struct.pack("<QQ", entry.compressed, entry.size)
    if data[end + magic + 4 : end + magic + 20] == wide:
        return end + magic + 20
    if data[end + magic + 4 : end + magic + 12] == narrow:
        return end + magic + 12
    return end


def _check_spans(data: bytes, spans: list[tuple[int, int]], end: End, found: Survey, limit: int) -> None:
    """Look for members that overlap, and for bytes that belong to none."""
    position = 0
    for start, finish in sorted(spans):
        if start < position:
            found.problem("zip-overlap")
        elif start > position:
            _check_gap(data, position, start, found, limit, first=position == 0)
        position = max(position, finish)
    if position < end.directory:
        _check_gap(data, position, end.directory, found, limit, first=position == 0)


def _check_gap(data: bytes, start: int, stop: int, found: Survey, limit: int, *, first: bool) -> None:
    """Judge bytes between members; members hidden there are added."""
    gap = data[start:stop]
    if first:
        found.prefix = len(gap)
        if gap in _SPAN_MARKERS:
            return
    hidden = _walk_locals(data, start, stop, limit)
    if hidden:
        found.problem("zip-hidden-member")
        found.entries.extend(hidden)
    elif END_MAGIC in gap:
        found.problem("zip-concatenated")
    elif gap.strip(b"\0"):
        # Zero padding is what alignment tools leave (zipalign); anything else is data of no member.
        found.problem("zip-prefix-data" if first else "zip-gap")


def _walk_locals(data: bytes, start: int, stop: int, limit: int) -> list[Entry]:
    """Return the members whose local headers are in a range of the file."""
    entries: list[Entry] = []
    position = start
    while (position := data.find(LOCAL_MAGIC, position, stop)) >= 0:
        local = local_at(data, position)
        if local is None or not local.raw_name:
            position += 4
            continue
        entries.append(local)
        _check_count(len(entries), limit)
        position = max(position + 4, min(local.data + local.compressed, stop))
    return entries


def _survey_headless(data: bytes, found: Survey, limit: int) -> None:
    """Read the members of a zip without central directory: a cut file, or the first of several volumes."""
    found.entries = _walk_locals(data, 0, len(data), limit)
    if not found.entries and not data.startswith((END_MAGIC, LOCAL_MAGIC, DESCRIPTOR_MAGIC)):
        raise ReadError(ReadStatus.MALFORMED, "zip")
    if data.startswith(DESCRIPTOR_MAGIC):
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
