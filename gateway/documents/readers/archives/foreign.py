"""Archives without a Python reader to members, by libarchive through ctypes.

These are compressed RAR, CAB, ISO 9660, LHA, odd 7z, cpio, ar, XAR, and single files in LZ4, LZMA, lzip and compress. The shared
library is looked up once (`available`), by the zygote before the sandbox closes; without it these formats are UNSUPPORTED.
Archives are read from memory and members are streamed against the budget, nothing is written anywhere.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from gateway.documents.readers.archives.stream import inner_name
from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.containers import FILLING, Contents
from gateway.model import ReadStatus
from gateway.model.formats import BY_TYPE

_NAMES: Final = ("libarchive.so.13", "libarchive.so")
_STEP: Final = 1 << 18
_EOF: Final = 1
_OK: Final = 0
_RETRY: Final = -10
_WARN: Final = -20
_FOLDER: Final = 0o040000
_LINK: Final = 0o120000

_SUPPORT: Final = {
    "rar": ("rar", "rar5"), "cab": ("cab",), "iso": ("iso9660",), "lha": ("lha",), "7z": ("7zip",), "cpio": ("cpio",),
    "ar": ("ar",), "xar": ("xar",), "lz4": ("raw",), "lzma": ("raw",), "lzip": ("raw",), "compress": ("raw",),
}  # fmt: skip
"""Formats of libarchive by kind."""
_FILTERS: Final = ("lz4", "lzma", "lzip", "compress")
"""Kinds that are one compressed file."""
_TO_THE_END: Final = (*_FILTERS, "cpio", "ar", "lha")
"""Kinds that are read in one go, and hold nothing behind their end."""


@functools.cache
def _library() -> Any | None:
    for name in _NAMES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        _declare(library)
        return library
    return None


def available() -> bool:
    """Return whether the shared library is there."""
    return _library() is not None


def _declare(library: Any) -> None:
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for name, result, arguments in (
        ("archive_read_new", pointer, ()),
        ("archive_read_free", ctypes.c_int, (pointer,)),
        ("archive_read_open_memory", ctypes.c_int, (pointer, text, ctypes.c_size_t)),
        ("archive_read_set_options", ctypes.c_int, (pointer, text)),
        ("archive_read_next_header", ctypes.c_int, (pointer, ctypes.POINTER(pointer))),
        ("archive_read_data", ctypes.c_ssize_t, (pointer, pointer, ctypes.c_size_t)),
        ("archive_error_string", text, (pointer,)),
        ("archive_filter_bytes", ctypes.c_int64, (pointer, ctypes.c_int)),
        ("archive_entry_pathname_w", ctypes.c_wchar_p, (pointer,)),
        ("archive_entry_pathname", text, (pointer,)),
        ("archive_entry_filetype", ctypes.c_uint, (pointer,)),
        ("archive_entry_hardlink", text, (pointer,)),
        ("archive_entry_is_encrypted", ctypes.c_int, (pointer,)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    for formats in _SUPPORT.values():
        for kind in formats:
            function = getattr(library, f"archive_read_support_format_{kind}")
            function.restype, function.argtypes = ctypes.c_int, (pointer,)
    for kind in _FILTERS:
        function = getattr(library, f"archive_read_support_filter_{kind}")
        function.restype, function.argtypes = ctypes.c_int, (pointer,)


@contextmanager
def _opened(library: Any, data: bytes, kind: str, options: str) -> Iterator[int]:
    archive = library.archive_read_new()
    if not archive:
        raise ReadError(ReadStatus.LIMIT, "memory")
    try:
        for support in _SUPPORT[kind]:
            getattr(library, f"archive_read_support_format_{support}")(archive)
        if kind in _FILTERS:
            getattr(library, f"archive_read_support_filter_{kind}")(archive)
        if options:
            library.archive_read_set_options(archive, options.encode())
        if library.archive_read_open_memory(archive, data, len(data)) != _OK:
            raise ReadError(ReadStatus.MALFORMED, "damaged-archive")
        yield archive
    finally:
        library.archive_read_free(archive)


def _next(library: Any, archive: int, entry: ctypes.c_void_p) -> bool:
    """Go to the next member; False at the end."""
    outcome = library.archive_read_next_header(archive, ctypes.byref(entry))
    if outcome != _EOF and outcome < _WARN:
        raise _error(library, archive)
    return bool(outcome != _EOF)


def _content(library: Any, archive: int, packed: int, before: int, budget: Budget) -> bytes:
    buffer = ctypes.create_string_buffer(_STEP)
    pieces: list[bytes] = []
    size = 0
    retries = 0
    while True:
        count = library.archive_read_data(archive, buffer, _STEP)
        if count == 0:
            return b"".join(pieces)
        if count == _RETRY and retries < 16:
            retries += 1
            continue
        if count < 0:
            raise _error(library, archive)
        size += count
        budget.take_bytes(count)
        # Solid archives share one stream: the ratio is that of the whole file so far.
        budget.check_ratio(before + size, packed)
        pieces.append(buffer.raw[:count])


def _name(library: Any, entry: ctypes.c_void_p) -> str:
    """Return a name for `Contents.stored_name`."""
    try:
        wide = library.archive_entry_pathname_w(entry)
    except ValueError:
        # A character beyond Unicode (ctypes cannot make a string of it).
        wide = None
    if wide:
        return str(wide).encode("utf-8", "replace").decode("utf-8")
    narrow = library.archive_entry_pathname(entry)
    return narrow.decode("utf-8", "surrogateescape") if narrow else "unnamed"


def _error(library: Any, archive: int) -> ReadError:
    """Put libarchive's words into a status; they are matched, never shown."""
    words = (library.archive_error_string(archive) or b"").decode("utf-8", "replace").lower()
    if "encrypt" in words or "passphrase" in words:
        return ReadError(ReadStatus.ENCRYPTED, "password")
    if "allocate" in words or "memory" in words:
        return ReadError(ReadStatus.LIMIT, "memory")
    if any(said in words.replace("-", "") for said in ("unsupported", "unavailable", "not supported", "multivolume")):
        return ReadError(ReadStatus.UNSUPPORTED, "archive-feature")
    return ReadError(ReadStatus.MALFORMED, "damaged-archive")


