"""Zygote: a warm, single-threaded process that forks a child for each job and ends it in time.

It is started by `exec` (`ZygoteProcess.start`), not by a bare fork, so that no key, password or mail of the supervisor
is in the memory in which hostile files are parsed. At its start it imports every parser, runs each once on small
generated inputs (lazy imports and codecs cannot be loaded in the sandbox), loads the trust store and freezes its heap,
so that children share it. Then it waits at the door, forks, watches children that stand still and reaps. A few children are forked and
locked in ahead of their job; each serves one message and ends. The zygote never reads a request, a message or a frame: nothing hostile reaches it. When all front ends are gone, or its parent dies, it ends, and its
children with it. On SIGTERM it takes no more jobs, waits for those it has and ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import socket
import time
import traceback
from dataclasses import dataclass
from typing import Final

import msgspec

from gateway.documents.wall import sandbox
from gateway.documents.wall.door import Ended, Job, receive_job, send_job
from gateway.documents.wall.fork import PROCESSORS, Fork, Ready, Spare, ZygoteSettings, complain
from gateway.errors import UserError
from gateway.system.processors import keep_to_peoples

CHILDREN_LIMIT: Final = 128
"""Children at one time, whatever the front ends ask for."""
_CPUCLOCK_SCHED: Final = 2
"""With a process id it makes the number of that process's own clock (clock_getcpuclockid(3))."""
_LEAST_SHARE: Final = 0.001
"""Share of a processor below which a child stands still: it may wake up now and then to see that nothing has come."""
_LIFE_ROUND_S: Final = 1.0
_FORK_AGAIN_S: Final = 1.0


@dataclass
class _Child:
    """A child at work."""

    pid: int
    pidfd: int
    status: int
    idle_s: float
    cpu_s: float = 0.0
    """Processor time that it had taken when it was last seen to take some."""
    kill_at: float = 0.0
    """Time at which it is killed unless it takes some; monotonic."""

    def look(self, now: float) -> bool:
        """Record the processor time taken; False when the child has made no progress for too long."""
        try:
            cpu_s = time.clock_gettime(~self.pid << 3 | _CPUCLOCK_SCHED)
        except OSError:  # it has ended
            return True
        if cpu_s > self.cpu_s + _LEAST_SHARE * self.idle_s or not self.kill_at:
            self.cpu_s, self.kill_at = cpu_s, now + self.idle_s
        return now < self.kill_at


