"""A pool whose children run `wall_probe` in the real sandbox."""

import pytest

from gateway.documents.wall.pool import PoolSettings, WorkerPool
from tests.workers.wall_probe import PROBE


@pytest.fixture(scope="module")
def probe_pool():
    pool = WorkerPool.start(PoolSettings(probe=PROBE, children=4))
    yield pool
    pool.close()


@pytest.fixture
def pool(probe_pool):
    return probe_pool.connect()
