"""Check of the next hop, at start and by `gateway doctor`, in the way mail is relayed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from enum import Enum

from gateway.nexthop.connector import connect
from gateway.nexthop.failures import FailureKind, HopFailedError, HopRefusedError
from gateway.nexthop.settings import NextHopSettings
from gateway.texts.catalogue import reasons


class Fitness(Enum):
    """Outcome of an attempt to connect; the value is the key of its words in `start.toml`."""

    GOOD = "good"
    SILENT = "silent"
    """Nobody there, or a name that is not known."""
    TLS = "tls"
    """No TLS, or a certificate that does not verify: no mail would ever pass."""
    NO_SMTP = "no_smtp"
    REFUSED = "refused"
    """A mail server that says no for now, or does not finish its greeting in time."""
    REJECTED = "rejected"
    """A mail server that wants nothing from this gateway (5yz to the connection or to EHLO): mail waits at its clients."""


_BY_FAILURE = {
    FailureKind.UNREACHABLE: Fitness.SILENT,
    FailureKind.DNS: Fitness.SILENT,
    FailureKind.TLS: Fitness.TLS,
    FailureKind.PROTOCOL: Fitness.NO_SMTP,
}


@dataclass(frozen=True)
class Probe:
    """Outcome with its details."""

    fitness: Fitness
    reason: str | tuple[str, str]
    """For people, in Vietnamese and English where they differ; with GOOD the keywords that it offers."""


def probe(settings: NextHopSettings, *, timeout_s: float) -> Probe:
    """Connect, greet and part; never raises for what the next hop does. Not for use inside an event loop."""
    return asyncio.run(_probe(replace(settings, connect_timeout_s=timeout_s)))


async def _probe(settings: NextHopSettings) -> Probe:
    try:
        connection = await connect(settings)
    except HopRefusedError as refusal:
        words = " ".join(refusal.reply.lines)
        fitness = Fitness.REJECTED if refusal.permanent else Fitness.REFUSED
        return Probe(fitness, f"{refusal.reply.code} {words}"[:200])
    except HopFailedError as failure:
        cause = failure.__cause__
        reason = reasons(cause) if isinstance(cause, OSError) else str(failure).removeprefix("next hop: ")
        return Probe(_BY_FAILURE.get(failure.kind, Fitness.REFUSED), reason)
    connection.quit()
    return Probe(Fitness.GOOD, " ".join(sorted(connection.capabilities.keywords)) or "-")
