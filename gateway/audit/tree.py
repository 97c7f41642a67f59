"""Merkle tree over the record hashes, stored beside them so that no root or proof reads the whole log.

Leaf i is the hash of record i + 1. Table `tree` holds every complete node over 256 records or more, and the nodes of
removed records that are still needed; other nodes are computed from records. It is written in a checkpoint's transaction
and is no evidence: checkpoints are, and the verifiers recompute the tree.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from gateway.audit.merkle import Range, blank_peaks, consistency_proof, leaf_hash, node_hash, peaks, root_of
from gateway.audit.record import Retention
from gateway.errors import AuditError

TREE: Final = (
    "CREATE TABLE IF NOT EXISTS tree (level INTEGER, n INTEGER, hash BLOB NOT NULL, PRIMARY KEY (level, n))"
    " STRICT, WITHOUT ROWID"
)
_KEPT_LEVEL: Final = 8
_BLOCK: Final = 1 << _KEPT_LEVEL
_RETENTION: Final = msgspec.json.Decoder(Retention)
_BEGAN: Final = -1
"""Level of a row that is no node: its number is the oldest record when the tree began."""


class NoRecordError(AuditError):
    """A node cannot be computed: a required record is missing."""


class Tree:
    """The tree of one log, over a connection; each call joins its running transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def began(self) -> int:
        """The oldest record when the tree began; leaves before it are empty strings."""
        row = self._connection.execute("SELECT n FROM tree WHERE level = ?", (_BEGAN,)).fetchone()
        return int(row[0]) if row is not None else 1

    def begin(self, began: int = 0) -> None:
        """Begin the tree of a log from its records; `began` is where an earlier tree of it began, 0 without one."""
        if self._connection.execute("SELECT 1 FROM tree LIMIT 1").fetchone() is not None:
            return
        first = self._connection.execute("SELECT min(seq) FROM record").fetchone()[0] or 1
        if first == 1:
            return
        removed = removal(retentions(self._connection), first)
        hashes = removed.peaks if removed is not None else None
        if began or hashes is None:
            began = began or first
            self._put(_BEGAN, began, b"")
        self.seed(first - 1, hashes or blank_peaks(first - 1))

    def seed(self, size: int, hashes: Sequence[bytes]) -> None:
        """Store the peaks of the first `size` records, which are removed or about to be."""
        for (level, n), digest in zip(peaks(size), hashes, strict=True):
            self._put(level, n, digest)
        if size >= _BLOCK:
            # `grow` continues from this row; its hash is a placeholder, unless it is a peak.
            self._put(_KEPT_LEVEL, (size >> _KEPT_LEVEL) - 1, b"")

    @property
    def grown(self) -> int:
        """The last record covered by stored complete nodes."""
        last = self._connection.execute("SELECT max(n) FROM tree WHERE level = ?", (_KEPT_LEVEL,)).fetchone()[0]
        return 0 if last is None else (last + 1) << _KEPT_LEVEL

    def grow(self, size: int) -> None:
        """Store the nodes that are complete with `size` records; AuditError when records are missing."""
        for block in range(self.grown >> _KEPT_LEVEL, size >> _KEPT_LEVEL):
            level, n, digest = _KEPT_LEVEL, block, self.node(_KEPT_LEVEL, block)
            self._put(level, n, digest)
            while n & 1:
                digest = node_hash(self.node(level, n - 1), digest)
                level, n = level + 1, n >> 1
                self._put(level, n, digest)

    def peaks(self, size: int) -> list[bytes]:
        """Return the peaks of the first `size` records, the largest first."""
        return [self.node(level, n) for level, n in peaks(size)]

    def root(self, size: int) -> bytes:
        """Return the root over the first `size` records; AuditError when records are missing."""
        return root_of(self.peaks(size))

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the consistency proof from `old` to `new` records; AuditError when required records are missing."""
        return consistency_proof(old, new, self.node)

    def node(self, level: int, n: int) -> bytes:
        """Return the hash of a complete node; AuditError when required records are missing."""
        row = self._connection.execute("SELECT hash FROM tree WHERE level = ? AND n = ?", (level, n)).fetchone()
        if row is not None and row[0]:
            return bytes(row[0])
        if level <= _KEPT_LEVEL:
            between = (n << level) + 1, n + 1 << level
            rows = self._connection.execute("SELECT hash FROM record WHERE seq BETWEEN ? AND ? ORDER BY seq", between)
            grown = Range()
            for (digest,) in rows:
                grown.append(leaf_hash(digest))
            if grown.size == 1 << level:
                return grown.root
            if level == 0:
                raise NoRecordError(f"record {n + 1} is missing")
        return node_hash(self.node(level - 1, 2 * n), self.node(level - 1, 2 * n + 1))

    def clear(self) -> None:
        """Delete all nodes, as before `begin`."""
        self._connection.execute("DELETE FROM tree")

    def _put(self, level: int, n: int, digest: bytes) -> None:
        self._connection.execute("INSERT OR IGNORE INTO tree VALUES (?, ?, ?)", (level, n, digest))


def retentions(connection: sqlite3.Connection) -> Iterator[bytes]:
    """Yield the bodies of records of kind `retention`, newest first, and maybe some others."""
    rows = connection.execute(
        'SELECT body FROM record WHERE CAST(body AS TEXT) LIKE \'%"kind":"retention"%\' ORDER BY seq DESC'
    )
    yield from (body for (body,) in rows)


class Removal(NamedTuple):
    """The records that were removed, by a record of kind `retention`."""

    last: int
    hash: bytes
    """Of the last one."""
    peaks: list[bytes] | None
    """Of the tree over them; None where it does not say."""
    reason: str


def removals(bodies: Iterable[bytes]) -> Iterator[Removal]:
    """Yield what can be read of `retentions`."""
    for body in bodies:
        with suppress(ValueError):
            said = _RETENTION.decode(body)
            peaks = [bytes.fromhex(digest) for digest in said.tree]
            yield Removal(said.last, bytes.fromhex(said.last_hash), peaks or None, said.reason)


def removal(bodies: Iterable[bytes], first: int) -> Removal | None:
    """Return the removal that a log which begins with a record comes from (`retentions`), None without one."""
    return next((one for one in removals(bodies) if one.last == first - 1), None)
