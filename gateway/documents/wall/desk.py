"""The desk: one process for all front ends that schedules reading and caches what was read.

    front end ---- Ask(keys) ---------> what is known of them; the rest is the asker's to read
              ---- Enter -------------> `Turn` when there is a place
              ---- Leave -------------> the place is free
              ---- Keep(results) -----> what the asker has read, or that it must be read again

A caller that asks for a document that another is reading waits for it, and reads nothing meanwhile: so it is read once, and
no two wait for each other. It parses nothing and knows no document: results are bytes under keyed digests, whose key
only the front ends have. Front ends come through a door, as to the writer of the audit. When the process dies, front ends
go on without it, each with places of its own, and it is replaced: nothing but speed is lost.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from gateway.documents.wall.places import Places
from gateway.documents.wall.shelf import Shelf
from gateway.system.door import DoorProcess, Frames, admitted, framed
from gateway.system.supervised import end_with

_READ_BYTES: Final = 1 << 18
_SWEEP_S: Final = 5.0
"""Interval at which expired entries are dropped."""
_UNSENT_LIMIT: Final = 256 << 20
"""A front end that takes no answers is stuck, and is left to itself."""


class Ask(Struct, frozen=True, array_like=True, tag=0):
    """Asks for the cached readings of documents. Those without one are the asker's to read, until its `Keep`."""

    ticket: int
    keys: tuple[bytes, ...]


class Enter(Struct, frozen=True, array_like=True, tag=1):
    """Wait for a place (`Places.enter`)."""

    ticket: int
    sender: bytes
    cost_s: float


class Leave(Struct, frozen=True, array_like=True, tag=2):
    """The place is free, or not wanted any more."""

    ticket: int


class Keep(Struct, frozen=True, array_like=True, tag=3):
    """Keep these results; what else was the asker's to read may be read by others again. Empty bytes mean *read it again*."""

    ticket: int
    results: tuple[tuple[bytes, bytes], ...] = ()


class Found(Struct, frozen=True, array_like=True, tag=0):
    """Answers `Ask`, in the order of its keys."""

    ticket: int
    results: tuple[bytes | None, ...]


class Turn(Struct, frozen=True, array_like=True, tag=1):
    """Answers `Enter`."""

    ticket: int
    threads: int


Question: TypeAlias = Ask | Enter | Leave | Keep
Answer: TypeAlias = Found | Turn

QUESTIONS: msgspec.msgpack.Decoder[Question] = msgspec.msgpack.Decoder(Question)
ANSWERS: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class _Channel:
    """One front end."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.frames = Frames(QUESTIONS)
        self.unsent = bytearray()


class DeskService:
    """Serves the front ends until the door and all channels are closed."""

    def __init__(
        self, door: socket.socket, *, places: int, shelf: Shelf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._door = door
        self._places: Places[tuple[_Channel, int]] = Places(places)
        self._shelf = shelf
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._tickets: set[tuple[_Channel, int]] = set()
        """Those that wait for a place or have one."""
        self._claims: dict[bytes, tuple[_Channel, int]] = {}
        """Asker that reads each document."""
        self._parked: list[tuple[_Channel, Ask]] = []
        """Questions for what others are reading, in their order."""

    def run(self) -> None:
        """Serve."""
        self._door.setblocking(False)
        self._selector.register(self._door, selectors.EVENT_READ)
        with self._selector:
            while self._selector.get_map():
                for key, event in self._selector.select(_SWEEP_S):
                    if key.data is None:
                        self._admit_front_end()
                    elif event & selectors.EVENT_READ:
                        self._receive(key.data)
                    else:
                        self._send(key.data)
                self._shelf.drop_old(self._clock())

    def _admit_front_end(self) -> None:
        for sock in admitted(self._door, self._selector):
            channel = _Channel(sock)
            self._selector.register(channel.sock, selectors.EVENT_READ, channel)

    def _receive(self, channel: _Channel) -> None:
        try:
            data = channel.sock.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._forget(channel)
            return
        for question in channel.frames.take(data):
            self._take(channel, question)
        self._admit()

    def _take(self, channel: _Channel, question: Question) -> None:
        ticket = (channel, question.ticket)
        match question:
            case Ask():
                self._parked.append((channel, question))
                self._answer_parked()
            case Enter(sender=sender, cost_s=cost_s):
                self._tickets.add(ticket)
                self._places.enter(ticket, sender=sender, cost_s=cost_s, now=self._clock())
            case Leave():
                self._tickets.discard(ticket)
                self._places.leave(ticket)
            case Keep(results=results):
                for key, value in results:
                    if not value or self._claims.get(key) == ticket:
                        self._shelf.put(key, value, self._clock())
                self._give_up(lambda one: one == ticket)

    def _give_up(self, mine: Callable[[tuple[_Channel, int]], bool]) -> None:
        """End the claims and questions of one mail, or of one front end."""
        self._claims = {key: one for key, one in self._claims.items() if not mine(one)}
        self._parked = [(channel, ask) for channel, ask in self._parked if not mine((channel, ask.ticket))]
        self._answer_parked()

    def _answer_parked(self) -> None:
        waiting, self._parked = self._parked, []
        for channel, ask in waiting:
            now = self._clock()
            found = tuple(self._shelf.get(key, now) for key in ask.keys)
            wanted = {key for key, result in zip(ask.keys, found, strict=True) if not result}
            if wanted & self._claims.keys():
                self._parked.append((channel, ask))
                continue
            self._claims.update(dict.fromkeys(wanted, (channel, ask.ticket)))
            self._answer(channel, Found(ask.ticket, found))

    def _admit(self) -> None:
        for ticket, threads in self._places.admit():
            self._answer(ticket[0], Turn(ticket[1], threads))

    def _answer(self, channel: _Channel, answer: Answer) -> None:
        channel.unsent += framed(answer)
        self._send(channel)

    def _send(self, channel: _Channel) -> None:
        try:
            del channel.unsent[: channel.sock.send(channel.unsent)]
        except BlockingIOError:
            pass
        except OSError:
            channel.unsent.clear()  # that it is gone is seen when reading
        if len(channel.unsent) > _UNSENT_LIMIT:
            with suppress(OSError):
                channel.sock.shutdown(socket.SHUT_RDWR)
        event = selectors.EVENT_READ | (selectors.EVENT_WRITE if channel.unsent else 0)
        with suppress(KeyError):
            self._selector.modify(channel.sock, event, channel)

    def _forget(self, channel: _Channel) -> None:
        """End everything of a front end that has gone."""
        self._selector.unregister(channel.sock)
        channel.sock.close()
        for ticket in [ticket for ticket in self._tickets if ticket[0] is channel]:
            self._tickets.discard(ticket)
            self._places.leave(ticket)
        self._give_up(lambda one: one[0] is channel)
        self._admit()


def desk_process(*, places: int, cache_bytes: int, cache_age_s: float, release: Callable[[], None]) -> DoorProcess:
    """Prepare the desk as a process that the supervisor replaces when it dies; it ends with the supervisor, and with it everything that was kept."""
    parent = os.getpid()

    def serve(inner: socket.socket) -> None:
        end_with(parent)
        DeskService(inner, places=places, shelf=Shelf(limit_bytes=cache_bytes, age_s=cache_age_s)).run()

    return DoorProcess("gateway-desk", serve, release, ended_by=signal.SIGKILL)
