"""A process beside the front ends that the supervisor forks, and replaces when it dies."""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import signal
import time
from collections.abc import Callable

from gateway.errors import GatewayError
from gateway.system.heart import Heart
from gateway.texts.catalogue import both, reasons

_LOG = logging.getLogger("gateway.serve.supervisor")
_RESTART_PAUSE_S = 1.0
_SOON_S = 10.0
_LONGEST_PAUSE_S = 16
_END_S = 20.0
_END_ROUND_S = 0.005
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15


class Pauses:
    """Delay before a process that ended is started again; for one process after the other in its place."""

    def __init__(self) -> None:
        self._failures = 0

    def after(self, status: int, lived_s: float) -> float:
        """Return the pause after a wait status.

        One that was killed is replaced at once, unless it had just begun. One that gives up soon after its start lacks
        something that may be long in coming, and is tried again with growing pauses.
        """
        gave_up = os.waitstatus_to_exitcode(status) > 0 and lived_s < _SOON_S
        self._failures = self._failures + 1 if gave_up else 0
        if gave_up:
            return float(min(2 ** (self._failures - 1), _LONGEST_PAUSE_S))
        return _RESTART_PAUSE_S if lived_s < _RESTART_PAUSE_S else 0.0


class SupervisedProcess:
    """Owned by the supervisor; `work` is what the process does, in a fork of it, until it returns."""

    def __init__(self, name: str, work: Callable[[], None], heart: Heart | None = None) -> None:
        """Prepare; `name` is what `ps` and `top` show, at most 15 letters (prctl(2))."""
        self._name = name
        self._work = work
        self.heart = heart or Heart()
        self.pid = 0
        """Its process id; 0 while there is none."""
        self._started = 0.0
        self._pauses = Pauses()
        self._due = 0.0
        """Time at which another may be started."""

    def start(self) -> None:
        """Fork the process."""
        self._started = time.monotonic()
        self.heart.rest()
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(self._run())

    def supervise(self) -> bool:
        """Replace a process that died; the owner calls it now and then and on SIGCHLD. True when one had died."""
        ended, status = os.waitpid(self.pid, os.WNOHANG) if self.pid else (0, 0)
        now = time.monotonic()
        if ended:
            code = os.waitstatus_to_exitcode(status)
            _LOG.error("%s", both("start", "fault", "ended", name=self._name, pid=self.pid, code=code))
            self.pid = 0
            self._due = now + self._pauses.after(status, now - self._started)
        if not self.pid and now >= self._due:
            try:
                self.start()
            except OSError as error:
                _LOG.error("%s", both("start", "fault", "no_process", reason=reasons(error)))
                self._due = now + _RESTART_PAUSE_S
        return bool(ended)

    def end(self, number: signal.Signals | None = None) -> None:
        """Wait until the process has ended, by itself or by this signal, and kill it after `_END_S`."""
        if not self.pid:
            return
        if number is not None:
            os.kill(self.pid, number)
            end = time.monotonic() + _END_S
            while not os.waitpid(self.pid, os.WNOHANG)[0]:
                if time.monotonic() >= end:
                    os.kill(self.pid, signal.SIGKILL)
                    os.waitpid(self.pid, 0)
                    break
                time.sleep(_END_ROUND_S)
        else:
            os.waitpid(self.pid, 0)
        self.pid = 0

    def _run(self) -> int:
        """Do the work in the forked process; return its exit code in any case."""
        ctypes.CDLL(None).prctl(_PR_SET_NAME, self._name.encode(), 0, 0, 0)
        leave_no_core()
        return guarded(self._work, self._name, lambda error: _LOG.critical("%s", error))


def guarded(work: Callable[[], None], name: str, report: Callable[[GatewayError], None]) -> int:
    """Run what a forked process does; return its exit code in every case."""
    try:
        work()
    except GatewayError as error:  # a full disk, a file that went away: no bug of ours
        report(error)
        return 2
    except BaseException as error:  # noqa: BLE001 - the child must not return into the supervisor's code
        _LOG.critical("%s failed", name, exc_info=error)
        return 1
    return 0


class AsideProcess(SupervisedProcess):
    """One that has nothing to save: it ends with the supervisor, at once."""

    def __init__(self, name: str, work: Callable[[], None], release: Callable[[], None]) -> None:
        """Prepare; `release` closes, in the new process, what belongs to others."""
        super().__init__(name, lambda: self._aside(work, release))
        self._parent = os.getpid()

    def close(self) -> None:
        """End the process."""
        self.end(signal.SIGKILL)

    def _aside(self, work: Callable[[], None], release: Callable[[], None]) -> None:
        end_with(self._parent)
        leave_group_signals()
        release()
        work()


def leave_group_signals() -> None:
    """Ignore what is sent to the whole group; the supervisor ends us last."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def leave_no_core() -> None:
    """Have no core of this process written: neither to a file nor, where no limit counts, to a program (core(5)).

    A process that others of its user may look into through /proc, as the supervisor is, only has the limit.
    """
    no_core_files()
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def no_core_files() -> None:
    """Have this process and those that it starts write no core to a file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def end_with(parent: int) -> None:
    """Have the kernel end this process with its parent, which owns it.

    A supervisor killed at random is then the same as a machine that stopped, which every promise covers.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
