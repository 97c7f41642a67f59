"""Fixtures of all tests."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

# A busy machine is no fault of ours: each test has its time limit (pyproject.toml), single examples have none.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture(scope="session")
def lent_wall() -> Iterator[Callable[[], object]]:
    """Lend the one wall of this process, for an event loop each time."""
    from tests.support import wall

    one = wall.start()
    yield lambda: wall.lend(one)
    one.close()
