"""Counts mailboxes and their changes from the audit records of the directory alone (Điều 10.1)."""

from __future__ import annotations

from collections import Counter, defaultdict

from msgspec import Struct

from gateway.audit.record import MailboxEntry, Mailboxes
from gateway.model import MailboxStatus
from gateway.report.figures import Gap, Stock

_ACTIVE, _SUSPENDED, _LEFT = (one.value for one in (MailboxStatus.ACTIVE, MailboxStatus.SUSPENDED, MailboxStatus.LEFT))


class _Fate(Struct):
    """Changes of a mailbox within a month."""

    was_there: bool
    entry: MailboxEntry
    is_there: bool = True


class Stocks:
    """The mailboxes, as the records of a month come by."""

    def __init__(self, before: Mailboxes | None) -> None:
        """`before` is the last record of a directory before the month."""
        self._latest = before
        self._fates: dict[str, _Fate] = {}
        self._senders: dict[str, str] = {}
        """Mailboxes of which a mail was handed on, with the unit that they had then."""
        self._unlisted = 0
        self._began_anew = False

    def take(self, record: Mailboxes) -> None:
        """Count another directory that is in force."""
        before, silent = self._latest, not (record.added_count or record.removed_count or record.changed_count)
        if silent and (before is None or (record.mailboxes, record.counts) != (before.mailboxes, before.counts)):
            self._began_anew = True
        self._latest = record
        for entry in record.added:
            fate = self._fates.setdefault(entry.address, _Fate(was_there=False, entry=entry))
            fate.entry, fate.is_there = entry, True
        for entry in record.changed:
            fate = self._fates.setdefault(entry.address, _Fate(was_there=True, entry=entry))
            fate.entry, fate.is_there = entry, True
        for entry in record.removed:
            fate = self._fates.setdefault(entry.address, _Fate(was_there=True, entry=entry))
            fate.entry, fate.is_there = entry, False
        counts = record.added_count + record.removed_count + record.changed_count
        self._unlisted += counts - len(record.added) - len(record.removed) - len(record.changed)

    def sent(self, mailbox: str, unit: str) -> None:
        """Record that a mail of a listed mailbox was relayed."""
        self._senders[mailbox] = unit

    def figures(self) -> dict[str, Stock]:
        """Return the mailboxes of each unit at the end of the month."""
        latest = self._latest
        kinds: defaultdict[str, dict[str, int]] = defaultdict(dict)
        unused: Counter[tuple[str, str]] = Counter()
        for unit, kind, count in latest.counts if latest is not None else ():
            kinds[unit][kind] = kinds[unit].get(kind, 0) + count
        for unit, status, count in (latest.statuses or ()) if latest is not None else ():
            unused[unit, status] += count
        events: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for fate in self._fates.values():
            _count(fate, events[fate.entry.unit])
        active: Counter[str] = Counter()
        for mailbox, unit in self._senders.items():
            if (home := self._home(mailbox, unit)) is not None:
                active[home] += 1
        known = latest is not None and latest.statuses is not None
        return {
            unit: Stock(
                total=sum(kinds[unit].values()) if latest is not None else None,
                kinds=kinds[unit],
                suspended=unused[unit, _SUSPENDED] if known else None,
                left=unused[unit, _LEFT] if known else None,
                active=active[unit],
                **events[unit],
            )
            for unit in {*kinds, *events, *active}
        }

    def gaps(self) -> list[Gap]:
        """Return what the records do not say."""
        latest = self._latest
        if latest is None:
            return [Gap("no_directory")]
        gaps = []
        if latest.statuses is None:
            gaps.append(Gap("no_statuses"))
        if self._unlisted:
            gaps.append(Gap("changes_unlisted", {"count": self._unlisted}))
        if self._began_anew:
            gaps.append(Gap("changes_unknown"))
        missing = latest.mailboxes - sum(count for _, _, count in latest.counts)
        if missing:
            gaps.append(Gap("units_unlisted", {"count": missing}))
        return gaps

    def _home(self, mailbox: str, unit: str) -> str | None:
        """Return the unit that a mailbox belongs to at the end of the month; None when it is no longer in use."""
        fate = self._fates.get(mailbox)
        if fate is None:
            return unit
        return fate.entry.unit if fate.is_there and fate.entry.status == _ACTIVE else None


def _count(fate: _Fate, events: Counter[str]) -> None:
    """Count what a month did to a mailbox, once: what came and went within it is no change."""
    if not fate.was_there and fate.is_there:
        events["added"] += 1
    elif fate.was_there and not fate.is_there:
        events["removed"] += 1
    elif fate.was_there:
        events["changed"] += 1
        events["now_suspended"] += fate.entry.status == _SUSPENDED
        events["now_left"] += fate.entry.status == _LEFT
