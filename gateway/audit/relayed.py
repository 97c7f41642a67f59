"""What was taken over from clients lately, by any process: a byte-identical repetition is answered without a second one."""

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


class RelayedLately:
    """Keys of mails as the table `relayed` has them, followed as far as it was read."""

    def __init__(self, keyed: Keyed) -> None:
        self._keyed = keyed
        self._recent: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        """Key to time and reference, of all processes."""
        self._followed = 0

    def keys(self, login: str | None, envelope: Envelope, sha256: str, *, held: bool = False) -> tuple[bytes, ...]:
        """Return the keys of a mail, the one to write first. One that is held has others: it may still be refused."""
        who = f"{login or ''}\0held" if held else login
        return self._keyed.relay_keys(who, envelope.reverse_path, envelope.forward_paths, sha256)

    def find(self, reader: sqlite3.Connection | None, keys: Iterable[bytes], within_s: float) -> Relayed | None:
        """Return the mail of any of these keys, None when there is none of the last so many seconds; AuditError."""
        try:
            self._follow(reader, within_s)
        except sqlite3.Error as error:
            raise AuditError(f"audit log not readable: {error}") from error
        found = next((self._recent[key] for key in keys if key in self._recent), None)
        age_s = time.time() - found[0] if found is not None else 0.0
        return Relayed(found[1], age_s) if found is not None and age_s <= within_s else None

    def _follow(self, reader: sqlite3.Connection | None, within_s: float) -> None:
        """Take over what came since the last look; the table grows in order, so this is short."""
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


def fate(reader: sqlite3.Connection, reference: str, keys: Iterable[bytes]) -> bool | None:
    """Return whether a mail of any process was relayed, None while it has no outcome; sqlite3.Error."""
    if reader.execute("SELECT 1 FROM open_mail WHERE id = ?", (reference,)).fetchone():
        return None
    return any(reader.execute("SELECT 1 FROM relayed WHERE key = ?", (key,)).fetchone() for key in keys)
