"""Deadlines, connections to the next hop, and strangers who want to relay."""

import asyncio
from dataclasses import replace

import pytest

from gateway.smtp.settings import ListenerKind
from tests.smtp.test_transactions import CONTENT, at
from tests.support.client import RawClient
from tests.support.gateway import QUICK, DirectEngine, conversation, hop_settings, listener, running
from tests.support.sink import Act, Sink


async def test_deadline_before_the_final_dot_aborts_the_next_hop_and_is_451():
    block = asyncio.Event()

    class Engine(DirectEngine):
        async def before_final_dot(self):
            await block.wait()

    limits = replace(QUICK, deadline_s=0.2)
    async with conversation(engine=Engine(), limits=limits) as (sink, gateway, client):
        reply = await client.mail(CONTENT)
        assert reply.startswith("451 4.4.7")
        assert gateway.engine.transactions[0].id in reply
        await sink.wait_for(lambda: sink.sessions[-1].closed.is_set())
        assert not sink.delivered
        assert isinstance(gateway.engine.outcomes[0], asyncio.CancelledError)
        block.set()
        gateway.engine.before_final_dot = DirectEngine().before_final_dot
        assert (await client.mail(CONTENT)).code == 250


@pytest.mark.parametrize("stage", ["data", "content"])
async def test_deadline_while_the_next_hop_is_slow_is_451_and_nothing_is_delivered(stage):
    def script(now, session):
        if now == "data":
            return Act(None, stop_reading=True) if stage == "data" else Act(b"354 go\r\n", stop_reading=True)
        return None

    limits = replace(QUICK, deadline_s=0.3)
    async with conversation(script, limits=limits) as (sink, gateway, client):
        assert (await client.mail(CONTENT * 200_000)).startswith("451 4.4.7")
        assert not sink.delivered


async def test_deadline_after_the_final_dot_waits_for_the_next_hop():
    answer = asyncio.Event()
    script = at("dot", Act(wait=answer))
    limits = replace(QUICK, deadline_s=0.1)
    async with conversation(script, limits=limits) as (sink, gateway, client):
        await client.begin()
        client.send(CONTENT + b".\r\n")
        await sink.wait_delivered()
        asyncio.get_running_loop().call_later(0.4, answer.set)
        assert (await client.reply()).code == 250


async def test_connections_to_the_next_hop_are_reused_by_relay_sessions():
    async with Sink() as sink, running(sink.port) as gateway:
        for _ in range(5):
            async with RawClient(*gateway.address) as client:
                await client.ehlo()
                assert (await client.mail(CONTENT)).code == 250
        assert len(sink.sessions) == 1
        assert len(sink.delivered) == 5


@pytest.mark.parametrize("said", [None, b"421 4.4.2 timeout\r\n"])
async def test_a_kept_connection_that_died_is_replaced_unnoticed(said):
    def script(stage, session):
        if stage == "mail" and session is sink.sessions[0] and len(session.commands) > 4:
            return Act(said, close=True)
        return None

    async with conversation(script) as (sink, gateway, client):
        assert (await client.mail(CONTENT)).code == 250
        assert (await client.mail(CONTENT)).code == 250
        assert len(sink.sessions) == 2
        assert len(sink.delivered) == 2


async def test_limit_of_connections_to_the_next_hop_is_451_busy():
    settings = {"connections": 1, "connection_wait_s": 0.1}
    async with Sink() as sink, running(sink.port, hop=hop_settings(sink.port, **settings)) as gateway:
        async with RawClient(*gateway.address) as first, RawClient(*gateway.address) as second:
            await first.ehlo()
            await second.ehlo()
            assert (await first.cmd("MAIL FROM:<a@b>")).code == 250
            assert (await second.cmd("MAIL FROM:<a@b>")).startswith("451 4.3.2")
            assert (await first.cmd("QUIT")).code == 221
            await first.closed()
            assert (await second.cmd("MAIL FROM:<a@b>")).code == 250


OPEN_RELAY_PROBES = [
    "<victim%other.example@city.example>", "<@city.example:victim@other.example>",
    "<@city.example,@two.example:victim@other.example>", '<"victim@other.example">', '<"victim%other.example">',
    "<victim@other.example@city.example>", '<"victim@other.example"@city.example>', "<other.example!victim>",
    "<other.example!victim@city.example>", "<victim@[127.0.0.1]>", "<victim@other.example>", "<VICTIM@OTHER.EXAMPLE>",
    "<victim@other.example.>", "victim@other.example", "<postmaster>",
]  # fmt: skip


@pytest.mark.parametrize(
    "sender", ["<>", "<a@city.example>", "<a@other.example>", "<a@[127.0.0.1]>", "<A@CITY.EXAMPLE>"]
)
async def test_strangers_may_not_relay_by_any_spelling(sender):
    from ipaddress import ip_network

    limits = replace(QUICK, errors_per_session=100)
    closed = listener(allowed_networks=(ip_network("127.0.0.2/32"),))
    async with Sink() as sink, running(sink.port, listeners=[closed], limits=limits) as gateway:
        async with RawClient(*gateway.address) as client:
            await client.ehlo()
            for probe in OPEN_RELAY_PROBES:
                assert (await client.cmd(f"MAIL FROM:{sender}")).startswith("550 5.7.1")
                assert (await client.cmd(f"RCPT TO:{probe}")).startswith("550 5.7.1")
                assert (await client.cmd("DATA")).startswith("550 5.7.1")
        async with RawClient(*gateway.address, local="127.0.0.2") as client:
            await client.ehlo()
            assert (await client.cmd(f"MAIL FROM:{sender}")).code == 250


async def test_submission_without_login_may_not_send():
    submission = listener(ListenerKind.SUBMISSION, auth_without_tls=True)
    async with conversation(listeners=[submission]) as (sink, gateway, client):
        assert (await client.cmd("MAIL FROM:<a@b>")).startswith("530 5.7.0")
        assert (await client.cmd("RCPT TO:<a@b>")).startswith("530 5.7.0")
