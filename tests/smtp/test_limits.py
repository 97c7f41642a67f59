"""No client may take more than its share; an honest slow one is served."""

import asyncio
import random
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from gateway.errors import AuditError
from gateway.mime.largest import LargestFile, Parts
from gateway.spool import SpoolSettings
from tests.support.client import RawClient
from tests.support.gateway import QUICK, DirectEngine, conversation, listener, running
from tests.support.sink import Sink

CONTENT = b"Subject: x\r\n\r\nhello\r\n"


async def test_connections_are_limited_in_all_and_for_each_address():
    limits = replace(QUICK, connections=3, connections_per_address=2)
    async with (
        Sink() as sink,
        running(sink.port, limits=limits) as gateway,
        RawClient(*gateway.address) as first,
        RawClient(*gateway.address),
        RawClient(*gateway.address) as third,
    ):
        assert third.banner.startswith("421 4.7.0")
        assert await third.closed() == b""
        async with RawClient(*gateway.address, local="127.0.0.2") as other:
            assert other.banner.code == 220
            async with RawClient(*gateway.address, local="127.0.0.3") as fourth:
                assert fourth.banner.startswith("421 4.3.2")
        await first.cmd("QUIT")
        await first.closed()
        async with RawClient(*gateway.address) as again:
            assert again.banner.code == 220


async def test_commands_recipients_and_errors_are_limited():
    limits = replace(QUICK, commands_per_session=12, recipients=3, errors_per_session=4)
    async with Sink() as sink, running(sink.port, limits=limits) as gateway:
        async with RawClient(*gateway.address) as client:
            await client.ehlo()
            replies = await client.envelope(recipients=[f"r{n}@city" for n in range(5)])
            assert [reply.code for reply in replies] == [250, 250, 250, 250, 452, 452]
            assert replies[4].startswith("452 4.5.3")
            assert (await client.data(CONTENT)).code == 250
            assert len(sink.delivered[0].rcpt_lines) == 3
            replies = [await client.cmd("NOOP") for _ in range(5)]
            assert replies[-1].startswith("421 4.7.0")
            assert await client.closed() == b""
        async with RawClient(*gateway.address) as client:
            replies = [await client.cmd("NONSENSE") for _ in range(5)]
            assert [reply.code for reply in replies] == [500, 500, 500, 500, 421]
            assert await client.closed() == b""


async def test_a_command_line_of_any_length_costs_one_error():
    async with conversation() as (sink, gateway, client):
        for length in (2049, 12_000, 300_000, 3_000_000):
            client.send(b"MAIL FROM:<" + b"a" * length)
            await client.writer.drain()
            reply = await client.cmd("@b>")
            assert reply.startswith("500 5.5.6")
        assert (await client.mail(CONTENT)).code == 250


async def test_message_size_is_limited_at_mail_and_in_data():
    limits = replace(QUICK, message_bytes=10_000)
    async with Sink() as sink, running(sink.port, limits=limits) as gateway, RawClient(*gateway.address) as client:
        assert "SIZE 10000" in await client.ehlo()
        assert (await client.cmd("MAIL FROM:<a@b> SIZE=10001")).startswith("552 5.3.4")
        assert (await client.mail(b"x" * 78 + b"\r\n" * 10_000)).startswith("552 5.3.4")
        assert (await client.mail(b"a" * 998 + b"\r\n" + b"x\r\n" * 3000)).code == 250
        assert len(sink.delivered) == 1


