"""Comparison of two judgements of the same facts: the answers of another policy set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from gateway.engine.evaluate import evaluate_facts, evaluate_recipient_facts
from gateway.engine.policy_set import PolicySet
from gateway.errors import NoFactsError
from gateway.model import Disposition, FindingOutcome, Observed, Verdict


class Change(Enum):
    """Change of the answer to a mail, the most severe first."""

    REFUSED = "refused"
    """Relayed before, refused or deferred now."""
    ADMITTED = "admitted"
    """Refused or deferred before, relayed now."""
    TAGGED = "tagged"
    UNTAGGED = "untagged"
    OTHER = "other"
    """Held, deferred or refused in another way, or for other recipients."""
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One mail under two policy sets."""

    change: Change
    before: Disposition
    after: Disposition
    rules: tuple[str, ...] = ()
    """`policy.rule` of the findings that make the difference."""


@dataclass(frozen=True, slots=True)
class Indeterminate:
    """A mail that cannot be judged again."""

    policy: str
    reason: str
    """As of `NoFactsError`, or `content`: refused at RCPT, so what a set that takes the recipient says of its content is not known."""


def judge_again(mail: Observed, policies: PolicySet) -> Verdict | Indeterminate:
    """Judge a mail by its facts; ExceptionGroup when a policy fails otherwise than for want of facts."""
    envelope_only = mail.bare.message is None
    try:
        verdict = (evaluate_recipient_facts if envelope_only else evaluate_facts)(mail, policies)
    except ExceptionGroup as group:
        first = first_missing(group)
        if first is None:
            raise
        return Indeterminate(first.policy, first.reason)
    return Indeterminate("", "content") if envelope_only and verdict.disposition < Disposition.DEFER else verdict


def compare(
    mail: Observed, old: PolicySet, new: PolicySet, *, becomes: Observed | None = None
) -> Comparison | Indeterminate:
    """Judge a mail by both sets, by `new` as it `becomes`; errors as of `judge_again`."""
    before, after = judge_again(mail, old), judge_again(becomes or mail, new)
    if isinstance(before, Indeterminate):
        return before
    if isinstance(after, Indeterminate):
        return after
    change = _change(before, after)
    if change is Change.SAME:
        return Comparison(change, before.disposition, after.disposition)
    return Comparison(change, before.disposition, after.disposition, _rules(before, after))


def first_missing(group: ExceptionGroup[Exception]) -> NoFactsError | None:
    """Return what could not be judged for want of facts; None when a policy failed otherwise."""
    missing, others = group.split(NoFactsError)
    return None if missing is None or others is not None else next(_leaves(missing))


def _leaves(group: BaseExceptionGroup[NoFactsError]) -> Iterator[NoFactsError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _change(before: Verdict, after: Verdict) -> Change:
    was, becomes = before.disposition, after.disposition
    if was == becomes and before.recipients == after.recipients:
        return Change.SAME
    match was >= Disposition.DEFER, becomes >= Disposition.DEFER:
        case False, True:
            return Change.REFUSED
        case True, False:
            return Change.ADMITTED
    if (was, becomes) == (Disposition.RELAY, Disposition.TAG):
        return Change.TAGGED
    if (was, becomes) == (Disposition.TAG, Disposition.RELAY):
        return Change.UNTAGGED
    return Change.OTHER


def _rules(before: Verdict, after: Verdict) -> tuple[str, ...]:
    """Return the rules that asked for more on one side than on the other, those of the severest disposition first."""
    asked = [_asked(verdict) for verdict in (before, after)]
    changed = {rule for rule in asked[0].keys() | asked[1].keys() if asked[0].get(rule) != asked[1].get(rule)}
    worst = {rule: max(side.get(rule, Disposition.RELAY) for side in asked) for rule in changed}
    return tuple(sorted(changed, key=lambda rule: (-worst[rule], rule)))


def _asked(verdict: Verdict) -> dict[str, Disposition]:
    found: dict[str, Disposition] = {}
    for judged in verdict.findings:
        if judged.finding.outcome is not FindingOutcome.PASSED and judged.effective is not Disposition.RELAY:
            rule = f"{judged.policy}.{judged.finding.rule}"
            found[rule] = max(found.get(rule, Disposition.RELAY), judged.effective)
    return found
