"""Side-by-side benchmark: in each round every contestant is started, loaded and stopped in turn, in one run.

    python -m tests.bench                          all workloads, three rounds
    python -m tests.bench --work 2k-c20 --rounds 5
    python -m tests.bench --write docs/performance.md

Figures are medians over the rounds. CPU is user and system time of the contestant's whole process tree, ended children
included. `direct` is the generator straight into the sink: what this machine could do at most. `floor` makes the same exchanges
as a relay and nothing else, `wire` is the gateway without judge and audit (`tests.bench.floor`); one process each.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.contestants import CONTESTANTS, descendants, running

TICKS = os.sysconf("SC_CLK_TCK")
MARKS = ("<!-- figures begin -->", "<!-- figures end -->")


@dataclass(frozen=True)
class Workload:
    """What is sent."""

    size: str
    messages: int
    concurrency: int


WORKLOADS = {
    "2k-c1": Workload("2k", 300, 1),
    "2k-c20": Workload("2k", 1500, 20),
    "2k-c100": Workload("2k", 1500, 100),
    "1m-c8": Workload("1m", 60, 8),
    "10m-c4": Workload("10m", 12, 4),
    "10m-c100": Workload("10m", 100, 100),
}


@dataclass(frozen=True)
class Row:
    """One contestant under one workload in one round."""

    contestant: str
    workload: str
    per_second: float
    mib_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    cpu_ms_per_mib: float
    peak_mib: float
    done: int
    error: str


def write_mails(folder: Path) -> None:
    """Write the sample mails: text only, and text with one attachment of random octets."""
    head = (
        "From: an.binhtan@tphcm.gov.vn\r\nTo: binh.binhtan@tphcm.gov.vn\r\nSubject: =?utf-8?q?B=C3=A1o_c=C3=A1o_tu=E1=BA=A7n?=\r\n"
        "Date: Mon, 23 Nov 2026 08:00:00 +0700\r\nMIME-Version: 1.0\r\n"
    )
    text = "Kính gửi Văn phòng Ủy ban nhân dân quận.\r\n" * 38
    plain = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    (folder / "2k").write_bytes((head + plain + text).encode())
    generator = random.Random(7600)
    for name, mib in (("1m", 1), ("10m", 10)):
        octets = generator.randbytes(int(mib * 2**20 * 57 / 78))
        body = base64.encodebytes(octets).replace(b"\n", b"\r\n")
        parts = (
            f'{head}Content-Type: multipart/mixed; boundary="b1"\r\n\r\n--b1\r\n{plain}{text[:90]}\r\n--b1\r\n'
            'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="so-lieu.bin"\r\n'
            "Content-Transfer-Encoding: base64\r\n\r\n"
        )
        (folder / name).write_bytes(parts.encode() + body + b"--b1--\r\n")


def cpu_s(roots: list[int]) -> float:
    """Return user and system seconds of the trees below these processes."""
    total = 0
    for pid in {pid for root in roots for pid in (root, *descendants(root))}:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(value) for value in fields[11:15])
    return total / TICKS


def memory_mib(roots: list[int]) -> float:
    """Return the proportional set size of the trees below these processes."""
    total = 0
    for pid in {pid for root in roots for pid in (root, *descendants(root))}:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


class Sink:
    """The sink process and what it has taken."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.bench.sink", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self._out = self.process.stdout
        self.port = int(self._out.readline())

    def mails(self) -> int:
        """Return the number of mails taken so far."""
        self.process.send_signal(signal.SIGUSR1)
        return int(self._out.readline().split()[0])


@contextmanager
def contestant(name: str, sink: Sink) -> Iterator[tuple[int, list[int]]]:
    """Yield port and root processes; the sink itself for `direct`."""
    if name == "direct":
        yield sink.port, []
    else:
        with running(name, sink.port) as started:
            yield started


