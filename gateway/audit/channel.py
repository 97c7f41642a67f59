"""A front end's way to the writer of the log: records out, and for each group its place in the chain or an error."""

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
    """The connection to the writer.

    What is put in one step of the loop goes together: it is written in one commit, or fails together.
    """

    def __init__(
        self, door: socket.socket, on_settled: Callable[[AuditError | None], None] = lambda _error: None
    ) -> None:
        """Prepare; `on_settled` is called for each group of records: written, or why not."""
        super().__init__(door, ANSWERS)
        self._on_settled = on_settled
        self._loop = asyncio.get_running_loop()
        self._entries: list[Entry] = []
        """Of this step of the loop."""
        self._futures: list[asyncio.Future[int] | None] = []
        self._asked: deque[tuple[float, Callable[[Answer | AuditError], None]]] = deque()
        """Since when who wants the coming answers, in their order."""

    @property
    def unanswered_s(self) -> float:
        """How long the oldest question has waited; 0 when there is none."""
        return self._loop.time() - self._asked[0][0] if self._asked else 0.0

    def probe(self) -> None:
        """Have the writer try whether it can write, unless it has something to answer already."""
        if not (self._asked or self._entries):
            self._ask(Append([]), partial(self._settle, []))

    def put(self, *entries: Entry) -> asyncio.Future[int]:
        """Hand over records; the future gets the last one's sequence number once they are durable, else `AuditError`."""
        if not self._entries:
            self._loop.call_soon(self._send_entries)
        future: asyncio.Future[int] = self._loop.create_future()
        self._entries += entries
        self._futures += (*(None,) * (len(entries) - 1), future)
        return future

    def recover(self, process: str) -> asyncio.Future[Recovery]:
        """Have the mails concluded that processes which are gone left open."""
        future: asyncio.Future[Recovery] = self._loop.create_future()
        self._ask(Recover(process), partial(_settle_recovery, future))
        return future

    async def ping(self) -> bool:
        """Whether the writer answers and can take its turn at the log; AuditError when it cannot."""
        future: asyncio.Future[int] = self._loop.create_future()
        self._ask(Append([]), partial(_settle_records, [future]))
        return await future >= 0

    def close(self) -> None:
        """Close the channel; what has not been answered fails."""
        self.lose("closed")

    def heard(self, answer: Answer) -> None:
        """Give an answer to whoever asked first."""
        self._asked.popleft()[1](answer)

    def lost(self, cause: object) -> None:
        """Tell everyone who waits."""
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
