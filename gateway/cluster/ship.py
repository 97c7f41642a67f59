"""Ships a node's log to the centre: what is there is read from the log and from the centre, nothing is remembered here.

In a round the records behind the centre's last one are read, held against the chain and sent, at most 2,000 at a time.
A centre that has another record at a place, or more of them than this log, stops the shipping: one of the two logs is
not what it seems, and to write on would hide it. So does a chain that is broken here.
"""

from __future__ import annotations

import hashlib
import logging
import os
import select
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from gateway.audit.chain import Head
from gateway.audit.store import Folder, connect_readonly
from gateway.cluster import records
from gateway.cluster.database import Connection, DatabaseError, connect, failures, told, within
from gateway.cluster.records import LIMIT_BATCH, Link
from gateway.cluster.shipping import Shipping
from gateway.config.cluster import Cluster
from gateway.errors import GatewayError, UserError
from gateway.system.supervised import SupervisedProcess, end_with
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.ship")
ROUND_S: Final = 1.0
"""Between two rounds, unless somebody waits for the centre."""
_PAUSE_S: Final = 1.0
"""After a failure."""
_LEAST_BATCH: Final = 50
_TELL_S: Final = 10.0
_FORK_ROUND_S: Final = 10.0
_LAST_S: Final = 3.0
"""For what is left at the end."""


class ForkError(GatewayError):
    """The centre has another log of this node, or the log here is broken."""


