"""Process of the steward, started by the supervisor and replaced when it dies, without effect on the relay."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from socket import socket

from gateway.steward.service import ENDED_BY, Sources, serve
from gateway.system.door import DoorProcess
from gateway.system.processors import keep_to_peoples
from gateway.system.supervised import end_with

_NICE = 5
"""Mail goes before people who read about it."""


def steward_process(sources: Sources, release: Callable[[], None]) -> DoorProcess:
    """Prepare the process; it ends with the supervisor."""
    parent = os.getpid()

    def run(inner: socket) -> None:
        end_with(parent)
        os.nice(_NICE)
        keep_to_peoples()
        asyncio.run(serve(sources, inner))

    return DoorProcess("gateway-steward", run, release, ended_by=ENDED_BY)
