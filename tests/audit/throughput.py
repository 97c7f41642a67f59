"""Time the three records of a mail: python -m tests.audit.throughput. The figures stand in docs/decisions/0002."""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from pathlib import Path

import uvloop

from gateway.audit import AuditLog
from tests.audit.support import OK, evidence, transaction, verdict

EVIDENCE, VERDICT = evidence(), verdict()


async def run(data: Path, mails: int, concurrency: int) -> None:
    log = AuditLog.open(data)
    await log.start()
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
    await log.close()
    cpu_ms = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / mails * 1e3
    print(f"| {concurrency} in flight | {mails / elapsed:.0f} mails/s | {cpu_ms:.3f} ms CPU a mail |")


if __name__ == "__main__":
    for concurrency, mails in ((1, 500), (20, 4000), (100, 6000)):
        with tempfile.TemporaryDirectory(prefix="audit-throughput-") as folder:
            uvloop.run(run(Path(folder), mails, concurrency))
