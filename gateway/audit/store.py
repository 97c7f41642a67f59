"""SQLite file of the log: schema, durable connections, fair write lock between processes, damage checks at start.

WAL and `synchronous=FULL`: a commit returns after fsync. Triggers prevent accidental changes of records; the hash chain
detects deliberate ones (docs/audit-format.md). Several processes write one log: each takes the turn lock around its
transaction, and a gate lock before it, so that a process that has just written yields to a waiting one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gateway.audit.tree import TREE
from gateway.errors import AuditError, UserError
from gateway.system.atomic_file import make_file, replace_file, sync_path
from gateway.texts.catalogue import both

APPLICATION_ID = 0x43564741  # "CVGA"
SCHEMA_VERSION = 1
GENESIS = bytes(32)
"""The hash before the first record."""
_SECRET_BYTES = 32
BUSY_BUDGET_S = 5.0
_POLL_S = 0.0003
_QUICK_CHECK_BYTES = 256 << 20

NO_DELETE = (
    "CREATE TRIGGER record_no_delete BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'records are not deleted'); END"
)
FACTS = (
    "CREATE TABLE IF NOT EXISTS facts (seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL) STRICT"
)
"""Facts of judged mails, kept for a time. Older logs get the table when they are opened for writing."""
_SCHEMA = f"""
CREATE TABLE record (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TABLE open_mail (id TEXT PRIMARY KEY, process TEXT NOT NULL, sending INTEGER NOT NULL, key BLOB)
  STRICT, WITHOUT ROWID;
CREATE TABLE relayed (n INTEGER PRIMARY KEY, key BLOB NOT NULL, time REAL NOT NULL, id TEXT NOT NULL) STRICT;
CREATE TRIGGER record_no_update BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'records do not change'); END;
{NO_DELETE};
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""


@dataclass(frozen=True)
class Folder:
    """Paths of the log under the data directory."""

    data: Path

    @property
    def database(self) -> Path:
        """The records."""
        return self.data / "audit.db"

    @property
    def index(self) -> Path:
        """The search index; may be deleted at any time and is built again."""
        return self.data / "audit-index.db"

    @property
    def checkpoints(self) -> Path:
        """Signed checkpoints as text files; copy them to another machine."""
        return self.data / "checkpoints"

    @property
    def keys(self) -> Path:
        """Private keys of this installation."""
        return self.data / "keys"

    @property
    def processes(self) -> Path:
        """One locked file for each process that has the log open."""
        return self.data / "processes"

    @property
    def node(self) -> str:
        """This machine's name in its cluster; empty on a single machine. Kept in a file, for writers without a configuration."""
        try:
            return (self.keys / "node").read_text("utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise UserError(both("audit", "fault", "key", path=self.keys / "node", reason=error)) from None

    def name(self, node: str) -> None:
        """Set that name; empty for a single machine."""
        if self.node == node:
            return
        try:
            if node:
                replace_file(self.keys / "node", f"{node}\n".encode(), mode=0o600)
            else:
                (self.keys / "node").unlink()
            sync_path(self.keys)
        except OSError as error:
            raise UserError(both("audit", "fault", "key", path=self.keys / "node", reason=error.strerror)) from None

    def prepare(self) -> None:
        """Create the directories, readable by their owner only; UserError when that fails."""
        try:
            for folder in (self.data, self.checkpoints, self.keys, self.processes):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"không tạo được thư mục {self.data}: {error.strerror} / cannot create {self.data}: {error.strerror}"
            ) from None

    def secret(self, name: str) -> bytes:
        """Return a random key of the installation, made at the first call; mode 0600. UserError when unreadable."""
        path = self.keys / name
        try:
            if not path.exists():
                # Written aside and linked, so that two processes that start together agree on one key.
                fresh = self.keys / f".{name}.{secrets.token_hex(8)}"
                make_file(fresh, secrets.token_bytes(_SECRET_BYTES))
                with contextlib.suppress(FileExistsError):
                    os.link(fresh, path)
                fresh.unlink()
                sync_path(self.keys)
            key = path.read_bytes()
        except OSError as error:
            raise UserError(both("audit", "fault", "key", path=path, reason=error.strerror)) from None
        if len(key) != _SECRET_BYTES:
            raise UserError(f"khóa {path} hỏng / the key {path} is damaged ({len(key)} octets, not {_SECRET_BYTES})")
        return key


