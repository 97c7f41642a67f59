"""`accounts.db`: accounts, credentials, sessions, failed logins.

One process serves people and commands of the machine write beside it, so each change is one transaction that looks at
what is there. `synchronous=FULL`: what was answered is durable. What is damaged is never replaced by something empty.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from gateway.audit.store import immediate
from gateway.errors import UserError
from gateway.steward.roles import Role
from gateway.system.atomic_file import sync_path
from gateway.texts.catalogue import both

NAME: Final = "accounts.db"
_APPLICATION_ID: Final = 0x43564743  # "CVGC"
_VERSION: Final = 1
_BUSY_S: Final = 5.0
_SCHEMA: Final = f"""
CREATE TABLE account (
  name TEXT PRIMARY KEY, display TEXT NOT NULL, roles TEXT NOT NULL, locked INTEGER NOT NULL DEFAULT 0,
  last_login INTEGER NOT NULL DEFAULT 0, mail TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE TABLE credential (
  name TEXT NOT NULL REFERENCES account ON DELETE CASCADE, kind TEXT NOT NULL, value TEXT NOT NULL,
  until INTEGER, PRIMARY KEY (name, kind, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE used_step (name TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (name, step)) STRICT, WITHOUT ROWID;
CREATE TABLE session (
  token BLOB PRIMARY KEY, name TEXT NOT NULL, mailbox INTEGER NOT NULL, csrf TEXT NOT NULL, begun INTEGER NOT NULL,
  seen INTEGER NOT NULL, pending TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX session_name ON session (name, mailbox);
CREATE TABLE failure (
  name BLOB PRIMARY KEY, tries INTEGER NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_VERSION};
"""


class Kind(Enum):
    """Credentials of an account."""

    PASSWORD = "password"  # noqa: S105 - a kind, no password
    ONE_TIME = "one_time"
    """A password that somebody else has seen: good for the enrolment only, and not for long."""
    TOTP = "totp"
    """Secret of the second factor, base32."""
    RECOVERY = "recovery"
    """Digest of a code that counts once."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """Current state of one account."""

    name: str
    display: str
    roles: frozenset[Role]
    locked: bool = False
    last_login: int = 0
    enrolled: bool = False
    """There is a second factor."""
    mail: str = ""
    """Official mailbox that notices go to; empty when there is none."""


class Book:
    """The database, opened for reading and for writing; any thread may use it."""

    def __init__(self, path: Path) -> None:
        """Open or create it; UserError when it is damaged or cannot be used."""
        self.path = path
        self._lock, self._write_lock = threading.Lock(), threading.Lock()
        try:
            with self._usable():
                self._writer = _opened(path)
                self._reader = _connect(path)
                self._reader.execute("PRAGMA query_only = ON")
        except OSError as error:
            raise UserError(both("steward", "fault", "accounts", path=path, reason=error.strerror)) from None

    @classmethod
    def under(cls, data: Path) -> Book:
        """Open or create the one of a data folder; as the constructor."""
        return cls(data / NAME)

    def close(self) -> None:
        """Close it."""
        with self._write_lock, self._lock:
            self._reader.close()
            self._writer.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Look at what is committed; UserError when it cannot be read."""
        with self._lock, self._usable():
            yield self._reader

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Run one transaction, undone by any exception inside; UserError for a full disk or a damaged file."""
        with self._write_lock, self._usable(), immediate(self._writer):
            yield self._writer

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Raise UserError, with the path and what to do, for a fault of the file or its disk."""
        try:
            yield
        except sqlite3.Error as error:
            raise UserError(both("steward", "fault", "accounts", path=self.path, reason=error)) from None

    def note(self, statement: str, values: tuple[object, ...]) -> None:
        """Write what may be lost: no caller waits for it."""
        if self._write_lock.acquire(blocking=False):
            try:
                with suppress(sqlite3.Error):
                    self._writer.execute(statement, values)
            finally:
                self._write_lock.release()


def find_account(connection: sqlite3.Connection, name: str) -> Account | None:
    """Return an account, None when there is none of that name."""
    return next(iter(_accounts(connection, "WHERE name = ?", (name,))), None)


def all_accounts(connection: sqlite3.Connection) -> tuple[Account, ...]:
    """Return all accounts by name."""
    return _accounts(connection, "ORDER BY name", ())


def _accounts(connection: sqlite3.Connection, condition: str, values: Iterable[object]) -> tuple[Account, ...]:
    query = (
        "SELECT name, display, roles, locked, last_login, mail,"  # noqa: S608 - our own words only
        " EXISTS (SELECT 1 FROM credential WHERE credential.name = account.name AND kind = 'totp')"
        f" FROM account {condition}"
    )
    return tuple(
        Account(
            name=name,
            display=display,
            roles=frozenset(Role(role) for role in roles.split()),
            locked=bool(locked),
            last_login=last_login,
            enrolled=bool(enrolled),
            mail=mail,
        )
        for name, display, roles, locked, last_login, mail, enrolled in connection.execute(query, tuple(values))
    )


def credentials(connection: sqlite3.Connection, name: str, kind: Kind, now: int) -> list[str]:
    """Return what an account has of a kind and is still good."""
    rows = connection.execute(
        "SELECT value FROM credential WHERE name = ? AND kind = ? AND coalesce(until, ?) >= ?",
        (name, kind.value, now, now),
    )
    return [value for (value,) in rows]


def put_credential(
    connection: sqlite3.Connection, name: str, kind: Kind, values: Iterable[str], *, until: int | None = None
) -> None:
    """Have an account exactly these of a kind."""
    connection.execute("DELETE FROM credential WHERE name = ? AND kind = ?", (name, kind.value))
    connection.executemany(
        "INSERT INTO credential (name, kind, value, until) VALUES (?, ?, ?, ?)",
        [(name, kind.value, value, until) for value in values],
    )


def _opened(path: Path) -> sqlite3.Connection:
    """Open for writing, make it when it is missing, and look whether it is ours and whole."""
    if not path.exists():
        _make(path)
    elif path.stat().st_size == 0:  # SQLite would take it for a new one
        raise UserError(both("steward", "fault", "accounts_alien", path=path, version=0))
    connection = _connect(path)
    try:
        _check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _make(path: Path) -> None:
    """Make an empty one aside and link it, so that it is there whole, once, and readable by its owner only."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    os.close(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(fresh)) as connection:
            connection.executescript(_SCHEMA)
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_path(path.parent)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S, check_same_thread=False)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "trusted_schema = OFF", "foreign_keys = ON"):
        with closing(connection.execute(f"PRAGMA {pragma}")):
            pass
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != _APPLICATION_ID or version != _VERSION:
        raise UserError(both("steward", "fault", "accounts_alien", path=path, version=version))
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise UserError(both("steward", "fault", "accounts", path=path, reason=" ".join(found.split())))
    try:
        all_accounts(connection)
    except ValueError as error:
        raise UserError(both("steward", "fault", "accounts", path=path, reason=error)) from None
