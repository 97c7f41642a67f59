"""Rate limits on AUTH failures, per client address (of IPv6 its /64) and login, shared by all workers of a machine.

An attempt is charged to its login before the next hop is asked, so concurrent attempts cannot exceed the limit; a
success clears the login. Above the limit an attempt waits briefly first: mail programs log in several times at once,
and those in flight may succeed.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final, Protocol

from gateway.smtp.settings import SmtpLimits
from gateway.system.levels import Levels, network_of

PATIENCE_S: Final = (0.1, 0.2, 0.4)


class Throttle(Protocol):
    """Interface: admission of a login attempt, and its result."""

    async def wait_s(self, address: str, login: str) -> int:
        """Charge an attempt; return 0, or for how many seconds AUTH must still be refused."""
        ...

    async def failed(self, address: str, login: str, /) -> None:
        """Wrong password: the attempt stays charged."""
        ...

    async def succeeded(self, address: str, login: str) -> None:
        """Success: clear the failures of that login from that address (its owner mistyped)."""
        ...

    async def untried(self, address: str, login: str) -> None:
        """No answer from the next hop: refund the attempt."""
        ...


class AuthThrottle:
    """Rate limit of one machine."""

    def __init__(self, limits: SmtpLimits, levels: Levels, *, share: Callable[[], float] = lambda: 1.0) -> None:
        """`share` returns this machine's fraction of the limits."""
        self._share = share
        self._limits = limits
        self._levels = levels

    async def wait_s(self, address: str, login: str) -> int:
        """See `Throttle.wait_s`."""
        wait, share = 0, self._share()
        for pause_s in (*PATIENCE_S, 0.0):
            wait = self.look(address, login, share)
            if not wait and self.take(address, login, share):
                return 0
            await asyncio.sleep(pause_s)
        return max(wait, 1)

    async def failed(self, address: str, _login: str, /) -> None:
        """See `Throttle.failed`."""
        self.note_failure(address)

    async def succeeded(self, address: str, login: str) -> None:
        """See `Throttle.succeeded`."""
        self._levels.forget(login_key(address, login))

    async def untried(self, address: str, login: str) -> None:
        """See `Throttle.untried`."""
        limit = self._limits.auth_failures_per_login
        self._levels.add(login_key(address, login), self.rate(limit), most=limit, amount=-1)

    def look(self, address: str, login: str, share: float = 1.0) -> int:
        """Return for how many seconds AUTH must be refused by this machine's counts, 0 when it is allowed."""
        waits = (
            self._over(address_key(address), self._limits.auth_failures_per_address, share),
            self._over(login_key(address, login), self._limits.auth_failures_per_login, share),
        )
        return math.ceil(max(waits))

    def take(self, address: str, login: str, share: float = 1.0) -> bool:
        """Charge an attempt; False when none is left."""
        limit = self._limits.auth_failures_per_login
        return self._levels.add(login_key(address, login), self.rate(limit), most=_part(limit, share))

    def note_failure(self, address: str) -> None:
        """Count a failure for an address."""
        limit = self._limits.auth_failures_per_address
        self._levels.fill(address_key(address), self.rate(limit), most=limit)

    def rate(self, limit: int) -> float:
        """Return the leak per second of a level."""
        return limit / self._limits.auth_window_s

    def _over(self, key: bytes, limit: int, share: float) -> float:
        rate = self.rate(limit)
        return max(0.0, (self._levels.level(key, rate) - _part(limit, share) + 1) / rate)


def _part(limit: int, share: float) -> int:
    return max(1, int(limit * share))


def address_key(address: str) -> bytes:
    """Return the key of an address."""
    return network_of(address).encode()


def login_key(address: str, login: str) -> bytes:
    """Return the key of a login from an address."""
    return f"{network_of(address)}\0{login.lower()}".encode("utf-8", "surrogateescape")