def connect(path: Path, *, create: bool = True) -> sqlite3.Connection:
    """Open the log for writing by one thread; autocommit, so that transactions are explicit."""
    name = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(name, uri=True, isolation_level=None, timeout=BUSY_BUDGET_S, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cache_size = -8000")
    connection.execute("PRAGMA journal_size_limit = 16777216")
    connection.execute("PRAGMA wal_autocheckpoint = 2000")
    return connection


def connect_readonly(path: Path) -> sqlite3.Connection:
    """Open a database for reading; UserError when it is missing or no log."""
    if not path.is_file():
        raise UserError(f"không có nhật ký ở {path} / there is no audit log at {path}")
    # In WAL mode SQLite creates files beside the log. On a read-only medium there are no writers, so the file is read as
    # it is, unless the WAL of a dead process still holds records.
    writable = os.access(path.parent, os.W_OK) or path.with_name(f"{path.name}-wal").exists()
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro{'' if writable else '&immutable=1'}",
            uri=True, isolation_level=None, timeout=5, check_same_thread=False,
        )  # fmt: skip
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT seq FROM record LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise unusable(path, error) from None
    return connection


@contextlib.contextmanager
def reading(data: Path) -> Iterator[sqlite3.Connection]:
    """Open the log of a data folder for reading; UserError when there is none, or it cannot be read to its end."""
    path = Folder(data).database
    with contextlib.closing(connect_readonly(path)) as connection:
        try:
            yield connection
        except sqlite3.DatabaseError as error:
            raise unusable(path, error) from None


_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")
"""Errors of SQLite for a file that is no database any more, or lacks our tables; all others are of the machine, or pass."""


def unusable(path: Path, error: sqlite3.Error) -> UserError:
    """Return the error for a log that SQLite cannot open: a damaged file, or a fault of the disk, rights, another's lock."""
    if getattr(error, "sqlite_errorname", "SQLITE_ERROR").startswith(_DAMAGED):
        return damaged(path, str(error))
    return UserError(both("audit", "fault", "not_opened", path=path, reason=error))


def damaged(path: Path, cause: str | tuple[str, str]) -> UserError:
    """Return the error for an untrustworthy log, in one text or a pair; it never offers an empty log."""
    return UserError(both("audit", "fault", "damaged", path=path, cause=cause))


def open_checked(folder: Folder) -> sqlite3.Connection:
    """Open or create the log and reject a damaged one; UserError says why."""
    path = folder.database
    fresh = not path.exists() or path.stat().st_size == 0
    if fresh and any(folder.checkpoints.glob("*.notes")):
        raise damaged(path, ("tệp không còn, nhưng có điểm kiểm", "the file is gone, but checkpoints are there"))
    try:
        with contextlib.ExitStack() as stack:
            connection = stack.enter_context(contextlib.closing(connect(path)))
            with contextlib.closing(Turn(folder)) as turn, turn:
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
                if version == 0 and tables == 0:
                    connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
                    path.chmod(0o600)
                    sync_path(folder.data)
            _check(connection, path)
            connection.execute(FACTS)
            with immediate(connection):
                columns = connection.execute("SELECT name FROM pragma_table_info('open_mail')").fetchall()
                if ("key",) not in columns:  # older logs
                    connection.execute("ALTER TABLE open_mail ADD COLUMN key BLOB")
            connection.execute(TREE)
            stack.pop_all()
    except sqlite3.Error as error:
        raise unusable(path, error) from None
    except OSError as error:
        raise UserError(f"không mở được / cannot open {path}: {error.strerror}") from None
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise damaged(path, ("không phải nhật ký", "not an audit log"))
    if version != SCHEMA_VERSION:
        raise damaged(path, (f"phiên bản {version} không hỗ trợ", f"version {version} is not supported"))
    if path.stat().st_size <= _QUICK_CHECK_BYTES:
        result = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if result != "ok":
            raise damaged(path, result)


class Turn:
    """Write lock among all processes of one log; AuditError at the deadline."""

    def __init__(self, folder: Folder, budget_s: float = BUSY_BUDGET_S) -> None:
        self._budget_s = budget_s
        self._gate = os.open(folder.data / "audit.gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._turn = os.open(folder.data / "audit.turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> Self:
        """Acquire the lock. A waiting process holds the gate, so none overtakes it."""
        deadline = time.monotonic() + self._budget_s
        _lock(self._gate, deadline)
        try:
            _lock(self._turn, deadline)
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)
        return self

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the lock files."""
        os.close(self._gate)
        os.close(self._turn)


def _lock(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise AuditError("the audit log is busy") from None
            time.sleep(_POLL_S)
        else:
            return


@contextlib.contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[None]:
    """Run one write transaction; rolled back when anything inside raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
