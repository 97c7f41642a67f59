"""State that a front end shares with the other nodes of its cluster, or without one with its machine's front ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial

from gateway.cluster.database import Database
from gateway.cluster.keys import read_key
from gateway.cluster.nodes import Neighbours
from gateway.cluster.repetitions import Repetitions
from gateway.cluster.throttle import ClusterThrottle
from gateway.config.sections import Configuration
from gateway.smtp.settings import SmtpLimits
from gateway.smtp.throttle import AuthThrottle, Throttle
from gateway.system.levels import Levels
from gateway.system.trouble import Reporter, Trouble

_UNKEYED = b"gateway"
"""Key of login digests in the database of a cluster without a key file."""


class ClusterLink:
    """Cluster link of one front end; made, started and closed in its event loop."""

    def __init__(
        self,
        configuration: Configuration,
        limits: SmtpLimits,
        levels: Levels,
        reporter: Reporter,
        *,
        process: str,
        first: bool,
    ) -> None:
        """Prepare; the `first` front end does the work needed once per node, `process` is its name in the log."""
        self.throttle: Throttle = AuthThrottle(limits, levels)
        self.repetitions: Repetitions | None = None
        self._database: Database | None = None
        self._work: list[Coroutine[None, None, None]] = []
        self._tasks: list[asyncio.Task[None]] = []
        if (cluster := configuration.centre) is None:
            return
        self._database = database = Database(cluster, on_change=partial(reporter.state, Trouble.CENTRE))
        nodes = Neighbours(database, cluster.node, workers=configuration.workers, data=configuration.data)
        alone = AuthThrottle(limits, levels, share=lambda: 1 / nodes.count)
        throttle = ClusterThrottle(alone, database, limits, read_key(cluster) or _UNKEYED)
        self.throttle, self.repetitions = (
            throttle,
            Repetitions(database, configuration.data, node=cluster.node, process=process),
        )
        self._work += [nodes.live(), self.repetitions.live(concludes=first)]
        if first:
            self._work.append(throttle.sweep())

    async def start(self) -> None:
        """Connect to the database, so that the first mails are not sent without asking it; in the background after a second."""
        if self._database is not None:
            self._database.start()
            await self._database.tried()
        self._tasks = [asyncio.create_task(one) for one in self._work]

    async def close(self) -> None:
        """Wait briefly for pending reports, and stop."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if self._database is not None:
            await self._database.close()
