"""Leaky buckets in shared memory of all processes of a machine; made before the first fork.

A hash table of fixed size by keyed digest, with a few neighbouring places per key. When these are full the lowest level
is evicted, of several the oldest. Guarded by a record lock, which the kernel releases when its holder dies.
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
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

_ENTRY: Final = struct.Struct("=16sdd")
"""Digest of the key, level, and time of that level."""
_NEIGHBOURS: Final = 8


class Levels:
    """Level by key; times are of a clock that all processes share."""

    def __init__(self, clock: Callable[[], float], *, places: int = 1 << 16) -> None:
        self._clock = clock
        self._groups = max(1, places // _NEIGHBOURS)
        size = self._groups * _NEIGHBOURS * _ENTRY.size
        self._descriptor = os.memfd_create("gateway-levels", os.MFD_CLOEXEC)
        os.truncate(self._descriptor, size)
        self._memory = mmap.mmap(self._descriptor, size)
        self._secret = secrets.token_bytes(32)

    def level(self, key: bytes, rate: float) -> float:
        """Return the level of a key, which leaks `rate` per second."""
        with self._locked():
            return self._find(self._digest(key), rate)[1]

    def fill(self, key: bytes, rate: float, *, most: float) -> None:
        """Raise a level by one, capped at `most`."""
        digest = self._digest(key)
        with self._locked():
            place, level = self._find(digest, rate)
            _ENTRY.pack_into(self._memory, place, digest, min(most, level + 1), self._clock())

    def add(self, key: bytes, rate: float, *, most: float, amount: float = 1.0) -> bool:
        """Raise or lower a level; False, without a change, when it would exceed `most`."""
        digest = self._digest(key)
        with self._locked():
            place, level = self._find(digest, rate)
            if amount > 0 and level + amount > most:
                return False
            _ENTRY.pack_into(self._memory, place, digest, max(0.0, level + amount), self._clock())
        return True

    def forget(self, key: bytes) -> None:
        """Reset a level to zero."""
        digest = self._digest(key)
        with self._locked():
            place, level = self._find(digest, 0.0)
            if level:
                _ENTRY.pack_into(self._memory, place, bytes(16), 0.0, 0.0)

    def _digest(self, key: bytes) -> bytes:
        return blake2b(key, key=self._secret, digest_size=16).digest()

    def _find(self, digest: bytes, rate: float) -> tuple[int, float]:
        """Return the place of a key, or the one to use for it, and its level."""
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


def network_of(client: str) -> str:
    """Return what is counted as one client: an address, of IPv6 the /64 that one customer has (RFC 6177)."""
    try:
        address = ip_address(client)
    except ValueError:
        return client[:64]
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((int(address), 64), strict=False))
    return str(address)
