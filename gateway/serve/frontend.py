"""Front-end process: event loop with listeners, connection to the audit writer, and share of the readers."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import uvloop

from gateway.audit import AuditLog, SenderHistory
from gateway.cluster.repetitions import Repetitions
from gateway.cluster.shipping import Shipping
from gateway.config.sections import Configuration, Listener
from gateway.documents.wall.pool import WorkerPool
from gateway.errors import UserError
from gateway.hold.keeping import Keeper
from gateway.identity.live import LiveDirectory
from gateway.metrics.load import Load, MailClass, SharedLoad
from gateway.milter.connection import MilterSettings
from gateway.milter.server import MilterServer
from gateway.model import WORDS, Directory, Envelope, Evidence, FrontEnd, Language, ListenerKind, Reply, Session
from gateway.model.reference import make_reference
from gateway.nexthop.hop import NextHop
from gateway.notice import Author, NoticeBook, Notices
from gateway.pipeline.check_mailbox import CheckMailbox
from gateway.pipeline.in_force import RuleReports
from gateway.pipeline.judge import Behind, Judge, utc_now
from gateway.pipeline.rulebook import Rulebook
from gateway.pipeline.stages import Pipeline
from gateway.serve.app import (
    hostname,
    inspection_limits,
    next_hop_settings,
    outgoing,
    server_tls,
    spool_settings,
    warn_of_days,
)
from gateway.serve.cluster_link import ClusterLink
from gateway.serve.hold import keeper_of
from gateway.serve.password_watch import PasswordWatch
from gateway.serve.vitals import Vitals
from gateway.smtp.engine import EventKind, SmtpEvent
from gateway.smtp.replies import texts_in
from gateway.smtp.server import SmtpServer
from gateway.smtp.settings import SmtpSettings
from gateway.spool import ByteBudget, Spool
from gateway.system.heart import Heart
from gateway.system.levels import Levels
from gateway.system.listening import Taken
from gateway.system.logs import log_failure
from gateway.system.processors import keep_off
from gateway.system.supervised import leave_no_core
from gateway.system.trouble import Board, Pipe, Reporter
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.serve.frontend")
_LOAD_ROUND_S = 1.0
_SWITCH_S = 0.0005
"""Switch interval of the interpreter while a thread reads a large mail, in seconds; the default is 5 ms."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h


@dataclass(frozen=True)
class Inherited:
    """Objects made by the supervisor before the fork."""

    configuration: Configuration
    rulebook: Rulebook
    workers: WorkerPool
    taken: tuple[Taken, ...]
    """Bound addresses of each listener of the configuration, in its order."""
    smtp: SmtpSettings
    """Shared by all front ends: copies of one TLS context, so each resumes the others' sessions (RFC 8446 §2.2)."""
    audit_door: socket.socket
    """To the audit writer process."""
    desk_door: socket.socket
    """To the process with the inspection queue and the cache of readings."""
    secret: bytes
    """Key of the cache's digests; made at start."""
    load: SharedLoad
    """Shared memory for each front end's load."""
    rule_reports: RuleReports
    """Pipe for reports of the rules in use."""
    people: Heart  # beats while people are at work
    troubles: Pipe
    """Pipe for reports of trouble."""
    board: Board
    """Current troubles of the whole gateway."""
    levels: Levels
    """AUTH failure counts shared by all front ends."""
    shipping: Shipping | None
    """Shipping progress, with a cluster."""


def run(inherited: Inherited, slot: int, heart: Heart, ready_pipe: int) -> None:
    """Serve until SIGTERM; write one byte to `ready_pipe` once mail is accepted. `slot` is its place for the load."""
    leave_no_core()
    _tune_interpreter()
    uvloop.run(_Frontend(inherited, slot, heart).serve(ready_pipe))


def _tune_interpreter() -> None:
    """Reduce garbage collection, have threads give way soon, and return the memory of large contents when freed."""
    sys.setswitchinterval(_SWITCH_S)
    # A mail makes few cycles, so collections are rare; the supervisor's objects are frozen.
    gc.set_threshold(20_000, 20, 20)
    # glibc's malloc would keep freed blocks of any size in the heap, which then only grows: only those of a megabyte's mail stay.
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # absent in other C libraries
        mallopt(_M_MMAP_THRESHOLD, 2 << 20)
        mallopt(_M_TRIM_THRESHOLD, 2 << 20)
        mallopt(_M_ARENA_MAX, 2)


class _Frontend:
    def __init__(self, inherited: Inherited, slot: int, heart: Heart) -> None:
        self._inherited = inherited
        self._slot = slot
        self._tasks: set[asyncio.Task[object]] = set()
        configuration = inherited.configuration
        folders = (configuration.data, *((configuration.spool,) if configuration.spool is not None else ()))
        self._reporter = Reporter(inherited.troubles)
        clustered = configuration.cluster is not None
        self._vitals = Vitals(heart, self._reporter, inherited.board, folders, clustered=clustered)
        self._milter_budget = ByteBudget(configuration.limits.in_flight_bytes)
        self._smtp_sections = [one for one in configuration.listeners if one.kind is not ListenerKind.MILTER]

    async def serve(self, ready_pipe: int) -> None:
        inherited, configuration = self._inherited, self._inherited.configuration
        inherited.workers.connect(inherited.desk_door)
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self._renew_certificates)
        audit = await self._opened_audit()
        loop.add_signal_handler(signal.SIGHUP, self._reload)  # recorded in the log
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        living = asyncio.create_task(self._vitals.live(audit, inherited.workers))
        history = SenderHistory(configuration.data)
        behind = Behind(limit_bytes=configuration.inspection.behind_bytes, limit_s=configuration.inspection.behind_s)
        limits, first = inherited.smtp.limits, self._slot == 0
        link = ClusterLink(configuration, limits, inherited.levels, self._reporter, process=audit.process, first=first)
        try:
            await link.start()
            self._renew_certificates(warns=False)
            hop = NextHop(next_hop_settings(configuration), on_away=self._vitals.addresses_away)
            author = Author.of(configuration, hostname(configuration))
            notices = Notices(hop, NoticeBook(configuration.data), author, clock=time.time)
            keeper = keeper_of(configuration, audit, notices)
            pipeline = self._pipeline(audit, history, behind, notices, keeper, link.repetitions)
            self._passwords = PasswordWatch(configuration.passwords, audit, notices, clock=utc_now)
            smtp = SmtpServer(
                inherited.smtp,
                pipeline,
                hop,
                on_internal_error=self._failed,
                on_event=self._note,
                condition=self._vitals,
                throttle=link.throttle,
            )
            loop.add_signal_handler(signal.SIGTERM, stop.set)  # until here, without a mail, it ends at once
            await smtp.start()
            milters = await self._start_milters(pipeline)
            aside = [*map(asyncio.create_task, (self._report_load(smtp, milters, hop), keep_off(inherited.people)))]
            self._spawn(self._record_mailboxes())
            if (watcher := self._watch_directory()) is not None:
                aside.append(watcher)
            inherited.rule_reports.send(inherited.rulebook.current)
            with suppress(BrokenPipeError):  # the pipe of a replacement is not read
                os.write(ready_pipe, b".")
            os.close(ready_pipe)
            await stop.wait()
            for task in aside:
                task.cancel()
            drain_s = configuration.limits.drain_s
            await asyncio.gather(smtp.drain(drain_s), *(milter.drain(drain_s) for milter in milters))
            behind.close()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=5)
        finally:
            await link.close()
            await asyncio.to_thread(history.close)
            await audit.close()
            living.cancel()

    async def _opened_audit(self) -> AuditLog:
        """Open the log, and warn of mails with an unknown outcome from an earlier process."""
        inherited, configuration = self._inherited, self._inherited.configuration
        rules = inherited.rulebook.current
        kept = configuration.audit.facts_days > 0
        waits = configuration.cluster is not None and configuration.cluster.replicate == "wait"
        self._audit = audit = AuditLog(
            configuration.data,
            inherited.audit_door,
            keeps_facts=kept,
            on_settled=self._vitals.record_settled,
            replicated=inherited.shipping.replicated if inherited.shipping is not None and waits else None,
        )
        recovery = await audit.start(
            policy=rules.policies.name,
            policy_digest=rules.policies.digest,
            directory_digest=rules.directory.digest if rules.directory is not None else None,
        )
        for reference in recovery.unknown:
            _LOG.warning(
                "outcome unknown: %s was being handed over when an earlier process ended; not resent", reference
            )
        return audit

    def _pipeline(
        self,
        audit: AuditLog,
        history: SenderHistory,
        behind: Behind,
        notices: Notices,
        keeper: Keeper | None,
        repetitions: Repetitions | None,
    ) -> Pipeline:
        configuration = self._inherited.configuration
        added = outgoing(configuration)
        judge = Judge(
            rulebook=self._inherited.rulebook,
            workers=self._inherited.workers,
            limits=inspection_limits(configuration),
            outgoing=added,
            history=history,
            secret=self._inherited.secret if configuration.inspection.cache.bytes else b"",
            checks_as="check",
        )
        address = configuration.self_check.address
        mailbox = None
        if address:
            domain = configuration.passwords.login_domain
            mailbox = CheckMailbox(
                address, judge, audit, notices, data=configuration.data, login_domain=domain, holds=keeper is not None
            )
        return Pipeline(
            judge,
            audit,
            outgoing=added,
            languages=configuration.replies.languages,
            new_reference=make_reference,
            behind=behind,
            keeper=keeper,
            repetitions=repetitions,
            on_judged=self._judged,
            check_mailbox=mailbox,
        )

    async def _start_milters(self, pipeline: Pipeline) -> list[MilterServer]:
        configuration = self._inherited.configuration
        servers: list[MilterServer] = []

        def server(section: Listener) -> MilterServer:
            replies = section.replies or configuration.replies
            milter = MilterSettings(
                engine=pipeline,
                new_spool=partial(Spool, spool_settings(configuration), self._milter_budget),
                new_reference=make_reference,
                message_bytes=configuration.limits.message_bytes,
                deadline_s=configuration.limits.deadline_s,
                languages=replies.languages,
                charset=replies.charset,
                refused_now=partial(self._refused_now, replies.languages),
            )
            servers.append(MilterServer(milter))
            return servers[-1]

        for section, taken in zip(configuration.listeners, self._inherited.taken, strict=True):
            if section.kind is not ListenerKind.MILTER:
                continue
            for listener in taken.sockets:
                await server(section).start_socket(listener)
        return servers

    def _refused_now(self, languages: tuple[Language, ...], envelope: Envelope) -> Reply | None:
        found = self._vitals.refused_now(envelope.declared_bytes)
        return texts_in(languages).reply(*found) if found is not None else None

    async def _report_load(self, smtp: SmtpServer, milters: list[MilterServer], hop: NextHop) -> None:
        """Report the load every second."""
        while True:
            desk = self._inherited.workers.desk
            load = Load(
                sessions=smtp.session_count + sum(milter.session_count for milter in milters),
                content_bytes=smtp.in_flight_bytes + self._milter_budget.used_bytes,
                inspections_running=desk.working,
                inspections_waiting=desk.waiting,
                next_hop_held_off=int(hop.breaker_open),
            )
            self._inherited.load.put(self._slot, load)
            await asyncio.sleep(_LOAD_ROUND_S)

    def _judged(self, evidence: Evidence, seconds: float) -> None:
        self._inherited.load.judged(self._slot, _class_of(evidence), seconds)

    def _watch_directory(self) -> asyncio.Task[None] | None:
        configuration = self._inherited.configuration
        path = configuration.directory
        if path is None or configuration.ruled:
            return None  # cluster rules change as a bundle, by a reload
        loop, rulebook = asyncio.get_running_loop(), self._inherited.rulebook
        rule_reports = self._inherited.rule_reports

        def replace(directory: Directory) -> None:  # runs in the thread that read the file
            rulebook.replace_directory(directory)
            rule_reports.send(rulebook.current)
            loop.call_soon_threadsafe(lambda: self._spawn(self._record_rules()))

        # A replacement front end must start even if the file has become invalid.
        live = LiveDirectory(path, on_change=replace, current=rulebook.current.directory)
        return asyncio.create_task(live.watch())

    def _reload(self) -> None:
        """Reload policy, directory and certificates; on a fault keep those in force."""
        self._renew_certificates()
        self._spawn(self._reload_rules())

    async def _reload_rules(self) -> None:
        if await asyncio.to_thread(self._inherited.rulebook.reload):
            self._vitals.policies_changed()
            await self._record_rules()
        self._inherited.rule_reports.send(self._inherited.rulebook.current, reloaded=True)

    async def _record_rules(self) -> None:
        policies, directory = self._inherited.rulebook.current.policies, self._inherited.rulebook.current.directory
        await self._audit.reload(
            policy=policies.name,
            policy_digest=policies.digest,
            directory_digest=directory.digest if directory is not None else None,
        )
        await self._record_mailboxes()

    async def _record_mailboxes(self) -> None:
        """Record changes of the directory; one front end does it for all."""
        directory = self._inherited.rulebook.current.directory
        if self._slot == 0 and directory is not None:
            await self._audit.mailboxes(directory)

    def _renew_certificates(self, *, warns: bool = True) -> None:
        """Reload certificates into the live TLS contexts: new handshakes use them, sessions continue."""
        for listener, settings in zip(self._smtp_sections, self._inherited.smtp.listeners, strict=True):
            if settings.tls_context is None or listener.certificate is None:
                continue
            try:
                server_tls(listener)  # a chain that does not match its key would break the live context
                settings.tls_context.load_cert_chain(listener.certificate, listener.key)
                if warns:
                    warn_of_days(listener.certificate)
            except (UserError, OSError) as error:
                _LOG.error("%s", both("start", "reload", "certificate", fault=error))

    def _failed(self, reference: str, error: BaseException) -> None:
        self._vitals.failed(error)
        log_failure(_LOG, reference, error)

    def _note(self, event: SmtpEvent) -> None:
        """Log an event of a session, and record events of logins in the audit."""
        self._vitals.noted(event)
        if event.kind is EventKind.NEXT_HOP_ANSWERED:
            return
        if event.kind is EventKind.PASSWORD_JUDGED:  # for the audit only
            session = Session(front_end=FrontEnd.SUBMISSION, client_address=event.client_address)
            self._spawn(self._passwords.judged(session, event.auth_user or "", sound=event.detail == "sound"))
            return
        if event.kind is not EventKind.CONTENT_REFUSED:  # the pipeline logs it with its reference
            extra = {"login": event.auth_user}
            _LOG.info("%s: %s %s", event.kind.value, event.client_address, event.detail, extra=extra)
        if event.kind in {EventKind.AUTH_FAILED, EventKind.AUTH_THROTTLED}:
            session = Session(front_end=FrontEnd.SUBMISSION, client_address=event.client_address)
            self._spawn(self._audit.auth_failed(session, event.auth_user or "", 535))

    def _spawn(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        with suppress(asyncio.CancelledError):
            if error := task.exception():
                _LOG.error("background work failed", exc_info=error)


def _class_of(evidence: Evidence) -> MailClass:
    """Return the class of a mail, for the metrics."""
    if any(document.image_pages for document in evidence.documents):
        return MailClass.SCANS
    if all(document.format in ("text", "html", WORDS) for document in evidence.documents):
        return MailClass.TEXT
    return MailClass.DOCUMENTS
