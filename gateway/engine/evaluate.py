"""Evidence and a policy set to a verdict: pure, without clock, disk or network.

A policy that raises is our own fault, not the mail's: the others still run, then all faults are raised together as an
`ExceptionGroup`, and the pipeline answers 451. A verdict is therefore never made from a part of the policies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

import msgspec

from gateway.engine.attachments import Attachments
from gateway.engine.guard import MARKED
from gateway.engine.observing import findings, observe
from gateway.engine.policy import Policy, Stance, Waiver
from gateway.engine.policy_set import PolicySet, day
from gateway.model import (
    Disposition,
    Evidence,
    Finding,
    FindingOutcome,
    JudgedFinding,
    Language,
    Message,
    Mode,
    Observed,
    Verdict,
)

_NO_DIGESTS: Mapping[str, frozenset[str]] = {}


def evaluate(evidence: Evidence, policies: PolicySet) -> Verdict:
    """Judge a mail; ExceptionGroup when a policy failed."""
    return evaluate_facts(observe(evidence, policies.policies), policies)


def evaluate_facts(mail: Observed, policies: PolicySet) -> Verdict:
    """Judge the facts of a mail, now or again; ExceptionGroup when a policy failed, NoFactsErrors in a replay among them."""
    return _judge(mail, policies, policies.policies)


def evaluate_recipient(evidence: Evidence, policies: PolicySet) -> Verdict:
    """Judge one forward-path at RCPT, by the policies that look at the envelope; the message is not yet known."""
    if evidence.message is not None:
        evidence = msgspec.structs.replace(evidence, message=None, documents=(), signatures=())
    return evaluate_recipient_facts(observe(evidence, policies.at_recipient), policies)


def evaluate_recipient_facts(mail: Observed, policies: PolicySet) -> Verdict:
    """Judge the facts of an envelope, now or again, as `evaluate_facts` does those of a mail."""
    return _judge(mail, policies, policies.at_recipient)


def _judge(mail: Observed, policies: PolicySet, chosen: tuple[Policy, ...]) -> Verdict:
    evidence = mail.bare
    on = day(evidence.now)
    judge = _Judge(mail, policies, on)
    errors: list[Exception] = []
    findings: list[JudgedFinding] = []
    for policy in chosen:
        if policy.idle:
            continue
        general, single = policy.stances(evidence, on) if policy.scopes else (policy.stance, {})
        if general.mode is Mode.OFF and all(stance.mode is Mode.OFF for stance in single.values()):
            continue
        try:
            findings.extend(judge.findings(policy, general, single))
        except Exception as error:  # noqa: BLE001 - a policy may be third-party code: all must run before any fault is reported
            errors.append(policy.blamed(error))
    if errors:
        raise ExceptionGroup("policies failed", errors)
    return Verdict(
        disposition=max((finding.effective for finding in findings), default=Disposition.RELAY),
        findings=tuple(findings),
        policy_digest=policies.digest,
        directory_digest=evidence.directory.digest if evidence.directory is not None else None,
        recipients=judge.recipients,
    )


class _Outcome(NamedTuple):
    """Effect of one finding on one recipient."""

    mode: Mode
    wanted: Disposition = Disposition.RELAY
    effective: Disposition = Disposition.RELAY
    waiver: str | None = None


class _Judge:
    """Judges the findings of one mail and keeps the severest disposition of each recipient."""

    def __init__(self, mail: Observed, policies: PolicySet, on: date) -> None:
        evidence = mail.bare
        self._mail = mail
        self._evidence = evidence
        self._policies = policies
        self._on = on
        self._attachments = Attachments(evidence.message)
        self._digests: Mapping[str, frozenset[str]] | None = None
        self.recipients = dict.fromkeys(evidence.envelope.forward_paths, Disposition.RELAY)

    def findings(self, policy: Policy, general: Stance, single: Mapping[str, Stance]) -> Iterator[JudgedFinding]:
        """Run a policy and judge what it yields."""
        for found in findings(policy, self._mail):
            rule = policy.rules.get(found.rule)
            if rule is None:
                raise ValueError(f"policy {policy.name} has no rule {found.rule!r}")
            finding = self._attachments.placed(found)
            passed = finding.outcome is FindingOutcome.PASSED
            outcome = _Outcome(general.mode) if passed else self._outcome(policy, finding, general, single)
            yield JudgedFinding(
                policy=policy.name,
                code=rule.code,
                article=self._policies.citation(rule.article, Language.VI, self._on),
                finding=finding,
                wanted=outcome.wanted,
                mode=outcome.mode,
                effective=outcome.effective,
                waiver=outcome.waiver,
                confidential=(secret := finding.rule in policy.confidential_rules and not passed),
                marked=secret and finding.rule == MARKED and finding.outcome is FindingOutcome.FAILED,
            )

    def _outcome(self, policy: Policy, finding: Finding, general: Stance, single: Mapping[str, Stance]) -> _Outcome:
        waivers = policy.waivers.get(finding.rule, ())
        concerned = self._concerned(finding)
        if not concerned or (not single and not waivers):
            outcome = self._for(general, finding, waivers, None)
            if outcome.effective is not Disposition.RELAY:
                for address in concerned:
                    self.recipients[address] = max(self.recipients[address], outcome.effective)
            return outcome
        severest: _Outcome | None = None
        for address in concerned:
            outcome = self._for(single.get(address, general), finding, waivers, address)
            self.recipients[address] = max(self.recipients[address], outcome.effective)
            if severest is None or (outcome.effective, outcome.wanted) > (severest.effective, severest.wanted):
                severest = outcome
        assert severest is not None
        return severest

    def _for(self, stance: Stance, finding: Finding, waivers: tuple[Waiver, ...], recipient: str | None) -> _Outcome:
        wanted = stance.actions[finding.rule].wanted(finding.outcome)
        waiver = next((waiver.id for waiver in waivers if self._waives(waiver, finding, recipient)), None)
        acts = stance.mode is Mode.ENFORCE and waiver is None
        return _Outcome(stance.mode, wanted, wanted if acts else Disposition.RELAY, waiver)

    def _concerned(self, finding: Finding) -> tuple[str, ...]:
        """Return the forward-paths that a finding is about: the one it names, else all."""
        named = finding.about.recipient
        addresses = self._evidence.envelope.forward_paths
        if named is None:
            return addresses
        if named in self.recipients:
            return (named,)
        folded = named.casefold()
        return tuple(address for address in addresses if address.casefold() == folded) or addresses

    def _waives(self, waiver: Waiver, finding: Finding, recipient: str | None) -> bool:
        """Return whether a waiver holds: every criterion that it names must."""
        if self._on > waiver.expires:
            return False
        directory = self._evidence.directory
        named = ((waiver.sender, self._evidence.envelope.reverse_path), (waiver.recipient, recipient))
        if any(wanted is not None and not (path and wanted.match(path, directory)) for wanted, path in named):
            return False
        if waiver.sha256 is None:
            return True
        part = finding.about.part
        return part is not None and waiver.sha256 in self._digests_of(part)

    def _digests_of(self, part: str) -> frozenset[str]:
        if self._digests is None:
            message = self._evidence.message
            self._digests = part_digests(message) if message is not None else _NO_DIGESTS
        return self._digests.get(part, frozenset())


def part_digests(message: Message) -> dict[str, frozenset[str]]:
    """Return for each part its own and its containers' digests: a waiver for an archive covers what is inside."""
    digests: dict[str, frozenset[str]] = {}
    stack = [(message.root, frozenset[str]())]
    while stack:
        part, around = stack.pop()
        own = around | {part.sha256} if part.sha256 is not None else around
        digests[part.path] = own
        stack.extend((child, own) for child in part.children)
    return digests
