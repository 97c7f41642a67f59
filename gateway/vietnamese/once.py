"""Memo of the last document, while it lives: several policies ask the same of it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from gateway.model import Document

Result = TypeVar("Result")


def once(work: Callable[[Document], Result]) -> Callable[[Document], Result]:
    """Memoise a function for the last document; nothing is kept of one that is gone."""
    held: list[tuple[weakref.ref[Document], Result]] = []

    def let_go(gone: weakref.ref[Document]) -> None:
        if held and held[0][0] is gone:
            held.clear()

    @wraps(work)
    def worked(document: Document) -> Result:
        last = held[:1]  # another thread may take it away
        if last and last[0][0]() is document:
            return last[0][1]
        result = work(document)
        held[:] = [(weakref.ref(document, let_go), result)]
        return result

    return worked
