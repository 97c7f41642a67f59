"""Queue runner: one notice at a time, with retries while the next hop is unreachable, at most once.

`sending` is durable before the final dot: a process lost after it leaves the status *unknown*, as for relayed mail
(docs/decisions/0027).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from gateway.nexthop.failures import HopFailedError, HopRefusedError
from gateway.nexthop.hop import NextHop
from gateway.notice.book import Fate, NoticeBook, Waiting
from gateway.notice.mail import Attachment, Author, hand_over
from gateway.notice.sender import said

_LOG = logging.getLogger("gateway.notice")
PATIENCE_S: Final = 12 * 3600
"""Retry deadline in seconds."""
_SHORTEST_S: Final = 60.0
_LONGEST_S: Final = 1800.0


class NothingToSendError(Exception):
    """Raised for an attachment that does not exist: the notice is not sent."""


class Outbox:
    """Queue runner; created within its event loop."""

    def __init__(
        self,
        hop: NextHop,
        book: NoticeBook,
        author: Author,
        *,
        clock: Callable[[], float],
        attached: Callable[[Waiting], Attachment | None] = lambda _: None,
        on_lost: Callable[[Waiting], None] = lambda _: None,
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        """`attached` makes the attachment at each attempt, `on_lost` gets each lost notice; both run in threads.

        `on_idle` is called when every due notice was tried.
        """
        self._hop = hop
        self._book = book
        self._author = author
        self._clock = clock
        self._attached = attached
        self._on_lost = on_lost
        self._on_idle = on_idle

    async def recover(self) -> None:
        """Settle interrupted deliveries of an earlier process; call once before the first `send_due`."""
        await asyncio.to_thread(self._book.recover)

    async def send_due(self) -> None:
        """Send all due notices; stop when the next hop is unreachable. NoticeError when the book is unusable."""
        try:
            while (waiting := await asyncio.to_thread(self._book.due, self._clock())) is not None:
                if not await self._send(waiting):
                    return
        finally:
            self._on_idle()

    async def _send(self, waiting: Waiting) -> bool:
        """Send one notice; False when the next hop is unreachable or refuses the session."""
        try:
            mail = await asyncio.to_thread(self._made, waiting)
        except NothingToSendError:
            await asyncio.to_thread(self._book.settle, waiting.key, Fate.NONE)
            return True
        except Exception as error:  # noqa: BLE001 - a notice that cannot be rendered must not block the queue
            _LOG.error("notice %s", waiting.kind, exc_info=error)
            await self._again(waiting, str(error))
            return True

        async def sending() -> None:
            await asyncio.to_thread(self._book.settle, waiting.key, Fate.SENDING)

        try:
            reply = await hand_over(self._hop, waiting.recipient, mail, sending)
        except (HopFailedError, HopRefusedError) as error:
            if isinstance(error, HopFailedError) and error.after_final_dot:
                await self._lost(waiting, Fate.UNKNOWN, str(error))
                return True
            await self._again(waiting, str(error))
            return False
        if reply.positive:
            await asyncio.to_thread(self._book.settle, waiting.key, Fate.SENT, answer=said(reply))
        elif reply.code < 500:
            await self._again(waiting, said(reply))
        else:
            await self._lost(waiting, Fate.REFUSED, said(reply))
        return True

    def _made(self, waiting: Waiting) -> bytes:
        return self._author.writes(
            waiting.kind,
            waiting.recipient,
            self._clock(),
            waiting.fields,
            identity=waiting.key,
            attachment=self._attached(waiting),
        )

    async def _again(self, waiting: Waiting, answer: str) -> None:
        waited = self._clock() - waiting.at
        if waited >= PATIENCE_S:
            await self._lost(waiting, Fate.GIVEN_UP, answer)
            return
        due = self._clock() + min(_LONGEST_S, max(_SHORTEST_S, waited / 2))
        await asyncio.to_thread(self._book.again, waiting.key, due, answer=answer)

    async def _lost(self, waiting: Waiting, fate: Fate, answer: str) -> None:
        _LOG.warning("notice %s: %s: %s", waiting.kind, fate.value, answer)
        await asyncio.to_thread(self._book.settle, waiting.key, fate, answer=answer)
        await asyncio.to_thread(self._on_lost, waiting)
