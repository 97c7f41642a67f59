"""Judgement of one mail: `gather` collects evidence (all input), `evaluate` judges it (no input). No effects.

A mail deferred at its deadline is judged to the end in the background (`Behind`).
"""

from __future__ import annotations

import asyncio
import logging
import mmap
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from datetime import UTC, datetime, time
from typing import NamedTuple, Protocol

from msgspec import structs

from gateway import BUILT
from gateway.audit import SenderHistory
from gateway.documents.wall.inline import inspect_inline
from gateway.documents.wall.pool import WorkerPool
from gateway.documents.wall.readings import Reading, Readings
from gateway.documents.wall.wire import Inspection, InspectionRequest, Limits
from gateway.engine import PolicySet, evaluate_facts, evaluate_recipient, observe
from gateway.engine.observing import received
from gateway.engine.policy import Policy
from gateway.engine.policy_set import day
from gateway.engine.registry import limited
from gateway.mime import parse
from gateway.model import (
    Disposition,
    Envelope,
    Evidence,
    FrontEnd,
    Message,
    Observed,
    Part,
    Session,
    Transaction,
    Verdict,
)
from gateway.pipeline.outgoing import Outgoing
from gateway.pipeline.rulebook import Rules
from gateway.spool import Spool
from gateway.system.logs import log_failure

_LOG = logging.getLogger("gateway.pipeline.judge")

LARGE_MESSAGE_BYTES = 64 << 10
"""Larger messages are parsed in a thread, not on the event loop."""
_ALONE_BYTES = 1 << 20
"""Larger messages are parsed and read one after the other: side by side would not be sooner, and take more memory."""
LARGE_TEXT_CHARACTERS = 30_000
"""More text (documents and header fields) is judged in a thread."""
CHECKED_LATER_S = 10.0
"""Queueing handicap of checks: mails that arrive up to this much later are read first."""
LIMIT_ENVELOPE_S = 2.0
"""Time in which policies of third parties judge a forward-path, or say whose history they want: every session waits."""
_LIMIT_ACCEPTED = 5_000
_RUN_CHARACTERS = 20
"""Fixed weight of a run beside its text: a short line takes as long to judge as a long one."""
_RELEASED = datetime.combine(BUILT, time(tzinfo=UTC))
_NO_TREE = Part(path="", declared_type="")
"""Placeholder for the part tree, which is sent beside the evidence."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time of judgement: now, but not before this release, lest expired certificates seem valid."""
    return max(datetime.now(UTC), _RELEASED)


class RulesInForce(Protocol):
    """Source of the rules in force."""

    @property
    def current(self) -> Rules:
        """Rules for a mail that begins now."""
        ...


class Judged(NamedTuple):
    """The judgement on one mail."""

    evidence: Evidence
    verdict: Verdict
    policies: PolicySet
    """Policies that gave the verdict."""
    observed: Observed
    """Facts behind the verdict, without text of the mail."""


