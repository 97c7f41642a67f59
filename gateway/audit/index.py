"""The search index: tags and words of records in a database of its own, made from the log and never evidence itself.

It may be deleted at any time. Mail processing does not write it: it follows the log when a process is idle, and every
query first brings it up to date. `held` counts inserted rows, and rows that are deleted, which none of ours ever is: a
query detects missing ones. `gateway audit verify` compares the index with a rebuilt one. `tag` holds exact terms
(`to:b@x`, `rule:classified.marked`, `is:reject`, `state:unknown`, `sha:...`); `words` is full text in two forms, folded
(no tone marks, đ as d) and exact (NFC), so that `mat` finds mật, mất and mặt, and `mật` finds only mật. `tally` has counts
by day (`gateway.audit.tally`).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from gateway.audit import record as r
from gateway.audit import tally
from gateway.audit.chain import ends
from gateway.audit.index_rows import EVERY, Rows, Words, take
from gateway.audit.store import BUSY_BUDGET_S, Folder, connect_readonly
from gateway.errors import AuditError, SearchTimeError, UserError
from gateway.system.lock import lock
from gateway.texts.catalogue import both, pair

_VERSION = 14
SLICE = 200
"""Records that are indexed at once."""
_STEPS = 1000
"""Steps of SQLite's machine between two questions whether to go on."""
_SCHEMA = f"""{tally.SCHEMA}
CREATE TABLE entry (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL) STRICT;
CREATE INDEX entry_id ON entry (id);
CREATE INDEX entry_time ON entry (time);
CREATE TABLE event (id TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (id, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE tag (name TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (name, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE held (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE position (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE VIRTUAL TABLE words USING fts5 (
  {", ".join(Words._fields)}, content = '', tokenize = 'unicode61 remove_diacritics 0'
);
INSERT INTO position VALUES (1, 0, x'');
"""  # noqa: S608 - names of our own
_GONE = "INSERT INTO held VALUES ('gone', 1) ON CONFLICT DO UPDATE SET n = n + 1"
# Not of `words`: SQLite lets careful programs open no schema with triggers on its own tables.
for _table in ("entry", "event", "tag"):
    _SCHEMA += f"CREATE TRIGGER {_table}_gone AFTER DELETE ON {_table} BEGIN {_GONE}; END;\n"
_COUNTED = {"entry": "entry", "event": "event", "words": "words_docsize"}
"""Tables whose rows `held` counts under a name; under others those of a tag."""


