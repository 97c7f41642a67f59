"""Levels that leak away evenly, in memory that all processes of a machine share: made before the first fork.

A table of fixed size; a key finds its place by a keyed digest, among a few neighbours. When those are taken the lowest level
goes, of several the oldest. A record lock guards it, which the kernel takes back from a process that dies.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Final

_ENTRY: Final = struct.Struct("=16sdd")
"""Digest of the key, level, and when that was."""
_NEIGHBOURS: Final = 8


class Levels:
    """Anybody's level by key; times are of a clock that all processes share."""

    def __init__(self, clock: Callable[[], float], *, places: int = 1 << 16) -> None:
        self._clock = clock
        self._groups = max(1, places // _NEIGHBOURS)
        size = self._groups * _NEIGHBOURS * _ENTRY.size
        self._descriptor = os.memfd_create("gateway-levels", os.MFD_CLOEXEC)
        os.truncate(self._descriptor, size)
        self._memory = mmap.mmap(self._descriptor, size)
        self._secret = secrets.token_bytes(32)

    def level(self, key: bytes, rate: float) -> float:
        """Return the level of a key, of which `rate` leaks away in a second."""
        with self._locked():
            return self._find(self._digest(key), rate)[1]

    def fill(self, key: bytes, rate: float, *, most: float) -> None:
        """Raise a level by one, to `most` at most."""
        digest = self._digest(key)
        with self._locked():
            place, level = self._find(digest, rate)
            _ENTRY.pack_into(self._memory, place, digest, min(most, level + 1), self._clock())

    def add(self, key: bytes, rate: float, *, most: float, amount: float = 1.0) -> bool:
        """Raise or lower a level; False, and nothing is changed, when it would be higher than `most`."""
        digest = self._digest(key)
        with self._locked():
            place, level = self._find(digest, rate)
            if amount > 0 and level + amount > most:
                return False
            _ENTRY.pack_into(self._memory, place, digest, max(0.0, level + amount), self._clock())
        return True

    def forget(self, key: bytes) -> None:
        """Set a level to nothing."""
        digest = self._digest(key)
        with self._locked():
            place, level = self._find(digest, 0.0)
            if level:
                _ENTRY.pack_into(self._memory, place, bytes(16), 0.0, 0.0)

    def _digest(self, key: bytes) -> bytes:
        return blake2b(key, key=self._secret, digest_size=16).digest()

    def _find(self, digest: bytes, rate: float) -> tuple[int, float]:
        """Return where a key stands, or may be put, and its level."""
        now, lowest, where = self._clock(), (float("inf"), 0.0), 0
        for place in self._places(digest):
            known, level, since = _ENTRY.unpack_from(self._memory, place)
            if known == digest:
                return place, max(0.0, level - (now - since) * rate)
            if (level, since) < lowest:
                lowest, where = (level, since), place
        return where, 0.0

    def _places(self, digest: bytes) -> Iterator[int]:
        first = int.from_bytes(digest[:8]) % self._groups * _NEIGHBOURS
        return (number * _ENTRY.size for number in range(first, first + _NEIGHBOURS))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
