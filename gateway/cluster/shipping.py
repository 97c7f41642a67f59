"""How far the shipping of this node's log has come, in memory that the supervisor shares with all it forks.

The shipper writes it; supervisor, metrics and front ends read it, also while the shipper hangs or is dead.
"""

from __future__ import annotations

import asyncio
import json
import mmap
import os
import struct
import time
from contextlib import suppress
from typing import Any, Final

_SEQ: Final = struct.Struct("=Q")
_BYTES: Final = 1 << 12
_LIMIT_WORDS: Final = 700
_POLL_S: Final = 0.002
BUDGET_S: Final = 0.05
"""What a reply waits for the centre at most (`cluster.replicate: wait`)."""


class Shipping:
    """Made before the first fork."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _BYTES)
        self.wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        """Wakes the shipper before its next round."""
        self.write(0, even=time.monotonic())

    # The shipper's side

    def write(self, seq: int, *, even: float, away: str = "", fork: str = "") -> None:
        """Show the last record that the centre has, and when it last had all that there was.

        `away` is why the centre cannot be reached now, `fork` why nothing is shipped any more.
        """
        words = {"even": even, "away": away[:_LIMIT_WORDS], "fork": fork[:_LIMIT_WORDS]}
        octets = json.dumps(words).encode()
        self._memory[_SEQ.size :] = octets.ljust(_BYTES - _SEQ.size)
        _SEQ.pack_into(self._memory, 0, seq)

    # Everybody's

    @property
    def seq(self) -> int:
        """The last record that the centre has, as far as is known."""
        return int(_SEQ.unpack_from(self._memory)[0])

    @property
    def lag_s(self) -> float:
        """For how long the centre has not had all records."""
        now = time.monotonic()
        return max(0.0, now - float(self._words().get("even", now)))

    @property
    def away(self) -> str:
        """Why the centre cannot be reached now; empty when it can."""
        return str(self._words().get("away", ""))

    @property
    def fork(self) -> str:
        """Why nothing is shipped any more: the centre has another log of this node. Empty while all is well."""
        return str(self._words().get("fork", ""))

    def poke(self) -> None:
        """Have the shipper look at once."""
        with suppress(OSError):
            os.eventfd_write(self.wake, 1)

    async def has(self, seq: int, *, within_s: float = BUDGET_S) -> bool:
        """Wait until the centre has a record; False when it does not in time, or at once when nothing is shipped now."""
        end = time.monotonic() + within_s
        while self.seq < seq:
            words = self._words()
            if words.get("away") or words.get("fork") or time.monotonic() >= end:
                return False
            await asyncio.sleep(_POLL_S)
        return True

    def _words(self) -> dict[str, Any]:
        """Return what was written; a reader that comes in between looks again."""
        for _ in range(100):
            with suppress(ValueError):
                found = json.loads(self._memory[_SEQ.size :])
                if isinstance(found, dict):
                    return found
        return {}
