"""Time the steward's answers at a million records: python -m tests.bench.console [RECORDS]. docs/performance.md keeps the table.

Each row is forty different questions; processor time counts, for the machine may be shared. The answers are packed as they
go over the wall to the console.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from gateway.audit.query import AuditReader, Filter
from gateway.config.sections import Configuration
from gateway.engine import load_policy_set
from gateway.identity.directory import EMPTY
from gateway.model import Language
from gateway.pipeline.rulebook import Rules
from gateway.steward import questions as q
from gateway.steward.desk import Desk
from gateway.steward.explain import explain
from gateway.steward.log import log_view
from gateway.steward.mails import export, search
from gateway.steward.overview import overview
from gateway.steward.policy import policy_view
from gateway.steward.roles import Person, Role
from tests.audit.million import UNITS, WORDS, build

ROUNDS = 40
AUDITOR = Person(name="auditor", roles=frozenset({Role.AUDITOR}))
Ask = Callable[[], object]


def searches(desk: Desk, chance: random.Random, last: int) -> Iterator[tuple[str, Callable[[], Ask]]]:
    """Yield the queries of the design, and those that the console adds."""

    def ask(person: Person = AUDITOR, **wanted: object) -> Ask:
        question = q.Search(**wanted)  # type: ignore[arg-type]
        return lambda: search(desk, person, question, Language.VI)

    def words(count: int) -> str:
        return " ".join(chance.choices(WORDS, k=count))

    def user() -> str:
        return f"user{chance.randrange(900)}.binhtan@tphcm.gov.vn"

    def to() -> str:
        return f"unit{chance.randrange(400)}.binhtan@tphcm.gov.vn"

    def week() -> dict[str, str]:
        day = chance.randrange(1, 22)
        return {"since": f"2026-02-{day:02}", "until": f"2026-02-{day + 6:02}"}

    def clerk(*roles: Role) -> Person:
        return Person(
            name=user(), roles=frozenset({Role.CLERK, *roles}), units=(chance.choice(UNITS),) if roles else ()
        )

    month = {"since": "2026-02-01", "until": "2026-02-28"}
    yield "newest 50", lambda: ask()
    yield "one sender", lambda: ask(text=f"tu:{user()}")
    yield "part of a sender's address", lambda: ask(text=f"tu:user{chance.randrange(900)}")
    yield "recipient, refused", lambda: ask(text=f"den:{to()}", state="refused")
    yield "two words with marks", lambda: ask(text=words(2))
    yield "word, week, rejected", lambda: ask(text=words(1), disposition="reject", **week())
    yield "two words of a file name", lambda: ask(text=" ".join(f"tep:{word}" for word in words(2).split()))
    yield "rule in a month", lambda: ask(text="luat:typography.legacy", **month)
    yield "phrase of common words", lambda: ask(text=f'"{words(2)}"')
    yield "older page", lambda: ask(before=chance.randrange(1000, last))
    yield "newer page", lambda: ask(after=chance.randrange(1000, last - 1000))
    yield "word without another", lambda: ask(text=f"{words(1)} -{words(1)} -tu:{user()}")
    yield "all without a common word", lambda: ask(text=f"-{words(1)}")
    yield "all without a word of every mail", lambda: ask(text="-binhtan")
    yield "beginning of a word", lambda: ask(text=f"{chance.choice('bcdghklmnpqtv')}*")
    yield "unit, refused", lambda: ask(unit=chance.choice(UNITS), state="refused")
    yield "digest of a file", lambda: ask(sha256=f"{chance.getrandbits(256):064x}")
    yield "a clerk's own", lambda: ask(clerk())
    yield "a clerk's own with a common word", lambda: ask(clerk(), text=words(1))
    yield "a unit's", lambda: ask(clerk(Role.UNIT_HEAD))
    yield "a unit's with a common word, refused", lambda: ask(clerk(Role.UNIT_HEAD), text=words(1), state="refused")


def answers(desk: Desk, chance: random.Random, references: list[str]) -> Iterator[tuple[str, Callable[[], Ask]]]:
    """Yield the other answers."""

    def of_mail() -> Ask:
        question = q.Explain(chance.choice(references))
        return lambda: explain(desk, AUDITOR, question, Language.VI)

    yield "explanation of a mail", of_mail
    yield "overview of 30 days", lambda: lambda: overview(desk, AUDITOR, q.Overview(), Language.VI)
    yield "overview of twelve months", lambda: lambda: overview(desk, AUDITOR, q.Overview(days=366), Language.VI)
    yield "policy in force", lambda: lambda: policy_view(desk, AUDITOR, q.AskPolicy(), Language.VI)
    yield "log", lambda: lambda: log_view(desk, AUDITOR, q.AskLog(), Language.VI)


def timed(name: str, made: Callable[[], Ask]) -> None:
    """Print a row of the table."""
    cpu, wall, size = [], [], 0
    for _ in range(ROUNDS):
        ask = made()
        began, begun = time.process_time(), time.perf_counter()
        octets = msgspec.msgpack.encode(ask())
        cpu.append((time.process_time() - began) * 1e3)
        wall.append((time.perf_counter() - begun) * 1e3)
        size = max(size, len(octets))
    shown = [f"{statistics.median(cpu):.1f}", f"{_p95(cpu):.1f}", f"{statistics.median(wall):.1f}", f"{_p95(wall):.1f}"]
    print(f"| {name} | {' | '.join(shown)} | {size / 1024:.0f} |", flush=True)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="console-bench-") as name:
        data, chance = Path(name), random.Random(7)
        build(data, records)
        began, begun = time.process_time(), time.perf_counter()
        with AuditReader.open(data) as reader:
            rows = reader.find(Filter(limit=5000))
            last = reader.last
        print(f"index from nothing: {time.process_time() - began:.0f} s CPU, {time.perf_counter() - begun:.0f} s")
        rules = Rules(load_policy_set("binhtan-7600"), EMPTY)
        desk = Desk(configuration=Configuration(data=data), rules=lambda: rules, record=lambda _act: 1)
        print("| answer | CPU p50 ms | CPU p95 | wall p50 | wall p95 | KiB |\n|---|---|---|---|---|---|")
        for title, made in searches(desk, chance, last):
            timed(title, made)
        for title, made in answers(desk, chance, [row.reference for row in rows if row.reference]):
            timed(title, made)
        began = time.process_time()
        *_, end = export(desk, AUDITOR, q.Export(q.Search(disposition="reject"), "csv"), Language.VI)
        print(f"export of {end.rows} rows as CSV: {time.process_time() - began:.1f} s CPU")  # type: ignore[union-attr]
        for path in (data / "audit.db", data / "audit-index.db"):
            print(f"{path.name}: {path.stat().st_size / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
