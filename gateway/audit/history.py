"""Known senders, from the log: for warnings about first-time senders.

Queried for single addresses, only when a policy needs it. The answer comes from the search index and from the records
that it does not cover yet, so each worker process sees the records of all. Files are read in a thread of its own; a query
that misses its deadline has no answer, and no answer means no warning.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.audit import record as r
from gateway.audit.index import Index
from gateway.audit.index_rows import senders_of
from gateway.audit.store import Folder
from gateway.errors import AuditError, UserError
from gateway.model import History

_LIMIT_SEEN: Final = 50_000
"""Cache size in addresses; a known address stays known, so only known ones are cached."""
_LIMIT_WAIT_S: Final = 2.0
_LIMIT_FOLLOW_S: Final = 0.5
_LIMIT_TAIL: Final = 5_000
"""Unindexed records read for one query; with more there is no answer."""
_LIMIT_MAILS: Final = 300
"""Latest mails of an address examined; a known sender has a delivered one among them."""
_DELIVERED: Final = (r.Delivery.RELAYED, r.Delivery.PASSED_ON)
_MET: Final = """
SELECT 1 FROM (SELECT seq FROM tag WHERE name = ? ORDER BY seq DESC LIMIT ?) AS mail
WHERE EXISTS (
  SELECT 1 FROM tag WHERE tag.name IN ('state:relayed', 'state:passed_on') AND tag.seq = mail.seq
) LIMIT 1
"""


class SenderHistory:
    """The senders of delivered mails, for one process; used within its event loop."""

    def __init__(self, data: Path) -> None:
        self._index = Index(Folder(data))
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sender-history")
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._since: datetime | None = None
        self._busy = False

    async def look_up(self, addresses: Iterable[str]) -> History | None:
        """Return the addresses that sent a delivered mail before, None when that cannot be determined in time."""
        wanted = frozenset(address.casefold() for address in addresses)
        met = frozenset(address for address in wanted if address in self._seen)
        if (rest := wanted - met) or self._since is None:
            if self._busy:  # one query at a time: a slow disk must not build up a queue
                return None
            self._busy = True
            work = asyncio.get_running_loop().run_in_executor(self._thread, self._read, rest)
            work.add_done_callback(self._done)
            try:
                async with asyncio.timeout(_LIMIT_WAIT_S):
                    found = await asyncio.shield(work)
            except (TimeoutError, AuditError, UserError, sqlite3.Error, OSError):
                return None
            if found is None:
                return None
            for address in found:
                self._seen[address] = None
            met |= found
        for address in met:
            self._seen.move_to_end(address)
        while len(self._seen) > _LIMIT_SEEN:
            self._seen.popitem(last=False)
        return History(met=met, unmet=wanted - met, since=self._since)

    def close(self) -> None:
        """End the thread and close the files."""
        self._thread.submit(self._index.close)
        self._thread.shutdown(wait=True)

    def _done(self, work: asyncio.Future[frozenset[str] | None]) -> None:
        self._busy = False
        if not work.cancelled():
            work.exception()  # reported to pending callers

    # --- in the thread -----------------------------------------------------------------------------------------------

    def _read(self, addresses: frozenset[str]) -> frozenset[str] | None:
        """Return the known ones of the addresses; None when the index lags too far."""
        end = time.monotonic() + _LIMIT_FOLLOW_S
        while self._index.follow() and time.monotonic() < end:
            pass
        index = self._index.connection
        if self._since is None:
            row = index.execute("SELECT time FROM entry ORDER BY time LIMIT 1").fetchone()
            self._since = datetime.fromtimestamp(row[0] / 1e6, UTC) if row is not None else None
        met = {
            address
            for address in addresses
            if any(index.execute(_MET, (f"{name}:{address}", _LIMIT_MAILS)).fetchone() for name in ("from", "author"))
        }
        position = index.execute("SELECT seq FROM position").fetchone()[0]
        tail = self._index.log.execute(
            "SELECT body, seq FROM record WHERE seq > ? ORDER BY seq LIMIT ?", (position, _LIMIT_TAIL)
        ).fetchall()
        if len(tail) == _LIMIT_TAIL:
            return None
        return frozenset(met | self._in_tail(addresses - met, [r.read(*row) for row in tail], index))

    def _in_tail(
        self, addresses: set[str] | frozenset[str], tail: list[r.AnyRecord], index: sqlite3.Connection
    ) -> set[str]:
        """Return those that a mail came from whose delivery is not in the index yet."""
        senders: dict[str, set[str]] = {}
        met: set[str] = set()
        for record in tail:
            match record:
                case r.Intent(id=reference, mail=mail):
                    senders[reference] = senders_of(mail)
                case r.Outcome(id=reference, delivery=delivery) if delivery in _DELIVERED:
                    met |= addresses & (senders.get(reference) or self._indexed(addresses, reference, index))
                case _:
                    pass
        return met

    @staticmethod
    def _indexed(addresses: set[str] | frozenset[str], reference: str, index: sqlite3.Connection) -> set[str]:
        """Return those that the mail of a reference came from, by the index."""
        return {
            address
            for address in addresses
            for name in ("from", "author")
            if index.execute(
                "SELECT 1 FROM entry JOIN tag ON tag.seq = entry.seq WHERE entry.id = ? AND tag.name = ?",
                (reference, f"{name}:{address}"),
            ).fetchone()
        }
