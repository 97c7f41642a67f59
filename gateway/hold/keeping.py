"""Holding a mail in a front end: sealed file, audit records, notice to the sender, outcome, then 250; any failure is 451.

    reply 250 only after    the file is synced under its name       (store.put)
                            `intent` and `held` are durable         (AuditLog.holding)
                            the next hop took the notice            (notify)
                            the outcome `held` is durable           (AuditLog.is_held)

A failed step removes the file. If the log writer is lost at the last step, it is unknown whether the mail is held: the
file stays, the client gets 451, and its retry finds the mail held, or holds it again.
"""

from __future__ import annotations

import asyncio
import logging
import mmap
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.audit import AuditLog, failpoints
from gateway.audit import record as r
from gateway.errors import AuditError, AuditLostError, TemporaryError
from gateway.hold.seal import Digests
from gateway.hold.store import HoldStore, Lease, Limits, NoRoomError
from gateway.model import Disposition, Evidence, Observed, Reply, Transaction, Verdict
from gateway.nexthop.failures import HopFailedError, HopRefusedError
from gateway.nexthop.replies import HopReply
from gateway.spool import Spool
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.hold")
_BLOCK_BYTES: Final = 256 << 10

Notify = Callable[[str, r.Held], Awaitable[HopReply]]
"""Sends the notice about a held mail to a login's mailbox by the next hop; HopFailedError, HopRefusedError."""


class NotHeldError(TemporaryError):
    """Temporary failure to hold a mail; no file remains."""


@dataclass(frozen=True)
class Case:
    """A judged mail, candidate for holding."""

    transaction: Transaction
    verdict: Verdict
    evidence: Evidence
    observed: Observed
    reply: Reply
    """Reply to the client once the mail is held."""


class Keeper:
    """Hold operations of one front end."""

    def __init__(
        self,
        store: HoldStore,
        audit: AuditLog,
        *,
        recipient: Any,
        limits: Limits,
        days: int,
        mailbox_of: Callable[[str], str],
        may_notify: Callable[[str], Awaitable[bool]],
        notify: Notify,
    ) -> None:
        """`mailbox_of` returns the mailbox of a login, empty when it has none for notices.

        `may_notify` returns whether a mailbox is below its daily limit of notices.
        """
        self._store = store
        self._audit = audit
        self._recipient = recipient
        self._limits = limits
        self._days = days
        self._mailbox_of = mailbox_of
        self._may_notify = may_notify
        self._notify = notify

    def may_hold(self, transaction: Transaction, verdict: Verdict) -> bool:
        """Return whether a mail may be held: verdict `hold`, a login with a mailbox for notices, no confidentiality finding."""
        login = transaction.session.auth_user
        return (
            verdict.disposition is Disposition.HOLD
            and not verdict.confidential
            and login is not None
            and bool(self._mailbox_of(login))
        )

    async def held_before(self, transaction: Transaction, within_s: float) -> str | None:
        """Return the reference of an identical held mail, None without one."""
        login = transaction.session.auth_user
        if login is None:
            return None
        found = await self._audit.already_held(login, transaction.envelope, transaction.sha256, within_s)
        return found.id if found is not None and await asyncio.to_thread(self._store.has, found.id) else None

    async def keep(self, case: Case, spool: Spool, prepend: bytes) -> bool:
        """Hold a mail; True when 250 may be sent, False when the store or the mailbox is at its limit. NotHeldError, AuditError."""
        transaction = case.transaction
        if not await self._may_notify(self._mailbox_of(transaction.session.auth_user or "")):
            return False
        try:
            lease, digests = await self._sealed(transaction.id, spool, prepend)
        except NoRoomError:
            _LOG.warning("%s", both("hold", "store", "full", mails=self._limits.mails, bytes=self._limits.bytes))
            return False
        except OSError as error:
            raise NotHeldError(both("hold", "store", "not_written", reason=error.strerror or error)) from error
        try:
            await self._recorded(case, self._record(transaction, digests))
        finally:
            lease.end()
        failpoints.hit("hold.concluded")
        return True

    async def _sealed(self, reference: str, spool: Spool, prepend: bytes) -> tuple[Lease, Digests]:
        """Write the sealed file in a thread; on cancellation remove it afterwards."""

        def put() -> tuple[Lease, Digests]:
            size = len(prepend) + spool.size_bytes
            chunks = _chunks(prepend, spool.content())
            return self._store.put(reference, chunks, size=size, recipient=self._recipient, limits=self._limits)

        def given_up(done: asyncio.Future[tuple[Lease, Digests]]) -> None:
            if not done.cancelled() and done.exception() is None:
                self._forget(reference, done.result()[0])

        spool.hold()
        work = asyncio.ensure_future(asyncio.to_thread(put))
        work.add_done_callback(lambda _: spool.release())
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            work.add_done_callback(given_up)
            raise

    def _forget(self, reference: str, lease: Lease | None = None) -> asyncio.Future[None]:
        """Remove the file in a thread; the steward's next pass removes a file left after a failure."""

        def remove() -> None:
            with suppress(OSError):
                self._store.remove(reference)
            if lease is not None:
                lease.end()

        return asyncio.get_running_loop().run_in_executor(None, remove)

    def _record(self, transaction: Transaction, digests: Digests) -> r.Held:
        envelope = transaction.envelope
        parameters = envelope.rcpt_parameters or ((),) * len(envelope.forward_paths)
        until = datetime.now(UTC) + timedelta(days=self._days)
        return r.Held(
            id=transaction.id,
            until=until.isoformat(timespec="seconds"),
            octets=digests.octets,
            sealed=digests.sealed,
            size=digests.size,
            reverse_path=envelope.reverse_path,
            parameters=tuple(envelope.mail_parameters),
            recipients=tuple(zip(envelope.forward_paths, map(tuple, parameters), strict=True)),
        )

    async def _recorded(self, case: Case, held: r.Held) -> None:
        """Write the audit records and notify the sender."""
        reference = case.transaction.id
        try:
            await self._audit.holding(case.transaction, case.verdict, case.evidence, case.observed, held)
        except BaseException:
            await asyncio.shield(self._forget(reference))
            raise
        try:
            failpoints.hit("hold.recorded")
            await self._told(case.transaction, held)
            failpoints.hit("hold.notified")
        except BaseException:
            self._audit.given_up(reference)
            await asyncio.shield(self._forget(reference))
            raise
        try:
            await self._audit.is_held(reference, case.reply)
        except AuditLostError:
            raise
        except AuditError:
            await asyncio.shield(self._forget(reference))
            raise

    async def _told(self, transaction: Transaction, held: r.Held) -> None:
        mailbox = self._mailbox_of(transaction.session.auth_user or "")
        try:
            reply = await self._notify(mailbox, held)
        except (HopFailedError, HopRefusedError) as error:
            raise NotHeldError(both("hold", "store", "not_told", reason=error)) from error
        if not reply.positive:
            raise NotHeldError(both("hold", "store", "not_told", reason=str(reply)[:200]))


def _chunks(prepend: bytes, content: bytes | mmap.mmap) -> Iterator[bytes]:
    yield prepend
    for begin in range(0, len(content), _BLOCK_BYTES):
        yield content[begin : begin + _BLOCK_BYTES]
