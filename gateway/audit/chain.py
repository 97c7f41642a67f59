"""The chain of records: `hash(n) = SHA-256(hash(n-1) + body(n))`, written in the running transaction."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import msgspec

from gateway.audit.kept import VERSION
from gateway.audit.record import instant
from gateway.audit.side_tables import INTO_FACTS, INTO_RECORD, Mark, insert_rows, write_marks
from gateway.audit.store import GENESIS

HEAD_BYTES = 200
"""Bytes of a record within which its time and its kind stand."""
_TIME = re.compile(rb'"time":"([^"]{20,40})"')
_INDETERMINATE = datetime.min.replace(tzinfo=UTC)
_AROUND = 1000
"""Records within which those of several processes may stand in another order than they were stamped."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A record on its way to the disk."""

    body: bytes
    """Canonical JSON without sequence number: it is spliced in at the commit."""
    mark: Mark | None = None
    """Values that the side tables keep with it."""
    facts: bytes | None = None
    """Packed facts of the mail, kept for a time (`gateway.audit.kept`)."""


@dataclass(frozen=True)
class Head:
    """The end of the chain."""

    seq: int = 0
    hash: bytes = GENESIS


def insert(connection: sqlite3.Connection, head: Head, group: Sequence[Entry]) -> Head:
    """Chain and insert records in the running transaction; return the new end of the chain."""
    rows, facts = [], []
    seq, chain = head.seq, head.hash
    for entry in group:
        seq += 1
        body = b'{"seq":%d,%s' % (seq, entry.body[1:])
        chain = hashlib.sha256(chain + body).digest()
        rows.append((seq, body, chain))
        if entry.facts is not None:
            facts.append((seq, VERSION, entry.facts))
    insert_rows(connection, INTO_RECORD, rows)
    insert_rows(connection, INTO_FACTS, facts)
    write_marks(connection, (entry.mark for entry in group if entry.mark is not None))
    return Head(seq, chain)


def stamp(moment: datetime) -> str:
    """Return a time as records hold it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def ends(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return the numbers of the oldest and the newest record of a log; 1 and 0 of an empty one."""
    first, last = connection.execute("SELECT (SELECT min(seq) FROM record), (SELECT max(seq) FROM record)").fetchone()
    return first or 1, last or 0


def first_since(connection: sqlite3.Connection, since: datetime) -> int:
    """Return the number of the first record of a time, by halving: records are in the order of their time, but for moments.

    A clock that was far behind or ahead has made records of a time before the log began, or that is still to come: they
    do not count. Around what is found all are looked at, so that the answer does not depend on how long the log is by now.
    """
    return first_among(ends(connection), partial(heads, connection), since)


def first_among(
    numbers: tuple[int, int], heads: Callable[[int, int], Iterator[tuple[int, datetime]]], since: datetime
) -> int:
    """Return the same of any log, of its `ends` and by what yields its `heads`."""
    first, newest = numbers
    last = newest
    edges = [time for end in (first, last) for _, time in heads(end, end)]
    low, high = min(edges, default=since), max([datetime.now(UTC), *edges[1:]])
    while first <= last:
        middle = (first + last) // 2
        found = next(((seq, time) for seq, time in heads(middle, last) if low <= time <= high), None)
        if found is not None and found[1] < since:
            first = found[0] + 1
        else:
            last = middle - 1
    around = heads(first - _AROUND, newest)
    return next((seq for seq, time in around if since <= time <= high), first)


def heads(connection: sqlite3.Connection, first: int, last: int) -> Iterator[tuple[int, datetime]]:
    """Yield number and time of records, in order."""
    query = "SELECT seq, substr(body, 1, ?) FROM record WHERE seq BETWEEN ? AND ? ORDER BY seq"
    for seq, head in connection.execute(query, (HEAD_BYTES, first, last)):
        yield seq, time_of(head or b"")  # of an empty body SQLite has no part


def time_of(body: bytes) -> datetime:
    """Return when a record was made, by its first `HEAD_BYTES`; the earliest time for one without a readable time."""
    found = _TIME.search(body, 0, HEAD_BYTES)
    try:
        return instant(found[1].decode()) if found is not None else _INDETERMINATE
    except ValueError:
        return _INDETERMINATE


def read_head(connection: sqlite3.Connection) -> Head:
    """Return the end of the chain."""
    row = connection.execute("SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(row[0], row[1]) if row is not None else Head()
