"""Connections wait in one queue for all front ends, not in one for each."""

import os
import signal
from contextlib import AsyncExitStack

import pytest

from tests.e2e.gateway_process import configured, serving
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def test_a_front_end_that_hangs_keeps_no_new_connection(tmp_path):
    """With a queue each, half of the connections would wait for it."""
    async with (
        Sink() as sink,
        serving(tmp_path, config=configured(sink, workers=2)) as gateway,
        AsyncExitStack() as clients,
    ):
        still = gateway.frontends()[0]
        os.kill(still, signal.SIGSTOP)
        try:
            for _ in range(16):
                client = await clients.enter_async_context(RawClient(*gateway.address()))
                assert (await client.ehlo()).code == 250
            assert still in gateway.frontends()
        finally:
            os.kill(still, signal.SIGCONT)
