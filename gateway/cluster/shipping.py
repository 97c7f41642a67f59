"""Shipping progress of this node in shared memory, created by the supervisor before it forks.

The shipper writes it; supervisor, metrics and front ends read it, even while the shipper hangs or is dead.
"""

from __future__ import annotations

import asyncio
import json
import logging
import mmap
import os
import time
from contextlib import suppress
from typing import Any, Final

_LOG = logging.getLogger("gateway.cluster")
_BYTES: Final = 1 << 12
_LIMIT_WORDS: Final = 700
_POLL_S: Final = 0.002
BUDGET_S: Final = 0.05
"""Longest wait of a reply for the centre (`cluster.replicate: wait`)."""


class Shipping:
    """Shared progress; created before the first fork."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _BYTES)
        self._seq = memoryview(self._memory)[:8].cast("Q")
        self.wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        """Wakes the shipper before its next round."""
        self.write(0, even=time.monotonic())

    # Written by the shipper

    def write(self, seq: int, *, even: float, away: str = "", fork: str = "") -> None:
        """Publish the last record at the centre, and when it last had all records (`even`, of `time.monotonic`).

        `away` is why the centre is unreachable, `fork` why shipping stopped.
        """
        words = {"even": even, "away": away[:_LIMIT_WORDS], "fork": fork[:_LIMIT_WORDS]}
        octets = json.dumps(words).encode()
        self._memory[8:] = octets.ljust(_BYTES - 8)
        self._seq[0] = seq

    # Read by any process

    @property
    def seq(self) -> int:
        """The last record known to be at the centre."""
        return self._seq[0]

    @property
    def lag_s(self) -> float:
        """Shipping lag: seconds since the centre last had all records."""
        now = time.monotonic()
        return max(0.0, now - float(self._words().get("even", now)))

    @property
    def away(self) -> str:
        """Why the centre is unreachable; empty when it is reachable."""
        return str(self._words().get("away", ""))

    @property
    def fork(self) -> str:
        """Why shipping stopped: the centre has a different log of this node. Empty without a fork."""
        return str(self._words().get("fork", ""))

    def poke(self) -> None:
        """Wake the shipper."""
        with suppress(OSError):
            os.eventfd_write(self.wake, 1)

    async def has(self, seq: int, *, within_s: float = BUDGET_S) -> bool:
        """Wait until the centre has a record; False at the deadline, or at once during an outage or fork."""
        end = time.monotonic() + within_s
        while self.seq < seq:
            words = self._words()
            if words.get("away") or words.get("fork") or time.monotonic() >= end:
                return False
            await asyncio.sleep(_POLL_S)
        return True

    async def replicated(self, reference: str, seq: int) -> None:
        """Wait briefly before a reply that the centre should have first; a missed record is noted in the service log."""
        if not await self.has(seq):
            _LOG.info("answered before the centre had record %d", seq, extra={"mail": reference})

    def _words(self) -> dict[str, Any]:
        """Return the published values; a torn read is repeated."""
        for _ in range(100):
            with suppress(ValueError):
                found = json.loads(self._memory[8:])
                if isinstance(found, dict):
                    return found
        return {}
