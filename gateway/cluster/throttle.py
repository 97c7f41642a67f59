"""AUTH failure rate limit over all nodes, in PostgreSQL; during an outage each node applies its share of the limits."""

from __future__ import annotations

import asyncio
import hmac
import math
from typing import Any, Final

from gateway.cluster.database import Database
from gateway.smtp.settings import SmtpLimits
from gateway.smtp.throttle import PATIENCE_S, AuthThrottle, address_key, login_key

SCHEMA: Final = (
    # UNLOGGED: a database crash loses at most one window of failure counts.
    (
        "CREATE UNLOGGED TABLE IF NOT EXISTS auth_failure"
        " (key bytea PRIMARY KEY, level double precision NOT NULL, at timestamptz NOT NULL) WITH (fillfactor = 70)"
    ),
)
_LEVEL: Final = "greatest(0, held.level - extract(epoch FROM clock_timestamp() - held.at) * %({rate})s::float)"
_OF_ADDRESS, _OF_LOGIN = _LEVEL.format(rate="address_rate"), _LEVEL.format(rate="login_rate")
_TAKE: Final = f"""
WITH of_address AS (
  SELECT coalesce(max({_OF_ADDRESS}), 0) AS level FROM auth_failure AS held WHERE key = %(address)s
), taken AS (
  INSERT INTO auth_failure AS held (key, level, at)
  SELECT %(login)s, 1, clock_timestamp() FROM of_address WHERE of_address.level <= %(address_limit)s - 1
  ON CONFLICT (key) DO UPDATE SET level = {_OF_LOGIN} + 1, at = clock_timestamp()
  WHERE {_OF_LOGIN} + 1 <= %(login_limit)s
  RETURNING 1
)
SELECT EXISTS (SELECT FROM taken), level,
  (SELECT coalesce(max({_OF_LOGIN}), 0) FROM auth_failure AS held WHERE key = %(login)s)
FROM of_address
"""  # noqa: S608 - our own words
_FAILED: Final = f"""
INSERT INTO auth_failure AS held (key, level, at) VALUES (%(address)s, 1, clock_timestamp())
ON CONFLICT (key) DO UPDATE SET at = clock_timestamp(),
  level = least({_OF_ADDRESS} + 1, %(address_limit)s)
"""  # noqa: S608 - our own words
_SUCCEEDED: Final = "DELETE FROM auth_failure WHERE key = %(login)s"
_UNTRIED: Final = "UPDATE auth_failure SET level = greatest(0, level - 1) WHERE key = %(login)s"
_SWEEP: Final = "DELETE FROM auth_failure WHERE at < now() - %s * interval '1 second'"
_SWEEP_EVERY_S: Final = 300.0


class ClusterThrottle:
    """Cluster-wide throttle (`gateway.smtp.throttle.Throttle`)."""

    def __init__(self, alone: AuthThrottle, database: Database, limits: SmtpLimits, key: bytes) -> None:
        """Prepare; `alone` applies this machine's share, `key` is the HMAC key of addresses and logins."""
        self._alone = alone
        self._database = database
        self._limits = limits
        self._key = key

    async def wait_s(self, address: str, login: str) -> int:
        """As `Throttle.wait_s`."""
        wait = 0
        for pause_s in (*PATIENCE_S, 0.0):
            rows = await self._database.ask(_TAKE, self._values(address, login))
            if rows is None:
                return await self._alone.wait_s(address, login)
            taken, of_address, of_login = rows[0]
            if taken:
                self._alone.take(address, login)
                return 0
            wait = max(
                self._seconds(of_address, self._limits.auth_failures_per_address),
                self._seconds(of_login, self._limits.auth_failures_per_login),
                1,
            )
            await asyncio.sleep(pause_s)
        return wait

    async def failed(self, address: str, login: str, /) -> None:
        """As `Throttle.failed`."""
        await self._alone.failed(address, login)
        await self._database.ask(_FAILED, self._values(address, login))

    async def succeeded(self, address: str, login: str) -> None:
        """As `Throttle.succeeded`."""
        await self._alone.succeeded(address, login)
        await self._database.ask(_SUCCEEDED, self._values(address, login))

    async def untried(self, address: str, login: str) -> None:
        """As `Throttle.untried`."""
        await self._alone.untried(address, login)
        await self._database.ask(_UNTRIED, self._values(address, login))

    async def sweep(self) -> None:
        """Delete expired counters until cancelled; one front end of a cluster suffices, several do no harm."""
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            await self._database.ask(_SWEEP, (self._limits.auth_window_s,), within_s=5)

    def _values(self, address: str, login: str) -> dict[str, Any]:
        limits = self._limits
        return {
            "address": self._hidden(address_key(address)),
            "login": self._hidden(login_key(address, login)),
            "address_limit": limits.auth_failures_per_address,
            "login_limit": limits.auth_failures_per_login,
            "address_rate": limits.auth_failures_per_address / limits.auth_window_s,
            "login_rate": limits.auth_failures_per_login / limits.auth_window_s,
        }

    def _hidden(self, key: bytes) -> bytes:
        return hmac.digest(self._key, key, "sha256")[:16]

    def _seconds(self, level: float, limit: int) -> int:
        return math.ceil(max(0.0, (float(level) - limit + 1) * self._limits.auth_window_s / limit))
