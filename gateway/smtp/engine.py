"""Interface between the SMTP front end and the engine.

    session             engine                         relay (live next-hop transaction)
    RCPT TO  ---------> judge_recipient
             <--------- None: RCPT goes to the next hop, its reply is the client's
    DATA ... final dot
             ---------> process(transaction, spool, relay)
                            judge
                            ------------------------> send(prepend, chunks, before_final_dot)
                            <------------------------ the next hop's final reply
             <--------- the Reply for the client
    content that the session itself refuses (bare newline, too big ...)
             ---------> content_refused: recorded before the reply

`process` is not cancelled when the client disconnects. It runs under a deadline
(`SmtpLimits.deadline_s`, from the client's final dot). When the deadline passes before the final dot went to the next
hop, the next-hop connection is aborted, the task of `process` is cancelled once (so `asyncio.CancelledError` in an
engine means *deadline*; record it and let it pass), and the client gets 451. After the final dot nothing is cancelled.

What an engine may raise: `TemporaryError` and `PermanentError` become 451 and 554 with the reference; `CapacityError`
becomes 452; every other exception is a bug: 451 with the reference, the exception handed to `on_internal_error`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from gateway.model import Envelope, RefusedContent, Reply, Session, Transaction
from gateway.spool import Spool


class Relay(Protocol):
    """One transaction at the next hop, which has accepted MAIL and at least one RCPT."""

    async def send(
        self, prepend: bytes, chunks: Iterable[bytes], before_final_dot: Callable[[], Awaitable[None]]
    ) -> Reply:
        """Send DATA, `prepend` (whole header lines), the chunks as they are, and the final dot; return the final reply.

        `before_final_dot` is awaited after the content went out and before the terminating dot. When it raises, the
        connection is aborted, nothing is delivered, and its exception passes through. A refusal by the next hop at any
        stage is a Reply. Raises `gateway.nexthop.failures.HopFailedError` (a NextHopError) when the connection failed;
        its `after_final_dot` says whether delivery is unknown. May be called once.
        """
        ...


class Engine(Protocol):
    """Judges mail and relays or refuses it."""

    async def judge_recipient(self, session: Session, envelope: Envelope) -> Reply | None:
        """Return a refusal for the envelope's only forward-path, or None to let the next hop decide."""
        ...

    async def process(self, transaction: Transaction, spool: Spool, relay: Relay) -> Reply:
        """Judge the mail, relay or refuse it, and return the reply; the front end closes the spool afterwards."""
        ...

    async def content_refused(self, refused: RefusedContent) -> None:
        """Record content refused before `process`; durable when this returns."""
        ...

    def deadline_passed(self, transaction: Transaction) -> Reply:
        """Return the temporary failure for a mail past its deadline."""
        ...


class EventKind(Enum):
    """Kinds of events for metrics, log and audit."""

    CONNECTION_REFUSED = "connection refused"
    """Over a limit of connections, or a PROXY header that is missing, wrong or from elsewhere."""
    CLIENT_TIMEOUT = "client timeout"
    EARLY_TALKER = "early talker"
    """Bytes before the reply to the last command: unauthorised pipelining."""
    TLS_FAILED = "tls failed"
    AUTH_SUCCEEDED = "auth succeeded"
    PASSWORD_JUDGED = "password judged"  # noqa: S105 - the name of an event
    """An accepted password was checked against the password rule; `detail` is `sound` or `weak`, nothing else."""
    AUTH_FAILED = "auth failed"
    AUTH_THROTTLED = "auth throttled"
    CONTENT_REFUSED = "content refused"
    """Bare newline, NUL, long line, too big, loop; `detail` is the key of the reply text."""
    NEXT_HOP_FAILED = "next hop failed"
    NEXT_HOP_ANSWERED = "next hop answered"
    """The next hop's final reply to a mail."""


@dataclass(frozen=True)
class SmtpEvent:
    """One event; holds no bytes from a peer except an accepted or refused login."""

    kind: EventKind
    client_address: str | None
    detail: str = ""
    """A stable keyword, or the cause of a next-hop failure."""
    auth_user: str | None = None
    enhanced: str = ""
    """Enhanced status code of a mail deferred because of the next hop."""


class Condition(Protocol):
    """Health of this process."""

    def unfit(self, descriptor: int) -> str:
        """Return the text key to refuse a new client; empty to serve it. `descriptor` is about the highest in use."""
        ...

    def has_room(self, size_bytes: int) -> bool:
        """Return whether the disks have room for a mail of that size, 0 for an unknown size."""
        ...


EventHook = Callable[[SmtpEvent], None]
"""Called on the event loop; must not block or raise."""

InternalErrorHook = Callable[[str, BaseException], None]
"""`on_internal_error(reference, exception)`: writes the log line to which the 451's reference points."""
