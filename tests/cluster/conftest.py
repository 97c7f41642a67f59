"""Fixtures of the cluster tests."""

from tests.support.postgres import cluster_dsn, postgres  # noqa: F401 - fixtures
