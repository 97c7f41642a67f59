"""A limit that many share, each for a share of its own size, in order of arrival.

Who finds no room waits for a place; places are for whole pieces of work, so those that have one come to an end. What is
larger than the limit comes in alone.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Place:
    """The part of the limit that one holds."""

    def __init__(self, gate: Gate, size: int) -> None:
        self._gate = gate
        self._size = size
        gate.taken += size

    def grow_to(self, size: int) -> None:
        """Account for more than was asked for."""
        if size > self._size:
            self._gate.taken += size - self._size
            self._size = size

    def leave(self) -> None:
        """Give the place to others; may be called twice."""
        self._gate.taken -= self._size
        self._size = 0
        self._gate.admit()


class Gate:
    """Places up to a limit; for one event loop."""

    def __init__(self, limit: int) -> None:
        self.taken = 0
        """Sum of the places in use."""
        self._limit = limit
        self._queue: deque[tuple[asyncio.Future[Place], int]] = deque()

    @property
    def full(self) -> bool:
        """Whether even the smallest would have to wait."""
        return bool(self._queue) or not self._fits(1)

    async def enter(self, size: int, patience_s: float) -> Place:
        """Return a place of that size, after a wait if need be; TimeoutError when it takes longer than patience lasts."""
        if not self._queue and self._fits(size):
            return Place(self, size)
        turn: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        self._queue.append((turn, size))
        try:
            async with asyncio.timeout(patience_s):
                return await turn
        except TimeoutError:
            if place := _given(turn):
                return place
            raise
        except BaseException:
            if place := _given(turn):
                place.leave()
            raise

    def squeeze_in(self, size: int) -> Place:
        """Return a place beyond the limit."""
        return Place(self, size)

    def admit(self) -> None:
        """Give places to those who wait, the first first, as long as they fit."""
        while self._queue:
            turn, size = self._queue[0]
            if not turn.done():
                if not self._fits(size):
                    return
                turn.set_result(Place(self, size))
            self._queue.popleft()

    def _fits(self, size: int) -> bool:
        return self.taken == 0 or self.taken + size <= self._limit


def _given(turn: asyncio.Future[Place]) -> Place | None:
    return turn.result() if turn.done() and not turn.cancelled() else None
