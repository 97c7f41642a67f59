"""`notices.db`: notices of the last 70 days, for the rate limit per mailbox, deduplication, and the queue.

One file for all processes, one transaction per change: a mailbox gets at most `MOST_A_DAY` notices from all processes, and
a key is queued once, over restarts (docs/decisions/0027). A queued notice is stored as its text fields, which are deleted
once it is sent.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from gateway.audit.store import immediate
from gateway.errors import NoticeError
from gateway.texts.catalogue import both
from gateway.vietnamese.printed import clean

NAME: Final = "notices.db"
MOST_A_DAY: Final = 20
"""Rate limit: notices per mailbox in 24 hours."""
DAY_S: Final = 24 * 3600
_KEPT_S: Final = 70 * DAY_S
"""Longer than a month: a monthly report is deduplicated for so long."""
_SHOWN_S: Final = 2 * DAY_S
_BUSY_S: Final = 5.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS notice (
  key TEXT PRIMARY KEY, kind TEXT NOT NULL, recipient TEXT NOT NULL, at INTEGER NOT NULL, fate TEXT NOT NULL,
  due INTEGER NOT NULL DEFAULT 0, answer TEXT NOT NULL DEFAULT '', fields TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS notice_recipient ON notice (recipient, at);
CREATE INDEX IF NOT EXISTS notice_fate ON notice (fate, at);
"""


class Fate(Enum):
    """Delivery status of a notice."""

    WAITING = "waiting"
    DIRECT = "direct"
    """Being sent synchronously by `Notices.send`."""
    SENDING = "sending"
    """The final dot may have been sent."""
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """Connection or process lost after the final dot: no retry."""
    GIVEN_UP = "given_up"
    """Not accepted by the retry deadline."""
    TOO_MANY = "too_many"
    """Not sent: the mailbox was at its daily limit."""
    NONE = "none"
    """A deduplication mark, or nothing to send; no mail."""


LOST: Final = (Fate.REFUSED, Fate.UNKNOWN, Fate.GIVEN_UP)
"""Statuses shown to the administrator."""


@dataclass(frozen=True)
class Waiting:
    """A queued notice."""

    key: str
    kind: str
    recipient: str
    at: int
    fields: dict[str, object]
    """A pair holds the Vietnamese and the English text."""


@dataclass(frozen=True)
class Lost:
    """A notice with a status of `LOST`."""

    kind: str
    recipient: str
    at: int
    fate: Fate
    answer: str


