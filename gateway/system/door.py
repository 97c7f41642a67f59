"""Local server process: front ends pass a socket in and speak length-prefixed msgpack over it.

The supervisor keeps both ends of the door, so that front ends find the next process behind it when one has died.
"""

from __future__ import annotations

import array
import asyncio
import os
import select
import selectors
import signal
import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, Generic, TypeVar

import msgspec

from gateway.system.heart import Heart
from gateway.system.supervised import SupervisedProcess, leave_group_signals

_Value = TypeVar("_Value")
_LENGTH: Final = struct.Struct("!I")
_READ_BYTES: Final = 1 << 18


def framed(value: msgspec.Struct | int) -> bytes:
    """Return a value as it goes over the socket."""
    payload = msgspec.msgpack.encode(value)
    return _LENGTH.pack(len(payload)) + payload


class Frames(Generic[_Value]):
    """Bytes from a socket, cut into values."""

    def __init__(self, decoder: msgspec.msgpack.Decoder[_Value]) -> None:
        self._decoder = decoder
        self._octets = bytearray()

    def take(self, data: bytes) -> Iterator[_Value]:
        """Yield the values that these bytes complete."""
        octets = self._octets
        octets += data
        begin = 0
        while len(octets) >= begin + _LENGTH.size:
            end = begin + _LENGTH.size + _LENGTH.unpack_from(octets, begin)[0]
            if len(octets) < end:
                break
            yield self._decoder.decode(octets[begin + _LENGTH.size : end])
            begin = end
        del octets[:begin]


def hand_in(door: socket.socket, sock: socket.socket) -> None:
    """Pass a socket in; BlockingIOError when none is accepted (`socket.send_fds` ignores flags and would block)."""
    rights = array.array("i", [sock.fileno()])
    door.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)], socket.MSG_DONTWAIT)


def admitted(door: socket.socket, selector: selectors.BaseSelector) -> list[socket.socket]:
    """Return the sockets that front ends pass in; the door is closed once all its other ends are."""
    found = handed_in(door)
    if found is None:
        selector.unregister(door)
        door.close()
        return []
    return found


def handed_in(door: socket.socket) -> list[socket.socket] | None:
    """Return the sockets of one message at the door, None once all its other ends are closed.

    The other end may send anything: an empty message is no end, a file is no socket.
    """
    try:
        data, descriptors, *_ = socket.recv_fds(door, 16, 1)
    except BlockingIOError:
        return []
    if not data and not descriptors and _hung_up(door):
        return None
    return list(_sockets(descriptors))


def _hung_up(door: socket.socket) -> bool:
    poll = select.poll()
    poll.register(door, 0)  # POLLHUP is always reported
    return any(event & select.POLLHUP for _, event in poll.poll(0))


def _sockets(descriptors: list[int]) -> Iterator[socket.socket]:
    for descriptor in descriptors:
        try:
            yield socket.socket(fileno=descriptor)
        except OSError:
            os.close(descriptor)


class DoorClient(ABC, Generic[_Value]):
    """A front end's connection to the process; made at the first use, and again after the process was replaced."""

    def __init__(self, door: socket.socket | None, answers: msgspec.msgpack.Decoder[_Value]) -> None:
        """Prepare; without a door every question is lost."""
        self._door = door
        self._answers = answers
        self._frames = Frames(answers)
        self._sock: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop
        self._unsent = bytearray()
        self._blocked = False
        """The process has too much in flight already."""

    @abstractmethod
    def heard(self, answer: _Value) -> None:
        """Take an answer."""

    @abstractmethod
    def lost(self, cause: object) -> None:
        """Fail all pending questions."""

    def send(self, question: msgspec.Struct | int) -> None:
        """Send a question; without a process at the door `lost` is called."""
        self._unsent += framed(question)
        if self._blocked:
            return
        try:
            self._send(self._sock or self._connect())
        except OSError as error:
            self.lose(error)

    def connect(self) -> None:
        """Connect now rather than at the first question; OSError when no process holds the door."""
        if self._sock is None:
            self._connect()

    def read(self, *, on: bool) -> None:
        """Stop or resume reading answers, so that the sender waits for a slow reader."""
        if self._sock is not None:
            if on:
                self._loop.add_reader(self._sock, self._receive, self._sock)
            else:
                self._loop.remove_reader(self._sock)

    def lose(self, cause: object) -> None:
        """Give the connection up; the next question makes another."""
        sock, self._sock = self._sock, None
        if sock is not None:
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)
            sock.close()
        self._unsent.clear()
        self._blocked = False
        self.lost(cause)

    def _connect(self) -> socket.socket:
        """Make a pair of sockets and hand one end in through the door."""
        if self._door is None:
            raise OSError
        ours, theirs = socket.socketpair()
        with theirs:
            hand_in(self._door, theirs)
        ours.setblocking(False)
        self._sock, self._frames = ours, Frames(self._answers)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(ours, self._receive, ours)
        return ours

    def _send(self, sock: socket.socket) -> None:
        with suppress(BlockingIOError):
            del self._unsent[: sock.send(self._unsent)]
        if bool(self._unsent) != self._blocked:
            self._blocked = not self._blocked
            if self._blocked:
                self._loop.add_writer(sock, self._send_more, sock)
            else:
                self._loop.remove_writer(sock)

    def _send_more(self, sock: socket.socket) -> None:
        try:
            self._send(sock)
        except OSError as error:
            self.lose(error)

    def _receive(self, sock: socket.socket) -> None:
        try:
            data = sock.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self.lose(error)
            return
        if not data:
            self.lose("EOF")
        for answer in self._frames.take(data):
            self.heard(answer)


class DoorProcess(SupervisedProcess):
    """One that serves a socket. The supervisor keeps both ends: front ends find the next process behind the same door."""

    def __init__(
        self,
        name: str,
        serve: Callable[[socket.socket], None],
        release: Callable[[], None],
        *,
        ended_by: signal.Signals | None = None,
        heart: Heart | None = None,
    ) -> None:
        """`release` gives back what is others' in the new process; it ends by `ended_by`, else with door and work."""
        super().__init__(name, self._behind_the_door, heart)
        self._serve = serve
        self._release = release
        self._ended_by = ended_by
        self._inner, self.door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def release(self) -> None:
        """Give back both ends of the door in a forked process that does not use it."""
        self._inner.close()
        self.door.close()

    def close(self) -> None:
        """Close the door and wait until the process has ended."""
        self.release()
        self.end(self._ended_by)

    def _behind_the_door(self) -> None:
        leave_group_signals()
        self.door.close()
        self._release()
        self._serve(self._inner)
