"""Password strength at AUTH (Điều 6): records yes or no per mailbox, and mails the owner of a weak password once.

Neither the password nor anything derived from it comes here. A mailbox is recorded when this process first sees it,
when the result changes, and again after a month. The book of notices lets one process send one notice in a month; one
that could not be sent is tried again at the next login.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.audit import AuditLog
from gateway.config.sections import Passwords
from gateway.errors import AuditError, NoticeError
from gateway.model import Session
from gateway.nexthop.failures import HopFailedError, HopRefusedError
from gateway.notice import Notices, mailbox_of

_LOG = logging.getLogger("gateway.passwords")

MONTH: Final = timedelta(days=30)
_LIMIT_KNOWN: Final = 100_000
"""Mailboxes in memory; an evicted one is recorded once more than needed."""


@dataclass
class _Judged:
    sound: bool
    at: datetime
    owed: bool
    """Whether a notice is still to be sent."""


class PasswordWatch:
    """Password results known to one process."""

    def __init__(
        self, settings: Passwords, audit: AuditLog, notices: Notices, *, clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._audit = audit
        self._notices = notices
        self._clock = clock
        self._known: OrderedDict[str, _Judged] = OrderedDict()

    async def judged(self, session: Session, login: str, *, sound: bool) -> None:
        """Process a result: record a new one, and send the notice if due."""
        now, key = self._clock(), login.casefold()
        known = self._known.get(key)
        if known is None or known.sound is not sound or now - known.at >= MONTH:
            known = self._known[key] = _Judged(sound, now, owed=not sound and self._settings.notice)
            self._known.move_to_end(key)
            while len(self._known) > _LIMIT_KNOWN:
                self._known.popitem(last=False)
            try:
                await self._audit.password_judged(session, login, sound=sound)
            except AuditError:
                self._known.pop(key, None)  # the next login is recorded
                raise
        if not known.owed:
            return
        known.owed = False
        try:
            known.owed = not await self._notified(login)
        except (NoticeError, HopFailedError, HopRefusedError) as error:
            known.owed = True
            _LOG.warning("no notice was sent about a weak password: %s", error)

    async def _notified(self, login: str) -> bool:
        """Send a notice to the next hop; False when it is to be sent again: refused for the time being, or no room today."""
        address = mailbox_of(login, self._settings.login_domain)
        if not address:
            return True
        reply = await self._notices.send(
            "weak_password", address, author=self._settings.notice_from, apart_s=MONTH.total_seconds()
        )
        if reply is None:
            return await self._notices.may_send(address)  # notified within the month, or over the limit of the day
        if not reply.negative:
            return True
        _LOG.warning("the next hop did not take a notice about a weak password: %d", reply.code)
        return reply.code >= 500