def measure(name: str, workload: str, mails: Path, sink: Sink, *, port: int, roots: list[int]) -> Row:
    """Load one contestant and return its figures; what has reached the sink counts."""
    work = WORKLOADS[workload]
    peak, finished = [0.0], threading.Event()

    def sample() -> None:
        while not finished.wait(0.1):
            peak[0] = max(peak[0], memory_mib(roots))

    sampler = threading.Thread(target=sample)
    if roots and work.concurrency * int(work.size.rstrip("mk")) >= 1000:
        sampler.start()
    before, cpu_before = sink.mails(), cpu_s(roots)
    command = [sys.executable, "-m", "tests.bench.load", f"127.0.0.1:{port}", str(mails / work.size)]
    command += ["-n", str(work.messages), "-c", str(work.concurrency)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    result = json.loads(out)
    begin = time.perf_counter()
    while sink.mails() - before < result["ok"] and time.perf_counter() - begin < 30:
        time.sleep(0.02)
    seconds = result["seconds"] + time.perf_counter() - begin
    finished.set()
    if sampler.is_alive():
        sampler.join()
    done = max(1, sink.mails() - before)
    mib = (mails / work.size).stat().st_size / 2**20
    used = cpu_s(roots) - cpu_before
    return Row(
        contestant=name,
        workload=workload,
        per_second=done / seconds,
        mib_per_second=done * mib / seconds,
        p50_ms=result["p50_ms"] or 0,
        p99_ms=result["p99_ms"] or 0,
        cpu_ms=used / done * 1000,
        cpu_ms_per_mib=used / done / mib * 1000,
        peak_mib=peak[0],
        done=done,
        error=result["first_error"],
    )


def table(rows: list[Row]) -> str:
    """Return the medians as a Markdown table, with ratios to the gateway's own figure."""
    lines = [
        "| workload | contestant | mails/s | MiB/s | p50 ms | p99 ms | CPU ms/mail | CPU ms/MiB | peak MiB | done | gateway is |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for workload in dict.fromkeys(row.workload for row in rows):
        ours = [row for row in rows if row.workload == workload and row.contestant == "gateway"]
        rate = statistics.median(row.per_second for row in ours) if ours else 0.0
        for name in dict.fromkeys(row.contestant for row in rows):
            group = [row for row in rows if (row.workload, row.contestant) == (workload, name)]
            if not group:
                continue

            def median(field: str, group: list[Row] = group) -> float:
                return statistics.median(getattr(row, field) for row in group)

            ratio = f"{rate / median('per_second'):.2f}x" if rate and name != "gateway" else ""
            lines.append(
                f"| {workload} | {name} | {median('per_second'):.0f} | {median('mib_per_second'):.0f} | {median('p50_ms'):.2f} "
                f"| {median('p99_ms'):.1f} | {median('cpu_ms'):.2f} | {median('cpu_ms_per_mib'):.1f} "
                f"| {median('peak_mib'):.0f} | {group[-1].done}{' ' + group[-1].error[:60] if group[-1].error else ''} | {ratio} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contestants", default=",".join(["direct", *CONTESTANTS]))
    parser.add_argument("--work", default=",".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path, help="put the table between the marks of this Markdown file")
    arguments = parser.parse_args()
    rows: list[Row] = []
    sink = Sink()
    try:
        with tempfile.TemporaryDirectory(prefix="bench-mails-") as folder:
            write_mails(Path(folder))
            for number in range(arguments.rounds):
                for name in arguments.contestants.split(","):
                    with contestant(name, sink) as (port, roots):
                        for workload in arguments.work.split(","):
                            row = measure(name, workload, Path(folder), sink, port=port, roots=roots)
                            rows.append(row)
                            print(f"round {number + 1}: {row}", file=sys.stderr, flush=True)
    finally:
        sink.process.kill()
    result = table(rows)
    print(result)
    if arguments.write:
        when = datetime.now(UTC).date().isoformat()
        note = f"\n`python -m tests.bench --rounds {arguments.rounds}` on {os.cpu_count()} processors, {when}:\n\n{result}\n"
        head, _, rest = arguments.write.read_text().partition(MARKS[0])
        arguments.write.write_text(f"{head}{MARKS[0]}\n{note}\n{MARKS[1]}{rest.partition(MARKS[1])[2]}")


if __name__ == "__main__":
    main()
