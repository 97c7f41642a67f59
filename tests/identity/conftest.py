"""A server of names for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.identity.dns_server import Server, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving({}) as running:
        yield running
