"""Reads files as the gateway reads mails: in the sandbox, with the limits of the configuration."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from gateway.config.sections import Configuration
from gateway.documents.wall.wire import Inspection, InspectionRequest
from gateway.mime import parse
from gateway.serve.app import inspection_limits, start_workers

Look = Callable[[bytes], Coroutine[None, None, Inspection]]


@contextmanager
def looking(configuration: Configuration, now: datetime | None = None) -> Iterator[Look]:
    """Start what looks into the content of messages."""
    workers, limits, moment = start_workers(configuration), inspection_limits(configuration), now or datetime.now(UTC)

    async def look(content: bytes) -> Inspection:
        message = parse(content)
        head = content[: message.header_length]
        request = InspectionRequest(
            id="file", root=message.root, content=content, header_block=head, limits=limits, now=moment
        )
        return await workers.inspect(request)

    try:
        yield look
    finally:
        workers.close()
