"""Duplicate detection on one machine: byte-identical repetitions of mails recently accepted by any process."""

from __future__ import annotations

import sqlite3
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.audit.keyed import Keyed
from gateway.errors import AuditError
from gateway.model import Envelope

LIMIT_RECENT = 200_000


@dataclass(frozen=True)
class Relayed:
    """An identical mail that was relayed, or held, before."""

    id: str
    age_s: float
    sending: bool = False
    """It has no outcome yet."""


class RelayedLately:
    """In-memory copy of the table `relayed`, read incrementally."""

    def __init__(self, keyed: Keyed) -> None:
        self._keyed = keyed
        self._recent: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        """Key to time and reference, of all processes."""
        self._followed = 0

    def keys(self, login: str | None, envelope: Envelope, sha256: str, *, held: bool = False) -> tuple[bytes, ...]:
        """Return the duplicate keys of a mail, the current one first. A held mail has separate keys: it may still be refused."""
        who = f"{login or ''}\0held" if held else login
        return self._keyed.relay_keys(who, envelope.reverse_path, envelope.forward_paths, sha256)

    def find(self, reader: sqlite3.Connection | None, keys: tuple[bytes, ...], within_s: float) -> Relayed | None:
        """Return a mail with any of these keys, open or of the last `within_s` seconds, else None. AuditError."""
        try:
            open_mail = _open_mail(reader, keys)  # first, for its outcome may come meanwhile
            self._follow(reader, within_s)
        except sqlite3.Error as error:
            raise AuditError(f"audit log not readable: {error}") from error
        found = next((self._recent[key] for key in keys if key in self._recent), None)
        age_s = time.time() - found[0] if found is not None else 0.0
        if found is not None and age_s <= within_s:
            return Relayed(found[1], age_s)
        return Relayed(open_mail, 0.0, sending=True) if open_mail is not None else None

    def _follow(self, reader: sqlite3.Connection | None, within_s: float) -> None:
        """Read new rows of the append-only table."""
        if reader is None:
            return
        rows = reader.execute(
            "SELECT n, key, time, id FROM relayed WHERE n > ? ORDER BY n", (self._followed,)
        ).fetchall()
        for number, key, moment, reference in rows:
            self._followed = number
            self._recent[key] = (moment, reference)
        oldest = time.time() - within_s
        while self._recent:
            moment = next(iter(self._recent.values()))[0]
            if moment >= oldest and len(self._recent) <= LIMIT_RECENT:
                break
            self._recent.popitem(last=False)


def _open_mail(reader: sqlite3.Connection | None, keys: tuple[bytes, ...]) -> str | None:
    """Return the reference of a mail with any of these keys that is being sent."""
    query = f"SELECT id FROM open_mail WHERE key IN ({','.join('?' * len(keys))})"  # noqa: S608 - question marks
    found = reader.execute(query, keys).fetchone() if reader is not None else None
    return found[0] if found is not None else None


def fate(reader: sqlite3.Connection, reference: str, keys: Iterable[bytes]) -> bool | None:
    """Return whether a mail of any process was relayed, None while it has no outcome; sqlite3.Error."""
    if reader.execute("SELECT 1 FROM open_mail WHERE id = ?", (reference,)).fetchone():
        return None
    return any(reader.execute("SELECT 1 FROM relayed WHERE key = ?", (key,)).fetchone() for key in keys)
