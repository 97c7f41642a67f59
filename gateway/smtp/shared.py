"""State shared by all sessions of one process."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from gateway.model import Reply
from gateway.nexthop.failures import FailureKind, HopFailedError, HopRefusedError
from gateway.nexthop.hop import NextHop
from gateway.smtp.admission import LargeMailGate
from gateway.smtp.client import ClientConnection
from gateway.smtp.engine import Condition, Engine, EventHook, EventKind, InternalErrorHook, SmtpEvent
from gateway.smtp.replies import Texts, from_next_hop
from gateway.smtp.settings import SmtpSettings
from gateway.smtp.throttle import Throttle
from gateway.spool import ByteBudget
from gateway.system.deadlines import Deadlines

_FAILURE_TEXTS = {
    FailureKind.UNREACHABLE: "next_hop_unreachable",
    FailureKind.LOST: "next_hop_lost",
    FailureKind.DNS: "next_hop_dns",
    FailureKind.TIMEOUT: "next_hop_timeout",
    FailureKind.PROTOCOL: "next_hop_protocol",
    FailureKind.TLS: "next_hop_tls",
    FailureKind.BUSY: "next_hop_busy",
}


class OpenSession(Protocol):
    """A session as the server sees it at a drain."""

    client: ClientConnection
    idle: bool
    """Waiting for a command, with nothing in flight."""

    def dismiss(self) -> None:
        """End the session with 421."""


@dataclass(kw_only=True)
class Shared:
    """Services and counters of one worker process."""

    settings: SmtpSettings
    engine: Engine
    hop: NextHop
    budget: ByteBudget
    large_mails: LargeMailGate
    throttle: Throttle
    on_internal_error: InternalErrorHook
    on_event: EventHook
    condition: Condition
    deadlines: Deadlines
    draining: bool = False
    sessions: set[OpenSession] = field(default_factory=set)
    per_address: Counter[str] = field(default_factory=Counter)
    running: set[asyncio.Task[None]] = field(default_factory=set)
    """Sessions with a mail in flight."""

    def report(
        self,
        kind: EventKind,
        client_address: str | None,
        detail: str = "",
        auth_user: str | None = None,
        enhanced: str = "",
    ) -> None:
        """Report an event."""
        self.on_event(SmtpEvent(kind, client_address, detail, auth_user, enhanced))

    def hop_failed(
        self, failure: HopFailedError, client_address: str | None, texts: Texts, *, code: int = 451
    ) -> Reply:
        """Report a failure of the next hop and return the reply for it."""
        self.report(EventKind.NEXT_HOP_FAILED, client_address, str(failure), enhanced=failure.kind.value)
        return texts.reply(code, failure.kind.value, _FAILURE_TEXTS[failure.kind])

    def hop_refused(
        self, refusal: HopRefusedError, client_address: str | None, texts: Texts, *, code: int = 451
    ) -> Reply:
        """Report that the next hop refused the connection, and return the reply for it, never a permanent one."""
        self.report(EventKind.NEXT_HOP_FAILED, client_address, str(refusal), enhanced="4.3.5")
        if not refusal.permanent:
            return from_next_hop(refusal.reply.code, refusal.reply.lines)
        return texts.reply(code, "4.3.5", "next_hop_refuses_us", answer=refusal.reply.code)
