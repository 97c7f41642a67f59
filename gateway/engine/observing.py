"""Evidence to facts: each policy observes the words once, then judges without them (`gateway.model.facts`).

A mail and the replay of a kept one are judged by the same call: only `MailFacts.evidence`, which holds the words for
policies without `judge`, is missing in a replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, structs

from gateway.engine.policy import Policy
from gateway.errors import NoFactsError
from gateway.model import Evidence, Facts, Finding, wordless


class MailFacts(Struct, frozen=True, kw_only=True):
    """What is known of a mail without its words."""

    bare: Evidence
    """The evidence without words (`wordless`)."""
    seen: Mapping[str, Any]
    """Observation by policy; absent for a policy without `observe`."""
    evidence: Evidence | None = None
    """With words, for policies that have no `judge`; None in a replay."""


def observe(evidence: Evidence, policies: Iterable[Policy]) -> MailFacts:
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
    return MailFacts(bare=wordless(evidence), seen=seen, evidence=evidence)


def findings(policy: Policy, mail: MailFacts) -> Iterable[Finding]:
    """Have a policy judge a mail; NoFactsError when it needs words, or an observation, that were not kept."""
    if policy.judge is None:
        if mail.evidence is None or policy.evaluate is None:
            raise NoFactsError(policy.name)
        return policy.evaluate(mail.evidence, policy.settings)
    if policy.observe is not None and policy.name not in mail.seen and mail.bare.message is not None:
        raise NoFactsError(policy.name)
    bare = {name: getattr(mail.bare, name) for name in _FIELDS}
    return policy.judge(Facts(**bare, seen=mail.seen.get(policy.name)), policy.settings)


_FIELDS = tuple(field.name for field in structs.fields(Evidence))
