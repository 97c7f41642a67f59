"""Work that goes to its end, whoever gives up waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import TypeVar

_Result = TypeVar("_Result")


async def uninterrupted(work: Coroutine[None, None, _Result]) -> _Result:
    """Return what `work` returns, however often the waiting task is cancelled meanwhile; for work that is short."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    return task.result()
