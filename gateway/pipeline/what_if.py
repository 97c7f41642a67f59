"""Replays the mails of the log under another policy set, from their kept facts."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from msgspec import structs

from gateway.audit import record as r
from gateway.audit.keyed import Keyed
from gateway.audit.replay import KeptMail, kept_mails
from gateway.audit.store import Folder
from gateway.engine.policy_set import PolicySet
from gateway.engine.what_if import Change, Comparison, Indeterminate, compare
from gateway.model import About, Directory, Finding, FindingOutcome, Observed, Part
from gateway.vietnamese.unit_names import fold_unit

ORDER = tuple(Change)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Selection of the mails to replay."""

    since: datetime | None
    until: datetime | None = None
    unit: str = ""
    policy: str = ""
    """Only differences by rules of this policy."""
    directory: Directory | None = None
    """By which the new set judges, instead of the entries that were kept."""
    unit_names: Mapping[str, str] = field(default_factory=dict)
    """Names of units that are recorded by an id."""


@dataclass(frozen=True, slots=True)
class ChangedMail:
    """A mail that would have been answered otherwise."""

    reference: str
    time: str
    sender: str
    unit: str
    comparison: Comparison
    confidential: bool = False
    """A mail with a secrecy finding."""


@dataclass(slots=True)
class Summary:
    """Result of a replay."""

    mails: int = 0
    changes: Counter[Change] = field(default_factory=Counter)
    indeterminate: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    """References of mails on which a policy failed, or whose facts are damaged."""
    rules: Counter[tuple[str, Change]] = field(default_factory=Counter)
    units: Counter[tuple[str, Change]] = field(default_factory=Counter)
    first: str = ""
    last: str = ""
    facts_from: str = ""
    """Time of the first mail with facts."""
    stopped: bool = False

    @property
    def changed(self) -> int:
        """Mails that would have been answered otherwise."""
        return sum(count for change, count in self.changes.items() if change is not Change.SAME)


