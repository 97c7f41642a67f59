"""What a directory of 200,000 mailboxes costs: `python -m tests.bench.directory`, with `--write docs/performance.md`."""

import argparse
import csv
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from pathlib import Path

from gateway.identity.directory import load
from tests.support.pages import put
from tests.support.processes import memory_kib

MAILBOXES = 200_000
ROUNDS = 5


def measure(path: Path) -> tuple[float, float, float]:
    """CPU seconds to load, MiB more resident, CPU microseconds for a look-up; run in a process of its own."""
    addresses = _addresses()
    before, started = _resident_mib(), time.process_time()
    directory = load(path)
    loaded_s = time.process_time() - started
    more_mib = _resident_mib() - before
    started = time.process_time()
    for address in addresses:
        directory.find(address)
    return loaded_s, more_mib, (time.process_time() - started) / len(addresses) * 1e6


def _addresses() -> list[str]:
    return [f"user{number}.binhtan@tphcm.gov.vn" for number in range(MAILBOXES)]


def _resident_mib() -> float:
    return memory_kib(os.getpid()) / 1024


def report() -> str:
    """The table as Markdown."""
    rows = [f"`python -m tests.bench.directory`, {MAILBOXES:,} mailboxes, median of {ROUNDS} processes:", "",
            "| file | load, CPU s | resident MiB | look-up, CPU us |", "|---|---:|---:|---:|"]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        as_json, as_csv = Path(folder) / "d.json", Path(folder) / "d.csv"
        as_json.write_text(
            json.dumps({"mailboxes": [{"address": a, "kind": "personal", "unit": "x"} for a in _addresses()]})
        )
        with as_csv.open("w", newline="") as file:
            csv.writer(file).writerows([("address", "kind"), *((address, "personal") for address in _addresses())])
        for path in (as_json, as_csv):
            with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
                found = pool.map(measure, [path] * ROUNDS, chunksize=1)
            loaded, more, look = (statistics.median(column) for column in zip(*found, strict=True))
            rows.append(f"| {path.suffix[1:].upper()} | {loaded:.2f} | {more:.0f} | {look:.2f} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Print the table, and put it into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="PAGE")
    arguments = parser.parse_args()
    content = report()
    print(content)
    if arguments.write is not None:
        put(arguments.write, "directory", content)


if __name__ == "__main__":
    main()
