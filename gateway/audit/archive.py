"""Daily log archive, self-verifying: JSON lines in one Zstandard frame.

    {"archive":1,"node":"binhtan-1","day":"2026-11-27","first":301,"last":900,"before":"hash of record 300","key":"verifier key"}
    {"checkpoint":"signed note"}                     those of these records; the last one covers the last record
    {"hash":"...","record":{...}}                    every record, as `gateway audit export` writes them

A day ends at the first checkpoint that covers its last record, so every record of an archive is signed, and each archive
begins where the previous one ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from io import BufferedIOBase
from pathlib import Path
from typing import Final

import msgspec

from gateway.audit.notes import VerifierKey
from gateway.audit.verifier import Begin, Verification, Verifier
from gateway.audit.verify import read_verifier_key
from gateway.errors import UserError
from gateway.system.zstandard import open_for_reading, open_for_writing
from gateway.texts.catalogue import both

SUFFIX: Final = ".jsonl.zst"
_LIMIT_LINE: Final = 64 << 20
_HEX: Final = 64


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    archive: int = 1
    node: str
    day: str
    first: int
    last: int
    before: str
    """Hash of the record before the first, in hex."""
    key: str
    """Verifier key of the node, in one line."""


class _Note(msgspec.Struct):
    checkpoint: str


_HEADER = msgspec.json.Decoder(Header)
_NOTE = msgspec.json.Decoder(_Note)


def write_archive(path: Path, header: Header, notes: Iterable[str], links: Iterable[tuple[int, bytes, bytes]]) -> None:
    """Write a new file; OSError."""
    with open_for_writing(path) as file:
        file.write(msgspec.json.encode(header) + b"\n")
        for note in notes:
            file.write(msgspec.json.encode(_Note(note)) + b"\n")
        for _, body, digest in links:
            file.write(b'{"hash":"%s","record":%s}\n' % (digest.hex().encode(), body))


def verify_archive(
    path: Path, *, checkpoints: Iterable[Path] = (), key: Path | None = None
) -> tuple[Header, Verification]:
    """Verify an archive by its own checkpoints and by copies kept elsewhere; UserError when the file is not an archive.

    Without a separate verifier key the file's own is trusted; a note reports it.
    """
    with closing(_Archive(path)) as source:
        header = source.header
        try:
            public = read_verifier_key(key) if key is not None else VerifierKey.parse(header.key).public
        except ValueError:
            raise source.odd("key") from None
        verifier = Verifier(source, public, (), None)
        found = verifier.run(None, tuple(checkpoints))
    more = [both("audit", "archive", "own_key", key=header.key)] if key is None else []
    faults = list(found.faults)
    if (found.first, found.last) != (header.first, header.last):
        faults.append(both("audit", "archive", "other_range", first=header.first, last=header.last, found=found.last))
    if source.covered != header.last:
        faults.append(both("audit", "archive", "uncovered", size=source.covered, last=header.last))
    return header, replace(found, faults=tuple(faults), notes=(*found.notes, *more))


class _Archive:
    """An archive (`gateway.audit.verifier.Source`); read once, from its beginning to its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BufferedIOBase = open_for_reading(path)
        self._line = 0
        self._next = b""
        """One line of lookahead."""
        self.covered = 0
        """Records under the last checkpoint."""
        try:
            self.header = _HEADER.decode(self._read())
            self._before = bytes.fromhex(self.header.before)
        except ValueError:
            raise self.odd("header") from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def odd(self, words: str) -> UserError:
        """Return the error for a file that is not an archive."""
        return UserError(both("audit", "archive", words, path=self._path, line=self._line))

    def begin(self) -> Begin:
        return Begin(self.header.first, self._before, self.header.last)

    def first(self) -> int:
        return self.header.first

    def notes(self) -> list[tuple[int, str]]:
        notes = []
        while (line := self._read()).startswith(b'{"checkpoint":'):
            try:
                note = _NOTE.decode(line).checkpoint
                size = int(note.split("\n", 2)[1])
            except (ValueError, IndexError):
                raise self.odd("line") from None
            notes.append((size, note))
            self.covered = max(self.covered, size)
        self._next = line
        return notes

    def links(self) -> Iterator[tuple[int, bytes, bytes]]:
        begin, middle = b'{"hash":"', b'","record":'
        body_at = len(begin) + _HEX + len(middle)
        while line := self._read():
            entry = line.rstrip(b"\n")
            body = entry[body_at:-1]
            if not (
                entry.startswith(begin) and entry[body_at - len(middle) : body_at] == middle and entry[-1:] == b"}"
            ):
                raise self.odd("line")
            try:
                seq = int(body[len(b'{"seq":') : body.index(b",")])
                digest = bytes.fromhex(entry[len(begin) : len(begin) + _HEX].decode("ascii"))
            except ValueError:
                raise self.odd("line") from None
            yield seq, body, digest

    def retentions(self) -> Iterator[bytes]:
        """Yield nothing: the header says where the archive begins."""
        yield from ()

    def facts(self) -> None:
        """Return None: facts are not archived."""

    def _read(self) -> bytes:
        """Return the next line, empty at the end."""
        line, self._next = self._next, b""
        if line:
            return line
        self._line += 1
        try:
            line = self._file.readline(_LIMIT_LINE)
        except (EOFError, ValueError):
            raise self.odd("damaged") from None
        if len(line) >= _LIMIT_LINE:
            raise self.odd("line")
        return line
