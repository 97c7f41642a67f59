"""Parent side of the process wall: `WorkerPool.inspect` sends one message to a child and returns an `Inspection`.

The supervisor calls `start` before it makes front ends (no event loop is needed); each front-end process then uses its
inherited copy. Nothing here parses a document. A child that crashes, uses up its
processor time, says too much or nothing costs the part it was reading: that part becomes *cannot tell* with the cause,
and another child reads the rest, at most `RESTARTS` times. Our own trouble (no zygote, no descriptors, a child that
stands still, too many waiting) raises `TemporaryError`, which the sender sees as 451. No clock ends an inspection but
the caller's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import signal
import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from gateway.documents.wall.desk_channel import DeskClient, Visit
from gateway.documents.wall.door import Ended, Job, send_job
from gateway.documents.wall.fork import Ready
from gateway.documents.wall.merge import Merger, unique
from gateway.documents.wall.supervise import ZygoteProcess
from gateway.documents.wall.wire import Frame, FrameReader, Inspection, InspectionRequest, WireError, encode
from gateway.errors import PolicyEndError, TemporaryError
from gateway.mime import parse
from gateway.model import Observer, ReadStatus
from gateway.texts.catalogue import both

_LOG: Final = logging.getLogger("gateway.documents.wall")
RESTARTS: Final = 3
"""Further children for one message after the first died."""
_READ_BYTES: Final = 1 << 18
_GRACE_S: Final = 2
"""Processor time beyond the budget after which the kernel ends a child."""
_STATUS_WAIT_S: Final = 2.0
_FILE: Final = b"Content-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\n%PDF-1.4\r\n%%EOF\r\n"
"""A mail that only a child reads."""


class PoolSettings(Struct, frozen=True, kw_only=True):
    """Bounds of one front-end process."""

    certs: Path | None = None
    children: int = 4
    """Children at one time: of all front ends together behind a desk, else of this process."""
    idle_s: float = 15.0
    """A child that takes no processor time for so long is killed, which is our own fault."""
    observing: str = ""
    observers: tuple[Observer, ...] = ()
    probe: str | None = None
    """See `ZygoteSettings`."""


class WorkerPool:
    """Children for the messages of one front-end process."""

    def __init__(self, settings: PoolSettings, *, door: socket.socket, process: ZygoteProcess) -> None:
        self._settings = settings
        self._door = door
        self.process = process
        """The zygote in use."""
        self._owner = os.getpid()
        self.desk = DeskClient(None, settings.children)
        """Says whose turn it is; `connect` makes another for the loop of its process."""
        self.unbegun = 0
        """Mails in a row of which no child could begin its work."""

    @classmethod
    def start(cls, settings: PoolSettings | None = None) -> WorkerPool:
        """Start the zygote and wait until it is warm; UserError or TemporaryError with the cause when it cannot."""
        settings = settings or PoolSettings()
        process = ZygoteProcess(
            certs=settings.certs,
            observing=settings.observing,
            observers=settings.observers,
            probe=settings.probe,
        )
        try:
            process.start()
        except BaseException:
            process.close()
            raise
        return cls(settings, door=process.door, process=process)

    def connect(self, desk_door: socket.socket | None = None) -> WorkerPool:
        """Make this pool ready for the event loop of a freshly forked front-end process; the door leads to the desk."""
        self.desk = DeskClient(desk_door, self._settings.children)
        return self

    @property
    def idle_s(self) -> float:
        """Time for which a child may take no processor time."""
        return self._settings.idle_s

    def supervise(self) -> bool:
        """Replace a zygote that died; the owner calls it now and then and on SIGCHLD. True when one was started."""
        return os.getpid() == self._owner and self.process.revive()

    def reload(self, observers: tuple[Observer, ...] = ()) -> Ready:
        """Replace the zygote by one with a freshly loaded trust store and policies; the old one finishes what it has.

        Call it in the main thread: the kernel ends a zygote with the thread that started it (PR_SET_PDEATHSIG).
        """
        self.process.observers = observers
        return self.process.renew()

    def close(self) -> None:
        """End the zygote (in the process that started it) and close the door."""
        if os.getpid() == self._owner:
            self.process.close()
        else:
            self._door.close()

    async def inspect(
        self,
        request: InspectionRequest,
        *,
        content_fd: int | None = None,
        known: Iterable[Frame] = (),
        visit: Visit | None = None,
        cost_s: float = 0.0,
    ) -> Inspection:
        """Look into one message and return what was found; cancelling kills its child.

        `content_fd` is a descriptor of the content (from its first byte) when the request does not hold it; it is read
        only by the child, whatever its own mode is. Leaves in `known` are not read again. `visit` waits for
        a place, `cost_s` is the processor time expected. Raises TemporaryError when there is no zygote, or a child
        stands still.
        """
        root = unique(request.root)
        merger = Merger(root)
        resumed = False
        for frame in known:
            merger.take(frame)
            resumed = True
        children = 0
        if not merger.complete or any(one.foreign for one in request.observers):
            sent = structs.replace(request, root=root, used=merger.used)
            async with (visit or self.desk.visit(b"")).turn(cost_s) as threads:
                content = read_only(content_fd) if content_fd is not None else None
                try:
                    sent = structs.replace(sent, threads=threads)
                    children = await _Conversation(self, sent, content, merger, resumed=resumed).run()
                finally:
                    if content is not None:
                        os.close(content)
        return Inspection(
            root=merger.tree(),
            documents=merger.documents,
            signatures=merger.signatures,
            children=children,
            readings=merger.readings(),
            asked=merger.asked,
            origin=merger.origin,
            looks=merger.looks,
            observations=merger.observed,
        )

    async def probe(self) -> None:
        """Have a child read a small file; errors as `inspect`. A child that begins ends what `unbegun` counts."""
        now = datetime.now(UTC)
        await self.inspect(InspectionRequest(id="probe", root=parse(_FILE).root, content=_FILE, now=now))

    def begin(self, job: Job, content: int | None) -> tuple[socket.socket, int]:
        """Give a job to a child; return our end and the pipe of its end. TemporaryError when it cannot be taken."""
        self.supervise()
        with contextlib.ExitStack() as ours_only, contextlib.ExitStack() as theirs_only:
            try:
                ours, theirs = socket.socketpair()
                theirs_only.callback(theirs.close)
                ours_only.callback(ours.close)
                ours.setblocking(False)
                status_read, status_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
                theirs_only.callback(os.close, status_write)
                ours_only.callback(os.close, status_read)
                send_job(self._door, job, (theirs.fileno(), status_write, *(() if content is None else (content,))))
            except OSError as error:
                raise TemporaryError(f"the worker zygote cannot be reached: {error.strerror}") from error
            ours_only.pop_all()
        return ours, status_read


class _Conversation:
    """All children of one message, one after the other."""

    def __init__(
        self, pool: WorkerPool, request: InspectionRequest, content: int | None, merger: Merger, *, resumed: bool
    ) -> None:
        self._pool = pool
        self._request = request
        self._content = content
        self._merger = merger
        self._resumed = resumed

    async def run(self) -> int:
        """Talk to children until all parts are reported and the message is observed; return how many were needed."""
        children, merger = await self._read(), self._merger
        if not self._request.observers or merger.observed is not None:
            return children
        merger.begin()  # the last child ended over a part; another looks at what is known of the message
        _, reason = await self._one_child(last=True)
        if not merger.finished:
            raise self._unobserved(reason)
        return children + 1

    async def _read(self) -> int:
        merger = self._merger
        for number in range(1, RESTARTS + 2):
            merger.begin()
            read = merger.complete
            status, reason = await self._one_child()
            read = (read or merger.complete) and bool(self._request.observers)
            if merger.finished:
                if not merger.complete:
                    merger.give_up_rest(ReadStatus.CRASHED, "unfinished")
                return number
            if read:
                raise self._unobserved(reason)
            if merger.policy:  # over a document: its part is given up
                _LOG.error("%s: %s", self._request.id, self._unobserved(reason))
            if not merger.give_up_current(status, reason):
                if reason == _OUR_FAULT:
                    raise self._unbegun("a child could not begin its work")
                break  # it died where no part is to blame: the next child would do the same
            if merger.complete:
                return number
        merger.give_up_rest(status, reason)
        return number

    async def _one_child(self, *, last: bool = False) -> tuple[ReadStatus, str]:
        """Run one child to its end, the `last` reading nothing new; return how it ended. TemporaryError without one."""
        limits, merger = self._request.limits, self._merger
        left_s = limits.cpu_s - merger.used.cpu_s
        if left_s <= 0 and not last:
            return ReadStatus.TIMEOUT, "mail-cpu"
        if self._request.observers:
            left_s = max(left_s, 0) + limits.part_cpu_s  # as `Budget.begin_last`
        awaited = merger.awaited if self._resumed else None
        known = merger.results if self._request.observers else ()
        request = structs.replace(
            self._request, used=merger.used, awaited=awaited, known=known, lost=tuple(merger.lost)
        )
        self._resumed = True
        cpu_s = math.ceil(left_s) + _GRACE_S
        job = Job(
            idle_s=self._pool.idle_s, memory_bytes=limits.memory_bytes, cpu_s=cpu_s, patient=self._request.patient
        )
        ours, status_read = self._pool.begin(job, self._content)
        try:
            fault = await self._exchange(ours, request)
            if merger.finished and fault is None:
                self._pool.unbegun = 0
                return ReadStatus.OK, ""
            # Closing both ends tells the zygote to kill a child that still runs.
            ours.close()
            ended = await _status(status_read)
        finally:
            ours.close()
            os.close(status_read)
        if ended is None and fault is None:
            raise self._unbegun(
                "the worker zygote, or a child before its work, ended while a message was being inspected"
            )
        if ended is not None and ended.killed and merger.policy:
            raise self._unobserved("idle")
        cause = fault or _cause(ended, cpu_s)
        merger.charge(ended.cpu_s if ended else 0.0, alone=cause == _USED_UP)
        return cause

    def _unbegun(self, words: str) -> TemporaryError:
        self._pool.unbegun += 1
        return TemporaryError(words)

    def _unobserved(self, reason: str) -> PolicyEndError:
        return PolicyEndError(both("trouble", "line", "no_end", policy=self._merger.policy or "-", reason=reason))

    async def _exchange(self, ours: socket.socket, request: InspectionRequest) -> tuple[ReadStatus, str] | None:
        """Send the request and take frames until the child is done or gone; return a fault that the parent saw."""
        loop = asyncio.get_running_loop()
        reader = FrameReader()
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                await loop.sock_sendall(ours, encode(request))
            while data := await loop.sock_recv(ours, _READ_BYTES):
                for frame in reader.feed(data):
                    self._merger.take(frame)
                    # A child that writes faster than we read would leave no turn to the other sessions.
                    await asyncio.sleep(0)
                if self._merger.finished:
                    break
        except WireError as error:
            return ReadStatus.CRASHED, str(error)
        except ConnectionResetError:
            return None
        return None


_OUR_FAULT: Final = f"exit-{os.EX_SOFTWARE}"
"""An error of our own code, or a kernel that refuses a layer of the sandbox."""
_USED_UP: Final = (ReadStatus.TIMEOUT, "cpu")


def _cause(ended: Ended | None, cpu_s: float) -> tuple[ReadStatus, str]:
    """Put the end of a child that did not finish into a status and a stable reason; `cpu_s` was its hard limit."""
    assert ended is not None
    if ended.killed:
        raise TemporaryError("a child neither worked nor ended")
    if ended.exit_code == -signal.SIGKILL and ended.cpu_s < cpu_s - 1:
        # A file that exceeds its limits ends in another way: here the machine is short of memory.
        raise TemporaryError("the kernel killed a child: too little memory")
    match -ended.exit_code:
        case 24:  # SIGXCPU
            return _USED_UP
        case 9:  # the hard CPU limit
            return ReadStatus.LIMIT, "killed"
        case number if number > 0:
            return ReadStatus.CRASHED, f"signal-{number}"
        case _:
            return ReadStatus.CRASHED, f"exit-{ended.exit_code}"


async def _status(descriptor: int) -> Ended | None:
    """Read the zygote's word on how the child ended; None when the zygote ended too, or says nothing in time."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        async with asyncio.timeout(_STATUS_WAIT_S):
            await readable.wait()
        return Ended.unpack(os.read(descriptor, 64))
    except (TimeoutError, BlockingIOError):
        return None
    finally:
        loop.remove_reader(descriptor)


def read_only(descriptor: int) -> int:
    """Return a read-only descriptor of the same file: a child that was taken over must not change what was judged."""
    try:
        return os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise TemporaryError(f"the content cannot be opened for inspection: {error.strerror}") from error
