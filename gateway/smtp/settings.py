"""Settings of the SMTP front end, as plain values; `gateway/config/sections.py` makes them from `gateway.yaml`."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from gateway.config.values import is_loopback_host
from gateway.model import Language, ListenerKind, ReplyCharset
from gateway.spool import SpoolSettings

Network = IPv4Network | IPv6Network

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True, kw_only=True)
class ListenerSettings:
    """One listener. ValueError for inconsistent values."""

    host: str
    """On which it listens."""
    sockets: tuple[socket.socket, ...]
    """Bound TCP sockets with TCP_NODELAY, shared by all workers."""
    kind: ListenerKind
    banner_hostname: str
    """Our name in banner and EHLO reply."""
    tls_context: ssl.SSLContext | None = None
    """Made by `gateway.system.tls`; required for SUBMISSION and IMPLICIT_TLS."""
    allowed_networks: tuple[Network, ...] = LOOPBACK
    """RELAY: networks that may send; other clients get 550 5.7.1."""
    auth_without_tls: bool = False
    """SUBMISSION on a loopback address: AUTH and MAIL are allowed before TLS."""
    proxy_protocol: bool = False
    """Every connection begins with a PROXY v1 or v2 header, before TLS."""
    proxy_networks: tuple[Network, ...] = LOOPBACK
    """Trusted sources of PROXY headers; other peers are dropped, for they could forge any address."""
    languages: tuple[Language, ...] = (Language.VI,)
    charset: ReplyCharset = ReplyCharset.AUTO

    def __post_init__(self) -> None:
        if self.kind is ListenerKind.SUBMISSIONS and self.tls_context is None:
            raise ValueError("an implicit TLS listener needs a certificate")
        if self.kind is ListenerKind.SUBMISSION and self.tls_context is None and not self.auth_without_tls:
            raise ValueError("a submission listener needs a certificate (or auth_without_tls on loopback)")
        if self.auth_without_tls and not is_loopback_host(self.host):
            raise ValueError("auth_without_tls is allowed on loopback addresses only")


@dataclass(frozen=True, kw_only=True)
class SmtpLimits:
    """Limits per client, per mail and of the load at one time; counts are per worker process."""

    message_bytes: int = 35 << 20
    """Largest content; offered as SIZE (RFC 1870) unless the next hop's limit is lower."""
    line_bytes: int = 64 << 10
    """Longest content line with CRLF. RFC 5321 allows 1000; real HTML mail exceeds it."""
    command_line_bytes: int = 2048
    """Longest command line: RFC 5321 §4.5.3.1.4 requires 512, extensions more (long paths, ORCPT, ENVID)."""
    auth_line_bytes: int = 12288 + 32
    """AUTH command and its response lines (RFC 4954 §4)."""
    recipients: int = 200
    connections: int = 500
    connections_per_address: int = 50
    commands_per_session: int = 5000
    errors_per_session: int = 10
    """Refused commands (syntax, sequence, unknown); the next one closes the connection."""
    auth_failures_per_session: int = 3
    auth_failure_delay_s: float = 1.0
    """Delay of the reply to a failed AUTH; doubles with each failure in the session."""
    auth_failures_per_address: int = 30
    """Per `auth_window_s`; above it AUTH gets 454 without being replayed to the next hop."""
    auth_failures_per_login: int = 10
    """Per `auth_window_s`, login and client address."""
    auth_window_s: float = 900.0
    greeting_delay_s: float = 0.0
    """Delay of the banner; a client that sends before it is dropped as an early talker."""
    command_timeout_s: float = 60.0
    data_idle_timeout_s: float = 60.0
    """Idle timeout within the content."""
    data_grace_s: float = 30.0
    data_min_rate_bytes_s: int = 500
    """Minimum mean rate of the content after `data_grace_s`."""
    data_timeout_s: float = 1800.0
    """Maximum time for one content at any rate."""
    session_timeout_s: float = 7200.0
    """Age of a connection after which no command is accepted."""
    deadline_s: float = 45.0
    """From the client's final dot to ours upstream; below the timeout of mail clients (about 60 s)."""
    ehlo_wait_s: float = 5.0
    """Time for which EHLO waits for the next hop's capabilities before it offers the last known or minimal ones."""
    received_fields: int = 50
    """More Received fields than this are a mail loop (RFC 5321 §6.3)."""


@dataclass(frozen=True, kw_only=True)
class SmtpSettings:
    """All settings of the SMTP front end."""

    listeners: tuple[ListenerSettings, ...]
    limits: SmtpLimits = field(default_factory=SmtpLimits)
    spool: SpoolSettings = field(default_factory=SpoolSettings)
    backlog: int = 1024
    password_rule: Callable[[str], bool] | None = field(default=None, repr=False)
    """Checks each password that the next hop accepted; None checks none."""
    check_address: str = ""
    """Self-check mailbox: mail to it has no other recipient and is not relayed. Empty: none."""


def address_in(address: IPv4Address | IPv6Address, networks: tuple[Network, ...]) -> bool:
    """Return whether the address is in one of the networks; an IPv4-mapped IPv6 address counts as IPv4."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks if network.version == address.version)
