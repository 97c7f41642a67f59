"""Online backup of the data folder, verified before it gets its final name.

Log, accounts with requests, and notices are copied as they are at one moment: for that moment the accounts are locked, and so
no decision on held mail is under way.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from pathlib import Path

from gateway.audit.store import BUSY_BUDGET_S, Folder, connect_readonly, reading
from gateway.audit.verifier import Verification
from gateway.audit.verify import verify
from gateway.errors import UserError
from gateway.system.atomic_file import sync_path
from gateway.texts.catalogue import both, reasons

_ACCOUNTS = "accounts.db"
BESIDE = (_ACCOUNTS, "notices.db")
"""Databases of other packages in the same folder."""
_WAIVERS = "waivers.yaml"
_HELD = "hold"
"""Sealed files of held mail."""
FROM_BACKUP = ".from-backup"
"""Among the sealed files of a copy: what is held there may have been sent after it was made."""
RULES = "rules"
"""Bundles of cluster rules: a restored machine continues with them and accepts no older ones."""
_PAGES = 2_000
"""Copied in one step; writers run between steps."""


def pages(data: Path) -> int:
    """Return how many pages of the database there are to copy; UserError without a log."""
    with reading(data) as connection:
        return int(connection.execute("PRAGMA page_count").fetchone()[0])


def backup(data: Path, target: Path, *, tick: Callable[[int], None]) -> Verification:
    """Copy records, checkpoints, keys, accounts and held mail into a new folder and verify the copy; `tick` gets pages copied.

    The folder appears under its name only once it is complete; nothing is left of a failed one. UserError when it exists or
    something cannot be read or written.
    """
    if target.exists():
        raise UserError(both("audit", "backup", "exists", path=target))
    part = Folder(target.with_name(f"{target.name}.part"))
    shutil.rmtree(part.data, ignore_errors=True)
    try:
        _fill(part, Folder(data), tick)
        result = verify(part.data)
        for path in (*part.data.rglob("*"), part.data):
            if not path.is_symlink():
                sync_path(path)
        part.data.rename(target)
    except BaseException:
        shutil.rmtree(part.data, ignore_errors=True)
        raise
    sync_path(target.absolute().parent)
    return result


def _fill(part: Folder, source: Folder, tick: Callable[[int], None]) -> None:
    part.data.mkdir(mode=0o700, parents=True)
    # Checkpoints first: a record is in the database before a checkpoint covers it, so the copy is never too short.
    for folder, copy in ((source.checkpoints, part.checkpoints), (source.keys, part.keys)):
        shutil.copytree(folder, copy, copy_function=_copy_file)
    if (source.data / RULES).is_dir():
        shutil.copytree(source.data / RULES, part.data / RULES, symlinks=True, copy_function=_copy_file)
    _copy_held(source.data / _HELD, part.data / _HELD)
    accounts = source.data / _ACCOUNTS
    with ExitStack() as stack:
        with _reading(accounts, "BEGIN IMMEDIATE", mode="rw") if accounts.exists() else nullcontext():
            log = stack.enter_context(closing(connect_readonly(source.database)))
            _at_this_moment(log)
            # Those of the meantime, few. After the log: a mail that it says is held has its file.
            _copy_held(source.data / _HELD, part.data / _HELD)
            others = {
                name: stack.enter_context(_reading(source.data / name))
                for name in BESIDE
                if (source.data / name).exists()
            }
            if (source.data / _WAIVERS).exists():
                shutil.copy2(source.data / _WAIVERS, part.data / _WAIVERS)
        _copy(log, source.database, part.database, tick)
        for name, connection in others.items():
            _copy(connection, source.data / name, part.data / name)


def _copy_file(source: str, target: str) -> None:
    try:
        shutil.copy2(source, target)
    except OSError as error:
        raise _failed(Path(source), error) from None


def _failed(path: Path, error: OSError | sqlite3.Error) -> UserError:
    why = reasons(error) if isinstance(error, OSError) else error
    return UserError(both("audit", "backup", "failed", path=path, reason=why))


def _copy_held(source: Path, target: Path) -> None:
    """Copy the sealed files that are not there yet, with a mark that they are a copy."""
    if not source.is_dir():
        return
    target.mkdir(mode=0o700, exist_ok=True)
    (target / FROM_BACKUP).touch(mode=0o600)
    for path in source.glob("*.age"):
        with suppress(FileNotFoundError):  # sent or ended meanwhile
            if not (target / path.name).exists():
                shutil.copy2(path, target / path.name)


@contextmanager
def _reading(path: Path, begin: str = "BEGIN", mode: str = "ro") -> Iterator[sqlite3.Connection]:
    """Open a database as it is now, or lock it; UserError when that cannot be done."""
    with ExitStack() as stack:
        try:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_BUDGET_S
            )
            stack.enter_context(closing(connection))
            _at_this_moment(connection, begin)
        except sqlite3.Error as error:
            raise _failed(path, error) from None
        yield connection


def _at_this_moment(connection: sqlite3.Connection, begin: str = "BEGIN") -> None:
    """Begin a transaction: later changes are not seen, and do not restart SQLite's backup."""
    connection.execute(begin)
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def _copy(read: sqlite3.Connection, source: Path, target: Path, tick: Callable[[int], None] = lambda _: None) -> None:
    """Copy an open database; UserError when that fails."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    done = 0

    def copied(_status: int, remaining: int, total: int) -> None:
        nonlocal done
        tick(total - remaining - done)
        done = total - remaining

    try:
        with closing(sqlite3.connect(target)) as written:
            read.backup(written, pages=_PAGES, progress=copied)
            written.execute("PRAGMA journal_mode = DELETE")  # one file, readable on a read-only medium
    except sqlite3.Error as error:
        raise _failed(source, error) from None
