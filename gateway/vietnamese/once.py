"""Memo of the last document, shared by policies that ask the same of it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import update_wrapper
from typing import Generic, TypeVar

from gateway.model import Document

Result = TypeVar("Result")


class once(Generic[Result]):  # noqa: N801 - a decorator
    """Memoises a function for the last document; nothing is kept of one that is gone."""

    def __init__(self, work: Callable[[Document], Result]) -> None:
        self._work = work
        self._held: tuple[weakref.ref[Document], Result] | None = None
        update_wrapper(self, work)

    def __call__(self, document: Document) -> Result:
        """Return what the function does."""
        last = self._held  # another thread may take it away
        if last is not None and last[0]() is document:
            return last[1]
        return self.keep(document, self._work(document))

    def keep(self, document: Document, result: Result) -> Result:
        """Take in what the function would return for a document."""
        self._held = weakref.ref(document, self._let_go), result
        return result

    def _let_go(self, gone: weakref.ref[Document]) -> None:
        if self._held is not None and self._held[0] is gone:
            self._held = None
