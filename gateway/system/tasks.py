"""Eagerly started tasks: work without a wait needs no turn of the event loop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def begun(work: Coroutine[Any, Any, _Result]) -> asyncio.Task[_Result]:
    """Return a task that has run to its first wait; before Python 3.12 one that begins in the loop's next turn."""
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
    return asyncio.get_running_loop().create_task(work)
