"""Self-check: content judged as the relay would before it is sent; nothing is sent.

Shared by `gateway check`, the console's page and API, and the self-check mailbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gateway.audit import record as r
from gateway.engine import PolicySet, explain
from gateway.mime.largest import Parts
from gateway.model import (
    Disposition,
    Envelope,
    Evidence,
    FindingOutcome,
    FrontEnd,
    JudgedFinding,
    Language,
    Reply,
    Session,
    Transaction,
    Verdict,
)
from gateway.pipeline.judge import Judge, without_hold
from gateway.smtp.content_rules import refusal, refused_unread
from gateway.smtp.replies import texts_in
from gateway.smtp.settings import SmtpLimits
from gateway.spool import Spool

PER_HOUR: Final = 10
"""Checks per person, page and mailbox together."""


@dataclass(frozen=True)
class FrontEndRules:
    """The relay's requirements on content before judgement."""

    limits: SmtpLimits
    languages: tuple[Language, ...]
    holds: bool = True
    """Whether there is a hold store, ours or perhaps an MTA's; without one `hold` is a refusal."""

    def refusal(self, spool: Spool) -> tuple[str, Reply | None]:
        """Return the rule that the content violates and the relay's reply; an empty text and None for none."""
        rule = refused_unread(spool, self.limits)
        if not rule:
            return "", None
        limit_bytes = self.limits.message_bytes if rule == "too_big" else self.limits.line_bytes
        texts, size = texts_in(self.languages), spool.size_bytes
        parts = Parts()
        parts.feed(spool.content())
        return rule, refusal(texts, rule, reference="", limit_bytes=limit_bytes, size_bytes=size, parts=parts)


@dataclass(frozen=True)
class Checked:
    """Result of one check."""

    transaction: Transaction
    evidence: Evidence
    verdict: Verdict
    policies: PolicySet
    refused: str = ""
    """Rule by which a front end would have refused the content before judgement; empty for none."""
    unread: Reply | None = None
    """The front end's reply then; the verdict is that without this fault."""

    @property
    def passes(self) -> bool:
        """Return whether the mail would have been relayed."""
        return self.disposition < Disposition.HOLD

    @property
    def disposition(self) -> Disposition:
        """Disposition of the mail, had it been sent."""
        return self.verdict.disposition if self.unread is None else Disposition.REJECT

    @property
    def reply(self) -> Reply:
        """Reply that a client would have got."""
        languages = self.evidence.session.languages
        if self.unread is not None:
            return self.unread
        return explain.reply(self.verdict, self.policies, reference="", now=self.evidence.now, languages=languages)

    @property
    def confidential(self) -> bool:
        """Return whether there is a secrecy finding, certain or suspected."""
        return self.verdict.confidential

    @property
    def marked(self) -> bool:
        """Return whether a mark was found, not merely suspected."""
        return any(judged.marked for judged in self.verdict.findings)


async def check(
    judge: Judge,
    front_end: FrontEndRules | None,
    spool: Spool,
    *,
    reference: str,
    sender: str,
    recipients: tuple[str, ...],
    login: str | None,
    languages: tuple[Language, ...] = (Language.VI,),
    holds: bool = True,
    received_at: datetime | None = None,
) -> Checked:
    """Judge content as the relay would, from a sender to recipients; no effects.

    Without `front_end` the content counts as accepted by one. Without `holds`, `hold` is a refusal.
    """
    transaction = Transaction(
        id=reference,
        session=Session(front_end=FrontEnd.CHECK, auth_user=login, languages=languages),
        envelope=Envelope(reverse_path=sender, forward_paths=recipients, rcpt_parameters=((),) * len(recipients)),
        received_at=received_at or datetime.now(UTC),
        size_bytes=spool.size_bytes,
        sha256=spool.sha256,
    )
    rule, unread = await asyncio.to_thread(front_end.refusal, spool) if front_end is not None else ("", None)
    judged = await judge.judge(transaction, spool)
    verdict = judged.verdict if holds else without_hold(judged.verdict)
    return Checked(transaction, judged.evidence, verdict, judged.policies, rule, unread)


def record_of(
    checked: Iterable[Checked],
    *,
    reference: str,
    via: str,
    who: str,
    client: str | None,
    size: int,
    digests: tuple[str, ...],
) -> r.Checked:
    """Return the audit record of a check: no file name, no text. The digests are not yet keyed."""
    each = tuple(checked)
    found = [one for one in (judged for one in each for judged in one.verdict.findings) if _open(one)]
    unread = tuple(f"content.{one.refused}" for one in each if one.refused)
    wanted = max((one.wanted for one in found), default=Disposition.RELAY)
    most_severe = max(one.disposition for one in each)
    first = each[0]
    return r.Checked(
        id=reference,
        via=via,
        who=who,
        reverse_path=first.evidence.envelope.reverse_path,
        client=client,
        size=size,
        digests=digests,
        disposition=most_severe.word,
        would_be=max(wanted, most_severe).word,
        rules=tuple(dict.fromkeys((*unread, *(f"{one.policy}.{one.finding.rule}" for one in found)))),
        codes=tuple(dict.fromkeys(one.code for one in found)),
        confidential=any(one.confidential for one in each),
        marked=any(one.marked for one in each),
        policy_digest=first.verdict.policy_digest,
        directory_digest=first.verdict.directory_digest,
    )


def record_of_unread(
    *, reference: str, via: str, who: str, client: str | None, sender: str, size: int, digests: tuple[str, ...]
) -> r.Checked:
    """Return the audit record of a check past its deadline; as `record_of`."""
    word = Disposition.DEFER.word
    return r.Checked(
        id=reference, via=via, who=who, reverse_path=sender, client=client, size=size, digests=digests, disposition=word, would_be=word
    )  # fmt: skip


def _open(judged: JudgedFinding) -> bool:
    return judged.finding.outcome is not FindingOutcome.PASSED
