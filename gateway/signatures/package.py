"""A zip package (OOXML, ODF, ASiC) opened so that everybody sees the same members (APPNOTE 6.3.10).

Signed packages are attacked through the container: two members of one name, a local header that tells another story than
the central directory, bytes before or between the members. `Package.problems` names each such thing; a package with any of
them is one that two readers may see differently, and no signature on it stands. Reading is bounded.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, field

from gateway.signatures.wall import LibraryFault, wall

_LIMIT_BYTES = 256 << 20
_LIMIT_MEMBER = 64 << 20
_LIMIT_MEMBERS = 5000
_LIMIT_RATIO = 400
_LOCAL = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE, _END_64_SIGNATURE = b"PK\x05\x06", b"PK\x06\x06"
_UNICODE_PATH = 0x7075


@dataclass
class Package:
    """Members of a package by name; `names` holds files only, in the order of the central directory."""

    names: tuple[str, ...]
    problems: tuple[str, ...]
    _archive: zipfile.ZipFile = field(repr=False)
    _read: dict[str, bytes] = field(default_factory=dict, repr=False)
    _used: int = 0
    _folded: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._folded = {name.lower(): name for name in reversed(self.names)}

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a file of exactly this name."""
        return isinstance(name, str) and self._folded.get(name.lower()) == name

    def read(self, name: str) -> bytes:
        """Return a member; LibraryFault when it is missing, damaged, encrypted or too large."""
        if name in self._read:
            return self._read[name]
        with wall("member"):
            info = self._archive.getinfo(name)
            if info.flag_bits & 1 or info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise LibraryFault("member", "encrypted or unusual compression")
            budget = min(_LIMIT_MEMBER, _LIMIT_BYTES - self._used)
            with self._archive.open(info) as stream:
                data = stream.read(budget + 1)
            if len(data) > budget or len(data) > max(1 << 20, _LIMIT_RATIO * (info.compress_size + 1)):
                raise LibraryFault("member", "too large")
        self._used += len(data)
        self._read[name] = data
        return data

    def find(self, name: str) -> str | None:
        """Return the member whose name is the same but for the case of letters (ECMA-376-2 §7.3.5)."""
        return self._folded.get(name.lower())


def open_package(data: bytes) -> Package:
    """Open a package; LibraryFault when it is no zip archive."""
    with wall("zip"):
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
        if len(entries) > _LIMIT_MEMBERS:
            raise LibraryFault("zip", "too many members")
        names = tuple(entry.filename for entry in entries if not entry.filename.endswith("/"))
        problems = [
            *_name_problems(entries),
            *_layout_problems(data, archive, entries),
            *_directory_problems(data, archive, len(entries)),
        ]
    return Package(names, tuple(dict.fromkeys(problems)), archive)


def _name_problems(entries: list[zipfile.ZipInfo]) -> list[str]:
    names = [entry.filename for entry in entries]
    found = []
    if len({name.lower() for name in names}) != len(names):
        found.append("duplicate-members")
    if any("\0" in entry.orig_filename for entry in entries):
        found.append("unsafe-member-name")  # some end the name there
    if any(name.startswith("/") or "\\" in name or ".." in name.split("/") for name in names):
        found.append("unsafe-member-name")
    if any(entry.filename.endswith("/") and entry.file_size for entry in entries):
        found.append("unsafe-member-name")  # a folder with content is a file to some
    return found


def _layout_problems(data: bytes, archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> list[str]:
    """Compare local headers with the central directory, and account for every byte before it."""
    found = []
    position = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        start = entry.header_offset
        if start < position:
            found.append("overlapping-members")
        elif start > position and b"PK\x03\x04" in data[position:start]:
            found.append("hidden-member")
        elif position == 0 and start > 0:
            found.append("leading-bytes")
        header = data[start : start + _LOCAL.size]
        if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
            found.append("local-header-mismatch")
            continue
        _, _, flags, method, _, _, _, compressed, _, name_length, extra_length = _LOCAL.unpack(header)
        name = data[start + _LOCAL.size : start + _LOCAL.size + name_length]
        raw = entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437", "replace")
        extra = data[start + _LOCAL.size + name_length :][:extra_length]
        if any(_has_another_name(entry, one) for one in (entry.extra, extra)):
            found.append("local-header-mismatch")
        same_size = bool(flags & 8) or compressed in {entry.compress_size, 0xFFFFFFFF}
        if name != raw or method != entry.compress_type or not same_size or (flags ^ entry.flag_bits) & 1:
            found.append("local-header-mismatch")
        begin = start + _LOCAL.size + name_length + extra_length
        position = begin + entry.compress_size
        if flags & 8 and entry.compress_type == zipfile.ZIP_DEFLATED and _hides_member(data[begin:position]):
            found.append("hidden-member")
    if b"PK\x03\x04" in data[position : archive.start_dir]:
        found.append("hidden-member")
    return found


def _hides_member(compressed: bytes) -> bool:
    """Whether a member follows the end of a deflated stream, within its octets, where who reads without the directory finds it."""
    if b"PK\x03\x04" not in compressed:
        return False
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    left = compressed
    while left and not stream.eof:
        stream.decompress(left, 1 << 20)
        left = stream.unconsumed_tail
    return b"PK\x03\x04" in stream.unused_data


def _directory_problems(data: bytes, archive: zipfile.ZipFile, count: int) -> list[str]:
    """Compare what the end of the archive says of the directory with the directory that was read (APPNOTE §4.3.16).

    Readers differ in which end they take when there are several, and in whether the one of zip64 goes before the plain one.
    """
    tail = data[archive.start_dir :]
    if tail.count(_END_SIGNATURE) != 1 or tail.count(_END_64_SIGNATURE) > 1:
        return ["two-directories"]
    place = tail.index(_END_SIGNATURE)
    _, disk, first_disk, here, total, size, offset, _ = _END.unpack_from(tail, place)
    directory_end = tail.find(_END_64_SIGNATURE)
    expected = directory_end if directory_end >= 0 else place
    counts = {count & 0xFFFF, 0xFFFF}
    agrees = offset in {archive.start_dir, 0xFFFFFFFF} and size in {expected, 0xFFFFFFFF}
    if not agrees or here not in counts or total not in counts or not {disk, first_disk} <= {0, 0xFFFF}:
        return ["two-directories"]
    return []


def _has_another_name(entry: zipfile.ZipInfo, extra: bytes) -> bool:
    """Whether an extra field (Info-ZIP Unicode Path, APPNOTE §4.6.9) renames a member whose plain name needs no other."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == _UNICODE_PATH and entry.filename.isascii():
            return extra[9 : 4 + length] != entry.filename.encode()
        extra = extra[4 + length :]
    return False
