"""`gateway.yaml` as types. Every key has a default: an empty file is a valid configuration.

Command-line flags override single keys (`Configuration.with_flags`). The words of each key are in
`gateway/texts/configuration.toml`. All faults of the file are reported at once, with file, line and column.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import product
from pathlib import Path
from typing import Any, Literal, Self, TypedDict, Unpack

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from gateway.config.audit import Audit
from gateway.config.cluster import Cluster
from gateway.config.console import Console
from gateway.config.hold import Hold
from gateway.config.inspection import Inspection
from gateway.config.next_hop import NextHop
from gateway.config.notices import Notices
from gateway.config.origin import Origin
from gateway.config.reports import Reports
from gateway.config.section import Section
from gateway.config.self_check import SelfCheck
from gateway.config.values import (
    LIMIT_UNIX_PATH,
    LONGEST_S,
    Address,
    DomainName,
    HostName,
    ListenAddress,
    Network,
    OptionalMailbox,
    Place,
    Selector,
    host_port,
    is_loopback,
    split_host_port,
)
from gateway.errors import PlacedError
from gateway.model import Language, ListenerKind, NextHopTls, ReplyCharset
from gateway.texts.catalogue import both
from gateway.yaml.file import YamlFile, read_yaml


class Replies(Section):
    """Languages and encoding of SMTP replies."""

    languages: tuple[Language, ...] = Field(default=(Language.VI,), min_length=1)
    charset: ReplyCharset = ReplyCharset.AUTO

    @field_validator("languages")
    @classmethod
    def _each_once(cls, languages: tuple[Language, ...]) -> tuple[Language, ...]:
        if len(set(languages)) < len(languages):
            raise ValueError(both("start", "config", "listed_twice", value=", ".join(one.value for one in languages)))
        return languages


_OF_PROXIES = ("proxy_protocol", "proxy_networks")
_KEYS = {
    ListenerKind.SUBMISSION: {"certificate", "key", "auth_without_tls", *_OF_PROXIES},
    ListenerKind.SUBMISSIONS: {"certificate", "key", *_OF_PROXIES},
    ListenerKind.RELAY: {"certificate", "key", "networks", *_OF_PROXIES},
    ListenerKind.MILTER: set[str](),
}
"""Keys, beside the address, that apply to each kind of listener."""


class Listener(Section):
    """One address on which the gateway accepts mail."""

    kind: ListenerKind
    listen: str
    certificate: Place | None = None
    key: Place | None = None
    networks: tuple[Network, ...] = ("127.0.0.0/8", "::1/128")
    auth_without_tls: bool = False
    proxy_protocol: bool = False
    proxy_networks: tuple[Network, ...] = ("127.0.0.0/8", "::1/128")
    replies: Replies | None = None

    @field_validator("listen")
    @classmethod
    def _place(cls, listen: str, info: ValidationInfo) -> str:
        kind = info.data.get("kind")
        if listen.startswith("systemd:"):
            if listen == "systemd:":
                raise ValueError(both("start", "config", "systemd"))
        elif listen.startswith("unix:") and kind is ListenerKind.MILTER:
            path = listen.removeprefix("unix:")
            if not path.startswith("/") or len(path.encode()) > LIMIT_UNIX_PATH:
                raise ValueError(both("start", "config", "unix", limit=LIMIT_UNIX_PATH))
        elif listen.startswith("unix:") and kind is not None:
            raise ValueError(both("start", "config", "unix_kind", kind=kind.value))
        else:
            host_port(listen)
        return listen

    @field_validator("certificate", "key", "networks", "auth_without_tls", "proxy_protocol", "proxy_networks")
    @classmethod
    def _applies(cls, value: object, info: ValidationInfo) -> object:
        """Refuse a key that does not apply to this kind of listener: it would have no effect."""
        kind, name = info.data.get("kind"), info.field_name
        if kind is not None and value not in (None, False) and name not in _KEYS[kind]:
            raise ValueError(both("start", "config", "no_effect", key=name, kind=kind.value))
        if name == "networks" and value == ():
            raise ValueError(both("start", "config", "no_networks"))
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.certificate is None) is not (self.key is None):
            missing = "certificate" if self.certificate is None else "key"
            raise ValueError(both("start", "config", "tls_pair", missing=missing))
        if self.kind is ListenerKind.SUBMISSIONS and self.certificate is None:
            raise ValueError(both("start", "config", "submissions_tls"))
        if self.kind is ListenerKind.SUBMISSION and self.certificate is None and not self.auth_without_tls:
            raise ValueError(both("start", "config", "submission_tls"))
        # The address of a systemd socket is known only at activation (`gateway.system.listening`).
        if self.auth_without_tls and self.activated_by is None and not is_loopback(self.listen):
            raise ValueError(both("start", "config", "loopback"))
        if "proxy_networks" in self.model_fields_set and not self.proxy_protocol:
            raise ValueError(both("start", "config", "proxy_networks"))
        return self

    @property
    def activated_by(self) -> str | None:
        """Name of this listener's systemd sockets, None for an address of its own."""
        scheme, _, name = self.listen.partition(":")
        return name if scheme == "systemd" else None

    def allowed(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the allowed networks, parsed."""
        return tuple(ip_network(network) for network in self.networks)

    def balancers(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the networks of load balancers, parsed."""
        return tuple(ip_network(network) for network in self.proxy_networks)


class Limits(Section):
    """Limits per client, per mail and of the load at one time."""

    message_bytes: int = Field(default=35 << 20, ge=64 << 10, le=1 << 31)
    recipients: int = Field(default=200, ge=1, le=100_000)
    connections: int = Field(default=500, ge=1)
    connections_per_address: int = Field(default=200, ge=1)
    commands_per_session: int = Field(default=5000, ge=20)
    errors_per_session: int = Field(default=10, ge=1)
    auth_failures_per_session: int = Field(default=3, ge=1)
    in_flight_bytes: int = Field(default=2 << 30, ge=1 << 20)
    memory_per_message_bytes: int = Field(default=64 << 10, ge=4096)
    command_timeout_s: float = Field(default=60, gt=0, le=LONGEST_S)
    data_min_rate_bytes_s: int = Field(default=500, ge=0)
    data_timeout_s: float = Field(default=1800, gt=0, le=LONGEST_S)
    deadline_s: float = Field(default=45, gt=1, le=LONGEST_S)
    drain_s: float = Field(default=60, ge=0, le=LONGEST_S)

    @field_validator("in_flight_bytes")
    @classmethod
    def _room_for_one(cls, in_flight_bytes: int, info: ValidationInfo) -> int:
        """Refuse a budget below one mail: the largest mails would be deferred for ever."""
        if in_flight_bytes < info.data.get("message_bytes", 0):
            raise ValueError(both("start", "config", "in_flight", size=info.data["message_bytes"]))
        return in_flight_bytes


class Authentication(Section):
    """DKIM, SPF and DMARC of mail that comes without a login (RFC 8601)."""

    enabled: bool = False
    authserv_id: HostName = ""
    nameservers: tuple[Address, ...] = ()


class Passwords(Section):
    """Strength of passwords at AUTH (Điều 6.1 of Decision 7600). The password is never kept, only yes or no."""

    check: bool = False
    notice: bool = False
    notice_from: OptionalMailbox = ""
    login_domain: DomainName = "tphcm.gov.vn"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.notice and not self.check:
            raise ValueError(both("start", "config", "notice_check"))
        if self.notice and not self.notice_from:
            raise ValueError(both("start", "config", "notice_from"))
        return self


class DkimKey(Section):
    """One signing key of a domain."""

    domain: DomainName
    selector: Selector
    key: Place


class Dkim(Section):
    """DKIM signing of outgoing mail (RFC 6376), by the domain of its author."""

    keys: tuple[DkimKey, ...] = ()
    sign_again: bool = False


_THIS_MACHINE = {"0.0.0.0", "::", "localhost", "127.0.0.1", "::1"}  # noqa: S104 - compared with, not listened on


class Flags(TypedDict, total=False):
    """Keys that command-line flags override; None keeps the file's value."""

    listen: str | None
    next_hop: str | None
    policy: str | None
    data: Path | None
    certs: Path | None
    directory: Path | None


RULES_IN_FORCE = Path("rules/in-force")
"""In the data folder: symbolic link to the cluster rule bundle in force."""


class Configuration(Section):
    """The whole file."""

    hostname: HostName = ""
    data: Place = Path("/var/lib/gateway")
    spool: Place | None = None
    workers: int = Field(default=2, ge=1, le=64)
    policy: str = "binhtan-7600"
    directory: Place | None = None
    certs: Place | None = None
    listeners: tuple[Listener, ...] = (Listener(kind=ListenerKind.RELAY, listen="127.0.0.1:2525"),)
    next_hop: NextHop = Field(default=NextHop(tls=NextHopTls.NONE), validate_default=True)
    authentication: Authentication = Authentication()
    dkim: Dkim = Dkim()
    passwords: Passwords = Passwords()
    limits: Limits = Limits()
    inspection: Inspection = Inspection()
    audit: Audit = Audit()
    notices: Notices = Notices()
    reports: Reports = Reports()
    self_check: SelfCheck = SelfCheck()
    metrics: ListenAddress | None = None
    console: Console | None = None
    hold: Hold = Hold()
    cluster: Cluster | None = None
    replies: Replies = Replies()
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    _origin: Origin = PrivateAttr(default=Origin())

    @classmethod
    def load(cls, path: Path) -> Configuration:
        """Return the configuration in a file; ConfigError with all faults."""
        file = read_yaml(path, cls)
        configuration = file.value
        configuration._origin = Origin(file)  # noqa: SLF001 - of our own kind
        return configuration

    @property
    def file(self) -> YamlFile[Any] | None:
        """The source file, None without one."""
        return self._origin.file

    @property
    def node(self) -> str:
        """Name of this machine in its cluster; empty without one."""
        return self.cluster.node if self.cluster is not None else ""

    @property
    def centre(self) -> Cluster | None:
        """The cluster with its database; None of a machine without one."""
        return self.cluster if self.cluster is not None and self.cluster.dsn else None

    @property
    def ruled(self) -> bool:
        """The rules come from the cluster."""
        return self.cluster is not None and bool(self.cluster.rule_keys)

    @property
    def flags(self) -> frozenset[str]:
        """Keys that flags of the command line replaced."""
        return self._origin.overridden

    @property
    def policy_in_use(self) -> str:
        """Policy file that a flag names, else that of the cluster rule bundle in force, else `policy`."""
        return self._rules(self.data / RULES_IN_FORCE)[0]

    @property
    def directory_in_use(self) -> Path | None:
        """Directory that a flag names, else that of the cluster rule bundle in force when it has one, else `directory`."""
        return self._rules(self.data / RULES_IN_FORCE)[1]

    @property
    def certificates(self) -> list[Path]:
        """Files of the certificates that listeners and console serve."""
        return sorted({one.certificate for one in (*self.listeners, self.console) if one and one.certificate})

    def rules_at_once(self) -> tuple[str, Path | None]:
        """Return both from the same bundle, even when the bundle is switched between the two reads."""
        return self._rules((self.data / RULES_IN_FORCE).resolve())

    def _rules(self, folder: Path) -> tuple[str, Path | None]:
        """Return policy and directory, of a bundle where it has them."""
        paths = (folder / name for name in ("policy.yaml", "directory.yaml", "directory.csv") if self.ruled)
        there = {path.stem: path for path in paths if path.stem not in self.flags and path.exists()}
        return str(there.get("policy", self.policy)), there.get("directory", self.directory)

    def at(self, *location: str | int) -> AbstractContextManager[None]:
        """Add the source location of a key to a UserError about the file or value that the key names."""
        return self._origin.at(*location)

    @field_validator("policy")
    @classmethod
    def _named(cls, policy: str) -> str:
        if not policy:
            raise ValueError(both("start", "config", "no_policy"))
        return policy

    @field_validator("audit")
    @classmethod
    def _marked_outside(cls, audit: Audit, info: ValidationInfo) -> Audit:
        """Refuse a marker inside the data folder: it would be lost together with the log."""
        data = info.data.get("data")
        if audit.marker is not None and data is not None and audit.marker.absolute().is_relative_to(data.absolute()):
            raise ValueError(both("start", "config", "marker_inside"))
        return audit

    @field_validator("hold")
    @classmethod
    def _decided_on(cls, hold: Hold, info: ValidationInfo) -> Hold:
        """Refuse `hold.release` without a console, for held mail could not be decided on, and to one of our own listeners."""
        if hold.release is not None and info.data.get("console", hold) is None:  # one with faults is not there
            raise ValueError(both("start", "config", "hold_console"))
        if hold.release is not None:
            _refuse_loop(info, hold.release.address)
        return hold

    @field_validator("listeners")
    @classmethod
    def _distinct(cls, listeners: tuple[Listener, ...]) -> tuple[Listener, ...]:
        """Refuse duplicate addresses; port 0 (any free port) may repeat."""
        if not listeners:
            raise ValueError(both("start", "config", "no_listener"))
        seen: set[str] = set()
        for number, listener in enumerate(listeners):
            if listener.listen in seen and not listener.listen.endswith(":0"):
                raise PlacedError(both("start", "config", "listed_twice", value=listener.listen), number, "listen")
            seen.add(listener.listen)
        return listeners

    @field_validator("metrics", "console")
    @classmethod
    def _of_its_own(cls, value: str | Console | None, info: ValidationInfo) -> str | Console | None:
        """Refuse the address of a listener, and for the console that of the metrics."""
        listen = value.listen if isinstance(value, Console) else value or ""
        others = {info.data.get("metrics"), *(one.listen for one in info.data.get("listeners", ()))}
        if listen in others and not listen.endswith(":0"):
            raise ValueError(both("start", "config", "listed_twice", value=listen))
        return value

    @field_validator("next_hop")
    @classmethod
    def _not_ourselves(cls, next_hop: NextHop, info: ValidationInfo) -> NextHop:
        """Refuse a next hop that is one of our own listeners: a mail loop."""
        _refuse_loop(info, *next_hop.addresses)
        return next_hop

    def with_flags(self, **flags: Unpack[Flags]) -> Configuration:
        """Return a copy in which command-line flags override their keys; `--next-hop` uses no TLS on loopback, STARTTLS elsewhere."""
        changes: dict[str, object] = {key: value for key, value in flags.items() if value is not None}
        if "listen" in changes:
            changes["listeners"] = [{"kind": "relay", "listen": changes.pop("listen")}]
        if (next_hop := flags.get("next_hop")) is not None:
            tls = "starttls"
            with suppress(ValueError):  # no HOST:PORT; the validation below reports it
                tls = "none" if is_loopback(next_hop) else tls
            changes["next_hop"] = {**self.next_hop.model_dump(mode="json"), "address": next_hop, "tls": tls}
        changed = Configuration.model_validate({**self.model_dump(mode="json", exclude_defaults=True), **changes})
        changed._origin = Origin(self._origin.file, frozenset(changes))  # noqa: SLF001 - of our own kind
        return changed


def _refuse_loop(info: ValidationInfo, *addresses: str) -> None:
    for listener, address in product(info.data.get("listeners", ()), addresses):
        if listener.activated_by is not None or listener.listen.startswith("unix:"):
            continue
        (own_host, own_port), (host, port) = split_host_port(listener.listen), split_host_port(address)
        if own_port == port and (own_host == host or (is_loopback(address) and own_host in _THIS_MACHINE)):
            raise ValueError(both("start", "config", "own_listener", value=listener.listen))
