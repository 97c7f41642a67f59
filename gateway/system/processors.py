"""Division of processors between console users' work and mail (docs/decisions/0034).

A priority alone does not do it: the kernel lets even idle work (`SCHED_IDLE`) run for a tick once another process has had
more than its share. On one processor nothing is divided.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.system.heart import Heart

_PEOPLES_PART: Final = 4
"""One processor in so many is people's, at least one."""
_ROUND_S: Final = 0.25
_WINDOW_S: Final = 1.0
_CROWDED: Final = 0.75
"""Part of the time for which a process wants a processor, from which on it may use people's too."""
_CROWDED_S: Final = 10.0
"""How long it may then."""


def peoples(allowed: set[int]) -> set[int]:
    """Return the processors of people's work out of those that the gateway may use."""
    return set(sorted(allowed)[-max(1, len(allowed) // _PEOPLES_PART) :])


def keep_to_peoples(pid: int = 0) -> None:
    """Keep a process with one thread, and its children, to the processors of people's work."""
    with suppress(OSError):
        os.sched_setaffinity(pid, peoples(os.sched_getaffinity(pid)))


def _wanted_s() -> float:
    """Return for how long this process has run and its main thread has waited to run (proc(5), schedstat)."""
    try:
        waited_ns = int(Path("/proc/self/schedstat").read_bytes().split()[1])
    except (OSError, IndexError, ValueError):
        waited_ns = 0
    return time.process_time() + waited_ns / 1e9


class MailProcessors:
    """The processors of a process that mails wait for: while people are at work all but theirs, unless it would be crowded."""

    def __init__(
        self, people: Heart, *, clock: Callable[[], float] = time.monotonic, wanted_s: Callable[[], float] = _wanted_s
    ) -> None:
        """Prepare in that process; `people` beats while people are at work, `wanted_s` is the time that it wanted a processor."""
        self._people = people
        self._clock, self._wanted = clock, wanted_s
        self._all = self._now = os.sched_getaffinity(0)
        self._next = self._crowded_until = 0.0
        self._since, self._wanted_s = clock(), wanted_s()

    def look(self) -> None:
        """Move the process where it belongs now; may be called at any rate."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + _ROUND_S
        if now - self._since >= _WINDOW_S:
            wanted_s = self._wanted()
            if wanted_s - self._wanted_s > _CROWDED * (now - self._since):
                self._crowded_until = now + _CROWDED_S
            self._since, self._wanted_s = now, wanted_s
        apart = self._people.beats() and now >= self._crowded_until
        self._move(self._all - peoples(self._all) if apart else self._all)

    def _move(self, wanted: set[int]) -> None:
        if not wanted or wanted == self._now:
            return
        self._now = wanted
        for thread in os.listdir("/proc/self/task"):  # noqa: PTH208 - names are numbers
            with suppress(OSError):  # it has ended
                os.sched_setaffinity(int(thread), wanted)


async def keep_off(people: Heart) -> None:
    """Have this process keep off the processors of people while they are at work."""
    processors = MailProcessors(people)
    while True:
        processors.look()
        await asyncio.sleep(_ROUND_S)