class NoticeBook:
    """The database, opened on first use; thread-safe. NoticeError when unusable."""

    def __init__(self, data: Path) -> None:
        self.path = data / NAME
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def put(
        self, key: str, *, kind: str, recipient: str, now: float, fields: Mapping[str, object], limited: bool = True
    ) -> bool:
        """Queue a notice; False if the key exists or, unless not `limited`, the mailbox is at its daily limit."""
        with self._changing() as connection:
            if _has(connection, key):
                return False
            good = not limited or self._count(connection, recipient, now) < MOST_A_DAY
            fate, kept = (Fate.WAITING, json.dumps(fields)) if good else (Fate.TOO_MANY, "{}")
            connection.execute(
                "INSERT INTO notice (key, kind, recipient, at, fate, due, fields) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (key, kind, recipient.lower(), int(now), fate.value, int(now), kept),
            )
        return good

    def take(self, key: str, *, kind: str, recipient: str, now: float, apart_s: float = 0) -> bool:
        """Count a notice before a synchronous send; False, and no row, when the mailbox is at its daily limit.

        So too when one of its kind was sent there within `apart_s`; one that was refused for the time being was not.
        """
        with self._changing() as connection:
            if self._count(connection, recipient, now) >= MOST_A_DAY:
                return False
            before = (
                "SELECT 1 FROM notice WHERE recipient = ? AND kind = ? AND at > ? AND fate <> ?"
                " AND NOT (fate = ? AND answer LIKE '4%')"
            )
            values = (recipient.lower(), kind, int(now - apart_s), Fate.TOO_MANY.value, Fate.REFUSED.value)
            if apart_s and connection.execute(before, values).fetchone():
                return False
            connection.execute(
                "INSERT INTO notice (key, kind, recipient, at, fate) VALUES (?, ?, ?, ?, ?)",
                (key, kind, recipient.lower(), int(now), Fate.DIRECT.value),
            )
        return True

    def has_room(self, recipient: str, now: float) -> bool:
        """Return whether a mailbox is below its daily limit."""
        with self._reading() as connection:
            return self._count(connection, recipient, now) < MOST_A_DAY

    def mark(self, key: str, *, kind: str, now: float) -> None:
        """Insert a deduplication mark: the event was handled."""
        with self._changing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO notice (key, kind, recipient, at, fate) VALUES (?, ?, '', ?, ?)",
                (key, kind, int(now), Fate.NONE.value),
            )

    def has(self, key: str) -> bool:
        """Return whether a key was queued or marked."""
        with self._reading() as connection:
            return _has(connection, key)

    def marks(self, kind: str) -> tuple[str, ...]:
        """Return the marked keys of a kind, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT key FROM notice WHERE fate = ? AND kind = ? ORDER BY at", (Fate.NONE.value, kind)
            )
            return tuple(key for (key,) in rows)

    def due(self, now: float) -> Waiting | None:
        """Return the queued notice with the earliest due time, None when none is due."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT key, kind, recipient, at, fields FROM notice WHERE fate = ? AND due <= ? ORDER BY due, at LIMIT 1",
                (Fate.WAITING.value, int(now)),
            ).fetchone()
        if row is None:
            return None
        key, kind, recipient, at, kept = row
        fields = {name: tuple(one) if isinstance(one, list) else one for name, one in json.loads(kept).items()}
        return Waiting(key, kind, recipient, at, fields)

    def settle(self, key: str, fate: Fate | None, *, answer: str = "") -> None:
        """Set the status of a notice; None deletes one that was certainly not sent."""
        with self._changing() as connection:
            if fate is None:
                connection.execute("DELETE FROM notice WHERE key = ?", (key,))
                return
            connection.execute(
                "UPDATE notice SET fate = ?, answer = ?, fields = CASE WHEN ? THEN fields ELSE '{}' END WHERE key = ?",
                (fate.value, answer, fate is Fate.SENDING, key),
            )

    def again(self, key: str, due: float, *, answer: str) -> None:
        """Schedule a retry."""
        with self._changing() as connection:
            connection.execute(
                "UPDATE notice SET fate = ?, due = ?, answer = ? WHERE key = ?",
                (Fate.WAITING.value, int(due), answer, key),
            )

    def recover(self) -> None:
        """Set interrupted deliveries to unknown; called at the start of the queue runner."""
        with self._changing() as connection:
            connection.execute(
                "UPDATE notice SET fate = ?, fields = '{}' WHERE fate = ?", (Fate.UNKNOWN.value, Fate.SENDING.value)
            )

    def prune(self, now: float) -> None:
        """Delete rows older than 70 days."""
        with self._changing() as connection:
            connection.execute("DELETE FROM notice WHERE at < ?", (int(now) - _KEPT_S,))

    @staticmethod
    def _count(connection: sqlite3.Connection, recipient: str, now: float) -> int:
        found: int = connection.execute(
            "SELECT count(*) FROM notice WHERE recipient = ? AND at > ? AND fate <> ?",
            (recipient.lower(), int(now) - DAY_S, Fate.TOO_MANY.value),
        ).fetchone()[0]
        return found

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._connection = self._connection or _opened(self.path)
                yield self._connection
            except (sqlite3.Error, OSError) as error:
                raise _unusable(self.path, error) from None

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection, immediate(connection):
            yield connection


def lost(data: Path, now: float) -> tuple[Lost, ...]:
    """Return the lost notices of the last two days, newest first; NoticeError when the file is unreadable."""
    path = data / NAME
    if not path.exists():
        return ()
    places = ", ".join("?" * len(LOST))
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_S)) as connection:
            rows = connection.execute(
                "SELECT kind, recipient, at, fate, answer FROM notice"  # noqa: S608 - constants only
                f" WHERE fate IN ({places}) AND at > ? ORDER BY at DESC",
                (*(fate.value for fate in LOST), int(now) - _SHOWN_S),
            ).fetchall()
    except sqlite3.Error as error:
        raise _unusable(path, error) from None
    return tuple(Lost(kind, recipient, at, Fate(fate), answer) for kind, recipient, at, fate, answer in rows)


def _unusable(path: Path, error: Exception) -> NoticeError:
    return NoticeError(both("start", "notices", "unusable", path=path, reason=clean(str(error))))


def _has(connection: sqlite3.Connection, key: str) -> bool:
    return connection.execute("SELECT 1 FROM notice WHERE key = ?", (key,)).fetchone() is not None


def _opened(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S, check_same_thread=False)
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "trusted_schema = OFF", "secure_delete = ON"):
            with closing(connection.execute(f"PRAGMA {pragma}")):
                pass
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection
