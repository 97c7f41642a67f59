"""Runtime of the steward: an event loop for its sockets, threads for answers, access to log and next hop."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from gateway.audit import SenderHistory
from gateway.audit.acts import Acts
from gateway.audit.keyed import Keyed
from gateway.audit.store import Folder
from gateway.config.sections import Configuration
from gateway.documents.wall.pool import WorkerPool
from gateway.documents.wall.wire import Limits
from gateway.errors import GatewayError
from gateway.hold.way import WayOut
from gateway.nexthop.failures import HopFailedError, HopRefusedError
from gateway.nexthop.hop import NextHop
from gateway.nexthop.settings import NextHopSettings
from gateway.notice import Author, NoticeBook, hand_over
from gateway.notice.outbox import Outbox
from gateway.pipeline.judge import Judge
from gateway.pipeline.rulebook import Rulebook
from gateway.pipeline.self_check import FrontEndRules
from gateway.steward.accounts.book import Book
from gateway.steward.accounts.people import People
from gateway.steward.answering import Answering
from gateway.steward.checks.judging import Checks
from gateway.steward.condition import Running
from gateway.steward.desk import Desk
from gateway.steward.holds import Holds, Ways
from gateway.steward.in_force import RulesFollowed
from gateway.steward.notices.context import Notifier
from gateway.steward.notices.monthly import Attached, record_lost
from gateway.steward.notices.rounds import Rounds
from gateway.steward.requests.answers import settle
from gateway.steward.requests.corrections import correct
from gateway.steward.server import Server
from gateway.system.heart import Heart
from gateway.system.trouble import Board
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.steward")
ENDED_BY: Final = signal.SIGUSR1
"""SIGTERM goes to a whole group; this process ends after those that ask it."""
_LAST_ANSWERS_S: Final = 5.0
_ALIVE_S: Final = 2.0
_TEND_EVERY_S: Final = 30.0
_SOON_S: Final = 0.25


@dataclass(frozen=True, kw_only=True)
class Readers:
    """The steward's way to the children that read."""

    workers: WorkerPool
    desk_door: socket.socket
    limits: Limits
    front_end: FrontEndRules


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Objects that the supervisor made before it forked the steward."""

    configuration: Configuration
    rulebook: Rulebook
    audit_door: socket.socket
    next_hop: NextHopSettings
    accepts: str
    """Address of the first listener, as the line `ready` shows it."""
    way_out: WayOut | None = None
    """Way out of released mail; None where none is held."""
    clock: Callable[[], float] = time.time
    running: Running | None = None
    """State of the system that only the supervisor knows."""
    troubles: Board | None = None
    """Where the supervisor publishes its troubles."""
    at_work: Heart = field(default_factory=Heart)
    """Beats during logins, checks and long work."""
    readers: Readers | None = None
    """Judge of files before they are sent; None where self-check is off."""


class Steward:
    """Made within its event loop."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._loop = asyncio.get_running_loop()
        self._acts = Acts(sources.audit_door)
        self._hop = NextHop(sources.next_hop)
        self._sending: set[asyncio.Task[None]] = set()
        self._rules = RulesFollowed(sources.configuration, sources.rulebook)
        self._looked = (0.0, False)
        self._corrected = 0
        """Place in the log up to which its acts agree with the requests."""
        self._notices = NoticeBook(sources.configuration.data)
        self._author = Author.of(sources.configuration, sources.next_hop.our_name)
        self.people = People(
            Book.under(sources.configuration.data),
            self._acts.put,
            self._rules.directory,
            self._send_code,
            clock=sources.clock,
        )
        self._checks = self._made_checks(sources.readers) if sources.readers is not None else None
        self.desk = Desk(
            holds=self._holds(),
            configuration=sources.configuration,
            rules=self._rules,
            record=self._acts.put,
            alive=self._alive,
            running=sources.running,
            accounts=self.people,
            notices=self._notices,
            checks=self._checks,
        )
        reports = Attached(self.desk)
        self._rounds = Rounds(
            Notifier(
                self.desk,
                self._notices,
                sources.next_hop.our_name,
                sources.troubles.read if sources.troubles is not None else dict,
            ),
            Outbox(
                self._hop,
                self._notices,
                self._author,
                clock=sources.clock,
                attached=reports,
                on_lost=partial(record_lost, self.desk),
                on_idle=reports.forget,
            ),
        )

    def _made_checks(self, readers: Readers) -> Checks:
        configuration = self._sources.configuration
        judge = Judge(
            rulebook=self._rules,
            workers=readers.workers.connect(readers.desk_door),
            limits=readers.limits,
            history=SenderHistory(configuration.data),
            checks_as="check",
        )
        return Checks(
            judge=judge,
            front_end=readers.front_end,
            workers=readers.workers,
            limits=readers.limits,
            keyed=Keyed.of(Folder(configuration.data)),
            note=self._acts.note,
            deadline_s=configuration.limits.deadline_s,
        )

    async def run(self, door: socket.socket, stop: asyncio.Event) -> None:
        """Serve until `stop`."""
        watching = asyncio.create_task(self._rules.watch())
        await self._settle()
        tending = asyncio.create_task(self._tend())
        server = Server(Answering(self.desk).answers, self._sources.at_work.beat)
        server.attend(door)
        rounds = asyncio.create_task(self._rounds.run(stop))
        try:
            going = {asyncio.create_task(stop.wait()), watching, tending}
            while not stop.is_set():
                ended, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    task.result()  # a fault of ours ends the process, which is started again
        finally:
            watching.cancel()
            tending.cancel()
            await server.close(_LAST_ANSWERS_S)
            await asyncio.wait({rounds}, timeout=_LAST_ANSWERS_S)
            if self._sending:
                await asyncio.wait(self._sending, timeout=1)
            if self._checks is not None:
                self._checks.close()
            self._hop.close()
            self._acts.close()
            self.people.book.close()
            self.desk.readers.close()
            self._notices.close()

    def _holds(self) -> Holds | None:
        way_out = self._sources.way_out
        if way_out is None:
            return None
        ways = Ways(write=self._acts.write, recover=self._acts.recover, out=way_out)
        return Holds(self._sources.configuration, self.people.requests, ways, clock=self._sources.clock)

    async def _tend(self) -> None:
        """Process held mail and waivers periodically: a waiver revoked while the disk was full is in force until then."""
        while True:
            if self.desk.holds is not None:
                await asyncio.to_thread(self.desk.holds.tend)
            await asyncio.sleep(_TEND_EVERY_S)
            await self._settle()

    async def _settle(self) -> None:
        try:
            self._corrected = await asyncio.to_thread(correct, self.desk, self._corrected)
            await asyncio.to_thread(settle, self.desk)
        except (OSError, GatewayError) as error:
            _LOG.error("%s", both("steward", "requests", "not_written", reason=error))

    def _alive(self) -> bool:
        """Return whether log writer and first listener answered within two seconds."""
        when, good = self._looked
        if time.monotonic() - when >= _ALIVE_S:
            good = self._acts.alive(_SOON_S) and _accepts(self._sources.accepts)
            self._looked = (time.monotonic(), good)
        return good

    def _send_code(self, mailbox: str, code: str) -> None:
        """Have a code sent, from a thread, without waiting for it."""
        self._loop.call_soon_threadsafe(self._begin_sending, mailbox, code)

    def _begin_sending(self, mailbox: str, code: str) -> None:
        task = self._loop.create_task(self._mail(mailbox, code))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _mail(self, mailbox: str, code: str) -> None:
        if not mailbox.isascii():
            return
        try:
            reply = await hand_over(
                self._hop, mailbox, self._author.writes("login_code", mailbox, self._sources.clock(), {"code": code})
            )
            if not reply.positive:
                _LOG.warning("the next hop did not take a login code: %d", reply.code)
        except (HopFailedError, HopRefusedError) as error:
            _LOG.warning("no login code was sent: %s", error)


def _accepts(place: str) -> bool:
    """Return whether a process accepts connections at HOST:PORT or unix:PATH."""
    with suppress(OSError):
        if place.startswith("unix:"):
            with socket.socket(socket.AF_UNIX) as one:
                one.settimeout(_SOON_S)
                one.connect(place.removeprefix("unix:"))
            return True
        host, _, port = place.rpartition(":")
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))  # noqa: S104
        with socket.create_connection((host, int(port)), timeout=_SOON_S):
            return True
    return False


async def serve(sources: Sources, door: socket.socket) -> None:
    """Serve the door until the process receives its end signal."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(ENDED_BY, stop.set)
    await Steward(sources).run(door, stop)
