"""Children forked off a warm process: libraries, trust anchors and readers are loaded once, in shared pages."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from gateway.documents.wall import absent, memory, sandbox
from gateway.documents.wall.door import receive_job
from gateway.model import Observer

_NICENESS: Final = 5
"""Front ends go before readers, so that a mail of text is answered at once on a busy machine."""
PROCESSORS: Final = len(os.sched_getaffinity(0))
MEMORY_CEILING: Final = 2 << 30
"""Address space of a spare beyond the zygote's; the job sets its own, lower limit."""


class ZygoteSettings(Struct, frozen=True, kw_only=True):
    """Settings of the zygote at its start."""

    door: int
    ready: int
    """Descriptor on which it says `Ready` once."""
    parent: int
    life: int
    """Descriptor on which it gives signs of life."""
    certs: str | None = None
    """Folder of trust anchors; None means that no signature is trusted."""
    spares: int = 1
    """Children kept forked and waiting, so that a mail does not wait for a fork; each takes 10 MiB."""
    origin: int = 0
    """Number of this zygote, another for each; its children give it, so that what they read is not taken for the work of
    another trust store or version."""
    observing: str = ""
    """Module that has policies observe what was read (`gateway.engine.walled`); empty when none is needed."""
    observers: tuple[Observer, ...] = ()
    """Policies that are imported beside the installed ones."""
    probe: str | None = None
    """Module with a `run(sock, content)` that replaces the inspector; used by the tests of the wall."""


class Ready(Struct, frozen=True, kw_only=True):
    """Status of the zygote when it is warm, or the reason why it cannot start."""

    error: str = ""
    sandbox: sandbox.SandboxStatus | None = None
    missing_readers: tuple[str, ...] = ()
    reads_scans: bool = True
    scans: str = ""
    """Recogniser of words in pictures, or what it lacks."""
    address_space_bytes: int = 0


@dataclass(frozen=True)
class Spare:
    """A child that is forked and locked in, and waits for its one job."""

    pid: int
    pidfd: int
    channel: socket.socket
    """Channel on which the job and its descriptors are handed over."""


class Fork:
    """Makes the children of this zygote."""

    def __init__(self, settings: ZygoteSettings) -> None:
        self._settings = settings
        self._null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        self._space = 0
        self._touched: tuple[memory.Stretch, ...] = ()
        """Memory that nearly every child writes to."""

    def warm(self) -> Ready:
        """Import and run everything once; an ImportError of a reader that exists goes through."""
        sandbox.prepare()
        missing: tuple[str, ...] = ()
        reads_scans, scans = True, ""
        rehearse: Callable[[], object] | None = None
        if self._settings.probe is None:
            absent.leave_out()
            from gateway.documents.wall import child

            settings = self._settings
            missing, words = child.warm_up(settings.certs, settings.origin, settings.observing, settings.observers)
            reads_scans, scans = words.available, words.detail
            rehearse = child.rehearsal(settings.observers)
        else:
            __import__(self._settings.probe)
        gc.collect()
        gc.freeze()
        memory.settle()
        if rehearse is not None:
            self._touched = memory.working_set(rehearse)
        self._space = memory.address_space()
        return Ready(
            sandbox=sandbox.status(),
            missing_readers=missing,
            reads_scans=reads_scans,
            scans=scans,
            address_space_bytes=self._space,
        )

    def spare(self, *, populate: bool) -> Spare:
        """Fork a child that locks itself in and waits for a job; OSError when the system has no room for it.

        With `populate` it copies the memory that it will need before the job comes.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        zygote = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            raise
        finally:
            if os.getpid() == zygote:
                theirs.close()
        if pid:
            try:
                return Spare(pid, _pidfd_of(pid), ours)
            except OSError:
                ours.close()
                raise
        code = os.EX_SOFTWARE
        try:
            if populate:
                memory.populate(self._touched)
            code = self._in_child(theirs.fileno(), zygote)
        finally:
            # Not sys.exit: nothing of the zygote's may be flushed or finalised a second time.
            os._exit(code)

    def _in_child(self, channel: int, zygote: int) -> int:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        wanted = os.dup(channel)
        for standard in (0, 1, 2):
            os.dup2(self._null, standard)
        os.dup2(wanted, 3)
        os.nice(_NICENESS)
        # Other jobs' pipes and the door itself must be out of reach.
        os.closerange(4, 1 << 16)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb", buffering=0) as score:  # noqa: PTH123
            score.write(b"1000")
        sandbox.enter(sandbox.SandboxLimits(address_space_bytes=self._space + MEMORY_CEILING), parent=zygote)
        with socket.socket(fileno=3) as waiting:
            waiting.setblocking(True)
            try:
                taken = receive_job(waiting, wait=True)
            except EOFError:
                return 0
        if taken is None:
            return os.EX_SOFTWARE
        job, descriptors = taken
        content = descriptors[1] if len(descriptors) > 1 else None
        size = os.fstat(content).st_size if content is not None else 0
        sandbox.tighten(address_space_bytes=self._space + job.memory_bytes + size, cpu_s=job.cpu_s)
        if self._settings.probe is not None:
            return int(sys.modules[self._settings.probe].run(descriptors[0], content) or 0)
        from gateway.documents.wall import child

        return child.run(descriptors[0], content)


def complain(words: str) -> None:
    """Say on standard error what goes wrong."""
    print(f"zygote: {words}", file=sys.stderr, flush=True)  # noqa: T201


def _pidfd_of(pid: int) -> int:
    """Return a descriptor of a child; a child that cannot be watched is ended at once."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
