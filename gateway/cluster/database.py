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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from gateway.cluster.pipelined import Pipelined, Question, Rows, Value
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
_BEGIN_S: Final = 1.0


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
        raise DatabaseError(both("cluster", "fault", "unreachable", error=reason_of(error))) from None
    return connection


@contextmanager
def centre(cluster: Cluster, fault: str = "not_read") -> Iterator[Connection]:
    """Open the database for a command; what it refuses within is a DatabaseError, in the words of `fault` if there are any."""
    with connect(cluster) as connection:
        try:
            yield connection
        except failures() as error:
            reason = reason_of(error)
            raise DatabaseError(both("cluster", "fault", fault, error=reason) if fault else reason) from None


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


def reason_of(error: Exception) -> str:
    """Return the error text of the database in one line; it names hosts and users, never a password."""
    return " ".join(str(error).split()) or type(error).__name__


class Database:
    """One connection for one event loop; during an outage each query returns None at once.

    When a query misses its deadline, new ones are sent but not waited for until the database responds. After a second without a
    response the connection is dropped; a new one is used once it responds within the budget. So a hanging database costs the budget
    once, and a brief stall disables it only for its duration.
    """

    def __init__(self, cluster: Cluster, *, on_change: Callable[[str | None], None] = lambda _: None) -> None:
        """`on_change` is called with the reason when an outage begins, and with None when it ends."""
        self._cluster = cluster
        self._on_change = on_change
        self._pipe: Pipelined | None = None
        self._reaching: Any = None
        """A connection that is being established."""
        self._lost: asyncio.Future[str] | None = None
        """Resolved with the reason when the connection is given up."""
        self._late_since: float | None = None
        """Time at which a query missed its deadline; None once the database has responded."""
        self._closing = False
        self._away: bool | None = None
        """Whether an outage lasts; None before the first connection attempt."""
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()

    @property
    def present(self) -> bool:
        """Return whether the answer to a query would be waited for."""
        return self._pipe is not None and self._late_since is None

    def start(self) -> None:
        """Start connecting in the background; mails do not wait for it."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep())

    async def tried(self) -> None:
        """Wait until the first attempt to connect has succeeded or failed, for a second at most."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._tried.wait(), _BEGIN_S)

    async def close(self) -> None:
        """Wait briefly for pending answers, and close the connection."""
        if self._pipe is not None and (unanswered := self._pipe.unanswered):
            await asyncio.wait(unanswered, timeout=_END_S)
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

    def put(
        self,
        statement: str,
        *values: Value,
        within_s: float | None = None,
        unanswered: Callable[[], None] = lambda: None,
    ) -> Question:
        """Send one statement; its answer is None during an outage or after the deadline (50 ms), and then `unanswered` is called.

        After None the statement may or may not have run.
        """
        within_s = BUDGET_S if within_s is None else within_s
        question = Question(unanswered)
        if self.present:
            question.timer = asyncio.get_running_loop().call_later(within_s, self._late, question, within_s)
        else:
            question.answered(None)
        if self._pipe is not None:  # also while it is late: what is stored then is stored
            self._pipe.send(question, statement, values)
        return question

    async def ask(self, statement: str, *values: Value, within_s: float | None = None) -> Rows | None:
        """Run one statement and return its rows, or None as the answer of `put`."""
        return await self.put(statement, *values, within_s=within_s).answer

    def _late(self, question: Question, within_s: float) -> None:
        """Suspend queries until the database responds; drop the connection after `_PATIENCE_S`."""
        pipe = self._pipe
        if pipe is not None:
            pipe.read()  # what has arrived is an answer, however late this loop comes to look
        if question.answer.done():
            return
        question.answered(None)
        if not self.present:
            return
        loop = asyncio.get_running_loop()
        self._late_since = since = loop.time()

        def look() -> None:
            if self._pipe is pipe and self._late_since == since:
                self._give_up(both("cluster", "fault", "slow", limit_ms=round(within_s * 1000)))

        loop.call_later(_PATIENCE_S, look)

    def _answered(self) -> None:
        self._late_since = None

    def _give_up(self, reason: str = "") -> None:
        """Stop using the connection; pending queries return None."""
        pipe, self._pipe = self._pipe, None
        self._late_since = None
        if pipe is not None:
            pipe.close()
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(reason)

    def _is_away(self, reason: str | None) -> None:
        self._tried.set()
        if self._away is not (reason is not None):
            self._away = reason is not None
            self._on_change(reason)

    async def _keep(self) -> None:
        """Connect, and reconnect after each failure, until closed."""
        away: tuple[type[Exception], ...] = (*failures(), OSError, TimeoutError, UserError)
        while not self._closing:
            try:
                connection = await self._reach()
            except away as error:
                self._is_away(reason_of(error) if str(error) else both("cluster", "fault", "silent"))
            else:
                self._lost = asyncio.get_running_loop().create_future()
                self._pipe = Pipelined(
                    _library(), connection, self._answered, lambda error: self._give_up(reason_of(error))
                )
                self._is_away(None)
                try:
                    if reason := await self._lost:
                        self._is_away(reason)
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
