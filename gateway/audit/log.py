"""The pipeline's interface to the audit log: typed records, durable before the call returns.

Records are written by the audit service, which all front ends share. A process that uses the log holds a lock while it
lives; mails that a dead process left between intent and outcome are concluded when another starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import structs

import gateway
from gateway.audit import record as r
from gateway.audit.chain import Entry
from gateway.audit.channel import Channel
from gateway.audit.committer import Committer
from gateway.audit.kept import keep
from gateway.audit.keyed import Keyed
from gateway.audit.lives import Life
from gateway.audit.mailboxes import changes, remember
from gateway.audit.owed import OwedOutcomes
from gateway.audit.record_fields import (
    content_refused,
    cut_checked,
    first_line,
    mail_facts,
    outcome_of,
    recipient_refused,
    session_facts,
    text,
)
from gateway.audit.relayed import LIMIT_RECENT, Relayed, RelayedLately
from gateway.audit.service import AuditService
from gateway.audit.side_tables import Closed, Mark, Opened, Sending
from gateway.audit.store import Folder, connect_readonly
from gateway.audit.wire import Recovery
from gateway.errors import AuditError, AuditLostError, KnownReferenceError
from gateway.model import Directory, Envelope, Evidence, Observed, RefusedContent, Reply, Session, Transaction, Verdict

_LAST_TRIES = 2  # at shutdown: a lost writer has been replaced by then, and accepts pending outcomes


class AuditLog:
    """The audit log of one process. Opened without a running loop, started in it, closed at the end."""

    def __init__(
        self,
        data: Path,
        door: socket.socket,
        *,
        keeps_facts: bool = True,
        on_settled: Callable[[AuditError | None], None] = lambda _error: None,
        replicated: Callable[[str, int], Awaitable[None]] | None = None,
    ) -> None:
        """Open the log of a data directory; `door` is the socket of the audit service. UserError for a missing key.

        `on_settled` is called with the result of each group of records; `replicated` waits with reference and number of
        a record that a reply follows.
        """
        self._on_settled = on_settled
        self._replicated = replicated
        self._keeps_facts = keeps_facts
        self._folder = Folder(data)
        self._keyed = Keyed.of(self._folder)
        self._door = door
        self.process = secrets.token_hex(4)
        """This process's writer name in the log."""
        self._channel: Channel | None = None
        self._reader: sqlite3.Connection | None = None
        self._life: Life | None = None
        self._thread: threading.Thread | None = None
        self._keys: dict[str, bytes] = {}
        self._relayed = RelayedLately(self._keyed)
        self._owed = OwedOutcomes(self._put_late)

    @classmethod
    def open(cls, data: Path, *, keeps_facts: bool = True) -> AuditLog:
        """Open or create a log with a service of its own, in a thread; UserError as `Committer.open`."""
        inner, door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        service = AuditService(Committer.open(data), inner)
        log = cls(data, door, keeps_facts=keeps_facts)
        log._thread = threading.Thread(target=service.run, name="audit-service", daemon=True)
        return log

    async def start(
        self, *, policy: str = "", policy_digest: str = "", directory_digest: str | None = None
    ) -> Recovery:
        """Conclude open mails of dead processes, record the start, and begin to write."""
        self._life = Life(self._folder, self.process)
        if self._thread is not None:
            self._thread.start()
        self._channel = Channel(self._door, self._on_settled)
        recovery = await self._channel.recover(self.process)
        await self._put(
            r.Start(
                version=gateway.__version__,
                policy=policy,
                policy_digest=policy_digest,
                directory_digest=directory_digest,
                host=text(socket.gethostname(), 80),
                node=self._folder.node,
            )
        )
        self._reader = connect_readonly(self._folder.database)
        return recovery

    @property
    def unanswered_s(self) -> float:
        """Age of the oldest pending record in seconds; 0 without one."""
        return self._channel.unanswered_s if self._channel is not None else 0.0

    def probe(self) -> None:
        """Have the writer test a commit; `on_settled` is called with the result."""
        if self._channel is not None:
            self._channel.probe()

    async def close(self) -> None:
        """Record the end and close everything; safe to call twice."""
        channel = self._channel
        if channel is None:
            return
        for _ in range(_LAST_TRIES):
            with contextlib.suppress(AuditError):
                await self._put(r.Stop())
                break
        self._channel = None
        channel.close()
        if self._reader is not None:
            self._reader.close()
        if self._thread is not None:
            self._door.close()
            await asyncio.to_thread(self._thread.join)
        if self._life is not None:
            self._life.end()

    # --- what the pipeline records ---------------------------------------------------------------------------------

    def intent(
        self, transaction: Transaction, verdict: Verdict, evidence: Evidence | None, observed: Observed | None = None
    ) -> asyncio.Future[int]:
        """Record durably that a mail will be relayed; who stops waiting, or on AuditLostError, calls `given_up`."""
        record, facts = self._intent(transaction, verdict, evidence, observed)
        opened = Opened(transaction.id, self.process, key=self._keys.get(transaction.id))
        return self._put(record, opened, facts)

    def intent_and_sending(
        self, transaction: Transaction, verdict: Verdict, evidence: Evidence | None, observed: Observed | None = None
    ) -> asyncio.Future[int]:
        """Record `intent` and `sending` in one commit, for a mail sent in one write; a crash leaves it *unknown*."""
        reference = transaction.id
        record, facts = self._intent(transaction, verdict, evidence, observed)
        opened = Opened(reference, self.process, sending=True, key=self._keys.get(reference))
        return self._put_all(self._entry(record, opened, facts), self._entry(r.Sending(id=reference)))

    async def holding(
        self, transaction: Transaction, verdict: Verdict, evidence: Evidence, observed: Observed, held: r.Held
    ) -> int:
        """Record `intent` and `held` in one commit: the sealed file is durable, and no reply or notice has been sent."""
        record, facts = self._intent(transaction, verdict, evidence, observed, held=True)
        intent = self._entry(record, Opened(transaction.id, self.process), facts)
        sealed = self._put_all(intent, self._entry(held))
        try:
            return await sealed
        except (AuditError, asyncio.CancelledError):
            self.given_up(transaction.id, sealed)
            raise

    async def is_held(self, reference: str, reply: Reply) -> int:
        """Record that a mail is held; durable before our own reply. AuditLostError when the record may exist or still follow.

        After any other AuditError the mail is not held, and that is recorded as soon as possible.
        """
        record = outcome_of(reference, reply, r.Delivery.HELD)
        mark = Closed(reference, self._keys.pop(reference, None))
        written = self._put(record, mark)
        self._owed.watch(written, record, mark, else_not_sent=True)
        return await self._before_reply(reference, asyncio.shield(written))

    def _intent(
        self,
        transaction: Transaction,
        verdict: Verdict,
        evidence: Evidence | None,
        observed: Observed | None,
        *,
        held: bool = False,
    ) -> tuple[r.Intent, bytes | None]:
        mail, facts = self._mail(transaction, verdict, evidence, observed)
        envelope, login = transaction.envelope, transaction.session.auth_user
        if login is not None:  # duplicates are recognised for logins only: other clients cannot be distinguished
            if transaction.id in self._keys:
                raise KnownReferenceError(transaction.id)
            if len(self._keys) >= LIMIT_RECENT:  # mails without an outcome; the oldest are dropped
                del self._keys[next(iter(self._keys))]
            self._keys[transaction.id], *_ = self._relayed.keys(login, envelope, transaction.sha256, held=held)
        return r.Intent(id=transaction.id, mail=mail), facts

    def _mail(
        self, transaction: Transaction, verdict: Verdict, evidence: Evidence | None, observed: Observed | None
    ) -> tuple[r.MailFacts, bytes | None]:
        """Return a mail's record, and its packed facts when they are kept."""
        digest, packed = self._kept(observed, verdict)
        return mail_facts(transaction, verdict, evidence, self._keyed, facts=digest), packed

    def _kept(self, observed: Observed | None, verdict: Verdict) -> tuple[str, bytes] | tuple[None, None]:
        """Return digest and packed form of facts, when they are kept."""
        kept = keep(observed, self._keyed, guarded=verdict.confidential) if observed and self._keeps_facts else None
        return (kept.sha256, kept.packed) if kept is not None else (None, None)

    async def intent_and_outcome(
        self,
        transaction: Transaction,
        verdict: Verdict,
        evidence: Evidence | None,
        reply: Reply,
        delivery: r.Delivery,
        *,
        observed: Observed | None = None,
    ) -> int:
        """Record intent and outcome in one commit, for an MTA that holds the mail: nothing happens in between."""
        mail, facts = self._mail(transaction, verdict, evidence, observed)
        intent = self._entry(r.Intent(id=transaction.id, mail=mail), None, facts)
        outcome = self._entry(outcome_of(transaction.id, reply, delivery))
        return await self._before_reply(transaction.id, self._put_all(intent, outcome))

    async def sending(self, reference: str) -> int:
        """Record that the final dot is about to be sent; durable before it is."""
        return await self._put(r.Sending(id=reference), Sending(reference))

    async def outcome(self, reference: str, reply: Reply | None, delivery: r.Delivery | None = None) -> int:
        """Record a mail's outcome before our own reply: `delivery`, else by the reply's code; *unknown* without one."""
        if delivery is None:
            delivery = r.Delivery.of_code(reply.code) if reply is not None else r.Delivery.UNKNOWN
        key = self._keys.pop(reference, None)
        record = outcome_of(reference, reply, delivery)
        mark = Closed(reference, key if delivery is r.Delivery.RELAYED else None)
        written = self._put(record, mark)
        self._owed.watch(written, record, mark)
        return await self._before_reply(reference, asyncio.shield(written))

    def given_up(self, reference: str, intent: asyncio.Future[int] | None = None) -> None:
        """Queue the outcome *not sent*, unless the intent is known not to be written; does not wait."""
        self._keys.pop(reference, None)
        done = intent is not None and not intent.cancel() and not intent.cancelled()
        if intent is not None and done and not isinstance(intent.exception(), AuditLostError | None):
            return
        self._owed.hand_over(r.Outcome(id=reference, delivery=r.Delivery.NOT_SENT), Closed(reference))

    async def refused(
        self,
        transaction: Transaction,
        verdict: Verdict,
        evidence: Evidence | None,
        reply: Reply,
        *,
        observed: Observed | None = None,
    ) -> int:
        """Record a mail that was judged and not accepted."""
        mail, facts = self._mail(transaction, verdict, evidence, observed)
        record = r.Refused(
            id=transaction.id, mail=mail, code=reply.code, enhanced=reply.enhanced, text=first_line(reply)
        )
        return await self._before_reply(transaction.id, self._put(record, None, facts))

    async def recipient_refused(
        self,
        session: Session,
        reverse_path: str,
        recipient: str,
        verdict: Verdict,
        reply: Reply,
        reference: str = "",
        *,
        evidence: Evidence | None = None,
    ) -> int:
        """Record a forward-path that a policy refused at RCPT."""
        observed = Observed(bare=evidence, seen={}) if evidence is not None else None
        digest, packed = self._kept(observed, verdict)
        record = recipient_refused(session, reverse_path, recipient, verdict, reply, evidence)
        return await self._put(structs.replace(record, id=reference, facts=digest), None, packed)

    async def content_refused(self, refused: RefusedContent) -> int:
        """Record a content that a front end refused during DATA, without inspection."""
        return await self._put(content_refused(refused))

    async def auth_failed(self, session: Session, login: str, code: int) -> int:
        """Record a login that the next hop did not accept."""
        return await self._put(r.AuthFailed(session=session_facts(session), login=text(login, 320), code=code))

    async def password_judged(self, session: Session, login: str, *, sound: bool) -> int:
        """Record whether a login's password complies with Điều 6; returns the record's sequence number."""
        return await self._put(r.PasswordJudged(session=session_facts(session), login=text(login, 320), sound=sound))

    async def duplicate(self, reference: str, of: str, *, node: str = "") -> int:
        """Record that a duplicate was answered without a second delivery; `node` relayed the original."""
        return await self._put(r.Duplicate(id=reference, of=of, node=node))

    async def checked(self, checked: r.Checked) -> int:
        """Record a self-check of files; keys their digests."""
        return await self._put(cut_checked(checked, self._keyed))

    async def trouble(self, reference: str, session: Session, reverse_path: str, fault: str) -> int:
        """Record a mail that was answered 451 because of ourselves; `fault` is the kind, never content."""
        return await self._put(
            r.Trouble(
                id=reference, session=session_facts(session), reverse_path=text(reverse_path, 320), fault=text(fault)
            )
        )

    async def reload(self, *, policy: str, policy_digest: str, directory_digest: str | None) -> int:
        """Record that another policy set or directory is in force."""
        return await self._put(r.Reload(policy=policy, policy_digest=policy_digest, directory_digest=directory_digest))

    async def mailboxes(self, directory: Directory) -> None:
        """Record a directory that is new, with what changed since the last one that was recorded."""
        data = self._folder.data
        record = await asyncio.to_thread(changes, data, directory)
        if record is not None:
            await self._put(record)
            with contextlib.suppress(OSError):  # then the next record lists all mailboxes
                await asyncio.to_thread(remember, data, directory)

    async def already_relayed(
        self, login: str | None, envelope: Envelope, sha256: str, within_s: float = 900
    ) -> Relayed | None:
        """Return an identical mail that any process relayed recently or is sending, None without one."""
        return self._relayed.find(self._reader, self._relayed.keys(login, envelope, sha256), within_s)

    async def already_held(self, login: str, envelope: Envelope, sha256: str, within_s: float = 900) -> Relayed | None:
        """Return an identical mail recently held, with any later outcome."""
        return self._relayed.find(self._reader, self._relayed.keys(login, envelope, sha256, held=True), within_s)

    # --- inside ----------------------------------------------------------------------------------------------------

    def _put(self, record: r.Record, mark: Mark | None = None, facts: bytes | None = None) -> asyncio.Future[int]:
        return self._put_all(self._entry(record, mark, facts))

    def _put_all(self, *entries: Entry) -> asyncio.Future[int]:
        """Queue records for the writer; those put in one step of the event loop are committed together or fail together."""
        if self._channel is None:
            raise AuditError("the audit log is not open")
        self._owed.hand_over_all()
        return self._channel.put(*entries)

    async def _before_reply(self, reference: str, written: Awaitable[int]) -> int:
        seq = await written
        if self._replicated is not None:
            await self._replicated(reference, seq)
        return seq

    def _entry(self, record: r.Record, mark: Mark | None = None, facts: bytes | None = None) -> Entry:
        return Entry(r.body(record, self.process), mark, facts)

    def _put_late(self, outcome: r.Outcome, mark: Closed) -> asyncio.Future[int] | None:
        return self._channel.put(self._entry(outcome, mark)) if self._channel is not None else None
