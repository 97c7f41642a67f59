"""RAR 4 and RAR 5 archives to members: headers by rarfile, unpacking by libarchive, no external program.

rarfile reads every header and would call `unrar` for the data, which the sandbox rightly refuses. So libarchive unpacks,
and what it lists must be what the headers list. A locked member or archive is ENCRYPTED: no password is tried.
"""

from __future__ import annotations

import functools
from io import BytesIO
from typing import Any, Final

from gateway.documents.readers.archives.foreign import gather
from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.containers import Contents
from gateway.model import ReadStatus

_MAGIC: Final = b"Rar!\x1a\x07"
_RAR4: Final = b"Rar!\x1a\x07\x00"
_RAR4_END: Final = b"\xc4\x3d\x7b\x00\x40\x07\x00"
_FLAGS, _MAIN_SIZE, _VOLUME = 10, 12, 1
"""Flags and size of the main header of an old archive, and the flag of a multi-volume archive."""
_KNOWN: Final = 29
"""The first version whose compression libarchive undoes."""
_STORED: Final = 0x30
SAMPLES: Final = (
    "526172211a0700cf907300000d0000000000000033007400802400040000000400000003bfe0b3b0000000001d300400a48100007761726d7761726d"
    + _RAR4_END.hex(),
    "526172211a070100c51a333203010000f3f7ba5511020204040400bfe0b3b00001047761726d7761726d19b23a3503050000",
)
"""A stored file `warm` in an archive of either generation, in hexadecimal digits."""


def read(source: Source, budget: Budget) -> Reading:
    """Return the members that are not locked."""
    data = source.data[max(0, source.data.find(_MAGIC)) :]
    contents = Contents(source, "rar", budget)
    with contents.filling():
        _read_archive(contents, data)
    return contents.reading()


def _read_archive(contents: Contents, data: bytes) -> None:
    headers, blocks = _headers(data)
    entries = headers.infolist()
    _comments(contents, headers, blocks)
    locked = headers.needs_password()
    if locked:
        contents.fault(ReadStatus.ENCRYPTED, "password")
    if locked and not entries:
        return  # its headers are locked too
    rarfile = _library()
    split = rarfile.RAR_FILE_SPLIT_BEFORE | rarfile.RAR_FILE_SPLIT_AFTER
    old = data.startswith(_RAR4)
    if (old and int.from_bytes(data[_FLAGS : _FLAGS + 1]) & _VOLUME) or any(entry.flags & split for entry in entries):
        raise ReadError(ReadStatus.UNSUPPORTED, "multi-volume")
    if headers.strerror():
        contents.fault(ReadStatus.MALFORMED, "damaged-archive")
    files = [entry for entry in entries if entry.is_file() and not entry.file_redir]
    for entry in entries if old else ():
        if entry not in files:
            contents.name(entry.filename)  # of RAR5 libarchive reports it
    if any(entry.extract_version < _KNOWN and entry.compress_type != _STORED for entry in files):
        raise ReadError(ReadStatus.UNSUPPORTED, "rar-method")
    listed = (
        gather(contents, _files_only(data, files), "rar", [entry.filename for entry in files])
        if old
        else gather(contents, data, "rar")
    )
    # libarchive returns some locked data undecrypted.
    closed = {entry.filename for entry in files if entry.needs_password()}
    contents.members[:] = [member for member in contents.members if member.name not in closed]
    for name in sorted(closed):
        contents.name(name)
    # More is no fault: old versions of a file are members too.
    if listed < len(files) and not contents.faults:
        contents.fault(ReadStatus.MALFORMED, "rar-listing-mismatch")


def _files_only(data: bytes, files: list[Any]) -> bytes:
    """Return an old archive without its comments, over which libarchive stumbles; its names it misreads."""
    main = len(_RAR4) + int.from_bytes(data[_MAIN_SIZE : _MAIN_SIZE + 2], "little")
    pieces = (data[entry.header_offset : entry.data_offset + entry.add_size] for entry in files)
    return b"".join((data[:main], *pieces, _RAR4_END))


def _comments(contents: Contents, headers: Any, blocks: list[Any]) -> None:
    """Read the comments, which WinRAR shows when the archive is opened; a compressed one is *cannot tell*."""
    rarfile = _library()
    read = [one for one in (headers.comment, *(entry.comment for entry in headers.infolist())) if one is not None]
    for line in (line for comment in read for line in comment.splitlines()):
        contents.words(line, "comment")
    held = [
        one
        for one in blocks
        if (one.type == rarfile.RAR_BLOCK_SUB and one.filename == "CMT")
        or (one.type == rarfile.RAR_BLOCK_MAIN and one.flags & rarfile.RAR_MAIN_COMMENT)
    ]
    if len(held) > len(read):
        contents.fault(ReadStatus.PARTIAL, "rar-comment")


def _headers(data: bytes) -> tuple[Any, list[Any]]:
    """Return rarfile's view of the archive, and all its blocks; ReadError says why there is none."""
    rarfile = _library()
    blocks: list[Any] = []
    try:
        return rarfile.RarFile(BytesIO(data), part_only=True, info_callback=blocks.append), blocks
    except rarfile.NeedFirstVolume:
        raise ReadError(ReadStatus.UNSUPPORTED, "multi-volume") from None
    except MemoryError:
        raise ReadError(ReadStatus.LIMIT, "memory") from None
    except Exception as error:
        # Library wall: rarfile raises its own errors, and struct, index, value and overflow errors on damaged headers.
        raise ReadError(ReadStatus.MALFORMED, "damaged-archive") from error


@functools.cache
def _library() -> Any:
    """Return rarfile, kept from running a program for a packed comment, which is all that it would do unasked."""
    import rarfile

    rarfile.rar3_decompress = lambda _version, method, data, *_more: data if method == _STORED else b""
    return rarfile


def warm_up() -> None:
    """Load rarfile and libarchive's readers by reading a stored file of each generation."""
    for digits in SAMPLES:
        read(Source(data=bytes.fromhex(digits), part="", detected_type="application/vnd.rar"), Budget())
