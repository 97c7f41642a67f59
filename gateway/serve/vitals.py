"""What a front end knows of its own health: signs of life, troubles told to the supervisor, whether a client can be served."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from pathlib import Path
from typing import Final

from gateway.audit import AuditLog
from gateway.errors import AuditError
from gateway.metrics.disk import LEAST_ROOM_BYTES
from gateway.nexthop.failures import FailureKind
from gateway.smtp.engine import EventKind, SmtpEvent
from gateway.system.heart import Heart
from gateway.system.trouble import Teller, Trouble
from gateway.texts.catalogue import both

_ROUND_S: Final = 1.0
_UNANSWERED_S: Final = 5.0
_FAILURES_IN_A_ROW: Final = 3
"""Of the next hop, until that counts as trouble: one connection that breaks is none."""
_MOST_DESCRIPTORS: Final = 1 << 16
"""As many as a child closes before it reads (`gateway.documents.wall.fork`)."""
_SPARE_PART: Final = 4
"""One descriptor in so many is kept for mails in hand, and for telling those who come that there are none."""


def allow_descriptors() -> None:
    """Take as many open files as the service may have: a shell gives 1024 although more are allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Vitals:
    """One front end's; the `Condition` of its SMTP server."""

    def __init__(self, heart: Heart, teller: Teller, folders: tuple[Path, ...]) -> None:
        self._heart = heart
        self._teller = teller
        self._folders = folders
        """Where mails in hand and their records are written."""
        self._failures = 0
        self._room_bytes, self._room_until = 0, 0.0
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self._descriptors = limit - limit // _SPARE_PART
        self._descriptors_limit = limit

    async def live(self, audit: AuditLog) -> None:
        """Give a sign of life every second, and look at what may be in trouble."""
        while True:
            self._heart.beat()
            if audit.unanswered_s > _UNANSWERED_S:
                self._teller.happened(Trouble.AUDIT, both("trouble", "line", "unanswered"), mails=0)
            elif self._teller.lasts(Trouble.AUDIT):
                audit.probe()
            if self._teller.lasts(Trouble.DESCRIPTORS) and self._lowest_free() < self._descriptors:
                self._teller.over(Trouble.DESCRIPTORS)
            self._teller.count()
            await asyncio.sleep(_ROUND_S)

    # What comes in from others

    def record_settled(self, error: AuditError | None) -> None:
        """Take note that records were written, or could not be."""
        if error is None:
            self._teller.over(Trouble.AUDIT)
        else:
            self._teller.happened(Trouble.AUDIT, str(error), mails=0)

    def failed(self, error: BaseException) -> None:
        """Take note of the error for which a mail was put off."""
        if isinstance(error, AuditError):
            self._teller.happened(Trouble.AUDIT, str(error))

    def noted(self, event: SmtpEvent) -> None:
        """Take note of what the next hop did."""
        if event.kind is EventKind.NEXT_HOP_ANSWERED:
            self._failures = 0
            self._teller.over(Trouble.NEXT_HOP)
            self._teller.over(Trouble.NAMES)
        elif event.kind is EventKind.NEXT_HOP_FAILED and event.enhanced:
            self._failures += 1
            if self._failures >= _FAILURES_IN_A_ROW:
                unresolved = event.enhanced == FailureKind.DNS.value
                self._teller.happened(Trouble.NAMES if unresolved else Trouble.NEXT_HOP, event.detail)

    def addresses_away(self, reason: str) -> None:
        """Take note of which addresses of the next hop are away; empty for none."""
        if reason:
            self._teller.happened(Trouble.NEXT_HOP_ADDRESS, reason, mails=0)
        else:
            self._teller.over(Trouble.NEXT_HOP_ADDRESS)

    # `gateway.smtp.engine.Condition`

    def unfit(self, descriptor: int) -> str:
        """Return the key of the words for a client that cannot be served now; empty when it can."""
        if descriptor >= self._descriptors:
            self._teller.happened(Trouble.DESCRIPTORS, f"ulimit -n {self._descriptors_limit}")
            return "banner_busy"
        return "no_log" if self._teller.lasts(Trouble.AUDIT) else ""

    def has_room(self, size_bytes: int) -> bool:
        """Whether a mail of that size fits on the disks, as they were a second ago."""
        now = time.monotonic()
        if now >= self._room_until:
            self._room_bytes, self._room_until = min(map(_free, self._folders)), now + _ROUND_S
        return self._room_bytes >= max(2 * size_bytes, LEAST_ROOM_BYTES)

    def refused_now(self, size_bytes: int) -> tuple[int, str, str] | None:
        """Return code, enhanced code and key of the words for a mail that cannot be taken now; None when it can."""
        if self._teller.lasts(Trouble.AUDIT):
            return 451, "4.3.2", "no_log"
        return None if self.has_room(size_bytes) else (452, "4.3.1", "no_room")

    @staticmethod
    def _lowest_free() -> int:
        """Return the descriptor that the next client would get."""
        try:
            descriptor = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return 1 << 30
        os.close(descriptor)
        return descriptor


def _free(folder: Path) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:  # writing will tell why
        return 1 << 62
    return found.f_bavail * found.f_frsize
