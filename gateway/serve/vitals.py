"""Health of a front end: heartbeats, trouble reports to the supervisor, readiness for clients."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.audit import AuditLog
from gateway.documents.wall.pool import WorkerPool
from gateway.errors import AuditError, TemporaryError, blame
from gateway.metrics.disk import LEAST_ROOM_BYTES
from gateway.metrics.ready import BARRING
from gateway.nexthop.failures import FailureKind
from gateway.smtp.engine import EventKind, SmtpEvent
from gateway.system.heart import Heart
from gateway.system.trouble import Board, Reporter, Trouble
from gateway.texts.catalogue import both

_ROUND_S: Final = 1.0
_UNANSWERED_S: Final = 5.0
_FAILURES_IN_A_ROW: Final = 3
"""Failures of the next hop, or of children that read, before a trouble is reported: one is none."""
_MOST_DESCRIPTORS: Final = 1 << 16
"""The number that a child closes before it reads (`gateway.documents.wall.fork`)."""
_CALM_S: Final = 900.0
"""Time without a failed policy after which that trouble is over."""
_SPARE_PART: Final = 4
"""One descriptor in this many is reserved for mails in flight, and to refuse new clients with a reply."""


def allow_descriptors() -> None:
    """Raise the soft limit of open files to the hard limit: shells default to 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Vitals:
    """Health of one front end; the `Condition` of its SMTP server."""

    def __init__(
        self, heart: Heart, reporter: Reporter, board: Board, folders: tuple[Path, ...], *, clustered: bool = False
    ) -> None:
        self._heart = heart
        self._clustered = clustered
        self._board = board
        """Troubles of the whole gateway."""
        self._barred = ""
        """Text key of the refusal of all new clients by what lasts on the machine, as of a second ago."""
        self._reporter = reporter
        self._folders = folders
        """Folders of mails in flight and of their records."""
        self._failures = 0
        self._policies_calm = 0.0
        self._room_bytes, self._room_until = 0, 0.0
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self._descriptors = limit - limit // _SPARE_PART
        self._descriptors_limit = limit

    async def live(self, audit: AuditLog, workers: WorkerPool) -> None:
        """Send a heartbeat every second, and check for trouble."""
        trial = asyncio.ensure_future(asyncio.sleep(0))
        while True:
            self._heart.beat()
            self._barred = self.barred()
            if audit.unanswered_s > _UNANSWERED_S:
                self._reporter.happened(Trouble.AUDIT, both("trouble", "line", "unanswered"), mails=0)
            elif self._reporter.lasts(Trouble.AUDIT):
                audit.probe()
            if self._reporter.lasts(Trouble.DESCRIPTORS) and self._lowest_free() < self._descriptors:
                self._reporter.over(Trouble.DESCRIPTORS)
            if time.monotonic() > self._policies_calm:
                self._reporter.over(Trouble.POLICY)
            unbegun = both("trouble", "line", "unbegun", count=workers.unbegun)
            lasts = workers.unbegun >= _FAILURES_IN_A_ROW
            self._reporter.state(Trouble.READER, unbegun if lasts else None)
            if lasts and trial.done():  # a node that is not ready gets no mail that would show that they can again
                trial = asyncio.create_task(_try(workers))
            self._reporter.count()
            await asyncio.sleep(_ROUND_S)

    # Events

    def record_settled(self, error: AuditError | None) -> None:
        """Note a successful or failed audit write."""
        self._reporter.state(Trouble.AUDIT, str(error) if error is not None else "")

    def failed(self, error: BaseException) -> None:
        """Note the error for which a mail was deferred."""
        if isinstance(error, AuditError):
            self._reporter.happened(Trouble.AUDIT, str(error))
        elif words := blame(error):
            self._policies_calm = time.monotonic() + _CALM_S
            self._reporter.happened(Trouble.POLICY, words)

    def policies_changed(self) -> None:
        """Note that other policies judge from now on."""
        self._reporter.over(Trouble.POLICY)

    def noted(self, event: SmtpEvent) -> None:
        """Note an event of the next hop."""
        if event.kind is EventKind.NEXT_HOP_ANSWERED:
            self._failures = 0
            self._reporter.over(Trouble.NEXT_HOP)
            self._reporter.over(Trouble.NAMES)
        elif event.kind is EventKind.NEXT_HOP_FAILED and event.enhanced:
            self._failures += 1
            if self._failures >= _FAILURES_IN_A_ROW:
                unresolved = event.enhanced == FailureKind.DNS.value
                self._reporter.happened(Trouble.NAMES if unresolved else Trouble.NEXT_HOP, event.detail)

    def addresses_away(self, reason: str) -> None:
        """Note the unreachable addresses of the next hop; empty for none."""
        self._reporter.state(Trouble.NEXT_HOP_ADDRESS, reason)

    # `gateway.smtp.engine.Condition`

    def unfit(self, descriptor: int) -> str:
        """Return the text key of the refusal for a client; empty when it can be served now."""
        if descriptor >= self._descriptors:
            self._reporter.happened(Trouble.DESCRIPTORS, f"ulimit -n {self._descriptors_limit}")
            return "banner_busy"
        return "no_log" if self._reporter.lasts(Trouble.AUDIT) else self._barred

    def barred(self) -> str:
        """Return the text key of the refusal of all new clients; a machine alone takes what it can, for no other one would."""
        lasting = self._board.read() if self._clustered else {}
        for trouble, key in BARRING.items():
            if trouble.value in lasting:
                return key
        return "" if not self._clustered or self.has_room(0) else "no_room"

    def has_room(self, size_bytes: int) -> bool:
        """Return whether a mail of that size fits on the disks, by their state a second ago."""
        now = time.monotonic()
        if now >= self._room_until:
            self._room_bytes, self._room_until = min(map(_free, self._folders)), now + _ROUND_S
        return self._room_bytes >= max(2 * size_bytes, LEAST_ROOM_BYTES)

    def refused_now(self, size_bytes: int) -> tuple[int, str, str] | None:
        """Return code, enhanced code and text key of the refusal for a mail; None when it can be accepted now."""
        if self._reporter.lasts(Trouble.AUDIT):
            return 451, "4.3.2", "no_log"
        return None if self.has_room(size_bytes) else (452, "4.3.1", "no_room")

    @staticmethod
    def _lowest_free() -> int:
        """Return the lowest free descriptor, which the next client would get."""
        try:
            descriptor = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return 1 << 30
        os.close(descriptor)
        return descriptor


async def _try(workers: WorkerPool) -> None:
    with suppress(TemporaryError):
        await workers.probe()


def _free(folder: Path) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:  # a write will report the cause
        return 1 << 62
    return found.f_bavail * found.f_frsize
