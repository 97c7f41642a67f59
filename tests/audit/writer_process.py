"""A process that writes records until it is told or killed: python -m tests.audit.writer_process DATA COUNT FIRST."""

import asyncio
import sys
from pathlib import Path

from gateway.audit import AuditLog
from gateway.audit.record import Sending
from tests.audit.support import relay, running, verdict  # noqa: F401 - imported before the clock runs


async def main(data: Path, count: int, first: int) -> None:
    log = AuditLog.open(data)
    recovery = await log.start()
    print("recovered", *recovery.unknown, *recovery.not_sent, flush=True)
    for number in range(first, first + count):
        await relay(log, number)
        print("acknowledged", number, flush=True)
    await log.close()


async def records(data: Path, count: int) -> None:
    """Write plain records, many at a time."""
    async with running(data) as log:
        for start in range(0, count, 25):
            await asyncio.gather(*(log._put(Sending(id=f"BT-{start + offset}")) for offset in range(25)))


if __name__ == "__main__":
    folder, number = Path(sys.argv[1]), int(sys.argv[2])
    if sys.argv[3] == "records":
        asyncio.run(records(folder, number))
    else:
        asyncio.run(main(folder, number, int(sys.argv[3])))
