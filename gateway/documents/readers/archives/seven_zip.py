"""7z archives to members (7zFormat.txt), by py7zr, with libarchive for what py7zr does not unpack (BCJ2 and such)."""

from __future__ import annotations

import struct
from base64 import b64decode
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from gateway.documents.readers.archives.foreign import available, gather
from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.containers import FILLING, Contents, StopReadingError, password_candidates
from gateway.model import ReadStatus

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_MAGIC: Final = b"7z\xbc\xaf\x27\x1c"
_TRIES: Final = 12
"""Key derivation runs 2^19 rounds of SHA-256 in Python: half a second a try."""
_OPEN: Final = (
    "N3q8ryccAARcsj45bQAAAAAAAAAUAAAAAAAAAKiRXSrgAY8ADF0AO5hKq5n0KsS9RIAAAOAAVgBRXQAAgTMHrg/PObAMB7DD2irXWGSss3jOVN43poU0"
    "hH2t49IzNfH8AyCqnmZrKuLQ8HORUTpUYccBMnN81h9wu/kaBoucGejPAajFrHWjS8VgAAAAFwYUAQlZAAcLAQABISEBGAxXAAA="
)
_LOCKED: Final = (
    "N3q8ryccAAT/GceXkAAAAAAAAAAoAAAAAAAAANQ0bOKCOGxp7VwwnqEXn1olntoCKIjfzLbQ0M2RDojtDE1eqKmC1nR39Ru4fepzrHhBUCOhFDNuMQcb"
    "uvIXX1suvnBPQMQeRGMz6VszAKIf8raC1zTq4Z1xcQZQVROnjuVQYmNrWqXSKQvCVOqCVKTHBA2L5xRdvqWdi3hTKtlu04rR3MaXDALcnBFwO7+K/E/D"
    "c3IXBiABCXAABwsBAAEkBvEHARJHD24Qa7DcWjBgP3MboKieNj8MbwAA"
)
"""400 bytes packed by py7zr; encrypted with the password `warm`, whose key takes 2^7 rounds instead of 2^19."""


def read(source: Source, budget: Budget) -> Reading:
    """Return the members; encrypted ones are opened when a candidate password fits."""
    start = source.data.find(_MAGIC)
    data = source.data[max(start, 0) :]
    contents = Contents(source, "7z", budget)
    if (source.filename or "").lower().endswith((".7z.001", ".001")):
        contents.fault(ReadStatus.UNSUPPORTED, "multi-volume")
        return contents.reading()
    if (end := _stated_end(data)) is not None and data[end:].strip(FILLING):
        contents.fault(ReadStatus.MALFORMED, "trailing-data")
    with contents.filling():
        _try_passwords(contents, data)
    return contents.reading()


def _stated_end(data: bytes) -> int | None:
    """End of the archive by its signature header: 32 bytes, then packed streams, then the header database."""
    if len(data) < 32:
        return None
    offset, size = struct.unpack_from("<QQ", data, 12)
    return 32 + int(offset) + int(size)


def _try_passwords(contents: Contents, data: bytes) -> None:
    """Read with no password, and when the archive asks for one with the candidates; then what is open anyway."""
    if not _read_with(contents, data, None):
        return
    for password in [candidate for candidate in password_candidates(contents.source) if candidate][:_TRIES]:
        contents.budget.check_time()
        if not _read_with(contents, data, password):
            contents.opened_with_password = True
            return
    contents.fault(ReadStatus.ENCRYPTED, "password")
    _read_with(contents, data, None, encrypted_too=False)


