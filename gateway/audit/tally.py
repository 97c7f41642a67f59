"""Counts by day, kept by the search index: `tally(scope, day, who, measure, n)`.

A day is one of Viet Nam, as `2026-11-27`. Each entry counts for all (`all`, who is empty), for the sender's unit (`unit`) and
for the mailbox (`mailbox`, in lower case: the listed address, else the reverse-path). Measures: `mails` (judged, or refused unread), `bytes` of judged mails,
`is:DISPOSITION` of mails as decided, `would:reject` where only monitor mode or a waiver let a mail go, `rule:POLICY.RULE`
of entries with a finding that did not pass, `indeterminate` (mails with one of that outcome), `state:STATE` of all entries.
A mail counts on the day on which it was judged, whatever became of it later.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from gateway.audit import record as r
from gateway.model import VIETNAM

SCHEMA: Final = """
CREATE TABLE tally (
  scope TEXT NOT NULL, day TEXT NOT NULL, who TEXT NOT NULL, measure TEXT NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (scope, day, who, measure)
) STRICT, WITHOUT ROWID;
"""
_LIMIT_BYTES: Final = 1 << 40
"""Size of one mail that is counted at most: what comes is bounded far below."""


class Counted(NamedTuple):
    """For whom an entry counts."""

    day: str
    sender: str
    unit: str


Counts = Counter[tuple[str, str, str, str]]


def counted(record: r.AnyRecord) -> Counted | None:
    """Return for whom a record counts, None when it is no entry of a list."""
    match record:
        case r.Intent() | r.Refused() | r.RecipientRefused():
            mail = r.judged(record)
            return Counted(_day(record.time), mail.sender, mail.unit or "")
        case r.ContentRefused() | r.Trouble():
            return Counted(_day(record.time), record.reverse_path.casefold(), "")
        case r.AuthFailed() | r.PasswordJudged():
            return Counted(_day(record.time), "", "")
        case _:
            return None


def count(counts: Counts, whose: Counted, record: r.AnyRecord, states: Iterable[str]) -> None:
    """Count a record with the states that it has from the beginning."""
    for measure, number in _measures(record):
        add(counts, whose, measure, number)
    for state in states:
        add(counts, whose, state)


def add(counts: Counts, whose: Counted, measure: str, number: int = 1) -> None:
    """Count for all, for the unit and for the mailbox."""
    counts["all", whose.day, "", measure] += number
    if whose.unit:
        counts["unit", whose.day, whose.unit, measure] += number
    if whose.sender:
        counts["mailbox", whose.day, whose.sender, measure] += number


def add_state(counts: Counts, whose: Counted, tag: str) -> None:
    """Count a tag of an outcome, if it is a state."""
    if tag.startswith("state:"):
        add(counts, whose, tag)


def write(index: sqlite3.Connection, counts: Counts) -> None:
    """Add counts to those that are kept, in the running transaction."""
    index.executemany(
        "INSERT INTO tally VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
        ((*key, number) for key, number in sorted(counts.items())),
    )


def _measures(record: r.AnyRecord) -> Iterator[tuple[str, int]]:
    match record:
        case r.Intent(mail=mail) | r.Refused(mail=mail):
            yield "mails", 1
            yield "bytes", min(mail.size, _LIMIT_BYTES)
            yield f"is:{mail.disposition}", 1
            if mail.would_be == "reject" != mail.disposition:
                yield "would:reject", 1
            if any(found.outcome == "indeterminate" for found in mail.findings):
                yield "indeterminate", 1
            yield from _rules(mail.findings)
        case r.RecipientRefused(findings=findings):
            yield from _rules(findings)
        case r.ContentRefused():
            yield "mails", 1
            yield f"is:{record.disposition}", 1
            yield f"rule:content.{record.rule}", 1
        case _:
            pass


def _rules(findings: tuple[r.FindingFacts, ...]) -> Iterator[tuple[str, int]]:
    for name in {f"{found.policy}.{found.rule}" for found in findings if found.outcome != "passed"}:
        yield f"rule:{name}", 1


def _day(stamp: str) -> str:
    return _day_of(f"{stamp[:16]}+00:00" if stamp.endswith("+00:00") else stamp)


@lru_cache(maxsize=64)  # records come in order, many in a minute
def _day_of(stamp: str) -> str:
    return datetime.fromisoformat(stamp).astimezone(VIETNAM).strftime("%Y-%m-%d")


def days_until(now: datetime, count: int) -> tuple[str, ...]:
    """Return so many days of Viet Nam, the last one that of a moment."""
    today = now.astimezone(VIETNAM).date()
    return tuple((today - timedelta(days=back)).isoformat() for back in range(count - 1, -1, -1))


def by_day(index: sqlite3.Connection, first: str, last: str) -> dict[str, Counter[str]]:
    """Return the counts of all entries by day and measure, from one day to another."""
    found: dict[str, Counter[str]] = {}
    query = "SELECT day, measure, n FROM tally WHERE scope = 'all' AND day BETWEEN ? AND ?"
    for day, measure, number in index.execute(query, (first, last)):
        found.setdefault(day, Counter())[measure] = number
    return found


def by_unit(index: sqlite3.Connection, first: str, last: str, measure: str) -> Counter[str]:
    """Return the counts of one measure by unit."""
    query = "SELECT who, sum(n) FROM tally WHERE scope = 'unit' AND day BETWEEN ? AND ? AND measure = ? GROUP BY who"
    return Counter(dict(index.execute(query, (first, last, measure)).fetchall()))


def mailboxes(index: sqlite3.Connection, first: str, last: str) -> int:
    """Return how many mailboxes sent a mail."""
    query = (
        "SELECT count(DISTINCT who) FROM tally WHERE scope = 'mailbox' AND day BETWEEN ? AND ? AND measure = 'mails'"
    )
    return int(index.execute(query, (first, last)).fetchone()[0])
