"""Read interface of logs: the local one (`AuditReader`), or those of all nodes at the centre (`ClusterReader`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol, Self

from gateway.audit.filter import Filter
from gateway.audit.query import History
from gateway.audit.rows import Row

_LIMIT_ACTS = 500


class Reader(Protocol):
    """One log, or several merged, opened for reading."""

    index_was_wrong: bool
    """The search index differed from the log and has been rebuilt."""
    several: bool
    """Whether rows come from several nodes, which they name."""

    @property
    def last(self) -> int:
        """Number of records."""
        ...

    def show_indexing(self, tick: Callable[[int], None]) -> None:
        """Show progress of indexing before a query."""

    def find(self, wanted: Filter) -> tuple[Row, ...]:
        """Return matching rows, newest first; SearchError for an invalid filter."""
        ...

    def show(self, reference: str) -> History | None:
        """Return all records of a reference (any case), None without one."""
        ...

    def links(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Yield node (empty for the only log), body and hash of every record."""
        ...

    def close(self) -> None:
        """Close what was opened."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def with_acts(reader: Reader, reference: str) -> History | None:
    """Return all records of a reference, and what people did about it; None without one."""
    history = reader.show(reference)
    if history is None:
        return None
    rows = reader.find(Filter(state="act", words=f'"{history.reference}"', limit=_LIMIT_ACTS))
    acts = (row for row in reversed(rows) if history.reference in (row.subject or "").split())
    return replace(history, acts=tuple(acts))
