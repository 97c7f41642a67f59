"""Notices of pending requests, to those who may decide, at 8 and 14 o'clock on working days; none without requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Final

from gateway.config.notices import Notices
from gateway.model import VIETNAM
from gateway.notice import mailbox_of
from gateway.steward.accounts.book import all_accounts
from gateway.steward.notices.context import Notifier
from gateway.steward.requests.request import Request, State, Step, barred
from gateway.steward.requests.steps import sees
from gateway.steward.roles import Person

_TIMES: Final = (time(8), time(14))
_LATE: Final = timedelta(hours=4)
"""Deadline for a machine that was off at the time."""
_SATURDAY: Final = 5
_PUBLIC: Final = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})
"""Public holidays with the same date each year (Bộ luật Lao động, Điều 112)."""
_WAITING: Final = frozenset({State.OPEN, State.ENDORSED, State.FAILED, State.UNKNOWN})
"""Of a held mail also those that a person may have sent again."""


def notify_of_waiting(notifier: Notifier) -> None:
    """Queue one notice per decider and time, with the count of requests that he may decide."""
    hour = slot(notifier.local, notifier.desk.configuration.notices)
    key = f"waiting:{hour:%Y-%m-%dT%H}" if hour is not None else ""
    if not key or notifier.book.has(key):
        return
    waiting: defaultdict[str, dict[str, Request]] = defaultdict(dict)
    holds = notifier.desk.holds
    requests = notifier.desk.people.requests.all(notifier.now)
    as_they_are = (holds.as_it_is(one) if holds is not None and one.held else one for one in requests)
    open_ones = [one for one in as_they_are if one.at(int(notifier.now)) in _WAITING]
    for address, person in deciders(notifier) if open_ones else ():
        waiting[address] |= {one.id: one for one in open_ones if _may_decide(notifier, one, person)}
    for address, found in waiting.items():
        if found:
            first = datetime.fromtimestamp(min(one.expires for one in found.values()), VIETNAM)
            notifier.notify(
                key,
                "waiting",
                address,
                count=len(found),
                first=f"{first:%H:%M %d/%m/%Y}",
                link=notifier.page("/requests"),
            )
    notifier.book.mark(key, kind="slot", now=notifier.now)


def slot(now: datetime, days: Notices) -> datetime | None:
    """Return the notice time of at most four hours ago, None on days off and otherwise."""
    today = now.date()
    off = now.weekday() >= _SATURDAY or (today.month, today.day) in _PUBLIC or today in days.holidays
    if off and today not in days.working_days:
        return None
    begun = (datetime.combine(now.date(), at, VIETNAM) for at in _TIMES)
    return next((at for at in begun if at <= now < at + _LATE), None)


def deciders(notifier: Notifier) -> Iterator[tuple[str, Person]]:
    """Yield unlocked accounts with a mailbox, and heads of units, each with the address for notices."""
    people, directory = notifier.desk.people, notifier.desk.directory()
    with people.book.reading() as connection:
        accounts = all_accounts(connection)
    for account in accounts:
        if account.mail and not account.locked:
            yield account.mail, Person(name=account.name, roles=account.roles, mail=account.mail)
    heads = {head for unit in directory.units.values() for head in unit.heads} if directory is not None else ()
    for head in sorted(heads):
        mailbox = people.mailbox(head)
        person = people.holder(mailbox) if mailbox is not None else None
        if person is not None and (address := mailbox_of(person.name, "")):
            yield address, person


def _may_decide(notifier: Notifier, request: Request, person: Person) -> bool:
    steps = (Step.ENDORSE, Step.APPROVE, Step.RELEASE)
    directory, now = notifier.desk.directory(), int(notifier.now)
    return sees(notifier.desk, person, request) and any(
        not barred(request, step, person, directory=directory, now=now) for step in steps
    )
