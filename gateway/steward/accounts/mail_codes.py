"""Login of a mailbox of the directory by an eight-digit code sent to it.

The answer is the same, and comes as fast, whether or not there is such a mailbox: mails go out beside it. Codes are kept
in memory, as digests: one that was asked for before a restart must be asked for again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gateway.steward.accounts.throttle import Addresses
from gateway.steward.questions.refused import refused

GOOD_S: Final = 600
TRIES: Final = 5
MAILS_AN_HOUR: Final = 3
ALL_MAILS_AN_HOUR: Final = 600
"""To all mailboxes together, so that the city's server cannot be flooded through us."""
ASKED_OF_ADDRESS: Final = 100
"""Times that an address may ask within an hour; a whole ward may come from one."""
_HOUR_S: Final = 3600.0
_LIMIT_MAILBOXES: Final = 10_000


@dataclass
class _Pending:
    salt: bytes = b""
    digest: bytes = b""
    made: float = 0.0
    tries: int = 0
    sent: deque[float] = field(default_factory=deque)


class MailCodes:
    """Codes that are on their way."""

    def __init__(self, send: Callable[[str, str], None], *, clock: Callable[[], float]) -> None:
        """Prepare; `send` hands a code for a mailbox over to be sent, and returns at once."""
        self._send = send
        self._clock = clock
        self._lock = threading.Lock()
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._all: deque[float] = deque()
        self._askers = Addresses(clock, limit=ASKED_OF_ADDRESS, period_s=_HOUR_S)

    def ask(self, mailbox: str | None, client: str) -> None:
        """Have a code sent; None is a mailbox that does not exist. Refused when the address asks too often."""
        self._askers.check(client)
        self._askers.count(client)
        code = f"{secrets.randbelow(10**8):08d}"
        salt = secrets.token_bytes(16)
        digest = _digest(salt, code)
        if mailbox is None:
            return
        now = self._clock()
        with self._lock:
            pending = self._pending.setdefault(mailbox, _Pending())
            self._pending.move_to_end(mailbox)
            while len(self._pending) > _LIMIT_MAILBOXES:
                self._pending.popitem(last=False)
            if not _room(pending.sent, now, MAILS_AN_HOUR) or not _room(self._all, now, ALL_MAILS_AN_HOUR):
                return
            pending.sent.append(now)
            self._all.append(now)
            pending.salt, pending.digest, pending.made, pending.tries = salt, digest, now, 0
        self._send(mailbox, code)

    def redeem(self, mailbox: str | None, code: str) -> None:
        """Use a code up; Refused `bad_login` when it is not the one that was sent, is old, or too many were tried."""
        digits = "".join(code.split())
        now = self._clock()
        with self._lock:
            pending = self._pending.get(mailbox or "", _Pending())
            pending.tries += 1
            right = hmac.compare_digest(pending.digest, _digest(pending.salt, digits))
            good = right and pending.tries <= TRIES and 0 <= now - pending.made <= GOOD_S
            if good:
                pending.digest = b""
        if not good:
            raise refused("bad_login")


def _room(sent: deque[float], now: float, limit: int) -> bool:
    while sent and not 0 <= now - sent[0] < _HOUR_S:
        sent.popleft()
    return len(sent) < limit


def _digest(salt: bytes, code: str) -> bytes:
    return hashlib.sha256(salt + code.encode("utf-8", "replace")).digest()
