"""Group commit of records with fsync, and periodic checkpoints."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.audit import failpoints
from gateway.audit.chain import Entry, Head, insert, read_head
from gateway.audit.checkpoint import (
    EVERY_RECORDS,
    EVERY_S,
    Checkpoint,
    Signer,
    append_note,
    last_known_size,
    ready_tree,
    seal,
)
from gateway.audit.checkpoint import write_verifier_key as write_key
from gateway.audit.installation import KEY, Known, has_log, key_id
from gateway.audit.retention import LIMIT_EXPIRED, expire_facts
from gateway.audit.store import SCHEMA_VERSION, Folder, Turn, connect, damaged, immediate, open_checked, unusable
from gateway.errors import AuditError, KnownReferenceError, UserError
from gateway.texts.catalogue import both, product_texts, reasons

_LOG = logging.getLogger("gateway.audit")
_EXPIRE_EVERY_S, _EXPIRE_ON_S = 3600.0, 1.0
"""Seconds between two removals of expired facts, and while more are left."""
RELAYED_KEEP_S = 3600.0
"""Retention of the keys of relayed mails for duplicate detection."""


class Committer:
    """A process's only write connection to the log."""

    def __init__(
        self, folder: Folder, signer: Signer, connection: sqlite3.Connection, facts_days: int | None = None
    ) -> None:
        self.folder = folder
        """Location of the log."""
        self._facts_days = facts_days
        self._facts_expire_at = time.monotonic()
        self._signer = signer
        self._connection = connection
        self._turn = Turn(folder)
        self._checkpoint_at = time.monotonic() + EVERY_S
        self._since_checkpoint = 0
        product_texts("audit")  # the words of its faults, while files can be opened

    @classmethod
    def open(
        cls, data: Path, *, facts_days: int | None = None, known: Known | None = None, node: str | None = None
    ) -> Committer:
        """Open or create the log under a data directory; UserError when it is damaged, shortened or unreadable, AuditError when busy.

        Facts are removed after `facts_days`; None keeps them. A `known` log must exist and is never created. `node` sets
        the machine's name; None keeps it.
        """
        folder = Folder(data)
        if known is not None:
            known.expect(folder)
        elif has_log(folder):
            key_id(folder)
        folder.prepare()
        if node is not None:
            folder.name(node)
        signer = Signer(folder.secret(KEY), folder.node)
        try:
            with contextlib.ExitStack() as stack:
                connection = stack.enter_context(contextlib.closing(open_checked(folder)))
                # Checkpoints before the head: other processes may write both in between.
                noted = connection.execute("SELECT max(size) FROM checkpoint").fetchone()[0] or 0
                least = max(noted, last_known_size(folder), known.records if known is not None else 0)
                head = read_head(connection)
                if least > head.seq:
                    cause = f"có {head.seq} bản ghi, đã từng có {least}", f"{head.seq} records, there have been {least}"
                    raise damaged(folder.database, cause)
                ready_tree(folder, connection)
                write_key(folder, signer)
                stack.pop_all()
        except OSError as error:
            raise UserError(both("audit", "fault", "key", path=folder.checkpoints, reason=reasons(error))) from None
        except sqlite3.Error as error:
            raise unusable(folder.database, error) from None
        return cls(folder, signer, connection, facts_days)

    @property
    def known(self) -> Known:
        """Identity of the log; AuditError."""
        try:
            return Known(self._signer.key_id, read_head(self._connection).seq)
        except sqlite3.Error as error:
            raise AuditError(f"audit log not readable: {error}") from error

    def commit(self, group: Sequence[Entry]) -> int:
        """Chain and commit records, durable when it returns; return the sequence number of the first.

        AuditError when the disk is full or broken, or the write lock is not available in time; KnownReferenceError
        when a mail has the reference of another mail in flight. Then nothing of the group is written; later groups may be.
        """
        try:
            first = self._commit(group)
        except KnownReferenceError:
            raise
        except (sqlite3.Error, OSError, AuditError) as error:
            self._open_anew_after(error)
            raise AuditError(both("audit", "fault", "not_written", path=self.folder.database, reason=error)) from error
        failpoints.hit("audit.after_commit")
        return first

    def tidy(self) -> None:
        """Make a checkpoint and remove expired facts when it is time for them."""
        if self._since_checkpoint and time.monotonic() >= self._checkpoint_at:
            self.checkpoint()
        self._expire_facts()

    def checkpoint(self) -> None:
        """Make a checkpoint of the current head, unless it has one."""
        self._checkpoint_at = time.monotonic() + EVERY_S
        try:
            with self._turn:
                with immediate(self._connection):
                    head = read_head(self._connection)
                    last = self._connection.execute("SELECT max(size) FROM checkpoint").fetchone()[0] or 0
                    checkpoint = self._make_checkpoint(head) if head.seq > last else None
                self._since_checkpoint = 0
                if checkpoint is not None:
                    self._publish(checkpoint)
        except (sqlite3.Error, OSError, AuditError):
            self._since_checkpoint += 1  # the records are durable; retried at the next checkpoint

    def _expire_facts(self) -> None:
        """Remove expired facts, once an hour and a few at a time; a failure is retried the next time."""
        if self._facts_days is None or time.monotonic() < self._facts_expire_at:
            return
        self._facts_expire_at = time.monotonic() + _EXPIRE_EVERY_S
        try:
            with self._turn, immediate(self._connection):
                before = datetime.now(UTC) - timedelta(days=self._facts_days)
                if expire_facts(self._connection, before=before) == LIMIT_EXPIRED:
                    self._facts_expire_at = time.monotonic() + _EXPIRE_ON_S
        except (sqlite3.Error, OSError, AuditError):
            return

    def open_mails(self) -> list[tuple[str, str, int]]:
        """Return reference, process and whether the final dot went out, of mails without an outcome; AuditError."""
        try:
            return self._connection.execute("SELECT id, process, sending FROM open_mail").fetchall()
        except sqlite3.Error as error:
            raise AuditError(f"audit log not readable: {error}") from error

    def close(self) -> None:
        """Close the file, after all readers of this process: the last to close folds the WAL into the database."""
        self._connection.close()
        self._turn.close()

    def _commit(self, group: Sequence[Entry]) -> int:
        checkpoint: Checkpoint | None = None
        with self._turn:
            with immediate(self._connection):
                before = read_head(self._connection)
                if not group:  # a probe must reach the disk
                    self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                head = insert(self._connection, before, group)
                if before.seq // EVERY_RECORDS != head.seq // EVERY_RECORDS:
                    checkpoint = self._make_checkpoint(head)
                failpoints.hit("audit.before_commit")
            self._since_checkpoint = 0 if checkpoint is not None else self._since_checkpoint + len(group)
            if checkpoint is not None:
                self._publish(checkpoint)
        return before.seq + 1

    def _make_checkpoint(self, head: Head) -> Checkpoint | None:
        """Insert a checkpoint in the running transaction and delete expired relay keys.

        None, and a log line, when the tree lacks records: that must not delay mail.
        """
        try:
            checkpoint = seal(self._connection, self._signer, head, datetime.now(UTC))
        except AuditError as error:
            _LOG.error("%s", both("audit", "fault", "no_tree", path=self.folder.database, reason=error))
            return None
        # The last row stays, so that row numbers never restart for readers of the table.
        self._connection.execute(
            "DELETE FROM relayed WHERE time < ? AND n < (SELECT max(n) FROM relayed)", (time.time() - RELAYED_KEEP_S,)
        )
        return checkpoint

    def _publish(self, checkpoint: Checkpoint) -> None:
        """Append a committed checkpoint to its file; on failure it remains in the database."""
        self._checkpoint_at = time.monotonic() + EVERY_S
        with contextlib.suppress(OSError):
            append_note(self.folder, checkpoint)

    def _open_anew_after(self, error: Exception) -> None:
        """Reopen after an I/O error: SQLite's view of the file may be stale (sqlite.org/rescode.html#ioerr).

        What fails now (no descriptor is free) is tried again after the next error, that the connection is closed.
        """
        if isinstance(error, sqlite3.Error):
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            with contextlib.suppress(sqlite3.Error):
                self._connection = connect(self.folder.database, create=False)
