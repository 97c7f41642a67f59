"""The audit service in a process of its own, started by the supervisor and replaced when it dies."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gateway.audit.committer import Committer
from gateway.audit.service import AuditService
from gateway.system.supervised import SupervisedProcess

_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AuditProcess:
    """Owned by the supervisor. It ends by itself when the last front end is gone and the door is closed.

    So nothing that was handed over dies with its sender, and signals to the whole group do not end it too early.
    """

    def __init__(self, data: Path, release: Callable[[], None], *, facts_days: int | None = None) -> None:
        """Prepare; `release` gives back, in the new process, what belongs to others."""
        self._data = data
        self._facts_days = facts_days
        self._release = release
        self._inner, self.door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = SupervisedProcess("gateway-audit", self._serve)

    def start(self) -> None:
        """Fork the process; front ends may use the door at once."""
        self._process.start()

    def supervise(self) -> bool:
        """Replace a process that died; the owner calls it now and then and on SIGCHLD. True when one had died."""
        return self._process.supervise()

    def release(self) -> None:
        """Give back both ends of the door in a forked process that records nothing."""
        self._inner.close()
        self.door.close()

    def close(self) -> None:
        """Close the door and wait until everything that was handed over is written."""
        self.release()
        self._process.end()

    def _serve(self) -> None:
        # Records come in small pieces. Were each to interrupt the front ends, none of them would find company in its
        # commit; so this process waits until a processor is free for it, as batch work does (sched(7)).
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        for number in _IGNORED:
            signal.signal(number, signal.SIG_IGN)
        self.door.close()
        self._release()
        AuditService(Committer.open(self._data, facts_days=self._facts_days), self._inner).run()
