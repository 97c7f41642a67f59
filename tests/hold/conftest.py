"""Passwords of the accounts cost nothing here either."""

from tests.steward.conftest import cheap_hashes  # noqa: F401 - a fixture
