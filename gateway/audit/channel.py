"""A front end's channel to the log writer: sends records, receives a sequence number or an error for each group."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from gateway.audit.chain import Entry
from gateway.audit.wire import ANSWERS, Answer, Append, Appended, Failed, Question, Recover, Recovery
from gateway.errors import AuditError, AuditLostError, KnownReferenceError
from gateway.system.door import DoorClient
from gateway.texts.catalogue import both


class Channel(DoorClient[Answer]):
    """The connection to the writer; records put in one step of the event loop are committed, or fail, together."""

    def __init__(
        self, door: socket.socket, on_settled: Callable[[AuditError | None], None] = lambda _error: None
    ) -> None:
        """Prepare; `on_settled` is called with the result of each group of records."""
        super().__init__(door, ANSWERS)
        self._on_settled = on_settled
        self._loop = asyncio.get_running_loop()
        self._entries: list[Entry] = []
        """Records of the current step of the loop."""
        self._futures: list[asyncio.Future[int] | None] = []
        self._asked: deque[tuple[float, Callable[[Answer | AuditError], None]]] = deque()
        """Pending requests in order: start time and callback."""

    @property
    def unanswered_s(self) -> float:
        """Age of the oldest pending request in seconds; 0 without one."""
        return self._loop.time() - self._asked[0][0] if self._asked else 0.0

    def probe(self) -> None:
        """Have the writer test a commit, unless a request is pending."""
        if not (self._asked or self._entries):
            self._ask(Append([]), partial(self._settle, []))

    def put(self, *entries: Entry) -> asyncio.Future[int]:
        """Queue records; the future gets the last one's sequence number once they are durable, else `AuditError`."""
        if not self._entries:
            self._loop.call_soon(self._send_entries)
        future: asyncio.Future[int] = self._loop.create_future()
        self._entries += entries
        self._futures += (*(None,) * (len(entries) - 1), future)
        return future

    def recover(self, process: str) -> asyncio.Future[Recovery]:
        """Conclude open mails of dead processes."""
        future: asyncio.Future[Recovery] = self._loop.create_future()
        self._ask(Recover(process), partial(_settle_recovery, future))
        return future

    async def ping(self) -> bool:
        """Check that the writer responds and can take the write lock; AuditError when it cannot."""
        future: asyncio.Future[int] = self._loop.create_future()
        self._ask(Append([]), partial(_settle_records, [future]))
        return await future >= 0

    def close(self) -> None:
        """Close the channel; pending requests fail."""
        self.lose("closed")

    def heard(self, answer: Answer) -> None:
        """Resolve the oldest pending request."""
        self._asked.popleft()[1](answer)

    def lost(self, cause: object) -> None:
        """Fail all pending requests."""
        asked, self._asked = self._asked, deque()
        for _, settle in asked:
            settle(AuditLostError(both("audit", "fault", "writer_lost", reason=cause)))

    def _send_entries(self) -> None:
        entries, self._entries = self._entries, []
        futures, self._futures = self._futures, []
        self._ask(Append(entries), partial(self._settle, futures))

    def _settle(self, futures: list[asyncio.Future[int] | None], answer: Answer | AuditError) -> None:
        written = isinstance(answer, Appended) or (isinstance(answer, Failed) and answer.known)
        self._on_settled(None if written else _error(answer))
        _settle_records(futures, answer)

    def _ask(self, question: Question, settle: Callable[[Answer | AuditError], None]) -> None:
        self._asked.append((self._loop.time(), settle))
        self.send(question)


def _settle_records(futures: Sequence[asyncio.Future[int] | None], answer: Answer | AuditError) -> None:
    for offset, future in enumerate(futures):
        if future is None or future.done():
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


def _error(answer: object) -> AuditError:
    match answer:
        case AuditError():
            return answer
        case Failed(cause, known):
            return KnownReferenceError(cause) if known else AuditError(cause)
        case _:
            return AuditError("the audit writer gave an answer to something else")
