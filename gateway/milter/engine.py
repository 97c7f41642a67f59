"""Interface between the milter front end and the judge."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from gateway.mime.largest import Parts
from gateway.model import Disposition, Envelope, Reply, Session, Transaction
from gateway.spool import Spool


class MilterAnswer(Struct, frozen=True, kw_only=True):
    """The reply to the MTA at the end of a message."""

    disposition: Disposition
    reply: Reply | None = None
    """For `defer` and `reject`."""
    insert: tuple[tuple[str, str], ...] = ()
    """Header fields to put on top, in order."""
    remove: tuple[tuple[str, int], ...] = ()
    """Header fields to take out: name and occurrence from 1 (foreign results under our own authserv-id)."""
    quarantine: str = ""
    """Reason shown by the MTA for `hold`."""


class MilterEngine(Protocol):
    """Judges what an MTA shows us; the MTA delivers."""

    async def judge_recipient(self, session: Session, envelope: Envelope) -> Reply | None:
        """Return a refusal for the one forward-path of `envelope`, or None."""
        ...

    async def judge_message(self, transaction: Transaction, spool: Spool, *, holds: bool, tags: bool) -> MilterAnswer:
        """Return what the MTA shall do, which can or cannot hold and tag mail; exceptions are temporary failures."""
        ...

    async def refuse_overflow(
        self,
        reference: str,
        session: Session,
        envelope: Envelope,
        *,
        size_bytes: int,
        limit_bytes: int | None,
        parts: Parts | None,
    ) -> Reply:
        """Record a content that was not kept, and return its refusal.

        `parts` give its largest file. Permanent beyond `limit_bytes`; temporary when that is None, for there was no room.
        """
        ...

    def deadline_passed(self, transaction: Transaction) -> Reply:
        """Return the temporary failure for a message whose judgement took too long."""
        ...

    def internal_error(self, reference: str, error: BaseException) -> Reply:
        """Log a fault of the gateway and return the temporary failure for the peer."""
        ...
