"""Memory that the children of a zygote take."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path


def peak_of_children(zygote: int, work: Callable[[], object]) -> tuple[float, float]:
    """Highest resident memory of any child while `work` runs, and the zygote's own, both in MiB."""
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            for child in _children(zygote):
                peak = max(peak, _status(child, "VmHWM"))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        work()
    finally:
        done.set()
        thread.join()
    return peak / 1024, _status(zygote, "VmRSS") / 1024


def _children(process: int) -> list[int]:
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                fields = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == process:
                found.append(int(entry.name))
    return found


def _status(process: int, key: str) -> int:
    try:
        rows = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(row.split()[1]) for row in rows if row.startswith(key)), 0)
