"""Reloads of a running gateway's rules, from another process."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from pathlib import Path

from gateway.pipeline.in_force import read_in_force

_RELOAD_WAIT_S = 60.0


def reload(data: Path, digest: str) -> str:
    """Have a running gateway reload its rules and wait for them; return `in_force`, `not_running` or `not_yet`."""
    pid = running(data)
    if not pid:
        return "not_running"
    os.kill(pid, signal.SIGHUP)
    end = time.monotonic() + _RELOAD_WAIT_S
    while read_in_force(data).policy_digest != digest:
        if time.monotonic() >= end:
            return "not_yet"
        time.sleep(0.1)
    return "in_force"


def ask_reload(data: Path) -> None:
    """Have a running gateway reload its rules, without waiting for them."""
    if pid := running(data):
        os.kill(pid, signal.SIGHUP)


def running(data: Path) -> int:
    """Return the process id of the gateway on a data folder, 0 when none runs."""
    try:
        descriptor = os.open(data / "gateway.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(os.read(descriptor, 20) or b"0")
        return 0
    finally:
        os.close(descriptor)
