"""`gateway doctor`: checks machine and configuration; every line states the remedy."""

from __future__ import annotations

import asyncio
import errno
import os
import pwd
import socket
import ssl
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from gateway.cluster import schema
from gateway.cluster.database import DatabaseError, centre, within
from gateway.cluster.keys import read_key, verifier_keys
from gateway.commands.common import EXIT_REFUSED
from gateway.config.sections import Configuration
from gateway.config.values import split_host_port
from gateway.engine.lint import strangers
from gateway.errors import GatewayError, TemporaryError
from gateway.hold.seal import identity_of, public_of
from gateway.hold.way import try_out
from gateway.model import VIETNAM, ListenerKind
from gateway.nexthop.probe import Fitness, probe
from gateway.pipeline.rulebook import Rulebook
from gateway.serve.app import (
    SHIPPED_CERTS,
    check_spool,
    next_hop_settings,
    server_tls,
    shortcomings,
    start_workers,
    way_out,
)
from gateway.serve.cosigning import witnesses_of
from gateway.serve.hold import check_hold
from gateway.serve.next_hop import needed_at_start
from gateway.steward.accounts.book import NAME, Account, Book, all_accounts
from gateway.steward.condition import (
    Condition,
    Health,
    certificate_line,
    disk_lines,
    hold_lines,
    log_lines,
    notice_lines,
    revocation_lines,
    with_words,
)
from gateway.texts.catalogue import both, reason, reasons
from gateway.vietnamese.printed import clean

_SIGNS = {Health.GOOD: "ok  ", Health.WARNING: "warn", Health.BAD: "FAIL"}
_USER = "gateway"
"""Whom the unit of the service names."""
_CREDENTIALS = Path("/run/credentials")
"""Folder of systemd credentials, which only one service can read whatever their modes."""
_NEXT_HOP_WAIT_S = 5.0
_NEXT_HOP_HEALTH = dict.fromkeys(Fitness, Health.BAD) | {Fitness.GOOD: Health.GOOD, Fitness.REFUSED: Health.WARNING}


def run(load: Callable[[], Configuration]) -> int:
    """Print all lines, as the service's user sees them; exit code 1 when something would keep it from working."""
    configuration = load()
    ports = tuple(_guarded(_ports, configuration))  # low ports are root's to try; the service gets them from systemd
    user = _become_the_service(configuration.data)
    printed: set[str] = set()
    worst = _print([with_words(Health.GOOD, "user", user)], printed)
    configuration = load()
    checks = (
        _python, _data, _spool, _socket, _sense, _tls, _trust, _rules, _keys, _centre, _reports, _console, _self_check, _workers,
        _next_hop, _hold,
    )  # fmt: skip
    for check in checks:
        worst = max(worst, _print(_guarded(check, configuration), printed))
    return max(worst, _print(ports, printed))


def _print(lines: Iterable[Condition], printed: set[str]) -> int:
    """Print lines, each once: listeners share files."""
    worst = 0
    for line in lines:
        words = f"{_SIGNS[line.health]}  {line.subject:<12} {line.both}"
        if words not in printed:
            print(words, flush=True)
        printed.add(words)
        worst = max(worst, EXIT_REFUSED if line.health is Health.BAD else 0)
    return worst


