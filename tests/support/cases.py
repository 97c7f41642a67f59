"""Cases as data, and those that only `make test` runs."""

import functools
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings


@functools.cache
def read_yaml(path: Path) -> Any:
    """What a file of cases says; it is only read."""
    return yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)


def first_quick(values, count=1):
    """The cases of a parametrisation, all but the first few of them slow."""
    values = list(values)
    return [*values[:count], *map(slow, values[count:])]


def examples(count, **more):
    """So many examples of hypothesis in `make test`, and in `make check` the share of them that its profile takes."""
    return settings(max_examples=count * settings.default.max_examples // 100, **more)


def slow(*values):
    """A case of a parametrisation that only `make test` runs."""
    return pytest.param(*values, marks=pytest.mark.slow)
