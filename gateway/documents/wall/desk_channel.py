"""A front end's connection to the desk, and its fallback without one."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from gateway.documents.wall.desk import ANSWERS, Answer, Ask, Enter, Found, Keep, Leave, Turn
from gateway.documents.wall.places import Turns
from gateway.system.door import DoorClient


class _LostError(Exception):
    """The desk has gone; everybody goes on without it."""


class DeskClient(DoorClient[Answer]):
    """The connection to the desk, for one event loop."""

    def __init__(self, door: socket.socket | None, places: int) -> None:
        """Prepare; without a door there is no desk, and `places` are for this process alone."""
        super().__init__(door, ANSWERS)
        self._alone = Turns(places)
        self._numbers = itertools.count()
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
            self.send(question)
            return await future
        finally:
            self._asked.pop(question.ticket, None)

    def heard(self, answer: Answer) -> None:
        """Give an answer to its caller."""
        future = self._asked.get(answer.ticket)
        if future is not None and not future.done():
            future.set_result(answer)

    def lost(self, cause: object) -> None:
        """Notify all waiting callers."""
        del cause
        for future in self._asked.values():
            if not future.done():
                future.set_exception(_LostError())

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
            self.send(question)

    def close(self) -> None:
        """Leave the desk; what this process had there is free for others."""
        self.lose("closed")


class Visit:
    """One mail at the desk."""

    def __init__(self, desk: DeskClient, ticket: int, sender: bytes) -> None:
        self._desk = desk
        self._ticket = ticket
        self._sender = sender

    async def ask(self, keys: Sequence[bytes]) -> tuple[bytes | None, ...]:
        """Return what is known under each key; what is not is ours to read until `keep`. Empty bytes: read it again."""
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
        """Store the readings at the desk; nothing more is left to read."""
        self._desk.tell_of(Keep(self._ticket, tuple(results)))
