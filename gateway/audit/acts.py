"""What people do, into the log: a record is durable before the thing itself is done, else it is not done."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Coroutine, Iterator
from concurrent.futures import TimeoutError as TooLateError
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from msgspec import structs

from gateway.audit import record as r
from gateway.audit.chain import Entry
from gateway.audit.channel import Channel
from gateway.audit.committer import Committer
from gateway.audit.facts import text
from gateway.audit.service import conclude
from gateway.audit.side_tables import Mark
from gateway.errors import AuditError, AuditLostError
from gateway.texts.catalogue import both

PATIENCE_S: Final = 10.0


class Acts:
    """The way of acts from the threads of one process to the writer of the log. Made within its event loop."""

    def __init__(self, door: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._channel = Channel(door)
        self._process = secrets.token_hex(4)
        self._owed: list[r.Act] = []
        """Acts that may stand in the log and were not done: the next record goes with a word on them."""

    def put(self, act: r.Act) -> int:
        """Record an act, from a thread; return its place in the chain. AuditError when it may not be there."""
        return self._awaited(self.record(act))

    async def record(self, act: r.Act) -> int:
        """Record an act, within the loop; as `put`."""
        act = cut(act)
        owed, self._owed = self._owed, []
        wanted = [self._channel.put(Entry(r.body(one, self._process))) for one in (*owed, act)]
        try:
            return (await asyncio.gather(*wanted))[-1]
        except asyncio.CancelledError:
            self._owed += [*owed, failed(act)]
            raise
        except AuditLostError:
            self._owed += [*owed, failed(act)]
            raise
        except AuditError:
            self._owed += owed
            raise

    def write(self, record: r.Record, mark: Mark | None = None) -> int:
        """Write another record, with what the side tables keep of it, from a thread; as `put`, but nothing is taken back."""
        return self._awaited(self.note(record, mark))

    def recover(self) -> None:
        """Have the mails concluded that processes which are gone left open, from a thread; AuditError."""
        self._awaited(self._recover())

    def _awaited(self, work: Coroutine[None, None, int]) -> int:
        done = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return done.result(PATIENCE_S)
        except TooLateError:
            done.cancel()
            raise AuditLostError(both("audit", "fault", "writer_lost", reason="timeout")) from None

    async def note(self, record: r.Record, mark: Mark | None = None) -> int:
        """Write another record, within the loop; as `write`."""
        return await self._channel.put(Entry(r.body(record, self._process), mark))

    async def _recover(self) -> int:
        recovery = await self._channel.recover(self._process)
        return len(recovery.unknown) + len(recovery.not_sent)

    def alive(self, patience_s: float) -> bool:
        """Whether the writer answers, from a thread."""
        asked = asyncio.run_coroutine_threadsafe(self._channel.ping(), self._loop)
        try:
            return asked.result(patience_s)
        except (TooLateError, AuditError):
            asked.cancel()
            return False

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()


def failed(act: r.Act) -> r.Act:
    """Return the record that takes an act back: it was recorded, perhaps, and not done."""
    return structs.replace(act, ok=False)


def cut(act: r.Act) -> r.Act:
    """Return an act with texts that JSON can carry and no longer than a line or two."""
    texts = {name: text(getattr(act, name), limit) for name, limit in _LIMITS.items()}
    return structs.replace(act, **texts)


_LIMITS: Final = {"who": 320, "what": 64, "about": 320, "reason": 500, "client": 64}


def record_at_once(data: Path, act: r.Act) -> int:
    """Record an act of a command, beside a running gateway or without one; AuditError when it cannot be."""
    return write_at_once(data, cut(act))


def write_at_once(data: Path, record: r.Record, mark: Mark | None = None) -> int:
    """Write any record of a command; as `record_at_once`."""
    with _committer(data) as committer:
        return committer.commit([Entry(r.body(record, secrets.token_hex(4)), mark)])


def recover_at_once(data: Path) -> None:
    """Have the mails concluded that processes which are gone left open; AuditError."""
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
