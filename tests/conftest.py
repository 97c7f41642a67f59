"""Fixtures of all tests."""

from hypothesis import settings

# A busy machine is no fault of ours: each test has its time limit (pyproject.toml), single examples have none.
settings.register_profile("project", deadline=None)
settings.load_profile("project")
