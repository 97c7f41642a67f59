"""Brakes on password guessing: failures of AUTH per client address and per login, counted by all workers of a machine together.

A try takes one from its login before the next hop is asked, so that tries at one time do not all pass; a success gives
everything back. Who is over the limit waits a moment first, for those in flight may succeed: programs log in several times at once.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final, Protocol

from gateway.smtp.settings import SmtpLimits
from gateway.system.levels import Levels

PATIENCE_S: Final = (0.1, 0.2, 0.4)


class Throttle(Protocol):
    """Whether a login may be tried, and what came of it."""

    async def wait_s(self, address: str, login: str) -> int:
        """Take a try; return 0, or how many seconds AUTH must still be refused."""
        ...

    async def failed(self, address: str, login: str, /) -> None:
        """Keep a try: the password was wrong."""
        ...

    async def succeeded(self, address: str, login: str) -> None:
        """Forget the failures of that login from that address: it was its owner mistyping."""
        ...

    async def untried(self, address: str, login: str) -> None:
        """Give a try back: the next hop did not say."""
        ...


class AuthThrottle:
    """The throttle of one machine."""

    def __init__(self, limits: SmtpLimits, levels: Levels, *, share: Callable[[], float] = lambda: 1.0) -> None:
        """`share` returns which part of the limits this machine may use."""
        self._share = share
        self._limits = limits
        self._levels = levels

    async def wait_s(self, address: str, login: str) -> int:
        """As `Throttle.wait_s`."""
        wait, share = 0, self._share()
        for pause_s in (*PATIENCE_S, 0.0):
            wait = self.look(address, login, share)
            if not wait and self.take(address, login, share):
                return 0
            await asyncio.sleep(pause_s)
        return max(wait, 1)

    async def failed(self, address: str, _login: str, /) -> None:
        """As `Throttle.failed`."""
        self.note_failure(address)

    async def succeeded(self, address: str, login: str) -> None:
        """As `Throttle.succeeded`."""
        self._levels.forget(login_key(address, login))

    async def untried(self, address: str, login: str) -> None:
        """As `Throttle.untried`."""
        limit = self._limits.auth_failures_per_login
        self._levels.add(login_key(address, login), self.rate(limit), most=limit, amount=-1)

    def look(self, address: str, login: str, share: float = 1.0) -> int:
        """Return how many seconds AUTH must be refused by what this machine knows, 0 when it may go on."""
        waits = (
            self._over(address_key(address), self._limits.auth_failures_per_address, share),
            self._over(login_key(address, login), self._limits.auth_failures_per_login, share),
        )
        return math.ceil(max(waits))

    def take(self, address: str, login: str, share: float = 1.0) -> bool:
        """Take a try; False when there is none left."""
        limit = self._limits.auth_failures_per_login
        return self._levels.add(login_key(address, login), self.rate(limit), most=_part(limit, share))

    def note_failure(self, address: str) -> None:
        """Count a failure for an address."""
        limit = self._limits.auth_failures_per_address
        self._levels.fill(address_key(address), self.rate(limit), most=limit)

    def rate(self, limit: int) -> float:
        """How much of a level leaks away in a second."""
        return limit / self._limits.auth_window_s

    def _over(self, key: bytes, limit: int, share: float) -> float:
        rate = self.rate(limit)
        return max(0.0, (self._levels.level(key, rate) - _part(limit, share) + 1) / rate)


def _part(limit: int, share: float) -> int:
    return max(1, int(limit * share))


def address_key(address: str) -> bytes:
    """Return the key of an address."""
    return address.encode()


def login_key(address: str, login: str) -> bytes:
    """Return the key of a login from an address."""
    return f"{address}\0{login.lower()}".encode("utf-8", "surrogateescape")
