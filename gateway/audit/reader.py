"""What commands ask a log, wherever it stands: on this machine (`AuditReader`) or, of all nodes, at the centre."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, Self

from gateway.audit.filter import Filter
from gateway.audit.query import History
from gateway.audit.rows import Row


class Reader(Protocol):
    """A log opened for reading, or several that are read as one."""

    index_was_wrong: bool
    """The search index did not say what the log says; it has been made again."""
    several: bool
    """Rows may be of several nodes, which they name."""

    @property
    def last(self) -> int:
        """Number of records."""
        ...

    def show_indexing(self, tick: Callable[[int], None]) -> None:
        """Tell of records that the index takes before a query."""

    def find(self, wanted: Filter) -> tuple[Row, ...]:
        """Return what matches, newest first; SearchError for what makes no sense."""
        ...

    def show(self, reference: str) -> History | None:
        """Return everything about a reference (any case), None when no log knows it."""
        ...

    def links(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Yield node (empty for the only log), body and hash of every record."""
        ...

    def close(self) -> None:
        """Give back what was opened."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
