"""Steps of reading one OOXML package, put together so that a fault in one part does not lose the others."""

from __future__ import annotations

from collections.abc import Callable

from gateway.model import Document, ReadStatus
from gateway.readers.base import Budget, ReadError, Reading, Source
from gateway.readers.ooxml.opc import Package
from gateway.readers.ooxml.parts import Parts
from gateway.readers.ooxml.sink import Sink

Step = Callable[[Parts, Sink], int | None]
"""Reads some parts; may return the number of pages or slides; raises `ReadError` after doing what it could."""


def assemble(source: Source, package: Package, budget: Budget, *, kind: str, steps: tuple[Step, ...]) -> Reading:
    """Run the steps and return all they found; the first fault becomes the document's status.

    After LIMIT and TIMEOUT nothing more is tried, because there is nothing left to try it with.
    """
    sink = Sink(budget)
    parts = Parts(package, sink)
    failed: ReadError | None = None
    pages: int | None = None
    for step in (*steps, _join_pictures):
        try:
            pages = step(parts, sink) or pages
        except ReadError as error:
            failed = failed or error
            if error.status in {ReadStatus.LIMIT, ReadStatus.TIMEOUT}:
                failed = error
                break
    document = Document(
        part=source.part,
        filename=source.filename,
        format=kind,
        status=failed.status if failed else ReadStatus.OK,
        reason=failed.reason if failed else "",
        pages=pages,
        runs=tuple(sink.runs),
        setups=tuple(sink.setups),
        images=tuple(sink.images),
        active_content=tuple(sink.active),
    )
    return Reading(document, tuple(sink.members))


def _join_pictures(_parts: Parts, sink: Sink) -> int | None:
    sink.join_pictures()
    return None
