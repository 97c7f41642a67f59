"""Status of documents in old Office formats: the most severe fault decides."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.documents.readers.base import GRAVITY, ReadError, Reading, Source
from gateway.documents.readers.ooxml.sink import Sink
from gateway.model import Document, ReadStatus


@dataclass
class Report:
    """Status and reason, as they get worse."""

    status: ReadStatus = ReadStatus.OK
    reason: str = ""

    def fail(self, status: ReadStatus, reason: str) -> None:
        """Note a fault; the first of the most severe ones stays."""
        if GRAVITY.index(status) < GRAVITY.index(self.status):
            self.status, self.reason = status, reason

    def note(self, *reasons: str) -> None:
        """Note what could not be read in full."""
        for reason in reasons:
            self.fail(ReadStatus.PARTIAL, reason)

    def caught(self, error: ReadError) -> None:
        """Note an error of one piece; LIMIT and TIMEOUT end the whole reading and go on up."""
        self.fail(error.status, error.reason)
        if error.status in {ReadStatus.LIMIT, ReadStatus.TIMEOUT}:
            raise error


def assemble(
    source: Source,
    sink: Sink,
    report: Report,
    *,
    kind: str,
    pages: int | None = None,
    opened_with_password: bool = False,
) -> Reading:
    """Return the reading of what was gathered, runs of one block side by side, pictures put together as they are shown."""
    try:
        sink.join_pictures()
    except ReadError as error:
        report.fail(error.status, error.reason)
    runs = sorted(sink.runs, key=lambda run: run.block)
    document = Document(
        part=source.part,
        filename=source.filename,
        format=kind,
        status=report.status,
        reason=report.reason,
        pages=pages,
        runs=tuple(runs),
        setups=tuple(sink.setups),
        images=tuple(sink.images),
        active_content=tuple(sink.active),
        opened_with_password=opened_with_password,
    )
    return Reading(document, tuple(sink.members))
