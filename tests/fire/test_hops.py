"""Fire: the next hop misbehaves in every way; one line when that begins, one when it is over, service soon after."""

import asyncio
import time

import pytest

from tests.e2e.clients import token
from tests.fire.support import assert_nothing_was_lost, burning, send, service_again
from tests.support.sink import Act, Sink

pytestmark = pytest.mark.slow
CASES = {
    # what it does: at which stage, how, and whether the outcome may be unknown
    "banner never comes": ("banner", lambda: Act(reply=None, wait=asyncio.Event()), False),
    "421 at the banner": ("banner", lambda: Act(reply=b"421 4.3.2 later\r\n", close=True), False),
    "garbage at the banner": ("banner", lambda: Act(reply=b"\x00\xff no smtp\r\n"), False),
    "EHLO is not answered": ("ehlo", lambda: Act(reply=None, wait=asyncio.Event()), False),
    "MAIL is not answered": ("mail", lambda: Act(reply=None, wait=asyncio.Event()), False),
    "RCPT is not answered": ("rcpt", lambda: Act(reply=None, wait=asyncio.Event()), False),
    "354 at RCPT": ("rcpt", lambda: Act(reply=b"354 go on\r\n"), False),
    "closes at DATA": ("data", lambda: Act(reply=None, close=True), False),
    "garbage at DATA": ("data", lambda: Act(reply=b"hello\r\n"), False),
    "closes after the dot": ("dot", lambda: Act(reply=None, close=True), True),
    "garbage after the dot": ("dot", lambda: Act(reply=b"2x0 ok\r\n"), True),
    "ten megabytes after the dot": ("dot", lambda: Act(reply=b"250-x\r\n" * 1_400_000 + b"250 x\r\n"), True),
}
LIMITS = {"next_hop": {"connect_timeout_s": 1, "reply_timeout_s": 1, "final_reply_timeout_s": 3}}


def hang_up(sink) -> None:
    """End the connections that the gateway keeps."""
    for task in tuple(sink.tasks):
        task.cancel()


async def test_whatever_the_next_hop_does_begins_and_ends_in_one_line(tmp_path):
    fault: dict[str, Act] = {}
    script = lambda stage, session: fault.get(stage)
    async with Sink(script) as sink, burning(tmp_path, sink, **LIMITS) as gateway:
        assert await send(gateway, 1) == 250
        unknown, number, slowest = 0, 10, 0.0
        for count, (name, (stage, act, may_be_unknown)) in enumerate(CASES.items(), start=1):
            fault[stage] = act()
            hang_up(sink)
            codes = []
            while gateway.log.count("the city's server takes no mail") < count:
                number += 1
                codes.append(await send(gateway, number))
                await asyncio.sleep(0.05)  # as a client waits before it tries again
                assert len(codes) < 200, name
            assert set(codes) <= {451, 421}, f"{name}: {codes}"
            unknown += len(codes) if may_be_unknown else 0
            fault.clear()
            slowest = max(slowest, await service_again(gateway, first=1000 * count))
            await gateway.logged("the trouble is over", count=count)
            assert gateway.log.count("the city's server takes no mail") == count, f"{name}: one line when it begins"
        print(f"first mail after it is back: {slowest:.1f} s at most")
        assert await gateway.terminate() == 0
        await assert_nothing_was_lost(gateway, sink, set(), unknown=unknown)


async def test_a_next_hop_that_is_away_and_comes_back(tmp_path):
    """Nobody listens, longer than it takes to give it up for a while; then one try a second finds it."""
    async with Sink() as sink, burning(tmp_path, sink, **LIMITS) as gateway:
        assert await send(gateway, 1) == 250
        sink.server.close()
        hang_up(sink)
        gone = time.monotonic()
        number = 10
        while time.monotonic() - gone < 8:
            number += 1
            assert await send(gateway, number) == 451
        sink.server = await asyncio.get_running_loop().create_server(sink._protocol, "127.0.0.1", sink.port)
        await service_again(gateway, first=5000)
        await gateway.logged("the trouble is over")
        assert gateway.log.count("the city's server takes no mail") == 1
        assert await gateway.terminate() == 0
        await assert_nothing_was_lost(gateway, sink, {token(one.content) for one in sink.delivered})


async def test_the_end_waits_for_a_hop_that_never_answers_no_longer_than_it_may(tmp_path):
    reached = asyncio.Event()

    def script(stage, session):
        if stage == "dot":
            reached.set()
            return Act(reply=None, wait=asyncio.Event())
        return None

    async with Sink(script) as sink, burning(tmp_path, sink, limits={"drain_s": 2}) as gateway:
        sending = asyncio.create_task(send(gateway, 1))
        await asyncio.wait_for(reached.wait(), 300)
        began = time.monotonic()
        assert await gateway.terminate() == 0
        assert time.monotonic() - began < 300, "the hop is silent for as long as it is asked"
        assert await sending in {0, 421, 451}
        outcomes = await assert_nothing_was_lost(gateway, sink, set(), unknown=1)
        assert list(outcomes.values()) == ["unknown"]
