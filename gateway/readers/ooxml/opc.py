"""Open Packaging Conventions (ISO/IEC 29500-2): a package as parts with types and relationships, read with care.

`OpcPackage` opens the zip itself only as far as the central directory and inflates each part on demand against the
budget; sizes and checksums that the zip states are verified, never trusted. Names that differ only in case, encrypted
entries, unknown compression methods and sizes that lie are refused, because two programs would see two documents.
Whether local and central directory tell the same story throughout is the business of the archive reader.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Protocol
from urllib.parse import unquote

from gateway.model import ReadStatus
from gateway.readers.base import Budget, ReadError
from gateway.readers.ooxml.xml import NAMES, Element, parse

LIMIT_PARTS: Final = 20_000
"""Entries that one package may have."""
_LOCAL: Final = struct.Struct("<4sHHHHHLLLHH")
_STEP: Final = 1 << 20


@dataclass(frozen=True)
class Relationship:
    """One relationship of a part or of the package (part name empty)."""

    source: str
    id: str
    kind: str
    """Last segment of the relationship type: `image`, `officeDocument`, `hyperlink` ..."""
    target: str
    """Absolute part name without leading slash, or the target as written when external."""
    external: bool


class Package(Protocol):
    """What the readers of OOXML need of a package, zipped or flat."""

    names: tuple[str, ...]
    """Part names without leading slash, in the order of the container, relationships and content types left out."""

    def read(self, name: str) -> bytes:
        """Return the bytes of a part; raises `ReadError`."""
        ...

    def content_type(self, name: str) -> str:
        """Return the content type of a part in lower case, empty when none is given."""
        ...

    def relationships(self, name: str = "") -> tuple[Relationship, ...]:
        """Return the relationships of a part, of the package itself for the empty name."""
        ...

    def find(self, name: str) -> str | None:
        """Return the stored spelling of a part name, None when the package has no such part."""
        ...


class ZipParts:
    """The entries of a zip as a mapping of names to bytes, inflated on demand and charged to the budget."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data = data
        self._budget = budget
        try:
            with zipfile.ZipFile(BytesIO(data)) as archive:
                entries = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error, ValueError, OSError):
            raise ReadError(ReadStatus.MALFORMED, "zip") from None
        if len(entries) > LIMIT_PARTS:
            raise ReadError(ReadStatus.LIMIT, "files")
        self.entries: dict[str, zipfile.ZipInfo] = {}
        """By name as stored, `\\` read as `/`, without leading slash; folders left out."""
        seen: set[str] = set()
        for entry in entries:
            # zipfile cuts names at NUL; the original shows what another program may see.
            if "\0" in entry.orig_filename:
                raise ReadError(ReadStatus.MALFORMED, "zip-name")
            name = entry.filename.replace("\\", "/").lstrip("/")
            if not name or name.endswith("/"):
                continue
            if entry.flag_bits & 0x2041:
                raise ReadError(ReadStatus.ENCRYPTED, "zip-entry-encrypted")
            folded = name.casefold()
            if folded in seen:
                raise ReadError(ReadStatus.MALFORMED, "zip-duplicate-name")
            seen.add(folded)
            self.entries[name] = entry

    def read(self, name: str) -> bytes:
        """Return the bytes of the entry; raises `ReadError` for anything that does not add up."""
        return inflate(self._data, self.entries[name], self._budget)


def inflate(data: bytes, entry: zipfile.ZipInfo, budget: Budget) -> bytes:
    """Return the content of a zip entry, charging the budget while it grows.

    Raises `ReadError`: MALFORMED `zip-local-central-mismatch`, `zip-size-mismatch`, `zip-crc`; UNSUPPORTED
    `zip-method`; LIMIT from the budget.
    """
    start = entry.header_offset
    if start < 0 or start + _LOCAL.size > len(data):
        raise ReadError(ReadStatus.MALFORMED, "zip")
    signature, _, _, method, *_, name_length, extra_length = _LOCAL.unpack_from(data, start)
    if signature != b"PK\x03\x04" or method != entry.compress_type:
        raise ReadError(ReadStatus.MALFORMED, "zip-local-central-mismatch")
    start += _LOCAL.size + name_length + extra_length
    packed = memoryview(data)[start : start + entry.compress_size]
    if len(packed) != entry.compress_size:
        raise ReadError(ReadStatus.MALFORMED, "zip-truncated")
    match entry.compress_type:
        case zipfile.ZIP_STORED:
            budget.take_bytes(len(packed))
            result = bytes(packed)
        case zipfile.ZIP_DEFLATED:
            result = _inflate(packed, entry.file_size, budget)
        case _:
            raise ReadError(ReadStatus.UNSUPPORTED, "zip-method")
    if len(result) != entry.file_size:
        raise ReadError(ReadStatus.MALFORMED, "zip-size-mismatch")
    if zlib.crc32(result) != entry.CRC:
        raise ReadError(ReadStatus.MALFORMED, "zip-crc")
    return result


