"""The desk in a process of its own, started by the supervisor and replaced when it dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from socket import socket

from gateway.documents.wall.desk import DeskService
from gateway.documents.wall.shelf import Shelf
from gateway.system.door import DoorProcess
from gateway.system.supervised import end_with


def desk_process(*, places: int, cache_bytes: int, cache_age_s: float, release: Callable[[], None]) -> DoorProcess:
    """Prepare the process; it ends with the supervisor, and with it everything that was kept."""
    parent = os.getpid()

    def serve(inner: socket) -> None:
        end_with(parent)
        DeskService(inner, places=places, shelf=Shelf(limit_bytes=cache_bytes, age_s=cache_age_s)).run()

    return DoorProcess("gateway-desk", serve, release, ended_by=signal.SIGKILL)
