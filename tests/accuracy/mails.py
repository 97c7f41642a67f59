"""Real mails of public projects through the gateway: what the preset refuses of them, and for which reason."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from gateway.model import Disposition, FindingOutcome, Verdict
from gateway.pipeline.sample import as_message
from tests.accuracy import wall
from tests.support.corpus import CORPUS, rows

SETS = ("mail-mime", "tnef-msg", "mail-auth")
_NO_MAIL = (".json", ".xml", ".yml", ".key", ".tnef", ".dat")
_DAMAGED = frozenset({"mime-malformed", "mail-bad-attachment", "mime-partial"})
"""Kinds of the corpus that were made or kept because something is wrong with them."""


@dataclass
class Refusals:
    """The mails of one group and what was refused of them."""

    total: int = 0
    refused: int = 0
    tagged: int = 0
    reasons: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """`policy.rule` to causes, each counted once a mail."""


def files() -> Iterator[tuple[str, Path]]:
    """Yield group and path of every mail of the corpus."""
    for name in SETS:
        for row in rows(name):
            if row["file"].endswith(_NO_MAIL) or (name == "mail-auth" and not row["kind"].endswith("-message")):
                continue
            yield ("damaged or hostile" if row["kind"] in _DAMAGED else "ordinary"), CORPUS / row["file"]


def reasons(verdict: Verdict) -> set[tuple[str, str]]:
    """Return rule and cause of everything that would refuse the mail."""
    return {
        (f"{one.policy}.{one.finding.rule}", str(one.finding.params.get("cause", "")))
        for one in verdict.findings
        if one.finding.outcome is not FindingOutcome.PASSED and one.effective >= Disposition.HOLD
    }


def measure(*, step: int = 1) -> dict[str, Refusals]:
    """Judge every mail of the corpus, or one in `step`, as if it were written to somebody outside."""
    return asyncio.run(_measure(step))


async def _measure(step: int) -> dict[str, Refusals]:
    groups: dict[str, Refusals] = {"ordinary": Refusals(), "damaged or hostile": Refusals()}
    with wall.gateway() as judge:
        for group, path in islice(files(), 0, None, step):
            sample = as_message(path.read_bytes(), path.name, sender=None, recipients=("nguoi.nhan@example.com",))
            _, verdict = await wall.judged(judge, sample.content)
            into = groups[group]
            into.total += 1
            found = reasons(verdict)
            into.refused += bool(found)
            into.tagged += verdict.disposition is Disposition.TAG
            for rule, cause in found:
                into.reasons[rule][cause] += 1
    return groups


def report(progress: Callable[[str], None] = print) -> str:
    """The tables as Markdown."""
    progress("mails of the corpus ...")
    groups = measure()
    lines = ["| real mails of public projects | number | relayed | with a tag | refused |", "|---|---:|---:|---:|---:|"]
    for group, one in groups.items():
        lines.append(f"| {group} | {one.total} | {one.total - one.refused} | {one.tagged} | {one.refused} |")
    lines += ["", "| refused by | cause | ordinary | damaged or hostile |", "|---|---|---:|---:|"]
    keys = sorted({(rule, cause) for one in groups.values() for rule in one.reasons for cause in one.reasons[rule]})
    for rule, cause in keys:
        counts = " | ".join(str(one.reasons[rule][cause]) for one in groups.values())
        lines.append(f"| `{rule}` | {cause or '-'} | {counts} |")
    return "\n".join(["### Real mails: what is refused", "", *lines]) + "\n"
