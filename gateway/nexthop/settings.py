"""Settings of the next hop, as plain values; `gateway/config/sections.py` makes them from `gateway.yaml`."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway.config.values import is_loopback_host
from gateway.model import NextHopTls


@dataclass(frozen=True, kw_only=True)
class BreakerSettings:
    """Circuit breaker for connection attempts."""

    failures: int = 5
    """Consecutive failures that open the breaker."""
    open_s: float = 5.0
    """Time open before one attempt is allowed."""
    again_s: float = 1.0
    """Interval between further attempts while they fail."""


@dataclass(frozen=True)
class Other:
    """One more address."""

    host: str
    port: int
    weight: int = 1


@dataclass(frozen=True, kw_only=True)
class NextHopSettings:
    """The city's server. ValueError when mail would leave this machine in plaintext unasked."""

    host: str
    port: int
    weight: int = 1
    """Connections go to the address that has the fewest for its weight."""
    others: tuple[Other, ...] = ()
    """Further addresses of the same server, with the same TLS settings and logins."""
    our_name: str
    """Our name in EHLO."""
    tls: NextHopTls = NextHopTls.STARTTLS
    tls_context: ssl.SSLContext | None = None
    """Made once by `client_tls_context`; needed unless `tls` is NONE."""
    server_name: str | None = None
    """Name that its certificate must match; `host` when None."""
    plaintext_allowed: bool = False
    """Accept `NONE` towards an address that is not loopback."""
    connect_timeout_s: float = 10.0
    """For name resolution; and for connect, banner, TLS and EHLO together, shared by the addresses of a name."""
    reply_timeout_s: float = 30.0
    """For the reply to one command."""
    block_timeout_s: float = 60.0
    """For the transport to accept one block of content."""
    final_reply_timeout_s: float = 600.0
    """For the reply to the final dot (RFC 5321 §4.5.3.2.6 asks for 10 minutes)."""
    connections: int = 200
    """Maximum open at one time, per worker process."""
    connection_wait_s: float = 10.0
    """Time for which a session waits for a connection when all are in use."""
    idle_connections: int = 20
    """Maximum idle connections in the pool; authenticated ones are never pooled."""
    idle_s: float = 15.0
    mails_per_connection: int = 200
    capabilities_s: float = 60.0
    """Time for which the reply to EHLO is cached."""
    breaker: BreakerSettings = field(default_factory=BreakerSettings)

    def each(self) -> tuple[NextHopSettings, ...]:
        """Return one settings object per address."""
        others = (replace(self, host=one.host, port=one.port, weight=one.weight, others=()) for one in self.others)
        return (replace(self, others=()), *others)

    def __post_init__(self) -> None:
        if self.tls is NextHopTls.NONE:
            hosts = (self.host, *(one.host for one in self.others))
            if not (self.plaintext_allowed or all(map(is_loopback_host, hosts))):
                raise ValueError("mail would leave without TLS: set tls to starttls or implicit")
        elif self.tls_context is None:
            raise ValueError("TLS towards the next hop needs a TLS context")


def client_tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Return a verifying client context for TLS 1.2 and later; OSError or ssl.SSLError when the CA file is unusable."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
