"""Deadlines of many, with one timer for all of them: connections, replies, mails.

Nearly all are moved or dropped long before they come, so to move one is to note a number. The timer is set to the earliest
that was noted; when it fires, those that have passed are told and it is set anew.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final

_LONGEST_TIMER_S: Final = 3600.0
_TICK_S: Final = 0.001
"""What a loop's clock may be behind the moment for which its timer was set."""


class Deadlines:
    """The deadlines of one event loop; made within it."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.kept: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.fires_at = math.inf
        """When the timer looks at them all; no deadline is earlier."""

    def fire_at(self, moment: float) -> None:
        """Have the timer fire at a moment of the loop's clock, or before."""
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
    """A moment that is moved as time goes on; `passed` is called when it comes, and then it is off until it is set again."""

    __slots__ = ("_all", "at", "passed")

    def __init__(self, all_: Deadlines, passed: Callable[[], object]) -> None:
        self.at = math.inf
        self.passed = passed
        self._all = all_
        all_.kept.add(self)

    def set(self, moment: float) -> None:
        """Have it come at a moment of the loop's clock."""
        self.at = moment
        if moment < self._all.fires_at:
            self._all.fire_at(moment)

    def within(self, seconds: float) -> None:
        """Have it come so many seconds from now."""
        self.set(self._all.loop.time() + seconds)

    def off(self) -> None:
        """Let it never come."""
        self.at = math.inf

    def end(self) -> None:
        """Be done with it."""
        self.at = math.inf
        self._all.kept.discard(self)
