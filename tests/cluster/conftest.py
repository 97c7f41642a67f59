"""Fixtures of the cluster tests, and the order of the long run."""

from itertools import chain, zip_longest

import pytest

from tests.cluster.support import centre
from tests.support.long import LONG
from tests.support.postgres import cluster_dsn, postgres  # noqa: F401 - fixtures

_SECONDS = {
    "test_nodes_that_are_killed": 135, "every_record_arrives_once": 110, "is_away[stopped]": 80,
    "test_a_node_cut_off": 45, "test_no_mail_is_refused": 35, "test_a_rolling": 30, "test_rules_live": 20,
    "test_wrong_passwords": 15, "test_ready": 10,
}  # fmt: skip
"""Lengths of the long tests on an idle machine, by a part of their names; the first that fits counts."""


@pytest.fixture
def connection(cluster_dsn):  # noqa: F811 - the fixture
    """A connection to a database with the cluster's tables."""
    with centre(cluster_dsn) as connection:
        yield connection


def pytest_collection_modifyitems(items):
    """In the long run begin with the longest, each before a short one.

    A worker of `pytest -n` holds the next test while it runs one: two long ones in a row would end on one worker, one after the other.
    """
    if not LONG:
        return
    places = [place for place, item in enumerate(items) if "tests/cluster/" in item.nodeid]
    ordered = sorted((items[place] for place in places), key=_seconds, reverse=True)
    half = (len(ordered) + 1) // 2
    pairs = zip_longest(ordered[:half], reversed(ordered[half:]))
    mixed = [item for item in chain.from_iterable(pairs) if item is not None]
    for place, item in zip(places, mixed, strict=True):
        items[place] = item


def _seconds(item):
    return next((seconds for part, seconds in _SECONDS.items() if part in item.nodeid), 1)
