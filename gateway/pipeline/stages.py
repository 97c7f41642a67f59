"""Mail pipeline: `gather` and `evaluate` (`judge.py`), then enact the verdict (all effects).

The SMTP relay, the milter and `gateway check` share one engine, so a dry run cannot differ from the real run. Stages:

    already relayed?   a byte-identical retry of the same login and envelope gets 250 and is not sent again; other
                       nodes' mails are checked just before the content goes out (`gateway.cluster.repetitions`)
    gather             parse, documents and signatures in the child, results of authentication
    evaluate           the policies in force when the mail began
    hold               with a hold store (`gateway.hold.keeping`): seal, record, notify the sender, 250; else refuse
    refuse             audit `refused`, then the reply; or
    relay              audit `intent`; content to the next hop; audit `sending`; final dot; audit `outcome`; its reply

No audit record, no 250: a failed audit write raises `AuditError`, which the front end answers with 451.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress

from gateway.audit import AuditLog, Delivery, failpoints
from gateway.cluster.pipelined import Rows
from gateway.cluster.repetitions import RepeatedError, Repetitions
from gateway.engine import PolicySet, explain
from gateway.errors import AuditError, TemporaryError
from gateway.hold.keeping import Case, Keeper
from gateway.identity import results_header
from gateway.milter.engine import MilterAnswer
from gateway.mime.largest import Parts
from gateway.model import (
    Disposition,
    Envelope,
    Evidence,
    Language,
    RefusedContent,
    Reply,
    Session,
    Transaction,
    Verdict,
)
from gateway.nexthop.failures import HopFailedError
from gateway.pipeline.check_mailbox import CheckMailbox
from gateway.pipeline.judge import Behind, Judge, Judged, without_hold, without_tag
from gateway.pipeline.outgoing import Outgoing
from gateway.smtp.content_rules import refusal
from gateway.smtp.engine import Relay
from gateway.smtp.replies import texts_in
from gateway.spool import Spool
from gateway.system.logs import about_mail, log_failure
from gateway.system.tasks import begun
from gateway.system.uninterrupted import uninterrupted

_LOG = logging.getLogger("gateway.pipeline.stages")

RETRY_WINDOW_S = 900
"""Window in which an identical retry is recognised."""

RETRY_MINUTES = 2
"""Delay after which the client is asked to retry a mail that was not judged in time."""

_LAST_RECORD_S = 2.0
"""Wait for the record of a late mail before it is answered: a writer that hangs must not hold up the answer, too."""


class Pipeline:
    """Engine of the SMTP and milter front ends: judges and enacts."""

    def __init__(
        self,
        judge: Judge,
        audit: AuditLog,
        *,
        outgoing: Outgoing,
        languages: tuple[Language, ...],
        new_reference: Callable[[], str],
        behind: Behind | None = None,
        keeper: Keeper | None = None,
        repetitions: Repetitions | None = None,
        on_judged: Callable[[Evidence, float], None] = lambda _evidence, _seconds: None,
        check_mailbox: CheckMailbox | None = None,
    ) -> None:
        """Prepare; `on_judged` gets each mail's evidence and the seconds from its final dot to its verdict.

        With `repetitions` a mail that another node relayed is not sent again.
        """
        self._repetitions = repetitions
        self._judge = judge
        self._behind = behind or Behind()
        self._keeper = keeper
        self._on_judged = on_judged
        self._check_mailbox = check_mailbox
        self._texts = texts_in(languages)
        self._audit = audit
        self._outgoing = outgoing
        self._new_reference = new_reference

    async def judge_recipient(self, session: Session, envelope: Envelope) -> Reply | None:
        """Return a recorded refusal of one forward-path; None accepts it."""
        judged = self._judge.judge_recipient(session, envelope)
        if judged is None:
            return None
        evidence, verdict, policies = judged
        reference = self._new_reference()
        reply = explain.reply(verdict, policies, reference=reference, now=evidence.now, languages=session.languages)
        recipient = envelope.forward_paths[0]
        await self._audit.recipient_refused(
            session, envelope.reverse_path, recipient, verdict, reply, reference, evidence=evidence
        )
        _log_refusal(reference, session, envelope, reply, _rules(verdict))
        return reply

    async def content_refused(self, refused: RefusedContent) -> None:
        """Record content that a front end refused at reception."""
        await self._audit.content_refused(refused)
        _log_refusal(refused.id, refused.session, refused.envelope, refused.reply, f"content.{refused.rule}")

    async def process(self, transaction: Transaction, spool: Spool, relay: Relay) -> Reply:
        """Judge a mail and relay or refuse it (`gateway.smtp.engine.Engine`)."""
        about_mail(transaction.id, transaction.session.auth_user)
        if self._check_mailbox is not None and self._check_mailbox.is_for(transaction):
            return await self._check_mailbox.answer(transaction, spool)
        if (repeated := await self._already_relayed(transaction)) is not None:
            return repeated
        if (held := await self._already_held(transaction)) is not None:
            return held
        judged = await self._judged(transaction, spool)
        if (held := await self._held(transaction, spool, judged)) is not None:
            return held
        judged = judged._replace(verdict=without_hold(judged.verdict))
        if judged.verdict.disposition >= Disposition.DEFER:
            return await self._refuse(transaction, judged)
        return await self._relay_once(transaction, spool, relay, judged)

    async def judge_message(self, transaction: Transaction, spool: Spool, *, holds: bool, tags: bool) -> MilterAnswer:
        """Judge a mail in an MTA's session (`gateway.milter.engine.MilterEngine`); delivery is the MTA's.

        The recorded outcome is our answer to the MTA.
        """
        about_mail(transaction.id, transaction.session.auth_user)
        judged = await self._judged(transaction, spool)
        if not holds:
            judged = judged._replace(verdict=without_hold(judged.verdict))
        if not tags:
            judged = judged._replace(verdict=without_tag(judged.verdict))
        # Record and answer are one step: neither the deadline nor a disconnect may separate them.
        return await uninterrupted(self._answer(transaction, judged))

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
        """Record an MTA's mail that is too large or has no room, and return its refusal."""
        rule = "full" if limit_bytes is None else "too_big"
        reply = refusal(
            texts_in(session.languages),
            rule,
            reference=reference,
            limit_bytes=limit_bytes or 0,
            size_bytes=size_bytes,
            parts=parts,
        )
        refused = RefusedContent(
            id=reference, session=session, envelope=envelope, rule=rule, size_bytes=size_bytes, reply=reply
        )
        await self.content_refused(refused)
        return reply

    def deadline_passed(self, transaction: Transaction) -> Reply:
        """Log a judgement past its deadline and return its temporary failure."""
        _LOG.info("deadline passed, answered 451 4.4.7", extra={"mail": transaction.id})
        text = "goes_on" if transaction.id in self._behind else "deadline"
        texts = texts_in(transaction.session.languages)
        return texts.reply(451, "4.4.7", text, reference=transaction.id, minutes=RETRY_MINUTES)

    async def _answer(self, transaction: Transaction, judged: Judged) -> MilterAnswer:
        """Record the answer to an MTA, and return it."""
        evidence, verdict, policies, observed = judged
        if verdict.disposition >= Disposition.DEFER:
            reply = await self._refuse(transaction, judged)
            return MilterAnswer(disposition=verdict.disposition, reply=reply)
        reply = _reply(transaction, judged)
        delivery = Delivery.HELD if verdict.disposition is Disposition.HOLD else Delivery.PASSED_ON
        await self._audit.intent_and_outcome(transaction, verdict, evidence, reply, delivery, observed=observed)
        return MilterAnswer(
            disposition=verdict.disposition,
            insert=self._milter_fields(transaction, evidence, verdict, policies),
            remove=self._outgoing.forged(evidence.message) if evidence.message is not None else (),
            quarantine=f"{_rules(verdict)}: gateway audit show {transaction.id}",
        )

    def _milter_fields(
        self, transaction: Transaction, evidence: Evidence, verdict: Verdict, policies: PolicySet
    ) -> tuple[tuple[str, str], ...]:
        """Return the header fields that the MTA must prepend; trace fields and signatures are its own."""
        octets = explain.verdict_fields(verdict, policies, transaction)
        if evidence.authentication is not None:
            octets += results_header.build(self._outgoing.authserv_id, evidence.authentication)
        return _as_pairs(octets)

    def internal_error(self, reference: str, error: BaseException) -> Reply:
        """Log an internal error and return a temporary failure without its text."""
        log_failure(_LOG, reference, error)
        text = "temporary" if isinstance(error, TemporaryError) else "internal"
        return self._texts.reply(451, "4.3.0", text, reference=reference)

    async def _already_relayed(self, transaction: Transaction) -> Reply | None:
        """Return the reply to a retry of a mail relayed within the window or still on its way; authenticated mail only."""
        login = transaction.session.auth_user
        if login is None:
            return None
        found = await self._audit.already_relayed(login, transaction.envelope, transaction.sha256, RETRY_WINDOW_S)
        return await self._repeated(transaction, found.id, sending=found.sending) if found is not None else None

    async def _repeated(self, transaction: Transaction, earlier: str, *, sending: bool, node: str = "") -> Reply:
        """Return the recorded reply to a retry: 250 when this node or another has relayed the mail, 451 while it is sent."""
        texts = texts_in(transaction.session.languages)
        if sending:
            await self._trouble(transaction, "repetition")
            key = "still_sending" if node else "on_its_way"
            return texts.reply(451, "4.3.0", key, minutes=RETRY_MINUTES, node=node, reference=transaction.id)
        await self._audit.duplicate(transaction.id, earlier, node=node)
        key = "relayed_elsewhere" if node else "already_relayed"
        return texts.reply(250, "2.0.0", key, reference=earlier, node=node)

    async def _already_held(self, transaction: Transaction) -> Reply | None:
        """Return the reply to a retry of a mail that is already held."""
        earlier = await self._keeper.held_before(transaction, RETRY_WINDOW_S) if self._keeper is not None else None
        if earlier is None:
            return None
        await self._audit.duplicate(transaction.id, earlier)
        return texts_in(transaction.session.languages).reply(250, "2.0.0", "already_held", reference=earlier)

    async def _held(self, transaction: Transaction, spool: Spool, judged: Judged) -> Reply | None:
        """Hold a mail and return the reply; None when it may not be held or there is no room."""
        evidence, verdict, policies, observed = judged
        if self._keeper is None or not self._keeper.may_hold(transaction, verdict):
            return None
        reply = _reply(transaction, judged)
        try:
            prepend = await self._outgoing.fields(
                transaction, spool.content(), evidence=evidence, verdict=verdict, policies=policies
            )
            case = Case(transaction, verdict, evidence, observed, reply)
            return reply if await self._keeper.keep(case, spool, prepend) else None
        except TemporaryError as error:
            with suppress(AuditError):  # then the audit is the cause
                await self._trouble(transaction, type(error).__name__)
            raise

    async def _judged(self, transaction: Transaction, spool: Spool) -> Judged:
        """Judge a mail; internal errors are recorded and re-raised.

        A mail past its deadline is still judged to the end, for its retry.
        """
        began = time.monotonic()
        work = begun(self._judge.judge(transaction, spool))
        try:
            judged = work.result() if work.done() else await asyncio.shield(work)
        except asyncio.CancelledError as cancelled:
            if not (transaction.id in self._judge.readings.going and self._behind.take(transaction.id, work, spool)):
                work.cancel()
            recorded = begun(self._trouble(transaction, str(cancelled) or "deadline"))
            recorded.add_done_callback(lambda one: one.cancelled() or one.exception())  # retrieve its exception
            await asyncio.wait((recorded,), timeout=_LAST_RECORD_S)
            raise
        except Exception as error:
            await self._trouble(transaction, type(error).__name__)
            raise
        self._on_judged(judged.evidence, time.monotonic() - began)
        return judged

    async def _refuse(self, transaction: Transaction, judged: Judged) -> Reply:
        """Record a refusal and return its reply."""
        verdict, reply = judged.verdict, _reply(transaction, judged)
        await self._audit.refused(transaction, verdict, judged.evidence, reply, observed=judged.observed)
        _log_refusal(transaction.id, transaction.session, transaction.envelope, reply, _rules(verdict))
        return reply

    async def _trouble(self, transaction: Transaction, fault: str) -> None:
        session, reverse_path = transaction.session, transaction.envelope.reverse_path
        await self._audit.trouble(transaction.id, session, reverse_path, fault)

    async def _relay_once(self, transaction: Transaction, spool: Spool, relay: Relay, judged: Judged) -> Reply:
        """Relay a mail unless another node of the cluster has relayed it or is sending it."""
        key = self._repetitions.key_of(transaction) if self._repetitions is not None else None
        try:
            if self._repetitions is not None and key is not None:
                await self._repetitions.claim(key, transaction.id)
            return await self._relay(transaction, spool, relay, judged)
        except RepeatedError as found:
            self._settle(transaction, relayed=False)
            return await self._repeated(transaction, found.reference, sending=not found.relayed, node=found.node)
        except BaseException:
            self._settle(transaction, relayed=False)
            raise

    def _settle(self, transaction: Transaction, *, relayed: bool) -> asyncio.Future[Rows | None] | None:
        return self._repetitions.settle(transaction.id, relayed=relayed) if self._repetitions is not None else None

    async def _relay(self, transaction: Transaction, spool: Spool, relay: Relay, judged: Judged) -> Reply:
        """Relay a mail: `intent`, content, `sending`, final dot, `outcome`.

        A small mail leaves in one packet with its final dot, so both records are one commit beforehand, concurrent with
        the next hop's 354.
        """
        evidence, verdict, policies, observed = judged
        prepend = await self._outgoing.fields(
            transaction, spool.content(), evidence=evidence, verdict=verdict, policies=policies
        )
        spool.trim()
        in_one_stroke = spool.fileno() is None
        record = self._audit.intent_and_sending if in_one_stroke else self._audit.intent
        recorded = record(transaction, verdict, evidence, observed)

        async def before_content() -> None:
            await recorded
            failpoints.hit("pipeline.before_relay")

        async def before_final_dot() -> None:
            await (before_content() if in_one_stroke else self._audit.sending(transaction.id))
            if self._repetitions is not None:
                self._repetitions.look_again(transaction.id)
            failpoints.hit("pipeline.before_final_dot")

        try:
            if not in_one_stroke:
                await before_content()
            reply = await relay.send(prepend, spool.wire_chunks(), before_final_dot)
            await recorded  # also when the next hop refused before the final dot
        except HopFailedError as failure:
            recorded.add_done_callback(lambda one: one.cancelled() or one.exception())  # retrieve its exception
            delivery = Delivery.UNKNOWN if failure.after_final_dot else Delivery.NOT_SENT
            await self._audit.outcome(transaction.id, None, delivery)
            raise
        except BaseException:
            # Not awaited: a hanging writer may be why the deadline passed.
            self._audit.given_up(transaction.id, recorded)
            raise
        failpoints.hit("pipeline.before_outcome")
        settled = self._settle(transaction, relayed=reply.code // 100 == 2)
        await self._audit.outcome(transaction.id, reply)
        if settled is not None:
            await settled
        failpoints.hit("pipeline.after_outcome")
        return reply


def _reply(transaction: Transaction, judged: Judged) -> Reply:
    """Return the reply that a verdict means."""
    about, languages = transaction.id, transaction.session.languages
    return explain.reply(judged.verdict, judged.policies, reference=about, now=judged.evidence.now, languages=languages)


def _log_refusal(reference: str, session: Session, envelope: Envelope, reply: Reply, rules: str) -> None:
    """Log a refusal in one line: codes, rules and addresses; no content."""
    count = len(envelope.forward_paths)
    _LOG.info(
        "refused %d %s: %s, from <%s> at %s to %d recipients",
        *(reply.code, reply.enhanced, rules, envelope.reverse_path, session.client_address or "-", count),
        extra={"mail": reference, "login": session.auth_user},
    )


def _rules(verdict: Verdict) -> str:
    """Return the rules that hold or refuse a mail, the most severe first."""
    against = (judged for judged in verdict.most_severe_first() if judged.effective >= Disposition.HOLD)
    return " ".join(dict.fromkeys(f"{judged.policy}.{judged.finding.rule}" for judged in against))


def _as_pairs(octets: bytes) -> tuple[tuple[str, str], ...]:
    """Return header fields in wire form as pairs of name and value, folds as LF, for a milter."""
    fields = octets.decode("ascii").replace("\r\n\t", "\n\t").replace("\r\n ", "\n ").split("\r\n")
    return tuple((name, value.strip(" ")) for name, _, value in (field.partition(":") for field in fields if field))
