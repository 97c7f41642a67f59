"""Named points at which a test makes the process fail; inactive unless the environment names one.

`GATEWAY_FAILPOINTS="audit.before_commit=kill@3;audit.after_commit=error"`: `kill` ends the process by SIGKILL, `error`
raises OSError, `@n` waits for the n-th time the place is reached. Without the variable `hit` is a plain no-op.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

_VARIABLE = "GATEWAY_FAILPOINTS"


def _parse(text: str) -> dict[str, tuple[str, int]]:
    points = {}
    for entry in filter(None, text.split(";")):
        name, _, action = entry.partition("=")
        word, _, count = action.partition("@")
        points[name.strip()] = (word.strip(), int(count or 1))
    return points


def _armed(points: dict[str, tuple[str, int]]) -> Callable[[str], None]:
    left = {name: count for name, (_, count) in points.items()}

    def hit(name: str) -> None:
        if name not in points:
            return
        left[name] -= 1
        if left[name] != 0:
            return
        match points[name][0]:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "error":
                raise OSError(f"failpoint {name}")
            case other:
                raise ValueError(f"unknown failpoint action {other!r}")

    return hit


def _nothing(name: str) -> None:
    """Do nothing: no failpoint is armed."""


hit: Callable[[str], None] = _armed(_parse(os.environ[_VARIABLE])) if os.environ.get(_VARIABLE) else _nothing
