"""Asyncio's loop and uvloop, which differ in how connections end; the quick check runs on the one that is in service.

Their clocks count no moment in which the machine was busy elsewhere, so that a limit of a fifth of a second ends what is
silent and never what was only kept from running. Beside them a clock that a test moves, and a wait for an event.
"""

import asyncio
import heapq
import selectors
import time

import pytest
import uvloop

from tests.support.certificates import Pki

_STEP_S = 0.01
"""The most that passes between two looks at the timers: after each, all that has arrived is read."""


class _Clock:
    def __init__(self):
        self._now = self._looked = time.monotonic()

    def __call__(self):
        looked = time.monotonic()
        self._now += min(looked - self._looked, 2 * _STEP_S)
        self._looked = looked
        return self._now


class _OftenAwake(selectors.DefaultSelector):
    def select(self, timeout=None):
        return super().select(_STEP_S if timeout is None else min(timeout, _STEP_S))


class PatientLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.time = _Clock()
        super().__init__(_OftenAwake())


class PatientUvloop(uvloop.Loop):
    """Keeps the timers itself: those of the library pass before anything is read."""

    def __init__(self):
        super().__init__()
        self.time = _Clock()
        self._timers, self._ticking = [], False

    def call_later(self, delay, callback, *arguments, context=None):
        return self.call_at(self.time() + delay, callback, *arguments, context=context)

    def call_at(self, when, callback, *arguments, context=None):
        timer = asyncio.TimerHandle(when, callback, arguments, self, context)
        heapq.heappush(self._timers, timer)
        self._tick_later()
        return timer

    def _timer_handle_cancelled(self, _timer):
        """It stays among the others until its time."""

    def _tick_later(self):
        if self._timers and not self._ticking:
            self._ticking = True
            left = self._timers[0].when() - self.time()
            super().call_later(max(0.0, min(left, _STEP_S)), self._tick)

    def _tick(self):
        self._ticking, now = False, self.time()
        while self._timers and self._timers[0].when() <= now:
            timer = heapq.heappop(self._timers)
            if not timer.cancelled():
                timer._run()
        self._tick_later()


def pytest_asyncio_loop_factories(config, item):
    loops = {"asyncio": PatientLoop, "uvloop": PatientUvloop}
    if "not slow" in config.option.markexpr:
        del loops["asyncio"]
    return loops


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


async def until(holds, limit_s=300):
    """Wait until a condition holds; return the elapsed seconds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < limit_s
        await asyncio.sleep(0.01)
    return time.monotonic() - began
