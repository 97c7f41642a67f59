"""Evidence to facts: each policy observes the words once, then judges without them (`gateway.model.facts`).

A mail and the replay of a kept one are judged by the same call: only `Observed.evidence`, which holds the words for
policies without `judge`, is missing in a replay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from msgspec import structs

from gateway.engine.policy import Policy
from gateway.errors import NoFactsError
from gateway.model import Evidence, Facts, Finding, Observed, wordless


def observe(evidence: Evidence, policies: Collection[Policy]) -> Observed:
    """Have each policy observe a mail, those that are off too; ExceptionGroup when one that judges fails."""
    seen: dict[str, Any] = {}
    errors: list[Exception] = []
    for policy in policies if evidence.message is not None else ():
        if policy.observe is None:
            continue
        try:
            seen[policy.name] = policy.observe(evidence, policy.settings)
        except Exception as error:  # noqa: BLE001 - a policy is somebody's code; one that is off must harm nobody
            if not policy.idle:
                error.add_note(f"in policy {policy.name} ({policy.module})")
                errors.append(error)
    if errors:
        raise ExceptionGroup("policies failed", errors)
    texts = {policy.name: policy.text_digest for policy in policies if policy.text_digest and policy.name in seen}
    return Observed(bare=wordless(evidence), seen=seen, texts=texts, evidence=evidence)


def findings(policy: Policy, mail: Observed) -> Iterable[Finding]:
    """Have a policy judge a mail; NoFactsError when it needs of it what was not kept."""
    if policy.judge is None:
        if mail.evidence is None or policy.evaluate is None:
            raise NoFactsError(policy.name, "evaluate")
        return policy.evaluate(mail.evidence, policy.settings)
    if mail.evidence is None:
        _check_kept(policy, mail)
    bare = {name: getattr(mail.bare, name) for name in _FIELDS}
    return policy.judge(Facts(**bare, seen=mail.seen.get(policy.name)), policy.settings)


def _check_kept(policy: Policy, mail: Observed) -> None:
    """Raise NoFactsError when a kept mail does not hold what the policy judges by."""
    if policy.observe is not None and mail.bare.message is not None:
        if policy.name not in mail.seen:
            raise NoFactsError(policy.name, "observation")
        if mail.texts.get(policy.name, "") != policy.text_digest:
            raise NoFactsError(policy.name, "text")
    if policy.asks is not None:
        history = mail.bare.history
        known = history.met | history.unmet if history is not None else frozenset()
        if not known.issuperset(policy.asks(mail.bare, policy.settings)):
            raise NoFactsError(policy.name, "history")


_FIELDS = tuple(field.name for field in structs.fields(Evidence))
