"""Clients that go away, and a server that is told to: nothing is cut between the final dot and its reply."""

import asyncio
import socket
from dataclasses import replace

import pytest

from gateway.smtp.settings import ListenerKind
from tests.support.client import RawClient
from tests.support.garbage import kept_by_each_other
from tests.support.gateway import QUICK, DirectEngine, listener, running
from tests.support.sink import Act, Sink

CONTENT = b"Subject: x\r\n\r\nhello\r\n"


def hold(stage, event):
    return lambda now, session: Act(wait=event) if now == stage else None


class WaitingEngine(DirectEngine):
    """Tells when a mail came in and when its outcome is known."""

    def __init__(self):
        super().__init__()
        self.began, self.ended = asyncio.Event(), asyncio.Event()

    async def process(self, transaction, spool, relay):
        self.began.set()
        try:
            return await super().process(transaction, spool, relay)
        finally:
            self.ended.set()


async def begin(client):
    await client.ehlo()
    await client.begin()
    client.send(CONTENT + b".\r\n")
    await client.writer.drain()


@pytest.mark.parametrize("stage", ["data", "dot"])
@pytest.mark.parametrize("how", ["close", "reset"])
async def test_the_relay_completes_when_the_client_hangs_up(stage, how):
    answer, engine = asyncio.Event(), WaitingEngine()
    async with Sink(hold(stage, answer)) as sink, running(sink.port, engine=engine) as gateway:
        async with RawClient(*gateway.address) as client:
            await begin(client)
            await engine.began.wait()
            if how == "reset":
                sock = client.writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.writer.transport.abort()
            else:
                client.writer.close()
        await asyncio.sleep(0.1)
        answer.set()
        async with asyncio.timeout(300):
            await engine.ended.wait()
        assert engine.outcomes[0].code == 250
        assert len(sink.delivered) == 1
        async with RawClient(*gateway.address) as client:
            await client.ehlo()
            assert (await client.mail(CONTENT)).code == 250


async def test_a_half_closed_client_gets_its_reply():
    answer, engine = asyncio.Event(), WaitingEngine()
    async with Sink(hold("dot", answer)) as sink, running(sink.port, engine=engine) as gateway:
        async with RawClient(*gateway.address) as client:
            await begin(client)
            client.writer.write_eof()
            await engine.began.wait()
            await asyncio.sleep(0.05)
            answer.set()
            assert (await client.reply()).code == 250
            assert await client.closed() == b""


async def test_the_relay_of_a_login_completes_when_the_client_hangs_up():
    submission = listener(ListenerKind.SUBMISSION, auth_without_tls=True)
    answer, engine = asyncio.Event(), WaitingEngine()
    async with Sink(hold("dot", answer), users={"u": "p"}) as sink:
        async with running(sink.port, engine=engine, listeners=[submission]) as gateway:
            async with RawClient(*gateway.address) as client:
                await client.ehlo()
                await client.login("u", "p")
                await begin(client)
                await engine.began.wait()
            await asyncio.sleep(0.1)
            assert not sink.sessions[-1].closed.is_set()
            answer.set()
            await asyncio.wait_for(engine.ended.wait(), 300)
            assert engine.outcomes[0].code == 250
            await sink.wait_for(lambda: sink.sessions[-1].closed.is_set())


async def test_a_client_that_leaves_within_the_content_leaves_nothing_behind():
    async with Sink() as sink, running(sink.port) as gateway:
        async with RawClient(*gateway.address) as client:
            await client.ehlo()
            await client.begin()
            client.send(b"x" * 400_000)
            await client.writer.drain()
        async with asyncio.timeout(300):
            while gateway.server.session_count or gateway.server.in_flight_bytes:
                await asyncio.sleep(0.01)
        assert not sink.delivered
        assert not gateway.engine.transactions


async def test_port_checks_leave_no_connection_behind():
    async with Sink() as sink, running(sink.port) as gateway:
        for _ in range(100):
            _, writer = await asyncio.open_connection(*gateway.address)
            writer.close()
        async with asyncio.timeout(300):
            while gateway.server.session_count:
                await asyncio.sleep(0.01)
        assert not gateway.errors


async def test_drain_dismisses_the_idle_and_waits_for_the_busy():
    answer, engine = asyncio.Event(), WaitingEngine()
    async with Sink(hold("dot", answer)) as sink, running(sink.port, engine=engine) as gateway:
        address = gateway.address
        async with RawClient(*address) as idle, RawClient(*address) as busy, RawClient(*address) as begun:
            await idle.ehlo()
            await begun.ehlo()
            await begun.envelope()
            await begin(busy)
            await engine.began.wait()
            drained = asyncio.ensure_future(gateway.server.drain(5))
            assert (await idle.reply()).startswith("421 4.3.2")
            assert await idle.closed() == b""
            with pytest.raises(OSError):
                await asyncio.open_connection(*address)
            assert not drained.done()
            answer.set()
            assert (await busy.reply()).code == 250
            assert (await busy.reply()).startswith("421 4.3.2")
            assert (await begun.data(CONTENT)).code == 250
            assert (await begun.reply()).startswith("421 4.3.2")
            await asyncio.wait_for(drained, 300)
            assert len(sink.delivered) == 2


async def test_drain_ends_at_its_limit():
    answer, engine = asyncio.Event(), WaitingEngine()
    async with Sink(hold("dot", answer)) as sink, running(sink.port, engine=engine) as gateway:
        async with RawClient(*gateway.address) as client:
            await begin(client)
            await engine.began.wait()
            await asyncio.wait_for(gateway.server.drain(0.2), 300)
            assert (await client.reply()).code == 421
            assert engine.outcomes[0].after_final_dot
        answer.set()


async def test_mail_under_repeated_drains_is_neither_lost_nor_acknowledged_falsely():
    limits = replace(QUICK, connections_per_address=100)
    acknowledged = []
    async with Sink() as sink:
        for round_number in range(3):
            async with running(sink.port, limits=limits) as gateway:
                address = gateway.address

                async def client(number, address=address, round_number=round_number):
                    try:
                        async with RawClient(*address) as raw:
                            await raw.ehlo()
                            for attempt in range(50):
                                subject = f"{round_number}-{number}-{attempt}".encode()
                                reply = await raw.mail(b"Subject: " + subject + b"\r\n\r\nx\r\n")
                                if reply.code == 250:
                                    acknowledged.append(subject)
                                elif reply.code == 421:
                                    return
                    except (OSError, EOFError):
                        return

                tasks = [asyncio.ensure_future(client(number)) for number in range(20)]
                await sink.wait_delivered(len(sink.delivered) + 50)
                await gateway.server.drain(5)
                await asyncio.gather(*tasks)
        delivered = [mail.content.split(b"\r\n")[0].removeprefix(b"Subject: ") for mail in sink.delivered]
        assert sorted(delivered) == sorted(acknowledged)


async def test_a_session_with_a_mail_leaves_nothing_to_the_collector():
    async with Sink() as sink, running(sink.port) as gateway:
        with kept_by_each_other() as found:
            for _ in range(3):
                async with RawClient(*gateway.address) as client:
                    await client.ehlo()
                    assert (await client.mail(CONTENT)).code == 250
                    assert (await client.cmd("QUIT")).code == 221
                    assert await client.closed() == b""
    assert found == []
