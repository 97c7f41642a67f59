"""Records of a month, read once in order, each verified against the chain.

Only kinds that a report counts are decoded; one that is not known here is passed over.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias, get_args

from msgspec.json import Decoder

from gateway.audit import record as r
from gateway.audit.chain import HEAD_BYTES, ends, first_among, heads
from gateway.audit.store import GENESIS
from gateway.report.month import Month

if TYPE_CHECKING:
    from gateway.cluster.logs import NodeLog

MENDED_WITHIN = timedelta(days=3)
_DISORDER = timedelta(hours=1)
"""A record may be stamped before another and stand behind it: processes stamp, then wait for their turn."""
_KIND = re.compile(rb'"process":"[^"]{0,40}","kind":"(\w{1,40})"')
_TICK = 2000


Entry: TypeAlias = r.Intent | r.Refused | r.Outcome | r.RecipientRefused | r.Mailboxes
"""A record that counts."""
_DECODER: Decoder[Entry | r.Sending] = Decoder(Entry | r.Sending)
_DIRECTORY = Decoder(r.Mailboxes)
_KINDS = frozenset(str(kind.__struct_config__.tag).encode() for kind in get_args(Entry))


@dataclass(frozen=True)
class LocalLog:
    """The log of this machine."""

    connection: sqlite3.Connection
    late = timedelta(minutes=1)
    """By which a record may come into it after the time that it bears."""

    def ends(self) -> tuple[int, int]:
        """Return the numbers of the oldest and the newest record; 1 and 0 of an empty log."""
        return ends(self.connection)

    def heads(self, first: int, last: int) -> Iterator[tuple[int, datetime]]:
        """Yield number and time of records, in order."""
        return heads(self.connection, first, last)

    def links(self, first: int, last: int) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield number, body and hash of records, in order."""
        query = "SELECT seq, body, hash FROM record WHERE seq BETWEEN ? AND ? ORDER BY seq"
        return self.connection.execute(query, (first, last))

    def directory_before(self, seq: int) -> bytes | None:
        """Return the last record of a directory before a number."""
        row = self.connection.execute(
            "SELECT body FROM record WHERE seq < ? AND instr(substr(body, 1, ?), ?) ORDER BY seq DESC LIMIT 1",
            (seq, HEAD_BYTES, b'"kind":"directory"'),
        ).fetchone()
        return row[0] if row is not None else None

    def has_all(self, _until: datetime) -> bool:
        """Return whether all records have come in that were made until a time, or until now."""
        return True

    def left(self, _before: datetime) -> bool:
        """Return whether the machine was retired before a time."""
        return False


Log: TypeAlias = "LocalLog | NodeLog"


class Range:
    """The records from one number to another; once walked, it knows the end of the chain and whether it held."""

    def __init__(self, log: Log, first: int, last: int) -> None:
        """`last` is held to what there is."""
        self._log = log
        self.first, self.last = first, min(last, log.ends()[1])
        self.head = b""
        self.broken: int | None = None
        self.unreadable = 0
        """Records that say nothing that can be read."""

    def walk(self, tick: Callable[[int], None]) -> Iterator[tuple[datetime, Entry]]:
        """Yield what counts, with its time, in order; `tick` is called for every record."""
        chain, expected = self._before(), self.first
        for seq, body, stored in self._log.links(self.first, self.last):
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
        body = self._log.directory_before(self.first)
        try:
            return _DIRECTORY.decode(body) if body is not None else None
        except ValueError:
            self.unreadable += 1
            return None

    def _before(self) -> bytes:
        """Return the hash before the range; nothing when its record was removed."""
        if self.first == 1:
            return GENESIS
        return next((bytes(digest) for _, _, digest in self._log.links(self.first - 1, self.first - 1)), b"")


def _counts(body: bytes) -> bool:
    """Return whether a record is of a kind that counts."""
    kind = _KIND.search(body, 0, HEAD_BYTES)
    return kind is not None and kind[1] in _KINDS


def bounds(log: Log, month: Month) -> tuple[int, int]:
    """Return the first and last record that a month needs, with refusals fixed in it and fixes of its refusals."""
    first = first_among(log.ends(), log.heads, month.begin - MENDED_WITHIN - _DISORDER)
    return first, first_among(log.ends(), log.heads, _end(month)) - 1


def is_behind(log: Log, month: Month, last: int) -> bool:
    """Return whether a log may not have all records of a month yet, of which it has those up to `last`."""
    return last == log.ends()[1] and not log.has_all(_end(month))


def _end(month: Month) -> datetime:
    return month.end + MENDED_WITHIN + _DISORDER


def is_cut(log: Log, month: Month, *, first: int, last: int, made: datetime, behind: bool = False) -> bool:
    """Return whether a report of a month that was made at a time must have had records outside of a range.

    Of a log that is said to have been `behind` the later ones are not missed.
    """
    begin, end = bounds(log, month)
    after = time_at(log, last + 1) if last < end and not behind else None
    return first != begin or last > end or (after is not None and after < made - log.late)


def time_at(log: Log, seq: int) -> datetime | None:
    """Return the time of a record; None when it is not there."""
    return next((time for _, time in log.heads(seq, seq)), None)
