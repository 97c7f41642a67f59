"""Two gateways side by side in one run, the same mails to both in turn: what a change costs, whatever else the machine does.

    python -m tests.bench.pairs --facts                     facts kept, beside none
    python -m tests.bench.pairs --cluster --work text-many  records shipped to a PostgreSQL here, beside none
    python -m tests.bench.pairs --beside ../before          this checkout, beside another
    python -m tests.bench.pairs --same                      this checkout, beside itself

Figures are processor time of each gateway's whole tree of processes, in milliseconds a mail. Each round sends every mail to
both, the first of the two changing. Both are started several times, the first of them changing too: two processes of one
program differ by some per cent, however long they run. The ratio is the median of the starts.
"""

import argparse
import os
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.cluster.database import connect
from gateway.cluster.schema import set_up
from gateway.config.cluster import Cluster
from gateway.demo.documents import Paragraph, word_file
from tests.bench.__main__ import Sink
from tests.bench.contestants import free_port, wait_for_banner
from tests.bench.documents import mail
from tests.support.postgres import Postgres
from tests.support.processes import cpu_s

HERE = Path(__file__).parents[2]
CONFIGURATION = """listeners: [{{listen: "127.0.0.1:{port}", kind: relay}}]
next_hop: {{address: "127.0.0.1:{sink}", tls: none, required_at_start: false}}
data: {data}
audit: {{facts_days: {facts_days}}}
"""
PROSE = (
    "Thực hiện chương trình công tác năm 2026, Văn phòng đề nghị các cơ quan, đơn vị báo cáo kết quả thực hiện nhiệm vụ "
    "số {} trong tháng và kế hoạch tháng tới theo mẫu gửi kèm."
)


@dataclass(frozen=True)
class Side:
    """One of the two gateways."""

    name: str
    port: int
    roots: list[int]
    pause_s: float
    seconds: list[float] = field(default_factory=list)
    """For a mail, of each round."""

    def cost(self, mails: list[bytes], sessions: int) -> float:
        """Send mails by so many sessions side by side; return the processor time of one in milliseconds."""
        before = cpu_s(self.roots)
        begin = time.perf_counter()
        with ThreadPoolExecutor(sessions) as pool:
            list(pool.map(self._send, (mails[number::sessions] for number in range(sessions))))
        self.seconds.append((time.perf_counter() - begin) / len(mails))
        time.sleep(self.pause_s)  # the next child is made ready, records are shipped: that is part of the mail
        return 1000 * (cpu_s(self.roots) - before) / len(mails)

    def _send(self, mails: list[bytes]) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=300) as client:
            client.ehlo()
            for content in mails:
                client.mail("an.binhtan@tphcm.gov.vn")
                client.rcpt("binh.binhtan@tphcm.gov.vn")
                client.data(content)


