"""Side-by-side benchmark: in each round every contestant is started, loaded and stopped in turn, in one run.

    python -m tests.bench                          all workloads, three rounds
    python -m tests.bench --work 2k-c20 --rounds 5
    python -m tests.bench --write docs/performance.md

Figures are medians over the rounds. CPU is user and system time of the contestant's whole process tree, ended children
included. `direct` is the generator straight into the sink: what this machine could do at most. `floor` makes the same exchanges
as a relay and nothing else, `wire` is the gateway without judge and audit (`tests.bench.floor`); one process each.
"""

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
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.contestants import CONTESTANTS, running
from tests.bench.peak import peak
from tests.support.pages import put
from tests.support.processes import cpu_s, descendants, memory_kib


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


COLUMNS = {
    "mails/s": ("per_second", ".0f"),
    "MiB/s": ("mib_per_second", ".0f"),
    "p50 ms": ("p50_ms", ".2f"),
    "p99 ms": ("p99_ms", ".1f"),
    "CPU ms/mail": ("cpu_ms", ".2f"),
    "CPU ms/MiB": ("cpu_ms_per_mib", ".1f"),
    "peak MiB": ("peak_mib", ".0f"),
    "done": ("done", ".0f"),
}
"""Figures of a row as the table shows them."""


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


def measure(name: str, workload: str, work: Workload, mail: Path, sink: Sink, *, port: int, roots: list[int]) -> Row:
    """Load one contestant and return its figures; what has reached the sink counts."""
    before, cpu_before = sink.mails(), cpu_s(roots)
    command = [sys.executable, "-m", "tests.bench.load", f"127.0.0.1:{port}", str(mail)]
    command += ["-n", str(work.messages), "-c", str(work.concurrency)]
    mib = mail.stat().st_size / 2**20
    looked_at = roots if work.concurrency * mib >= 1000 else []
    with peak(
        lambda: sum(memory_kib(pid, "Pss", "smaps_rollup") for pid in (*looked_at, *descendants(*looked_at)))
    ) as most:
        result = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        begin = time.perf_counter()
        while sink.mails() - before < result["ok"] and time.perf_counter() - begin < 30:
            time.sleep(0.02)
        seconds = result["seconds"] + time.perf_counter() - begin
    done = max(1, sink.mails() - before)
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
        peak_mib=most[0] / 1024,
        done=done,
        error=result["first_error"],
    )


def table(rows: list[Row], columns: Mapping[str, tuple[str, str]] = COLUMNS) -> str:
    """Return the medians as a Markdown table; how much faster the gateway is, is a median of ratios of the same round."""
    lines = [f"| workload | contestant | {' | '.join(columns)} | gateway is |", f"|---|---|{'---|' * len(columns)}---|"]
    for workload in dict.fromkeys(row.workload for row in rows):
        for name in dict.fromkeys(row.contestant for row in rows):
            group, ours = (
                [row for row in rows if (row.workload, row.contestant) == (workload, who)] for who in (name, "gateway")
            )
            shown = [
                f"{statistics.median(getattr(row, field) for row in group):{form}}" for field, form in columns.values()
            ]
            ratios = [one.per_second / other.per_second for one, other in zip(ours, group, strict=False)]
            ratio = f"{statistics.median(ratios):.2f}x" if ratios and name != "gateway" else ""
            errors = "".join(f" {row.error[:60]}" for row in group if row.error)
            lines.append(f"| {workload} | {name}{errors} | {' | '.join(shown)} | {ratio} |")
    return "\n".join(lines)


def publish(result: str, command: str, page: Path | None, name: str) -> None:
    """Print a table; put it into a page of the documentation with the command that made it."""
    print(result)
    if page is not None:
        when = datetime.now(UTC).date().isoformat()
        put(page, name, f"\n`{command}` on {os.cpu_count()} processors, {when}:\n\n{result}\n\n")


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
                            work = WORKLOADS[workload]
                            mail = Path(folder) / work.size
                            row = measure(name, workload, work, mail, sink, port=port, roots=roots)
                            rows.append(row)
                            print(f"round {number + 1}: {row}", file=sys.stderr, flush=True)
    finally:
        sink.process.kill()
    publish(table(rows), f"python -m tests.bench --rounds {arguments.rounds}", arguments.write, "figures")


if __name__ == "__main__":
    main()
