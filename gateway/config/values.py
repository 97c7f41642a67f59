"""Validated types for values of `gateway.yaml`; each error says what to write instead."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from gateway.texts.catalogue import both
from gateway.vietnamese.addresses import parse_path
from gateway.yaml.values import printable

_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_-]{1,63})*\.?\Z")

_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*\Z")
_ALL_DIGITS = re.compile(r"(?:.*\.)?[0-9]+\.?\Z")

LONGEST_S = 86_400.0
"""Upper bound of every duration in the configuration: one day."""
LIMIT_UNIX_PATH = 107
"""Longest UNIX socket path: 108 bytes with the final NUL (unix(7))."""


def host_port(value: str) -> str:
    """Accept `HOST:PORT` or `[IPV6]:PORT`."""
    host, separator, port = value.rpartition(":")
    if not (separator and _is_host(host) and port.isascii() and port.isdigit()):
        raise ValueError(both("start", "config", "host_port"))
    if int(port[:9]) > 65535:
        raise ValueError(both("start", "config", "port_large"))
    return value


def _is_host(host: str) -> bool:
    bracketed = host.startswith("[") and host.endswith("]")
    try:
        return (ip_address(host.strip("[]")).version == 6) is bracketed
    except ValueError:
        return not bracketed and _is_name(host)


def _is_name(value: str) -> bool:
    """Return whether the value is a host name; one that ends in a number is a mistyped address (RFC 1123 §2.1)."""
    return _NAME.match(value) is not None and _ALL_DIGITS.match(value) is None


def _server(value: str) -> str:
    """Accept `HOST:PORT` of a server that we connect to."""
    if int(host_port(value).rpartition(":")[2]) == 0:
        raise ValueError(both("start", "config", "port_zero"))
    return value


def _name(value: str) -> str:
    """Accept a host name, ASCII because ours is in every greeting and trace field (RFC 5321 §4.1.2)."""
    if value and not _is_name(value):
        raise ValueError(both("start", "config", "name", value=printable(value)))
    return value


def _network(value: str) -> str:
    """Accept an IP network in CIDR notation."""
    try:
        ip_network(value)
    except ValueError:
        shown = printable(value)
        try:
            guess = str(ip_network(value, strict=False))
        except ValueError:
            raise ValueError(both("start", "config", "network", value=shown)) from None
        raise ValueError(both("start", "config", "network_bits", value=shown, guess=guess)) from None
    return value


def _address(value: str) -> str:
    """Accept an IP address."""
    try:
        ip_address(value)
    except ValueError:
        raise ValueError(both("start", "config", "address", value=printable(value))) from None
    return value


def _some_name(value: str) -> str:
    """Accept a non-empty host or domain name."""
    if not value:
        raise ValueError(both("start", "config", "name", value=""))
    return _name(value)


def _selector(value: str) -> str:
    """Accept a DKIM selector (RFC 6376 §3.1)."""
    if not _SELECTOR.match(value):
        raise ValueError(both("start", "config", "selector", value=printable(value)))
    return value


def _path(value: object) -> object:
    """Refuse a path that would silently mean another place: an empty one is the working directory."""
    if isinstance(value, str) and not value:
        raise ValueError(both("start", "config", "path"))
    if isinstance(value, str) and value.startswith("~"):
        raise ValueError(both("start", "config", "path_home"))
    return value


def _mailbox(address: str) -> str:
    reading = parse_path(address)
    if not reading.mailboxes or reading.ambiguous or not address.isascii():
        raise ValueError(both("start", "config", "mailbox"))
    return address


HostPort = Annotated[str, AfterValidator(_server)]
ListenAddress = Annotated[str, AfterValidator(host_port)]
HostName = Annotated[str, AfterValidator(_name)]
DomainName = Annotated[str, AfterValidator(_some_name)]
Selector = Annotated[str, AfterValidator(_selector)]
Place = Annotated[Path, BeforeValidator(_path)]
Network = Annotated[str, AfterValidator(_network)]
Address = Annotated[str, AfterValidator(_address)]
MailboxAddress = Annotated[str, AfterValidator(_mailbox)]
"""Sender or recipient of the gateway's own mails."""
OptionalMailbox = Annotated[str, AfterValidator(lambda address: address and _mailbox(address))]
"""The same; empty for none."""


def split_host_port(value: str) -> tuple[str, int]:
    """Return host (brackets removed) and port of a checked `HOST:PORT`."""
    host, _, port = value.rpartition(":")
    return host.strip("[]"), int(port)


def is_loopback(value: str) -> bool:
    """Return whether the host of a `HOST:PORT` is this machine."""
    return is_loopback_host(split_host_port(value)[0])


def is_loopback_host(host: str) -> bool:
    """Return whether a host names this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
