"""Counts the records of a month in one pass."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from gateway.audit.index_rows import fold, unit_tag
from gateway.audit.record import Delivery, Intent, Mailboxes, MailFacts, Outcome, RecipientRefused, Refused
from gateway.errors import NoUnitError
from gateway.model import VIETNAM, FindingOutcome
from gateway.report.cases import Case, Cases, Kind, sent_names
from gateway.report.figures import (
    OUTSIDE,
    Basis,
    Day,
    Gap,
    PersonFigures,
    Report,
    RuleFigures,
    Sent,
    Stock,
    UnitFigures,
    Violations,
    Wanted,
)
from gateway.report.league import league
from gateway.report.month import Month
from gateway.report.records import Entry
from gateway.report.stock import Stocks
from gateway.texts.catalogue import both
from gateway.yaml.file import closest
from gateway.yaml.values import printable

HANDED_ON = frozenset({Delivery.RELAYED, Delivery.PASSED_ON})
"""Taken by the next hop, or by the MTA behind whose milter we stand."""
_AGAIN = frozenset({Delivery.UPSTREAM_DEFERRED, Delivery.NOT_SENT, Delivery.UNKNOWN})
"""After these a held mail may be sent again."""
_SIGNATURES = "signed_documents"
_SIGNED, _PAPER_COPY = "unsigned", "paper_copy"
"""The first is the rule whose findings say which issued documents there were: passed, signed as they must be; failed, not."""
_PASSED, _FAILED = FindingOutcome.PASSED.value, FindingOutcome.FAILED.value
_Key = TypeVar("_Key", bound=Hashable)
_Figures = TypeVar("_Figures", Sent, Violations)
_NUMBERS = re.compile(r"([0-9]{1,9})")
_LIMIT_DIGESTS = 100
"""Policy sets and directories that a report names."""


class _Open(Struct, gc=False):
    """A mail that was judged and of which it is not yet known what became."""

    moment: datetime
    counts: tuple[int, ...]
    """The fields of `Sent` but the last; none of a mail outside the month."""
    mail: MailFacts


class Count:
    """Counts so far."""

    def __init__(self, month: Month, before: Mailboxes | None) -> None:
        """`before` is the record of the directory in force as the month begins."""
        self._begin, self._end = month.begin.astimezone(UTC), month.end.astimezone(UTC)  # compared with every record
        self.directory_record = before.seq if before is not None else None
        self.policies: dict[str, None] = {}
        self.directories: dict[str, None] = {}
        if before is not None:
            self.directories[before.digest] = None
        self._stocks = Stocks(before)
        self._cases, self._earlier = Cases(), Cases()
        """Violations of the month, and those before it that a mail of the month may mend."""
        self._open: dict[str, _Open] = {}
        self._held: dict[str, _Open] = {}
        self._sent: defaultdict[str, list[int]] = _sums(Sent)
        self._days: Counter[tuple[str, int]] = Counter()
        self._unknown: list[_Open] = []

    def take(self, entry: Entry, moment: datetime) -> None:
        """Count a record of a time."""
        match entry:
            case Intent() | Refused():
                self._judged(entry, moment)
            case Outcome():
                self._outcome(entry)
            case RecipientRefused() if self._is_in(moment):
                self._cases.take_recipient(entry, moment)
            case Mailboxes() if moment < self._end:
                if self._is_in(moment):
                    self._stocks.take(entry)
                else:
                    self._stocks, self.directories = Stocks(entry), {}
                self.directory_record = entry.seq
                _name(self.directories, entry.digest)
            case _:
                pass

    def _is_in(self, moment: datetime) -> bool:
        return self._begin <= moment < self._end

    def _judged(self, judged: Intent | Refused, moment: datetime) -> None:
        mail = judged.mail
        within = self._is_in(moment)
        if within:
            _name(self.policies, mail.policy_digest)
        if moment < self._end:
            (self._cases if within else self._earlier).take_mail(mail, judged.id, moment)
        if isinstance(judged, Intent):
            self._open[judged.id] = _Open(moment=moment, counts=_counts(mail) if within else (), mail=mail)

    def _outcome(self, outcome: Outcome) -> None:
        reference, delivery = outcome.id, outcome.delivery
        held = self._held.pop(reference, None)
        judged = self._open.pop(reference, None) or held
        if judged is None:
            return
        if delivery is Delivery.HELD or (held is not None and delivery in _AGAIN):
            self._held[reference] = judged  # it may still be sent
            return
        if delivery not in HANDED_ON:
            if delivery is Delivery.UNKNOWN:
                self._unknown.append(judged)
            return
        mail = judged.mail
        if held is not None:
            self._cases.let_go(mail)
        names = sent_names(mail)
        mending = self._cases.mend(mail, names, judged.moment) | self._earlier.mend(mail, names, judged.moment)
        if judged.counts:
            unit = mail.unit or OUTSIDE
            mails, recipients, *rest = judged.counts
            _added(self._sent, unit, (mails, recipients - len(outcome.left_out), *rest, mending))
            self._days[unit, judged.moment.astimezone(VIETNAM).day] += 1
            if unit != OUTSIDE:
                self._stocks.sent(mail.sender, unit)

    def gaps(self) -> list[Gap]:
        """Return what the records leave open."""
        gaps = self._stocks.gaps()
        if len(self.directories) > 1:
            gaps.append(Gap("directories", {"count": len(self.directories)}))
        if self._cases.beyond:
            gaps.append(Gap("cases_beyond", {"count": self._cases.beyond}))
        return gaps

    def _missing(self, unit: str) -> Iterator[Gap]:
        """Yield the mails of a unit, or of all, that are not counted as relayed."""
        for key, mails in (("pending", self._open.values()), ("held", self._held.values()), ("unknown", self._unknown)):
            of_it = [one for one in mails if one.counts and unit in {"", one.mail.unit}]
            if of_it:
                yield Gap(key, {"count": len(of_it)})

    def report(self, wanted: Wanted, basis: Basis, *, made: str, gaps: tuple[Gap, ...]) -> Report:
        """Return what was counted; UserError for a unit that there is not."""
        units = self._units()
        places = league(units, wanted.weights, least_mailboxes=wanted.least_mailboxes)
        chosen = [one.unit for one in units]
        if wanted.unit:
            chosen = [_unit(wanted.unit, chosen)]
            wanted = msgspec.structs.replace(wanted, unit=chosen[0])
        shown = tuple(one for one in units if one.unit in chosen)
        days = range(1, wanted.month.days + 1)
        alone = (Gap("node", {"node": wanted.node}),) if wanted.node else ()
        return Report(
            wanted=wanted,
            basis=basis,
            made=made,
            units=shown,
            total=_total(shown),
            days=tuple(Day(day, sum(self._days[unit, day] for unit in chosen)) for day in days),
            league=tuple(place for place in places if place.unit in chosen),
            rules=tuple(one for one in self._rules() if one.unit in chosen),
            persons=tuple(one for one in self._persons() if one.unit in chosen) if wanted.persons else (),
            gaps=(*alone, *gaps, *self._missing(wanted.unit)),
        )

    def _units(self) -> tuple[UnitFigures, ...]:
        stocks = self._stocks.figures()
        violations = _sums(Violations)
        things: defaultdict[str, set[bytes]] = defaultdict(set)
        for case in self._cases:
            _added(violations, case.unit, case.counts)
            if case.kind is Kind.PREVENTED and not case.mended:
                things[case.unit].add(case.thing)
        found = {*stocks, *self._sent, *violations}
        none = Stock(total=0, suspended=0, left=0) if self.directory_record is not None else Stock()
        return tuple(
            UnitFigures(
                unit=unit,
                stock=stocks.get(unit, none),
                sent=_figures(Sent, self._sent[unit]),
                violations=_figures(Violations, violations[unit]),
                unmended=len(things[unit]),
            )
            for (unit,) in sorted(((unit,) for unit in found), key=_outside_last)
        )

    def _rules(self) -> tuple[RuleFigures, ...]:
        sums = _sums(Violations)
        articles: dict[tuple[str, str, tuple[str, str]], str] = {}
        for case in self._cases:
            key = (case.unit, case.code, case.rule)
            _added(sums, key, case.counts)
            articles[key] = case.article
        return tuple(
            RuleFigures(
                unit=unit,
                policy=rule[0],
                rule=rule[1],
                code=code,
                article=articles[unit, code, rule],
                violations=_figures(Violations, sums[unit, code, rule]),
            )
            for unit, code, rule in sorted(sums, key=_outside_last)
        )

    def _persons(self) -> tuple[PersonFigures, ...]:
        cases: defaultdict[tuple[str, str, str, tuple[str, str]], list[Case]] = defaultdict(list)
        listed = self.directory_record is not None  # then others are no persons of ours
        for case in self._cases:
            # A suspicion is attributed to no one.
            if case.kind in {Kind.PREVENTED, Kind.RECORDED} and not (listed and case.unit == OUTSIDE):
                cases[case.unit, case.sender, case.code, case.rule].append(case)
        return tuple(_person(cases[key]) for key in sorted(cases, key=_outside_last))


def _outside_last(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return by what a key that begins with a unit is sorted: Phường 2 before Phường 10, Đ beside D."""
    words = [(0, int(word), "") if word.isdecimal() else (1, 0, word) for word in _NUMBERS.split(fold(key[0]))]
    return (key[0] == OUTSIDE, words, *key)


