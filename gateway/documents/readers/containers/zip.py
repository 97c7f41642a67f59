"""A zip package as its readers, the signature checks and `gateway fix` see it: one list of members, each checked as it is read.

`Zip` lists what the central directory lists; `problems` names what another program could see (`zip_directory`). Members are
inflated on demand against the budget; sizes and checksums that the zip states are verified, never trusted. Names that
differ only in case, encrypted members, other methods than deflate and wrong sizes are refused, because two programs
would see two documents.
"""

from __future__ import annotations

import zlib
from typing import Final

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.containers.zip_directory import survey
from gateway.documents.readers.containers.zip_headers import (
    DEFLATED,
    FLAG_ENCRYPTED,
    FLAG_HIDDEN_NAMES,
    FLAG_STRONG,
    STORED,
    Entry,
)
from gateway.documents.readers.containers.zip_streams import Zlib, collect, pieces
from gateway.model import ReadStatus

LIMIT_PARTS: Final = 20_000
"""Members that one package may have."""


class Zip:
    """The members of a package by name; ReadError when two programs would not agree on them."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        found = survey(data, budget)
        if found.listed is None:
            raise ReadError(ReadStatus.MALFORMED, "zip")
        if found.volumes:
            raise ReadError(ReadStatus.UNSUPPORTED, "multi-volume")
        if len(found.listed) > LIMIT_PARTS:
            raise ReadError(ReadStatus.LIMIT, "files")
        self._data = data
        self._budget = budget
        self.problems: tuple[str, ...] = tuple(found.problems)
        self.entries: dict[str, Entry] = {}
        """By name as stored, `\\` read as `/`, without leading slash; folders left out."""
        seen: set[str] = set()
        for entry in found.listed:
            if b"\0" in entry.raw_name:
                raise ReadError(ReadStatus.MALFORMED, "zip-name")
            name = entry.name.replace("\\", "/").lstrip("/")
            if not name or name.endswith("/"):
                continue
            if entry.flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_HIDDEN_NAMES):
                raise ReadError(ReadStatus.ENCRYPTED, "zip-entry-encrypted")
            if name.casefold() in seen:
                raise ReadError(ReadStatus.MALFORMED, "zip-duplicate-name")
            seen.add(name.casefold())
            self.entries[name] = entry

    def read(self, name: str) -> bytes:
        """Return the content of a member; raises `ReadError` for anything that does not add up."""
        return content(self._data, self.entries[name], self._budget)


def content(data: bytes, entry: Entry, budget: Budget) -> bytes:
    """Return the content of a stored or deflated member, charging the budget while it grows.

    Raises `ReadError`: MALFORMED `zip`, `zip-truncated`, `zip-deflate`, `zip-size-mismatch`, `zip-crc`; UNSUPPORTED
    `zip-method`; LIMIT from the budget.
    """
    if entry.data < 0:
        raise ReadError(ReadStatus.MALFORMED, "zip")
    packed = memoryview(data)[entry.data : entry.data + entry.compressed]
    if len(packed) != entry.compressed:
        raise ReadError(ReadStatus.MALFORMED, "zip-truncated")
    match entry.method:
        case method if method == STORED:
            budget.take_bytes(len(packed))
            result = bytes(packed)
        case method if method == DEFLATED:
            stream = Zlib(-zlib.MAX_WBITS)
            result = collect(pieces(stream, packed), len(packed), budget, fault="zip-deflate")
            if stream.unused_data:
                raise ReadError(ReadStatus.MALFORMED, "zip-deflate")
        case _:
            raise ReadError(ReadStatus.UNSUPPORTED, "zip-method")
    if len(result) != entry.size:
        raise ReadError(ReadStatus.MALFORMED, "zip-size-mismatch")
    if zlib.crc32(result) != entry.crc:
        raise ReadError(ReadStatus.MALFORMED, "zip-crc")
    return result
