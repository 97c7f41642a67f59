"""`gateway doctor`: is this machine fit to run the gateway with this configuration? Every line says what to do."""

from __future__ import annotations

import os
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from gateway.app import next_hop_settings, server_tls, start_workers
from gateway.commands.common import EXIT_REFUSED
from gateway.config import Configuration, split_host_port
from gateway.errors import GatewayError
from gateway.rulebook import Rulebook


class Health(Enum):
    """How serious a line is."""

    GOOD = "ok  "
    WARNING = "warn"
    BAD = "FAIL"


@dataclass(frozen=True)
class Line:
    """One thing that was looked at."""

    health: Health
    subject: str
    words: str


def run(configuration: Configuration) -> int:
    """Print all lines; exit code 1 when something would keep the gateway from working."""
    worst = 0
    for check in (_python, _data, _spool, _tls, _rules, _workers, _readers_of_scans, _next_hop, _ports):
        for line in _guarded(check, configuration):
            print(f"{line.health.value}  {line.subject:<12} {line.words}", flush=True)
            worst = max(worst, EXIT_REFUSED if line.health is Health.BAD else 0)
    return worst


def _guarded(check: Callable[[Configuration], Iterator[Line]], configuration: Configuration) -> Iterator[Line]:
    subject = check.__name__.strip("_")
    try:
        yield from check(configuration)
    except GatewayError as error:
        for words in str(error).splitlines():
            yield Line(Health.BAD, subject, words)
    except OSError as error:
        yield Line(Health.BAD, subject, f"{error.filename or ''} {error.strerror or error}".strip())


def _python(_: Configuration) -> Iterator[Line]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Line(Health.GOOD, "python", f"{version}, {ssl.OPENSSL_VERSION}")


def _data(configuration: Configuration) -> Iterator[Line]:
    path = configuration.data
    if not path.exists():
        parent = next(folder for folder in path.absolute().parents if folder.exists())
        writable = os.access(parent, os.W_OK)
        words = f"{path} does not exist yet" + ("" if writable else f", and {parent} cannot be written to: create it")
        yield Line(Health.GOOD if writable else Health.BAD, "data", words)
        return
    if not os.access(path, os.W_OK | os.X_OK):
        yield Line(Health.BAD, "data", f"{path} cannot be written to by user {os.geteuid()}: chown it")
    elif path.stat().st_mode & 0o077:
        yield Line(Health.WARNING, "data", f"{path} can be read by others: chmod 0700 {path}")
    else:
        yield Line(Health.GOOD, "data", str(path))
    free = os.statvfs(path)
    mib = free.f_bavail * free.f_frsize >> 20
    if mib < 500:
        yield Line(Health.WARNING, "data", f"only {mib} MiB free: without an audit record no mail is acknowledged")


def _spool(configuration: Configuration) -> Iterator[Line]:
    path = configuration.spool
    if path is None:
        yield Line(Health.GOOD, "spool", "anonymous memory")
        return
    kind = _file_system(path)
    if kind != "tmpfs":
        yield Line(
            Health.WARNING, "spool", f"{path} is on {kind}, not on a tmpfs: classified content could reach a disk"
        )
    else:
        yield Line(Health.GOOD, "spool", f"{path} on tmpfs")


def _file_system(path: Path) -> str:
    """Return the type of the file system that holds a path."""
    best, kind = "", "unknown"
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, mount, name, *_ = line.split()
        if str(path.resolve()).startswith(mount) and len(mount) >= len(best):
            best, kind = mount, name
    return kind


def _tls(configuration: Configuration) -> Iterator[Line]:
    for listener in configuration.listeners:
        if server_tls(listener) is None or listener.certificate is None or listener.key is None:
            continue
        yield Line(Health.GOOD, "tls", f"{listener.listen}: {listener.certificate}")
        yield from _certificate(listener.certificate)
        if listener.key.stat().st_mode & 0o077:
            yield Line(Health.WARNING, "tls", f"{listener.key} can be read by others: chmod 0600 {listener.key}")
    next_hop_settings(configuration)


def _certificate(path: Path) -> Iterator[Line]:
    from cryptography import x509

    certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    days = (certificate.not_valid_after_utc - datetime.now(UTC)).days
    if days < 0:
        yield Line(Health.BAD, "tls", f"{path} expired {-days} days ago: renew it")
    elif days < 30:
        yield Line(Health.WARNING, "tls", f"{path} expires in {days} days: renew it")


def _rules(configuration: Configuration) -> Iterator[Line]:
    rules = Rulebook(configuration).current
    yield Line(Health.GOOD, "policy", f"{rules.policies.name} sha256:{rules.policies.digest[:16]}")
    for warning in rules.policies.warnings(datetime.now(UTC)):
        yield Line(Health.WARNING, "policy", warning)
    if rules.directory is None:
        yield Line(
            Health.WARNING, "directory", "none configured: addresses are judged by their form alone (directory:)"
        )
    else:
        yield Line(Health.GOOD, "directory", f"{len(rules.directory.mailboxes)} addresses")


def _workers(configuration: Configuration) -> Iterator[Line]:
    pool = start_workers(configuration)
    try:
        status = pool.status()
    finally:
        pool.close()
    sandbox = status.sandbox
    if sandbox is None:
        yield Line(Health.BAD, "sandbox", "the zygote said nothing of its sandbox")
    elif sandbox.missing:
        yield Line(
            Health.WARNING,
            "sandbox",
            f"missing on this kernel: {', '.join(sandbox.missing)}; hostile files are held by fewer walls",
        )
    else:
        yield Line(Health.GOOD, "sandbox", f"Landlock ABI {sandbox.landlock_abi}, seccomp, unprivileged")
    if status.missing_readers:
        yield Line(
            Health.WARNING, "readers", f"not there, their files are cannot-tell: {', '.join(status.missing_readers)}"
        )


def _readers_of_scans(_: Configuration) -> Iterator[Line]:
    from gateway.readers.pictures import ocr

    status = ocr.status()
    health = Health.GOOD if status.available else Health.WARNING
    yield Line(health, "scans", status.detail)


def _next_hop(configuration: Configuration) -> Iterator[Line]:
    address = configuration.next_hop.address
    try:
        with socket.create_connection(split_host_port(address), timeout=5) as connection:
            connection.settimeout(5)
            banner = connection.recv(512) if configuration.next_hop.tls.value != "implicit" else b""
    except OSError as error:
        yield Line(Health.BAD, "next hop", f"{address} does not answer: {error.strerror or error}")
        return
    words = banner.decode("ascii", "replace").splitlines()[0][:80] if banner else "connected"
    yield Line(Health.GOOD, "next hop", f"{address}: {words}")


def _ports(configuration: Configuration) -> Iterator[Line]:
    for listener in configuration.listeners:
        if listener.activated_by is not None:
            words = f"{listener.listen} ({listener.kind.value}): handed over at the start; systemctl list-sockets"
            yield Line(Health.GOOD, "port", words)
            continue
        if listener.listen.startswith("unix:"):
            continue
        host, port = split_host_port(listener.listen)
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                words = f"{listener.listen}: {error.strerror}; fine when the gateway is running, else: ss -ltnp"
                yield Line(Health.WARNING, "port", words)
            else:
                yield Line(Health.GOOD, "port", f"{listener.listen} ({listener.kind.value})")
