"""`gateway policy diff OLD NEW --since ...`: which mails of the log another policy would have answered otherwise."""

from __future__ import annotations

import csv
import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from msgspec import structs

from gateway.audit import record as r
from gateway.audit.replay import KeptMail, kept_mails, records_since
from gateway.commands.common import EXIT_CANNOT_RUN, EXIT_REFUSED, print_json
from gateway.commands.progress import progress
from gateway.engine.loading import load_policy_set
from gateway.engine.policy_set import PolicySet
from gateway.engine.what_if import Change, Comparison, Untold, compare
from gateway.errors import ConfigError, Fault, UserError
from gateway.model import VIETNAM, Directory, Observed
from gateway.pipeline.rulebook import policy_source
from gateway.texts.catalogue import both, reason
from gateway.vietnamese.printed import cell
from gateway.yaml.values import printable

EXIT_UNTOLD = 3
_COLUMNS = ("reference", "time", "sender", "unit", "change", "before", "after", "rules")
_ORDER = tuple(Change)


@dataclass(frozen=True, slots=True)
class Options:
    """What is replayed and how it is shown."""

    since: datetime | None
    until: datetime | None
    unit: str = ""
    policy: str = ""
    """Only differences by rules of this policy."""
    shown: int = 20
    as_json: bool = False
    table: Path | None = None
    """CSV file for all changed mails."""


@dataclass(frozen=True, slots=True)
class ChangedMail:
    """A mail that would have been answered otherwise."""

    reference: str
    time: str
    sender: str
    unit: str
    comparison: Comparison


@dataclass(slots=True)
class Summary:
    """What a replay found."""

    mails: int = 0
    changes: Counter[Change] = field(default_factory=Counter)
    untold: Counter[str] = field(default_factory=Counter)
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

    @property
    def exit_code(self) -> int:
        """0 nothing changes, 1 something does, 2 a fault, 3 some cannot be told and nothing else changes."""
        if self.faults:
            return EXIT_CANNOT_RUN
        if self.changed:
            return EXIT_REFUSED
        return EXIT_UNTOLD if self.untold else 0


def replay(data: Path, old: str, new: str, options: Options, directory: Directory | None = None) -> int:
    """Print what `new` would have answered to the mails of a time otherwise than `old`; the exit code says it too."""
    before, after = _loaded(old, new)
    summary = Summary()
    changed: list[tuple[tuple[int, str], ChangedMail]] = []
    with _rows_to(options.table) as put:
        try:
            for one in _watched(data, before, after, options, summary, directory):
                put(one)
                # The worst are kept, and of those the latest.
                key = (-_ORDER.index(one.comparison.change), one.time)
                if len(changed) < options.shown:
                    heapq.heappush(changed, (key, one))
                elif options.shown:
                    heapq.heappushpop(changed, (key, one))
        except KeyboardInterrupt:
            summary.stopped = True
    listed = [one for _, one in sorted(changed, key=lambda pair: pair[0], reverse=True)]
    if options.as_json:
        _print_json(summary, listed)
    else:
        print("\n".join(_lines(summary, listed)))
    return summary.exit_code


def _watched(
    data: Path, old: PolicySet, new: PolicySet, options: Options, summary: Summary, directory: Directory | None
) -> Iterator[ChangedMail]:
    """Show meanwhile how much of the log has been read."""
    with progress("replay", records_since(data, options.since)) as tick:
        yield from _changed_mails(data, old, new, options, summary, directory, tick=tick)


def _loaded(old: str, new: str) -> tuple[PolicySet, PolicySet]:
    loaded: list[PolicySet] = []
    faults: list[Fault] = []
    for name in (old, new):
        try:
            loaded.append(load_policy_set(policy_source(name)))
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(*faults)
    return loaded[0], loaded[1]


def _changed_mails(
    data: Path,
    old: PolicySet,
    new: PolicySet,
    options: Options,
    summary: Summary,
    directory: Directory | None,
    *,
    tick: Callable[[int], None],
) -> Iterator[ChangedMail]:
    types = {policy.name: policy.observation for policies in (old, new) for policy in policies.policies}
    for mail in kept_mails(data, types, since=options.since, until=options.until, tick=tick):
        unit = _unit(mail)
        if options.unit and unit.casefold() != options.unit.casefold():
            continue
        summary.mails += 1
        summary.first = summary.first or mail.record.time
        summary.last = mail.record.time
        if mail.observed is None:
            summary.untold[mail.reason] += 1
            if mail.reason == "damaged":
                summary.faults[mail.record.id] += 1
            continue
        summary.facts_from = summary.facts_from or mail.record.time
        observed = _with_directory(mail.observed, directory)
        try:
            found = compare(observed, old, new)
        except ExceptionGroup:
            summary.faults[mail.record.id] += 1
            continue
        if isinstance(found, Untold):
            summary.untold[f"{found.reason} {found.policy}".strip()] += 1
            continue
        if options.policy and not any(rule.startswith(f"{options.policy}.") for rule in found.rules):
            found = Comparison(Change.SAME, found.before, found.after)
        summary.changes[found.change] += 1
        if found.change is Change.SAME:
            continue
        for rule in found.rules:
            summary.rules[rule, found.change] += 1
        summary.units[unit or "-", found.change] += 1
        yield ChangedMail(mail.record.id, mail.record.time, _sender(mail), unit, found)


