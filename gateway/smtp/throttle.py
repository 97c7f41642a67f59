"""Brakes on password guessing: failures of AUTH counted per client address and per login, with a clock from outside."""

from __future__ import annotations

import math
from collections.abc import Callable

from gateway.smtp.settings import SmtpLimits

_ENTRIES_LIMIT = 100_000


class _Bucket:
    """Failures that leak away evenly, `limit` of them in `window_s`."""

    __slots__ = ("level", "since")

    def __init__(self, now: float) -> None:
        self.level = 0.0
        self.since = now


class AuthThrottle:
    """Remembers failures for `auth_window_s`; bounded in memory, oldest forgotten first."""

    def __init__(self, limits: SmtpLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def wait_s(self, address: str, login: str) -> int:
        """Return how many seconds AUTH must still be refused; 0 when it may go on."""
        waits = (
            self._over((address, ""), self._limits.auth_failures_per_address),
            self._over((address, login.lower()), self._limits.auth_failures_per_login),
        )
        return math.ceil(max(waits))

    def failed(self, address: str, login: str) -> None:
        """Count a failure."""
        self._add((address, ""), self._limits.auth_failures_per_address)
        self._add((address, login.lower()), self._limits.auth_failures_per_login)

    def succeeded(self, address: str, login: str) -> None:
        """Forget the failures of that login from that address: it was its owner mistyping."""
        self._buckets.pop((address, login.lower()), None)

    def _leak(self, bucket: _Bucket, limit: int) -> None:
        now = self._clock()
        bucket.level = max(0.0, bucket.level - (now - bucket.since) * limit / self._limits.auth_window_s)
        bucket.since = now

    def _over(self, key: tuple[str, str], limit: int) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            return 0.0
        self._leak(bucket, limit)
        return max(0.0, (bucket.level - limit + 1) * self._limits.auth_window_s / limit)

    def _add(self, key: tuple[str, str], limit: int) -> None:
        bucket = self._buckets.pop(key, None) or _Bucket(self._clock())
        self._leak(bucket, limit)
        bucket.level = min(bucket.level + 1, limit)
        self._buckets[key] = bucket  # last in order: the oldest stands first
        if len(self._buckets) > _ENTRIES_LIMIT:
            del self._buckets[next(iter(self._buckets))]