class Zygote:
    """The loop at the door."""

    def __init__(self, door: socket.socket, fork: Fork, *, spares: int, life: int) -> None:
        self._door: socket.socket | None = door
        self._life = life
        self._fork = fork
        self._wanted_spares = spares
        self._spares: dict[int, Spare] = {}
        self._fork_again_at = 0.0
        self._poll = select.poll()
        self._poll.register(door, select.POLLIN)
        self._by_pidfd: dict[int, _Child] = {}
        self._by_status: dict[int, _Child] = {}
        self._killed: set[int] = set()
        self._wake, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll.register(self._wake, select.POLLIN)

    def run(self) -> None:
        """Serve until the door closes or SIGTERM comes, and the last child has ended."""
        signal.signal(signal.SIGTERM, lambda *_: os.write(self._waker, b"t"))
        while self._door is not None or self._by_pidfd:
            with contextlib.suppress(OSError):  # full: not read for long
                os.write(self._life, b".")
            self._refill()
            for descriptor, event in self._poll.poll(self._wait_ms()):
                if self._door is not None and descriptor == self._door.fileno():
                    self._take_job()
                elif descriptor == self._wake:
                    os.read(self._wake, 64)
                    self._close_door()
                elif descriptor in self._spares:
                    self._bury(descriptor)  # it ended unasked: the next may end as soon
                    self._fork_again_at = time.monotonic() + _FORK_AGAIN_S
                elif child := self._by_pidfd.get(descriptor):
                    self._reap(child)
                elif (child := self._by_status.get(descriptor)) and event & (select.POLLERR | select.POLLHUP):
                    self._kill(child)
            now = time.monotonic()
            for child in list(self._by_pidfd.values()):
                if child.kill_at <= now and not child.look(now):
                    self._kill(child)

    def _wait_ms(self) -> float:
        waiting = [child.kill_at for child in self._by_pidfd.values() if child.pidfd not in self._killed]
        waiting.append(time.monotonic() + _LIFE_ROUND_S)
        if self._door is not None and len(self._spares) < self._wanted_spares:
            waiting.append(self._fork_again_at)
        return max(0.0, (min(waiting) - time.monotonic()) * 1000 + 1)

    def _close_door(self) -> None:
        if self._door is not None:
            self._poll.unregister(self._door)
            self._door = None
        for pidfd in list(self._spares):
            self._spares[pidfd].channel.close()
            self._bury(pidfd)

    def _refill(self) -> None:
        """Fork one spare when one is missing; a fork that fails is tried again after a while."""
        if self._door is None or len(self._spares) >= self._wanted_spares or time.monotonic() < self._fork_again_at:
            return
        try:
            # Copying memory ahead costs no less than copying it when it is needed: only where a processor is idle.
            spare = self._fork.spare(populate=len(self._by_pidfd) < PROCESSORS)
        except OSError as error:
            complain(f"no spare child: {error.strerror}")
            self._fork_again_at = time.monotonic() + _FORK_AGAIN_S
            return
        self._spares[spare.pidfd] = spare
        self._poll.register(spare.pidfd, select.POLLIN)

    def _bury(self, pidfd: int) -> None:
        """Remove a spare that ended, or that ends by its closed channel."""
        spare = self._spares.pop(pidfd)
        self._poll.unregister(pidfd)
        spare.channel.close()
        os.waitpid(spare.pid, 0)
        os.close(pidfd)

    def _take_job(self) -> None:
        assert self._door is not None
        try:
            taken = receive_job(self._door)
        except BlockingIOError:
            return
        except (EOFError, ConnectionError):
            self._close_door()
            return
        if taken is None or len(taken[1]) < 2:
            for descriptor in taken[1] if taken else ():
                os.close(descriptor)
            complain("something that is no job came through the door")
            return
        job, descriptors = taken
        try:
            self._start(job, descriptors)
        finally:
            os.close(descriptors[0])
            for descriptor in descriptors[2:]:
                os.close(descriptor)

    def _start(self, job: Job, descriptors: list[int]) -> None:
        status = descriptors[1]
        try:
            spare = self._handed_over(job, (descriptors[0], *descriptors[2:]))
        except OSError as error:
            # A pipe closed without a status means that there was no child: try again later.
            complain(f"no child: {error.strerror}")
            os.close(status)
            return
        child = _Child(spare.pid, spare.pidfd, status, job.idle_s)
        child.look(time.monotonic())
        self._by_pidfd[child.pidfd] = child
        self._by_status[status] = child
        self._poll.register(child.pidfd, select.POLLIN)
        self._poll.register(status, 0)  # POLLERR alone: the reading end is closed

    def _handed_over(self, job: Job, descriptors: tuple[int, ...]) -> Spare:
        """Give a job to a spare, or to a child forked for it; OSError when there can be none."""
        if len(self._by_pidfd) >= CHILDREN_LIMIT:
            raise OSError(errno.EAGAIN, "too many children")
        while True:
            waited = bool(self._spares)
            if waited:
                pidfd, spare = self._spares.popitem()
                self._poll.unregister(pidfd)
            else:
                spare = self._fork.spare(populate=False)
            try:
                _hand_over(spare, job, descriptors)
            except OSError:
                # One that waited may have died (the kernel's memory killer prefers our children): take the next.
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(spare.pidfd, signal.SIGKILL)
                os.waitpid(spare.pid, 0)
                os.close(spare.pidfd)
                if not waited:
                    raise
            else:
                return spare

    def _kill(self, child: _Child) -> None:
        if child.pidfd not in self._killed:
            self._killed.add(child.pidfd)
            self._poll.unregister(child.status)
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)

    def _reap(self, child: _Child) -> None:
        _, status, usage = os.wait4(child.pid, 0)
        killed = child.pidfd in self._killed
        ended = Ended(
            exit_code=os.waitstatus_to_exitcode(status),
            peak_memory_kib=usage.ru_maxrss,
            cpu_s=usage.ru_utime + usage.ru_stime,
            killed=killed,
        )
        with contextlib.suppress(BrokenPipeError):
            os.write(child.status, ended.pack())
        self._poll.unregister(child.pidfd)
        if not killed:
            self._poll.unregister(child.status)
        self._killed.discard(child.pidfd)
        del self._by_pidfd[child.pidfd], self._by_status[child.status]
        os.close(child.pidfd)
        os.close(child.status)


def _hand_over(spare: Spare, job: Job, descriptors: tuple[int, ...]) -> None:
    """Give a job to a child; OSError when it has died."""
    with spare.channel:
        if job.patient:
            os.sched_setscheduler(spare.pid, os.SCHED_IDLE, os.sched_param(0))
            keep_to_peoples(spare.pid)
        send_job(spare.channel, job, descriptors)


def main(words: str) -> int:
    """Run a zygote from the settings on its command line; the exit code is 1 when it could not start."""
    settings = msgspec.json.decode(words, type=ZygoteSettings)
    sandbox.die_with_parent(settings.parent)
    # The supervisor waits for its signals with a mask, which exec hands on; SIGTERM must reach us.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    # Ctrl-C in a terminal goes to the whole group; the supervisor decides when the zygote ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    fork = Fork(settings)
    try:
        ready = fork.warm()
    except Exception as error:  # noqa: BLE001 - start-up wall: the supervisor must learn why, whatever it is
        if not isinstance(error, UserError):
            traceback.print_exc()
        words = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        ready = Ready(error=words or type(error).__name__)
    os.write(settings.ready, msgspec.json.encode(ready))
    os.close(settings.ready)
    if ready.error:
        return 1
    Zygote(socket.socket(fileno=settings.door), fork, spares=settings.spares, life=settings.life).run()
    return 0