def _read_with(contents: Contents, data: bytes, password: str | None, *, encrypted_too: bool = True) -> bool:
    """Read all members with one password; True when (another) password is needed."""
    import py7zr
    from py7zr.exceptions import PasswordRequired, UnsupportedCompressionMethodError

    factory = _Factory(contents, len(data))
    try:
        with py7zr.SevenZipFile(BytesIO(data), password=password) as archive:
            if password is None and encrypted_too and archive.needs_password():
                return True
            bare = _extract(archive, factory, encrypted_too=encrypted_too)
    except PasswordRequired:
        return True
    except (ReadError, StopReadingError):
        raise
    except UnsupportedCompressionMethodError:
        return _read_foreign(contents, data)
    except MemoryError:
        raise ReadError(ReadStatus.LIMIT, "memory") from None
    except Exception as error:
        # Library wall: py7zr 1.1 raises any exception of its arithmetic and C codecs on damaged input, and on a
        # wrong password, which garbles the stream.
        if password is not None:
            return True
        # Frames of Zstandard in a row, as packers with several threads write them, are too much for py7zr.
        known = len(contents.faults)
        if gather(contents, data, "7z") and len(contents.faults) == known:
            return False
        del contents.faults[known:]  # of two readers that both fail, the one that checks the headers says why
        raise ReadError(ReadStatus.MALFORMED, "damaged-archive") from error
    for name in bare:
        contents.name(name)
    for item in factory.items:
        contents.add(Member(name=item.name, data=item.getvalue()))
    return False


def _extract(archive: Any, factory: _Factory, *, encrypted_too: bool) -> list[str]:
    """Unpack into memory, member by member; return the names of what holds nothing or stays locked.

    py7zr's own `extractall` asks the file system about the target folder even when it writes to memory, and renames
    members; its worker does neither.
    """
    from py7zr.compressor import SupportedMethods
    from py7zr.py7zr import MemIO

    if not archive.files and len(archive.fp.getbuffer()) > 32:
        raise ReadError(ReadStatus.MALFORMED, "damaged-archive")
    bare = []
    for member in archive.files:
        locked = member.folder is not None and SupportedMethods.needs_password(member.folder.coders)
        if member.is_directory or member.is_socket or (locked and not encrypted_too):
            bare.append(member.filename)
        else:
            archive.worker.register_filelike(member.id, MemIO(member.filename, factory))
    archive.worker.extract(archive.fp, None, parallel=False)
    return bare


def _read_foreign(contents: Contents, data: bytes) -> bool:
    gather(contents, data, "7z")
    # What libarchive calls damaged is the method, since py7zr has read the headers.
    known = (ReadStatus.MALFORMED, "damaged-archive")
    contents.faults = [(ReadStatus.UNSUPPORTED, "7z-method") if fault == known else fault for fault in contents.faults]
    return False


class _Sink(BytesIO):
    """Target of py7zr for one member: memory, charged to the budget as it grows (py7zr.io.Py7zIO by shape)."""

    def __init__(self, name: str, factory: _Factory) -> None:
        super().__init__()
        self.name = name
        self._factory = factory

    def write(self, data: Buffer) -> int:
        """Take decompressed bytes."""
        self._factory.charge(len(memoryview(data)))
        return super().write(data)

    def size(self) -> int:
        """Return the bytes written."""
        return self.getbuffer().nbytes

    def close(self) -> None:
        """py7zr is done with this member; its content stays."""


class _Factory:
    """Makes sinks (py7zr.io.WriterFactory by shape)."""

    def __init__(self, contents: Contents, packed: int) -> None:
        self._contents = contents
        self._packed = packed
        self._produced = 0
        self.items: list[_Sink] = []

    def create(self, filename: str, mode: str = "x") -> Any:  # noqa: ARG002
        """Return the sink of a member."""
        sink = _Sink(filename, self)
        self.items.append(sink)
        return sink

    def charge(self, count: int) -> None:
        """Charge decompressed bytes to the budget of the message."""
        self._produced += count
        self._contents.budget.take_bytes(count)
        self._contents.budget.check_ratio(self._produced, self._packed)


def warm_up() -> None:
    """Load py7zr with its codecs and the key derivation: read a file that is locked and one that is not."""
    available()
    for packed in (_OPEN, _LOCKED):
        kind = "application/x-7z-compressed"
        read(Source(data=b64decode(packed), part="", detected_type=kind, passwords=("warm",)), Budget())
