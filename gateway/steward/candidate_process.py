"""Trial of a candidate policy file in a process of its own: compiled, tested, compared on kept facts.

    python -m gateway.steward.candidate_process < request > answers

What a policy administrator pastes may be anything, regular expressions that never end included, so it is compiled and
run where a limit of the kernel's ends it. It may have no other file read and no other module run than today's policy
(`gateway.engine.layers.read_candidate`).
"""

from __future__ import annotations

import codecs
import os
import resource
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from gateway.audit.export import csv_line, last_line
from gateway.audit.render import moment
from gateway.audit.replay import records_since
from gateway.engine.cases import run_cases, trial_faults, unmet
from gateway.engine.compiler import Compiler
from gateway.engine.layers import DECIDED, candidate_path, read_candidate, read_layers, with_decided
from gateway.engine.lint import differences, warnings_of
from gateway.engine.loading import load_policy_set
from gateway.engine.policy_set import PolicySet
from gateway.engine.registry import Registry
from gateway.engine.what_if import Change
from gateway.errors import ConfigError, Fault, GatewayError
from gateway.identity import directory as directories
from gateway.model import VIETNAM, Language
from gateway.pipeline.rulebook import policy_source
from gateway.pipeline.what_if import ChangedMail, Summary, Wanted, Worst, changed_mails, top
from gateway.steward import questions as q
from gateway.steward.mails import result_badge, rule_label
from gateway.system.door import framed
from gateway.system.supervised import leave_no_core
from gateway.texts.catalogue import one_language, said
from gateway.vietnamese.printed import cell, clean

_PROGRESS_EVERY_S: Final = 0.3
_LIMIT_FAULTS: Final = 100
_LIMIT_LISTED: Final = 200
_LIMIT_BARS: Final = 30
_PIECE_LETTERS: Final = 1 << 16
_NICE: Final = 10
CPU_S: Final = 180
MEMORY_BYTES: Final = 2 << 30


class Trial(Struct, frozen=True, kw_only=True):
    """The policy set that is tried."""

    text: bytes
    policy: str
    """Path or preset, as in gateway.yaml."""
    directory: str
    """Path of the directory in use; empty for none."""
    holds: bool
    """Each listener holds mail."""
    unit_names: dict[str, str]
    """Names of units that are recorded by an id."""
    data: str
    digest: str
    """Of the policy set in force."""
    since_days: int
    """Days of mails that are judged again; 0 for none."""
    limit_s: float
    """After so many seconds no further mail is judged."""
    confidential: bool
    """Whoever asks may see mails with a secrecy finding."""
    language: Language
    table: bool = False
    """All changed mails are wanted, as CSV."""


def answers(trial: Trial) -> Iterator[q.Progress | q.Tried | q.Piece | q.ExportEnd | q.Refusal]:
    """Yield how far it is, and the result."""
    registry, now = Registry.installed(), datetime.now(VIETNAM)
    decided = Path(trial.data) / DECIDED
    current = read_layers(policy_source(trial.policy), registry)
    try:
        layers = with_decided(read_candidate(trial.text, current, registry), decided)
        candidate = Compiler(layers, registry).compile()
        if broken := tuple(trial_faults(candidate, layers, now)):
            raise ConfigError(*broken)
    except ConfigError as error:
        path = str(candidate_path(current, registry))
        yield q.Tried(faults=tuple(_fault(fault, path, trial.language) for fault in error.faults[:_LIMIT_FAULTS]))
        return
    before = load_policy_set(policy_source(trial.policy), registry=registry, now=now, decided=decided)
    if trial.table:
        yield from _table(trial, before, candidate, now)
        return
    results, faults = run_cases(layers, candidate, now)
    failed = [fault for result in results for fault in result.faults] + faults
    found = q.Tried(
        faults=tuple(_warnings(candidate, before, trial, now)),
        digest=candidate.digest,
        tests=len(results),
        tests_failed=tuple(clean(_placed(fault, trial.language), limit=400) for fault in failed[:_LIMIT_FAULTS]),
        untested=tuple(unmet(candidate, results)) if results else (),
        changes=tuple(clean(line, limit=400) for line in differences(before, candidate)),
    )
    if not trial.since_days:
        yield found
        return
    yield from _replayed(trial, before, candidate, found, now)


def _fault(fault: Fault, path: str, language: Language) -> q.LintFault:
    own = fault.path == path
    text = clean(one_language(fault.message, language) if own else _placed(fault, language), limit=600)
    return q.LintFault(fault.line if own else 0, fault.column if own else 0, text)


def _placed(fault: Fault, language: Language) -> str:
    return f"{fault.place}: {one_language(fault.message, language)}"


def _warnings(candidate: PolicySet, before: PolicySet, trial: Trial, now: datetime) -> Iterator[q.LintFault]:
    directory = None
    try:
        directory = directories.load(Path(trial.directory)) if trial.directory else None
    except ConfigError as error:  # it was changed since it was loaded
        yield q.LintFault(0, 0, clean(one_language(str(error), trial.language), limit=600), "warn")
    for words in warnings_of(candidate, now, directory, holds=trial.holds):
        yield q.LintFault(0, 0, clean(one_language(words, trial.language), limit=600), "warn")
    if trial.digest not in {"", before.digest}:
        yield q.LintFault(0, 0, said("answers", "policy", "other_file", trial.language), "warn")


class _OverError(Exception):
    """The time is over."""


