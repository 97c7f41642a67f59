"""Connections to the cluster's PostgreSQL: the only module that imports psycopg, and only when `cluster.dsn` is set.

`connect` is for commands and background processes and may block. `Database` is for an event loop with mails in flight:
each statement has a deadline, after which the mail proceeds without the database.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from gateway.config.cluster import Cluster
from gateway.errors import TemporaryError, UserError
from gateway.files import read_file
from gateway.texts.catalogue import both

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]
else:
    Connection = Any


BUDGET_S: Final = 0.05
"""Longest wait of a mail for the database."""
PATIENCE_S: Final = 6.0
"""Response deadline of a background process."""
_CONNECT_S: Final = 5.0
_PAUSE_S: Final = 1.0
"""Between connection attempts during an outage."""
_PATIENCE_S: Final = 1.0
"""Without a response, until a connection is dropped."""
_END_S: Final = 0.5
_AT_ONCE: Final = 64
"""Statements in one pipeline."""

Rows = list[tuple[Any, ...]]
Values = Sequence[object] | Mapping[str, object]


class DatabaseError(TemporaryError):
    """The cluster's database is unreachable, or rejected a statement."""


def _library() -> Any:
    """Return psycopg; UserError when it is not installed."""
    try:
        import psycopg
    except ImportError as error:
        raise UserError(both("cluster", "fault", "no_library", error=error)) from None
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # we report its warnings ourselves
    return psycopg


def _options(cluster: Cluster) -> dict[str, Any]:
    """Return connection options; the password comes from `password_file`, or from libpq's own sources (PGPASSFILE)."""
    if not cluster.dsn:
        raise UserError(both("cluster", "fault", "no_dsn"))
    options: dict[str, Any] = {"conninfo": cluster.dsn, "autocommit": True, "connect_timeout": int(_CONNECT_S)}
    if cluster.password_file is not None:
        options["password"] = read_file(cluster.password_file).decode("utf-8", "replace").strip()
    return options | {"application_name": f"gateway-{cluster.node}"}


def connect(cluster: Cluster) -> Connection:
    """Return a blocking connection in autocommit; DatabaseError when the database is unreachable."""
    psycopg = _library()
    try:
        connection: Connection = psycopg.connect(**_options(cluster))
    except psycopg.Error as error:
        raise DatabaseError(both("cluster", "fault", "unreachable", error=told(error))) from None
    return connection


def cut(connection: Any) -> None:
    """Shut a connection's socket down; a pending wait on it fails at once."""
    with suppress(OSError, *failures()), socket.socket(fileno=os.dup(connection.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def within(connection: Connection, seconds: float = PATIENCE_S) -> Iterator[None]:
    """Cut the connection when the block exceeds a deadline."""
    timer = threading.Timer(seconds, cut, (connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def failures() -> tuple[type[Exception], ...]:
    """Return the exception classes that a statement may raise, for `except`."""
    return (_library().Error,)


def told(error: Exception) -> str:
    """Return the error text of the database in one line; it names hosts and users, never a password."""
    return " ".join(str(error).split()) or type(error).__name__


class Database:
    """One connection for one event loop; during an outage each query returns None at once.

    When a query misses its deadline, all pending queries return None, and so do new ones until the database responds.
    After a second without a response the connection is dropped; a new one is used once it responds within the budget.
    So a hanging database costs the budget once, and a brief stall disables it only for its duration.
    """

    def __init__(self, cluster: Cluster, *, on_change: Callable[[str | None], None] = lambda _: None) -> None:
        """`on_change` is called with the reason when an outage begins, and with None when it ends."""
        self._cluster = cluster
        self._on_change = on_change
        self._connection: Any = None
        self._waiting: list[_Question] = []
        self._asked = asyncio.Event()
        self._reaching: Any = None
        """A connection that is being established."""
        self._late_since: float | None = None
        """When a query missed its deadline; None once the database has responded."""
        self._closing = False
        self._away: bool | None = None
        """Whether an outage lasts; None before the first connection attempt."""
        self._task: asyncio.Task[None] | None = None

    @property
    def present(self) -> bool:
        """Whether a query would be sent to the database."""
        return self._connection is not None and self._late_since is None

    def start(self) -> None:
        """Start connecting in the background; mails do not wait for it."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Close the connection; pending queries return None."""
        if self._task is not None:
            self._closing = True
            self._give_up()
            if self._reaching is not None:
                cut(self._reaching)
            await asyncio.wait((self._task,), timeout=_END_S)
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def ask(self, statement: str, values: Values = (), *, within_s: float = BUDGET_S) -> Rows | None:
        """Run one statement and return its rows; None during an outage or after the deadline.

        After None the statement may or may not have run.
        """
        if not self.present:
            return None
        question = _Question(statement, values)
        self._waiting.append(question)
        self._asked.set()
        await asyncio.wait((question.answer,), timeout=within_s)
        if question.answer.done():
            return question.answer.result()
        question.answer.cancel()
        self._late(within_s)
        return None

    def _late(self, within_s: float) -> None:
        """Suspend queries until the database responds; drop the connection after `_PATIENCE_S`."""
        if not self.present:
            return
        loop, connection = asyncio.get_running_loop(), self._connection
        self._late_since = since = loop.time()
        self._answer_none()

        def look() -> None:
            if self._connection is connection and self._late_since == since:
                self._give_up(both("cluster", "fault", "slow", limit_ms=round(within_s * 1000)))

        loop.call_later(_PATIENCE_S, look)

    def _answer_none(self) -> None:
        waiting, self._waiting = self._waiting, []
        for question in waiting:
            question.answered(None)

    def _give_up(self, reason: str = "") -> None:
        """Drop the connection and shut its socket down; pending waits on it fail."""
        connection, self._connection = self._connection, None
        self._late_since = None
        if connection is None:
            return
        self._answer_none()
        cut(connection)
        if reason:
            self._is_away(reason)
        self._asked.set()

    def _is_away(self, reason: str | None) -> None:
        if self._away is not (reason is not None):
            self._away = reason is not None
            self._on_change(reason)

    async def _keep(self) -> None:
        """Connect, serve queries, and reconnect after each failure, until closed."""
        away: tuple[type[Exception], ...] = (*failures(), OSError, TimeoutError, UserError)
        while not self._closing:
            try:
                connection = await self._reach()
            except away as error:
                self._is_away(told(error) if str(error) else both("cluster", "fault", "silent"))
            else:
                self._connection = connection
                self._is_away(None)
                try:
                    await self._answer(connection)
                finally:
                    self._give_up()
                    await connection.close()
            await asyncio.sleep(_PAUSE_S)

    async def _reach(self) -> Any:
        """Return a new connection that responds within the budget."""
        connection = await _library().AsyncConnection.connect(
            **_options(self._cluster), options="-c synchronous_commit=off -c statement_timeout=5s"
        )
        loop = asyncio.get_running_loop()
        # Cut, not cancelled: psycopg would send a cancel request to a hanging server and wait for it.
        self._reaching, end = connection, loop.call_later(_PATIENCE_S, cut, connection)
        try:
            began = loop.time()
            await connection.execute("SELECT 1")
            if loop.time() - began > BUDGET_S:
                raise OSError(both("cluster", "fault", "slow", limit_ms=round(BUDGET_S * 1000)))
        except BaseException:
            await connection.close()
            raise
        finally:
            self._reaching = None
            end.cancel()
        return connection

    async def _answer(self, connection: Any) -> None:
        """Serve queries until the connection is dropped; queued queries go out in one pipeline."""
        broken: tuple[type[Exception], ...] = (*failures(), OSError)
        while self._connection is connection:
            await self._asked.wait()
            self._asked.clear()
            while self._waiting and self._connection is connection:
                group, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
                try:
                    await _run(connection, group)
                    self._late_since = None
                except broken as error:
                    for question in group:
                        question.answered(None)
                    self._give_up(told(error))


class _Question:
    """A queued statement and the future of its rows."""

    __slots__ = ("answer", "statement", "values")

    def __init__(self, statement: str, values: Values) -> None:
        self.statement, self.values = statement.encode(), values
        self.answer: asyncio.Future[Rows | None] = asyncio.get_running_loop().create_future()

    def answered(self, rows: Rows | None) -> None:
        """Resolve the future, unless it is done."""
        if not self.answer.done():
            self.answer.set_result(rows)


async def _run(connection: Any, group: list[_Question]) -> None:
    """Run statements in one pipeline, each in its own transaction."""
    if len(group) == 1:
        cursor = await connection.execute(group[0].statement, group[0].values)
        group[0].answered(await _rows(cursor))
        return
    async with connection.pipeline() as pipeline:
        cursors = []
        for question in group:
            cursors.append(await connection.execute(question.statement, question.values))
            await pipeline.sync()
    for question, cursor in zip(group, cursors, strict=True):
        question.answered(await _rows(cursor))


async def _rows(cursor: Any) -> Rows:
    rows: Rows = await cursor.fetchall() if cursor.description else []
    return rows
