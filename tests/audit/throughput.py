"""Time the three records of a mail: python -m tests.audit.throughput. The figures stand in docs/decisions/0002.

With `--facts` two logs take turns in one process, one that keeps facts and one that does not: what facts cost, whatever
else the machine does. Those figures stand in docs/performance.md.
"""

import asyncio
import resource
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import uvloop

from gateway.audit import AuditLog
from gateway.engine import load_policy_set, observe
from gateway.model import Observed
from tests.audit.support import OK, evidence, running, transaction, verdict

EVIDENCE, VERDICT = evidence(), verdict()


async def run(data: Path, mails: int, concurrency: int) -> None:
    async with running(data) as log:
        numbers = iter(range(mails))

        async def worker() -> None:
            for number in numbers:
                sent = transaction(number)
                await log.already_relayed(sent.session.auth_user, sent.envelope, sent.sha256)
                await log.intent(sent, VERDICT, EVIDENCE)
                await log.sending(sent.id)
                await log.outcome(sent.id, OK)

        before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(concurrency)))
        elapsed, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu_ms = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / mails * 1e3
    print(f"| {concurrency} in flight | {mails / elapsed:.0f} mails/s | {cpu_ms:.3f} ms CPU a mail |")


async def write(log: AuditLog, mails: range, concurrency: int, observed: Observed) -> float:
    """Record mails as the relay does; return the processor time of one in microseconds."""

    async def worker(own: range) -> None:
        for number in own:
            sent = transaction(number)
            await log.intent_and_sending(sent, VERDICT, EVIDENCE, observed)
            await log.outcome(sent.id, OK)

    begun = time.process_time()
    await asyncio.gather(*(worker(mails[first::concurrency]) for first in range(concurrency)))
    return (time.process_time() - begun) / len(mails) * 1e6


async def facts(rounds: int, concurrency: int) -> None:
    """Print what a mail costs without facts, and what facts cost beside that."""
    observed = observe(EVIDENCE, load_policy_set("binhtan-7600").policies)
    without, more = [], []
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="audit-facts-"))) for _ in range(2)]
        logs = [AuditLog.open(folders[0], keeps_facts=True), AuditLog.open(folders[1], keeps_facts=False)]
        for log in logs:
            await log.start()
        for round_ in range(rounds):
            mails, costs = range(160 * round_, 160 * round_ + 160), [0.0, 0.0]
            for which in (0, 1) if round_ % 2 else (1, 0):
                costs[which] = await write(logs[which], mails, concurrency, observed)
            without.append(costs[1])
            more.append(costs[0] - costs[1])
        for log in logs:
            await log.close()
    low, middle, high = statistics.quantiles(more)
    print(
        f"| {concurrency} in flight | {statistics.median(without):.0f} us | {middle:.0f} us | {low:.0f} to {high:.0f} us |"
    )


if __name__ == "__main__":
    if "--facts" in sys.argv:
        for concurrency, rounds in ((8, 100), (1, 20)):
            uvloop.run(facts(rounds, concurrency))
        raise SystemExit
    for concurrency, mails in ((1, 500), (20, 4000), (100, 6000)):
        with tempfile.TemporaryDirectory(prefix="audit-throughput-") as folder:
            uvloop.run(run(Path(folder), mails, concurrency))
