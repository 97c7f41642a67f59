"""Cache of readings in memory: bytes under keyed digests, bounded by size and age."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

OVERHEAD_BYTES: Final = 256
"""Memory of an entry beside its bytes."""


class Shelf:
    """The least recently wanted entry goes first when there is no room."""

    def __init__(self, *, limit_bytes: int, age_s: float) -> None:
        self._limit_bytes = limit_bytes
        self._age_s = age_s
        self._kept: OrderedDict[bytes, tuple[bytes, float]] = OrderedDict()
        self.size_bytes = 0

    def get(self, key: bytes, now: float) -> bytes | None:
        """Return what is kept under a key, None when there is nothing; empty bytes mean *read it again*."""
        found = self._kept.get(key)
        if found is None:
            return None
        if found[1] <= now:
            self.drop(key)
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: bytes, value: bytes, now: float) -> None:
        """Keep bytes; what would take more than an eighth of the room is not kept."""
        self.drop(key)
        if OVERHEAD_BYTES + len(value) > self._limit_bytes // 8:
            return
        self._kept[key] = (value, now + self._age_s)
        self.size_bytes += OVERHEAD_BYTES + len(value)
        while self.size_bytes > self._limit_bytes:
            self.drop(next(iter(self._kept)))

    def drop(self, key: bytes) -> None:
        """Forget one entry."""
        found = self._kept.pop(key, None)
        if found is not None:
            self.size_bytes -= OVERHEAD_BYTES + len(found[0])

    def drop_old(self, now: float) -> None:
        """Forget what is too old, wanted or not."""
        for key in [key for key, (_, end) in self._kept.items() if end <= now]:
            self.drop(key)
