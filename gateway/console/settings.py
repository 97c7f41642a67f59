"""Settings of the console, handed over at its start."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path

from msgspec import Struct


class ConsoleSettings(Struct, frozen=True, kw_only=True):
    """Names, walls and limits of the console."""

    names: tuple[str, ...]
    """Host names under which browsers may ask for it."""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Only clients from these are served; empty means all."""
    certificate: Path | None = None
    """With `key`: the console speaks TLS."""
    key: Path | None = None
    htmx: Path = Path("/usr/share/javascript/htmx/htmx.min.js")
    patience_s: float = 1.0
    """How long the steward may be silent before a page says that it is away."""
    head_s: float = 10.0
    """How long a client may take to send the head of a request, or to shake hands."""
    body_s: float = 120.0
    """How long a client may take to send a body."""
    stall_s: float = 10.0
    """How long a client may take to make room for more of an answer."""
    connections: int = 256
    connections_of_one: int = 32
    """At the same time, of one address."""
    requests_per_s: float = 10.0
    """Of one session, or of one address without a session; a burst of three seconds is let through. An address with several
    sessions has five times as much."""
    body_bytes: int = 1 << 20
    upload_bytes: int = 60_000_000
    """Largest file on the way that hashes a file."""

    check_bytes: int = 37 << 20
    """Largest form with files to be checked; how many octets of files the steward says."""
    drain_bytes: int = 128 << 20
    """Of a form that is too large, how much is read before it is cut off."""
    upload_s: float = 60.0
    """How long files may take to come."""

    @property
    def tls(self) -> bool:
        """Whether browsers come by TLS."""
        return self.certificate is not None

    def admits(self, address: str) -> bool:
        """Whether a client's address is in the networks."""
        if not self.networks:
            return True
        client = ip_address(address.partition("%")[0])
        mapped = getattr(client, "ipv4_mapped", None)
        return any((mapped or client) in network for network in self.networks)
