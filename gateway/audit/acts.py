"""Audit records of administrative acts: the record is durable before the act is performed, or the act is refused."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Coroutine, Iterator
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as TooLateError
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from msgspec import structs

from gateway.audit import record as r
from gateway.audit.chain import HEAD_BYTES, Entry, ends
from gateway.audit.channel import Channel
from gateway.audit.committer import Committer
from gateway.audit.record_fields import text
from gateway.audit.service import conclude
from gateway.audit.side_tables import Mark
from gateway.audit.store import reading
from gateway.errors import AuditError, AuditLostError
from gateway.texts.catalogue import both

PATIENCE_S: Final = 10.0
_LIMIT_NEWEST: Final = 20_000


class Acts:
    """Channel for acts from the threads of one process to the log writer. Created within its event loop."""

    def __init__(self, door: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._channel = Channel(door)
        self._process = secrets.token_hex(4)
        self._owed: list[r.Act] = []
        """Acts that may be recorded but were not performed: a correction goes with the next record."""

    def put(self, act: r.Act) -> int:
        """Record an act, from a thread; return its sequence number. AuditError when it may not be recorded."""
        return self._awaited(self.record(act))

    async def record(self, act: r.Act) -> int:
        """Record an act, within the loop; as `put`."""
        act = cut(act)
        owed, self._owed = self._owed, []
        wanted = [self._channel.put(Entry(r.body(one, self._process))) for one in (*owed, act)]
        try:
            return (await asyncio.gather(*wanted))[-1]
        except (asyncio.CancelledError, AuditLostError):
            self._owed += [*owed, failed(act)]
            raise
        except AuditError:
            self._owed += owed
            raise

    def write(self, record: r.Record, mark: Mark | None = None) -> int:
        """Write any record and its side-table marks, from a thread; as `put`, but without a correction on failure."""
        return self._awaited(self.note(record, mark))

    def recover(self) -> None:
        """Conclude open mails of dead processes, from a thread; AuditError."""
        self._awaited(self._recover())

    def _awaited(self, work: Coroutine[None, None, int]) -> int:
        try:
            done = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:  # the loop is closed
            work.close()
            raise _lost("ended") from None
        try:
            return done.result(PATIENCE_S)
        except TooLateError:
            done.cancel()
            raise _lost("timeout") from None
        except CancelledError:
            raise _lost("ended") from None

    async def note(self, record: r.Record, mark: Mark | None = None) -> int:
        """Write any record, within the loop; as `write`."""
        return await self._channel.put(Entry(r.body(record, self._process), mark))

    async def _recover(self) -> int:
        recovery = await self._channel.recover(self._process)
        return len(recovery.unknown) + len(recovery.not_sent)

    def alive(self, patience_s: float) -> bool:
        """Check that the writer responds, from a thread."""
        asked = asyncio.run_coroutine_threadsafe(self._channel.ping(), self._loop)
        try:
            return asked.result(patience_s)
        except (TooLateError, AuditError):
            asked.cancel()
            return False

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()


def _lost(reason: str) -> AuditLostError:
    return AuditLostError(both("audit", "fault", "writer_lost", reason=reason))


def failed(act: r.Act) -> r.Act:
    """Return the correction of an act that may be recorded but was not performed."""
    return structs.replace(act, ok=False)


def cut(act: r.Act) -> r.Act:
    """Return an act with valid, bounded texts."""
    texts = {name: text(getattr(act, name), limit) for name, limit in _LIMITS.items()}
    return structs.replace(act, **texts)


_LIMITS: Final = {"who": 320, "what": 64, "about": 320, "reason": 500, "client": 64}


def record_at_once(data: Path, act: r.Act) -> int:
    """Record an act of a command, with or without a running gateway; AuditError when it cannot be recorded."""
    return write_at_once(data, cut(act))


def write_at_once(data: Path, record: r.Record, mark: Mark | None = None) -> int:
    """Write any record of a command; as `record_at_once`."""
    with _committer(data) as committer:
        return committer.commit([Entry(r.body(record, secrets.token_hex(4)), mark)])


def newest_acts(data: Path, since: int) -> tuple[int, list[r.Act]]:
    """Return the last place of a log, and the acts after another, in order; at most of the newest 20,000 records. UserError."""
    with reading(data) as connection:
        last = ends(connection)[1]
        bodies = connection.execute(
            "SELECT body, seq FROM record WHERE seq BETWEEN ? AND ? AND instr(substr(body, 1, ?), ?) ORDER BY seq",
            (max(since, last - _LIMIT_NEWEST) + 1, last, HEAD_BYTES, b'"kind":"act"'),
        )
        return last, [one for row in bodies if isinstance(one := r.read(*row), r.Act)]


def recover_at_once(data: Path) -> None:
    """Conclude open mails of dead processes; AuditError."""
    with _committer(data) as committer:
        conclude(committer, secrets.token_hex(4))


@contextmanager
def _committer(data: Path) -> Iterator[Committer]:
    committer = Committer.open(data)
    try:
        yield committer
    finally:
        with suppress(AuditError):
            committer.checkpoint()
        committer.close()
