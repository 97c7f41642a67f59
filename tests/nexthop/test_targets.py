"""Several addresses of the next hop: by weight, around one that is away, and back to it, without a client that waits for it."""

import asyncio
from contextlib import suppress

import pytest

from gateway.nexthop.failures import HopFailedError
from gateway.nexthop.hop import NextHop
from gateway.nexthop.settings import BreakerSettings, Other
from gateway.nexthop.targets import Targets
from gateway.system.deadlines import Deadlines
from tests.support.gateway import hop_settings
from tests.support.sink import Act, Sink


def settings(*sinks, weights=(), **changes):
    first, *others = sinks
    named = tuple(Other("127.0.0.1", sink.port, *weights[number : number + 1]) for number, sink in enumerate(others))
    return hop_settings(
        first.port, others=named, breaker=BreakerSettings(failures=2, open_s=0.2, again_s=0.05), **changes
    )


async def test_connections_go_where_there_are_fewest_for_the_weight():
    async with Sink() as one, Sink() as two:
        hop = NextHop(settings(one, two, weights=(3,)))
        held = [await hop.acquire() for _ in range(8)]
        assert (len(one.sessions), len(two.sessions)) == (2, 6)
        for connection in held:
            connection.quit()
        hop.close()


@pytest.mark.parametrize("fault", ["refused", "421", "closed"])
async def test_an_address_that_is_away_costs_no_mail_is_reported_once_and_used_again(fault):
    told, broken = [], True

    def script(stage, _session):
        if stage == "banner" and broken:
            return Act(b"421 4.3.2 busy\r\n", close=True) if fault == "421" else Act(None, close=True)
        return None

    async with Sink(script) as one, Sink() as two:
        port = one.port
        if fault == "refused":
            await one.__aexit__()
        hop = NextHop(settings(one, two), on_away=told.append)
        for _ in range(20):
            connection = await hop.acquire()
            connection.authenticated = True
            hop.release(connection)
        assert len(two.sessions) == 20
        assert len(told) == 1
        assert f"127.0.0.1:{port}" in told[0]
        broken = False
        if fault == "refused":
            one.server = await asyncio.get_running_loop().create_server(one._protocol, "127.0.0.1", port)
        async with asyncio.timeout(300):
            while told[-1]:
                await asyncio.sleep(0.01)
        before = len(one.sessions)
        held = [await hop.acquire() for _ in range(4)]
        assert len(one.sessions) - before == 2
        for connection in held:
            connection.quit()
        hop.close()


async def test_when_all_are_away_it_fails_and_the_first_that_is_back_is_used():
    async with Sink() as one, Sink() as two:
        ports = one.port, two.port
    hop = NextHop(settings(one, two))
    for _ in range(6):
        with pytest.raises(HopFailedError):
            await hop.acquire()
    assert hop.breaker_open
    async with Sink() as back:
        back.server.close()
        back.server = await asyncio.get_running_loop().create_server(back._protocol, "127.0.0.1", ports[1])
        async with asyncio.timeout(300):
            while True:
                try:
                    connection = await hop.acquire()
                    break
                except HopFailedError:
                    await asyncio.sleep(0.02)
        connection.quit()
        hop.close()


async def test_an_address_that_comes_and_goes_is_looked_for_by_one_alone():
    state = {"down": True}

    def script(stage, _session):
        return Act(None, close=True) if stage == "banner" and state["down"] else None

    async with Sink(script) as one, Sink(script) as two:
        targets = Targets(settings(one, two), Deadlines(), lambda _: None)
        for state["down"] in (True, False, True, False, True):  # between two looks of the watchers
            for _ in range(2):
                with suppress(HopFailedError):
                    (await targets.connect())[1].quit()
        assert len(targets._watching) == 2
        targets.close()
