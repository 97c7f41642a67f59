"""Pending outcomes: those that could not be written are queued again with the next record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from gateway.audit import record as r
from gateway.audit.side_tables import Closed
from gateway.errors import AuditLostError


class OwedOutcomes:
    """Pending outcomes of one process."""

    def __init__(self, put: Callable[[r.Outcome, Closed], asyncio.Future[int] | None]) -> None:
        """Prepare; `put` queues an outcome, and returns None while the log is not open."""
        self._put = put
        self._owed: list[tuple[r.Outcome, Closed]] = []

    def hand_over(self, outcome: r.Outcome, mark: Closed) -> None:
        """Queue an outcome without waiting for it."""
        done = self._put(outcome, mark)
        if done is None:
            self._owed.append((outcome, mark))
        else:
            self.watch(done, outcome, mark)

    def watch(
        self, done: asyncio.Future[int], outcome: r.Outcome, mark: Closed, *, else_not_sent: bool = False
    ) -> None:
        """Retry a queued outcome if it is not written; with `else_not_sent` as *not sent*."""
        done.add_done_callback(partial(self._owe_again, (outcome, mark), else_not_sent=else_not_sent))

    def hand_over_all(self) -> None:
        """Queue all pending outcomes again."""
        owed, self._owed = self._owed, []
        for late in owed:
            self.hand_over(*late)

    def _owe_again(
        self, late: tuple[r.Outcome, Closed], done: asyncio.Future[int], *, else_not_sent: bool = False
    ) -> None:
        error = None if done.cancelled() else done.exception()
        if error is None:
            return
        if else_not_sent and not isinstance(error, AuditLostError):
            reference = late[1].reference
            late = (r.Outcome(id=reference, delivery=r.Delivery.NOT_SENT), Closed(reference))
        self._owed.append(late)
