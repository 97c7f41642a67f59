"""Shipper: replicates a node's log to the centre. It keeps no state: progress is read from the centre.

Each round reads the records after the centre's last one, verifies their chain and sends at most 2,000.
Shipping stops when the centre has a different record at a sequence number, or more records than this log: one of the two
logs is not authentic, and continuing would hide it. A broken local chain stops it too.
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
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from gateway.audit.chain import Head, ends
from gateway.audit.store import Folder, connect_readonly
from gateway.cluster import records, schema
from gateway.cluster.database import Connection, DatabaseError, connect, failures, reason_of, within
from gateway.cluster.records import LIMIT_BATCH, Link, State
from gateway.cluster.repetitions import SWEEP
from gateway.cluster.shipping import Shipping
from gateway.config.cluster import Cluster
from gateway.errors import GatewayError, UserError
from gateway.system.supervised import SupervisedProcess, end_with, leave_group_signals
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.ship")
ROUND_S: Final = 1.0
"""Between rounds, unless a reply waits for the centre."""
_PAUSE_S: Final = 1.0
"""From the beginning of an attempt that failed to the next, so that one that waited in vain is followed at once."""
_LEAST_BATCH: Final = 50
_REPORT_S: Final = 10.0
_REPORT_UNREADY_S: Final = 2.0
_SWEEP_S: Final = 300.0
_LAST_S: Final = 3.0
"""For the remaining records at shutdown."""


class ForkError(GatewayError):
    """The centre has a different log of this node, or the local log is broken."""


class Shipper:
    """Ships the log of one data directory to one centre."""

    def __init__(
        self,
        data: Path,
        cluster: Cluster,
        shipping: Shipping,
        *,
        state: Callable[[], State] = State,
        exchange: Callable[[Connection, bool], None] = lambda _centre, _publishes: None,
    ) -> None:
        """Prepare; each heartbeat reports the node's `state`, and `exchange` shares what else nodes share."""
        self._folder = Folder(data)
        self._cluster = cluster
        self._node = cluster.node
        self._shipping = shipping
        self._log: sqlite3.Connection | None = None
        self._centre: Connection | None = None
        self._head = Head()
        """Number and hash of the last record at the centre."""
        self._noted = 0
        """Size of the last checkpoint at the centre."""
        self._batch = LIMIT_BATCH
        self._even = time.monotonic()
        self._report_at = 0.0
        self._swept = time.monotonic()
        self._state, self._exchange = state, exchange
        self._outdated = ""
        """Advice about tables of an earlier release."""
        self._away = ""

    def run(self, ended: Callable[[], bool]) -> None:
        """Ship until `ended`, then ship the remaining records, up to `_LAST_S`."""
        while not ended():
            self._wait(self.step(), ended)
        end = time.monotonic() + _LAST_S
        self._report_at, self._state = 0.0, partial(State, both("cluster", "ready", "draining"))
        while self.step() == 0 and time.monotonic() < end:
            pass
        self.close()

    def close(self) -> None:
        """Close both connections; the next step reopens them."""
        for one in (self._centre, self._log):
            if one is not None:
                with suppress(Exception):  # broken already
                    one.close()
        self._centre = self._log = None

    def step(self) -> float:
        """Ship a batch; return the seconds to wait before the next, 0 when more is queued."""
        began = time.monotonic()
        try:
            more = self._round()
        except ForkError as error:
            return self._stopped(str(error))
        except (DatabaseError, UserError, sqlite3.Error, OSError) as error:
            return self._failed(error, began)
        except failures() as error:
            return self._failed(error, began)
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
                outdated = schema.outdated(self._centre)
            if outdated and not self._outdated:
                _LOG.error("%s", outdated)
            self._outdated = outdated
            self._compare(log)
        links = self._next(log)
        more = len(links) == self._batch  # asked before `_send` changes it
        end = links[-1].seq if links else self._head.seq
        notes = log.execute(
            "SELECT size, note FROM checkpoint WHERE size > ? AND size <= ? ORDER BY size LIMIT ?",
            (self._noted, end, LIMIT_BATCH),
        ).fetchall()
        if links or notes:
            self._send(links, notes)
        if not more:
            self._even = began
        if time.monotonic() > self._report_at:
            self._report("")
        if time.monotonic() - self._swept > _SWEEP_S:  # here, where no mail waits for the connection
            self._swept = time.monotonic()
            with within(self._centre):
                self._centre.execute(SWEEP.encode())
        return more

    def _send(self, links: list[Link], notes: list[tuple[int, str]]) -> None:
        assert self._centre is not None
        try:
            with within(self._centre):
                records.ship(self._centre, self._node, links, notes)
        except (msgspec.DecodeError, UnicodeDecodeError):  # a rechained log with an undecodable body
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
        """Raise ForkError when the centre's records are not a prefix of the local log."""
        seq = self._head.seq
        if seq == 0:
            return
        row = log.execute("SELECT hash FROM record WHERE seq = ?", (seq,)).fetchone()
        if row is not None and row[0] == self._head.hash:
            return
        first, last = log.execute("SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM record").fetchone()
        if (
            row is None and first == seq + 1
        ):  # removed here by retention; the chain check shows whether the rest follows
            return
        key = "forked" if row is not None else "shorter" if last < seq else "gap"
        raise ForkError(both("cluster", "ship", key, node=self._node, seq=seq, first=first, last=last))

    def _next(self, log: sqlite3.Connection) -> list[Link]:
        """Return the records after the centre's last one; ForkError when the chain does not continue."""
        rows = log.execute(
            "SELECT seq, body, hash FROM record WHERE seq > ? ORDER BY seq LIMIT ?", (self._head.seq, self._batch)
        ).fetchall()
        links = [Link(*row) for row in rows]
        before = self._head
        if links and before.seq == 0 and links[0].seq > 1:  # its oldest records were removed before they were shipped
            before = Head(links[0].seq, links[0].hash)
        elif not links:
            self._compare(log)  # a log that was restored while we ran
        for link in links[before.seq == links[0].seq :] if links else ():
            if link.seq != before.seq + 1 or hashlib.sha256(before.hash + link.body).digest() != link.hash:
                self._compare(log)
                raise ForkError(both("cluster", "ship", "broken", node=self._node, seq=link.seq))
            before = Head(link.seq, link.hash)
        return links

    def _stopped(self, words: str) -> float:
        """Report the fork locally and at the centre; it is checked again after the returned seconds."""
        self._shipping.write(self._head.seq, even=self._even, fork=words)
        with suppress(*failures(), OSError, sqlite3.Error):
            self._report(words)
        self.close()
        return _REPORT_UNREADY_S

    def _failed(self, error: Exception, began: float) -> float:
        """Record an outage of the centre or an unreadable log; logged once per outage."""
        words = reason_of(error)
        if not self._away:
            _LOG.warning("%s", both("cluster", "ship", "away", reason=words))
        self._away = words
        self._show()
        self.close()
        return max(0.0, began + _PAUSE_S - time.monotonic())

    def _show(self) -> None:
        self._shipping.write(self._head.seq, even=self._even, away=self._away)

    def _report(self, fault: str) -> None:
        if self._centre is None:
            return
        state = self._state()
        path = self._folder.checkpoints / "public-key.txt"
        key = path.read_text("utf-8").strip() if path.exists() else ""
        with within(self._centre):
            self._outdated = self._outdated and schema.outdated(self._centre)  # made meanwhile?
            log = self._log if not self._outdated else None
            with (
                self._centre.transaction()
            ):  # a heartbeat beside an earlier number would say that nothing is left to ship
                records.report(self._centre, self._node, key, fault)
                if (
                    log is not None and not fault
                ):  # after a fork this name may be another machine's: its state and waivers stay
                    records.report_state(self._centre, self._node, state, written=ends(log)[1])
            if log is not None:
                self._exchange(self._centre, not fault)
        self._report_at = time.monotonic() + (_REPORT_UNREADY_S if state.unready else _REPORT_S)

    def _wait(self, seconds: float, ended: Callable[[], bool]) -> None:
        """Sleep until woken by a waiting reply; a pause longer than a round is cut short only by a stop."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._shipping.wake], [], [], left)[0]:
                os.eventfd_read(self._shipping.wake)
            if seconds <= ROUND_S or ended():
                return


def ship_process(
    data: Path,
    cluster: Cluster,
    shipping: Shipping,
    release: Callable[[], None],
    parent: int,
    *,
    state: Callable[[], State],
    exchange: Callable[[Connection, bool], None],
) -> SupervisedProcess:
    """Return the process. SIGUSR1 ends it after a last round; signals sent to the whole group are ignored."""

    def work() -> None:
        asked: list[int] = []

        def end(number: int, _frame: object) -> None:
            asked.append(number)
            shipping.poke()

        end_with(parent)
        leave_group_signals()
        signal.signal(signal.SIGUSR1, end)
        release()
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        Shipper(data, cluster, shipping, state=state, exchange=exchange).run(lambda: bool(asked))

    return SupervisedProcess("gateway-ship", work)
