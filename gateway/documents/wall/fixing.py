"""An author's file fixed in a sandboxed child of the zygote."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime

from gateway.documents.wall.desk_channel import Visit
from gateway.documents.wall.door import Job
from gateway.documents.wall.pool import WorkerPool, read_only
from gateway.documents.wall.wire import Fixed, FrameReader, InspectionRequest, Limits, WireError, encode
from gateway.model import Part

_READ_BYTES = 1 << 18


async def fix(pool: WorkerPool, content_fd: int, *, limits: Limits, visit: Visit, cost_s: float) -> bytes:
    """Return the fixed copy of the file behind a descriptor; empty when nothing is to be fixed, or it cannot be.

    It waits for a place as `WorkerPool.inspect` does; the processor time is that of one part. TemporaryError as there.
    """
    request = InspectionRequest(
        id="fix", root=Part(path="", declared_type=""), now=datetime.now(UTC), limits=limits, fix=True
    )
    job = Job(
        idle_s=pool.idle_s, memory_bytes=limits.memory_bytes, cpu_s=max(1, round(limits.part_cpu_s)), patient=True
    )
    async with visit.turn(cost_s):
        content = read_only(content_fd)
        try:
            ours, status = pool.begin(job, content)
        finally:
            os.close(content)
        loop, reader = asyncio.get_running_loop(), FrameReader()
        try:
            await loop.sock_sendall(ours, encode(request))
            while data := await loop.sock_recv(ours, _READ_BYTES):
                for frame in reader.feed(data):
                    return frame.octets if isinstance(frame, Fixed) else b""
        except (WireError, BrokenPipeError, ConnectionResetError):
            pass
        finally:
            ours.close()
            os.close(status)
    return b""
