"""Work that children of the zygote look up by name: observing (`gateway.engine.walled`) and fixing a file."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from gateway.documents.wall import sample
from gateway.engine import walled
from gateway.engine.walled import observers
from gateway.fix import file
from gateway.fix.tally import RefusedError

__all__ = ["fix", "observers", "warm_up"]


def warm_up(modules: Iterable[str]) -> None:
    """Import the policies, and fix a file of each kind: nothing can be imported in the sandbox."""
    walled.warm_up(modules)
    for data in sample.files().values():
        fix(data)


def fix(data: bytes) -> bytes:
    """Return a fixed copy; empty when there is nothing to fix, or the file must not be changed."""
    with suppress(RefusedError):
        fixed = file.fix(data)
        return fixed.data if fixed.tally.changed else b""
    return b""
