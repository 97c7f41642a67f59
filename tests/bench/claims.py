"""What it costs a front end to ask the cluster about a mail with a login: claim and settlement, with a PostgreSQL here.

    python -m tests.bench.claims [--beside CHECKOUT] [--rounds 6]

Processor time of one front end's event loop for a mail, in milliseconds, alternating with another checkout: with one mail in flight, where
each answer wakes the loop, and with eight.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from gateway.audit.keyed import write_by
from gateway.audit.store import Folder
from gateway.cluster import database
from gateway.cluster.database import Database
from gateway.cluster.repetitions import Repetitions
from gateway.config.cluster import Cluster
from tests.audit.support import transaction

MAILS = 3000
IN_FLIGHT = (1, 8)


async def measure(dsn: str, folder: Path) -> None:
    """Print the milliseconds of a mail for each number in flight."""
    (folder / "keys").mkdir()
    write_by(Folder(folder), b"k" * 32)
    connection = Database(Cluster(node="bench", dsn=dsn))
    connection.start()
    while not connection.present:
        await asyncio.sleep(0.01)
    claims = Repetitions(connection, folder, node="bench", process="one")

    async def session(first: int, step: int, count: int) -> None:
        for number in range(first, first + count, step):
            mail = transaction(number, sha=f"{os.getpid()}-{number}")
            key = claims.key_of(mail)
            assert key is not None
            await claims.claim(key, mail.id)
            told = claims.settle(mail.id, relayed=True)
            assert told is not None
            await told

    for width in IN_FLIGHT:
        for first, count in ((0, 200), (1000, MAILS)):
            began = time.process_time()
            await asyncio.gather(*(session(10_000 * width + first + one, width, count - one) for one in range(width)))
        print(1000 * (time.process_time() - began) / MAILS, end=" ", flush=True)
    assert connection.present
    await connection.close()


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--dsn", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.dsn:
        vars(database)["BUDGET_S"] = 20.0  # a busy machine is not what is measured
        Database.ask.__kwdefaults__["within_s"] = 20.0
        with tempfile.TemporaryDirectory() as folder:
            uvloop.run(measure(arguments.dsn, Path(folder)))
        return
    from tests.bench.pairs import HERE, centre

    checkouts = [HERE, *([arguments.beside.resolve()] if arguments.beside else [])]
    found: dict[Path, list[list[float]]] = {checkout: [] for checkout in checkouts}
    with centre() as dsn:
        for _ in range(arguments.rounds):
            for checkout in checkouts:
                run = subprocess.run(
                    [sys.executable, Path(__file__), "--dsn", dsn],
                    env=os.environ | {"PYTHONPATH": str(checkout)}, cwd=checkout, check=True, capture_output=True, text=True,
                )  # fmt: skip
                found[checkout].append([float(word) for word in run.stdout.split()])
    for checkout, rows in found.items():
        print(checkout.name, *(f"{width} in flight {statistics.median(column):.3f} ms" for width, column in zip(IN_FLIGHT, zip(*rows, strict=True), strict=True)))  # fmt: skip


if __name__ == "__main__":
    main()
