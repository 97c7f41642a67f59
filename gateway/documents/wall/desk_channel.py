"""A front end's way to the desk, and what it does without one."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from gateway.documents.wall.desk import (
    READ_BYTES,
    Answer,
    Ask,
    Enter,
    Found,
    Frames,
    Keep,
    Leave,
    Question,
    Turn,
    encode,
)
from gateway.documents.wall.places import Turns


class _LostError(Exception):
    """The desk has gone; everybody goes on without it."""


class Desk:
    """The connection to the desk, for one event loop; made at the first use, and anew after the desk was replaced."""

    def __init__(self, door: socket.socket | None, places: int) -> None:
        """Prepare; without a door there is no desk, and `places` are for this process alone."""
        self._door = door
        self._alone = Turns(places)
        self._numbers = itertools.count()
        self._sock: socket.socket | None = None
        self._frames = Frames()
        self._unsent = bytearray()
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self.waiting = self.working = 0
        """Mails that wait for a place, or for what another is reading; and mails that have a place."""

    def visit(self, sender: bytes) -> Visit:
        """Return one mail's dealings with the desk."""
        return Visit(self, next(self._numbers), sender)

    async def ask(self, question: Ask | Enter) -> Answer:
        """Return the answer; `_LostError` when there is no desk."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[question.ticket] = future
        try:
            self.tell(question)
            return await future
        finally:
            self._asked.pop(question.ticket, None)

    def tell(self, question: Question) -> None:
        """Send a question; when there is no desk, whoever waits for an answer is told."""
        try:
            sock = self._sock or self._connect()
            blocked = bool(self._unsent)
            self._unsent += encode(question)
            if not blocked:
                self._send(sock)
        except OSError:
            self._lose()

    @asynccontextmanager
    async def turn(self, ticket: int, sender: bytes, cost_s: float) -> AsyncIterator[int]:
        """Wait for a place and hold it; gives the processors that may be used."""
        try:
            answer = await self.ask(Enter(ticket, sender, cost_s))
        except _LostError:
            async with self._alone.turn(sender=sender, cost_s=cost_s) as threads:
                yield threads
            return
        except BaseException:
            self.tell_of(Leave(ticket))
            raise
        assert isinstance(answer, Turn)
        try:
            yield answer.threads
        finally:
            self.tell_of(Leave(ticket))

    def tell_of(self, question: Leave | Keep) -> None:
        """Send what needs no answer, unless the desk that was asked before has gone."""
        if self._sock is not None:
            self.tell(question)

    def close(self) -> None:
        """Leave the desk; what this process had there is anybody's."""
        self._lose()

    def _connect(self) -> socket.socket:
        if self._door is None:
            raise OSError
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._door, [b"."], [theirs.fileno()], socket.MSG_DONTWAIT)
        ours.setblocking(False)
        self._sock, self._frames = ours, Frames()
        asyncio.get_running_loop().add_reader(ours, self._receive, ours)
        return ours

    def _send(self, sock: socket.socket) -> None:
        with suppress(BlockingIOError):
            del self._unsent[: sock.send(self._unsent)]
        loop = asyncio.get_running_loop()
        if self._unsent:
            loop.add_writer(sock, self._send_more, sock)
        else:
            loop.remove_writer(sock)

    def _send_more(self, sock: socket.socket) -> None:
        try:
            self._send(sock)
        except OSError:
            self._lose()

    def _receive(self, sock: socket.socket) -> None:
        try:
            data = sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose()
            return
        for answer in self._frames.answers(data):
            future = self._asked.get(answer.ticket)
            if future is not None and not future.done():
                future.set_result(answer)

    def _lose(self) -> None:
        sock, self._sock = self._sock, None
        if sock is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(sock)
            loop.remove_writer(sock)
            sock.close()
        self._unsent.clear()
        for future in self._asked.values():
            if not future.done():
                future.set_exception(_LostError())


class Visit:
    """One mail at the desk."""

    def __init__(self, desk: Desk, ticket: int, sender: bytes) -> None:
        self._desk = desk
        self._ticket = ticket
        self._sender = sender

    async def ask(self, keys: Sequence[bytes]) -> tuple[bytes | None, ...]:
        """Return what is known under each key; what is not is ours to read until `keep`. Empty octets: read it again."""
        self._desk.waiting += 1
        try:
            answer = await self._desk.ask(Ask(self._ticket, tuple(keys)))
        except _LostError:
            return (None,) * len(keys)
        finally:
            self._desk.waiting -= 1
        assert isinstance(answer, Found)
        return answer.results

    @asynccontextmanager
    async def turn(self, cost_s: float) -> AsyncIterator[int]:
        """Wait for a place and hold it; gives the processors that may be used."""
        desk = self._desk
        async with AsyncExitStack() as stack:
            desk.waiting += 1
            try:
                threads = await stack.enter_async_context(desk.turn(self._ticket, self._sender, cost_s))
            finally:
                desk.waiting -= 1
            desk.working += 1
            try:
                yield threads
            finally:
                desk.working -= 1

    def keep(self, results: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Hand over what was read; nothing more is ours to read."""
        self._desk.tell_of(Keep(self._ticket, tuple(results)))
