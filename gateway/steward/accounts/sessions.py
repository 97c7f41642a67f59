"""Sessions: 256 random bits in a cookie, stored as SHA-256; 30 minutes without activity, 8 hours in all.

Permissions are looked up at each question, never kept in the session: a removed role has no effect any more at once.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.steward.accounts.book import Book

IDLE_S: Final = 30 * 60
WHOLE_S: Final = 8 * 3600
OF_ONE: Final = 10
"""Sessions of one person; the one that was idle longest gives way."""
_NOTED_EVERY_S: Final = 60
_AHEAD_S: Final = 60
"""A session that begins later than now by more than this is of a clock that was wrong, and ends."""


@dataclass(frozen=True)
class Session:
    """One session that is good."""

    key: bytes
    name: str
    mailbox: bool
    """The name is a mailbox of the directory, not an account."""
    csrf: str
    pending: str
    """A second factor that was shown and not proven yet."""


class Sessions:
    """All of them."""

    def __init__(self, book: Book, clock: Callable[[], float]) -> None:
        self._book = book
        self._clock = clock

    def find(self, token: str) -> Session | None:
        """Return the session of a token, None when there is none or its time is over."""
        now, key = int(self._clock()), key_of(token)
        with self._book.reading() as connection:
            row = connection.execute(
                f"SELECT name, mailbox, csrf, pending, seen FROM session WHERE token = ? AND {_GOOD}",  # noqa: S608 - our own words
                (key, *_bounds(now)),
            ).fetchone()
        if row is None:
            return None
        name, mailbox, csrf, pending, seen = row
        if abs(now - seen) >= _NOTED_EVERY_S:
            self._book.note("UPDATE session SET seen = ? WHERE token = ?", (now, key))
        return Session(key, name, bool(mailbox), csrf, pending)

    def begin(self, connection: sqlite3.Connection, name: str, *, mailbox: bool) -> str:
        """Begin a session in a running transaction; return its token, which is stored nowhere."""
        now, token = int(self._clock()), secrets.token_urlsafe(32)
        connection.execute(f"DELETE FROM session WHERE NOT ({_GOOD})", _bounds(now))  # noqa: S608 - our own words
        connection.execute(
            "DELETE FROM session WHERE token IN (SELECT token FROM session WHERE name = ? AND mailbox = ?"
            " ORDER BY seen DESC, begun DESC LIMIT -1 OFFSET ?)",
            (name, mailbox, OF_ONE - 1),
        )
        connection.execute(
            "INSERT INTO session (token, name, mailbox, csrf, begun, seen) VALUES (?, ?, ?, ?, ?, ?)",
            (key_of(token), name, mailbox, secrets.token_urlsafe(32), now, now),
        )
        return token

    def listed(self, name: str = "") -> list[tuple[str, int, int]]:
        """Return the good sessions of everybody or one: whose, begun, last seen."""
        with self._book.reading() as connection:
            rows = connection.execute(
                f"SELECT name, begun, seen FROM session WHERE {_GOOD} AND ? IN ('', name) ORDER BY name, begun",  # noqa: S608 - our own words
                (*_bounds(int(self._clock())), name),
            )
            return rows.fetchall()

    def counts(self, connection: sqlite3.Connection) -> dict[str, int]:
        """Return how many good sessions each account has."""
        rows = connection.execute(
            f"SELECT name, count(*) FROM session WHERE NOT mailbox AND {_GOOD} GROUP BY name",  # noqa: S608 - our own words
            _bounds(int(self._clock())),
        )
        return dict(rows.fetchall())


def end_all(connection: sqlite3.Connection, name: str, *, mailbox: bool = False) -> None:
    """End all sessions of a person in a running transaction."""
    connection.execute("DELETE FROM session WHERE name = ? AND mailbox = ?", (name, mailbox))


def end_one(connection: sqlite3.Connection, key: bytes) -> None:
    """End one session in a running transaction."""
    connection.execute("DELETE FROM session WHERE token = ?", (key,))


def is_there(connection: sqlite3.Connection, key: bytes) -> bool:
    """Return whether a session has not been ended meanwhile."""
    return connection.execute("SELECT 1 FROM session WHERE token = ?", (key,)).fetchone() is not None


def key_of(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


_GOOD: Final = "begun BETWEEN ? AND ? AND seen BETWEEN ? AND ?"


def _bounds(now: int) -> tuple[int, int, int, int]:
    return now - WHOLE_S, now + _AHEAD_S, now - IDLE_S, now + _AHEAD_S
