"""The audit service in a process of its own, started by the supervisor and replaced when it dies."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gateway.audit.committer import Committer
from gateway.audit.service import AuditService
from gateway.errors import GatewayError

_LOG = logging.getLogger("gateway.audit")
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_RESTART_PAUSE_S = 1.0
_PR_SET_NAME = 15
_NAME = b"gateway-audit"
"""What `ps` and `top` show."""


class AuditProcess:
    """Owned by the supervisor. It ends by itself when the last front end is gone and the door is closed.

    So nothing that was handed over dies with its sender, and signals to the whole group do not end it too early.
    """

    def __init__(self, data: Path, release: Callable[[], None]) -> None:
        """Prepare; `release` gives back, in the new process, what belongs to others."""
        self._data = data
        self._release = release
        self._inner, self.door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pid = 0
        self._started = 0.0

    def start(self) -> None:
        """Fork the process; front ends may use the door at once."""
        self._started = time.monotonic()
        self._pid = os.fork()
        if self._pid == 0:
            os._exit(self._run())

    def supervise(self) -> None:
        """Replace a process that died; the owner calls it now and then and on SIGCHLD."""
        if self._pid and os.waitpid(self._pid, os.WNOHANG)[0]:
            _LOG.error("the audit writer %d ended, starting another", self._pid)
            self._pid = 0
        if not self._pid and time.monotonic() - self._started >= _RESTART_PAUSE_S:
            self.start()

    def close(self) -> None:
        """Close the door and wait until everything that was handed over is written."""
        self._inner.close()
        self.door.close()
        if self._pid:
            os.waitpid(self._pid, 0)
            self._pid = 0

    def _run(self) -> int:
        """Serve in the forked process; return its exit code, whatever happens."""
        # Records come in small pieces. Were each to interrupt the front ends, none of them would find company in its
        # commit; so this process waits until a processor is free for it, as batch work does (sched(7)).
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        ctypes.CDLL(None).prctl(_PR_SET_NAME, _NAME, 0, 0, 0)
        try:
            for number in _IGNORED:
                signal.signal(number, signal.SIG_IGN)
            self.door.close()
            self._release()
            AuditService(Committer.open(self._data), self._inner).run()
        except GatewayError as error:  # a full disk, a file that went away: no bug of ours
            _LOG.critical("%s", error)
            return 2
        except BaseException as error:  # noqa: BLE001 - the child must not return into the supervisor's code
            _LOG.critical("audit writer failed", exc_info=error)
            return 1
        return 0