class Judge:
    """Gathers evidence and judges it; no effects."""

    def __init__(
        self,
        *,
        rulebook: RulesInForce,
        workers: WorkerPool,
        limits: Limits | None = None,
        outgoing: Outgoing | None = None,
        history: SenderHistory | None = None,
        secret: bytes = b"",
        clock: Clock = utc_now,
        checks_as: str = "",
    ) -> None:
        """Prepare; `secret` keys the cache of readings, empty for no cache.

        Checks queue as the one sender `checks_as`, behind mails; empty when nothing else queues.
        """
        self.rulebook = rulebook
        self.readings = Readings(workers, secret)
        self._outgoing = outgoing
        self._history = history
        self._limits = limits or Limits()
        self._clock = clock
        self._checks_as = checks_as
        self._alone = asyncio.Lock()
        self._accepted_by: Rules | None = None
        self._accepted: set[tuple[object, ...]] = set()
        """All that our own policies look at at RCPT, of forward-paths that these rules accepted."""

    async def judge(self, transaction: Transaction, spool: Spool) -> Judged:
        """Return the verdict on a mail with the facts behind it."""
        rules = self.rulebook.current
        content = spool.content()
        ours = rules.policies.reads_inline
        if len(content) > LARGE_MESSAGE_BYTES:
            async with self._alone if len(content) > _ALONE_BYTES else nullcontext():
                message, inspection = await asyncio.to_thread(_open_large, spool, ours=ours)
        else:
            message, inspection = _open(content, ours=ours)
        evidence = await self.gather(transaction, content, message=message, rules=rules)
        if inspection is not None:
            return await _judged(evidence, inspection, rules.policies)
        async with self._read(transaction, spool, evidence, rules.policies) as reading:
            judged = await _judged(evidence, reading.inspection, rules.policies)
            reading.keep(judged.verdict)
        return judged

    async def gather(
        self, transaction: Transaction, content: bytes | mmap.mmap, *, message: Message, rules: Rules
    ) -> Evidence:
        """Collect all evidence on a mail except the content of its parts."""
        evidence = Evidence(
            now=self._clock(),
            session=transaction.session,
            envelope=transaction.envelope,
            message=message,
            authentication=await self._outgoing.results(transaction, content) if self._outgoing else None,
            directory=rules.directory,
        )
        with _bounded(rules.policies.policies):
            asked = rules.policies.asked(evidence) if self._history is not None else frozenset()
        if self._history is not None and asked:
            return structs.replace(evidence, history=await self._history.look_up(asked))
        return evidence

    def _read(
        self, transaction: Transaction, spool: Spool, evidence: Evidence, policies: PolicySet
    ) -> AbstractAsyncContextManager[Reading]:
        """Have a child read a mail that this process has not read."""
        request = self._request(transaction, spool, evidence, policies)
        spool.trim()
        session = transaction.session
        check = session.front_end is FrontEnd.CHECK
        sender = (self._checks_as or transaction.id) if check else session.auth_user
        return self.readings.read(
            request,
            spool.content(),
            content_fd=spool.fileno(),
            sender=sender or transaction.envelope.reverse_path,
            later_s=CHECKED_LATER_S if check and self._checks_as else 0.0,
        )

    def _request(
        self, transaction: Transaction, spool: Spool, evidence: Evidence, policies: PolicySet
    ) -> InspectionRequest:
        content, message, observers = spool.content(), evidence.message, policies.observers
        assert message is not None
        subject = message.first("Subject")
        if not any(one.whole or one.foreign for one in observers):
            evidence = structs.replace(evidence, directory=None)  # `Looked` has none
        return InspectionRequest(
            id=transaction.id,
            root=message.root,
            content=None if spool.fileno() is not None else bytes(content),
            patient=bool(self._checks_as) and transaction.session.front_end is FrontEnd.CHECK,
            header_block=bytes(content[: message.header_length]),
            password_texts=(subject.text,) if subject is not None else (),
            limits=self._limits,
            now=evidence.now,
            observers=observers,
            evidence=structs.replace(evidence, message=structs.replace(message, root=_NO_TREE)),
        )

    def judge_recipient(self, session: Session, envelope: Envelope) -> tuple[Evidence, Verdict, PolicySet] | None:
        """Judge the envelope's only forward-path by the envelope alone; None when it is accepted."""
        rules, now = self.rulebook.current, self._clock()
        known = (day(now), session.front_end, session.auth_user, envelope.reverse_path, envelope.forward_paths)
        if rules is not self._accepted_by or len(self._accepted) > _LIMIT_ACCEPTED:
            self._accepted_by, self._accepted = rules, set()
        if known in self._accepted:
            return None
        evidence = Evidence(now=now, session=session, envelope=envelope, directory=rules.directory)
        with _bounded(rules.policies.at_recipient):
            verdict = evaluate_recipient(evidence, rules.policies)
        if verdict.disposition >= Disposition.DEFER:
            return evidence, verdict, rules.policies
        if not any(policy.foreign for policy in rules.policies.at_recipient):
            self._accepted.add(known)
        return None


