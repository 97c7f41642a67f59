"""AUTH failure rate limit over all nodes, in PostgreSQL; during an outage each node applies its share of the limits."""

from __future__ import annotations

import asyncio
import hmac
import math
from typing import Final

from gateway.cluster.database import Database
from gateway.cluster.pipelined import Value
from gateway.smtp.settings import SmtpLimits
from gateway.smtp.throttle import PATIENCE_S, AuthThrottle, address_key, login_key

SCHEMA: Final = (
    # UNLOGGED: a database crash loses at most one window of failure counts.
    (
        "CREATE UNLOGGED TABLE IF NOT EXISTS auth_failure"
        " (key bytea PRIMARY KEY, level double precision NOT NULL, at timestamptz NOT NULL) WITH (fillfactor = 70)"
    ),
)
_LEVEL: Final = "greatest(0, held.level - extract(epoch FROM clock_timestamp() - held.at) * {rate}::float)"
_OF_LOGIN: Final = _LEVEL.format(rate="$6")
_TAKE: Final = f"""
WITH of_address AS (
  SELECT coalesce(max({_LEVEL.format(rate="$5")}), 0) AS level FROM auth_failure AS held WHERE key = $1
), taken AS (
  INSERT INTO auth_failure AS held (key, level, at)
  SELECT $2, 1, clock_timestamp() FROM of_address WHERE of_address.level <= $3::int - 1
  ON CONFLICT (key) DO UPDATE SET level = {_OF_LOGIN} + 1, at = clock_timestamp()
  WHERE {_OF_LOGIN} + 1 <= $4::int
  RETURNING 1
)
SELECT EXISTS (SELECT FROM taken), level,
  (SELECT coalesce(max({_OF_LOGIN}), 0) FROM auth_failure AS held WHERE key = $2)
FROM of_address
"""  # noqa: S608 - our own words
_FAILED: Final = f"""
INSERT INTO auth_failure AS held (key, level, at) VALUES ($1, 1, clock_timestamp())
ON CONFLICT (key) DO UPDATE SET at = clock_timestamp(),
  level = least({_LEVEL.format(rate="$3")} + 1, $2::int)
"""  # noqa: S608 - our own words
_SUCCEEDED: Final = "DELETE FROM auth_failure WHERE key = $1"
_UNTRIED: Final = "UPDATE auth_failure SET level = greatest(0, level - 1) WHERE key = $1"
_SWEEP: Final = "DELETE FROM auth_failure WHERE at < now() - $1::int * interval '1 second'"
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
        """See `Throttle.wait_s`."""
        wait = 0
        for pause_s in (*PATIENCE_S, 0.0):
            rows = await self._database.ask(_TAKE, *self._values(address, login))
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
        """See `Throttle.failed`."""
        await self._alone.failed(address, login)
        limit = self._limits.auth_failures_per_address
        await self._database.ask(_FAILED, self._hidden(address_key(address)), limit, limit / self._limits.auth_window_s)

    async def succeeded(self, address: str, login: str) -> None:
        """See `Throttle.succeeded`."""
        await self._alone.succeeded(address, login)
        await self._database.ask(_SUCCEEDED, self._hidden(login_key(address, login)))

    async def untried(self, address: str, login: str) -> None:
        """See `Throttle.untried`."""
        await self._alone.untried(address, login)
        await self._database.ask(_UNTRIED, self._hidden(login_key(address, login)))

    async def sweep(self) -> None:
        """Delete expired counters until cancelled; one front end of a cluster suffices, several do no harm."""
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            await self._database.ask(_SWEEP, self._limits.auth_window_s, within_s=5)

    def _values(self, address: str, login: str) -> tuple[Value, ...]:
        limits = self._limits
        both = limits.auth_failures_per_address, limits.auth_failures_per_login
        hidden = self._hidden(address_key(address)), self._hidden(login_key(address, login))
        return (*hidden, *both, *(limit / limits.auth_window_s for limit in both))

    def _hidden(self, key: bytes) -> bytes:
        return hmac.digest(self._key, key, "sha256")[:16]

    def _seconds(self, level: float, limit: int) -> int:
        return math.ceil(max(0.0, (float(level) - limit + 1) * self._limits.auth_window_s / limit))
