"""Work that completes even if its waiter is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import TypeVar

from gateway.system.tasks import begun

_Result = TypeVar("_Result")


async def uninterrupted(work: Coroutine[None, None, _Result]) -> _Result:
    """Return the result of `work` even if the waiting task is cancelled meanwhile; for short work."""
    task = begun(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    return task.result()
