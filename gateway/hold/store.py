"""Folder of sealed files: atomic writes, and an exclusive lock per file.

`REFERENCE.part` is an incomplete write, `REFERENCE.age` is durable. The lock on a file is the lease on its mail, needed to
hold, send or end it; the kernel drops it with the process. Blocking calls: not for the event loop.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from gateway.audit import failpoints
from gateway.audit.backup import FROM_BACKUP
from gateway.errors import TemporaryError
from gateway.hold.seal import Digests, seal
from gateway.system.atomic_file import sync_path
from gateway.system.lock import lock

_NAME: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,63}\Z")
_LEFT_OVER_S: Final = 3600.0
"""Age in seconds at which an abandoned `.part` is removed."""
WAIT_S: Final = 5.0
"""Time-out for a lock that others hold briefly: to count sizes, to look at a mail."""
_OVERHEAD: Final = 1024


class NoRoomError(Exception):
    """The store is at its limit of mails or bytes."""


class InUseError(TemporaryError):
    """Another process or thread has the lease."""


@dataclass(frozen=True)
class Limits:
    """Limits of the store."""

    mails: int
    bytes: int


@dataclass(frozen=True)
class SealedFile:
    """A sealed file of the store."""

    reference: str
    size: int
    time: float
    """Modification time, seconds since 1970."""


class Lease:
    """Exclusive lock on a mail, until `end`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def end(self) -> None:
        """Release the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class HoldStore:
    """The store under a data folder; safe for processes and threads."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "hold"

    def prepare(self) -> None:
        """Create the folder, mode 0700; OSError."""
        if not self.folder.is_dir():
            self.folder.mkdir(mode=0o700, exist_ok=True)
            sync_path(self.folder.parent)

    def files(self) -> tuple[SealedFile, ...]:
        """Return the durable files, oldest first."""
        found = []
        for entry in self._entries(".age"):
            with suppress(FileNotFoundError):
                stat = entry.stat()
                found.append(SealedFile(entry.name.removesuffix(".age"), stat.st_size, stat.st_mtime))
        return tuple(sorted(found, key=lambda one: one.time))

    def has(self, reference: str) -> bool:
        """Return whether a durable file exists."""
        return _NAME.match(reference) is not None and self._path(reference).exists()

    def put(
        self, reference: str, chunks: Iterable[bytes], *, size: int, recipient: Any, limits: Limits
    ) -> tuple[Lease, Digests]:
        """Seal chunks of `size` bytes in total into a file, durable on return; the caller gets the lease.

        NoRoomError beyond the limits; OSError, and no file, on a disk error.
        """
        part = self._path(reference, ".part")
        lease = Lease(self._begin(part, size, limits))
        try:
            digests = self._written(lease._descriptor, chunks, recipient)  # noqa: SLF001 - class of this module
            failpoints.hit("hold.synced")
            part.rename(self._path(reference))
            sync_path(self.folder)
            failpoints.hit("hold.renamed")
        except BaseException:
            self.remove(reference)
            lease.end()
            raise
        return lease, digests

    def lease(self, reference: str, *, wait_s: float = 0.0) -> Lease:
        """Take the lease on a mail; InUseError when it stays taken, FileNotFoundError without a file."""
        if not _NAME.match(reference):
            raise FileNotFoundError(reference)
        descriptor = os.open(self._path(reference), os.O_RDONLY | os.O_CLOEXEC)
        try:
            if not lock(descriptor, within_s=wait_s):
                raise InUseError(reference)
        except InUseError:
            os.close(descriptor)
            raise
        return Lease(descriptor)

    def read(self, reference: str) -> bytes:
        """Return a sealed file, still encrypted; OSError."""
        return self._path(reference).read_bytes()

    def remove(self, reference: str) -> None:
        """Remove all files of a mail; OSError."""
        for suffix in (".part", ".age"):
            self._path(reference, suffix).unlink(missing_ok=True)

    def is_from_backup(self) -> bool:
        """Return whether the files are those of a copy that was put in place, and not looked at yet (`gateway.audit.backup`)."""
        return (self.folder / FROM_BACKUP).exists()

    def take_over(self) -> None:
        """The files of the copy have been looked at; OSError."""
        (self.folder / FROM_BACKUP).unlink(missing_ok=True)
        sync_path(self.folder)

    def clear_parts(self) -> None:
        """Remove abandoned `.part` files."""
        for entry in self._entries(".part"):
            with suppress(OSError):
                descriptor = os.open(entry, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if time.time() - os.fstat(descriptor).st_mtime > _LEFT_OVER_S:
                        entry.unlink()
                finally:
                    os.close(descriptor)

    def _path(self, reference: str, suffix: str = ".age") -> Path:
        return self.folder / f"{reference}{suffix}"

    def _entries(self, *suffixes: str) -> Iterator[Path]:
        with suppress(FileNotFoundError):
            yield from (entry for entry in self.folder.iterdir() if entry.suffix in suffixes)

    def _begin(self, part: Path, size: int, limits: Limits) -> int:
        """Create a locked `.part` and reserve its space within the limits."""
        expected = size + (size >> 16) * 16 + _OVERHEAD
        with self._alone():
            sizes = []
            for entry in self._entries(".age", ".part"):
                with suppress(FileNotFoundError):
                    sizes.append(entry.stat().st_size)
            if part.with_suffix(".age").exists():  # another mail with the same reference
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), part.stem)
            if len(sizes) >= limits.mails or sum(sizes) + expected > limits.bytes:
                raise NoRoomError
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(descriptor, expected)
            except BaseException:
                os.close(descriptor)
                part.unlink(missing_ok=True)
                raise
        return descriptor

    @staticmethod
    def _written(descriptor: int, chunks: Iterable[bytes], recipient: Any) -> Digests:
        digests = seal(chunks, descriptor, recipient)
        os.ftruncate(descriptor, digests.size)
        failpoints.hit("hold.written")
        os.fsync(descriptor)
        return digests

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Exclusive lock on the folder while sizes are counted."""
        descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not lock(descriptor, within_s=WAIT_S):
                raise InUseError("hold/.lock")
            yield
        finally:
            os.close(descriptor)
