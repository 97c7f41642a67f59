"""Network libraries that the parsers do not use: imported by others, never called.

pyHanko brings its clients for timestamps, OCSP and CRLs with it, and these aiohttp. Behind the wall there is no network:
what is fetched is fetched by `gateway trust`. A name in its place saves 11 MiB in every zygote, a fifth of a second of its
start, and an HTTP stack beside hostile bytes.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Final

ABSENT: Final = ("aiohttp",)


class _Absent(ModuleType):
    """Gives an empty exception class for each name: enough for annotations and `except` clauses, and for nothing else."""

    def __getattr__(self, name: str) -> type[Exception]:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Exception,), {})


def leave_out() -> None:
    """Put names in the places of these libraries, unless they are loaded already."""
    for name in ABSENT:
        sys.modules.setdefault(name, _Absent(name))
