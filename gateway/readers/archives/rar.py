"""RAR 4 and RAR 5 archives to members: headers and keys by rarfile, unpacking by libarchive, nothing by a program.

rarfile reads every header (also encrypted ones, when a candidate password fits) and would call `unrar` for compressed
data, which the sandbox rightly refuses. So the data goes to libarchive, which unpacks but does not decrypt: encrypted
members are decrypted here and put into a plain archive of the same kind first (`rar_plain`). What libarchive
then lists must be what the headers listed.
"""

from __future__ import annotations

import functools
from io import BytesIO
from typing import Any, Final

from gateway.model import ReadStatus
from gateway.readers.archives import libarchive
from gateway.readers.archives.foreign import gather
from gateway.readers.archives.rar_plain import PlainArchive, plain_archive, sample_archives
from gateway.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.readers.containers import Contents, StopReadingError, password_candidates

_MAGIC: Final = b"Rar!\x1a\x07"
_RAR5: Final = b"Rar!\x1a\x07\x01\x00"
_TRIES: Final = 12
_STORED: Final = 0x30


def read(source: Source, budget: Budget) -> Reading:
    """Return the members; encrypted ones are opened when a candidate password fits."""
    data = source.data[max(0, source.data.find(_MAGIC)) :]
    contents = Contents(source, "rar", budget)
    try:
        _read_archive(contents, data)
    except StopReadingError:
        pass
    except ReadError as error:
        contents.fault(error.status, error.reason)
    return contents.reading()


def _read_archive(contents: Contents, data: bytes) -> None:
    headers = _headers(data, None)
    if not headers.needs_password():
        _check_volumes(contents, headers)
        _unpack(contents, data, headers, None)
        return
    for password in [candidate for candidate in password_candidates(contents.source) if candidate][:_TRIES]:
        contents.budget.check_time()
        if _open_with(contents, data, password):
            contents.opened_with_password = True
            return
    contents.fault(ReadStatus.ENCRYPTED, "password")
    if not headers._file_parser.has_header_encryption():  # noqa: SLF001 - rarfile 4 has no public name for it
        _unpack(contents, data, headers, plain_archive(headers, data, None, contents.budget))


def _open_with(contents: Contents, data: bytes, password: str) -> bool:
    """Decrypt and unpack with one password; False when it opens nothing."""
    try:
        headers = _headers(data, password)
    except ReadError as error:
        if error.reason == "password":
            return False
        raise
    plain = plain_archive(headers, data, password, contents.budget)
    hidden = headers._file_parser.has_header_encryption()  # noqa: SLF001
    if not plain.unlocked and not (hidden and plain.names):
        return False
    _check_volumes(contents, headers)
    trial = Contents(contents.source, contents.format, contents.budget)
    _unpack(trial, data, headers, plain)
    if not data.startswith(_RAR5) and any(status is ReadStatus.MALFORMED for status, _ in trial.faults):
        # RAR 4 keeps no check value: a wrong password shows as a stream that does not unpack or has a wrong checksum.
        if not trial.members:
            return False
        trial.faults[:] = [(ReadStatus.ENCRYPTED, "password")]
    contents.members += trial.members
    contents.faults += trial.faults
    return True


def _headers(data: bytes, password: str | None) -> Any:
    """Return rarfile's view of the archive; ReadError says why there is none."""
    rarfile = _library()
    try:
        headers = rarfile.RarFile(BytesIO(data), part_only=True)
        if password is not None:
            headers.setpassword(password)
    except rarfile.RarWrongPassword:
        raise ReadError(ReadStatus.ENCRYPTED, "password") from None
    except rarfile.NeedFirstVolume:
        raise ReadError(ReadStatus.UNSUPPORTED, "multi-volume") from None
    except MemoryError:
        raise ReadError(ReadStatus.LIMIT, "memory") from None
    except Exception as error:
        # Library wall: rarfile raises its own errors, and struct, index, value and overflow errors on damaged headers.
        raise ReadError(
            ReadStatus.ENCRYPTED if password else ReadStatus.MALFORMED, "password" if password else "damaged-archive"
        ) from error
    return headers


@functools.cache
def _library() -> Any:
    """Return rarfile, kept from running a program for the archive's comment, which is all that it would do unasked."""
    import rarfile

    rarfile.rar3_decompress = lambda *_arguments, **_options: b""
    return rarfile


def _files(headers: Any) -> list[Any]:
    return [entry for entry in headers.infolist() if entry.is_file() and not entry.file_redir]


def _check_volumes(contents: Contents, headers: Any) -> None:
    rarfile = _library()
    split = rarfile.RAR_FILE_SPLIT_BEFORE | rarfile.RAR_FILE_SPLIT_AFTER
    main = headers._file_parser._main  # noqa: SLF001
    volume = main is not None and main.flags & rarfile.RAR_MAIN_VOLUME
    if volume or any(entry.flags & split for entry in headers.infolist()):
        raise ReadError(ReadStatus.UNSUPPORTED, "multi-volume")
    if headers.strerror():
        contents.fault(ReadStatus.MALFORMED, "damaged-archive")


def _unpack(contents: Contents, data: bytes, headers: Any, plain: PlainArchive | None) -> None:
    """Have libarchive unpack; without it only stored members can be read."""
    if plain is None and not data.startswith(_RAR5):
        plain = plain_archive(headers, data, None, contents.budget)
    if plain is not None:
        if plain.locked:
            contents.fault(ReadStatus.ENCRYPTED, "password")
        if plain.unsupported:
            contents.fault(ReadStatus.UNSUPPORTED, "rar-method")
    if not libarchive.available():
        _stored_only(contents, data, headers)
        return
    expected = len(_files(headers)) if plain is None else len(plain.names)
    listed = gather(contents, data, "rar") if plain is None else gather(contents, plain.data, "rar", plain.names)
    # More is no fault: old versions of a file are members too.
    if listed < expected and not contents.faults:
        contents.fault(ReadStatus.MALFORMED, "rar-listing-mismatch")


def _stored_only(contents: Contents, data: bytes, headers: Any) -> None:
    for entry in _files(headers):
        if entry.needs_password():
            continue
        if entry.compress_type != _STORED:
            contents.fault(ReadStatus.UNSUPPORTED, "rar-compressed")
            continue
        content = data[entry.data_offset : entry.data_offset + entry.compress_size]
        contents.budget.take_bytes(len(content))
        contents.add(Member(name=entry.filename, data=content))


def warm_up() -> None:
    """Load rarfile, its ciphers and libarchive's readers by reading a stored file of each generation."""
    for data in sample_archives():
        read(Source(data=data, part="", detected_type="application/vnd.rar"), Budget())
    _library().rar3_s2k("warm", b"12345678")
