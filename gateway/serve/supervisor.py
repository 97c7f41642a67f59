"""`gateway serve`: checks the configuration, binds the ports, starts and supervises zygote, audit and front ends.

The supervisor handles no mail. It exits with code 0 after SIGTERM or SIGINT once all front ends have drained. SIGHUP
reloads policy, directory, certificates and trust anchors, reported once every front end judges by them. A front end
that dies is replaced.
"""

from __future__ import annotations

import gc
import itertools
import logging
import os
import secrets
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.cluster.shipping import Shipping
from gateway.config.sections import Configuration
from gateway.errors import GatewayError, UserError
from gateway.metrics.load import Load, Replaced, SharedLoad, Stage
from gateway.pipeline.in_force import Digests, RuleReports, write_in_force
from gateway.pipeline.rulebook import Rulebook
from gateway.serve.app import (
    check_accounts,
    check_cluster,
    check_spool,
    next_hop_settings,
    outgoing,
    server_tls,
    shortcomings,
    smtp_settings,
    start_workers,
)
from gateway.serve.beside import Addresses, Beside, beside
from gateway.serve.certificates import check_certificates, check_console
from gateway.serve.data_folder import DataFolder, open_log
from gateway.serve.frontend import Inherited, run
from gateway.serve.hold import check_hold, check_secrets
from gateway.serve.next_hop import expect_next_hop
from gateway.serve.ruling import catch_up
from gateway.serve.vitals import allow_descriptors
from gateway.serve.watch import Watch
from gateway.system import logs, systemd
from gateway.system.certificate_expiry import certificate_ends
from gateway.system.heart import Heart
from gateway.system.levels import Levels
from gateway.system.listening import take_addresses, take_metrics
from gateway.system.supervised import Pauses, end_with, guarded, no_core_files
from gateway.system.trouble import Trouble
from gateway.texts.catalogue import both, reason, reasons
from gateway.yaml.file import read_yaml

_LOG = logging.getLogger("gateway.serve.supervisor")
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_LOOK_ROUND_S = 1.0
_SHORT_ROUND_S = 0.05
_RELOAD_LIMIT_S = 120.0
"""Time for a front end to load the rules before a fault is reported."""


def serve(configuration: Configuration) -> int:
    """Run the gateway; return the exit code. UserError, before the first mail, for any fault of the configuration."""
    logs.configure(configuration.log_level)
    allow_descriptors()
    no_core_files()
    with DataFolder(configuration):
        certificates = check_certificates(configuration)
        next_hop_settings(configuration)
        check_spool(configuration)
        check_cluster(configuration)
        check_hold(configuration)
        check_secrets(configuration)
        outgoing(configuration)
        catch_up(configuration)
        rulebook = Rulebook(configuration)
        for warning in rulebook.current.policies.warnings(datetime.now(UTC)):
            _LOG.warning("%s", warning)
        known = open_log(configuration)
        check_accounts(configuration)
        listeners, console_address = take_addresses(configuration)
        addresses = Addresses(listeners, take_metrics(configuration), console_address)
        expect_next_hop(configuration)
        workers = start_workers(configuration, rulebook.current.policies)
        for subject, words in shortcomings(workers.process.ready):
            _LOG.warning("%s: %s", subject, words)
        # Objects made so far live as long as the process. Frozen, their pages stay shared by all processes.
        gc.collect()
        gc.freeze()
        load = _new_load(configuration, certificates)
        shipping = Shipping() if configuration.centre is not None else None
        watch = Watch(configuration.data, load, shipping)
        others = beside(
            configuration, rulebook, workers, addresses, load,
            known=known, troubles=watch.ledger.board, reports=watch.pipe, shipping=shipping,
        )  # fmt: skip
        inherited = Inherited(
            configuration=configuration, rulebook=rulebook, workers=workers, taken=listeners, audit_door=others.audit.door,
            desk_door=others.desk.door, secret=secrets.token_bytes(32), load=load, rule_reports=RuleReports(),
            troubles=watch.pipe, board=watch.ledger.board, shipping=shipping, levels=Levels(time.monotonic),
            smtp=smtp_settings(configuration, listeners), people=others.people,
        )  # fmt: skip
        signal.signal(signal.SIGHUP, lambda *_: None)  # a reload requested before signals are awaited
        try:
            others.start()
            with closing(_Supervisor(inherited, others, addresses, watch)) as supervisor:
                return supervisor.run()
        finally:
            workers.close()
            others.close()


