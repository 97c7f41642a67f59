"""`gateway policy diff OLD NEW --since ...`: mails of the log that another policy would have judged differently."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from gateway.audit.replay import records_since
from gateway.commands.common import EXIT_CANNOT_RUN, EXIT_REFUSED, print_json
from gateway.commands.progress import progress
from gateway.engine.layers import DECIDED
from gateway.engine.loading import load_policy_sets
from gateway.engine.what_if import Change
from gateway.errors import UserError
from gateway.model import VIETNAM
from gateway.pipeline.rulebook import policy_source
from gateway.pipeline.what_if import ChangedMail, Summary, Wanted, Worst, changed_mails, top
from gateway.texts.catalogue import both, reason
from gateway.vietnamese.printed import cell
from gateway.yaml.file import nearest
from gateway.yaml.values import printable

EXIT_INDETERMINATE = 3
_COLUMNS = ("reference", "time", "sender", "unit", "change", "before", "after", "rules")


def replay(
    data: Path, old: str, new: str, wanted: Wanted, *, shown: int = 20, table: Path | None = None, as_json: bool = False
) -> int:
    """Print the `shown` worst changed answers, all of them to the CSV file `table`; the exit code says it too."""
    before, after = load_policy_sets(policy_source(old), policy_source(new), decided=data / DECIDED)
    names = [policy.name for policies in (before, after) for policy in policies.policies]
    if wanted.policy and wanted.policy not in names:
        vietnamese, english = nearest(wanted.policy, names) or ("", "")
        name = printable(wanted.policy)
        raise UserError(f"không có chính sách “{name}”{vietnamese} / no policy “{name}”{english}")
    summary, worst = Summary(), Worst(shown)
    with _rows_to(table) as put:
        try:
            with progress("replay", records_since(data, wanted.since)) as tick:
                for one in changed_mails(data, before, after, wanted, summary, tick=tick):
                    put(one)
                    worst.put(one)
        except KeyboardInterrupt:
            summary.stopped = True
    listed = worst.listed()
    if as_json:
        _print_json(summary, listed)
    else:
        print("\n".join(_lines(summary, listed)))
    return _exit_code(summary)


def _exit_code(summary: Summary) -> int:
    """Return 0 when nothing changes, 1 something does, 2 a fault, 3 some cannot be determined and nothing else changes."""
    if summary.faults:
        return EXIT_CANNOT_RUN
    if summary.changed:
        return EXIT_REFUSED
    return EXIT_INDETERMINATE if summary.indeterminate else 0


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
            "cannot_tell": dict(summary.indeterminate),
            "faults": list(summary.faults)[:100],
            "first": summary.first,
            "last": summary.last,
            "facts_from": summary.facts_from,
            "stopped": summary.stopped,
            "rules": [{"rule": rule, "change": change.value, "mails": n} for (rule, change), n in top(summary.rules)],
            "units": [{"unit": unit, "change": change.value, "mails": n} for (unit, change), n in top(summary.units)],
            "mails": [dict(zip(_COLUMNS, _row(one), strict=True)) for one in listed],
        }
    )


def _lines(summary: Summary, listed: list[ChangedMail]) -> Iterator[str]:
    span = f"{_local(summary.first)} - {_local(summary.last)}" if summary.first else "-"
    yield both("start", "what_if", "head", count=summary.mails, span=span)
    if summary.stopped:
        yield both("start", "what_if", "stopped")
    if not summary.mails:
        yield both("start", "what_if", "no_mails")
    for change in Change:
        if summary.changes[change] or change in {Change.REFUSED, Change.ADMITTED, Change.SAME}:
            yield f"  {summary.changes[change]:>7}  {both('start', 'change', change.value)}"
    for cause, count in summary.indeterminate.most_common():
        key, _, policy = cause.partition(" ")
        shown = f" ({policy})" if policy else ""
        yield f"  {count:>7}  {both('start', 'indeterminate', key)}{shown}"
    if summary.indeterminate["none"] and summary.facts_from:
        yield f"           {both('start', 'what_if', 'facts_from', day=_local(summary.facts_from))}"
    if summary.faults:
        names = ", ".join(list(summary.faults)[:10])
        yield f"  {sum(summary.faults.values()):>7}  {both('start', 'what_if', 'faults')}: {names}"
    for title, counts in (("by_rule", summary.rules), ("by_unit", summary.units)):
        if counts:
            yield both("start", "what_if", title)
            for (name, change), count in top(counts)[:30]:
                yield f"  {count:>7}  {printable(name)}: {both('start', 'change', change.value)}"
    if listed:
        yield both("start", "what_if", "mails", count=len(listed), all=summary.changed)
        for one in listed:
            found = one.comparison
            yield (
                f"  {one.reference}  {_local(one.time)}  {printable(one.sender) or '<>'}  "
                f"{found.before.word} -> {found.after.word}  {', '.join(found.rules)}"
            )
