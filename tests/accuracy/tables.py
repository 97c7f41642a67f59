"""Runs the matrix and the innocents, counts, and sets the tables of `docs/accuracy-tables.md`."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from gateway.model import FindingOutcome
from tests.accuracy import innocents, matrix, names, old_office, wall
from tests.accuracy.matrix import Case
from tests.accuracy.wall import Outcome

REAL_PER_MAIL = 2
"""Real files are large, and some are scans: as few in one mail as people send."""


@dataclass
class Tally:
    """Cases and what became of them."""

    total: Counter[tuple[str, str]] = field(default_factory=Counter)
    stopped: Counter[tuple[str, str]] = field(default_factory=Counter)
    marked: Counter[tuple[str, str]] = field(default_factory=Counter)
    level: Counter[tuple[str, str]] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def add(self, case: Case, outcome: Outcome) -> None:
        """Count one case under everything that it is."""
        keys = [("all", "all"), ("format", case.format), ("place", case.place), ("producer", case.producer)]
        keys += [("disguise", case.disguise), ("container", case.container)]
        for key in keys:
            self.total[key] += 1
            self.stopped[key] += outcome.stopped
            self.marked[key] += outcome.rule == "marked"
            self.level[key] += outcome.level == case.level
        if not outcome.stopped:
            self.misses.append(case.name)

    @property
    def recall(self) -> float:
        """Share of the cases that were stopped."""
        return self.stopped["all", "all"] / max(self.total["all", "all"], 1)

    def rows(self, kind: str) -> Iterator[str]:
        """Table rows of one way to count."""
        for key in sorted(key for key in self.total if key[0] == kind):
            whole = self.total[key]
            shares = " | ".join(share(count[key], whole) for count in (self.stopped, self.marked, self.level))
            yield f"| {key[1] if kind != 'all' else '**all**'} | {whole} | {shares} |"


@dataclass
class Innocence:
    """Innocent files by kind: how many, which were stopped as marked, which could not be told."""

    total: Counter[str] = field(default_factory=Counter)
    stopped: dict[str, list[str]] = field(default_factory=dict)
    unread: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, name: str, outcome: Outcome) -> None:
        """Count one file."""
        self.total[kind] += 1
        if outcome.stopped:
            self.stopped.setdefault(kind, []).append(name)
        elif any(rule.startswith("opaque.") for rule in outcome.refused_by):
            self.unread.setdefault(kind, []).append(f"{name} ({', '.join(outcome.unread)})")

    def all_stopped(self) -> list[str]:
        """Every false positive."""
        return [name for found in self.stopped.values() for name in found]


def measure(cases: Sequence[Case]) -> Tally:
    """Run cases through the wall."""
    tally = Tally()
    for case, outcome in zip(cases, wall.run(case.file() for case in cases), strict=True):
        tally.add(case, outcome)
    return tally


def measure_names(*, every: bool) -> tuple[Tally, Innocence]:
    """Run subjects and file names through the wall, a mail each."""
    return asyncio.run(_names(every=every))


async def _names(*, every: bool) -> tuple[Tally, Innocence]:
    tally, innocence = Tally(), Innocence()
    with wall.gateway() as judge:
        for named in (*names.cases(every=every), *names.innocent()):
            _, verdict = await wall.judged(judge, named.mail())
            found = [
                one.finding for one in verdict.findings
                if one.policy == "classified" and one.finding.rule in ("marked", "suspected")
                and one.finding.outcome is FindingOutcome.FAILED
            ]  # fmt: skip
            rule = found[0].rule if found else None
            refused = tuple(
                f"{one.policy}.{one.finding.rule}" for one in verdict.findings if one.effective.word == "reject"
            )
            outcome = Outcome(rule, str(found[0].params["level"]) if found else None, (), refused)
            if named.level is None:
                innocence.add("subjects and file names", named.text, outcome)
            else:
                place = named.place.partition(",")[0]
                tally.add(Case("mail", place, "raw", named.disguise, "none", named.level, lambda: ("", b"")), outcome)
    return tally, innocence


def measure_innocents(*, letters: int, full: bool, step: int = 1) -> Innocence:
    """Run innocent files through the wall; of the largest kinds every `step`-th."""
    innocence = Innocence()
    groups: list[tuple[str, Iterable[tuple[str, innocents.File]], int]] = [
        ("official letters that speak of secrecy, in 11 formats", innocents.letters(letters), wall.FILES_PER_MAIL),
        ("registers, forms to tick, menus of templates", innocents.forms(), wall.FILES_PER_MAIL),
        (
            "files of the matrix with other words in the place of the mark",
            islice(_controls(every=full), 0, None, step),
            wall.FILES_PER_MAIL,
        ),
    ]
    if full:
        groups.append(("Decision 7600 in 11 formats", innocents.decision(), 4))
        groups.append(("real public documents and scans", islice(innocents.real(), 0, None, step), REAL_PER_MAIL))
    for kind, files, per_mail in groups:
        _count(innocence, kind, files, per_mail)
    if full:
        with tempfile.TemporaryDirectory() as folder:
            files = innocents.exported(Path(folder))
            _count(innocence, "letters exported by LibreOffice (PDF, doc, xls, ppt, rtf, odt, ods, odp)", files, 10)
    return innocence


def _count(innocence: Innocence, kind: str, files: Iterable[tuple[str, innocents.File]], per_mail: int) -> None:
    seen: list[str] = []

    def octets() -> Iterator[innocents.File]:
        for name, file in files:
            seen.append(name)
            yield file

    outcomes = wall.run(octets(), per_mail=per_mail)
    for name, outcome in zip(seen, outcomes, strict=True):
        innocence.add(kind, name, outcome)


def _controls(*, every: bool) -> Iterator[tuple[str, innocents.File]]:
    for case in matrix.controls(every=every):
        yield case.name, case.file()


def share(part: int, whole: int) -> str:
    """A count with its share."""
    return f"{part} ({100 * part / whole:.2f} %)" if whole else "-"


def full_report(progress: Callable[[str], None] = print) -> str:
    """All tables, from a full run."""
    progress("matrix of files ...")
    cases = list(matrix.full())
    with tempfile.TemporaryDirectory() as folder:
        cases += old_office.cases(Path(folder))
        tally = measure(cases)
    progress("names ...")
    named, innocence = measure_names(every=True)
    progress("innocents ...")
    rest = measure_innocents(letters=330, full=True)
    innocence.total.update(rest.total)
    innocence.stopped |= rest.stopped
    innocence.unread |= rest.unread
    return report(tally, named, innocence)


def report(tally: Tally, named: Tally, innocence: Innocence) -> str:
    """The tables as Markdown."""
    head = ["| {} | cases | stopped | as marked | right level |", "|---|---:|---:|---:|---:|"]
    parts = [
        "### Marks in real files: recall",
        "",
        head[0].format("format"),
        head[1],
        *tally.rows("all"),
        *tally.rows("format"),
        "",
    ]
    for kind in ("disguise", "container", "producer"):
        parts += [head[0].format(kind), head[1], *tally.rows(kind), ""]
    parts += ["By place, only where something was missed:", "", head[0].format("place"), head[1]]
    parts += [row for row in tally.rows("place") if _imperfect(row)] or ["| (none) | | | | |"]
    parts += ["", f"Places: {sum(key[0] == 'place' for key in tally.total)}. Missed files:", ""]
    parts += [f"- {name}" for name in tally.misses] or ["- none"]
    parts += [
        "",
        "### Marks in subjects and names of files: recall",
        "",
        head[0].format("place"),
        head[1],
        *named.rows("all"),
        *named.rows("place"),
    ]
    parts += ["", *(f"- missed: {name}" for name in named.misses), "### Innocent files: false positives", ""]
    parts += ["| innocent files | number | stopped by mistake | cannot tell |", "|---|---:|---:|---:|"]
    for kind, count in innocence.total.items():
        parts.append(
            f"| {kind} | {count} | {len(innocence.stopped.get(kind, []))} | {len(innocence.unread.get(kind, []))} |"
        )
    whole = sum(innocence.total.values())
    parts.append(f"| **all** | {whole} | {len(innocence.all_stopped())} | {sum(map(len, innocence.unread.values()))} |")
    parts += ["", *(f"- stopped: {name}" for name in innocence.all_stopped())]
    parts += [f"- cannot tell: {name}" for found in innocence.unread.values() for name in found]
    return "\n".join(parts).rstrip() + "\n"


def _imperfect(row: str) -> bool:
    cells = [cell.strip() for cell in row.split("|")]
    return cells[2] != cells[3].partition(" ")[0]
