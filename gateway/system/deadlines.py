"""Deadlines of connections, replies and mails, with one timer for all.

Nearly all are moved or cancelled before they pass, so moving one only stores a number. The timer is set to the
earliest; when it fires, callbacks of passed deadlines are called and it is set again.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final

_LONGEST_TIMER_S: Final = 3600.0
_TICK_S: Final = 0.001
"""Tolerance by which a timer may fire early by the loop's clock."""


class Deadlines:
    """The deadlines of one event loop; made within it."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.kept: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.fires_at = math.inf
        """Time at which the timer fires; no deadline is earlier."""

    def fire_at(self, moment: float) -> None:
        """Make the timer fire no later than a time of the loop's clock."""
        if self._timer is not None:
            self._timer.cancel()
        self.fires_at = min(moment, self.loop.time() + _LONGEST_TIMER_S)
        self._timer = self.loop.call_at(self.fires_at, self._fire)

    def _fire(self) -> None:
        self._timer, self.fires_at = None, math.inf
        now = self.loop.time() + _TICK_S
        for one in [each for each in self.kept if each.at <= now]:
            one.at = math.inf
            one.passed()
        earliest = min((each.at for each in self.kept), default=math.inf)
        if earliest < self.fires_at:
            self.fire_at(earliest)


class Deadline:
    """A movable deadline; when it passes, `passed` is called once and it is off until set again."""

    __slots__ = ("_all", "at", "passed")

    def __init__(self, all_: Deadlines, passed: Callable[[], object]) -> None:
        self.at = math.inf
        self.passed = passed
        self._all = all_
        all_.kept.add(self)

    def set(self, moment: float) -> None:
        """Set it to a time of the loop's clock."""
        self.at = moment
        if moment < self._all.fires_at:
            self._all.fire_at(moment)

    def within(self, seconds: float) -> None:
        """Set it to `seconds` from now."""
        self.set(self._all.loop.time() + seconds)

    def off(self) -> None:
        """Turn it off."""
        self.at = math.inf

    def end(self) -> None:
        """Remove it."""
        self.at = math.inf
        self.passed = _nothing  # whose deadline it is holds it
        self._all.kept.discard(self)


def _nothing() -> None:
    pass
