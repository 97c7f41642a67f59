"""The records of a month, read once and in order, each held against the chain.

Only kinds that a report counts are decoded; one that is not known here is passed over.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypeAlias, get_args

from msgspec.json import Decoder

from gateway.audit import record as r
from gateway.audit.chain import HEAD_BYTES, ends, first_since, time_of
from gateway.audit.store import GENESIS
from gateway.report.month import Month

MENDED_WITHIN = timedelta(days=3)
_DISORDER = timedelta(hours=1)
"""A record may be stamped before another and stand behind it: processes stamp, then wait for their turn."""
_LATE = timedelta(minutes=1)
"""By which a record may come into the log after the time that it bears."""
_KIND = re.compile(rb'"process":"[^"]{0,40}","kind":"(\w{1,40})"')
_TICK = 2000


Entry: TypeAlias = r.Intent | r.Refused | r.Outcome | r.RecipientRefused | r.Mailboxes
"""A record that counts."""
_DECODER: Decoder[Entry | r.Sending] = Decoder(Entry | r.Sending)
_DIRECTORY = Decoder(r.Mailboxes)
_KINDS = frozenset(str(kind.__struct_config__.tag).encode() for kind in get_args(Entry))


class Range:
    """The records from one number to another; once walked, it knows the end of the chain and whether it held."""

    def __init__(self, connection: sqlite3.Connection, first: int, last: int) -> None:
        """`last` is held to what there is."""
        self._connection = connection
        self.first, self.last = first, min(last, ends(connection)[1])
        self.head = b""
        self.broken: int | None = None
        self.unreadable = 0
        """Records that say nothing that can be read."""

    def walk(self, tick: Callable[[int], None]) -> Iterator[tuple[datetime, Entry]]:
        """Yield what counts, with its time, in order; `tick` is called for every record."""
        chain, expected = self._before(), self.first
        for seq, body, stored in self._connection.execute(
            "SELECT seq, body, hash FROM record WHERE seq BETWEEN ? AND ? ORDER BY seq", (self.first, self.last)
        ):
            fits = seq == expected and (not chain or hashlib.sha256(chain + body).digest() == stored)
            if not fits and self.broken is None:
                self.broken = expected
            chain, expected = stored, seq + 1
            if not seq % _TICK:
                tick(_TICK)
            try:
                entry = _DECODER.decode(body)
                if isinstance(entry, r.Sending):  # one in three
                    continue
                moment = r.instant(entry.time)
            except ValueError:
                self.unreadable += _counts(body)
                continue
            yield moment, entry
        self.head = chain
        if expected <= self.last and self.broken is None:
            self.broken = expected

    def directory_before(self) -> r.Mailboxes | None:
        """Return the last record of a directory before the range; None when there is none that can be read."""
        row = self._connection.execute(
            "SELECT body FROM record WHERE seq < ? AND instr(substr(body, 1, ?), ?) ORDER BY seq DESC LIMIT 1",
            (self.first, HEAD_BYTES, b'"kind":"directory"'),
        ).fetchone()
        try:
            return _DIRECTORY.decode(row[0]) if row is not None else None
        except ValueError:
            self.unreadable += 1
            return None

    def _before(self) -> bytes:
        """Return the hash before the range; nothing when its record was removed."""
        if self.first == 1:
            return GENESIS
        row = self._connection.execute("SELECT hash FROM record WHERE seq = ?", (self.first - 1,)).fetchone()
        return bytes(row[0]) if row is not None else b""


def _counts(body: bytes) -> bool:
    """Return whether a record is of a kind that counts."""
    kind = _KIND.search(body, 0, HEAD_BYTES)
    return kind is not None and kind[1] in _KINDS


def bounds(connection: sqlite3.Connection, month: Month) -> tuple[int, int]:
    """Return the first and the last record that a month may ask for: also what its mails mend, and what mends its refusals."""
    first = first_since(connection, month.begin - MENDED_WITHIN - _DISORDER)
    return first, first_since(connection, month.end + MENDED_WITHIN + _DISORDER) - 1


def is_cut(connection: sqlite3.Connection, month: Month, *, first: int, last: int, made: datetime) -> bool:
    """Return whether a report of a month that was made at a time must have had records outside of a range."""
    begin, end = bounds(connection, month)
    row = connection.execute("SELECT body FROM record WHERE seq = ?", (last + 1,)).fetchone()
    return first != begin or last > end or (last < end and row is not None and time_of(row[0]) < made - _LATE)


def begins(connection: sqlite3.Connection) -> datetime | None:
    """Return the time of the oldest record that is there; None for an empty log."""
    row = connection.execute("SELECT body FROM record ORDER BY seq LIMIT 1").fetchone()
    return time_of(row[0]) if row is not None else None


def is_pruned(connection: sqlite3.Connection) -> bool:
    """Return whether the oldest records were removed."""
    return ends(connection)[0] > 1
