"""Cases that `make check` runs, and those that only `make test` does."""

import pytest


def first_quick(values, count=1):
    """The cases of a parametrisation, all but the first few of them slow."""
    values = list(values)
    return [*values[:count], *(pytest.param(value, marks=pytest.mark.slow) for value in values[count:])]
