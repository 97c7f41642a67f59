"""A warm, shared worker pool of the product: starting one takes longer than most tests that use it."""

from gateway.documents.wall.pool import PoolSettings, WorkerPool
from gateway.serve.app import SHIPPED_CERTS
from tests.support.policies import preset


class _Lent(WorkerPool):
    def close(self) -> None:
        """Keep the pool running for the next test."""


def start() -> WorkerPool:
    """Start a worker pool as `gateway serve` does by default."""
    certs = SHIPPED_CERTS if SHIPPED_CERTS.is_dir() else None
    observers = preset().observers
    return WorkerPool.start(PoolSettings(certs=certs, observing="gateway.engine.walled", observers=observers))


def lend(wall: WorkerPool) -> WorkerPool:
    """Return the pool for one event loop; `close` leaves it running."""
    return _Lent(wall._settings, door=wall._door, process=wall.process)