_DESCRIPTORS: Final = range(0x8000, 0x8000 + (64 << 11), 1 << 11)
"""Offsets at which a disc image says what trees it holds (ECMA-119 §6.7, ECMA-167 2/8.3)."""


def read(source: Source, budget: Budget) -> Reading:
    """Return the members of the archive."""
    kind = BY_TYPE[source.detected_type].name
    # A cabinet may be inside a program that unpacks it.
    data = source.data[max(0, source.data.find(b"MSCF")) :] if kind == "cab" else source.data
    contents = Contents(source, kind, budget)
    if kind == "iso":
        _read_trees(contents, data)
    else:
        gather(contents, data, kind, (inner_name(source),) if kind in _FILTERS else ())
    if [member.data for member in contents.members] == [source.data] and kind in _FILTERS:
        contents.members.clear()  # nothing was unpacked
        contents.fault(ReadStatus.MALFORMED, "damaged-archive")
    if not contents.members and not contents.faults and len(data) > 1024:
        contents.fault(ReadStatus.MALFORMED, "damaged-archive")
    return contents.reading()


def _read_trees(contents: Contents, data: bytes) -> None:
    """Add the members of every tree of a disc image (ISO 9660, Rock Ridge, Joliet): programs differ in which they show.

    A tree in UDF (ECMA-167), which Windows goes by where there is one, is not read.
    """
    if b"NSR0" in {data[at + 1 : at + 5] for at in _DESCRIPTORS}:
        contents.fault(ReadStatus.UNSUPPORTED, "archive-feature")
    gather(contents, data, "iso", options="iso9660:!rockridge")
    gather(contents, data, "iso", options="iso9660:!joliet", known=tuple(contents.members))


def gather(
    contents: Contents,
    data: bytes,
    kind: str,
    names: Sequence[str] = (),
    options: str = "",
    known: Sequence[Member] = (),
) -> int:
    """Add the members of an archive of a kind in `_SUPPORT` to `contents` and return how many files were listed.

    `names`, when given, are the names of the files in the order of the archive; `options` are those of libarchive; of
    files whose data are `known` only other names are taken. Faults are noted: UNSUPPORTED `libarchive-missing`, MALFORMED `damaged-archive`, `trailing-data` when the archive ends before
    the file, and the budget's own limits.
    """
    listed = produced = 0
    files, shown = {member.data for member in known}, {member.name.casefold() for member in known}
    entry = ctypes.c_void_p()
    with contents.filling():
        library = _library()
        if library is None:
            raise ReadError(ReadStatus.UNSUPPORTED, "libarchive-missing")
        with _opened(library, data, kind, options) as archive:
            while _next(library, archive, entry):
                contents.budget.check_time()
                name = contents.stored_name(_name(library, entry))
                # Of files with several names cpio keeps the data with the last.
                if library.archive_entry_filetype(entry) in (_FOLDER, _LINK) or (
                    library.archive_entry_hardlink(entry) and kind != "cpio"
                ):
                    contents.name(name)
                    continue
                listed += 1
                name = names[listed - 1] if listed <= len(names) else name
                try:
                    if library.archive_entry_is_encrypted(entry):
                        raise ReadError(ReadStatus.ENCRYPTED, "password")
                    octets = _content(library, archive, len(data), produced, contents.budget)
                except ReadError as error:
                    contents.name(name)
                    if error.status not in (ReadStatus.MALFORMED, ReadStatus.ENCRYPTED):
                        raise
                    contents.fault(error.status, error.reason)
                    continue
                produced += len(octets)
                if octets in files:
                    contents.budget.used_bytes -= len(octets)
                    contents.name("" if name.casefold() in shown else name)
                else:
                    contents.add(Member(name=name, data=octets))
            if kind in _TO_THE_END and data[library.archive_filter_bytes(archive, -1) :].strip(FILLING):
                raise ReadError(ReadStatus.MALFORMED, "trailing-data")
    return listed
