"""Content of one mail in flight: in memory while small, then in one unnamed file.

What a spool holds is the content of RFC 5322: CRLF line ends, dot-stuffing undone. It is the one truth: the same bytes
are inspected (`content`, `fileno`), digested (`sha256`) and relayed (`wire_chunks`, which stuffs dots on the way out).
A spool never has a name in a file system, and with the default settings it never reaches a disk: a mail that turns out
to be classified must leave no trace. Nothing here waits: writes go to memory or tmpfs.
"""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gateway.errors import CapacityError

BLOCK_BYTES = 256 << 10
"""Size of the pieces in which a file-backed spool is relayed."""

_DOT_LINE = re.compile(rb"\r\n\.")


@dataclass(frozen=True, kw_only=True)
class SpoolSettings:
    """Storage of content in flight."""

    memory_limit_bytes: int = 64 << 10
    """Beyond it the content of a mail goes to one unnamed file."""
    directory: Path | None = None
    """Folder of the unnamed files; None means anonymous memory (memfd), which never reaches a disk."""
    in_flight_bytes: int = 2 << 30
    """Content of all mails in flight, for each worker process; beyond it DATA is answered 452."""
    large_mails_bytes: int = 32 << 20
    """Mails beyond `memory_limit_bytes` that are taken at the same time, for each worker process; others wait."""
    large_mail_expected_bytes: int = 10 << 20
    """Assumed size of a large mail without SIZE=."""
    large_mail_patience_s: float = 15.0
    """A mail that has waited so long is taken beyond `large_mails_bytes`, within `in_flight_bytes`."""


class ByteBudget:
    """Bytes that all spools of a process may hold together."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0

    def take(self, count: int) -> None:
        """Reserve bytes; CapacityError when they are not to be had."""
        if self.used_bytes + count > self.limit_bytes:
            raise CapacityError(f"content in flight would exceed {self.limit_bytes} octets")
        self.used_bytes += count

    def give(self, count: int) -> None:
        """Return bytes."""
        self.used_bytes -= count


class Spool:
    """Content of one mail: written in order, then read any number of times, then closed."""

    def __init__(self, settings: SpoolSettings, budget: ByteBudget | None = None) -> None:
        self.size_bytes = 0
        """Bytes written so far."""
        self._settings = settings
        self._budget = budget
        self._hash = hashlib.sha256()
        self._chunks: list[bytes] = []
        self._file: int | None = None
        self._view: bytes | mmap.mmap | None = None
        self._on_close: list[Callable[[], None]] = []
        self._holders = 0
        self._closed = False

    @classmethod
    def from_content(cls, content: bytes) -> Self:
        """Return a spool in memory that holds these bytes, as they are."""
        spool = cls(SpoolSettings(memory_limit_bytes=len(content)))
        spool.write(content)
        return spool

    @property
    def sha256(self) -> str:
        """SHA-256 of what was written so far, in hex."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Append content; CapacityError when the budget, memory or the spool's file system is full."""
        if self._budget is not None:
            self._budget.take(len(chunk))
        self.size_bytes += len(chunk)
        self._hash.update(chunk)
        self._view = None
        if self._file is None and self.size_bytes > self._settings.memory_limit_bytes:
            self._move_to_file()
        if self._file is None:
            self._chunks.append(chunk)
        else:
            _write_all(self._file, chunk)

    def content(self) -> bytes | mmap.mmap:
        """Return all bytes without copying a file; valid until `close`."""
        if self._view is None:
            if self._file is None:
                self._view = b"".join(self._chunks)
                self._chunks = [self._view]
            else:
                self._view = mmap.mmap(self._file, self.size_bytes, access=mmap.ACCESS_READ)
        return self._view

    def fileno(self) -> int | None:
        """Return the unnamed file's descriptor, None while in memory; a child must read by offset (pread, mmap)."""
        return self._file

    def wire_chunks(self) -> Iterator[bytes]:
        """Yield the content as it goes on the wire in DATA: dot-stuffed, ended by CRLF, without the final dot."""
        held = b"\r\n"  # the line end that precedes every first line: RFC 5321 §4.5.2 counts its dot too
        skip = len(held)
        for block in self._blocks():
            data = held + block
            held = b"\r\n" if data.endswith(b"\r\n") else b"\r" if data.endswith(b"\r") else b""
            chunk = data[: len(data) - len(held)]
            if b"." in chunk and _DOT_LINE.search(chunk):
                chunk = chunk.replace(b"\r\n.", b"\r\n..")
            if len(chunk) > skip:
                yield chunk[skip:]
            skip = 0
        if skip:
            return  # an empty content is the final dot alone
        if held:
            yield held
        if held != b"\r\n":
            yield b"\r\n"

    def trim(self) -> None:
        """Give the mapped pages of a file-backed spool back to the kernel; they come again when touched."""
        if isinstance(self._view, mmap.mmap):
            self._view.madvise(mmap.MADV_DONTNEED)

    def call_on_close(self, callback: Callable[[], None]) -> None:
        """Have something called once, when the content is forgotten."""
        self._on_close.append(callback)

    def hold(self) -> None:
        """Have the content stay after `close`, until `release`."""
        self._holders += 1

    def release(self) -> None:
        """End a `hold`."""
        self._holders -= 1
        if self._closed:
            self.close()

    def close(self) -> None:
        """Forget the content; may be called twice."""
        self._closed = True
        while self._on_close:
            self._on_close.pop()()
        if self._holders:
            return
        if self._budget is not None:
            self._budget.give(self.size_bytes)
            self._budget = None
        if isinstance(self._view, mmap.mmap):
            with suppress(BufferError):  # a memoryview is still held; the mapping ends with the last of them
                self._view.close()
        self._view = None
        self._chunks = []
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()  # work that was cut short may have left no caller to do it

    def __repr__(self) -> str:
        return f"<Spool {self.size_bytes} octets>"

    def _blocks(self) -> Iterator[bytes]:
        if self._file is None:
            yield from filter(None, self._chunks)
            return
        offset = 0
        while block := os.pread(self._file, BLOCK_BYTES, offset):
            offset += len(block)
            yield block

    def _move_to_file(self) -> None:
        self._file = _open_unnamed(self._settings.directory)
        for chunk in self._chunks:
            _write_all(self._file, chunk)
        self._chunks = []


def _open_unnamed(directory: Path | None) -> int:
    """Return a file of mode 0600 that has no name; anonymous memory when the folder cannot hold such files."""
    if directory is not None:
        try:
            return os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE}:
                raise CapacityError(f"spool: {error.strerror}") from error
            if error.errno not in {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT}:
                raise
    try:
        return os.memfd_create("spool", os.MFD_CLOEXEC)
    except OSError as error:
        raise CapacityError(f"spool: {error.strerror}") from error


def _write_all(file: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    try:
        while view:
            view = view[os.write(file, view) :]
    except OSError as error:
        raise CapacityError(f"spool: {error.strerror}") from error