class Worst:
    """The changed mails that matter most: of the most severe changes the latest."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heap: list[tuple[tuple[int, str, int], ChangedMail]] = []
        self._count = 0

    def put(self, one: ChangedMail) -> None:
        """Take a mail in, and let go of a lesser one when there is no room."""
        self._count += 1
        entry = ((-ORDER.index(one.comparison.change), one.time, self._count), one)
        if len(self._heap) < self._limit:
            heapq.heappush(self._heap, entry)
        elif self._limit:
            heapq.heappushpop(self._heap, entry)

    def listed(self) -> list[ChangedMail]:
        """Return them, the worst first."""
        return [one for _, one in sorted(self._heap, key=lambda pair: pair[0], reverse=True)]


def changed_mails(
    data: Path, old: PolicySet, new: PolicySet, wanted: Wanted, summary: Summary, *, tick: Callable[[int], object]
) -> Iterator[ChangedMail]:
    """Judge the kept mails of a time by both sets; yield those that change, and count all into the summary."""
    types = {policy.name: policy.observation for policies in (old, new) for policy in policies.policies}
    stored = frozenset(_stored(old, new)) if wanted.directory is None else frozenset[str]()
    hidden = waived(data, old, new)
    for mail in kept_mails(data, types, since=wanted.since, until=wanted.until, tick=tick):
        judged = r.judged(mail.record)  # not the facts, which may be gone
        recorded = judged.unit or ""
        unit = wanted.unit_names.get(recorded, recorded)
        if wanted.unit and fold_unit(wanted.unit) not in {fold_unit(recorded), fold_unit(unit)}:
            continue
        summary.mails += 1
        summary.first = summary.first or mail.record.time
        summary.last = mail.record.time
        observed = with_waived(mail, hidden)
        if observed is None:
            summary.indeterminate[mail.reason] += 1
            if mail.reason == "damaged":
                summary.faults[mail.record.id] += 1
            continue
        summary.facts_from = summary.facts_from or mail.record.time
        if wanted.directory is not None and _confidential(mail):
            summary.indeterminate["directory"] += 1  # of its display names only those of the directory of then are kept
            continue
        if stored and mail.policy_digest == old.digest:
            observed = _with_stored(observed, mail, stored)
        becomes = observed
        if wanted.directory is not None:
            becomes = structs.replace(observed, bare=structs.replace(observed.bare, directory=wanted.directory))
        try:
            found = compare(observed, old, new, becomes=becomes)
        except ExceptionGroup:
            summary.faults[mail.record.id] += 1
            continue
        if isinstance(found, Indeterminate):
            summary.indeterminate[f"{found.reason} {found.policy}".strip()] += 1
            continue
        if wanted.policy and not any(rule.startswith(f"{wanted.policy}.") for rule in found.rules):
            found = Comparison(Change.SAME, found.before, found.after)
        summary.changes[found.change] += 1
        if found.change is Change.SAME:
            continue
        for rule in found.rules:
            summary.rules[rule, found.change] += 1
        summary.units[unit or "-", found.change] += 1
        yield ChangedMail(mail.record.id, mail.record.time, judged.reverse_path, unit, found, _confidential(mail))


def waived(data: Path, *sets: PolicySet) -> dict[str, str]:
    """Return the digests that waivers name, by those under which confidential mails keep them; reads the keys of the log."""
    waivers = (
        one for policies in sets for policy in policies.policies for rule in policy.waivers.values() for one in rule
    )
    named = {waiver.sha256 for waiver in waivers if waiver.sha256 is not None}
    keyed = Keyed.of(Folder(data)) if named else Keyed()
    return {kept: plain for plain in named for kept in keyed.digests(plain)}


def with_waived(mail: KeptMail, digests: Mapping[str, str]) -> Observed | None:
    """Return the facts of a mail; of a confidential one, with the digests of the files that a waiver names."""

    def part(one: Part) -> Part:
        digest = digests.get(one.sha256, one.sha256) if one.sha256 is not None else None
        return structs.replace(one, sha256=digest, children=tuple(map(part, one.children)))

    message = mail.observed.bare.message if mail.observed is not None else None
    if mail.observed is None or message is None or not digests or not _confidential(mail):
        return mail.observed
    message = structs.replace(message, root=part(message.root))
    return structs.replace(mail.observed, bare=structs.replace(mail.observed.bare, message=message))


def _confidential(mail: KeptMail) -> bool:
    judged = r.judged(mail.record)
    return isinstance(judged, r.MailFacts) and judged.confidential


def _stored(old: PolicySet, new: PolicySet) -> Iterator[str]:
    """Yield the policies without `judge` that found the same in every mail, whichever of two sets it was judged by."""
    others = {policy.name: (policy.module, policy.settings) for policy in new.policies}
    for policy in old.policies:
        same = others.get(policy.name) == (policy.module, policy.settings)
        if same and policy.judge is None and not policy.idle and not policy.scopes:
            yield policy.name


def _with_stored(observed: Observed, mail: KeptMail, policies: frozenset[str]) -> Observed:
    """Add the findings that the record has of policies without `judge`, unless it was cut or redacted."""
    judged = r.judged(mail.record)
    if isinstance(judged, r.RecipientRefused) or judged.omitted or judged.confidential:
        return observed
    found: dict[str, tuple[Finding, ...]] = dict.fromkeys(policies, ())
    for one in judged.findings:
        if one.policy in policies:
            about = About(part=one.part, filename=one.filename, recipient=one.recipient, header=one.header)
            outcome = FindingOutcome(one.outcome)
            finding = Finding(rule=one.rule, outcome=outcome, about=about, locator=one.locator, params=one.params)
            found[one.policy] += (finding,)
    return structs.replace(observed, found=found)


def top(counts: Counter[tuple[str, Change]]) -> list[tuple[tuple[str, Change], int]]:
    """Return counts by name and change, the most severe change first, then the most."""
    return sorted(counts.items(), key=lambda item: (ORDER.index(item[0][1]), -item[1], item[0][0]))
