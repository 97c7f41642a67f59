"""Figures of the last days, from the counts of the search index, and state of the system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from gateway.audit import tally
from gateway.audit.filter import Filter
from gateway.audit.query import AuditReader
from gateway.engine.guard import MARKED
from gateway.model import Language
from gateway.steward import questions as q
from gateway.steward.condition import condition
from gateway.steward.desk import Desk
from gateway.steward.mails import TRUSTED, rule_label
from gateway.steward.requests.answers import waiting_for
from gateway.steward.roles import Person
from gateway.texts.catalogue import said
from gateway.vietnamese.printed import clean

_LIMIT_DAYS: Final = 366
_LIMIT_BARS: Final = 20
_BY_DAY: Final = 92
"""More days are shown as the last twelve months."""
_MONTHS: Final = 12


def overview(desk: Desk, person: Person, question: q.Overview, language: Language) -> q.OverviewView:
    """Return figures of so many days up to today, or of twelve months, and the lines on health."""
    now = datetime.now(UTC)
    days = tally.days_until(now, max(1, min(question.days, _LIMIT_DAYS)))
    if len(days) > _BY_DAY:
        begun = sorted({_month(day) for day in days})[-_MONTHS:][0]
        days = tuple(day for day in days if day >= begun)
    first, last = days[0], days[-1]
    with desk.reader() as reader:
        with reader.index() as index:
            by_day = tally.by_day(index, first, last)
            by_unit = tally.by_unit(index, first, last, "is:reject")
            mailboxes = tally.mailboxes(index, first, last)
        marked = tuple(_marked(reader, now, len(days))) if person.roles & TRUSTED else ()
    columns: dict[str, Counter[str]] = {}
    for day in days:
        column = columns.setdefault(day if len(days) <= _BY_DAY else _month(day), Counter())
        column.update(by_day.get(day, {}))
    total = sum(columns.values(), Counter[str]())
    return q.OverviewView(
        days=tuple(_day(name, counts) for name, counts in columns.items()),
        since=first,
        mails=total["mails"],
        octets=total["bytes"],
        mailboxes=mailboxes,
        refused=total["is:reject"],
        tagged=total["is:tag"],
        indeterminate=total["indeterminate"],
        upstream=total["state:upstream_refused"],
        troubles=total["state:trouble"],
        waiting=waiting_for(desk, person),
        rules=tuple(_rules(desk, total, language)),
        units=tuple(
            q.Bar(name, count, "bad", urlencode({"unit": name, "result": "reject"}))
            for name, count in ((desk.unit_name(unit), count) for unit, count in by_unit.most_common(_LIMIT_BARS))
        ),
        health=tuple(health_lines(desk, now, language)),
        marked=marked,
    )


def health(desk: Desk, _nobody: Person, _question: q.AskHealth, _language: Language) -> q.Answer:
    """Return whether mail is judged and recorded; asked without a session, so without detail."""
    return q.Health(desk.alive())


def _marked(reader: AuditReader, now: datetime, days: int) -> Iterator[q.MarkedCheck]:
    """Yield the checks of so many days in which a mark was found, the newest first."""
    wanted = Filter(state="checked", rule=f"classified.{MARKED}", since=now - timedelta(days=days), limit=_LIMIT_BARS)
    for row in reader.find(wanted):
        sender = clean(row.sender, limit=320)
        yield q.MarkedCheck(time=row.time.isoformat(), who=sender, reference=clean(row.reference))


def _month(day: str) -> str:
    return day[: len("2026-11")]


def _day(day: str, counts: Counter[str]) -> q.Day:
    return q.Day(
        date=day,
        relayed=counts["is:relay"],
        tagged=counts["is:tag"],
        refused=counts["is:reject"],
        deferred=counts["is:defer"] + counts["is:hold"],
    )


def _rules(desk: Desk, total: Counter[str], language: Language) -> Iterator[q.Bar]:
    rules = Counter({name.removeprefix("rule:"): n for name, n in total.items() if name.startswith("rule:")})
    for name, count in rules.most_common(_LIMIT_BARS):
        yield q.Bar(rule_label(desk.policies(), name, language), count, link=urlencode({"q": f"luat:{name}"}))


def health_lines(desk: Desk, now: datetime, language: Language) -> list[q.HealthLine]:
    """Return the condition of the running system in words; those of what is not well say what helps."""
    return [
        q.HealthLine(
            name=said("answers", "health", line.subject, language),
            state=q.Badge(said("answers", "health", line.health.value, language), line.health.value, line.health.value),
            detail=line.words(language),
        )
        for line in condition(desk.configuration, desk.running, now)
    ]
