"""Statements of an event loop on one PostgreSQL connection in libpq's pipeline mode.

Each statement is prepared once and is its own transaction. Results are read by a callback of the loop: a statement needs neither a
task nor a wait of its own, which is most of what it would cost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

Rows = list[tuple[Any, ...]]
Value = bytes | str | int | float

_TEXT, _BINARY = 0, 1


class Question:
    """A statement that was sent, or could not be."""

    __slots__ = ("answer", "rows", "timer", "unanswered")

    def __init__(self, unanswered: Callable[[], None]) -> None:
        self.answer: asyncio.Future[Rows | None] = asyncio.get_running_loop().create_future()
        """Its rows; None once the caller has left."""
        self.rows: Rows | None = None
        """Its rows, also when they came too late for `answer`."""
        self.timer: asyncio.TimerHandle | None = None
        self.unanswered = unanswered
        """Called once when the answer is None."""

    def answered(self, rows: Rows | None) -> None:
        """Note the rows, or that there are none to wait for."""
        if self.timer is not None:
            self.timer.cancel()
        self.rows = rows
        if not self.answer.done():
            self.answer.set_result(rows)
            if rows is None:
                self.unanswered()


class Pipelined:
    """A connection, from its first statement to its loss."""

    def __init__(
        self, psycopg: Any, connection: Any, on_answer: Callable[[], None], on_lost: Callable[[Exception], None]
    ) -> None:
        """Take over an idle connection of psycopg; `on_lost` is called once, with what broke it."""
        self._broken: tuple[type[Exception], ...] = (psycopg.Error, OSError)
        self._status = psycopg.pq.ExecStatus
        self._types = psycopg.adapt.Transformer(connection)
        self._pg = connection.pgconn
        self._on_answer, self._on_lost = on_answer, on_lost
        self._prepared: dict[str, tuple[bytes, list[int]]] = {}
        """Name of each statement, and the formats of its parameters."""
        self._sent: deque[Question] = deque()
        self._rows: Rows = []
        self._error: Exception | None = None
        self._loop = asyncio.get_running_loop()
        self._pg.nonblocking = 1
        self._pg.enter_pipeline_mode()
        self._socket = self._pg.socket
        self._loop.add_reader(self._socket, self.read)

    @property
    def unanswered(self) -> list[asyncio.Future[Rows | None]]:
        """The answers that are waited for."""
        return [question.answer for question in self._sent if not question.answer.done()]

    def send(self, question: Question, statement: str, values: Sequence[Value]) -> None:
        """Send a statement with parameters `$1`, `$2` ..."""
        self._sent.append(question)
        octets = [value if type(value) is bytes else str(value).encode() for value in values]
        try:
            prepared = self._prepared.get(statement)
            if prepared is None:
                formats = [_BINARY if isinstance(value, bytes | str) else _TEXT for value in values]
                prepared = self._prepared[statement] = b"gateway-%d" % len(self._prepared), formats
                self._pg.send_prepare(prepared[0], statement.encode())
            self._pg.send_query_prepared(prepared[0], octets, prepared[1], result_format=_BINARY)
            self._pg.pipeline_sync()
            self._flush()
        except self._broken as error:
            self._lost(error)

    def read(self) -> None:
        """Take the results that have arrived."""
        try:
            self._pg.consume_input()
            while self._sent and not self._pg.is_busy():
                result = self._pg.get_result()
                if result is not None:
                    self._take(result)
        except self._broken as error:
            self._error = self._error or error
        if self._error is not None:
            self._lost(self._error)

    def close(self) -> None:
        """Stop reading; nothing that was sent has an answer any more."""
        sent, self._sent = self._sent, deque()
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        for question in sent:
            question.answered(None)

    def _take(self, result: Any) -> None:
        match result.status:
            case self._status.PIPELINE_SYNC:
                rows, self._rows = self._rows, []
                self._sent.popleft().answered(rows if self._error is None else None)
                self._on_answer()
            case self._status.TUPLES_OK:
                self._types.set_pgresult(result)
                self._rows = self._types.load_rows(0, result.ntuples, tuple)
            case self._status.FATAL_ERROR:
                self._error = OSError(result.get_error_message())
            case _:  # prepared, or a statement without rows
                pass

    def _flush(self) -> None:
        if self._pg.flush():
            self._loop.add_writer(self._socket, self._writable)

    def _writable(self) -> None:
        self._loop.remove_writer(self._socket)
        try:
            self._flush()
        except self._broken as error:
            self._lost(error)

    def _lost(self, error: Exception) -> None:
        """Give up the connection; a refused statement does that too, for we do not know what else it would refuse."""
        self.close()
        on_lost, self._on_lost = self._on_lost, _nothing
        on_lost(error)


def _nothing(_error: Exception) -> None:
    pass
