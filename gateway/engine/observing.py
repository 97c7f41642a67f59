"""Evidence to facts: each policy observes the text once, then judges without it (`gateway.model.facts`).

`observe` is one for the child that reads a mail (`gateway.engine.walled`) and for a front end that has read a few lines
itself. A mail and the replay of a kept one are judged by the same call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import structs

from gateway.engine.policy import Observing, Policy
from gateway.errors import NoFactsError, PolicyFaultError
from gateway.model import Document, Evidence, Finding, Looked, Need, Observations, Observed, wordless

Looks = Mapping[str, msgspec.Raw]
"""Observations of one document, packed."""


def observe(
    evidence: Evidence,
    policies: Collection[Observing],
    looks: Sequence[Looks] = (),
    on_turn: Callable[[str], None] = lambda _name: None,
) -> Observed:
    """Have each policy observe a mail, those that are off too; a failure is reported when that policy is to judge.

    At RCPT, without a message, only those without `judge` have something to do. `looks` are what is known of the
    documents, in their order; a document without is looked at as it is. `on_turn` gets the name of each policy before it runs.
    """
    bare = wordless(evidence)
    seen: dict[str, Any] = {}
    found: dict[str, tuple[Finding, ...]] = {}
    faults: dict[str, Exception] = {}
    for policy in policies:
        if policy.sleeps:
            continue
        on_turn(policy.name)
        try:
            if policy.observe is not None and evidence.message is not None:
                seen[policy.name] = policy.observe(_mail(policy, evidence, bare, looks), policy.settings)
            elif policy.evaluate is not None and not policy.idle:
                found[policy.name] = tuple(policy.evaluate(_worded(policy, evidence, bare), policy.settings))
            if policy.foreign and policy.judge is not None:
                facts = Observed(bare=bare, seen={}).facts
                found[policy.name] = tuple(
                    policy.judge(structs.replace(facts, seen=seen.get(policy.name)), policy.settings)
                )
        except Exception as error:  # noqa: BLE001 - third-party code; a policy that is off must not fail a mail
            faults[policy.name] = error
    return Observed(bare=bare, seen=seen, texts=_texts(policies, seen), found=found, faults=faults)


def received(evidence: Evidence, observations: Observations, policies: Collection[Policy]) -> Observed:
    """Return what was observed behind the wall; msgspec.DecodeError when it is not what these policies observe."""
    types = {policy.name: policy.observation for policy in policies if policy.observe is not None}
    seen = {
        name: msgspec.msgpack.decode(raw, type=types[name]) for name, raw in observations.seen.items() if name in types
    }
    faults = {name: PolicyFaultError(words) for name, words in observations.faults.items()}
    return Observed(
        bare=wordless(evidence), seen=seen, texts=_texts(policies, seen), found=dict(observations.found), faults=faults
    )


def findings(policy: Policy, mail: Observed) -> Iterable[Finding]:
    """Have a policy judge a mail; NoFactsError when it needs of it what was not kept."""
    if policy.name in mail.faults:
        raise mail.faults[policy.name]
    if policy.name in mail.found:
        return mail.found[policy.name]
    if policy.judge is None:
        raise NoFactsError(policy.name, "evaluate")
    if mail.kept:
        _check_kept(policy, mail)
    return policy.judge(structs.replace(mail.facts, seen=mail.seen.get(policy.name)), policy.settings)


def _mail(policy: Observing, evidence: Evidence, bare: Evidence, looks: Sequence[Looks]) -> Looked[Any] | Evidence:
    """Return a mail as the `observe` of a policy takes it."""
    if policy.look is None:
        return _worded(policy, evidence, bare)
    assert evidence.message is not None
    return Looked(
        now=evidence.now,
        session=evidence.session,
        envelope=evidence.envelope,
        message=evidence.message,
        documents=bare.documents,
        signatures=evidence.signatures,
        look=lambda: tuple(
            _look(policy, document, known)
            for document, known in zip(evidence.documents, looks or ({},) * len(evidence.documents), strict=True)
        ),
    )


def _worded(policy: Observing, evidence: Evidence, bare: Evidence) -> Evidence:
    """Return the evidence with the words of documents only where the policy needs documents."""
    return evidence if Need.DOCUMENTS in policy.needs else structs.replace(evidence, documents=bare.documents)


def _look(policy: Observing, document: Document, known: Looks) -> Any:
    raw = known.get(policy.name)
    if raw is not None:
        return msgspec.msgpack.decode(raw, type=policy.look_type)
    assert policy.look is not None
    return policy.look(document, policy.settings)


def _texts(policies: Collection[Observing], seen: Mapping[str, Any]) -> dict[str, str]:
    return {policy.name: policy.text_digest for policy in policies if policy.text_digest and policy.name in seen}


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
