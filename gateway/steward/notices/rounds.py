"""Polling loop of the notices: every few seconds queues new ones and runs the outbox."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import traceback
from collections.abc import Callable
from typing import Final

from gateway.errors import GatewayError
from gateway.notice.book import DAY_S
from gateway.notice.outbox import Outbox
from gateway.steward.notices.context import Notifier
from gateway.steward.notices.held import notify_of_held
from gateway.steward.notices.monthly import notify_reports
from gateway.steward.notices.requests import notify_of_requests
from gateway.steward.notices.troubles import Troubles
from gateway.steward.notices.waiting import notify_of_waiting

_LOG = logging.getLogger("gateway.steward")
ROUND_S: Final = 5.0
Notify = Callable[[Notifier], None]
NOTIFY_OF: Final[tuple[Notify, ...]] = (notify_of_requests, notify_of_held, notify_of_waiting, notify_reports)


class Rounds:
    """Polling loop of one steward."""

    def __init__(self, notifier: Notifier, outbox: Outbox) -> None:
        self._notifier = notifier
        self._outbox = outbox
        self._kinds: tuple[Notify, ...] = (*NOTIFY_OF, Troubles())
        self._said = ""
        self._prune_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop` is set; a delivery in progress completes."""
        recovered = False
        while not stop.is_set():
            try:
                if not recovered:
                    await self._outbox.recover()
                    recovered = True
                await self.once()
            except Exception as error:  # noqa: BLE001 - an error in one round must not end the loop
                self._say(_words(error))
            await _either(stop, ROUND_S)

    async def once(self) -> None:
        """Queue and send once; an error in one module does not stop the others."""
        faults = [fault for notify in self._kinds if (fault := await asyncio.to_thread(self._fault_of, notify))]
        await self._outbox.send_due()
        if (now := self._notifier.now) >= self._prune_at:
            await asyncio.to_thread(self._notifier.book.prune, now)
            self._prune_at = now + DAY_S
        self._say("; ".join(faults))

    def _fault_of(self, notify: Notify) -> str:
        try:
            notify(self._notifier)
        except Exception as error:  # noqa: BLE001 - a bug in one module must not stop the others
            return _words(error)
        return ""

    def _say(self, fault: str) -> None:
        """Log a repeated fault once."""
        if fault and fault != self._said:
            _LOG.error("%s", fault)
        self._said = fault


def _words(error: Exception) -> str:
    """Return the message of an expected error, the traceback of a bug."""
    if isinstance(error, GatewayError | OSError | sqlite3.Error):
        return str(error)
    return "".join(traceback.format_exception(error))


async def _either(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass
