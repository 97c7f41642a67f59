"""Every asynchronous test here runs on both event loops."""

from tests.support.loops import pki, pytest_asyncio_loop_factories  # noqa: F401
