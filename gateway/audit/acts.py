"""What people do, into the log: a record is durable before the thing itself is done, else it is not done."""

from __future__ import annotations

import asyncio
import secrets
import socket
from concurrent.futures import TimeoutError as TooLateError
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import structs

from gateway.audit import record as r
from gateway.audit.chain import Entry
from gateway.audit.channel import Channel
from gateway.audit.committer import Committer
from gateway.audit.facts import text
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
        done = asyncio.run_coroutine_threadsafe(self.record(act), self._loop)
        try:
            return done.result(PATIENCE_S)
        except TooLateError:
            done.cancel()
            raise AuditLostError(both("audit", "fault", "writer_lost", reason="timeout")) from None

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
    committer = Committer.open(data)
    try:
        return committer.commit([Entry(r.body(cut(act), secrets.token_hex(4)))])
    finally:
        with suppress(AuditError):
            committer.checkpoint()
        committer.close()
