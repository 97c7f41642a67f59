"""Log verification: recomputes the chain and compares it with every known checkpoint.

A chain alone detects edits, insertions, deletions and reordering, but neither truncation nor a complete rewrite.
Checkpoints do, the more reliably the farther away they are kept: `verify` reads those in the database, those in
`checkpoints/`, and any further directory. The search index is compared with the log too: an entry missing there would be
missing from every list.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from gateway.audit.chain import ends
from gateway.audit.index import Index
from gateway.audit.notes import VerifierKey
from gateway.audit.store import Folder, reading
from gateway.audit.tree import retentions
from gateway.audit.verifier import Verification, Verifier
from gateway.errors import UserError
from gateway.texts.catalogue import both, reasons


def verify(
    data: Path,
    *,
    checkpoints: Iterable[Path] = (),
    key: Path | None = None,
    witnesses: Iterable[VerifierKey] = (),
    tick: Callable[[int], None] | None = None,
) -> Verification:
    """Verify the log under a data directory; UserError when it cannot be read at all (exit code 2).

    `checkpoints` are further files of notes or directories with them, `key` a verifier key kept elsewhere,
    `witnesses` the keys by which cosignatures are verified; `tick` is called after
    every thousand records.
    """
    folder = Folder(data)
    with reading(data) as connection:
        public = read_verifier_key(key or folder.checkpoints / "public-key.txt")
        connection.execute("BEGIN")  # one snapshot, taken at the first read, during concurrent writes
        found = Verifier(_Local(connection), public, tuple(witnesses), tick).run(folder.checkpoints, tuple(checkpoints))
        return found if found.faults else replace(found, index_fault=_index_fault(folder))


def _index_fault(folder: Folder) -> str:
    """Set aside a search index that differs from the log, and return the fault; missing or read-only is none."""
    if not (folder.index.exists() and os.access(folder.index, os.W_OK) and os.access(folder.data, os.W_OK)):
        return ""
    with closing(Index(folder)) as index:
        index.catch_up()
        part = index.differs_from_the_log()
        return both("audit", "fault", "index_differs", part=part, path=index.set_aside()) if part else ""


def read_verifier_key(path: Path) -> bytes:
    """Return the public key of a file; UserError for an invalid one."""
    try:
        return VerifierKey.parse(path.read_text("utf-8")).public
    except OSError as error:
        raise UserError(both("audit", "fault", "no_key", path=path, reason=reasons(error))) from None
    except ValueError:
        raise UserError(both("audit", "fault", "odd_key", path=path)) from None


class _Local:
    """A log in SQLite (`gateway.audit.verifier.Source`)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def begin(self) -> None:
        """Return None: a whole log, no archive."""

    def first(self) -> int:
        return ends(self._connection)[0]

    def links(self) -> Iterator[tuple[int, bytes, bytes]]:
        yield from self._connection.execute("SELECT seq, body, hash FROM record ORDER BY seq")

    def retentions(self) -> Iterator[bytes]:
        return retentions(self._connection)

    def notes(self) -> Iterable[tuple[int, str]]:
        return self._connection.execute("SELECT size, note FROM checkpoint ORDER BY size").fetchall()

    def facts(self) -> Iterator[tuple[int, bytes, bytes | None]] | None:
        found = self._connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'facts'")
        if found.fetchone() is None:
            return None
        return self._connection.execute("SELECT f.seq, f.body, r.body FROM facts f LEFT JOIN record r ON r.seq = f.seq")
