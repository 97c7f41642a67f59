"""A report from the log, or from those of several nodes: one walk over the records of a month."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import merge
from itertools import chain
from operator import itemgetter
from pathlib import Path

from msgspec import UNSET, UnsetType

from gateway.audit.record import Mailboxes
from gateway.audit.store import reading
from gateway.cluster.logs import logs_at_the_centre
from gateway.config.cluster import Cluster
from gateway.errors import UserError
from gateway.model import VIETNAM
from gateway.report.count import Count
from gateway.report.figures import Again, Basis, Gap, NodeRange, Report, Wanted
from gateway.report.month import Month
from gateway.report.records import MENDED_WITHIN, Entry, LocalLog, Log, Range, bounds, is_behind, is_cut, time_at
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


def logs_of(data: Path, centre: Cluster | None) -> AbstractContextManager[Mapping[str, Log]]:
    """Open for `counted` the logs of all nodes at a centre, without one that of a data folder; UserError, DatabaseError."""
    return logs_at_the_centre(centre) if centre is not None else _log_here(data)


@contextmanager
def _log_here(data: Path) -> Iterator[Mapping[str, Log]]:
    with reading(data) as connection:
        connection.execute("BEGIN")  # one snapshot, while others write on
        yield {"": LocalLog(connection)}


def records_of(logs: Mapping[str, Log], wanted: Wanted) -> int:
    """Return how many records the report of a month reads."""
    ranges = [bounds(log, wanted.month) for log in logs.values()]
    return sum(max(0, last - first + 1) for first, last in ranges)


def walked(logs: Mapping[str, Log], again: Again, *, tick: Callable[[int], None] = lambda _: None) -> dict[str, Range]:
    """Return by node the records that a report names, held against the chain and not counted; errors as `counted`."""
    ranges = {}
    for one in _named(again):
        ranges[one.node] = Range(_having(logs, one, again), one.first, one.last)
        deque(ranges[one.node].walk(tick), maxlen=0)
    return ranges


@dataclass
class _Part:
    """The records of one node."""

    node: str | UnsetType
    """Unset of this machine alone."""
    log: Log
    range: Range
    behind: bool = False
    before: Mailboxes | None = field(init=False)
    """The record of the directory in force as they begin."""
    directory: str = field(init=False)
    """Digest of that in force as the month ends; empty without one."""

    def __post_init__(self) -> None:
        self.before = self.range.directory_before()
        self.directory = self.before.digest if self.before is not None else ""

    def walk(self, tick: Callable[[int], None]) -> Iterator[tuple[datetime, _Part, Entry]]:
        return ((moment, self, entry) for moment, entry in self.range.walk(tick))

    def began(self, month: Month) -> Iterator[Gap]:
        """Yield that they do not begin before the month."""
        first = self.log.ends()[0]
        oldest = time_at(self.log, first) if first <= self.range.last else None
        if oldest is None or oldest >= month.end:
            yield Gap("no_records", node=self.node)
        elif oldest > month.begin:
            yield Gap("pruned" if first > 1 else "log_began", {"moment": _local(oldest)}, self.node)

    def gaps(self, month: Month, now: datetime, *, again: bool) -> Iterator[Gap]:
        """Yield what else they leave open."""
        log, range_, node = self.log, self.range, self.node
        if self.behind:
            newest = time_at(log, range_.last)
            yield Gap("behind", {"last": range_.last, "moment": _local(newest) if newest else "–"}, node)
        if again and is_cut(log, month, first=range_.first, last=range_.last, made=now, behind=self.behind):
            yield Gap("cut", node=node)
        if range_.unreadable:
            yield Gap("unreadable", {"count": range_.unreadable}, node)
        if range_.broken is not None:
            yield Gap("broken", {"seq": range_.broken}, node)


def counted(
    logs: Mapping[str, Log],
    month: Month,
    *,
    now: datetime,
    again: Again | None = None,
    tick: Callable[[int], None] = lambda _: None,
) -> Counted:
    """Count a month of several logs, by name, as of one: their records in the order of their times.

    A single one has no name. `again` says what a report was counted from, to count it again; `tick` gets how many records
    were read. UserError when a log no longer has these records. Mailboxes are counted from the directories of one of them: each has the
    same, and a change would be counted once for each; one that has another is said.
    """
    now = now.astimezone(UTC).replace(microsecond=0)  # in the report's precision, so that it can be made again
    parts = list(_parts(logs, month, again))
    if not parts:
        raise UserError(both("report", "fault", "no_nodes"))
    chief = _chief(parts, again)
    count = Count(month, chief.before)
    for moment, part, entry in merge(*(part.walk(tick) for part in parts), key=itemgetter(0)):
        if isinstance(entry, Mailboxes) and moment < month.end:
            part.directory = entry.digest
        if part is chief or not isinstance(entry, Mailboxes):
            count.take(entry, moment)
    gaps = [*_time_gaps(month, now), *chain.from_iterable(part.began(month) for part in parts), *count.gaps()]
    for part in parts:
        gaps += part.gaps(month, now, again=again is not None)
        if part.directory != chief.directory and part.range.first <= part.range.last:
            gaps.append(Gap("other_directory", node=part.node))
    if again is not None:
        for node in sorted(logs.keys() - {one.node for one in _named(again)}):
            first, last = bounds(logs[node], month)
            if first <= last and is_cut(logs[node], month, first=first, last=first - 1, made=now):
                gaps.append(Gap("cut", node=node))
    return Counted(count, _basis(parts, chief, count), now.isoformat(), tuple(gaps))


def _parts(logs: Mapping[str, Log], month: Month, again: Again | None) -> Iterator[_Part]:
    if again is not None:
        for one in _named(again):
            log = _having(logs, one, again)
            yield _Part(one.node or UNSET, log, Range(log, one.first, one.last), one.behind)
        return
    for node, log in logs.items():
        first, last = bounds(log, month)
        if first <= last or not log.left(month.begin):
            yield _Part(node or UNSET, log, Range(log, first, last), is_behind(log, month, last))


def _chief(parts: Sequence[_Part], again: Again | None) -> _Part:
    """Return whose directories count: of the node that a report names, else of the first that has one and is not behind."""
    if again is not None and again.directory_node:
        return next(part for part in parts if part.node == again.directory_node)
    return min(parts, key=lambda part: (part.before is None, part.behind))


def _basis(parts: Sequence[_Part], chief: _Part, count: Count) -> Basis:
    nodes = tuple(
        NodeRange(node=part.node or "", first=one.first, last=one.last, behind=part.behind, head=one.head.hex())
        for part in parts
        for one in (part.range,)
    )
    alone = nodes[0] if not chief.node else NodeRange(node="", first=0, last=0)
    return Basis(
        first=alone.first,
        last=alone.last,
        head=alone.head,
        directory_record=count.directory_record,
        policies=tuple(count.policies),
        directories=tuple(count.directories),
        broken=next((part.range.broken for part in parts if part.range.broken is not None), None),
        nodes=nodes if chief.node else UNSET,
        directory_node=chief.node if count.directory_record is not None else UNSET,
    )


def _named(again: Again) -> tuple[NodeRange, ...]:
    return again.nodes or (NodeRange(node="", first=again.first, last=again.last),)


def _having(logs: Mapping[str, Log], one: NodeRange, again: Again) -> Log:
    """Return a log that has the records that a report names; UserError when it has not."""
    first, last, log = one.first, one.last, logs.get(one.node)
    there, end = log.ends() if log is not None else (1, 0)
    directory = again.directory if one.node == (again.directory_node or "") else None
    oldest = min(first, directory or first)
    if log is None or last < first - 1 or last > end or oldest < there:
        words = both("report", "fault", "records", first=oldest, last=last, there=there, end=end)
        raise UserError(f"{one.node}: {words}" if one.node else words)
    return log


def _time_gaps(month: Month, now: datetime) -> Iterator[Gap]:
    """Yield what of the month is still to come."""
    if now < month.begin:
        yield Gap("future")
    elif now < month.end:
        yield Gap("running", {"moment": _local(now)})
    elif now < month.end + MENDED_WITHIN:
        yield Gap("mending_open", {"moment": _local(month.end + MENDED_WITHIN)})


def _local(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")
