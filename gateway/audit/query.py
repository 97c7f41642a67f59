"""Queries on the log: filtered lists, one mail with all its records, full-text search, export.

Queries go to the search index, which catches up first, and then to the records themselves: what is shown is always the
record, never the index.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec
from msgspec import structs

from gateway.audit import record as r
from gateway.audit.conditions import conditions_of, matching, microseconds, storable
from gateway.audit.filter import STATES, Filter
from gateway.audit.index import Index, interrupted
from gateway.audit.index_rows import CHECKED
from gateway.audit.keyed import OWN, Keyed
from gateway.audit.rows import Row, became, row_of
from gateway.audit.store import Folder, unusable
from gateway.errors import SearchTimeError
from gateway.model.reference import mistyped, standard
from gateway.texts.catalogue import pair
from gateway.yaml.values import printable

__all__ = ["STATES", "AuditReader", "Filter", "History", "Readers", "WeakPassword", "unknown"]

_EVENTS = "SELECT id, seq FROM event WHERE id IN (SELECT value FROM json_each(?)) ORDER BY seq"
_BODIES = "SELECT seq, body FROM record WHERE seq IN (SELECT value FROM json_each(?))"
_OPEN_S = 60.0
"""How long a reader serves questions; the next one counts the rows of the index again, whatever happened to the file."""
_IDLE = 2
"""Readers that wait for a question."""


def unknown(reference: str) -> tuple[str, str]:
    """Return why no such reference exists, in Vietnamese and English; a failed check letter is reported."""
    shown = printable(reference)
    return pair("audit", "fault", "mistyped" if mistyped(reference) else "unknown", reference=shown)


def _listed(values: Iterable[str | int]) -> str:
    return msgspec.json.encode(tuple(values)).decode()


@dataclass(frozen=True)
class WeakPassword:
    """A mailbox whose last judged password does not comply with Điều 6."""

    login: str
    since: datetime
    """First of the latest unbroken run of weak judgements."""
    last: datetime


@dataclass(frozen=True)
class History:
    """Everything that the log has about one reference, in order."""

    reference: str
    records: tuple[r.AnyRecord, ...]
    nodes: tuple[str, ...] = ()
    """Whose log has each record; none for the only log."""
    acts: tuple[Row, ...] = ()
    """What people did about it, where that was asked for."""

    @property
    def mail(self) -> r.MailFacts | None:
        """The judged mail, None when the reference is of something else."""
        for record in self.records:
            if isinstance(record, r.Intent | r.Refused):
                return record.mail
        return None


class AuditReader:
    """A log opened for reading, beside any process that writes it."""

    def __init__(self, folder: Folder, *, limit_s: float | None = None, gone: Callable[[], bool] | None = None) -> None:
        self._folder = folder
        self._limit_s = limit_s
        self.gone = gone
        self._until = math.inf
        self._index = Index(folder, over=self._over if gone is not None or limit_s is not None else None)
        self.several = False
        self._opened = time.monotonic()
        self.index_was_wrong = False
        """Search index rows were missing; the index has been rebuilt from the log."""

    @classmethod
    def open(cls, data: Path, *, limit_s: float | None = None, gone: Callable[[], bool] | None = None) -> AuditReader:
        """Open the log under a data directory; UserError when there is none or it cannot be read.

        With a limit each search ends after so many seconds, and any as soon as `gone` reports that its caller has left:
        both with SearchTimeError.
        """
        reader = cls(Folder(data), limit_s=limit_s, gone=gone)
        reader._index.log  # noqa: B018 - reports a missing log at once
        return reader

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def last(self) -> int:
        """Number of the newest record."""
        return int(self._index.log.execute("SELECT max(seq) FROM record").fetchone()[0] or 0)

    @property
    def first(self) -> int:
        """Number of the oldest record that is there; more than 1 after retention."""
        return int(self._index.log.execute("SELECT min(seq) FROM record").fetchone()[0] or 0)

    def show_indexing(self, tick: Callable[[int], None]) -> None:
        """Show progress of indexing before a query."""
        self._index.on_advance = tick

    def close(self) -> None:
        """Close the files."""
        self._index.close()

    def rest(self) -> None:
        """Give back the memory of a question; the files stay open."""
        self._index.rest()

    def stays_open(self) -> bool:
        """Return whether another question may use this reader: it is not old, and its log is still the one at the path."""
        return time.monotonic() - self._opened < _OPEN_S and self._index.reads_the_log()

    def find(self, wanted: Filter) -> tuple[Row, ...]:
        """Return matching rows, newest first; SearchError for an invalid filter, and at the time limit."""
        if wanted.before is not None:
            wanted = replace(wanted, before=None, before_seq=wanted.before.seq)
        found = conditions_of(wanted, self.keyed)
        try:
            try:
                index = self._checked(found.tags)
                with self._limited():
                    sequence_numbers = matching(index, found, wanted)
            except sqlite3.DatabaseError:  # more likely of the index, which can be made again
                self.index_was_wrong = True
                index = self._index.catch_up(within_s=self._limit_s, rebuild=True)
                with self._limited():
                    sequence_numbers = matching(index, found, wanted)
            with self._limited():
                rows, names = self._rows(index, sequence_numbers), wanted.unit_names
                return tuple(structs.replace(row, unit=names[row.unit]) if row.unit in names else row for row in rows)
        except sqlite3.DatabaseError as error:
            raise unusable(self._folder.database, error) from None

    def _over(self) -> bool:
        return time.monotonic() > self._until or (self.gone is not None and self.gone())

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """End what SQLite does within at the time limit, if the reader has one, with a SearchTimeError."""
        limit_s = math.inf if self._limit_s is None else self._limit_s
        self._until = time.monotonic() + limit_s
        try:
            yield
        except sqlite3.OperationalError as error:
            if not interrupted(error):
                raise
            raise SearchTimeError(*pair("audit", "fault", "too_long", limit=f"{limit_s:g}")) from None
        finally:
            self._until = math.inf

    def show(self, reference: str) -> History | None:
        """Return all records of a reference (any spelling); None when the log has none."""
        index = self._checked(())
        wanted = storable(reference).strip()
        with self._limited():
            for candidate in dict.fromkeys((standard(wanted) or wanted, wanted, wanted.upper())):
                rows = index.execute("SELECT seq FROM event WHERE id = ? ORDER BY seq", (candidate,)).fetchall()
                if rows:
                    return History(candidate, tuple(self._record(seq) for (seq,) in rows))
        return None

    def weak_passwords(self) -> tuple[WeakPassword, ...]:
        """Return the mailboxes with a weak password by the latest judgement of each, in order of their names."""
        weak: dict[str, WeakPassword] = {}
        index = self._index.catch_up()
        for (seq,) in index.execute(
            "SELECT seq FROM tag WHERE name IN ('state:weak_password', 'state:sound_password') ORDER BY seq"
        ):
            record = self._record(seq)
            if not isinstance(record, r.PasswordJudged):
                continue
            login, moment = record.login.casefold(), datetime.fromisoformat(record.time)
            if record.sound:
                weak.pop(login, None)
            else:
                before = weak.get(login)
                weak[login] = WeakPassword(login, before.since if before is not None else moment, moment)
        return tuple(weak[login] for login in sorted(weak))

    def checks_since(self, login: str, since: datetime) -> int:
        """Return the number of a user's self-checks since a time."""
        with self.index() as index:
            row = index.execute(
                "SELECT count(*) FROM tag JOIN entry ON entry.seq = tag.seq WHERE tag.name = ? AND entry.time >= ?"
                " AND EXISTS (SELECT 1 FROM tag AS state WHERE state.name = ? AND state.seq = tag.seq)",
                (f"login:{login.casefold()}", microseconds(since), CHECKED),
            ).fetchone()
        return int(row[0])

    def links(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Yield body and hash of the records in order, unchanged, with an empty node name (`gateway.audit.reader.Reader`)."""
        for body, digest in self._index.log.execute("SELECT body, hash FROM record ORDER BY seq"):
            yield "", bytes(body), bytes(digest)

    def act(self, seq: int) -> r.Act | None:
        """Return the act at a sequence number, None for another kind of record."""
        record = self._record(seq)
        return record if isinstance(record, r.Act) else None

    def link(self, seq: int) -> bytes:
        """Return the hash of a record; empty when it is missing."""
        row = self._index.log.execute("SELECT hash FROM record WHERE seq = ?", (seq,)).fetchone()
        return bytes(row[0]) if row is not None else b""

    @contextmanager
    def index(self) -> Iterator[sqlite3.Connection]:
        """Enter the index, brought up to date, for `gateway.audit.tally`."""
        index = self._index.catch_up(within_s=self._limit_s)
        with self._limited():
            yield index

    def _record(self, seq: int) -> r.AnyRecord:
        row = self._index.log.execute("SELECT body FROM record WHERE seq = ?", (seq,)).fetchone()
        return r.read(row[0], seq)

    def _checked(self, tags: Iterable[str]) -> sqlite3.Connection:
        """Return the index, rebuilt from the log when rows of these tags are missing."""
        index = self._index.catch_up(within_s=self._limit_s)
        with self._limited():
            gone = self._index.rows_are_gone(tags)
        if not gone:
            return index
        self.index_was_wrong = True
        return self._index.catch_up(within_s=self._limit_s, rebuild=True)

    def keyed(self, sha256: str) -> tuple[str, ...]:
        """Return the keyed digests under which a file of a confidential mail may be indexed; none without a key."""
        if not (self._folder.keys / OWN).exists():
            return ()
        return Keyed.of(self._folder).digests(sha256.lower())

    def _rows(self, index: sqlite3.Connection, numbers: Sequence[int]) -> Iterator[Row]:
        """Yield the rows of records; a mail has the state of its reference after its intent, `pending` without an outcome."""
        records = self._records(numbers)
        names = {record.id for record in records.values() if isinstance(record, r.Intent)}
        events: dict[str, list[int]] = {}
        for name, seq in index.execute(_EVENTS, (_listed(names),)):
            events.setdefault(name, []).append(seq)
        later = self._records(seq for each in events.values() for seq in each if seq not in records) | records
        for record in records.values():
            row = row_of(record)
            if isinstance(record, r.Intent):
                row = structs.replace(
                    row, state=became(later[seq] for seq in events.get(record.id, ()) if seq > record.seq)
                )
            yield row

    def _records(self, numbers: Iterable[int]) -> dict[int, r.AnyRecord]:
        """Return records by their numbers, in this order; without those that retention has just removed."""
        wanted = tuple(numbers)
        bodies = dict(self._index.log.execute(_BODIES, (_listed(wanted),)))
        return {seq: r.read(bodies[seq], seq) for seq in wanted if seq in bodies}


class Readers:
    """Readers of one log that stay open, so that opening it and counting its index are not paid by each question."""

    def __init__(self) -> None:
        self._idle: list[AuditReader] = []

    @contextmanager
    def one(self, data: Path, *, limit_s: float, gone: Callable[[], bool]) -> Iterator[AuditReader]:
        """Lend a reader to a thread, as `AuditReader.open` returns it; after a fault within it is not used again."""
        reader = self._taken(gone) or AuditReader.open(data, limit_s=limit_s, gone=gone)
        try:
            yield reader
        except BaseException:  # also who went away meanwhile: the connection may be amid a transaction
            reader.close()
            raise
        if len(self._idle) < _IDLE:
            reader.rest()
            self._idle.append(reader)
        else:
            reader.close()

    def _taken(self, gone: Callable[[], bool]) -> AuditReader | None:
        with suppress(IndexError):  # another thread may take the last one
            while not (reader := self._idle.pop()).stays_open():
                reader.close()
            reader.gone = gone
            return reader
        return None

    def close(self) -> None:
        """Close those that wait."""
        while self._idle:
            self._idle.pop().close()
