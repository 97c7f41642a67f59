"""Processes as the kernel shows them (proc(5)): whose children they are, what they are called, what they have used."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def fields(pid: int) -> list[str]:
    """Return what /proc/PID/stat says behind the name, from the state on; nothing when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def children(pid: int) -> list[int]:
    """Return the processes whose parent is `pid`; zombies are not counted."""
    return _families().get(pid, [])


def descendants(*roots: int) -> list[int]:
    """Return all live processes below these."""
    families, stack = _families() if roots else {}, list(roots)
    found: list[int] = []
    while stack:
        below = families.get(stack.pop(), [])
        found += below
        stack += below
    return found


def _families() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for pid in (int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
        if (known := fields(pid)) and known[0] != "Z":
            found.setdefault(int(known[1]), []).append(pid)
    return found


def name(pid: int) -> str:
    """Return the name of a process, empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def cmdline(pid: int) -> bytes:
    """Return what it was started with, empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def alive(pid: int) -> bool:
    """Return whether it runs; a zombie does not."""
    return fields(pid)[:1] not in ([], ["Z"])


def memory_kib(pid: int, key: str = "VmRSS", file: str = "status") -> int:
    """Return a figure of its memory, 0 when it is gone."""
    with suppress(OSError):
        rows = Path(f"/proc/{pid}/{file}").read_text().splitlines()
        return next((int(row.split()[1]) for row in rows if row.startswith(f"{key}:")), 0)
    return 0


def cpu_s(roots: Iterable[int], *names: str) -> float:
    """Return the seconds of the trees below these: of the living to the nanosecond, of ended children in ticks.

    With names only processes that are called so count.
    """
    total, roots = 0.0, list(roots)
    for pid in {*roots, *descendants(*roots)}:
        if not names or name(pid) in names:
            with suppress(OSError):
                own = time.clock_gettime(~pid << 3 | 2)  # clock_getcpuclockid(3)
                total += own + sum(map(int, fields(pid)[13:15])) / TICKS
    return total
