"""Time the console at a million records: python -m tests.bench.console [RECORDS]. docs/performance.md keeps the tables.

Each row is forty different questions. First the steward's answers in this process, packed as they go over the wall to the
console: processor time counts, for the machine may be shared. Then the same at the browser's wire: pages of a running gateway
on that log, from the request to the last octet of the page, where the clock counts; and first pages, over a new connection
with all files that they name.
"""

import asyncio
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from gateway.audit.query import AuditReader, Filter
from gateway.config.sections import Configuration
from gateway.engine import load_policy_set
from gateway.model import Directory, Language
from gateway.pipeline.rulebook import Rules
from gateway.steward import questions as q
from gateway.steward.desk import Desk
from gateway.steward.mails import export
from gateway.steward.roles import Person, Role
from gateway.steward.table import TABLE
from tests.audit.million import UNITS, WORDS, build
from tests.bench.visitors import Browser, Doors
from tests.e2e.gateway_process import serving
from tests.support.sink import Sink

ROUNDS = 40
AUDITOR = Person(name="auditor", roles=frozenset({Role.AUDITOR}))
SESSIONS = 8
"""Of the auditor, for one asks no more than ten pages a second."""
Asked = tuple[Person, q.Question]


def searches(chance: random.Random, last: int) -> Iterator[tuple[str, Callable[[], Asked]]]:
    """Yield the queries of the design, and those that the console adds."""

    def ask(person: Person = AUDITOR, **wanted: object) -> Asked:
        return person, q.Search(**wanted)  # type: ignore[arg-type]

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


def answers(chance: random.Random, references: list[str]) -> Iterator[tuple[str, Callable[[], Asked]]]:
    """Yield the other answers."""
    yield "explanation of a mail", lambda: (AUDITOR, q.Explain(chance.choice(references)))
    yield "overview of 30 days", lambda: (AUDITOR, q.Overview())
    yield "overview of twelve months", lambda: (AUDITOR, q.Overview(days=366))
    yield "policy in force", lambda: (AUDITOR, q.AskPolicy())
    yield "log", lambda: (AUDITOR, q.AskLog())


def timed(name: str, made: Callable[[], Asked], desk: Desk) -> None:
    """Print a row of the table of answers."""
    cpu, wall, size = [], [], 0
    for _ in range(ROUNDS):
        person, question = made()
        answer = TABLE[type(question)].answer
        began, begun = time.process_time(), time.perf_counter()
        octets = msgspec.msgpack.encode(answer(desk, person, question, Language.VI))
        cpu.append((time.process_time() - began) * 1e3)
        wall.append((time.perf_counter() - begun) * 1e3)
        size = max(size, len(octets))
    shown = [f"{statistics.median(cpu):.1f}", f"{_p95(cpu):.1f}", f"{statistics.median(wall):.1f}", f"{_p95(wall):.1f}"]
    print(f"| {name} | {' | '.join(shown)} | {size / 1024:.0f} |", flush=True)


_NAMES = {"text": "q", "disposition": "result"}
_PAGES = {q.Overview: "/", q.AskPolicy: "/policy", q.AskLog: "/audit"}


def page_of(question: q.Question) -> str:
    """Return the page that asks a question."""
    if isinstance(question, q.Explain):
        return f"/mails/{question.reference}"
    if not isinstance(question, q.Search):
        return _PAGES[type(question)]
    given = {
        name: getattr(question, name)
        for name in ("text", "since", "until", "unit", "disposition", "state", "sha256", "before", "after")
    }
    return "/mails?" + urlencode({_NAMES.get(name, name): value for name, value in given.items() if value})


