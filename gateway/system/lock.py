"""Exclusive file lock between processes (flock(2)), released with its descriptor."""

from __future__ import annotations

import fcntl
import time
from typing import Final

_LOOK_S: Final = 0.01


def lock(descriptor: int, *, within_s: float = 0.0) -> bool:
    """Take the lock of an open file; False when another still has it after so many seconds."""
    end = time.monotonic() + within_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
        else:
            return True
        time.sleep(_LOOK_S)
