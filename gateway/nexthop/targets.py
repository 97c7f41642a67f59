"""Addresses of the next hop: weighted selection and health.

An unreachable address gets no mail while another one is reachable; it is retried in the background once a second, so no
client waits for it. When all are unreachable each is retried like a single one (`gateway.nexthop.breaker`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from gateway.nexthop.breaker import Breaker
from gateway.nexthop.connection import Connection
from gateway.nexthop.connector import connect
from gateway.nexthop.failures import FailureKind, HopFailedError, HopRefusedError
from gateway.nexthop.names import Names
from gateway.nexthop.settings import NextHopSettings
from gateway.system.deadlines import Deadlines

_ATTEMPT_FAILED = {FailureKind.UNREACHABLE, FailureKind.DNS, FailureKind.TLS, FailureKind.TIMEOUT}
OnAway = Callable[[str], None]
"""Gets the unreachable addresses with reasons as text; empty when all are reachable."""


class Target:
    """One address."""

    def __init__(self, settings: NextHopSettings, deadlines: Deadlines, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.breaker = Breaker(settings.breaker, clock)
        self.open = 0
        """Open connections."""
        self.away = ""
        """Reason why it is unreachable; empty when it is reachable."""
        self._deadlines = deadlines
        self.names = Names(settings.host, settings.port, settings.connect_timeout_s)

    @property
    def load(self) -> float:
        """Open connections divided by weight."""
        return self.open / self.settings.weight

    async def connect(self) -> Connection:
        """Return a new connection; HopFailedError or HopRefusedError."""
        if not self.breaker.admit():
            raise HopFailedError(FailureKind.UNREACHABLE, "circuit breaker is open")
        try:
            connection = await connect(self.settings, self.names, self._deadlines)
        except HopFailedError as failure:
            if failure.kind in _ATTEMPT_FAILED:
                self.breaker.failed()
            raise
        except HopRefusedError:
            self.breaker.succeeded()  # reachable, but refuses
            raise
        self.breaker.succeeded()
        return connection


class Targets:
    """All addresses of the next hop."""

    def __init__(self, settings: NextHopSettings, deadlines: Deadlines, on_away: OnAway) -> None:
        clock = asyncio.get_running_loop().time
        self._all = tuple(Target(one, deadlines, clock) for one in settings.each())
        self._on_away = on_away
        self._watching: dict[Target, asyncio.Task[None]] = {}

    @property
    def held_off(self) -> bool:
        """Return whether every address is held off by its breaker."""
        return all(target.breaker.open for target in self._all)

    async def connect(self) -> tuple[Target, Connection]:
        """Return a connection to the least loaded address by weight; the last error when all fail."""
        *before, last = self._order()
        for target in before:
            try:
                return target, await self._tried(target)
            except (HopFailedError, HopRefusedError):
                continue
        return last, await self._tried(last)

    def close(self) -> None:
        """Stop the background retries."""
        for task in self._watching.values():
            task.cancel()

    def _order(self) -> Iterator[Target]:
        present = [target for target in self._all if not target.away]
        return iter(sorted(present or self._all, key=lambda target: target.load))

    async def _tried(self, target: Target) -> Connection:
        target.open += 1
        try:
            connection = await target.connect()
        except BaseException as error:
            target.open -= 1
            if isinstance(error, HopFailedError | HopRefusedError) and len(self._all) > 1 and not target.away:
                self._mark(target, str(error))
                if target not in self._watching:
                    self._watching[target] = asyncio.get_running_loop().create_task(self._watch(target))
            raise
        if target.away:
            self._mark(target, "")
        return connection

    async def _watch(self, target: Target) -> None:
        """Retry an address until it is reachable."""
        while target.away:
            await asyncio.sleep(target.settings.breaker.again_s)
            try:
                (await connect(target.settings, target.names)).quit()
            except (HopFailedError, HopRefusedError):
                continue
            target.breaker.succeeded()
            self._mark(target, "")
        del self._watching[target]  # nothing is awaited since it was seen to be back

    def _mark(self, target: Target, away: str) -> None:
        target.away = away
        self._on_away(
            "; ".join(f"{one.settings.host}:{one.settings.port}: {one.away}" for one in self._all if one.away)
        )
