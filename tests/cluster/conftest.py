"""Fixtures of the cluster tests."""

import pytest

from tests.cluster.support import centre
from tests.support.postgres import cluster_dsn, postgres  # noqa: F401 - fixtures


@pytest.fixture
def connection(cluster_dsn):  # noqa: F811 - the fixture
    """A connection to a database with the cluster's tables."""
    with centre(cluster_dsn) as connection:
        yield connection