def at_the_wire(rows: list[tuple[str, Callable[[], Asked]]], console: tuple[str, int], doors: Doors) -> None:
    """Print the table of pages."""
    auditors = itertools.cycle([Browser(console, doors.account("auditor", Role.AUDITOR)) for _ in range(SESSIONS)])

    def visitor(person: Person) -> Browser:
        if person == AUDITOR:
            return next(auditors)
        return Browser(
            console,
            doors.mailbox(f"user{UNITS.index(person.units[0])}.binhtan@tphcm.gov.vn" if person.units else person.name),
        )

    print("| page | wall p50 ms | wall p95 | kB |\n|---|---|---|---|")
    for name, made in rows:
        wall, size = [], 0
        for _ in range(ROUNDS):
            person, question = made()
            browser = visitor(person)
            octets, spent = browser.get(page_of(question))
            wall.append(spent)
            size = max(size, len(octets))
            if person != AUDITOR:
                browser.close()
        print(f"| {name} | {statistics.median(wall):.1f} | {_p95(wall):.1f} | {size / 1000:.1f} |", flush=True)
    for name, path in (("first page: overview, with its files", "/"), ("first page: search, with its files", "/mails")):
        wall = [next(auditors).first(path) for _ in range(ROUNDS)]
        print(f"| {name} | {statistics.median(wall):.1f} | {_p95(wall):.1f} |  |", flush=True)


async def served(folder: Path, rows: list[tuple[str, Callable[[], Asked]]]) -> None:
    """Start a gateway on the log and print the table of pages."""
    lines = [
        "units:",
        *(
            f"  - {{id: '{unit}', name: '{unit}', heads: [user{n}.binhtan@tphcm.gov.vn]}}"
            for n, unit in enumerate(UNITS)
        ),
        "mailboxes:",
    ]
    lines += [
        f"  - {{address: user{n}.binhtan@tphcm.gov.vn, kind: personal, unit: '{UNITS[n % len(UNITS)]}'}}"
        for n in range(900)
    ]
    (folder / "directory.yaml").write_text("\n".join(lines), "utf-8")
    async with Sink() as sink:
        config = {
            "workers": 1,
            "directory": str(folder / "directory.yaml"),
            "listeners": [{"kind": "relay", "listen": "127.0.0.1:0"}],
            "next_hop": {"address": f"127.0.0.1:{sink.port}", "tls": "none"},
            "console": {"listen": "127.0.0.1:0"},
        }
        async with serving(folder, config=config) as gateway:
            doors = Doors(gateway.data)
            await asyncio.to_thread(at_the_wire, rows, gateway.address("console"), doors)
            doors.close()


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    """Run from the command line."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="console-bench-") as name:
        data, chance = Path(name) / "data", random.Random(7)
        build(data, records)
        began, begun = time.process_time(), time.perf_counter()
        with AuditReader.open(data) as reader:
            rows = reader.find(Filter(limit=5000))
            last = reader.last
        print(f"index from nothing: {time.process_time() - began:.0f} s CPU, {time.perf_counter() - begun:.0f} s")
        rules = Rules(load_policy_set("binhtan-7600"), Directory(digest="", mailboxes={}))
        desk = Desk(configuration=Configuration(data=data), rules=lambda: rules, record=lambda _act: 1)
        asked = [*searches(chance, last), *answers(chance, [row.reference for row in rows if row.reference])]
        print("| answer | CPU p50 ms | CPU p95 | wall p50 | wall p95 | KiB |\n|---|---|---|---|---|---|")
        for title, made in asked:
            timed(title, made, desk)
        began = time.process_time()
        *_, end = export(desk, AUDITOR, q.Export(q.Search(disposition="reject"), "csv"), Language.VI)
        print(f"export of {end.rows} rows as CSV: {time.process_time() - began:.1f} s CPU")  # type: ignore[union-attr]
        for path in (data / "audit.db", data / "audit-index.db"):
            print(f"{path.name}: {path.stat().st_size / 2**20:.0f} MiB")
        asyncio.run(served(Path(name), [row for row in asked if row[0] != "overview of twelve months"]))


if __name__ == "__main__":
    main()
