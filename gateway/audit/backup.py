"""Online backup of the log, verified before it gets its final name."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from gateway.audit.store import Folder, connect_readonly, sync_folder, unusable
from gateway.audit.verifier import Verification
from gateway.audit.verify import verify
from gateway.errors import UserError
from gateway.texts.catalogue import both

BESIDE = ("accounts.db", "notices.db")
"""Databases of other packages in the same folder."""
RULES = "rules"
"""Bundles of cluster rules: a restored machine continues with them and accepts no older ones."""
_PAGES = 2_000
"""Copied in one step; writers run between steps."""


def pages(data: Path) -> int:
    """Return how many pages of the database there are to copy; UserError without a log."""
    connection = connect_readonly(Folder(data).database)
    try:
        return int(connection.execute("PRAGMA page_count").fetchone()[0])
    finally:
        connection.close()


def backup(data: Path, target: Path, *, tick: Callable[[int], None]) -> Verification:
    """Copy records, checkpoints, keys and accounts into a new folder and verify the copy; `tick` is called with pages copied.

    The folder appears under its name only once it is complete. UserError when it exists or something cannot be read or
    written.
    """
    source, part = Folder(data), Folder(target.with_name(f"{target.name}.part"))
    if target.exists():
        raise UserError(both("audit", "backup", "exists", path=target))
    shutil.rmtree(part.data, ignore_errors=True)
    part.data.mkdir(mode=0o700, parents=True)
    # Checkpoints first: a record is in the database before a checkpoint covers it, so the copy is never too short.
    for folder, copy in ((source.checkpoints, part.checkpoints), (source.keys, part.keys)):
        shutil.copytree(folder, copy)
    if (source.data / RULES).is_dir():
        shutil.copytree(source.data / RULES, part.data / RULES, symlinks=True)
    _copy_database(source.database, part.database, tick)
    for name in BESIDE:
        if (source.data / name).exists():
            _copy_beside(source.data / name, part.data / name)
    result = verify(part.data)
    for folder in (part.checkpoints, part.keys, part.data):
        sync_folder(folder)
    part.data.rename(target)
    sync_folder(target.absolute().parent)
    return result


def _copy_database(source: Path, target: Path, tick: Callable[[int], None]) -> None:
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    read, written = connect_readonly(source), sqlite3.connect(target)
    done = 0

    def copied(_status: int, remaining: int, total: int) -> None:
        nonlocal done
        tick(total - remaining - done)
        done = total - remaining

    try:
        # One read transaction, or every new record would restart SQLite's backup.
        read.execute("BEGIN")
        read.execute("SELECT 1 FROM record LIMIT 1").fetchone()
        read.backup(written, pages=_PAGES, progress=copied)
        written.execute("PRAGMA journal_mode = DELETE")  # one file, readable on a read-only medium
    except sqlite3.Error as error:
        raise unusable(source, error) from None
    finally:
        read.close()
        written.close()


def _copy_beside(source: Path, target: Path) -> None:
    """Copy a small database whole; UserError when it cannot be read."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(target)) as written,
        ):
            read.backup(written)
    except sqlite3.Error as error:
        raise unusable(source, error) from None