def with_files(*sizes: int) -> bytes:
    """A mail with files of these sizes, each of its own format."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "a@b", "c@d", "Gửi tệp"
    mail.set_content("Kính gửi anh.")
    for size, ending in zip(sizes, ("zip", "docx", "mp4"), strict=False):
        content = random.Random(size).randbytes(size)
        mail.add_attachment(content, maintype="application", subtype="x", filename=f"Tối mật {size}.{ending}")
    return mail.as_bytes()


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ((5000, 200_000, 560_000), "largest file (.mp4) has about 0.534 MiB"),  # behind the limit, before the cut
        ((60_000, 5000, 5000), "largest file (.zip) has about 0.057"),  # before it
        ((), "send several mails or smaller files"),
    ],
)
async def test_the_refusal_of_a_too_large_mail_says_its_largest_file_and_not_its_name(sizes, told):
    limits = replace(QUICK, message_bytes=90_000)
    content = with_files(*sizes) if sizes else CONTENT + b"a\r\n" * 40_000
    async with conversation(limits=limits) as (sink, gateway, client):
        reply = await client.mail(content)
        assert reply.startswith("552 5.3.4")
        assert told in reply
        assert "mat" not in reply.lower()


@pytest.mark.parametrize("size", [1, 3, 7, 100, 10_000])
def test_parts_are_the_same_in_whatever_pieces_they_come(size):
    content = with_files(3000, 9000, 4000)
    parts = Parts()
    for begin in range(0, len(content), size):
        parts.feed(content[begin : begin + size])
    assert parts.largest_file() == LargestFile(".docx", pytest.approx(9000, rel=0.05))


def test_a_content_of_nothing_but_delimiters_costs_no_more_than_a_look():
    parts = Parts()
    for _ in range(90):
        parts.feed(b"\r\n--" * 100_000)
    assert parts.largest_file() is None


async def test_lines_are_limited_and_the_session_stays_in_step():
    limits = replace(QUICK, line_bytes=5000)
    async with conversation(limits=limits) as (sink, gateway, client):
        assert (await client.mail(b"Subject: x\r\n\r\n" + b"y" * 4998 + b"\r\n")).code == 250
        assert (await client.mail(b"Subject: x\r\n\r\n" + b"y" * 4999 + b"\r\n")).startswith("550 5.6.0")
        assert (await client.mail(CONTENT)).code == 250


async def test_mails_in_hand_are_limited_together():
    spool = SpoolSettings(in_flight_bytes=100_000)
    async with conversation(spool=spool) as (sink, gateway, client):
        assert (await client.mail(b"x\r\n" * 40_000)).startswith("452 4.3.1")
        assert (await client.mail(b"x\r\n" * 30_000)).code == 250


async def test_every_content_that_the_front_end_refuses_is_recorded_with_its_envelope_rule_and_reply():
    limits = replace(QUICK, message_bytes=10_000, line_bytes=5000)
    async with conversation(limits=limits) as (sink, gateway, client):
        replies = [
            await client.cmd("MAIL FROM:<a@b> SIZE=99999999999999999999"),
            await client.mail(b"Subject: x\r\n\r\nlone\n\r\n"),
            await client.mail(b"Subject: x\r\n\r\n\0\r\n"),
            await client.mail(b"Subject: x\r\n\r\n" + b"y" * 5000 + b"\r\n"),
            await client.mail(b"Received: from a by b\r\n" * 51 + CONTENT),
            await client.mail(b"x" * 78 + b"\r\n" * 10_000, recipients=("b@city", "c@city")),
        ]
        assert (await client.mail(CONTENT)).code == 250
        refused = gateway.engine.refused
        assert [one.rule for one in refused] == ["too_big", "bare_newline", "nul", "long_line", "loop", "too_big"]
        for reply, one in zip(replies, refused, strict=True):
            assert f" [{one.id}]" in reply, "the client can name it to whoever reads the audit"
            assert reply.code == one.reply.code
            assert one.session.client_address == "127.0.0.1"
        assert refused[0].envelope.forward_paths == ()
        assert refused[-1].envelope.forward_paths == ("b@city", "c@city")
        assert len({one.id for one in refused}) == len(refused)
        assert len(sink.delivered) == 1


async def test_a_content_that_never_ends_is_recorded_before_its_client_is_cut_off():
    limits = replace(QUICK, message_bytes=10_000)
    async with conversation(limits=limits) as (sink, gateway, client):
        await client.begin()
        client.send((b"x" * 998 + b"\r\n") * 3000)
        assert (await client.reply()).startswith("552 5.3.4")
        await client.closed()
        assert not sink.delivered
        (refused,) = gateway.engine.refused
        assert refused.rule == "too_big"
        assert refused.size_bytes > 1 << 20


@pytest.mark.parametrize("endless", [False, True])
async def test_a_refusal_that_cannot_be_recorded_is_temporary_and_its_content_is_no_command(endless):
    class Forgetful(DirectEngine):
        async def content_refused(self, refused):
            raise AuditError("the disk is full")

    limits = replace(QUICK, message_bytes=10_000)
    async with Sink() as sink, running(sink.port, limits=limits, engine=Forgetful()) as gateway:
        async with RawClient(*gateway.address) as client:
            await client.ehlo()
            if endless:
                await client.begin()
                client.send((b"x" * 998 + b"\r\n") * 3000)
                assert (await client.reply()).startswith("451 4.3.0")
                await client.closed()
            else:
                assert (await client.mail(b"lone\n\r\n")).startswith("451 4.3.0")
                assert (await client.mail(CONTENT)).code == 250
        assert [str(error) for _, error in gateway.errors] == ["the disk is full"]
        gateway.errors.clear()


async def test_a_loop_is_refused():
    async with conversation() as (sink, gateway, client):
        hops = b"Received: from a by b\r\n"
        assert (await client.mail(hops * 51 + CONTENT)).startswith("554 5.4.6")
        assert (await client.mail(hops * 50 + CONTENT + hops)).code == 250


async def test_a_silent_client_gets_a_reply_and_is_dropped():
    limits = replace(QUICK, command_timeout_s=0.2)
    async with conversation(limits=limits) as (sink, gateway, client):
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.closed() == b""
        assert gateway.events[-1].kind.name == "CLIENT_TIMEOUT"


async def test_a_client_that_drips_a_command_is_dropped():
    limits = replace(QUICK, command_timeout_s=0.3)
    async with Sink() as sink, running(sink.port, limits=limits) as gateway, RawClient(*gateway.address) as client:

        async def drip():
            for _ in range(1000):
                client.send(b"N")
                await asyncio.sleep(0.02)

        task = asyncio.ensure_future(drip())
        assert (await client.reply()).startswith("421 4.4.2")
        task.cancel()


async def test_a_client_that_trickles_content_is_dropped_and_an_honest_slow_one_is_not():
    limits = replace(QUICK, data_grace_s=0.2, data_min_rate_bytes_s=2000)
    async with Sink() as sink, running(sink.port, limits=limits) as gateway:
        async with RawClient(*gateway.address) as trickler, RawClient(*gateway.address) as honest:

            async def send(client, size, pause):
                await client.ehlo()
                await client.begin()
                reply = asyncio.ensure_future(client.reply())
                for _ in range(30):
                    client.send(b"x" * size + b"\r\n")
                    await asyncio.wait({reply}, timeout=pause)
                    if reply.done():
                        break
                else:
                    client.send(b".\r\n")
                return await reply

            slow, fine = await asyncio.gather(send(trickler, 1, 0.03), send(honest, 500, 0.03))
            assert slow.startswith("421 4.4.2")
            assert fine.code == 250
        assert len(sink.delivered) == 1


async def test_a_client_that_stops_within_the_content_is_dropped():
    limits = replace(QUICK, data_idle_timeout_s=0.2)
    async with conversation(limits=limits) as (sink, gateway, client):
        await client.begin()
        client.send(b"Subject: x\r\n")
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.closed() == b""
        assert not sink.delivered


async def test_the_total_time_of_a_content_is_limited():
    limits = replace(QUICK, data_timeout_s=0.3)
    async with conversation(limits=limits) as (sink, gateway, client):
        await client.begin()

        async def flood():
            while True:
                client.send(b"x" * 1000 + b"\r\n")
                await asyncio.sleep(0.01)

        task = asyncio.ensure_future(flood())
        assert (await client.reply()).startswith("421 4.4.2")
        task.cancel()


@pytest.mark.slow
async def test_a_client_that_never_reads_its_replies_is_dropped():
    limits = replace(QUICK, command_timeout_s=0.5, commands_per_session=10**9)
    async with Sink() as sink, running(sink.port, limits=limits) as gateway, RawClient(*gateway.address) as client:
        client.writer.transport.pause_reading()

        async def flood():
            while not client.writer.is_closing():
                client.send(b"NOOP\r\n")
                await client.writer.drain()

        task = asyncio.ensure_future(flood())
        async with asyncio.timeout(300):
            while gateway.server.session_count:
                await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.slow
async def test_three_hundred_slow_clients_do_not_slow_a_good_one():
    limits = replace(QUICK, connections=1000, connections_per_address=600)
    async with Sink() as sink, running(sink.port, limits=limits, listeners=[listener()]) as gateway:
        slow = [RawClient(*gateway.address) for _ in range(300)]
        await asyncio.gather(*(client.__aenter__() for client in slow))
        for client in slow:
            client.send(b"EH")
        async with RawClient(*gateway.address) as good:
            async with asyncio.timeout(300):
                await good.ehlo()
                assert (await good.mail(CONTENT)).code == 250
        for client in slow:
            client.writer.close()
