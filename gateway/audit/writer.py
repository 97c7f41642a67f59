"""One thread that writes records: whatever waits is committed together (group commit).

The event loop hands over encoded records with a future each and goes on; the thread takes its turn among the processes,
chains and inserts all that is waiting, commits once with fsync, and resolves the futures in one call into the loop. No
artificial delay: while one commit is being synced the next group gathers by itself.

Diagnostics: a full disk, an I/O error or a turn that does not come within five seconds fails the waiting futures with
`AuditError`; the transaction is rolled back, and later records may succeed.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.audit import failpoints
from gateway.audit.checkpoint import EVERY_RECORDS, EVERY_S, Checkpoint, Signer, append_note
from gateway.audit.side_tables import INTO_RECORD, Mark, insert_rows, write_marks
from gateway.audit.store import GENESIS, Folder, Turn, connect, immediate
from gateway.errors import AuditError

LIMIT_GROUP = 500
"""Records in one commit at most."""
LIMIT_UNFOLLOWED = 5000
"""Records after which the idle task runs even though there is no idle time."""
RELAYED_KEEP_S = 3600.0
"""How long keys of relayed mails are kept for recognising repetitions."""


@dataclass(slots=True)
class Entry:
    """A record on its way to the disk."""

    body: bytes
    """Canonical JSON without sequence number: it is spliced in at the commit."""
    done: asyncio.Future[int] | None
    """Resolved with the sequence number."""
    mark: Mark | None = None
    """What the side tables keep with it."""


@dataclass(frozen=True)
class Head:
    """The end of the chain."""

    seq: int = 0
    hash: bytes = GENESIS


@dataclass
class Writer:
    """The writing thread of one process."""

    folder: Folder
    signer: Signer
    connection: sqlite3.Connection
    loop: asyncio.AbstractEventLoop
    _queue: queue.SimpleQueue[Entry | None] = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None
    _checkpoint_due: float = field(default_factory=lambda: time.monotonic() + EVERY_S)
    _since_checkpoint: int = 0
    idle_task: Callable[[], bool] = field(default=lambda: False)
    """Called when nothing was waiting for a second; must return soon, True when it wants to be called again."""
    _unfollowed: int = 0
    """Records written since the idle task last said that it was done."""
    _wait_s: float = 1.0

    def start(self) -> None:
        """Begin to write."""
        self._turn = Turn(self.folder)
        self._thread = threading.Thread(target=self._run, name="audit-writer", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Hand over a record."""
        self._queue.put(entry)

    def stop(self) -> None:
        """Write what is waiting, make a last checkpoint and end; blocks until done."""
        if self._thread is None:
            return
        self._queue.put(None)
        self._thread.join()
        self._thread = None

    def close(self) -> None:
        """Close the file, after all readers of this process: the last to close folds the WAL into the database."""
        self.connection.close()
        self._turn.close()

    def _run(self) -> None:
        running = True
        while running:
            group, running = self._next_group()
            if group:
                self._write(group)
            if not running or (self._since_checkpoint and time.monotonic() >= self._checkpoint_due):
                self._checkpoint_now()
            if running and (not group or self._unfollowed > LIMIT_UNFOLLOWED):
                more = self.idle_task()
                self._wait_s = 0.0 if more else 1.0
                self._unfollowed = self._unfollowed if more else 0

    def _next_group(self) -> tuple[list[Entry], bool]:
        """Wait for a record, then take all that is there; the flag turns False at the end."""
        try:
            entry = self._queue.get(timeout=self._wait_s) if self._wait_s else self._queue.get_nowait()
        except queue.Empty:
            return [], True
        group: list[Entry] = []
        while entry is not None:
            group.append(entry)
            if len(group) >= LIMIT_GROUP:
                return group, True
            try:
                entry = self._queue.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _write(self, group: list[Entry]) -> None:
        try:
            first = self._commit(group)
        except (sqlite3.Error, OSError, AuditError) as error:
            self._after_error(error)
            self._resolve(group, f"audit record not written: {error}")
        else:
            failpoints.hit("audit.after_commit")
            self._resolve(group, first)

    def _commit(self, group: list[Entry]) -> int:
        """Chain and commit a group; return the sequence number of its first record."""
        self._turn.take()
        try:
            checkpoint: Checkpoint | None = None
            with immediate(self.connection):
                before = read_head(self.connection)
                head = insert(self.connection, before, group)
                if before.seq // EVERY_RECORDS != head.seq // EVERY_RECORDS:
                    checkpoint = self._make_checkpoint(head.seq, head.hash)
                failpoints.hit("audit.before_commit")
            self._unfollowed += len(group)
            self._since_checkpoint = 0 if checkpoint is not None else self._since_checkpoint + len(group)
            if checkpoint is not None:
                self._publish(checkpoint)
            return before.seq + 1
        finally:
            self._turn.leave()

    def _make_checkpoint(self, size: int, head: bytes) -> Checkpoint:
        """Sign the head and put the note into the running transaction; old relay keys go on the same occasion."""
        checkpoint = self.signer.sign(size, head, datetime.now(UTC))
        self.connection.execute("INSERT OR IGNORE INTO checkpoint (size, note) VALUES (?, ?)", (size, checkpoint.note))
        # The last row stays, so that numbers never begin again under those who follow the table.
        self.connection.execute(
            "DELETE FROM relayed WHERE time < ? AND n < (SELECT max(n) FROM relayed)", (time.time() - RELAYED_KEEP_S,)
        )
        return checkpoint

    def _publish(self, checkpoint: Checkpoint) -> None:
        """Write a committed checkpoint to its file too; the database has it if that fails."""
        self._checkpoint_due = time.monotonic() + EVERY_S
        with contextlib.suppress(OSError):
            append_note(self.folder, checkpoint)

    def _checkpoint_now(self) -> None:
        """Make a checkpoint of the present head, unless there is one."""
        self._checkpoint_due = time.monotonic() + EVERY_S
        try:
            self._turn.take()
            try:
                with immediate(self.connection):
                    head = read_head(self.connection)
                    last = self.connection.execute("SELECT max(size) FROM checkpoint").fetchone()[0] or 0
                    checkpoint = self._make_checkpoint(head.seq, head.hash) if head.seq > last else None
                self._since_checkpoint = 0
                if checkpoint is not None:
                    self._publish(checkpoint)
            finally:
                self._turn.leave()
        except (sqlite3.Error, OSError, AuditError):
            self._since_checkpoint += 1  # the records are safe; the next occasion tries again

    def _after_error(self, error: Exception) -> None:
        """After an I/O error SQLite's view of the file may be stale: open it anew (sqlite.org/rescode.html#ioerr)."""
        if isinstance(error, sqlite3.OperationalError):
            with contextlib.suppress(sqlite3.Error):
                self.connection.close()
            with contextlib.suppress(sqlite3.Error):
                self.connection = connect(self.folder.database)

    def _resolve(self, group: list[Entry], result: int | str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(_settle, group, result)


def _settle(group: list[Entry], result: int | str) -> None:
    for offset, entry in enumerate(group):
        if entry.done is None or entry.done.done():
            continue
        if isinstance(result, str):
            entry.done.set_exception(AuditError(result))
        else:
            entry.done.set_result(result + offset)


def insert(connection: sqlite3.Connection, head: Head, group: list[Entry]) -> Head:
    """Chain and insert records in the running transaction; return the new end of the chain."""
    rows = []
    seq, chain = head.seq, head.hash
    for entry in group:
        seq += 1
        body = b'{"seq":%d,%s' % (seq, entry.body[1:])
        chain = hashlib.sha256(chain + body).digest()
        rows.append((seq, body, chain))
    insert_rows(connection, INTO_RECORD, rows)
    write_marks(connection, (entry.mark for entry in group if entry.mark is not None))
    return Head(seq, chain)


def read_head(connection: sqlite3.Connection) -> Head:
    """Return the end of the chain."""
    row = connection.execute("SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(row[0], row[1]) if row is not None else Head()
