"""Node liveness: each front end sends a heartbeat every two seconds and reads the number of nodes.

The number is cached in the data folder, for a start during a database outage.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.cluster.database import Database
from gateway.system.atomic_file import replace_file

SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS node_seen (node text PRIMARY KEY, at timestamptz NOT NULL, workers int NOT NULL)",
)
ALIVE_S: Final = 10
"""A node without a heartbeat for this long counts as dead."""
_BEAT_S: Final = 2.0
_BEAT_WITHIN_S: Final = 1.0
_ASSUMED: Final = 3
"""Number of nodes before the first heartbeat succeeded."""
_BEAT: Final = """
WITH beat AS (
  INSERT INTO node_seen VALUES ($1, clock_timestamp(), $2)
  ON CONFLICT (node) DO UPDATE SET at = clock_timestamp(), workers = excluded.workers RETURNING node
)
SELECT count(*) + 1 FROM node_seen, beat WHERE node_seen.node <> beat.node AND at > now() - interval '1 day'
"""


class Neighbours:
    """The number of nodes, as one front end knows it."""

    def __init__(self, database: Database, node: str, *, workers: int, data: Path) -> None:
        self._database = database
        self._node = node
        self._workers = workers
        self._file = data / "cluster-nodes"
        self._kept = 0
        """The number in the file."""
        self.count = _ASSUMED
        """Nodes with a heartbeat in the last day, including this one."""
        with suppress(OSError, ValueError):
            self.count = max(1, int(self._file.read_text("ascii")))
            self._kept = self.count

    async def live(self) -> None:
        """Send heartbeats until cancelled."""
        while True:
            rows = await self._database.ask(_BEAT, self._node, self._workers, within_s=_BEAT_WITHIN_S)
            if rows:
                self.count = int(rows[0][0])
            if rows and self.count != self._kept:
                with suppress(OSError):
                    await asyncio.to_thread(replace_file, self._file, b"%d\n" % self.count, mode=0o600)
                    self._kept = self.count
            await asyncio.sleep(_BEAT_S)
