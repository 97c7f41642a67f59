"""Error boundary of the parser libraries: any exception of a library becomes one of the gateway's.

pyHanko, asn1crypto, cryptography and lxml raise more than they document on hostile input (AttributeError, IndexError,
RecursionError, NotImplementedError ...). A signature whose check ends in such an exception is failed or indeterminate,
never passed, and never the end of the process. MemoryError passes through: the child's limits are its own verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

_Item = TypeVar("_Item")
_Loaded = TypeVar("_Loaded")
LIMIT = "too-large"
"""`what` of a fault that says nothing of the input but that it is more than is looked at, and the problem code of that."""


class LibraryFault(Exception):  # noqa: N818 - a fault of the input as a library met it, not an error of ours
    """A library gave up on hostile or unusual input; `what` says on which step."""

    def __init__(self, what: str, detail: str = "") -> None:
        super().__init__(f"{what}: {detail}" if detail else what)
        self.what = what


@contextmanager
def wall(what: str) -> Iterator[None]:
    """Turn every exception of a library into `LibraryFault(what)`."""
    try:
        yield
    except (LibraryFault, MemoryError):
        raise
    except Exception as error:
        # The library wall named in the module's first paragraph; the type is enough, the text may hold content.
        raise LibraryFault(what, type(error).__name__) from error


def readings(load: Callable[[_Item], _Loaded], items: Iterable[_Item]) -> Iterator[_Loaded]:
    """Yield what `load` makes of each item, but for those on which it raises `LibraryFault`."""
    for one in items:
        with suppress(LibraryFault):
            yield load(one)
