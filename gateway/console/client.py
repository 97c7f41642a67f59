"""Client of the steward over its UNIX socket.

All connections are opened before the sandbox, which forbids connecting. When the steward ends, so does this process; its
successor connects to the next steward.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from gateway.model import Language
from gateway.steward.questions import Answer, Answered, Asked, AskHealth, Question, Refusal
from gateway.steward.questions.refused import Refused, refused
from gateway.system.door import DoorClient

_LONG_LINES: Final = 4
"""Concurrent streamed answers, each on its own connection, so that a slow reader blocks no other."""
_MOST_QUEUED: Final = 2
"""Low: the steward closes a connection that stalls for half a minute."""
LONGEST_S: Final = 10.0
LONGEST_ACT_S: Final = 300.0
"""Acts are carried through: who waits learns what became of them. Also for each step of a streamed answer."""


class StewardAway(Exception):  # noqa: N818 - an outage, not a fault
    """The steward is unreachable or silent."""


class _Call:
    def __init__(self, number: int) -> None:
        self.number = number
        self.answers: asyncio.Queue[Answered | None] = asyncio.Queue()
        self.abandoned = False


class _Line(DoorClient[Answered]):
    """One connection."""

    def __init__(self, door: socket.socket, client: StewardClient) -> None:
        super().__init__(door, msgspec.msgpack.Decoder(Answered))
        self._client = client
        self._calls: dict[int, _Call] = {}
        self._paused = False
        self.open = True

    def call(self, asked: Asked) -> _Call:
        call = self._calls[asked.number] = _Call(asked.number)
        self.send(asked)
        return call

    def leave(self, call: _Call) -> None:
        """Inform the steward that the caller of a question has left."""
        if call.number in self._calls:
            call.abandoned = True
            self.send(call.number)

    def heard(self, answer: Answered) -> None:
        self._client.hear()
        call = self._calls.get(answer.number)
        if call is None:
            return
        if answer.last:
            del self._calls[answer.number]
        if not call.abandoned or answer.last:
            call.answers.put_nowait(answer)
        if call.answers.qsize() >= _MOST_QUEUED and not self._paused:
            self._paused = True
            self.read(on=False)

    def go_on(self, call: _Call) -> None:
        """Resume reading when the queue is below its limit."""
        if self._paused and call.answers.qsize() < _MOST_QUEUED:
            self._paused = False
            self.read(on=True)

    def lost(self, _cause: object) -> None:
        self.open = False
        calls, self._calls = self._calls, {}
        for call in calls.values():
            call.answers.put_nowait(None)
        self._client.look_whether_gone()


class StewardClient:
    """Client of the steward, one per console process."""

    def __init__(self, door: socket.socket, *, patience_s: float = 1.0) -> None:
        self._patience_s = patience_s
        self._short = _Line(door, self)
        self._lines = [_Line(door, self) for _ in range(_LONG_LINES)]
        self._free: asyncio.Queue[_Line] = asyncio.Queue()
        self._numbers = itertools.count(1)
        self._heard = 0.0
        self._ping: _Call | None = None
        self._draining: set[asyncio.Task[None]] = set()
        self.gone = asyncio.Event()
        """The steward is lost: the connection for short questions is closed, or all for streamed answers."""

    def connect(self) -> None:
        """Open all connections; OSError without a listener."""
        for line in (self._short, *self._lines):
            line.connect()
        for line in self._lines:
            self._free.put_nowait(line)

    def look_whether_gone(self) -> None:
        """Set `gone` when the steward is lost; one closed connection for streamed answers is normal after a stall."""
        if not self._short.open or not any(line.open for line in self._lines):
            self.gone.set()

    def hear(self) -> None:
        """Record a sign of life of the steward."""
        self._heard = asyncio.get_running_loop().time()

    async def ask(
        self, question: Question, *, token: str, client: str, language: Language, limit_s: float = LONGEST_S
    ) -> Answer:
        """Return the one answer; StewardAway on silence or after `limit_s`, Refused."""
        call = self._short.call(self._asked(question, token, client, language))
        try:
            answered = await self._next(call, limit_s=limit_s)
        finally:
            self._short.leave(call)
        if isinstance(answered.answer, Refusal):
            raise Refused(answered.answer)
        return answered.answer

    async def stream(self, question: Question, *, token: str, client: str, language: Language) -> AsyncIterator[Answer]:
        """Yield streamed answers with backpressure; errors as `ask`."""
        try:
            line = self._free.get_nowait()
        except asyncio.QueueEmpty:
            raise refused("too_many", retry_s=10) from None
        call = line.call(self._asked(question, token, client, language))
        ended = False
        try:
            while not ended:
                answered = await self._next(call, limit_s=LONGEST_ACT_S)
                line.go_on(call)
                ended = answered.last
                if isinstance(answered.answer, Refusal):
                    raise Refused(answered.answer)
                yield answered.answer
        finally:
            if ended or not line.open:
                self._give_back(line)
            else:  # the browser disconnected: discard what is still on its way
                line.leave(call)
                task = asyncio.create_task(self._drain(line, call))
                self._draining.add(task)
                task.add_done_callback(self._draining.discard)

    async def _drain(self, line: _Line, call: _Call) -> None:
        while (answered := await call.answers.get()) is not None and not answered.last:
            line.go_on(call)
        line.go_on(call)
        self._give_back(line)

    def _give_back(self, line: _Line) -> None:
        if line.open:
            self._free.put_nowait(line)

    def _asked(self, question: Question, token: str, client: str, language: Language) -> Asked:
        return Asked(next(self._numbers), token, client, language, question)

    async def _next(self, call: _Call, *, limit_s: float) -> Answered:
        """Wait for an answer while the steward shows signs of life, `limit_s` at most."""
        clock = asyncio.get_running_loop().time
        began, silent = clock(), 0
        while True:
            heard = self._heard
            try:
                answered = await asyncio.wait_for(call.answers.get(), 0.3 * self._patience_s)
            except TimeoutError:
                silent = silent + 1 if self._heard == heard else 0  # a pause of this process is one round at most
                if silent == 3 or clock() - began > limit_s:
                    raise StewardAway from None
                self._look_for_life()
                continue
            if answered is None:
                raise StewardAway
            return answered

    def _look_for_life(self) -> None:
        if self._ping is None or not self._ping.answers.empty():
            self._ping = self._short.call(Asked(next(self._numbers), "", "", Language.VI, AskHealth()))
