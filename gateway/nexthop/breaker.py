"""Circuit breaker: after repeated failures no attempts for a while, then one a second; pure but for its clock."""

from __future__ import annotations

import time
from collections.abc import Callable

from gateway.nexthop.settings import BreakerSettings


class Breaker:
    """Counts failures to connect."""

    def __init__(self, settings: BreakerSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._failures = 0
        self._blocked_until = 0.0

    @property
    def open(self) -> bool:
        """Return whether attempts are held off right now."""
        return self._failures >= self._settings.failures and self._clock() < self._blocked_until

    def admit(self) -> bool:
        """Return whether an attempt may be made now. When the breaker was open, one attempt in `again_s` is let through."""
        if self._failures < self._settings.failures:
            return True
        if self._clock() < self._blocked_until:
            return False
        self._blocked_until = self._clock() + self._settings.again_s
        return True

    def succeeded(self) -> None:
        """An attempt reached the next hop."""
        self._failures = 0

    def failed(self) -> None:
        """An attempt did not."""
        self._failures += 1
        pause_s = self._settings.open_s if self._failures <= self._settings.failures else self._settings.again_s
        self._blocked_until = max(self._blocked_until, self._clock() + pause_s)
