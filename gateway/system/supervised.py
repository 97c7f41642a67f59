"""A process beside the front ends that the supervisor forks, and forks again when it dies."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import time
from collections.abc import Callable

from gateway.errors import GatewayError

_LOG = logging.getLogger("gateway.serve.supervisor")
_RESTART_PAUSE_S = 1.0
_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


class SupervisedProcess:
    """Owned by the supervisor; `work` is what the process does, in a fork of it, until it returns."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        """Prepare; `name` is what `ps` and `top` show, at most 15 letters (prctl(2))."""
        self._name = name
        self._work = work
        self._pid = 0
        self._started = 0.0

    def start(self) -> None:
        """Fork the process."""
        self._started = time.monotonic()
        self._pid = os.fork()
        if self._pid == 0:
            os._exit(self._run())

    def supervise(self) -> bool:
        """Replace a process that died; the owner calls it now and then and on SIGCHLD. True when one had died."""
        died = bool(self._pid and os.waitpid(self._pid, os.WNOHANG)[0])
        if died:
            _LOG.error("%s %d ended, starting another", self._name, self._pid)
            self._pid = 0
        # One that ended at once would do it again and again: it is replaced after a pause.
        if not self._pid and time.monotonic() - self._started >= _RESTART_PAUSE_S:
            self.start()
        return died

    def end(self, number: signal.Signals | None = None) -> None:
        """Wait until the process has ended, by itself or by a signal that it gets first."""
        if self._pid:
            if number is not None:
                os.kill(self._pid, number)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def _run(self) -> int:
        """Do the work in the forked process; return its exit code, whatever happens."""
        ctypes.CDLL(None).prctl(_PR_SET_NAME, self._name.encode(), 0, 0, 0)
        try:
            self._work()
        except GatewayError as error:  # a full disk, a file that went away: no bug of ours
            _LOG.critical("%s", error)
            return 2
        except BaseException as error:  # noqa: BLE001 - the child must not return into the supervisor's code
            _LOG.critical("%s failed", self._name, exc_info=error)
            return 1
        return 0


def end_with(parent: int) -> None:
    """Have the kernel end this process with its parent, which owns it.

    A supervisor killed at random is then the same as a machine that stopped, which every promise covers.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