@contextmanager
def side(
    name: str, checkout: Path, sink: Sink, *, facts_days: int = 90, dsn: str = "", pause_s: float = 0.3
) -> Iterator[Side]:
    """Start a gateway from a checkout; with a `dsn` it ships its records."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="pair-") as folder:
        file = Path(folder) / "gateway.yaml"
        file.write_text(
            CONFIGURATION.format(port=port, sink=sink.port, data=f"{folder}/data", facts_days=facts_days)
            + (f"cluster: {{node: n{port}, dsn: '{dsn}'}}\n" if dsn else ""),
            "utf-8",
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "serve", "--config", file],
            cwd=checkout,
            env=os.environ | {"PYTHONPATH": str(checkout)},
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for_banner(port, 300)
            yield Side(name, port, [process.pid], pause_s)
        finally:
            process.terminate()
            process.wait(30)


def pages(number: int, count: int) -> bytes:
    """A DOCX of so many pages of prose, about forty paragraphs of two lines each for two pages."""
    lines = [Paragraph(PROSE.format(f"{number}/{line}")) for line in range(20 * count)]
    return word_file(lines)


WORK: dict[str, Callable[[int], list[bytes]]] = {
    "text": lambda round_: [mail() for _ in range(64)],
    "text-many": lambda round_: [mail() for _ in range(400)],
    "text-8": lambda round_: [mail() for _ in range(64)],
    "docx-1": lambda round_: [mail((f"a{n}.docx", pages(100 * round_ + n, 1))) for n in range(20)],
    "docx-100": lambda round_: [mail((f"b{n}.docx", pages(100 * round_ + n, 100))) for n in range(3)],
    "octets": lambda round_: [mail(("so-lieu.bin", os.urandom(760 << 10))) for _ in range(64)],
    "again": lambda round_: [mail(("c.docx", pages(0, 1))) for _ in range(20)],
}


SESSIONS = {"text-8": 8, "text-many": 8, "octets": 8}
"""Sessions side by side, where it is not one."""


def ratios(sides: tuple[Side, Side], work: str, rounds: int) -> list[tuple[float, float]]:
    """Return what a mail cost at either side, in each round but the first, which warms up."""
    found: list[tuple[float, float]] = []
    for round_ in range(rounds + 1):
        mails = WORK[work](round_)
        costs = [0.0, 0.0]
        for which in (0, 1) if round_ % 2 else (1, 0):
            costs[which] = sides[which].cost(mails, SESSIONS.get(work, 1))
        if round_:
            found.append((costs[0], costs[1]))
    return found


def row(work: str, starts: list[list[tuple[float, float]]]) -> str:
    """Return a row of the table from the rounds of each start."""
    rounds = [one for start in starts for one in start]
    ours, theirs = (statistics.median(column) for column in zip(*rounds, strict=True))
    all_ratios = sorted(our / their for our, their in rounds)
    of_starts = sorted(statistics.median(our / their for our, their in start) for start in starts)
    half = f"{all_ratios[len(rounds) // 4]:.3f} to {all_ratios[-1 - len(rounds) // 4]:.3f}"
    between = f"{of_starts[0]:.3f} to {of_starts[-1]:.3f}"
    return f"| {work} | {ours:.2f} | {theirs:.2f} | {statistics.median(of_starts):.3f} | {between} | {half} |"


@contextmanager
def centre() -> Iterator[str]:
    """Run a PostgreSQL with the tables of a cluster; return its DSN."""
    postgres = Postgres(durable=True)
    try:
        postgres.start()
        dsn = postgres.dsn(postgres.new_database())
        with connect(Cluster(node="bench", dsn=dsn)) as connection:
            set_up(connection)
        yield dsn
    finally:
        postgres.remove()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--facts", action="store_true", help="compare with facts and without")
    what.add_argument("--cluster", action="store_true", help="compare with records shipped and without")
    what.add_argument("--same", action="store_true", help="compare one gateway with itself: what the figures are worth")
    what.add_argument("--beside", type=Path, metavar="CHECKOUT", help="compare this checkout with another")
    parser.add_argument("--starts", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--work", nargs="+", choices=WORK, default=list(WORK))
    arguments = parser.parse_args()
    sink = Sink()
    other: dict[str, Any] = {"name": "none" if arguments.facts else "again" if arguments.same else "beside"}
    other["checkout"] = arguments.beside.resolve() if arguments.beside else HERE
    other["facts_days"] = 0 if arguments.facts else 90
    ours: dict[str, Any] = {"name": "this", "checkout": HERE}
    found: dict[str, list[list[tuple[float, float]]]] = {work: [] for work in arguments.work}
    rates: list[float] = []
    with ExitStack() as stack:
        stack.callback(sink.process.kill)
        if arguments.cluster:
            ours |= {"dsn": stack.enter_context(centre()), "pause_s": 1.2}
            other |= {"name": "alone", "pause_s": 1.2}
        for number in range(arguments.starts):
            with ExitStack() as pair:
                asked: list[dict[str, Any]] = [ours, other]
                started = [pair.enter_context(side(sink=sink, **one)) for one in asked[:: 1 if number % 2 else -1]]
                sides = sorted(started, key=lambda one: one.name != "this")
                for work in arguments.work:
                    found[work].append(ratios((sides[0], sides[1]), work, arguments.rounds))
                rates += [other / own for own, other in zip(sides[0].seconds, sides[1].seconds, strict=True)]
    head = f"| mails | this, ms | {other['name']}, ms | ratio | of the starts | half of the rounds |"
    print(head, "|---|---:|---:|---:|---|---|", *(row(*one) for one in found.items()), sep="\n")
    print(f"mails a second, this to {other['name']}: {statistics.median(rates):.3f}")


if __name__ == "__main__":
    main()
