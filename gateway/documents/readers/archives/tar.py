"""TAR archives to members (POSIX.1-2001 pax, ustar, GNU), by the standard library on a copy in memory."""

from __future__ import annotations

import tarfile
from io import BytesIO

from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.containers import FILLING, Contents, caught
from gateway.model import ReadStatus


def read(source: Source, budget: Budget) -> Reading:
    """Return the archive's files, also those of unknown types (POSIX.1-2001 pax); the rest hold only names."""
    contents = Contents(source, "tar", budget)
    with contents.filling():
        try:
            _read_members(contents, source.data)
        except (tarfile.TarError, ValueError, OverflowError, EOFError, KeyError, OSError):
            # tarfile documents TarError, its number parsing and pax records raise the others.
            contents.fault(ReadStatus.MALFORMED, "damaged-archive")
    return contents.reading()


def _read_members(contents: Contents, data: bytes) -> None:
    names: set[str] = set()
    with tarfile.open(fileobj=BytesIO(data), mode="r:", errorlevel=2, encoding="utf-8") as archive:
        for member in archive:
            contents.budget.check_time()
            if not member.isreg() and member.type in tarfile.SUPPORTED_TYPES:
                contents.name(contents.stored_name(member.name))
                contents.name(contents.stored_name(member.linkname))
                continue
            if member.name in names:
                contents.fault(ReadStatus.MALFORMED, "tar-duplicate-name")
            names.add(member.name)
            _take(contents, archive, member)
        _check_end(contents, data, archive.offset)


def _take(contents: Contents, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    """Read one member, or note why not."""
    name = contents.stored_name(member.name)
    try:
        contents.add(Member(name=name, data=_data(contents, archive, member)))
    except ReadError as error:
        contents.name(name)
        caught(contents, error)


def _data(contents: Contents, archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    contents.budget.take_bytes(member.size)  # before it is read: a sparse member may claim terabytes of zeros
    reader = archive.extractfile(member)
    data = reader.read() if reader is not None else b""
    if len(data) != member.size:
        raise ReadError(ReadStatus.MALFORMED, "damaged-archive")
    return data


def _check_end(contents: Contents, data: bytes, offset: int) -> None:
    """Behind the end marker there is only padding; `tar -i` would read what hides there."""
    if data[offset:].strip(FILLING):
        contents.fault(ReadStatus.MALFORMED, "tar-trailing-data")
    elif len(data) < offset:
        contents.fault(ReadStatus.MALFORMED, "damaged-archive")
    elif len(data.rstrip(FILLING.strip(b"\0"))) % tarfile.BLOCKSIZE and len(data) > tarfile.BLOCKSIZE:
        contents.fault(ReadStatus.MALFORMED, "tar-trailing-data")