def _replayed(
    trial: Trial, before: PolicySet, candidate: PolicySet, found: q.Tried, now: datetime
) -> Iterator[q.Progress | q.Tried]:
    since, data = now - timedelta(days=trial.since_days), Path(trial.data)
    words, total = said("answers", "policy", "replay", trial.language), records_since(data, since)
    summary, worst = Summary(), Worst(_LIMIT_LISTED)
    pending: list[q.Progress] = []
    clock = _Clock(trial.limit_s)

    def tick(count: int) -> None:
        if clock.tick(count):
            pending.append(q.Progress(words, min(clock.done, total), total))

    whole = True
    try:
        for one in changed_mails(
            data, before, candidate, Wanted(since, unit_names=trial.unit_names), summary, tick=tick
        ):
            if trial.confidential or not one.confidential:
                worst.put(one)
            yield from pending
            pending.clear()
    except _OverError:
        whole = False
    yield _with_figures(found, summary, worst.listed(), candidate, trial.language, whole=whole)


def _table(trial: Trial, before: PolicySet, candidate: PolicySet, now: datetime) -> Iterator[q.Piece | q.ExportEnd]:
    """Yield CSV of all mails that change, as they come in the log."""
    language, whole, rows = trial.language, True, 0
    columns = [said("audit", "column", key, language) for key in ("time", "reference", "unit", "sender", "rules")]
    columns += [said("console", "policy", key, language) for key in ("before", "after")]
    yield q.Piece(codecs.BOM_UTF8 + f"{csv_line(columns)}\n".encode())
    wanted = Wanted(now - timedelta(days=trial.since_days), unit_names=trial.unit_names)
    clock, gathered = _Clock(trial.limit_s), ""
    try:
        for mail in changed_mails(Path(trial.data), before, candidate, wanted, Summary(), tick=clock.tick):
            if trial.confidential or not mail.confidential:
                one, rows = _changed(mail, trial.language), rows + 1
                cells = (one.reference, one.unit, one.sender, " ".join(one.rules), one.before.text, one.after.text)
                gathered += csv_line((moment(datetime.fromisoformat(one.time)), *map(cell, cells))) + "\n"
            if len(gathered) >= _PIECE_LETTERS:
                yield q.Piece(gathered.encode("utf-8", "replace"))
                gathered = ""
    except _OverError:
        whole = False
    yield q.Piece(f"{gathered}{csv_line([last_line(rows, language, whole=whole)])}\n".encode("utf-8", "replace"))
    yield q.ExportEnd(rows, whole)


class _Clock:
    def __init__(self, limit_s: float) -> None:
        self.done = 0
        self._end = time.monotonic() + limit_s
        self._said = 0.0

    def tick(self, count: int) -> bool:
        """Count, and return whether progress is due; _OverError at the deadline."""
        self.done += count
        now = time.monotonic()
        if now > self._end:
            raise _OverError
        if now - self._said < _PROGRESS_EVERY_S:
            return False
        self._said = now
        return True


def _with_figures(
    found: q.Tried, summary: Summary, listed: list[ChangedMail], policies: PolicySet, language: Language, *, whole: bool
) -> q.Tried:
    changes = summary.changes
    return msgspec.structs.replace(
        found,
        mails=summary.mails,
        first=summary.first,
        last=summary.last,
        same=changes[Change.SAME],
        refused=changes[Change.REFUSED],
        tagged=changes[Change.TAGGED],
        admitted=changes[Change.ADMITTED],
        other=changes[Change.UNTAGGED] + changes[Change.OTHER],
        indeterminate=tuple(
            q.Bar(_cause(cause, language), count, "warn") for cause, count in summary.indeterminate.most_common()
        ),
        faulty=sum(summary.faults.values()),
        by_rule=tuple(_bars(summary, policies, language)),
        by_unit=tuple(
            q.Bar(f"{clean(unit, limit=200)}: {_change(change, language)}", count, _TONES.get(change, "plain"))
            for (unit, change), count in top(summary.units)[:_LIMIT_BARS]
        ),
        changed=tuple(_changed(one, language) for one in listed),
        whole=whole,
    )


_TONES: Final = {Change.REFUSED: "bad", Change.TAGGED: "warn", Change.ADMITTED: "good", Change.UNTAGGED: "good"}


def _cause(cause: str, language: Language) -> str:
    key, _, policy = cause.partition(" ")
    words = said("start", "indeterminate", key, language)
    return f"{words} ({policy})" if policy else words


def _change(change: Change, language: Language) -> str:
    return said("start", "change", change.value, language)


def _bars(summary: Summary, policies: PolicySet, language: Language) -> Iterator[q.Bar]:
    for (name, change), count in top(summary.rules)[:_LIMIT_BARS]:
        label = f"{rule_label(policies, name, language)}: {_change(change, language)}"
        yield q.Bar(label, count, _TONES.get(change, "plain"))


def _changed(one: ChangedMail, language: Language) -> q.ChangedMail:
    found = one.comparison
    return q.ChangedMail(
        reference=clean(one.reference),
        time=one.time,
        sender=clean(one.sender, limit=320),
        unit=clean(one.unit, limit=200),
        rules=tuple(clean(rule) for rule in found.rules),
        before=result_badge(found.before.word, "", language),
        after=result_badge(found.after.word, "", language),
    )


def main() -> None:
    """Answer the one request on standard input."""
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    leave_no_core()
    trial = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Trial)
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # the output of a module is no answer
    try:
        for answer in answers(trial):
            out.write(framed(answer))
            out.flush()
    except GatewayError as error:
        out.write(framed(q.Refusal(kind="invalid", words=clean(one_language(str(error), trial.language), limit=1000))))
        out.flush()


if __name__ == "__main__":
    main()
