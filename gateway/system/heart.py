"""Heartbeat of a process, in memory shared with the supervisor: created before the fork."""

from __future__ import annotations

import mmap
import time
from typing import Final

_BEATS_S: Final = 1.0


class Heart:
    """The last sign of life, on the clock that all processes of a machine share."""

    def __init__(self) -> None:
        self._last_ns = memoryview(mmap.mmap(-1, 8)).cast("Q")

    def beat(self) -> None:
        """Give a sign of life."""
        self._last_ns[0] = time.monotonic_ns()

    def rest(self) -> None:
        """Forget the last sign: a process that is still starting is not missed."""
        self._last_ns[0] = 0

    def beats(self) -> bool:
        """Return whether there was a sign within the last second."""
        return 0.0 < self.silent_s() < _BEATS_S

    def silent_s(self) -> float:
        """Return how long there has been no sign; 0 before the first."""
        last = self._last_ns[0]
        return (time.monotonic_ns() - last) / 1e9 if last else 0.0
