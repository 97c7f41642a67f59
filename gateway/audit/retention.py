"""Retention: removes the oldest records, leaving a provable gap, and expired facts kept beside records."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

from gateway.audit.chain import Entry, ends, first_since, heads, insert, read_head, stamp
from gateway.audit.checkpoint import Signer, append_note, ready_tree, seal
from gateway.audit.index import Index
from gateway.audit.record import Retention
from gateway.audit.record_fields import text
from gateway.audit.store import NO_DELETE, Folder, Turn, immediate, open_checked
from gateway.audit.tree import Tree
from gateway.errors import AuditError, UserError
from gateway.texts.catalogue import both

_LAST = 1 << 62
LIMIT_EXPIRED = 2_000
"""Facts removed in one transaction: about 10 ms of the writer."""


def prune(data: Path, *, before: datetime, reason: str, now: datetime, shipped: int | None = None) -> int:
    """Remove all records before a time up to the last checkpoint that covers only such records; return their number.

    The removal is itself recorded, with the range and the hash of its last record, and a checkpoint is made at once.
    With `shipped`, records after that number are kept: the centre does not have them yet.
    Removed data is overwritten with zeros and deleted from the search index. Safe while the gateway runs. UserError when
    the log is damaged or belongs to another user, or when checkpoint file or index could not follow the removal; AuditError
    when the log cannot be written.
    """
    folder = Folder(data)
    if folder.database.exists() and (owner := folder.database.stat().st_uid) != os.geteuid():
        # A file of checkpoints that root makes could not be written by the service.
        raise UserError(both("audit", "fault", "owner", path=folder.database, user=owner))
    folder.prepare()
    signer = Signer(folder.secret("audit-ed25519"), folder.node)
    connection = open_checked(folder)
    try:
        ready_tree(folder, connection)
        connection.execute("PRAGMA secure_delete = ON")
        with closing(Turn(folder)) as turn, turn, immediate(connection):
            first, last = _removable(connection, before, now, _LAST if shipped is None else shipped)
            if last < first:
                return 0
            digest = connection.execute("SELECT hash FROM record WHERE seq = ?", (last,)).fetchone()[0]
            tree = Tree(connection)
            peaks = tree.peaks(last)
            tree.seed(last, peaks)
            end = read_head(connection)  # before the removal: the chain continues even when all records are removed
            connection.execute("DROP TRIGGER record_no_delete")
            removed = connection.execute("DELETE FROM record WHERE seq <= ?", (last,)).rowcount
            connection.execute(NO_DELETE)
            record = Retention(
                time=stamp(now),
                first=first,
                last=last,
                last_hash=bytes(digest).hex(),
                reason=text(reason, 300),
                tree=tuple(digest.hex() for digest in peaks),
            )
            head = insert(connection, end, [Entry(msgspec.json.encode(record))])
            checkpoint = seal(connection, signer, head, now)
    except sqlite3.Error as error:
        raise AuditError(f"the audit log cannot be shortened: {error}") from error
    except OSError as error:
        raise UserError(f"không ghi được / cannot write under {data}: {error.strerror}") from None
    finally:
        connection.close()
    try:
        append_note(folder, checkpoint)
        with closing(Index(folder)) as index:
            index.catch_up()
    except (AuditError, OSError, sqlite3.Error) as error:
        raise UserError(both("audit", "fault", "removed_only", count=removed, path=data, reason=error)) from None
    return removed


def _removable(connection: sqlite3.Connection, before: datetime, now: datetime, most: int) -> tuple[int, int]:
    """Return the first record and the last that may go; the last is below the first when none may."""
    first, _ = ends(connection)
    last = 0
    # From the oldest on: behind a clock that was set back, younger ones come before older ones. What bears a time that is
    # still to come was made by a clock that was ahead, and neither ends this nor goes by itself.
    for seq, moment in heads(connection, first, _LAST):
        if moment < before:
            last = seq
        elif moment < now:
            break
    covered = connection.execute(
        "SELECT max(size) FROM checkpoint WHERE size BETWEEN ? AND ?", (first, min(last, most))
    ).fetchone()[0]
    return first, covered or 0


def expire_facts(connection: sqlite3.Connection, *, before: datetime, limit: int = LIMIT_EXPIRED) -> int:
    """Remove the oldest facts of mails that were judged before a time, at most `limit`; return how many. The records stay."""
    return connection.execute(
        "DELETE FROM facts WHERE seq IN (SELECT seq FROM facts WHERE seq < ? ORDER BY seq LIMIT ?)",
        (first_since(connection, before), limit),
    ).rowcount
