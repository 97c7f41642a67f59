"""Password strength at AUTH (Điều 6): records yes or no per mailbox, and mails the owner of a weak password once.

Neither the password nor anything derived from it comes here. A mailbox is recorded when this process first sees it,
when the result changes, and again after a month. Of several processes only the one with the first record in a month
sends the notice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.audit import AuditLog
from gateway.audit.query import AuditReader
from gateway.config.sections import Passwords
from gateway.errors import AuditError, NoticeError, UserError
from gateway.model import Session
from gateway.nexthop.failures import HopFailedError, HopRefusedError
from gateway.notice import Notices, mailbox_of

_LOG = logging.getLogger("gateway.passwords")

MONTH: Final = timedelta(days=30)
_LIMIT_KNOWN: Final = 100_000
"""Mailboxes in memory; an evicted one is recorded once more than needed."""


class PasswordWatch:
    """Password results known to one process."""

    def __init__(
        self,
        settings: Passwords,
        audit: AuditLog,
        notices: Notices,
        *,
        data: Path,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._audit = audit
        self._notices = notices
        self._data = data
        self._clock = clock
        self._known: OrderedDict[str, tuple[bool, datetime]] = OrderedDict()

    async def judged(self, session: Session, login: str, *, sound: bool) -> None:
        """Process a result: record a new one, and send the notice if due."""
        now, key = self._clock(), login.casefold()
        before = self._known.get(key)
        if before is not None and before[0] is sound and now - before[1] < MONTH:
            return
        self._known[key] = (sound, now)
        self._known.move_to_end(key)
        while len(self._known) > _LIMIT_KNOWN:
            self._known.popitem(last=False)
        try:
            place = await self._audit.password_judged(session, login, sound=sound)
        except AuditError:
            self._known.pop(key, None)  # the next login is recorded
            raise
        if sound or not self._settings.notice:
            return
        try:
            if await asyncio.to_thread(_first_in_a_month, self._data, login, place, now - MONTH):
                await self._notify(login)
        except (AuditError, UserError, NoticeError, HopFailedError, HopRefusedError) as error:
            _LOG.warning("no notice was sent about a weak password: %s", error)

    async def _notify(self, login: str) -> None:
        """Send a notice to the next hop; a refused one is not retried within the month."""
        address = mailbox_of(login, self._settings.login_domain)
        if not address:
            return
        reply = await self._notices.send("weak_password", address, author=self._settings.notice_from)
        if reply is not None and reply.negative:
            _LOG.warning("the next hop did not take a notice about a weak password: %d", reply.code)


def _first_in_a_month(data: Path, login: str, place: int, since: datetime) -> bool:
    """Whether no earlier record since then reports this login's weak password; reads files, not for the event loop."""
    with AuditReader.open(data) as reader:
        return not reader.weak_password_before(login, place, since)