def _person(cases: list[Case]) -> PersonFigures:
    """Return the violations of one rule by one mailbox."""
    sums = _sums(Violations)
    for case in cases:
        _added(sums, "", case.counts)
    first = cases[0]
    return PersonFigures(
        unit=first.unit,
        mailbox=first.sender,
        logins=tuple(sorted({case.login for case in cases if case.login})),
        policy=first.rule[0],
        rule=first.rule[1],
        code=first.code,
        violations=_figures(Violations, sums[""]),
        reference=first.reference,
    )


def _unit(wanted: str, units: Sequence[str]) -> str:
    """Return the unit that is meant, ignoring case and diacritics; UserError for none."""
    found = next((unit for unit in units if unit and unit_tag(unit) == unit_tag(wanted)), None)
    if found is None:
        guess = closest(wanted, [unit for unit in units if unit])
        hint = f" ({both('audit', 'fault', 'did_you_mean', guess=printable(guess))})" if guess else ""
        raise NoUnitError(both("report", "fault", "unit", value=printable(wanted)) + hint)
    return found


def _counts(mail: MailFacts) -> tuple[int, ...]:
    """Return the counts of one mail, if relayed: the fields of `Sent` but the last."""
    signed: dict[str, bool] = {}
    paper = False
    for finding in mail.findings:
        if finding.policy != _SIGNATURES:
            continue
        if finding.rule == _SIGNED and finding.outcome in {_PASSED, _FAILED}:
            number = str(finding.params.get("number", "-"))
            if number not in {"", "-"}:  # a working file has none
                signed[number] = signed.get(number, False) or finding.outcome == _PASSED
        elif finding.rule == _PAPER_COPY and finding.outcome == _PASSED:
            paper = True
    return 1, len(mail.recipients), mail.size, len(signed), sum(signed.values()), int(paper)


