"""Composition root: makes objects from the configuration."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import os
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.cluster.database import failures
from gateway.cluster.keys import read_key
from gateway.config.hold import Way
from gateway.config.next_hop import NextHop
from gateway.config.section import Section
from gateway.config.sections import Configuration, Listener
from gateway.config.values import split_host_port
from gateway.documents.wall.fork import Ready
from gateway.documents.wall.pool import PoolSettings, WorkerPool
from gateway.documents.wall.wire import Limits
from gateway.engine import PolicySet
from gateway.errors import UserError
from gateway.hold.way import WayOut
from gateway.identity.dkim_sign import Signer, load_signer
from gateway.identity.passwords import meets_article_6
from gateway.identity.resolver import Resolver
from gateway.model import ListenerKind, NextHopTls
from gateway.nexthop import settings as hop
from gateway.pipeline.outgoing import Outgoing
from gateway.smtp import settings as smtp
from gateway.spool import SpoolSettings
from gateway.steward.accounts.book import Book, all_accounts
from gateway.steward.condition import Health, certificate_line
from gateway.system.listening import Taken
from gateway.system.tls import server_tls_context
from gateway.texts.catalogue import both, reasons

_LOG = logging.getLogger("gateway.serve.app")
_NOT_ANCHORS = frozenset({"README.md", "manifest.yaml"})
SHIPPED_CERTS = Path(__file__).resolve().parents[2] / "certs"


def hostname(configuration: Configuration) -> str:
    """Return our host name in banner, EHLO and trace fields."""
    return configuration.hostname or socket.gethostname() or "localhost"


def inspection_limits(configuration: Configuration) -> Limits:
    """Return the budget of one mail in its child process."""
    inspection = configuration.inspection
    return Limits(
        limit_bytes=inspection.produced_bytes,
        limit_files=inspection.files,
        limit_depth=inspection.depth,
        memory_bytes=inspection.memory_bytes,
        cpu_s=inspection.cpu_s,
        part_cpu_s=inspection.part_cpu_s,
        mib_cpu_s=inspection.mib_cpu_s,
        page_cpu_s=inspection.page_cpu_s,
    )


def places(configuration: Configuration) -> int:
    """Return how many mails are read concurrently."""
    return configuration.inspection.children or len(os.sched_getaffinity(0))


def start_workers(configuration: Configuration, policies: PolicySet | None = None) -> WorkerPool:
    """Start the zygote with the trust anchors and the modules of these and the installed policies; UserError."""
    certs = configuration.certs
    with configuration.at("certs"):
        if certs is not None and not certs.is_dir():
            raise UserError(both("start", "start", "no_certs", path=certs))
        if certs is None and SHIPPED_CERTS.is_dir():
            certs = SHIPPED_CERTS
        pool = WorkerPool.start(_pool_settings(configuration, certs, policies))
    sandbox = pool.process.ready.sandbox
    if configuration.inspection.require_sandbox and sandbox is not None and sandbox.missing:
        pool.close()
        raise UserError(both("start", "start", "sandbox", missing=", ".join(sandbox.missing)))
    return pool


def anchors_digest(certs: Path) -> str | None:
    """Return a digest of the trust anchors and roles in a folder, independent of file names; None when it cannot be read."""
    try:
        files = [one for one in certs.iterdir() if one.name not in _NOT_ANCHORS and one.is_file()]
        digests = sorted(hashlib.sha256(one.read_bytes()).digest() for one in files)
    except OSError:
        return None
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _pool_settings(configuration: Configuration, certs: Path | None, policies: PolicySet | None) -> PoolSettings:
    return PoolSettings(
        certs=certs,
        children=places(configuration),
        observing="gateway.fix.walled",
        observers=policies.observers if policies is not None else (),
    )


def shortcomings(ready: Ready) -> Iterator[tuple[str, str]]:
    """Missing features of the machine for the readers: the subject; consequence and remedy in both languages."""
    if ready.sandbox is None:
        yield "sandbox", both("start", "doctor", "sandbox_silent")
    elif ready.sandbox.missing:
        yield "sandbox", both("start", "doctor", "sandbox_missing", missing=", ".join(ready.sandbox.missing))
    if ready.missing_readers:
        yield "readers", both("start", "doctor", "readers", missing=", ".join(ready.missing_readers))
    if not ready.reads_scans:
        yield "scans", both("start", "doctor", "scans", missing=ready.scans)


def smtp_settings(configuration: Configuration, taken: tuple[Taken, ...]) -> smtp.SmtpSettings:
    """Return the SMTP front end's settings; `taken` has the bound addresses of each listener of the configuration."""
    listeners = [
        _smtp_listener(listener, configuration, where)
        for listener, where in zip(configuration.listeners, taken, strict=True)
        if listener.kind is not ListenerKind.MILTER
    ]
    return smtp.SmtpSettings(
        listeners=tuple(listeners),
        limits=smtp_limits(configuration),
        spool=spool_settings(configuration),
        password_rule=meets_article_6 if configuration.passwords.check else None,
        check_address=configuration.self_check.address,
    )


def smtp_limits(configuration: Configuration) -> smtp.SmtpLimits:
    """Return the SMTP front end's limits per client and mail."""
    return smtp.SmtpLimits(**_shared(configuration.limits, smtp.SmtpLimits))


def _shared(section: Section, settings: type[smtp.SmtpLimits | hop.NextHopSettings]) -> dict[str, Any]:
    """Return the values of a section for settings of the same name: a new key needs no line here."""
    names = {one.name for one in dataclasses.fields(settings)}
    return {name: value for name, value in section if name in names}


