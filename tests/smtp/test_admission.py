"""Large mails wait for their place, in order; nobody is refused and nobody waits for ever."""

import asyncio
from dataclasses import replace

import pytest

from gateway.smtp.admission import LargeMailGate
from gateway.spool import SpoolSettings
from tests.support.client import RawClient
from tests.support.gateway import QUICK, DirectEngine, running
from tests.support.sink import Sink


async def test_places_are_given_in_order_as_they_become_free():
    gate = LargeMailGate(100, patience_s=5)
    first = await gate.enter(60)
    order = []

    async def come(name, size):
        place = await gate.enter(size)
        order.append(name)
        return place

    second = asyncio.ensure_future(come("second", 60))
    third = asyncio.ensure_future(come("third", 10))
    await asyncio.sleep(0.01)
    assert order == []
    first.leave()
    places = await asyncio.gather(second, third)
    assert order == ["second", "third"]
    assert gate.taken_bytes == 70
    for place in places:
        place.leave()
    assert gate.taken_bytes == 0


async def test_a_mail_larger_than_the_limit_comes_in_alone():
    gate = LargeMailGate(100, patience_s=5)
    place = await gate.enter(500)
    waiting = asyncio.ensure_future(gate.enter(1))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    place.leave()
    (await waiting).leave()


async def test_patience_ends_the_wait():
    gate = LargeMailGate(100, patience_s=0.05)
    await gate.enter(100)
    place = await gate.enter(100)
    assert gate.taken_bytes == 200
    place.leave()


async def test_who_leaves_the_queue_holds_nothing():
    gate = LargeMailGate(100, patience_s=5)
    first = await gate.enter(100)
    waiting = [asyncio.ensure_future(gate.enter(50)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    first.leave()
    waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert gate.taken_bytes == 50


async def test_growing_counts():
    gate = LargeMailGate(100, patience_s=5)
    place = await gate.enter(10)
    place.grow_to(80)
    place.grow_to(20)
    assert gate.taken_bytes == 80
    place.leave()
    assert gate.taken_bytes == 0


@pytest.mark.parametrize(("declared", "each_has_sent"), [("", 256 << 10), (" SIZE=1000000", 0)])
async def test_many_large_mails_at_once_all_arrive_within_the_limit(declared, each_has_sent):
    class Engine(DirectEngine):
        highest = 0

        async def process(self, transaction, spool, relay):
            Engine.highest = max(Engine.highest, gateway.server.in_flight_bytes)
            return await relay.send(b"", spool.wire_chunks(), self.before_final_dot)

    spool = SpoolSettings(large_mails_bytes=4 << 20, large_mail_expected_bytes=1 << 20)
    limits = replace(QUICK, data_grace_s=0.5, data_idle_timeout_s=0.5)
    content = (b"x" * 998 + b"\r\n") * 1000
    async with Sink() as sink, running(sink.port, engine=Engine(), spool=spool, limits=limits) as gateway:

        async def send():
            async with RawClient(*gateway.address) as client:
                await client.ehlo()
                return await client.mail(content, parameters=declared)

        replies = await asyncio.gather(*(send() for _ in range(30)))
        assert {reply.code for reply in replies} == {250}
        assert Engine.highest <= (4 << 20) + 30 * each_has_sent


async def test_a_small_mail_does_not_wait_behind_large_ones():
    release = asyncio.Event()

    class Engine(DirectEngine):
        async def process(self, transaction, spool, relay):
            if transaction.size_bytes > 1 << 18:
                await release.wait()
            return await super().process(transaction, spool, relay)

    spool = SpoolSettings(large_mails_bytes=1 << 20, large_mail_expected_bytes=1 << 20)
    content = (b"x" * 998 + b"\r\n") * 500
    async with Sink() as sink, running(sink.port, engine=Engine(), spool=spool) as gateway:

        async def send(mail):
            async with RawClient(*gateway.address) as client:
                await client.ehlo()
                return await client.mail(mail)

        large = [asyncio.ensure_future(send(content)) for _ in range(3)]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(300):
            assert (await send(b"Subject: small\r\n\r\nx\r\n")).code == 250
        release.set()
        assert {reply.code for reply in await asyncio.gather(*large)} == {250}