class Shipper:
    """The log under one data directory, on its way to one centre."""

    def __init__(self, data: Path, cluster: Cluster, shipping: Shipping) -> None:
        self._folder = Folder(data)
        self._cluster = cluster
        self._node = cluster.node
        self._shipping = shipping
        self._log: sqlite3.Connection | None = None
        self._centre: Connection | None = None
        self._head = Head()
        """Up to where the centre has the log."""
        self._noted = 0
        """The same of checkpoints."""
        self._batch = LIMIT_BATCH
        self._even = time.monotonic()
        self._told = 0.0
        self._away = ""

    def run(self, ended: Callable[[], bool]) -> None:
        """Ship until it is to end; then once more what is left."""
        while not ended():
            self._wait(self.step(), ended)
        end = time.monotonic() + _LAST_S
        while self.step() == 0 and time.monotonic() < end:
            pass
        self.close()

    def close(self) -> None:
        """Close both ends; the next step opens them anew."""
        for one in (self._centre, self._log):
            if one is not None:
                with suppress(Exception):  # broken already
                    one.close()
        self._centre = self._log = None

    def step(self) -> float:
        """Ship a batch; return how long to wait before the next, 0 when there is more."""
        try:
            more = self._round()
        except ForkError as error:
            return self._stopped(str(error))
        except (DatabaseError, UserError, sqlite3.Error, OSError) as error:
            return self._failed(error)
        except failures() as error:
            return self._failed(error)
        self._away = ""
        self._show()
        return 0.0 if more else ROUND_S

    def _round(self) -> bool:
        log = self._log = self._log or connect_readonly(self._folder.database)
        began = time.monotonic()
        if self._centre is None:
            self._centre = connect(self._cluster)
            with within(self._centre):
                self._head = records.place(self._centre, self._node)
                self._noted = records.last_checkpoint(self._centre, self._node)
            self._compare(log)
        links = self._next(log)
        end = links[-1].seq if links else self._head.seq
        notes = log.execute(
            "SELECT size, note FROM checkpoint WHERE size > ? AND size <= ? ORDER BY size LIMIT ?",
            (self._noted, end, LIMIT_BATCH),
        ).fetchall()
        if links or notes:
            self._send(links, notes)
        if len(links) < self._batch:
            self._even = began
        if time.monotonic() - self._told > _TELL_S:
            self._tell("")
        return len(links) == self._batch

    def _send(self, links: list[Link], notes: list[tuple[int, str]]) -> None:
        assert self._centre is not None
        try:
            with within(self._centre):
                records.ship(self._centre, self._node, links, notes)
        except (msgspec.DecodeError, UnicodeDecodeError):  # chained anew around what is no record
            raise ForkError(both("cluster", "ship", "broken", node=self._node, seq=links[0].seq)) from None
        except failures():
            self._batch = max(_LEAST_BATCH, self._batch // 2)
            raise
        self._batch = min(LIMIT_BATCH, self._batch * 2)
        if links:
            self._head = Head(links[-1].seq, links[-1].hash)
        if notes:
            self._noted = notes[-1][0]

    def _compare(self, log: sqlite3.Connection) -> None:
        """Raise ForkError when the log here is not the one whose beginning the centre has."""
        seq = self._head.seq
        if seq == 0:
            return
        row = log.execute("SELECT hash FROM record WHERE seq = ?", (seq,)).fetchone()
        if row is not None and row[0] == self._head.hash:
            return
        first, last = log.execute("SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM record").fetchone()
        if (
            row is None and first == seq + 1
        ):  # what was removed here is there; whether this follows is seen by the chain
            return
        key = "forked" if row is not None else "shorter" if last < seq else "gap"
        raise ForkError(both("cluster", "ship", key, node=self._node, seq=seq, first=first, last=last))

    def _next(self, log: sqlite3.Connection) -> list[Link]:
        """Return the records behind those that the centre has; ForkError when they do not follow them."""
        rows = log.execute(
            "SELECT seq, body, hash FROM record WHERE seq > ? ORDER BY seq LIMIT ?", (self._head.seq, self._batch)
        ).fetchall()
        links = [Link(*row) for row in rows]
        before = self._head
        if links and before.seq == 0 and links[0].seq > 1:  # its beginning was removed before it was ever shipped
            before = Head(links[0].seq, links[0].hash)
        elif not links:
            self._compare(log)  # a log that was put back while we ran
        for link in links[before.seq == links[0].seq :] if links else ():
            if link.seq != before.seq + 1 or hashlib.sha256(before.hash + link.body).digest() != link.hash:
                self._compare(log)
                raise ForkError(both("cluster", "ship", "broken", node=self._node, seq=link.seq))
            before = Head(link.seq, link.hash)
        return links

    def _stopped(self, words: str) -> float:
        """Show that nothing is shipped any more, here and at the centre; whether that still holds is asked again."""
        self._shipping.write(self._head.seq, even=self._even, fork=words)
        with suppress(*failures(), OSError, sqlite3.Error):
            self._tell(words)
        self.close()
        return _FORK_ROUND_S

    def _failed(self, error: Exception) -> float:
        """Note that the centre is away, or the log; once in words."""
        words = told(error)
        if not self._away:
            _LOG.warning("%s", both("cluster", "ship", "away", reason=words))
        self._away = words
        self._show()
        self.close()
        return _PAUSE_S

    def _show(self) -> None:
        self._shipping.write(self._head.seq, even=self._even, away=self._away)

    def _tell(self, fault: str) -> None:
        if self._centre is None:
            return
        path = self._folder.checkpoints / "public-key.txt"
        key = path.read_text("utf-8").strip() if path.exists() else ""
        with within(self._centre):
            records.tell(self._centre, self._node, key, fault)
        self._told = time.monotonic()

    def _wait(self, seconds: float, ended: Callable[[], bool]) -> None:
        """Wait until somebody waits for the centre; after a failure until the time is over, whoever waits."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._shipping.wake], [], [], left)[0]:
                os.eventfd_read(self._shipping.wake)
            if seconds <= ROUND_S or ended():
                return


def ship_process(
    data: Path, cluster: Cluster, shipping: Shipping, release: Callable[[], None], parent: int
) -> SupervisedProcess:
    """Return the process, which ends by SIGUSR1 after a last round; other signals go to the whole group and mean others."""

    def work() -> None:
        asked: list[int] = []

        def end(number: int, _frame: object) -> None:
            asked.append(number)
            shipping.poke()

        end_with(parent)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, end)
        release()
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        Shipper(data, cluster, shipping).run(lambda: bool(asked))

    return SupervisedProcess("gateway-ship", work)
