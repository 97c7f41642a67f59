"""Current load in shared memory, created by the supervisor before it forks.

Each front end writes its own slot, the supervisor writes restarts and certificate expiry; any process may read. Values
are whole words, so a reader never sees a torn value.
"""

from __future__ import annotations

import mmap
import struct
from bisect import bisect_left
from dataclasses import astuple, dataclass
from datetime import datetime
from enum import Enum
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


_LOAD = struct.Struct("=5Q")
_COUNT = struct.Struct("=Q")
_TIMES = struct.Struct(f"={len(VERDICT_BOUNDS_S) + 1}Qd")
"""Mails by time, and the sum of the times."""
_SLOT_BYTES = _LOAD.size + _TIMES.size * len(MailClass)
_RELOAD = struct.Struct("=QQ")
"""End of the last reload, in seconds since 1970, and whether all of it is in force."""
_RELOAD_AT = _COUNT.size * len(Replaced)
_STAGE_AT = _RELOAD_AT + _RELOAD.size
_HEAD_BYTES = _STAGE_AT + _COUNT.size


class SharedLoad:
    """Slots for a number of front ends; created before the first fork, then shared by all processes."""

    def __init__(self, front_ends: int, certificates: tuple[Path, ...] = ()) -> None:
        self._front_ends = front_ends
        self._certificates = certificates
        self._ends = _HEAD_BYTES + _SLOT_BYTES * front_ends
        self._memory = mmap.mmap(-1, self._ends + _COUNT.size * len(certificates))

    def put(self, slot: int, load: Load) -> None:
        """Set the load of a front end; an empty one when it has exited."""
        _LOAD.pack_into(self._memory, _HEAD_BYTES + slot * _SLOT_BYTES, *astuple(load))

    def loads(self) -> tuple[Load, ...]:
        """Return the load of each front end, by slot."""
        return tuple(
            Load(*_LOAD.unpack_from(self._memory, _HEAD_BYTES + slot * _SLOT_BYTES)) for slot in range(self._front_ends)
        )

    def serve_until(self, certificate: Path, end: datetime) -> None:
        """Set the expiry of the served certificate of a file; called by the supervisor alone."""
        place = self._ends + self._certificates.index(certificate) * _COUNT.size
        _COUNT.pack_into(self._memory, place, max(0, int(end.timestamp())))

    def served_until(self) -> tuple[tuple[Path, int], ...]:
        """Return the expiry of each served certificate, in seconds since 1970; unset ones are absent."""
        ends = (
            (path, int(_COUNT.unpack_from(self._memory, self._ends + number * _COUNT.size)[0]))
            for number, path in enumerate(self._certificates)
        )
        return tuple((path, end) for path, end in ends if end)

    def judged(self, slot: int, kind: MailClass, seconds: float) -> None:
        """Count a mail that a front end has judged so long after its final dot."""
        place = self._times(slot, kind)
        *counts, total = _TIMES.unpack_from(self._memory, place)
        counts[bisect_left(VERDICT_BOUNDS_S, seconds)] += 1
        _TIMES.pack_into(self._memory, place, *counts, total + seconds)

    def verdicts(self, kind: MailClass) -> tuple[tuple[int, ...], float]:
        """Return the mails of all front ends by time, in the classes of `VERDICT_BOUNDS_S`, and the sum of the times."""
        slots = [_TIMES.unpack_from(self._memory, self._times(slot, kind)) for slot in range(self._front_ends)]
        *counts, total = map(sum, zip(*slots, strict=True))
        return tuple(counts), total

    def reloaded(self, moment: float, *, good: bool) -> None:
        """Set the result of a reload or of the start; called by the supervisor alone."""
        _RELOAD.pack_into(self._memory, _RELOAD_AT, int(moment), int(good))

    def last_reload(self) -> tuple[int, bool]:
        """Return when the last reload ended (0 before the first), and whether all of it is in force."""
        moment, good = _RELOAD.unpack_from(self._memory, _RELOAD_AT)
        return int(moment), bool(good)

    def went(self, stage: Stage) -> None:
        """Set the lifecycle stage; called by the supervisor alone."""
        _COUNT.pack_into(self._memory, _STAGE_AT, stage.value)

    def stage(self) -> Stage:
        """Return the lifecycle stage."""
        return Stage(_COUNT.unpack_from(self._memory, _STAGE_AT)[0])

    @staticmethod
    def _times(slot: int, kind: MailClass) -> int:
        return _HEAD_BYTES + slot * _SLOT_BYTES + _LOAD.size + kind.value * _TIMES.size

    def replaced(self, what: Replaced) -> None:
        """Count a restart; called by the supervisor alone."""
        _COUNT.pack_into(self._memory, what.value * _COUNT.size, self.replacements(what) + 1)

    def replacements(self, what: Replaced) -> int:
        """Return the number of restarts of a kind of process."""
        return int(_COUNT.unpack_from(self._memory, what.value * _COUNT.size)[0])
