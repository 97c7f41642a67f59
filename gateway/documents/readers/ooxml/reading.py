"""Steps of reading one OOXML package, put together so that a fault in one part does not lose the others."""

from __future__ import annotations

from collections.abc import Callable

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.ole.report import Report, assemble
from gateway.documents.readers.ooxml.opc import Package
from gateway.documents.readers.ooxml.parts import Parts
from gateway.documents.readers.ooxml.sink import Sink
from gateway.model import ReadStatus

Step = Callable[[Parts, Sink], int | None]
"""Reads some parts; may return the number of pages or slides; raises `ReadError` after doing what it could."""


def read_steps(source: Source, package: Package, budget: Budget, *, kind: str, steps: tuple[Step, ...]) -> Reading:
    """Run the steps and return all they found; the most severe fault becomes the document's status.

    After LIMIT and TIMEOUT nothing more is tried, because there is nothing left to try it with.
    """
    sink, report = Sink(budget), Report()
    parts = Parts(package, sink)
    pages: int | None = None
    for step in steps:
        try:
            pages = step(parts, sink) or pages
        except ReadError as error:
            report.fail(error.status, error.reason)
            if error.status in {ReadStatus.LIMIT, ReadStatus.TIMEOUT}:
                break
    return assemble(source, sink, report, kind=kind, pages=pages)
