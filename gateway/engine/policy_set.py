"""Policy set: YAML to policies with modes, dispositions, scopes and waivers, immutable, identified by its digest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from gateway.engine.catalogue import Catalogue
from gateway.engine.policy import Addresses, Policy
from gateway.engine.schema import WaiverSection, Words
from gateway.model import VIETNAM, Evidence, Language, Need, Observer
from gateway.texts.catalogue import both
from gateway.yaml.values import printable

_REFERENCE = "{reference}"
_BRACES = re.compile(r"\{[^{}]*\}")
_WAIVER_NOTICE_DAYS = 14
LONGEST_WAIVER_DAYS = 366
"""Beyond it a waiver is a change of policy without review."""


@dataclass(frozen=True)
class PolicySet:
    """All policies that judge a mail, with their words. Immutable; two sets with one digest judge alike."""

    name: str
    digest: str
    """SHA-256 of `canonical`."""
    canonical: str
    """The resolved content as JSON with sorted keys."""
    policies: tuple[Policy, ...]
    catalogue: Catalogue
    names: Mapping[str, tuple[Words, ...]]
    citations: Mapping[str, tuple[Words, ...]]
    contact: tuple[Words, ...]
    waivers: tuple[WaiverSection, ...]
    _citation_cache: dict[tuple[str, Language, date], str] = field(default_factory=dict, repr=False, compare=False)
    _by_name: Mapping[str, Policy] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def observers(self) -> tuple[Observer, ...]:
        """The parts of the policies that the reading process needs."""
        return tuple(observer for policy in self.policies if (observer := policy.observer) is not None)

    @cached_property
    def reads_inline(self) -> bool:
        """Return whether short texts may be read outside a child: all policies are ours."""
        return not any(one.foreign for one in self.observers)

    @cached_property
    def at_recipient(self) -> tuple[Policy, ...]:
        """The policies that look at an envelope, and so judge each forward-path at RCPT."""
        return tuple(policy for policy in self.policies if Need.ENVELOPE in policy.needs)

    def policy(self, name: str) -> Policy | None:
        """Return a policy by name, None when the set has none."""
        return self._by_name.get(name)

    def asked(self, evidence: Evidence) -> frozenset[str]:
        """Return the senders whose history the policies want to know before they judge; ExceptionGroup when one failed."""
        asked: set[str] = set()
        for policy in self.policies:
            if policy.asks is not None and not policy.idle:
                try:
                    asked.update(policy.asks(evidence, policy.settings))
                except Exception as error:  # noqa: BLE001 - third-party code
                    raise ExceptionGroup("policies failed", [policy.blamed(error)]) from None
        return frozenset(asked)

    def citation(self, key: str, language: Language, on: date) -> str:
        """Return the words of a citation key (`7600:9.4c`) that are right on a day.

        An own entry of the key comes first; else the words of the document with the article; else the key itself.
        """
        cached = self._citation_cache.get((key, language, on))
        if cached is not None:
            return cached
        document, separator, article = key.partition(":")
        words = pick(self.citations.get(key, ()), language, on)
        if words is None:
            words = pick(self.citations.get(document, ()), language, on) or document
            if separator:
                words = f"{words}, {'Điều' if language is Language.VI else 'Art.'} {article}"
        if len(self._citation_cache) > 10_000:
            self._citation_cache.clear()
        self._citation_cache[key, language, on] = words
        return words

    def names_on(self, language: Language, on: date) -> dict[str, str]:
        """Return the names that texts may use, as they are right on a day."""
        found = {name: pick(words, language, on) for name, words in self.names.items()}
        return {name: words for name, words in found.items() if words is not None}

    def contact_line(self, language: Language, on: date, reference: str = "") -> str:
        """Return the contact for a mail, with `{reference}` filled in; empty when none is configured."""
        return (pick(self.contact, language, on) or "").replace(_REFERENCE, reference or "BT-...")

    def warnings(self, now: datetime) -> tuple[str, ...]:
        """Return what an administrator should know at start: what has ended, or cannot act as it is written."""
        on = day(now)
        found = list(_idle_words(self.policies, self.waivers, on))
        unfilled = {one for words in self.contact for one in _BRACES.findall(f"{words.vi} {words.en}")} - {_REFERENCE}
        found += [
            both("start", "policy", "contact_field", field=printable(one), reference=_REFERENCE)
            for one in sorted(unfilled)
        ]
        for waiver in self.waivers:
            left = (waiver.expires - on).days
            if left < 0:
                found.append(
                    f"miễn trừ {waiver.id} đã hết hạn ngày {waiver.expires} / waiver {waiver.id} expired on {waiver.expires}"
                )
            elif left > LONGEST_WAIVER_DAYS:
                found.append(both("start", "policy", "waiver_long", id=waiver.id, day=waiver.expires))
            elif left <= _WAIVER_NOTICE_DAYS:
                found.append(
                    f"miễn trừ {waiver.id} sẽ hết hạn ngày {waiver.expires} / "
                    f"waiver {waiver.id} expires on {waiver.expires}"
                )
        for key, words in self.citations.items():
            if pick(words, Language.VI, on) is None:
                found.append(f"trích dẫn {key} không có hiệu lực hôm nay / citation {key} holds on no wording today")
        return tuple(found)


def _idle_words(policies: Iterable[Policy], waivers: Iterable[WaiverSection], on: date) -> Iterator[str]:
    """Yield words for scopes that have ended or change nothing, and for addresses that no address can match."""
    for policy in policies:
        for number, scope in enumerate(policy.scopes, 1):
            fields = {"policy": policy.name, "number": number}
            if scope.days.until is not None and scope.days.until < on:
                yield both("start", "policy", "scope_ended", day=scope.days.until, **fields)
            if scope.days.since is not None and scope.days.since > on:
                yield both("start", "policy", "scope_begins", day=scope.days.since, **fields)
            if scope.mode is None and not scope.actions:
                yield both("start", "policy", "scope_idle", **fields)
            for pattern in (*scope.senders.hopeless, *scope.recipients.hopeless):
                yield both("start", "policy", "scope_address", pattern=printable(pattern), **fields)
    for waiver in waivers:
        addresses = Addresses(one for one in (waiver.sender, waiver.recipient) if one is not None)
        for pattern in addresses.hopeless:
            yield both("start", "policy", "waiver_address", id=waiver.id, pattern=printable(pattern))


def day(moment: datetime) -> date:
    """Return the day in Viet Nam of an aware time."""
    return moment.astimezone(VIETNAM).date()


def pick(words: Iterable[Words], language: Language, on: date) -> str | None:
    """Return the last wording that holds on a day."""
    chosen = None
    for candidate in words:
        if candidate.holds(on):
            chosen = candidate
    if chosen is None:
        return None
    return chosen.vi if language is Language.VI else chosen.en
