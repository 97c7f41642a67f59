"""A wall of the product that is warm already: its start takes more than what most tests do behind it."""

from __future__ import annotations

from gateway.documents.wall.pool import PoolSettings, WorkerPool
from gateway.serve.app import SHIPPED_CERTS
from tests.support.policies import preset


class _Lent(WorkerPool):
    def close(self) -> None:
        """Leave the wall to the next."""


def start() -> WorkerPool:
    """Start a wall as `gateway serve` does by default."""
    certs = SHIPPED_CERTS if SHIPPED_CERTS.is_dir() else None
    observers = preset().observers
    return WorkerPool.start(PoolSettings(certs=certs, observing="gateway.engine.walled", observers=observers))


def lend(wall: WorkerPool) -> WorkerPool:
    """Return the wall for one event loop; closing it leaves it as it is."""
    return _Lent(wall._settings, door=wall._door, process=wall._process)
