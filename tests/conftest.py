"""Fixtures of all tests."""

import gc
import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no fault of ours: each test has its time limit (pyproject.toml), single examples have none. The examples
# of a test are the same in every run, so that a commit passes or fails for what it is; GATEWAY_EXPLORE=1 takes others.
settings.register_profile("project", deadline=None, derandomize="GATEWAY_EXPLORE" not in os.environ)
settings.register_profile("quick", settings.get_profile("project"), max_examples=30)


def pytest_configure(config: pytest.Config) -> None:
    """Load the profile before a test module is imported; `make check` takes a third of the examples of `make test`."""
    settings.load_profile("quick" if "not slow" in config.option.markexpr else "project")


_WHOLE_MODULE = re.compile(r"^pytestmark = (?:\[\s*)?.*\bmark\.(slow|system|cluster)\b", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out, unimported, a module whose mark at the top deselects all of it: browsers and clusters take long to import."""
    wanted = config.option.markexpr
    if "not " not in wanted or not collection_path.match("test_*.py"):
        return None
    return any(f"not {mark}" in wanted for mark in _WHOLE_MODULE.findall(collection_path.read_text("utf-8"))) or None


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
