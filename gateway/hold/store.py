"""The folder of sealed files. A file is there whole or not at all, and one process at a time does anything with it.

`REFERENCE.part` is being written and counts for nothing; `REFERENCE.age` is durable. The lock on a file is the lease on its
mail: whoever holds a mail, sends it or ends it has it, and it goes with the process. Nothing here runs on an event loop.
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
from gateway.audit.store import sync_folder
from gateway.errors import TemporaryError
from gateway.hold.seal import Digests, seal

_NAME: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,63}\Z")
_LEFT_OVER_S: Final = 3600.0
"""After which a part that nobody writes any more is removed."""
_WAIT_S: Final = 5.0
_OVERHEAD: Final = 1024


class NoRoomError(Exception):
    """The store holds as many mails or octets as it may."""


class InUseError(TemporaryError):
    """Somebody else is doing something with the mail right now."""


@dataclass(frozen=True)
class Limits:
    """What may be held at one time."""

    mails: int
    bytes: int


@dataclass(frozen=True)
class SealedFile:
    """One file of the store."""

    reference: str
    size: int
    time: float
    """When it was written, in seconds since 1970."""


class Lease:
    """The right to do something with one mail, until `end`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def end(self) -> None:
        """Give it back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class HoldStore:
    """The store under a data folder; any process and thread may use it."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "hold"

    def prepare(self) -> None:
        """Make the folder, readable by its owner only; OSError."""
        if not self.folder.is_dir():
            self.folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self.folder.parent)

    def files(self) -> tuple[SealedFile, ...]:
        """Return the durable files, oldest first."""
        found = []
        for entry in self._entries(".age"):
            with suppress(FileNotFoundError):
                stat = entry.stat()
                found.append(SealedFile(entry.name.removesuffix(".age"), stat.st_size, stat.st_mtime))
        return tuple(sorted(found, key=lambda one: one.time))

    def has(self, reference: str) -> bool:
        """Whether there is a durable file."""
        return _NAME.match(reference) is not None and self._path(reference).exists()

    def put(
        self, reference: str, chunks: Iterable[bytes], *, size: int, recipient: Any, limits: Limits
    ) -> tuple[Lease, Digests]:
        """Seal chunks of so many octets together; durable, under its name, when it returns. The lease is the caller's.

        NoRoomError beyond the limits; OSError, and no file, when the disk fails.
        """
        part = self._path(reference, ".part")
        lease = Lease(self._begin(part, size, limits))
        try:
            digests = self._written(lease._descriptor, chunks, recipient)  # noqa: SLF001 - of our own kind
            failpoints.hit("hold.synced")
            part.rename(self._path(reference))
            sync_folder(self.folder)
            failpoints.hit("hold.renamed")
        except BaseException:
            self.remove(reference)
            lease.end()
            raise
        return lease, digests

    def lease(self, reference: str) -> Lease:
        """Take the lease on a mail; InUseError while another has it, FileNotFoundError without a file."""
        if not _NAME.match(reference):
            raise FileNotFoundError(reference)
        descriptor = os.open(self._path(reference), os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise InUseError(reference) from None
        return Lease(descriptor)

    def read(self, reference: str) -> bytes:
        """Return a sealed file as it is; OSError."""
        return self._path(reference).read_bytes()

    def remove(self, reference: str) -> None:
        """Remove whatever there is of a mail; OSError."""
        for suffix in (".part", ".age"):
            self._path(reference, suffix).unlink(missing_ok=True)

    def clear_parts(self) -> None:
        """Remove parts that no process writes any more."""
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
        """Open a new part, locked, and take room for it among the limits."""
        expected = size + (size >> 16) * 16 + _OVERHEAD
        with self._alone():
            sizes = []
            for entry in self._entries(".age", ".part"):
                with suppress(FileNotFoundError):
                    sizes.append(entry.stat().st_size)
            if part.with_suffix(".age").exists():  # of another mail that was given the same reference
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
        """Be the only one who counts what there is."""
        descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        end = time.monotonic() + _WAIT_S
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= end:
                        raise InUseError("hold/.lock") from None
                    time.sleep(0.01)
            yield
        finally:
            os.close(descriptor)
