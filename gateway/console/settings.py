"""Settings of the console process, passed at its start."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path

from msgspec import Struct

_parsed = cache(ip_network)


class ConsoleSettings(Struct, frozen=True, kw_only=True):
    """Names, networks and limits of the console."""

    names: tuple[str, ...]
    """Accepted host names."""
    node: str = ""
    """This machine in its cluster; empty without one."""
    networks: tuple[str, ...] = ()
    """Client networks that are served; empty means all."""
    certificate: Path | None = None
    """With `key`: TLS is enabled."""
    key: Path | None = None
    htmx: Path = Path("/usr/share/javascript/htmx/htmx.min.js")
    patience_s: float = 1.0
    """Seconds of the steward's silence before a 503."""
    head_s: float = 10.0
    """Deadline for a request head or a TLS handshake."""
    body_s: float = 120.0
    """Deadline for a request body."""
    stall_s: float = 10.0
    """Deadline for a client that does not read its response."""
    connections: int = 256
    connections_of_one: int = 32
    """Concurrent connections per address."""
    requests_per_s: float = 10.0
    """Rate limit per session, or per address without a session, with bursts of three seconds; five times as much per
    address with several sessions."""
    body_bytes: int = 1 << 20
    upload_bytes: int = 60_000_000
    """Largest body in bytes on a route that hashes a file."""

    check_bytes: int = 37 << 20
    """Largest self-check form in bytes; the steward limits the files themselves."""
    drain_bytes: int = 128 << 20
    """Bytes of an oversized form that are read before disconnecting."""
    upload_s: float = 60.0
    """Deadline in seconds for an upload."""

    @property
    def tls(self) -> bool:
        """Return whether TLS is enabled."""
        return self.certificate is not None

    def admits(self, address: str) -> bool:
        """Return whether a client address is in `networks`."""
        if not self.networks:
            return True
        client = ip_address(address.partition("%")[0])
        mapped = getattr(client, "ipv4_mapped", None)
        return any((mapped or client) in _parsed(network) for network in self.networks)
