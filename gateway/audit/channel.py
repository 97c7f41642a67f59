"""A front end's way to the writer of the log: records out, and for each group its place in the chain or an error."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from gateway.audit.chain import Entry
from gateway.audit.wire import READ_BYTES, Answer, Append, Appended, Failed, Frames, Question, Recover, Recovery, encode
from gateway.errors import AuditError, AuditLostError
from gateway.texts.catalogue import both


class Channel:
    """The connection to the writer; made at the first use, and anew after the writer was replaced.

    What is put in one step of the loop goes together: it is written in one commit, or fails together.
    """

    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._sock: socket.socket | None = None
        self._frames = Frames()
        self._entries: list[Entry] = []
        """Of this step of the loop."""
        self._futures: list[asyncio.Future[int]] = []
        self._asked: deque[Callable[[Answer | AuditError], None]] = deque()
        """Who wants the coming answers, in their order."""
        self._unsent = bytearray()
        self._blocked = False
        """The writer has too much in hand already."""

    def put(self, entry: Entry) -> asyncio.Future[int]:
        """Hand over a record; the future gets its sequence number once it is durable, else `AuditError`."""
        if not self._entries:
            self._loop.call_soon(self._send_entries)
        future: asyncio.Future[int] = self._loop.create_future()
        self._entries.append(entry)
        self._futures.append(future)
        return future

    def recover(self, process: str) -> asyncio.Future[Recovery]:
        """Have the mails concluded that processes which are gone left open."""
        future: asyncio.Future[Recovery] = self._loop.create_future()
        self._ask(Recover(process), partial(_settle_recovery, future))
        return future

    def close(self) -> None:
        """Close the channel; what has not been answered fails."""
        self._lose("closed")

    def _send_entries(self) -> None:
        entries, self._entries = self._entries, []
        futures, self._futures = self._futures, []
        self._ask(Append(entries), partial(_settle_records, futures))

    def _ask(self, question: Question, settle: Callable[[Answer | AuditError], None]) -> None:
        self._asked.append(settle)
        self._unsent += encode(question)
        if self._blocked:
            return
        try:
            self._send(self._sock or self._connect())
        except OSError as error:
            self._lose(error)

    def _connect(self) -> socket.socket:
        """Make a pair of sockets and hand one end in through the door."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._door, [b"."], [theirs.fileno()], socket.MSG_DONTWAIT)
        ours.setblocking(False)
        self._sock, self._frames = ours, Frames()
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
            self._lose(error)

    def _receive(self, sock: socket.socket) -> None:
        try:
            data = sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(error)
            return
        if not data:
            self._lose("EOF")
        for answer in self._frames.answers(data):
            self._asked.popleft()(answer)

    def _lose(self, cause: object) -> None:
        """Give the connection up; everyone who waits is told, and the next record makes another."""
        sock, self._sock = self._sock, None
        if sock is not None:
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)
            sock.close()
        self._unsent.clear()
        self._blocked = False
        asked, self._asked = self._asked, deque()
        for settle in asked:
            settle(AuditLostError(both("audit", "fault", "writer_lost", reason=cause)))


def _settle_records(futures: list[asyncio.Future[int]], answer: Answer | AuditError) -> None:
    for offset, future in enumerate(futures):
        if future.done():
            continue
        if isinstance(answer, Appended):
            future.set_result(answer.first + offset)
        else:
            future.set_exception(_error(answer))


def _settle_recovery(future: asyncio.Future[Recovery], answer: Answer | AuditError) -> None:
    if future.done():
        return
    if isinstance(answer, Recovery):
        future.set_result(answer)
    else:
        future.set_exception(_error(answer))


def _error(answer: Answer | AuditError) -> AuditError:
    match answer:
        case AuditError():
            return answer
        case Failed(cause):
            return AuditError(cause)
        case _:
            return AuditError("the audit writer gave an answer to something else")
