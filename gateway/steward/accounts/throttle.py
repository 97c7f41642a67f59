"""Login throttling: five failures lock a name for 15 minutes, twenty an address.

A name is counted in the same way whether or not it exists, so that existing names are not revealed. It is
counted before a try is judged, so that many tries at once are no more than one after the other.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.steward.accounts.book import Book
from gateway.steward.questions.refused import refused
from gateway.system.levels import network_of

TRIES: Final = 5
TRIES_OF_ADDRESS: Final = 20
LOCK_S: Final = 15 * 60
_LIMIT_ADDRESSES: Final = 10_000


@dataclass
class _Tries:
    count: int
    since: float


class Addresses:
    """Wrong tries by address; in memory, for as long as the process lives."""

    def __init__(self, clock: Callable[[], float], *, limit: int = TRIES_OF_ADDRESS, period_s: float = LOCK_S) -> None:
        self._clock = clock
        self._limit = limit
        self._period_s = period_s
        self._tries: OrderedDict[str, _Tries] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, client: str) -> None:
        """Refuse an address with too many wrong tries."""
        with self._lock:
            tries = self._tries.get(network_of(client))
            if tries is None or tries.count < self._limit:
                return
            left = tries.since + self._period_s - self._clock()
            if 0 < left <= self._period_s:
                raise refused("too_many", retry_s=int(left) + 1)
            del self._tries[network_of(client)]

    def count(self, client: str) -> bool:
        """Count a try; True when the address is locked by it."""
        now, key = self._clock(), network_of(client)
        with self._lock:
            tries = self._tries.get(key)
            if tries is None or not 0 <= now - tries.since < self._period_s:
                tries = self._tries[key] = _Tries(0, now)
            self._tries.move_to_end(key)
            tries.count += 1
            if tries.count == self._limit:
                tries.since = now
            while len(self._tries) > _LIMIT_ADDRESSES:
                self._tries.popitem(last=False)
            return tries.count == self._limit


class Names:
    """Wrong tries by name, on disk."""

    def __init__(self, book: Book, clock: Callable[[], float]) -> None:
        self._book = book
        self._clock = clock

    def begin(self, name: str) -> bool:
        """Count a try before it is judged; True when a wrong one locks the name. Refuses a name that is locked."""
        now, key = int(self._clock()), _digest(name)
        with self._book.changing() as connection:
            connection.execute("DELETE FROM failure WHERE at NOT BETWEEN ? AND ?", (now - LOCK_S, now))
            row = connection.execute("SELECT tries, until FROM failure WHERE name = ?", (key,)).fetchone()
            tries, until = row if row is not None else (0, 0)
            if until > now:
                raise refused("locked", retry_s=until - now)
            tries = tries + 1 if tries < TRIES else 1
            locks = tries == TRIES
            connection.execute(
                "INSERT OR REPLACE INTO failure (name, tries, at, until) VALUES (?, ?, ?, ?)",
                (key, tries, now, now + LOCK_S if locks else 0),
            )
        return locks

    def forgive(self, name: str) -> None:
        """Forget the wrong tries of a name after a right one."""
        with self._book.changing() as connection:
            connection.execute("DELETE FROM failure WHERE name = ?", (_digest(name),))


def _digest(name: str) -> bytes:
    """Return the key of a name: people type passwords where names belong."""
    return hashlib.sha256(name.encode("utf-8", "replace")).digest()
