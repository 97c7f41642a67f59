"""Server side of the steward: sockets of the console, requests in, answers out.

The console may have been taken over: it may send anything, as much as it likes, and read nothing. What does not fit ends
its socket; how much is in hand has limits, beyond which a question is refused.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from gateway.steward import questions as q
from gateway.steward.checks.uploads import AT_A_TIME
from gateway.steward.table import TABLE, Effort
from gateway.system.door import framed, handed_in

_LOG = logging.getLogger("gateway.steward")
_LENGTH: Final = struct.Struct("!I")
_DECODER: Final = msgspec.msgpack.Decoder(q.Asked | int)
LIMIT_QUESTION: Final = 2 << 20
"""Octets of one question; a policy file is the longest that is asked about."""
LIMIT_HELD: Final = 16 << 20
"""Octets of all questions in hand."""
LIMIT_CHANNELS: Final = 16
LIMIT_UNREAD: Final = 16 << 20
"""Octets of answers that a socket may leave unread."""
AT_WORK_S: Final = 0.5
_HEAVY: Final = frozenset({Effort.LOGIN, Effort.CHECK, Effort.LONG})
"""Answers that take a processor for so long that mail keeps off it; a page takes 20 ms at most."""
SEND_S: Final = 30.0
"""Time-out for the console to read a piece of a long answer."""


@dataclass(frozen=True)
class Lane:
    """Answers of one effort."""

    threads: int
    waiting: int
    """Questions that may wait; others are refused."""


LANES: Final = {
    Effort.LIFE: Lane(1, 50),
    Effort.MOMENT: Lane(4, 200),
    Effort.LOGIN: Lane(2, 64),
    Effort.QUERY: Lane(4, 100),
    Effort.CHECK: Lane(AT_A_TIME, 4),
    Effort.LONG: Lane(3, 6),
}


class Server:
    """Serves the sockets that come through the door."""

    def __init__(
        self,
        answers: Callable[[q.Asked, Callable[[], bool]], Iterator[q.Answered]],
        at_work: Callable[[], None] = lambda: None,
    ) -> None:
        """`answers` also gets a function that reports whether their caller has left; `at_work` is called now and then during heavy ones."""
        self._answers = answers
        self._at_work = at_work
        self._says_at_work = False
        self._loop = asyncio.get_running_loop()
        self._pools = {
            effort: ThreadPoolExecutor(lane.threads, f"steward-{effort.value}") for effort, lane in LANES.items()
        }
        self._in_hand = dict.fromkeys(Effort, 0)
        self._held = 0
        self._answers_due: set[asyncio.Future[None]] = set()
        self._channels: set[asyncio.Task[None]] = set()
        self._door: socket.socket | None = None

    def attend(self, door: socket.socket) -> None:
        """Take sockets from the door from now on."""
        door.setblocking(False)
        self._door = door
        self._loop.add_reader(door, self._admit, door)

    async def close(self, patience_s: float) -> None:
        """Accept no further requests and let those in flight end, so that recorded acts are done."""
        if self._door is not None:
            self._loop.remove_reader(self._door)
        for channel in self._channels:
            channel.cancel()
        if self._answers_due:
            await asyncio.wait(self._answers_due, timeout=patience_s)
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    def _admit(self, door: socket.socket) -> None:
        found = handed_in(door)
        if found is None:
            self._loop.remove_reader(door)
        for sock in found or ():
            if len(self._channels) >= LIMIT_CHANNELS or sock.type != socket.SOCK_STREAM:
                sock.close()
                continue
            task = self._loop.create_task(self._serve(sock))
            self._channels.add(task)
            task.add_done_callback(self._channels.discard)

    async def _serve(self, sock: socket.socket) -> None:
        """Serve one socket until it is closed or says something that is no question."""
        try:
            reader, writer = await asyncio.open_connection(sock=sock, limit=1 << 16)
        except (OSError, ValueError):
            sock.close()
            return
        channel = _Channel(writer)
        try:
            while True:
                (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
                if length > LIMIT_QUESTION:
                    raise ValueError(f"a question of {length} octets")
                asked = _DECODER.decode(await reader.readexactly(length))
                if isinstance(asked, int):
                    channel.leave(asked)
                else:
                    await self._ask(channel, asked, length)
        except ValueError as error:
            _LOG.error("the console sent no question: %s", str(error)[:200])
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            channel.end()
            writer.close()

    async def _ask(self, channel: _Channel, asked: q.Asked, size: int) -> None:
        effort = TABLE[type(asked.question)].effort
        lane = LANES[effort]
        if self._in_hand[effort] >= lane.threads + lane.waiting or self._held + size > LIMIT_HELD:
            await channel.send(q.Answered(asked.number, q.Refusal(kind="too_many", retry_s=2)))
            return
        self._in_hand[effort] += 1
        self._held += size
        if not self._says_at_work:
            self._say_at_work()
        gone = channel.wait(asked.number)
        work = partial(self._work, channel, asked, gone, patient=effort is Effort.LONG)
        done = self._loop.run_in_executor(self._pools[effort], work)
        self._answers_due.add(done)
        done.add_done_callback(lambda future: self._ended(effort, size, future))

    def _say_at_work(self) -> None:
        self._says_at_work = any(self._in_hand[effort] for effort in _HEAVY)
        if self._says_at_work:
            self._at_work()
            self._loop.call_later(AT_WORK_S, self._say_at_work)

    def _ended(self, effort: Effort, size: int, future: asyncio.Future[None]) -> None:
        self._answers_due.discard(future)
        self._in_hand[effort] -= 1
        self._held -= size
        if not future.cancelled() and (error := future.exception()) is not None:
            _LOG.error("an answer failed", exc_info=error)

    def _work(self, channel: _Channel, asked: q.Asked, gone: threading.Event, *, patient: bool) -> None:
        """Send the answers of one question, in a thread; stop when the reader has left."""
        for answered in self._answers(asked, gone.is_set):
            if channel.closed:
                return
            sent = asyncio.run_coroutine_threadsafe(channel.send(answered, patient=patient), self._loop)
            with suppress(CancelledError):  # this process ends
                sent.result()


class _Channel:
    """One socket of the console."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting: dict[int, threading.Event] = {}
        self.closed = False

    def wait(self, number: int) -> threading.Event:
        """Return the event that is set once the caller of a question has left."""
        gone = self._waiting[number] = threading.Event()
        return gone

    def leave(self, number: int) -> None:
        """The caller of this question has left."""
        if (gone := self._waiting.get(number)) is not None:
            gone.set()

    def end(self) -> None:
        """All callers have left."""
        self.closed = True
        for gone in self._waiting.values():
            gone.set()

    async def send(self, answered: q.Answered, *, patient: bool = False) -> None:
        """Send an answer; a console that does not read is left, at once or after a while of patience.

        Long answers wait for their reader. Others do not: their threads are everybody's.
        """
        if self.closed:
            return
        if answered.last:
            self._waiting.pop(answered.number, None)
        self._writer.write(framed(answered))
        try:
            if patient:
                async with asyncio.timeout(SEND_S):
                    await self._writer.drain()
        except (TimeoutError, OSError):
            self.abort()
        if self._writer.transport.get_write_buffer_size() > LIMIT_UNREAD:
            self.abort()

    def abort(self) -> None:
        """Leave the console; it makes another socket when it asks again."""
        self.end()
        self._writer.transport.abort()
