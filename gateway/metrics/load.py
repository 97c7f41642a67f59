"""Current load in shared memory, created by the supervisor before it forks.

Each front end writes its own slot, the supervisor writes restarts and certificate expiry; any process may read. Values
are whole words, so a reader never sees a torn value.
"""

from __future__ import annotations

import mmap
from array import array
from bisect import bisect_left
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from enum import Enum
from itertools import accumulate
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class Load:
    """Mails in flight in one front end."""

    sessions: int = 0
    """Open SMTP sessions and milter connections."""
    content_bytes: int = 0
    """Content of mails that have not been answered yet."""
    inspections_running: int = 0
    """Children that read documents."""
    inspections_waiting: int = 0
    """Mails that wait for a child."""
    next_hop_held_off: int = 0
    """1 while it does not try the next hop, after failures in a row."""


class Replaced(Enum):
    """Processes that the supervisor restarts; the value is the index in memory."""

    FRONT_END = 0
    AUDIT = 1
    ZYGOTE = 2
    DESK = 3
    STEWARD = 4
    CONSOLE = 5
    SHIP = 6


class Stage(Enum):
    """Lifecycle stage of the gateway; the value is its form in memory."""

    STARTING = 0
    SERVING = 1
    DRAINING = 2


class MailClass(Enum):
    """Mail classes of the verdict time histogram; the value is the index in memory."""

    TEXT = 0
    DOCUMENTS = 1
    SCANS = 2
    """With scanned pages."""


VERDICT_BOUNDS_S: Final = (0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60)
"""Upper bucket bounds of the time from the final dot to the verdict; longer times are in a last bucket."""


class SharedLoad:
    """Slots for a number of front ends; created before the first fork, then shared by all processes."""

    def __init__(self, front_ends: int, certificates: tuple[Path, ...] = ()) -> None:
        self._certificates = certificates
        load, times = len(fields(Load)), len(VERDICT_BOUNDS_S) + 2
        sizes = [len(Replaced), 2, 1, len(certificates), *[load, *[times] * len(MailClass)] * front_ends]
        words = memoryview(mmap.mmap(-1, sum(sizes) * 8)).cast("Q")
        parts = [words[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True)]
        self._replaced, self._reload, self._stage, self._ends, *slots = parts
        self._loads = slots[:: 1 + len(MailClass)]
        self._times = {kind: slots[1 + kind.value :: 1 + len(MailClass)] for kind in MailClass}
        """Mails by time, and the sum of the times in nanoseconds."""

    def put(self, slot: int, load: Load) -> None:
        """Set the load of a front end; an empty one when it has exited."""
        self._loads[slot][:] = array("Q", astuple(load))

    def loads(self) -> tuple[Load, ...]:
        """Return the load of each front end, by slot."""
        return tuple(Load(*load) for load in self._loads)

    def serve_until(self, certificate: Path, end: datetime) -> None:
        """Set the expiry of the served certificate of a file; called by the supervisor alone."""
        self._ends[self._certificates.index(certificate)] = max(0, int(end.timestamp()))

    def served_until(self) -> tuple[tuple[Path, int], ...]:
        """Return the expiry of each served certificate, in seconds since 1970; unset ones are absent."""
        return tuple((path, end) for path, end in zip(self._certificates, self._ends, strict=True) if end)

    def judged(self, slot: int, kind: MailClass, seconds: float) -> None:
        """Count a mail that a front end has judged so long after its final dot."""
        times = self._times[kind][slot]
        times[bisect_left(VERDICT_BOUNDS_S, seconds)] += 1
        times[-1] += max(0, int(seconds * 1e9))

    def verdicts(self, kind: MailClass) -> tuple[tuple[int, ...], float]:
        """Return the mails of all front ends by time, in the classes of `VERDICT_BOUNDS_S`, and the sum of the times."""
        *counts, total = map(sum, zip(*self._times[kind], strict=True))
        return tuple(counts), total / 1e9

    def reloaded(self, moment: float, *, good: bool) -> None:
        """Set the result of a reload or of the start; called by the supervisor alone."""
        self._reload[0], self._reload[1] = int(moment), good

    def last_reload(self) -> tuple[int, bool]:
        """Return when the last reload ended (0 before the first), and whether all of it is in force."""
        return self._reload[0], bool(self._reload[1])

    def went(self, stage: Stage) -> None:
        """Set the lifecycle stage; called by the supervisor alone."""
        self._stage[0] = stage.value

    def stage(self) -> Stage:
        """Return the lifecycle stage."""
        return Stage(self._stage[0])

    def replaced(self, what: Replaced) -> None:
        """Count a restart; called by the supervisor alone."""
        self._replaced[what.value] += 1

    def replacements(self, what: Replaced) -> int:
        """Return the number of restarts of a kind of process."""
        return self._replaced[what.value]
