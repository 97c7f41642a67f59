"""Fixtures of all tests."""

import gc
import os
from collections.abc import Callable, Generator, Iterator

import pytest
from hypothesis import settings

# A busy machine is no fault of ours: each test has its time limit (pyproject.toml), single examples have none. The examples
# of a test are the same in every run, so that a commit passes or fails for what it is; GATEWAY_EXPLORE=1 takes others.
settings.register_profile("project", deadline=None, derandomize="GATEWAY_EXPLORE" not in os.environ)
settings.load_profile("project")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave what is collected out of every search for garbage: it stays until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def lent_wall() -> Iterator[Callable[[], object]]:
    """Lend the one wall of this process, for an event loop each time."""
    from tests.support import wall

    one = wall.start()
    yield lambda: wall.lend(one)
    one.close()
