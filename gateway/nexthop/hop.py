"""Next hop client: connection pool, capabilities, circuit breaker."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from gateway.nexthop.connection import Connection
from gateway.nexthop.connector import greet
from gateway.nexthop.failures import FailureKind, HopFailedError
from gateway.nexthop.replies import Capabilities, HopReply
from gateway.nexthop.settings import NextHopSettings
from gateway.nexthop.targets import OnAway, Target, Targets
from gateway.system.deadlines import Deadlines


class NextHop:
    """Connection pool of one worker process; made within a running event loop."""

    def __init__(self, settings: NextHopSettings, *, on_away: OnAway = lambda _: None) -> None:
        """`on_away` gets the unreachable ones of several addresses."""
        self.settings = settings
        self._loop = asyncio.get_running_loop()
        self._deadlines = Deadlines()
        self._targets = Targets(settings, self._deadlines, on_away)
        self._open = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._idle: list[Connection] = []
        self._reaper: asyncio.TimerHandle | None = None
        self._known: Capabilities | None = None
        self._known_until = 0.0
        self._asking = asyncio.Lock()
        self._resets: set[asyncio.Task[None]] = set()

    @property
    def breaker_open(self) -> bool:
        """Return whether connection attempts are suspended after repeated failures."""
        return self._targets.held_off

    @property
    def last_capabilities(self) -> Capabilities | None:
        """Capabilities of the last EHLO, however old; None when there was none."""
        return self._known

    @property
    def believed(self) -> Capabilities | None:
        """Cached capabilities, None once they are older than `capabilities_s`."""
        return self._known if self._loop.time() < self._known_until else None

    async def capabilities(self) -> Capabilities:
        """Return the capabilities, refreshed at most once in `capabilities_s`; raises as `acquire` does."""
        if self.believed is None:
            async with self._asking:
                if self.believed is None:
                    await self._ask_capabilities()
        assert self._known is not None
        return self._known

    async def _ask_capabilities(self) -> None:
        connection = await self.acquire()
        if connection.used:
            try:
                await greet(connection, self.settings)
            except BaseException:
                connection.abort()
                raise
            self._note(connection)
        self.release(connection)

    def _note(self, connection: Connection) -> None:
        self._known = connection.capabilities
        self._known_until = self._loop.time() + self.settings.capabilities_s

    async def first(self, exchange: Callable[[Connection], Awaitable[HopReply]]) -> tuple[Connection, HopReply]:
        """Return a connection with the reply to the first `exchange`; a dead idle one is replaced once by a new one."""
        connection = await self.acquire()
        if connection.used:
            try:
                reply = await exchange(connection)
                if reply.code != 421:
                    return connection, reply
            except HopFailedError as failure:
                if failure.kind is not FailureKind.LOST:
                    raise
            connection.abort()
            self._dismiss_idle()  # the other idle ones are probably dead too
            connection = await self.acquire()
        return connection, await exchange(connection)

    async def mail(self, line: Callable[[Capabilities], bytes]) -> tuple[Connection, HopReply]:
        """Send MAIL as the `first` exchange; `line` makes the command from the connection's own capabilities."""
        return await self.first(lambda connection: self._begin(connection, line))

    def recycle(self, connection: Connection) -> None:
        """Return a connection in any state to the pool; an open transaction is ended by RSET in the background."""
        if connection.dirty and connection.usable and not connection.authenticated:
            task = self._loop.create_task(self._reset(connection))
            self._resets.add(task)
            task.add_done_callback(self._resets.discard)
        else:
            self.release(connection)

    async def _reset(self, connection: Connection) -> None:
        with suppress(HopFailedError):
            await connection.reset()
        self.release(connection)

    def release(self, connection: Connection) -> None:
        """Return a connection to the pool when it is clean and unauthenticated, else send QUIT."""
        reusable = connection.usable and not (connection.authenticated or connection.dirty)
        if (
            not reusable
            or len(self._idle) >= self.settings.idle_connections
            or connection.mails >= self.settings.mails_per_connection
        ):
            connection.quit()
            return
        connection.idle_since = self._loop.time()
        connection.used = True
        self._idle.append(connection)
        self._wake()
        if self._reaper is None:
            self._reaper = self._loop.call_later(self.settings.idle_s, self._reap)

    def close(self) -> None:
        """Send QUIT on all idle connections."""
        self._targets.close()
        if self._reaper is not None:
            self._reaper.cancel()
            self._reaper = None
        self._dismiss_idle()

    def _dismiss_idle(self) -> None:
        while self._idle:
            self._idle.pop().quit()

    def _take_idle(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and self._loop.time() - connection.idle_since < self.settings.idle_s:
                return connection
            connection.quit()
        return None

    async def _begin(self, connection: Connection, line: Callable[[Capabilities], bytes]) -> HopReply:
        try:
            octets = line(connection.capabilities)
        except BaseException:
            self.release(connection)
            raise
        reply = await connection.ask(octets)
        connection.dirty = reply.positive
        return reply

    async def acquire(self) -> Connection:
        """Return an idle connection without AUTH, or a new one below the limit; HopFailedError, HopRefusedError."""
        end = self._loop.time() + self.settings.connection_wait_s
        while True:
            if connection := self._take_idle():
                return connection
            if self._open < self.settings.connections:
                return await self._connect()
            turn: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append(turn)
            try:
                async with asyncio.timeout_at(end):
                    await turn
            except TimeoutError:
                if turn.cancelled():  # else it came at the last moment
                    raise HopFailedError(FailureKind.BUSY, "all connections are in use") from None
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._wake()  # pass our turn to the next waiter
                raise

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _closed(self, target: Target | None = None) -> None:
        self._open -= 1
        if target is not None:
            target.open -= 1
        self._wake()

    async def _connect(self) -> Connection:
        self._open += 1
        try:
            target, connection = await self._targets.connect()
        except BaseException:
            self._closed()
            raise
        connection.on_closed = partial(self._closed, target)
        if connection.lost:
            self._closed(target)
            connection.on_closed = None
        self._note(connection)
        return connection

    def _reap(self) -> None:
        self._reaper = None
        limit = self._loop.time() - self.settings.idle_s
        old = [connection for connection in self._idle if connection.idle_since <= limit]
        self._idle = [connection for connection in self._idle if connection.idle_since > limit]
        for connection in old:
            connection.quit()
        if self._idle:
            wait = self._idle[0].idle_since - limit
            self._reaper = self._loop.call_later(max(wait, 0.01), self._reap)