class Behind:
    """Mails deferred with 451 whose judgement continues in the background; for one event loop."""

    def __init__(self, *, limit_bytes: int = 64 << 20, limit_s: float = 600.0) -> None:
        """Prepare; `limit_bytes` is for the content of all these mails, `limit_s` for each after its reply."""
        self._limit_bytes = limit_bytes
        self._limit_s = limit_s
        self._going: dict[str, asyncio.Task[Judged]] = {}
        self._bytes = 0

    def __contains__(self, reference: str) -> bool:
        return reference in self._going

    def take(self, reference: str, work: asyncio.Task[Judged], spool: Spool) -> bool:
        """Continue the work on a mail, keeping its content; False when there is no room."""
        if self._bytes + spool.size_bytes > self._limit_bytes:
            return False
        spool.hold()
        self._bytes += spool.size_bytes
        self._going[reference] = work
        timer = asyncio.get_running_loop().call_later(self._limit_s, work.cancel)

        def ended(_: asyncio.Task[Judged]) -> None:
            timer.cancel()
            del self._going[reference]
            self._bytes -= spool.size_bytes
            spool.release()
            if not work.cancelled() and (error := work.exception()):
                log_failure(_LOG, reference, error)

        work.add_done_callback(ended)
        return True

    def close(self) -> None:
        """Cancel all."""
        for work in self._going.values():
            work.cancel()


def without_hold(verdict: Verdict) -> Verdict:
    """Return the verdict without a hold store: `hold` becomes a refusal, for 250 means stored or relayed."""
    return _instead(verdict, Disposition.HOLD, Disposition.REJECT)


def without_tag(verdict: Verdict) -> Verdict:
    """Return the verdict for an MTA that takes no header fields: `tag` becomes `relay`."""
    return _instead(verdict, Disposition.TAG, Disposition.RELAY)


def _instead(verdict: Verdict, unable: Disposition, done: Disposition) -> Verdict:
    if verdict.disposition is not unable:
        return verdict

    def able(wanted: Disposition) -> Disposition:
        return done if wanted is unable else wanted

    return structs.replace(
        verdict,
        disposition=done,
        findings=tuple(structs.replace(judged, effective=able(judged.effective)) for judged in verdict.findings),
        recipients={address: able(wanted) for address, wanted in verdict.recipients.items()},
    )


async def _judged(evidence: Evidence, found: Inspection, policies: PolicySet) -> Judged:
    """Judge what was read of a mail, much text in a thread."""
    assert evidence.message is not None
    evidence = structs.replace(
        evidence,
        message=structs.replace(evidence.message, root=found.root),
        documents=found.documents,
        signatures=found.signatures,
    )
    if found.observations is None and _weight(evidence) > LARGE_TEXT_CHARACTERS:
        return await asyncio.to_thread(_evaluate, evidence, found, policies)
    return _evaluate(evidence, found, policies)


def _bounded(policies: Iterable[Policy]) -> AbstractContextManager[None]:
    """Bound the time of policies of third parties on the event loop."""
    foreign = any(policy.foreign for policy in policies)
    return limited(LIMIT_ENVELOPE_S, standing_still=True) if foreign else nullcontext()


def _evaluate(evidence: Evidence, found: Inspection, policies: PolicySet) -> Judged:
    if found.observations is not None:
        observed = received(evidence, found.observations, policies.policies)
    else:
        observed = observe(evidence, policies.policies, found.looks)
    return Judged(evidence, evaluate_facts(observed, policies), policies, observed)


def _weight(evidence: Evidence) -> int:
    """Estimate the cost of the policies, in characters."""
    header = evidence.message.header_length if evidence.message is not None else 0
    runs = [run.text for document in evidence.documents for run in document.runs]
    return header + len("".join(runs)) + len(runs) * _RUN_CHARACTERS


def _open(content: bytes | mmap.mmap, *, ours: bool) -> tuple[Message, Inspection | None]:
    """Parse a message and, where no parser of documents is needed and all policies are ours, read it, too."""
    message = parse(content)
    return message, inspect_inline(message, content) if ours else None


def _open_large(spool: Spool, *, ours: bool) -> tuple[Message, Inspection | None]:
    """Open large content and release its memory pages at once: other mails wait in the queue with theirs."""
    opened = _open(spool.content(), ours=ours)
    spool.trim()
    return opened