def _inflate(packed: memoryview, stated: int, budget: Budget) -> bytes:
    decoder = zlib.decompressobj(-zlib.MAX_WBITS)
    pieces: list[bytes] = []
    produced = 0
    tail: bytes | memoryview = packed
    try:
        while True:
            piece = decoder.decompress(tail, _STEP)
            produced += len(piece)
            budget.take_bytes(len(piece))
            budget.check_ratio(produced, len(packed))
            pieces.append(piece)
            tail = decoder.unconsumed_tail
            if decoder.eof or (not tail and not piece):
                break
            if produced > stated:
                raise ReadError(ReadStatus.MALFORMED, "zip-size-mismatch")
    except zlib.error:
        raise ReadError(ReadStatus.MALFORMED, "zip-deflate") from None
    if not decoder.eof or decoder.unused_data:
        raise ReadError(ReadStatus.MALFORMED, "zip-deflate")
    return b"".join(pieces)


class OpcPackage:
    """A zipped package."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._parts = ZipParts(data, budget)
        self._index = PartIndex(self._parts.entries, self._parts.read)
        self.names = self._index.names

    def read(self, name: str) -> bytes:
        """Return the bytes of a part."""
        return self._parts.read(name)

    def content_type(self, name: str) -> str:
        """Return the content type of a part."""
        return self._index.content_type(name)

    def relationships(self, name: str = "") -> tuple[Relationship, ...]:
        """Return the relationships of a part or of the package."""
        return self._index.relationships(name)

    def find(self, name: str) -> str | None:
        """Return the stored spelling of a part name."""
        return self._index.find(name)


class Reader(Protocol):
    """Gives the bytes of a stored name."""

    def __call__(self, name: str, /) -> bytes:
        """Return the bytes; raises `ReadError`."""
        ...


class PartIndex:
    """Content types and relationships over any collection of named parts."""

    def __init__(self, stored: dict[str, zipfile.ZipInfo] | dict[str, bytes], read: Reader) -> None:
        self._read = read
        self._spelling = {name.casefold(): name for name in stored}
        self.names = tuple(name for name in stored if not _is_plumbing(name))
        self._defaults: dict[str, str] = {}
        self._overrides: dict[str, str] = {}
        self._relationships: dict[str, tuple[Relationship, ...]] = {}
        types = self._spelling.get("[content_types].xml")
        if types is not None:
            self._load_types(parse(read(types)))

    def _load_types(self, root: Element) -> None:
        for child in root:
            kind = (child.get("ContentType") or "").strip().lower()
            match NAMES[child.tag]:
                case "ct:Default":
                    self._defaults[(child.get("Extension") or "").casefold()] = kind
                case "ct:Override":
                    self._overrides[_part_name(child.get("PartName") or "").casefold()] = kind
                case _:
                    continue

    def content_type(self, name: str) -> str:
        """Return the type by override, else by extension."""
        folded = name.casefold()
        return self._overrides.get(folded) or self._defaults.get(folded.rpartition(".")[2], "")

    def find(self, name: str) -> str | None:
        """Return the stored spelling."""
        return self._spelling.get(name.casefold())

    def relationships(self, name: str = "") -> tuple[Relationship, ...]:
        """Return the relationships of a part, none when it has no relationships part."""
        known = self._relationships.get(name)
        if known is None:
            folder, _, base = name.rpartition("/")
            stored = self.find(f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels")
            known = tuple(self._load_relationships(stored, name)) if stored else ()
            self._relationships[name] = known
        return known

    def _load_relationships(self, stored: str, source: str) -> Iterator[Relationship]:
        folder = source.rpartition("/")[0]
        for child in parse(self._read(stored)):
            if NAMES[child.tag] != "rel:Relationship":
                continue
            external = (child.get("TargetMode") or "").lower() == "external"
            target = child.get("Target") or ""
            yield Relationship(
                source=source,
                id=child.get("Id") or "",
                kind=(child.get("Type") or "").rstrip("/").rpartition("/")[2],
                target=target if external else _resolve(folder, target),
                external=external,
            )


def _is_plumbing(name: str) -> bool:
    folded = name.casefold()
    return folded == "[content_types].xml" or (folded.endswith(".rels") and "_rels/" in folded)


def _part_name(name: str) -> str:
    return unquote(name.replace("\\", "/")).lstrip("/")


def _resolve(folder: str, target: str) -> str:
    """Part name of a relative reference (RFC 3986 §5.2, as OPC uses it); fragments do not count."""
    target = _part_name_keep_root(target.partition("#")[0])
    joined = target if target.startswith("/") else posixpath.join("/" + folder, target)
    return posixpath.normpath(joined).lstrip("/") if target else ""


def _part_name_keep_root(name: str) -> str:
    return unquote(name.replace("\\", "/"))
