"""Admission of large mails: how many at one time, so that memory stays bounded and no mail is refused.

A mail that outgrows its memory limit asks for a place of its expected size, in order of arrival. While the places are taken
it waits, and TCP makes its client wait: nothing is refused and nothing is lost. What is larger than the limit comes in
alone. Who has waited for `patience_s` goes on regardless, within the hard limit of `ByteBudget`: slow clients that sit
on their places can delay others, never stop them.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Place:
    """The part of the limit that one mail holds."""

    def __init__(self, gate: LargeMailGate, size: int) -> None:
        self._gate = gate
        self._size = size
        gate.taken_bytes += size

    def grow_to(self, size: int) -> None:
        """Account for more than was asked for."""
        if size > self._size:
            self._gate.taken_bytes += size - self._size
            self._size = size

    def leave(self) -> None:
        """Give the place to others; may be called twice."""
        self._gate.taken_bytes -= self._size
        self._size = 0
        self._gate.admit()


class LargeMailGate:
    """The places of one worker process, in bytes; for one event loop."""

    def __init__(self, limit_bytes: int, patience_s: float) -> None:
        self.taken_bytes = 0
        """Estimated size of the mails in flight."""
        self._limit_bytes = limit_bytes
        self._patience_s = patience_s
        self._queue: deque[tuple[asyncio.Future[Place], int]] = deque()

    async def enter(self, size_bytes: int) -> Place:
        """Return a place for a mail of that size, after a wait if need be."""
        if not self._queue and self._fits(size_bytes):
            return Place(self, size_bytes)
        turn: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        self._queue.append((turn, size_bytes))
        try:
            async with asyncio.timeout(self._patience_s):
                return await turn
        except TimeoutError:
            return _given(turn) or Place(self, size_bytes)
        except BaseException:
            if place := _given(turn):
                place.leave()
            raise

    def admit(self) -> None:
        """Give places to those who wait, the first first, as long as they fit."""
        while self._queue:
            turn, size_bytes = self._queue[0]
            if not turn.done():
                if not self._fits(size_bytes):
                    return
                turn.set_result(Place(self, size_bytes))
            self._queue.popleft()

    def _fits(self, size_bytes: int) -> bool:
        return self.taken_bytes == 0 or self.taken_bytes + size_bytes <= self._limit_bytes


def _given(turn: asyncio.Future[Place]) -> Place | None:
    return turn.result() if turn.done() and not turn.cancelled() else None
