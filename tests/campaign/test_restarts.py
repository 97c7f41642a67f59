"""Restarts under load, half of them by kill -9 of the supervisor (`make restarts`): nothing acknowledged is lost, nothing stays open."""

import asyncio
import os
import random
import time

import pytest

from tests.e2e.clients import Clients
from tests.e2e.gateway_process import GatewayProcess, stop_hard
from tests.fire.support import assert_nothing_was_lost, settings
from tests.support.sink import Sink

pytestmark = pytest.mark.timeout(1800)
RESTARTS = int(os.environ.get("GATEWAY_RESTARTS", "50"))


async def test_restarts_under_load_lose_nothing(tmp_path):
    seed = int(os.environ.get("GATEWAY_SEED", time.time_ns() % 1_000_000))
    print("GATEWAY_SEED", seed)
    chance = random.Random(seed)
    async with Sink() as sink:
        gateway = GatewayProcess(tmp_path, config=settings(sink))
        where = None
        try:
            await gateway.start()
            clients = Clients(lambda: where)
            where = gateway.address()
            tasks = [asyncio.create_task(clients.run()) for _ in range(4)]
            for number in range(RESTARTS):
                await asyncio.sleep(chance.uniform(0.2, 2.0))  # the random moment is the subject, not a wait
                if number % 2:
                    await gateway.kill()
                else:
                    assert await gateway.terminate() == 0
                await gateway.start()
                where = gateway.address()
            clients.stopping = True
            async with asyncio.timeout(120):
                await asyncio.gather(*tasks)
            assert await gateway.terminate() == 0
        finally:
            await stop_hard(gateway)
        unknown = gateway.log.count("outcome unknown")
        outcomes = await assert_nothing_was_lost(gateway, sink, clients.acknowledged, unknown=RESTARTS * 4, killed=True)
        print(f"{len(clients.acknowledged)} acknowledged, {len(outcomes)} mails, {unknown} unknown after a kill")
        assert "Traceback" not in gateway.log
