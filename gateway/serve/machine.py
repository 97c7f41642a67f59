"""The supervisor's machine checks: disk space, inodes, memory, clock, certificates, shipping lag.

Each check is cheap.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import gateway
from gateway.cluster.shipping import Shipping
from gateway.metrics.disk import LEAST_ROOM_BYTES
from gateway.metrics.load import SharedLoad
from gateway.system.trouble import Trouble
from gateway.texts.catalogue import both

Found = tuple[Trouble, str]
"""A trouble and its reason, empty when there is no trouble."""

_LITTLE: Final = 0.05
_FEW_INODES: Final = 100
_DAY_S: Final = 86400.0
_RATE_LEAST_S: Final = 600.0
_RATE_MOST_S: Final = 3600.0
_STEP_S: Final = 60.0
_STEP_LASTS_S: Final = 900.0
_KILLED_LASTS_S: Final = 60.0
_STEPS_DAYS: Final = (30, 14, 3)
"""Days before the expiry of a certificate."""
_BEHIND_S: Final = 25.0


class Room:
    """Disk space and inodes of the log's filesystem."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: deque[tuple[float, int]] = deque()

    def look(self) -> Iterator[Found]:
        """Yield the state of both."""
        with suppress(OSError):  # then the audit reports trouble
            found = os.statvfs(self._folder)
            free = found.f_bavail * found.f_frsize
            part = found.f_bavail / found.f_blocks if found.f_blocks else 1.0
            lasts_s = self._lasts_s(free)
            fields = {"free": free >> 20, "percent": round(part * 100), "path": self._folder}
            words = both("trouble", "line", "free", **fields) if part < _LITTLE or free < LEAST_ROOM_BYTES else ""
            if lasts_s < _DAY_S:
                words = both("trouble", "line", "filling", hours=round(lasts_s / 3600, 1), **fields)
            yield Trouble.SPACE, words
            few = found.f_files > 0 and found.f_favail < max(_FEW_INODES, found.f_files * _LITTLE)
            words = both("trouble", "line", "files", free=found.f_favail, path=self._folder)
            yield Trouble.INODES, words if few else ""

    def _lasts_s(self, free: int) -> float:
        """Return for how many seconds the space lasts at the last hour's rate; infinity while that is unknown."""
        now = time.monotonic()
        self._seen.append((now, free))
        while now - self._seen[0][0] > _RATE_MOST_S:
            self._seen.popleft()
        began, had = self._seen[0]
        if now - began < _RATE_LEAST_S or had <= free:
            return float("inf")
        return free / ((had - free) / (now - began))


class Memory:
    """Processes killed by the kernel at the service's memory limit."""

    def __init__(self) -> None:
        self._counter, self._limit = _memory_files()
        self._killed = self._count()
        self._until = 0.0
        self._words = ""

    def look(self) -> Iterator[Found]:
        """Yield the state; a trouble until a minute after the last kill."""
        killed, now = self._count(), time.monotonic()
        if killed > self._killed:
            limit = _number(self._limit) >> 20
            self._words = both("trouble", "line", "killed", count=killed - self._killed, limit=limit)
            self._killed, self._until = killed, now + _KILLED_LASTS_S
        yield Trouble.MEMORY, self._words if now < self._until else ""

    def _count(self) -> int:
        with suppress(OSError, ValueError):
            for line in self._counter.read_text().splitlines():
                name, _, value = line.partition(" ")
                if name == "oom_kill":
                    return int(value)
        return 0


def _memory_files() -> tuple[Path, Path]:
    """Return our control group's files with OOM kills and memory limit (cgroup v2, else v1)."""
    v2, v1 = "", ""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            number, controllers, path = line.split(":", 2)
            if "memory" in controllers.split(","):
                v1 = path
            elif number == "0":
                v2 = path
    root = Path("/sys/fs/cgroup")
    if v1:
        folder = root / "memory" / v1.lstrip("/")
        return folder / "memory.oom_control", folder / "memory.limit_in_bytes"
    folder = root / v2.lstrip("/")
    return folder / "memory.events", folder / "memory.max"


def _number(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0


class Clock:
    """Return whether the wall clock runs steadily, and is after the day of this release."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()
        self._until = 0.0
        self._words = ""

    def look(self) -> Iterator[Found]:
        """Yield the state; a clock step is a trouble for a quarter of an hour."""
        now, monotonic = time.time(), time.monotonic()
        step_s = now - monotonic - self._offset_s
        if abs(step_s) > _STEP_S:
            self._words = both("trouble", "line", "stepped", seconds=round(step_s))
            self._offset_s, self._until = now - monotonic, monotonic + _STEP_LASTS_S
        today = datetime.fromtimestamp(now, UTC).date()
        if today < gateway.BUILT:
            yield Trouble.CLOCK, both("trouble", "line", "early", now=today, built=gateway.BUILT)
        else:
            yield Trouble.CLOCK, self._words if monotonic < self._until else ""


def certificates(load: SharedLoad) -> tuple[str, str]:
    """Return a message on certificates in use that expire within 30 days, and the warning step of each.

    Steps are 30, 14 and 3 days, then each day; each new step is logged.
    """
    now = time.time()
    left = ((path, end, int((end - now) // _DAY_S)) for path, end in load.served_until())
    soon = [(path, end, days) for path, end, days in left if days <= _STEPS_DAYS[0]]
    words = "; ".join(
        both("start", "doctor", "expires" if days >= 0 else "expired", path=path, days=days if days >= 0 else -days - 1)
        for path, _, days in soon
    )
    return words, " ".join(f"{path}:{end}:{_step(days)}" for path, end, days in soon)


def _step(days: int) -> int:
    return min((step for step in _STEPS_DAYS if days <= step), default=days) if days > _STEPS_DAYS[-1] else days


def shipping_behind(shipping: Shipping) -> Iterator[Found]:
    """Yield the shipping lag, and whether the centre has a different log of this node (fork)."""
    fork, seconds = shipping.fork, shipping.lag_s
    words = both("trouble", "line", "behind", seconds=round(seconds), reason=shipping.away or "-")
    yield Trouble.SHIPPING, words if seconds > _BEHIND_S and not fork else ""
    yield Trouble.FORK, fork