def interrupted(error: BaseException) -> bool:
    """Return whether SQLite ended a query because it was over."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorname == "SQLITE_INTERRUPT"


class _BusyError(AuditError):
    """Another process writes the index."""


class Index:
    """The index of one log; opened when first used."""

    def __init__(self, folder: Folder, *, over: Callable[[], bool] | None = None) -> None:
        """Prepare; SQLite asks `over` while it works, and what runs then ends with SQLITE_INTERRUPT."""
        self._folder = folder
        self._over = over
        self.on_advance: Callable[[int], None] | None = None
        """Progress callback of a query that waits for indexing: number of records indexed."""
        self._log: sqlite3.Connection | None = None
        self._index: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._log_file: tuple[int, int] | None = None
        self._whole: set[str] = set()
        """Names in `held` whose rows were counted on this connection and were all there."""
        self._schema = 0
        """SQLite's schema version at that time: the triggers stand since."""

    def follow(self) -> bool:
        """Index one slice unless another process does; return whether there is more. Never raises: nothing depends on it."""
        try:
            with self._locked(wait_s=0):
                return _advance(self._open(), self.log, SLICE)
        except (AuditError, UserError, sqlite3.Error, OSError):
            self.close()
            return False

    def catch_up(self, *, within_s: float | None = None, rebuild: bool = False) -> sqlite3.Connection:
        """Index all records and return the index for queries; AuditError when that fails.

        A damaged index, or any one with `rebuild`, is discarded first. SearchTimeError at the deadline; rows indexed so far stay.
        """
        wait_s = BUSY_BUDGET_S * 12 if within_s is None else within_s
        end = None if within_s is None else time.monotonic() + within_s
        try:
            with self._locked(wait_s=wait_s):
                if rebuild:
                    self.close()
                    self._remove()
                while _advance(self._open(), self.log, 2000):
                    if self.on_advance is not None:
                        self.on_advance(2000)
                    if end is not None and time.monotonic() > end:
                        raise SearchTimeError(*pair("audit", "fault", "index_behind", count=self._behind()))
        except _BusyError:
            if within_s is None:
                raise
            raise SearchTimeError(*pair("audit", "fault", "index_behind", count=self._behind())) from None
        except (sqlite3.Error, OSError) as error:
            if interrupted(error):
                raise SearchTimeError(*pair("audit", "fault", "index_behind", count=self._behind())) from None
            if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) and not rebuild:
                return self.catch_up(within_s=within_s, rebuild=True)
            raise AuditError(both("audit", "fault", "index", path=self._folder.index, reason=error)) from error
        return self.connection

    def _behind(self) -> int:
        """Return the number of unindexed records; all of them while the index is not open here, as opening needs the lock."""
        return ends(self.log)[1] - (_position(self._index) if self._index is not None else 0)

    @property
    def connection(self) -> sqlite3.Connection:
        """The index as far as it has come."""
        return self._open()

    def reads_the_log(self) -> bool:
        """Return whether the log at the path is the one that is open."""
        return self._log is not None and self._log_file == _identity(self._folder.database)

    @property
    def log(self) -> sqlite3.Connection:
        """The log, for reading."""
        if self._log is None:
            self._log_file = _identity(self._folder.database)
            self._log = connect_readonly(self._folder.database)
            self._log.set_progress_handler(self._over, _STEPS)
        return self._log

    def rows_are_gone(self, tags: Iterable[str]) -> bool:
        """Return whether the number of entries, events or rows of these tags differs from the number inserted.

        They are counted once on a connection, which takes a few milliseconds for hundreds of thousands of rows; from then
        on the index itself counts what is deleted.
        """
        index = self._open()
        index.execute("BEGIN")  # one snapshot during concurrent writes
        try:
            return self._differs(index, tags)
        finally:
            index.execute("COMMIT")

    def _differs(self, index: sqlite3.Connection, tags: Iterable[str]) -> bool:
        schema = index.execute("PRAGMA schema_version").fetchone()[0]
        if schema != self._schema:
            self._schema, self._whole = schema, set()
        first, _ = ends(self.log)
        there = {"gone": 0, "record": max(0, _position(index) - first + 1)}
        for name in {*_COUNTED, *tags} - self._whole:
            table = _COUNTED.get(name, "tag WHERE name = :name")
            there[name] = index.execute(f"SELECT count(*) FROM {table}", {"name": name}).fetchone()[0]  # noqa: S608 - our own
        for name, count in there.items():
            row = index.execute("SELECT n FROM held WHERE name = ?", (name,)).fetchone()
            if count != (row[0] if row is not None else 0):
                return True
        self._whole |= there.keys() - {"gone", "record"}
        return False

    def differs_from_the_log(self) -> str:
        """Return the table that differs, row by row, from an index rebuilt from the log; empty when none does."""
        fresh = sqlite3.connect("", isolation_level=None)
        try:
            fresh.executescript(_SCHEMA)
            position = _position(self._open())
            while _advance(fresh, self.log, 2000, position):
                pass
            with self._locked(
                wait_s=BUSY_BUDGET_S * 12
            ):  # held until both indexes reach `last`; released for the comparison
                last = max(position, _position(self._open()))
                for index in (self._open(), fresh):
                    while _advance(index, self.log, 2000, last):
                        pass
                fresh.execute("ATTACH ? AS live", (str(self._folder.index),))
                fresh.execute("BEGIN")
                fresh.execute("SELECT seq FROM live.position").fetchone()
            for name in ("position", "entry", "event", "tag", "held", "tally"):
                for one, other in (("main", "live"), ("live", "main")):
                    query = f"SELECT 1 FROM (SELECT * FROM {one}.{name} EXCEPT SELECT * FROM {other}.{name}) LIMIT 1"  # noqa: S608
                    if fresh.execute(query).fetchone() is not None:
                        return name
            return "" if _same_words(fresh) else "words"
        except sqlite3.DatabaseError:  # the log was read to its end just before
            return "words"
        finally:
            fresh.close()

    def set_aside(self) -> Path:
        """Rename an index that differs from the log, as evidence; the next query rebuilds it."""
        aside = self._folder.index.with_suffix(".db.differs")
        with self._locked(wait_s=BUSY_BUDGET_S * 12):
            self._open().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.close()
            self._folder.index.replace(aside)
            self._remove()
        return aside

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._folder.index.with_name(self._folder.index.name + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        """Close both files."""
        for connection in (self._log, self._index):
            if connection is not None:
                connection.close()
        self._log = self._index = None

    def rest(self) -> None:
        """Give back the memory of what was read; the files stay open."""
        for connection in (self._log, self._index):
            if connection is not None:
                connection.execute("PRAGMA shrink_memory")

    @contextlib.contextmanager
    def _locked(self, *, wait_s: float) -> Iterator[None]:
        path = self._folder.data / "audit.index-lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._give_to_owner(path)
        try:
            if not lock(descriptor, within_s=wait_s):
                raise _BusyError("the search index is busy")
            yield
        finally:
            os.close(descriptor)

    def _open(self) -> sqlite3.Connection:
        """Open the index; a damaged or outdated one, or one of another log, is discarded and rebuilt."""
        if self._index is not None and self._file == _identity(self._folder.index):
            return self._index
        path = self._folder.index
        for attempt in (1, 2):
            # Made before SQLite opens it, which gives its log and its shared memory to the owner of the file. Never opened
            # besides: closing it would end the locks of all connections of this process (POSIX).
            if not path.exists():
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
                self._give_to_owner(path)
            connection = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA cache_size = -32000")
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if version == 0:
                    connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
                elif version != _VERSION or not self._same_log(connection):
                    raise sqlite3.DatabaseError("another version or another log")
            except sqlite3.DatabaseError:
                connection.close()
                if attempt == 2:
                    raise
                self._remove()
            else:
                connection.set_progress_handler(self._over, _STEPS)
                self._index, self._file, self._whole = connection, _identity(path), set()
                return connection
        raise AssertionError("unreachable")

    def _give_to_owner(self, path: Path) -> None:
        """Give a file created by root to the service account, which could not write it otherwise."""
        if os.geteuid() == 0:
            owner = self._folder.data.stat()
            os.chown(path, owner.st_uid, owner.st_gid)

    def _same_log(self, index: sqlite3.Connection) -> bool:
        seq, digest = index.execute("SELECT seq, hash FROM position").fetchone()
        if seq == 0:
            return True
        row = self.log.execute("SELECT hash FROM record WHERE seq = ?", (seq,)).fetchone()
        first = self.log.execute("SELECT min(seq) FROM record").fetchone()[0] or 0
        indexed = index.execute("SELECT min(seq) FROM entry").fetchone()[0]
        return row is not None and row[0] == digest and (indexed is None or indexed >= first)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return which file is at a path: another process may have replaced it."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _position(index: sqlite3.Connection) -> int:
    return int(index.execute("SELECT seq FROM position").fetchone()[0])


def _advance(index: sqlite3.Connection, log: sqlite3.Connection, count: int, last: int = 1 << 62) -> bool:
    """Index at most `count` further records, none behind `last`; return whether there may be more."""
    position = _position(index)
    records = log.execute(
        "SELECT seq, body, hash FROM record WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", (position, last, count)
    ).fetchall()
    if not records:
        return False
    rows = Rows()
    for seq, body, _ in records:
        take(rows, seq, r.read(body, seq))
    index.execute("BEGIN IMMEDIATE")
    try:
        _put(index, log, rows, len(records))
        index.execute("UPDATE position SET seq = ?, hash = ?", (records[-1][0], records[-1][2]))
        index.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            index.execute("ROLLBACK")
        raise
    return len(records) == count


def _put(index: sqlite3.Connection, log: sqlite3.Connection, rows: Rows, records: int) -> None:
    """Insert and count the rows of a slice."""
    tags, events = dict.fromkeys(rows.tags), dict.fromkeys(rows.events)
    held = Counter(name for name, _ in tags)
    held.update(record=records, entry=len(rows.entries), event=len(events), words=len(rows.entries))
    index.executemany("INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?)", rows.entries)
    index.executemany("INSERT OR IGNORE INTO event VALUES (?, ?)", events)
    index.executemany("INSERT OR IGNORE INTO tag VALUES (?, ?)", tags)
    index.executemany(
        f"INSERT INTO words (rowid, {', '.join(Words._fields)}) VALUES (?{', ?' * len(Words._fields)})",  # noqa: S608 - our own names
        ((seq, *_with_every(rows.words.get(seq, Words()))) for seq, *_ in rows.entries),
    )
    for tag, reference, seq in rows.outcomes:
        # Two mails may share a reference; an outcome belongs to the last intent before it.
        last = "SELECT max(seq) FROM entry WHERE id = ? AND kind = 'intent' AND seq < ?"
        (judged,) = index.execute(last, (reference, seq)).fetchone()
        if judged is None or not index.execute("INSERT OR IGNORE INTO tag VALUES (?, ?)", (tag, judged)).rowcount:
            continue
        held[tag] += 1
        if (whose := _counted(log, judged)) is not None:
            tally.add_state(rows.counts, whose, tag)
    index.executemany(
        "INSERT INTO held VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n", held.items()
    )
    tally.write(index, rows.counts)


def _with_every(words: Words) -> Words:
    return words._replace(other=f"{EVERY} {words.other}")


def _counted(log: sqlite3.Connection, seq: int) -> tally.Counted | None:
    """Return for whom a mail counts that was judged in an earlier slice."""
    row = log.execute("SELECT body FROM record WHERE seq = ?", (seq,)).fetchone()
    return tally.counted(r.read(row[0], seq)) if row is not None else None


def _same_words(fresh: sqlite3.Connection) -> bool:
    """Return whether two indexes, `main` and `live`, hold the same words at the same positions."""
    walks = []
    for schema in ("main", "live"):
        fresh.execute(f"CREATE VIRTUAL TABLE temp.{schema}_words USING fts5vocab('{schema}', 'words', 'instance')")
        walks.append(fresh.execute(f"SELECT term, doc, col, offset FROM temp.{schema}_words"))  # noqa: S608
    return all(one == other for one, other in zip_longest(*walks))