def _with_directory(mail: Observed, directory: Directory | None) -> Observed:
    return mail if directory is None else structs.replace(mail, bare=structs.replace(mail.bare, directory=directory))


def _sender(mail: KeptMail) -> str:
    record = mail.record
    return record.reverse_path if isinstance(record, r.RecipientRefused) else record.mail.reverse_path


def _unit(mail: KeptMail) -> str:
    """Return the unit of the sender, as the directory had it then."""
    directory = mail.observed.bare.directory if mail.observed is not None else None
    mailbox = directory.find(_sender(mail).casefold()) if directory is not None else None
    return mailbox.unit if mailbox is not None else ""


@contextmanager
def _rows_to(path: Path | None) -> Iterator[Callable[[ChangedMail], None]]:
    """Give what writes a changed mail to a CSV file, or nowhere without one."""
    if path is None:
        yield lambda _: None
        return
    try:
        file = path.open("w", encoding="utf-8-sig", newline="")  # with its mark Excel takes it for UTF-8
    except OSError as error:
        raise UserError(f"{path}: {reason(error)}") from None
    with file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)

        def put(one: ChangedMail) -> None:
            table.writerow(_row(one))

        yield put


def _row(one: ChangedMail) -> tuple[str, ...]:
    found = one.comparison
    return (
        one.reference,
        _local(one.time),
        cell(one.sender),
        cell(one.unit),
        found.change.value,
        found.before.word,
        found.after.word,
        " ".join(found.rules),
    )


def _local(time: str) -> str:
    return datetime.fromisoformat(time).astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M")


def _print_json(summary: Summary, listed: list[ChangedMail]) -> None:
    print_json(
        {
            "replayed": summary.mails,
            "changes": {change.value: summary.changes[change] for change in Change},
            "cannot_tell": dict(summary.untold),
            "faults": list(summary.faults)[:100],
            "first": summary.first,
            "last": summary.last,
            "facts_from": summary.facts_from,
            "stopped": summary.stopped,
            "rules": [{"rule": rule, "change": change.value, "mails": n} for (rule, change), n in _top(summary.rules)],
            "units": [{"unit": unit, "change": change.value, "mails": n} for (unit, change), n in _top(summary.units)],
            "mails": [dict(zip(_COLUMNS, _row(one), strict=True)) for one in listed],
        }
    )


def _top(counts: Counter[tuple[str, Change]]) -> list[tuple[tuple[str, Change], int]]:
    return sorted(counts.items(), key=lambda item: (_ORDER.index(item[0][1]), -item[1], item[0][0]))


def _lines(summary: Summary, listed: list[ChangedMail]) -> Iterator[str]:
    span = f"{_local(summary.first)} - {_local(summary.last)}" if summary.first else "-"
    yield both("start", "what_if", "head", count=summary.mails, span=span)
    if summary.stopped:
        yield both("start", "what_if", "stopped")
    for change in Change:
        if summary.changes[change] or change in {Change.REFUSED, Change.ADMITTED, Change.SAME}:
            yield f"  {summary.changes[change]:>7}  {both('start', 'change', change.value)}"
    for cause, count in summary.untold.most_common():
        key, _, policy = cause.partition(" ")
        shown = f" ({policy})" if policy else ""
        yield f"  {count:>7}  {both('start', 'untold', key)}{shown}"
    if summary.untold["none"] and summary.facts_from:
        yield f"           {both('start', 'what_if', 'facts_from', day=_local(summary.facts_from))}"
    if summary.faults:
        names = ", ".join(list(summary.faults)[:10])
        yield f"  {sum(summary.faults.values()):>7}  {both('start', 'what_if', 'faults')}: {names}"
    for title, counts in (("by_rule", summary.rules), ("by_unit", summary.units)):
        if counts:
            yield both("start", "what_if", title)
            for (name, change), count in _top(counts)[:30]:
                yield f"  {count:>7}  {printable(name)}: {both('start', 'change', change.value)}"
    if listed:
        yield both("start", "what_if", "mails", count=len(listed), all=summary.changed)
        for one in listed:
            found = one.comparison
            yield (
                f"  {one.reference}  {_local(one.time)}  {printable(one.sender) or '<>'}  "
                f"{found.before.word} -> {found.after.word}  {', '.join(found.rules)}"
            )
