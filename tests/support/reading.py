"""Files read as the product does: by the reader of what their octets are."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

import pytest

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.registry import reader_for
from gateway.documents.readers.sniff import sniff
from gateway.model import Document, ReadStatus, Run


def reading_of(data: bytes, name: str | None = None, budget: Budget | None = None) -> Reading:
    """Return what the reader of a file gives."""
    kind = sniff(data, name).primary
    reader = reader_for(kind)
    assert reader is not None, kind
    return reader(Source(data=data, part="1", detected_type=kind), budget or Budget())


def document_of(data: bytes, name: str | None = None) -> Document:
    """Return the document of a file."""
    return reading_of(data, name).document


def unread(read: Callable[..., object], *given: Any, **more: Any) -> tuple[ReadStatus, str]:
    """Return status and reason with which a reader refuses what it is given."""
    with pytest.raises(ReadError) as caught:
        read(*given, **more)
    return caught.value.status, caught.value.reason


def lines(runs: Iterable[Run]) -> list[str]:
    """Return the text of each block, in the order of their first runs."""
    found: dict[int, str] = {}
    for run in runs:
        found[run.block] = found.get(run.block, "") + run.text
    return list(found.values())


def find(reading: Reading, text: str) -> Run:
    """Return the first run that holds a text."""
    found = [run for run in reading.document.runs if text in run.text]
    assert found, f"{text!r} not in {[run.text for run in reading.document.runs]}"
    return found[0]


def seen(runs: Iterable[Run], names: str) -> list[Any]:
    """Return these attributes of each run, a tuple where there are several."""
    return list(map(attrgetter(*names.split()), runs))
