"""The desk in a process of its own, started by the supervisor and replaced when it dies."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable

from gateway.documents.wall.desk import DeskService
from gateway.documents.wall.shelf import Shelf
from gateway.system.supervised import SupervisedProcess, end_with

_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DeskProcess:
    """Owned by the supervisor, which keeps both ends of the door: front ends find the next desk behind it."""

    def __init__(self, *, places: int, cache_bytes: int, cache_age_s: float, release: Callable[[], None]) -> None:
        """Prepare; `release` gives back, in the new process, what belongs to others."""
        self._places = places
        self._cache_bytes = cache_bytes
        self._cache_age_s = cache_age_s
        self._release = release
        self._parent = os.getpid()
        self._inner, self.door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = SupervisedProcess("gateway-desk", self._serve)

    def start(self) -> None:
        """Fork the process; front ends may use the door at once."""
        self._process.start()

    def supervise(self) -> bool:
        """Replace a process that died; the owner calls it now and then and on SIGCHLD. True when one had died."""
        return self._process.supervise()

    def release(self) -> None:
        """Give back both ends of the door in a forked process that inspects nothing."""
        self._inner.close()
        self.door.close()

    def close(self) -> None:
        """End the process, and with it everything that was kept."""
        self.release()
        self._process.end(signal.SIGKILL)

    def _serve(self) -> None:
        end_with(self._parent)
        for number in _IGNORED:
            signal.signal(number, signal.SIG_IGN)
        self.door.close()
        self._release()
        DeskService(
            self._inner, places=self._places, shelf=Shelf(limit_bytes=self._cache_bytes, age_s=self._cache_age_s)
        ).run()
