"""CAB, ISO 9660, LHA, cpio, ar and XAR archives, and rare single compressed files, to members by libarchive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.documents.readers.archives import libarchive
from gateway.documents.readers.archives.stream import inner_name
from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.containers import Contents, caught
from gateway.model import ReadStatus
from gateway.model.formats import BY_TYPE

_SINGLE: Final = frozenset({"lz4", "lzma", "lzip", "compress"})
"""Formats that pack one file."""


def read(source: Source, budget: Budget) -> Reading:
    """Return the members of the archive."""
    kind = BY_TYPE[source.detected_type].name
    # A cabinet may stand inside a program that unpacks it.
    data = source.data[max(0, source.data.find(b"MSCF")) :] if kind == "cab" else source.data
    contents = Contents(source, kind, budget)
    gather(contents, data, kind, (inner_name(source),) if kind in _SINGLE else ())
    if [member.data for member in contents.members] == [source.data] and kind in _SINGLE:
        contents.members.clear()  # nothing was unpacked
        contents.fault(ReadStatus.MALFORMED, "damaged-archive")
    if not contents.members and not contents.faults and len(data) > 1024:
        contents.fault(ReadStatus.MALFORMED, "damaged-archive")
    return contents.reading()


def gather(contents: Contents, data: bytes, kind: str, names: Sequence[str] = ()) -> int:
    """Add the members of an archive to `contents` and return how many files were listed.

    `names`, when given, are the names of the files in the order of the archive.
    """
    listed = 0
    with contents.filling():
        for entry in libarchive.entries(data, kind, contents.budget):
            if entry.folder or entry.link:
                continue
            listed += 1
            if entry.encrypted:
                caught(contents, ReadError(ReadStatus.ENCRYPTED, "password"))
            elif entry.fault is not None:
                caught(contents, entry.fault)
            elif entry.data is not None:
                name = names[listed - 1] if listed <= len(names) else entry.name
                contents.add(Member(name=name, data=entry.data))
    return listed
