"""Scheduling of reading: as many mails at once as there are processors, short ones first, without starvation.

A mail's rank is its time of arrival plus `PATIENCE` times what it is expected to cost: a short mail passes a long one
that came at most so much earlier, and none that comes later. One sender has all places but one, so
that there is always one for other senders; a processor that is idle meanwhile is lent to a mail that is read already.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from bisect import insort
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Final, Generic, TypeVar

Ticket = TypeVar("Ticket", bound=Hashable)

PATIENCE: Final = 2.0
"""Seconds that a mail lets others pass for each second that it will take."""
AGAIN_S: Final = 600.0
"""Head start of a mail that was read before and has to be read again."""


class Places(Generic[Ticket]):
    """Pure bookkeeping: who has a place, and who waits for one."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._working: dict[Ticket, bytes] = {}
        """Senders by ticket."""
        self._waiting: list[tuple[float, int, Ticket, bytes]] = []
        self._numbers = itertools.count()

    def enter(self, ticket: Ticket, *, sender: bytes, cost_s: float, now: float) -> None:
        """Wait for a place; `cost_s` is the processor time expected, negative for a head start."""
        insort(self._waiting, (now + PATIENCE * cost_s, next(self._numbers), ticket, sender))

    def leave(self, ticket: Ticket) -> None:
        """Give the place back, or stop waiting for it; may be called twice."""
        if self._working.pop(ticket, None) is None:
            self._waiting = [one for one in self._waiting if one[2] != ticket]

    def admit(self) -> list[tuple[Ticket, int]]:
        """Return those whose turn it is now, each with the processors that it may use."""
        admitted: list[tuple[Ticket, int]] = []
        while len(self._working) < self._count and (turn := self._next()) is not None:
            self._waiting.remove(turn)
            self._working[turn[2]] = turn[3]
            admitted.append((turn[2], 1))
        idle = self._count - len(self._working)
        if idle and admitted:
            admitted[-1] = (admitted[-1][0], 1 + idle)
        return admitted

    def _next(self) -> tuple[float, int, Ticket, bytes] | None:
        taken = list(self._working.values())
        own = max(1, self._count - 1)
        return next((one for one in self._waiting if taken.count(one[3]) < own), None)


class Turns:
    """Places for the tasks of one event loop."""

    def __init__(self, count: int) -> None:
        self._places: Places[object] = Places(count)
        self._turns: dict[object, asyncio.Future[int]] = {}

    @asynccontextmanager
    async def turn(self, *, sender: bytes = b"", cost_s: float = 0.0) -> AsyncIterator[int]:
        """Wait for a place and hold it; gives the processors that may be used."""
        ticket = object()
        self._turns[ticket] = asyncio.get_running_loop().create_future()
        self._places.enter(ticket, sender=sender, cost_s=cost_s, now=time.monotonic())
        try:
            self._admit()
            yield await self._turns[ticket]
        finally:
            del self._turns[ticket]
            self._places.leave(ticket)
            self._admit()

    def _admit(self) -> None:
        for ticket, threads in self._places.admit():
            turn = self._turns.get(ticket)
            if turn is not None and not turn.done():
                turn.set_result(threads)