def _become_the_service(data: Path) -> str:
    """Give up root's rights for those of the user `gateway`, or of the owner of the data folder; return the user's name."""
    if os.geteuid() == 0 and (user := _service_user(data)) is not None:
        os.initgroups(user.pw_name, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    with suppress(KeyError):
        return pwd.getpwuid(os.geteuid()).pw_name
    return str(os.geteuid())


def _service_user(data: Path) -> pwd.struct_passwd | None:
    with suppress(KeyError):
        return pwd.getpwnam(_USER)
    with suppress(KeyError, OSError):
        return pwd.getpwuid(data.stat().st_uid)
    return None


def _guarded(
    check: Callable[[Configuration], Iterator[Condition]], configuration: Configuration
) -> Iterator[Condition]:
    subject = check.__name__.strip("_")
    try:
        yield from check(configuration)
    except GatewayError as error:
        for words in str(error).splitlines():
            yield with_words(Health.BAD, subject, words)
    except OSError as error:
        yield with_words(Health.BAD, subject, f"{error.filename or ''} {reason(error)}".strip())


_say = partial(both, "start", "doctor")


def _python(_: Configuration) -> Iterator[Condition]:
    yield with_words(Health.GOOD, "python", f"{sys.version.split()[0]}, {ssl.OPENSSL_VERSION}")


def _data(configuration: Configuration) -> Iterator[Condition]:
    path = configuration.data
    if not path.exists():
        parent = next(folder for folder in path.absolute().parents if folder.exists())
        writable = os.access(parent, os.W_OK)
        words = _say("absent" if writable else "absent_locked", path=path, parent=parent)
        yield with_words(Health.GOOD if writable else Health.BAD, "data", words)
        return
    try:
        TemporaryFile(dir=path).close()
    except OSError as error:
        yield with_words(Health.BAD, "data", both("start", "start", "data", path=path, reason=reasons(error)))
    else:
        readable = path.stat().st_mode & 0o077
        words = _say("readable", path=path, mode="0700") if readable else str(path)
        yield with_words(Health.WARNING if readable else Health.GOOD, "data", words)
    now = datetime.now(UTC)
    yield from (*disk_lines(path), *log_lines(path, now), *notice_lines(path, now))


def _spool(configuration: Configuration) -> Iterator[Condition]:
    path = configuration.spool
    if path is None:
        yield with_words(Health.GOOD, "spool", _say("memory"))
        return
    if _made_by_the_service(path):
        yield with_words(Health.WARNING, "spool", _say("service_made", path=path))
        return
    check_spool(configuration)
    kind = _file_system(path)
    words = f"{path} on tmpfs" if kind == "tmpfs" else _say("disk_spool", path=path, kind=kind)
    yield with_words(Health.GOOD if kind == "tmpfs" else Health.WARNING, "spool", words)


def _file_system(path: Path) -> str:
    """Return the type of the file system that holds a path."""
    best, kind = "", "unknown"
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, mount, name, *_ = line.split()
        if path.resolve().is_relative_to(mount) and len(mount) >= len(best):
            best, kind = mount, name
    return kind


def _socket(configuration: Configuration) -> Iterator[Condition]:
    """Look whether the folder of each UNIX socket is the service's to write in."""
    for one in configuration.listeners:
        folder = Path(one.listen.removeprefix("unix:")).parent
        if one.listen.startswith("unix:") and not _made_by_the_service(folder):
            TemporaryFile(dir=folder.resolve(strict=True)).close()
            yield with_words(Health.GOOD, "socket", f"{one.listen} ({one.kind.value})")


def _sense(configuration: Configuration) -> Iterator[Condition]:
    """Look for settings that work and are hardly meant."""
    for listener in configuration.listeners:
        if listener.kind is ListenerKind.RELAY and any(network.prefixlen == 0 for network in listener.allowed()):
            yield with_words(Health.WARNING, "relay", _say("open_relay", listen=listener.listen))


def _tls(configuration: Configuration) -> Iterator[Condition]:
    for number, listener in enumerate(configuration.listeners):
        if listener.certificate is None or listener.key is None:
            continue
        if _made_by_the_service(listener.key):
            yield with_words(Health.WARNING, "tls", _say("service_made", path=listener.key))
            yield from _certificate(listener.certificate)
            continue
        with configuration.at("listeners", number, "certificate"):
            server_tls(listener)
        yield from _good_pair(listener.listen, listener.certificate, listener.key)
    next_hop_settings(configuration)


def _good_pair(listen: str, certificate: Path, key: Path) -> Iterator[Condition]:
    yield with_words(Health.GOOD, "tls", f"{listen}: {certificate}")
    yield from _certificate(certificate)
    if key.stat().st_mode & 0o077 and not key.is_relative_to(_CREDENTIALS):
        yield with_words(Health.WARNING, "tls", _say("readable", path=key, mode="0600"))


def _console(configuration: Configuration) -> Iterator[Condition]:
    """Look at the console's certificate and at its accounts, which only the start may make."""
    console = configuration.console
    if console is None:
        return
    from gateway.serve.console import check_console

    if console.certificate is not None and console.key is not None:
        check_console(configuration)
        yield from _good_pair(console.listen, console.certificate, console.key)
    accounts: tuple[Account, ...] = ()
    if (configuration.data / NAME).exists():
        with closing(Book.under(configuration.data)) as book, book.reading() as connection:
            accounts = all_accounts(connection)
    if not accounts:
        yield with_words(Health.WARNING, "console", both("steward", "start", "no_account"))
    for account in accounts:
        roles = " ".join(sorted(role.value for role in account.roles))
        if account.enrolled:
            yield with_words(Health.GOOD, "console", f"{account.name} ({roles})")
        else:
            words = both("steward", "start", "without_factor", name=account.name, roles=roles)
            yield with_words(Health.WARNING, "console", words)


def _reports(configuration: Configuration) -> Iterator[Condition]:
    """Report the recipients of monthly reports."""
    if not configuration.reports.send:
        return
    directory, office = Rulebook(configuration).current.directory, configuration.reports.office
    units = [unit for unit in directory.units.values() if unit.heads] if directory is not None else []
    health, key = (Health.GOOD, "reports") if units or office else (Health.WARNING, "reports_none")
    yield with_words(health, "reports", _say(key, units=len(units), office=office or "-"))


def _self_check(configuration: Configuration) -> Iterator[Condition]:
    """Report whether the self-check mailbox can be reached: it needs a login, and does not apply to a milter."""
    if not configuration.self_check.address:
        return
    kinds = {listener.kind for listener in configuration.listeners}
    reachable = kinds & {ListenerKind.SUBMISSION, ListenerKind.SUBMISSIONS}
    health, key = (Health.GOOD, "check_mailbox") if reachable else (Health.WARNING, "check_mailbox_none")
    yield with_words(health, "self_check", _say(key, address=configuration.self_check.address))


def _made_by_the_service(path: Path) -> bool:
    """Return whether a path is one that systemd makes for the running service alone (RuntimeDirectory=, LoadCredential=)."""
    return path.is_relative_to("/run") and not os.access(path, os.F_OK)


def _certificate(path: Path) -> Iterator[Condition]:
    line = certificate_line(path, datetime.now(UTC))
    if line.health is not Health.GOOD:
        yield line


def _trust(configuration: Configuration) -> Iterator[Condition]:
    yield from revocation_lines(configuration.certs or SHIPPED_CERTS, datetime.now(UTC))


def _rules(configuration: Configuration) -> Iterator[Condition]:
    rules = Rulebook(configuration).current
    yield with_words(Health.GOOD, "policy", f"{rules.policies.name} sha256:{rules.policies.digest[:16]}")
    for warning in rules.policies.warnings(datetime.now(UTC)):
        yield with_words(Health.WARNING, "policy", warning)
    if rules.directory is None:
        yield with_words(Health.WARNING, "directory", _say("no_directory"))
        return
    yield with_words(Health.GOOD, "directory", _say("addresses", count=len(rules.directory.mailboxes)))
    for warning in strangers(rules.policies, rules.directory):
        yield with_words(Health.WARNING, "directory", warning)


def _keys(configuration: Configuration) -> Iterator[Condition]:
    """Read the keys of witnesses and cluster as a start does."""
    names = [one.key.name for one in witnesses_of(configuration)]
    if configuration.cluster is not None:
        read_key(configuration.cluster)
        for role, lines in (("rules", configuration.cluster.rule_keys), ("cluster", configuration.cluster.centre_keys)):
            names += [key.name for key in verifier_keys(lines, role)]
    if names:
        yield with_words(Health.GOOD, "keys", ", ".join(names))


def _centre(configuration: Configuration) -> Iterator[Condition]:
    """Look at the cluster's database, without which mail goes on."""
    if (cluster := configuration.centre) is None:
        return
    try:
        with centre(cluster) as connection, within(connection):
            fault = schema.outdated(connection)
    except DatabaseError as error:
        fault = str(error)
    yield with_words(Health.WARNING if fault else Health.GOOD, "centre", fault or f"cluster_schema {schema.VERSION}")


def _workers(configuration: Configuration) -> Iterator[Condition]:
    with closing(start_workers(configuration)) as pool:
        ready = pool.process.ready
        try:
            asyncio.run(pool.probe())
        except TemporaryError as error:
            yield with_words(Health.BAD, "readers", _say("no_child", reason=error))
    lacking = dict(shortcomings(ready))
    for subject, words in lacking.items():
        yield with_words(Health.WARNING, subject, words)
    if "sandbox" not in lacking and ready.sandbox is not None:
        yield with_words(Health.GOOD, "sandbox", f"Landlock ABI {ready.sandbox.landlock_abi}, seccomp, unprivileged")
    if "scans" not in lacking:
        yield with_words(Health.GOOD, "scans", ready.scans)


def _next_hop(configuration: Configuration) -> Iterator[Condition]:
    answers = [probe(settings, timeout_s=_NEXT_HOP_WAIT_S) for settings in next_hop_settings(configuration).each()]
    healths = [_NEXT_HOP_HEALTH[found.fitness] for found in answers]
    enough = Health.GOOD in healths or not needed_at_start(configuration)
    for address, found, health in zip(configuration.next_hop.addresses, answers, healths, strict=True):
        words = both(
            "start", "next_hop", found.fitness.value, address=address, reason=found.reason, keywords=found.reason
        )
        yield with_words(Health.WARNING if enough and health is Health.BAD else health, "next hop", words)


def _hold(configuration: Configuration) -> Iterator[Condition]:
    """Look at what holds mail: its keys, and whether the way out takes mail in the name of an official mailbox."""
    hold, out = configuration.hold, way_out(configuration)
    if out is None or hold.identity is None:
        return
    check_hold(configuration)
    if _made_by_the_service(hold.identity):
        yield with_words(Health.WARNING, "hold", _say("service_made", path=hold.identity))
    elif public_of(identity_of(hold.identity)) != hold.recipient:
        yield with_words(Health.BAD, "hold", both("hold", "key", "pair", path=hold.identity))
    else:
        yield with_words(Health.GOOD, "hold", str(hold.identity))
    yield from hold_lines(configuration)
    address = hold.release.address if hold.release is not None else ""
    sender = _official_sender(configuration)
    if not sender:
        yield with_words(Health.WARNING, "hold", both("hold", "way", "no_sender", address=address))
        return
    if out.password_file is not None and _made_by_the_service(out.password_file):
        yield with_words(Health.WARNING, "hold", _say("service_made", path=out.password_file))
        return
    tried = try_out(out, sender)
    words = both("hold", "way", tried.stage, address=address, sender=sender, answer=clean(tried.answer, limit=300))
    yield with_words(Health.GOOD if tried.stage == "good" else Health.BAD, "hold", words)


def _official_sender(configuration: Configuration) -> str:
    """Return a mailbox of the directory that is in use, empty when there is none."""
    directory, today = Rulebook(configuration).current.directory, datetime.now(VIETNAM).date()
    mailboxes = directory.mailboxes.values() if directory is not None else ()
    return next((one.address for one in mailboxes if one.usable(today)), "")


def _ports(configuration: Configuration) -> Iterator[Condition]:
    found = [(one.listen, one.kind.value) for one in configuration.listeners if not one.listen.startswith("unix:")]
    found += [(configuration.console.listen, "console")] if configuration.console is not None else []
    found += [(configuration.metrics, "metrics")] if configuration.metrics is not None else []
    yield from (_port(*one) for one in found)


def _port(listen: str, kind: str) -> Condition:
    if listen.startswith("systemd:"):
        return with_words(Health.GOOD, "port", _say("activated", listen=listen, kind=kind))
    host, port = split_host_port(listen)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            denied = error.errno == errno.EACCES
            table, key = ("start", "port_denied") if denied else ("doctor", "port")
            return with_words(Health.WARNING, "port", both("start", table, key, listen=listen, reason=reasons(error)))
    return with_words(Health.GOOD, "port", f"{listen} ({kind})")