def _new_load(configuration: Configuration, certificates: tuple[Path, ...]) -> SharedLoad:
    load = SharedLoad(configuration.workers, certificates)
    for certificate in certificates:
        load.serve_until(certificate, certificate_ends(certificate))
    load.reloaded(time.time(), good=True)
    return load


@dataclass(frozen=True)
class _Frontend:
    slot: int
    """Its place for the load."""
    started: float
    heart: Heart


class _Supervisor:
    def __init__(self, inherited: Inherited, others: Beside, addresses: Addresses, watch: Watch) -> None:
        self._watch = watch
        self._inherited = inherited
        self._others = others
        self._addresses = addresses
        self._frontends: dict[int, _Frontend] = {}
        """By process id."""
        self._pauses = Pauses()
        self._due: list[float] = []
        """Time at which each ended front end is due to be replaced."""
        self._stopping = False
        self._judges_by: dict[int, Digests] = {}
        """Last report of each front end."""
        self._pending: set[int] = set()
        """Front ends that have not reported since the current reload."""
        self._reload_began = 0.0
        self._files_good = True
        """Whether the current reload loaded certificates and trust anchors."""
        self._modules = _modules(inherited.rulebook)
        """Policy modules loaded in the readers."""
        console = inherited.configuration.console
        path = console.certificate if console is not None else None
        self._console_certificate = path.read_bytes() if path is not None else b""
        self._again = False
        """Another reload was requested during the current one."""

    def run(self) -> int:
        """Start the front ends, log `ready`, and handle signals until all processes have ended."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        for pipe in [self._fork() for _ in range(self._inherited.configuration.workers)]:
            while not select.select([pipe], [], [], _SHORT_ROUND_S)[0]:
                if signal.sigpending() & {signal.SIGTERM, signal.SIGINT}:  # the log, for one, may let a front end wait
                    return 0
            if not os.read(pipe, 1):
                raise UserError(both("start", "start", "frontend"))
            os.close(pipe)
        self._hear()
        self._inherited.load.went(Stage.SERVING)
        print("ready", *self._addresses.shown(self._inherited.configuration), flush=True)
        systemd.ready()
        while self._frontends or not self._stopping:
            received = signal.sigtimedwait(_SIGNALS, self._wait_s())
            number = received.si_signo if received is not None else None
            if number in (signal.SIGTERM, signal.SIGINT):
                self._stopping = True
                self._inherited.load.went(Stage.DRAINING)
                systemd.stopping()
                for taken in self._addresses.listeners:
                    taken.close()  # else clients would wait at a socket without an acceptor
                self._signal(signal.SIGTERM)
            elif number == signal.SIGHUP and not self._stopping:
                self._reload()
            self._reap()
            self._hear()
            self._look_after_others()
            self._replace()
        return 0

    def _look_after_others(self) -> None:
        self._others.look_after(self._inherited.load)
        zygote = self._inherited.workers.process.pid
        if self._inherited.workers.supervise():
            self._inherited.load.replaced(Replaced.ZYGOTE)
            self._watch.ended(Trouble.ZYGOTE, zygote or 0)
        self._watch.look(self._signs)

    def _signs(self) -> Iterator[tuple[Trouble, int, float]]:
        """Yield each watched process with its seconds since the last heartbeat."""
        workers, audit = self._inherited.workers, self._others.audit
        yield Trouble.AUDIT, audit.pid, audit.heart.silent_s()
        yield Trouble.ZYGOTE, workers.process.pid or 0, workers.process.silent_s()
        for pid, frontend in self._frontends.items():
            yield Trouble.FRONT_END, pid, frontend.heart.silent_s()

    def _fork(self) -> int:
        """Fork a front end and return the pipe on which it reports that it accepts mail."""
        reader, writer = os.pipe()
        parent = os.getpid()
        taken = {frontend.slot for frontend in self._frontends.values()}
        slot = next(number for number in itertools.count() if number not in taken)
        heart = Heart()
        try:
            pid = os.fork()
        except OSError:
            os.close(reader)
            os.close(writer)
            raise
        if pid == 0:
            os.close(reader)
            end_with(parent)
            # Ctrl-C in a terminal goes to the whole group; the supervisor turns it into a drain.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until it takes it; it loads the certificates after that
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS - {signal.SIGHUP})  # a reload waits until it takes it
            os._exit(guarded(lambda: run(self._inherited, slot, heart, writer), "front end", _tell))
        os.close(writer)
        self._frontends[pid] = _Frontend(slot, time.monotonic(), heart)
        return reader

    def _reload(self) -> None:
        """Hand valid new files to the front ends, each kind alone: a bad policy must keep no expired certificate."""
        if self._reload_began:
            self._again = True
            _LOG.info("%s", both("start", "reload", "again"))
            return
        systemd.reloading()
        self._look_at_configuration()
        self._files_good = self._look_at_certificates()
        good = self._inherited.rulebook.reload()
        number = signal.SIGHUP if good else signal.SIGUSR1
        # Settings go to the readers with each mail. Only modules new to them must be loaded before.
        known = _modules(self._inherited.rulebook) <= self._modules
        if known:
            self._signal(number)
        try:
            self._inherited.workers.reload(self._inherited.rulebook.current.policies.observers)
            self._modules = _modules(self._inherited.rulebook)
        except GatewayError as error:
            self._files_good = False
            _LOG.error("%s", both("start", "reload", "anchors", fault=error))
        if not known:
            self._signal(number)
        if good:
            self._reload_began, self._pending = time.monotonic(), set(self._frontends)
        else:
            self._inherited.load.reloaded(time.time(), good=False)
            systemd.ready("reload failed: the last good rules stay in force, see the log")

    def _hear(self) -> None:
        """Process the front ends' reports of their rules; settle when all judge by the same."""
        reports = self._inherited.rule_reports.received()
        for pid, reloaded, digests in reports:
            self._judges_by[pid] = digests
            if reloaded:
                self._pending.discard(pid)
        silent = self._pending | (self._frontends.keys() - self._judges_by.keys())  # a replacement has yet to report
        if silent and not (self._reload_began and time.monotonic() - self._reload_began > _RELOAD_LIMIT_S):
            return
        if self._frontends and (reports or self._reload_began):
            self._settle(frozenset(self._judges_by.get(pid) for pid in self._frontends), late=bool(silent))

    def _settle(self, judged_by: frozenset[Digests | None], *, late: bool) -> None:
        """End the current reload, if any, and publish the rules that every front end has."""
        reloading, self._reload_began = self._reload_began, 0.0
        self._pending.clear()
        one = next(iter(judged_by)) if len(judged_by) == 1 else None
        if one is not None:
            try:
                write_in_force(self._inherited.configuration.data, one)
            except OSError as error:
                _LOG.error("%s: %s", self._inherited.configuration.data, reason(error))
        if not reloading:
            return
        self._inherited.load.reloaded(time.time(), good=one is not None and not late and self._files_good)
        if one is not None and not late:
            _LOG.info("%s", both("start", "reload", "done", policy=one.policies, directory=one.directory or "-"))
            systemd.ready(f"policy {one.policies[:16]}{'' if self._files_good else ', not all files, see the log'}")
        else:
            _LOG.error("%s", both("start", "reload", "uneven"))
            systemd.ready("reload failed: front ends judge by different rules, see the log")
        if self._again and not self._stopping:
            self._again = False
            self._reload()

    def _look_at_certificates(self) -> bool:
        """Publish the expiry of the certificates about to be loaded; False for an unusable one, which is not taken."""
        good = True
        for listener in self._inherited.configuration.listeners:
            if listener.certificate is not None:
                try:
                    server_tls(listener)
                    self._inherited.load.serve_until(listener.certificate, certificate_ends(listener.certificate))
                except (UserError, OSError, ValueError):  # the front ends say why
                    good = False
        return self._look_at_console() and good

    def _look_at_console(self) -> bool:
        """Restart the console when its certificate has changed; False for an unusable one, which is not taken."""
        console = self._inherited.configuration.console
        if console is None or console.certificate is None:
            return True
        try:
            check_console(self._inherited.configuration)
            now, ends = console.certificate.read_bytes(), certificate_ends(console.certificate)
        except (UserError, OSError, ValueError) as error:
            _LOG.error("%s", both("start", "reload", "certificate", fault=error))
            return False
        if now != self._console_certificate:
            self._console_certificate = now
            self._others.renew_console()
            self._inherited.load.serve_until(console.certificate, ends)
        return True

    def _look_at_configuration(self) -> None:
        """Warn that a changed gateway.yaml is read only at start, and report its faults."""
        file = self._inherited.configuration.file
        if file is None:
            return
        try:
            if read_yaml(Path(file.path), Configuration).sha256 != file.sha256:
                _LOG.warning("%s", both("start", "reload", "restart", path=file.path))
        except GatewayError as error:
            _LOG.error("%s", both("start", "reload", "configuration", fault=error))

    def _reap(self) -> None:
        for pid in list(self._frontends):
            ended, status = os.waitpid(pid, os.WNOHANG)  # by id: other children have other owners
            if ended == 0:
                continue
            frontend = self._frontends.pop(pid)
            self._judges_by.pop(pid, None)
            self._pending.discard(pid)
            self._inherited.load.put(frontend.slot, Load())
            self._watch.ended(Trouble.FRONT_END, pid)
            if self._stopping:
                continue
            self._inherited.load.replaced(Replaced.FRONT_END)
            code = os.waitstatus_to_exitcode(status)
            _LOG.error("%s", both("start", "fault", "ended", name="front end", pid=pid, code=code))
            now = time.monotonic()
            self._due.append(now + self._pauses.after(status, now - frontend.started))

    def _replace(self) -> None:
        """Start the replacements that are due."""
        now = time.monotonic()
        for due in [due for due in self._due if due <= now and not self._stopping]:
            self._due.remove(due)
            try:
                os.close(self._fork())
            except OSError as error:
                _LOG.error("%s", both("start", "fault", "no_process", reason=reasons(error)))
                self._due.append(now + _LOOK_ROUND_S)

    def _wait_s(self) -> float:
        """Return how long to wait for a signal: until the next replacement, at most `_LOOK_ROUND_S`."""
        round_s = _SHORT_ROUND_S if self._reload_began else _LOOK_ROUND_S
        return max(0.0, min([round_s, *(due - time.monotonic() for due in self._due)]))

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._frontends:
            os.kill(pid, number)

    def close(self) -> None:
        """End the front ends, as far as there are any: the writer of the audit ends after them."""
        self._stopping = True
        self._signal(signal.SIGTERM)
        while self._frontends:
            os.waitpid(self._frontends.popitem()[0], 0)


def _modules(rulebook: Rulebook) -> frozenset[str]:
    """Return the modules that observe mails by the current rules."""
    return frozenset(one.module for one in rulebook.current.policies.observers)


def _tell(error: GatewayError) -> None:
    print(f"gateway: {error}", file=sys.stderr, flush=True)
