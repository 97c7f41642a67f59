"""Atomic file replacement: complete or absent, even after a crash."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def make_file(path: Path, data: bytes) -> None:
    """Write a new file durably, for its owner only; FileExistsError when there is one, OSError when it cannot be written."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def append_whole(path: Path, data: bytes, *, sync: bool) -> None:
    """Append to a file, which is made for its owner only; OSError leaves it as it was, also where a full disk took a part."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        before = os.fstat(descriptor).st_size
        if os.write(descriptor, data) < len(data):
            os.ftruncate(descriptor, before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_path(path: Path) -> None:
    """Make a file durable, or the names in a directory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(target: Path, data: bytes, *, mode: int) -> None:
    """Write a file durably, old or new to any reader; a device or pipe is written to as it is. OSError."""
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    with replacing(target, mode=mode) as part, part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def replacing(target: Path, *, mode: int) -> Iterator[Path]:
    """Give a file to write, which takes the place of another once it is whole; OSError, which names that, leaves the old one.

    A link stays a link. Written by root, a file keeps its owner, and a new one has the group of its folder.
    """
    target = target.resolve()
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    except OSError as error:
        error.filename = str(target)  # the name that the caller knows
        raise
    os.close(descriptor)
    try:
        yield Path(name)
        if os.geteuid() == 0:
            status, made = (target if target.exists() else target.parent).stat(), Path(name).stat()
            owner = status.st_uid if target.exists() else 0
            if (owner, status.st_gid) != (made.st_uid, made.st_gid):  # systemd may forbid the call itself
                os.chown(name, owner, status.st_gid)
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