def spool_settings(configuration: Configuration) -> SpoolSettings:
    """Return where content in flight is stored."""
    return SpoolSettings(
        memory_limit_bytes=configuration.limits.memory_per_message_bytes,
        directory=configuration.spool,
        in_flight_bytes=configuration.limits.in_flight_bytes,
    )


def check_spool(configuration: Configuration) -> None:
    """Raise UserError when the configured spool is unusable."""
    if configuration.spool is None:
        return
    try:
        tempfile.TemporaryFile(dir=configuration.spool).close()
    except OSError as error:
        words = both("start", "start", "spool", path=configuration.spool, reason=reasons(error))
        with configuration.at("spool"):
            raise UserError(words) from None


def check_cluster(configuration: Configuration) -> None:
    """Raise UserError for unusable settings of the cluster; an unreachable database is accepted."""
    if configuration.ruled and (given := sorted(configuration.flags & {"policy", "directory"})):
        raise UserError(both("start", "config", "ruled", flags=" ".join(f"--{one}" for one in given)))
    if (cluster := configuration.centre) is not None:
        failures()
        read_key(cluster)


def check_accounts(configuration: Configuration) -> None:
    """Check the console's accounts and warn of those without a second factor; UserError when the file is damaged."""
    if configuration.console is None:
        return
    with closing(Book.under(configuration.data)) as book, book.reading() as connection:
        accounts = all_accounts(connection)
    if not accounts:
        _LOG.warning("%s", both("steward", "start", "no_account"))
    for account in accounts:
        if not account.enrolled:
            roles = " ".join(sorted(role.value for role in account.roles))
            _LOG.warning("%s", both("steward", "start", "without_factor", name=account.name, roles=roles))


def _smtp_listener(listener: Listener, configuration: Configuration, taken: Taken) -> smtp.ListenerSettings:
    replies = listener.replies or configuration.replies
    return smtp.ListenerSettings(
        host=taken.host,
        sockets=taken.sockets,
        kind=listener.kind,
        banner_hostname=hostname(configuration),
        tls_context=server_tls(listener),
        allowed_networks=listener.allowed(),
        auth_without_tls=listener.auth_without_tls,
        proxy_protocol=listener.proxy_protocol,
        proxy_networks=listener.balancers(),
        languages=replies.languages,
        charset=replies.charset,
    )


def server_tls(listener: Listener) -> ssl.SSLContext | None:
    """Return the TLS context of a listener; UserError that names the unusable file."""
    if listener.certificate is None or listener.key is None:
        return None
    with tls_files(listener.certificate, listener.key, listener.listen):
        return server_tls_context(listener.certificate, listener.key)


@contextmanager
def tls_files(certificate: Path, key: Path | None, listen: str) -> Iterator[None]:
    """Make a TLS context of files; UserError that names what is wrong with them."""
    for path, what in ((certificate, "certificate"), (key, "key")):
        try:
            if path is not None:
                path.read_bytes()
        except OSError as error:
            fields = {"path": path, "what": what, "listen": listen, "reason": reasons(error)}
            raise UserError(both("start", "start", "tls_file", **fields)) from None
    try:
        yield
    except (ssl.SSLError, ValueError) as error:
        words = reasons(error) if isinstance(error, OSError) else str(error)
        fields = {"certificate": certificate, "key": key, "reason": words}
        raise UserError(both("start", "start", "tls_pair", **fields)) from None


def warn_of_days(certificate: Path) -> None:
    """Log an expired or not yet valid certificate; not an error, for other listeners still serve mail."""
    line = certificate_line(certificate, datetime.now(UTC))
    if line.health is not Health.GOOD:
        _LOG.log(logging.ERROR if line.health is Health.BAD else logging.WARNING, "%s", line.both)


def outgoing(configuration: Configuration) -> Outgoing:
    """Return the writer of header fields of relayed mail; UserError for an unusable key."""
    section, name = configuration.authentication, hostname(configuration)
    resolver = Resolver(section.nameservers) if section.enabled or configuration.dkim.keys else None
    return Outgoing(
        hostname=name,
        authserv_id=section.authserv_id or name,
        signers=tuple(_signers(configuration)),
        sign_again=configuration.dkim.sign_again,
        resolver=resolver,
        judges_origin=section.enabled,
    )


def _signers(configuration: Configuration) -> Iterator[Signer]:
    for number, key in enumerate(configuration.dkim.keys):
        with configuration.at("dkim", "keys", number, "key"):
            yield load_signer(key.domain, key.selector, key.key)


def next_hop_settings(configuration: Configuration) -> hop.NextHopSettings:
    """Return the settings of the next-hop client; UserError for an unusable CA file."""
    return _hop_settings(configuration, configuration.next_hop, "next_hop")


def way_out(configuration: Configuration) -> WayOut | None:
    """Return the outgoing route of released mail, None without a hold store; UserError for an unusable CA file."""
    way = configuration.hold.release
    if way is None:
        return None
    return WayOut(_hop_settings(configuration, way, "hold", "release"), way.login, way.password_file)


def _hop_settings(configuration: Configuration, section: NextHop | Way, *where: str) -> hop.NextHopSettings:
    host, port = split_host_port(section.address)
    context = None
    if section.tls is not NextHopTls.NONE:
        try:
            context = hop.client_tls_context(section.ca_file)
        except (OSError, ssl.SSLError) as error:
            reason = getattr(error, "reason", None) or error.strerror or error
            with configuration.at(*where, "ca_file"):
                raise UserError(both("start", "start", "ca_file", path=section.ca_file, reason=reason)) from None
    shared = _shared(section, hop.NextHopSettings)
    if isinstance(section, NextHop):
        shared["others"] = tuple(hop.Other(*split_host_port(one.address), one.weight) for one in section.others)
    return hop.NextHopSettings(host=host, port=port, our_name=hostname(configuration), tls_context=context, **shared)
