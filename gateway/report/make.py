"""A report from the log: one walk over the records of a month."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.audit.chain import ends
from gateway.audit.store import reading
from gateway.errors import UserError
from gateway.model import VIETNAM
from gateway.report.count import Count
from gateway.report.figures import Again, Basis, Gap, Report, Wanted
from gateway.report.month import Month
from gateway.report.records import MENDED_WITHIN, Range, begins, bounds, is_cut, is_pruned
from gateway.texts.catalogue import both


@dataclass(frozen=True)
class Counted:
    """A month as it was counted: reports of the whole and of its units are read off it, without another walk."""

    _count: Count
    _basis: Basis
    _made: str
    _gaps: tuple[Gap, ...]

    def report(self, wanted: Wanted) -> Report:
        """Return a report of this month; NoUnitError for a unit that there is not."""
        return self._count.report(wanted, self._basis, made=self._made, gaps=self._gaps)


def counted(
    data: Path,
    month: Month,
    *,
    now: datetime,
    again: Again | None = None,
    tick: Callable[[int], None] = lambda _: None,
) -> Counted:
    """Count a month; reads the log beside any process that writes it.

    `again` says what a report was counted from, to count it again; `tick` gets how many records were read. UserError when
    there is no log, or when it no longer has these records.
    """
    now = now.astimezone(UTC).replace(microsecond=0)  # in the report's precision, so that it can be made again
    with reading(data) as connection:
        connection.execute("BEGIN")  # one snapshot, while others write on
        return _counted(connection, month, now=now, again=again, tick=tick)


def make(
    data: Path,
    wanted: Wanted,
    *,
    now: datetime,
    again: Again | None = None,
    tick: Callable[[int], None] = lambda _: None,
) -> Report:
    """Return one report of a month; as `counted`."""
    return counted(data, wanted.month, now=now, again=again, tick=tick).report(wanted)


def records_of(data: Path, wanted: Wanted) -> int:
    """Return how many records the report of a month reads; UserError when there is no log."""
    with reading(data) as connection:
        first, last = bounds(connection, wanted.month)
    return max(0, last - first + 1)


def walked(data: Path, again: Again, *, tick: Callable[[int], None] = lambda _: None) -> Range:
    """Return the records that a report names, held against the chain and not counted; errors as `counted`."""
    with reading(data) as connection:
        connection.execute("BEGIN")
        _must_have(connection, again)
        range_ = Range(connection, again.first, again.last)
        deque(range_.walk(tick), maxlen=0)
        return range_


def _counted(
    connection: sqlite3.Connection,
    month: Month,
    *,
    now: datetime,
    again: Again | None,
    tick: Callable[[int], None],
) -> Counted:
    if again is not None:
        _must_have(connection, again)
    first, last = (again.first, again.last) if again is not None else bounds(connection, month)
    range_ = Range(connection, first, last)
    count = Count(month, range_.directory_before())
    for moment, entry in range_.walk(tick):
        count.take(entry, moment)
    gaps = [*_time_gaps(connection, month, now), *count.gaps()]
    if again is not None and is_cut(connection, month, first=first, last=last, made=now):
        gaps.append(Gap("cut"))
    if range_.unreadable:
        gaps.append(Gap("unreadable", {"count": range_.unreadable}))
    if range_.broken is not None:
        gaps.append(Gap("broken", {"seq": range_.broken}))
    basis = Basis(
        first=first,
        last=range_.last,
        head=range_.head.hex(),
        directory_record=count.directory_record,
        policies=tuple(count.policies),
        directories=tuple(count.directories),
        broken=range_.broken,
    )
    return Counted(count, basis, now.isoformat(), tuple(gaps))


def _must_have(connection: sqlite3.Connection, again: Again) -> None:
    first, last = again.first, again.last
    there, end = ends(connection)
    oldest = min(first, again.directory or first)
    if last < first - 1 or last > end or oldest < there:
        raise UserError(both("report", "fault", "records", first=oldest, last=last, there=there, end=end))


def _time_gaps(connection: sqlite3.Connection, month: Month, now: datetime) -> Iterator[Gap]:
    """Yield what of the month the log does not have, or not yet."""
    oldest = begins(connection)
    if now < month.begin:
        yield Gap("future")
    elif now < month.end:
        yield Gap("running", {"moment": _local(now)})
    elif now < month.end + MENDED_WITHIN:
        yield Gap("mending_open", {"moment": _local(month.end + MENDED_WITHIN)})
    if oldest is None or oldest >= month.end:
        yield Gap("no_records")
    elif oldest > month.begin:
        yield Gap("pruned" if is_pruned(connection) else "log_began", {"moment": _local(oldest)})


def _local(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")