def _total(units: Iterable[UnitFigures]) -> UnitFigures:
    units = tuple(units)
    stocks = [one.stock for one in units]
    kinds: Counter[str] = Counter()
    for stock in stocks:
        kinds.update(stock.kinds)

    def known(values: list[int | None]) -> int | None:
        return None if not values or None in values else sum(value or 0 for value in values)

    return UnitFigures(
        unit=OUTSIDE,
        stock=Stock(
            total=known([stock.total for stock in stocks]),
            kinds=dict(kinds),
            suspended=known([stock.suspended for stock in stocks]),
            left=known([stock.left for stock in stocks]),
            added=sum(stock.added for stock in stocks),
            removed=sum(stock.removed for stock in stocks),
            changed=sum(stock.changed for stock in stocks),
            now_suspended=sum(stock.now_suspended for stock in stocks),
            now_left=sum(stock.now_left for stock in stocks),
            active=sum(stock.active for stock in stocks),
        ),
        sent=_summed(Sent, (one.sent for one in units)),
        violations=_summed(Violations, (one.violations for one in units)),
        unmended=sum(one.unmended for one in units),
    )


def _added(sums: defaultdict[_Key, list[int]], key: _Key, counts: Sequence[int]) -> None:
    """Add counts to the sums of a key, place by place."""
    into = sums[key]
    for place, count in enumerate(counts):
        into[place] += count


def _sums(kind: type[Struct]) -> defaultdict[Any, list[int]]:
    """Return sums by key of the fields of a kind of figures."""
    return defaultdict(lambda: [0] * len(kind.__struct_fields__))


def _figures(kind: type[_Figures], sums: Sequence[int]) -> _Figures:
    return kind(**dict(zip(kind.__struct_fields__, sums, strict=True)))


def _summed(kind: type[_Figures], figures: Iterable[_Figures]) -> _Figures:
    rows = [msgspec.structs.astuple(one) for one in figures]
    return _figures(kind, [sum(column) for column in zip(*rows, strict=True)]) if rows else kind()


def _name(digests: dict[str, None], digest: str) -> None:
    if len(digests) < _LIMIT_DIGESTS:
        digests[digest] = None
