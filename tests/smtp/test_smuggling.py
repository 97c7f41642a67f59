"""SMTP smuggling: whatever stands for an end of data elsewhere, one mail in is at most one mail out, octet for octet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.spool import Spool
from tests.support.cases import examples
from tests.support.client import RawClient, stuff
from tests.support.gateway import conversation, running
from tests.support.sink import Sink

# The-Login/SMTP-Smuggling-Tools, hannob/smtpsmug, and our own
VARIANTS = {
    "LF.LF": b"\n.\n",
    "LF.CR": b"\n.\r",
    "CR.LF": b"\r.\n",
    "CR.CR": b"\r.\r",
    "LF.CRLF": b"\n.\r\n",
    "CR.CRLF": b"\r.\r\n",
    "CRLF.LF": b"\r\n.\n",
    "CRLF.CR": b"\r\n.\r",
    "CRLF NUL.CRLF": b"\r\n\0.\r\n",
    "CRLF.NUL CRLF": b"\r\n.\0\r\n",
    "CRLF.CRCRLF": b"\r\n.\r\r\n",
    "CRCRLF.CRCRLF": b"\r\r\n.\r\r\n",
    "CRCRLF.CRLF": b"\r\r\n.\r\n",
    "LFLF.CRLF": b"\n\n.\r\n",
    "CRLF.LFCRLF": b"\r\n.\n\r\n",
    "LFCR.CRLF": b"\n\r.\r\n",
    "CRLF.CRLF.LF": b"\r\n..\r\n.\n",
    "CR CR.LF LF": b"\r\r.\n\n",
    "NEL.NEL": b"\x85.\x85",
    "LS.LS": "\u2028.\u2028".encode(),
    "VT.VT": b"\x0b.\x0b",
    "FF.FF": b"\x0c.\x0c",
    "SP.CRLF": b"\r\n .\r\n",
    "CRLF. SP": b"\r\n. \r\n",
    "CRLF.TAB": b"\r\n.\t\r\n",
    "doubled dot": b"\r\n..\r\n",
}
SECOND = b"MAIL FROM:<evil@city.example>\r\nRCPT TO:<victim@city.example>\r\nDATA\r\nSubject: two\r\n\r\nx\r\n.\r\n"


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())
async def test_no_variant_makes_two_mails_of_one(variant):
    async with conversation() as (sink, gateway, client):
        await client.envelope()
        assert (await client.cmd("DATA")).code == 354
        client.send(b"Subject: one\r\n\r\nbody" + variant + SECOND)
        reply = await client.reply()
        assert reply.code in {250, 550}
        client.send(b"QUIT\r\n")
        await client.closed()
        assert len(sink.delivered) == (1 if reply.code == 250 else 0)
        for session in sink.sessions:
            assert not any(b"evil" in command for command in session.commands)
            assert b"\0" not in session.raw
            assert session.raw.count(b"\n") == session.raw.count(b"\r") == session.raw.count(b"\r\n")


@pytest.mark.parametrize("octets", [b"a\rb", b"a\nb", b"\n", b"\r", b"a\0b"])
@pytest.mark.parametrize("place", [b"Subject: %s\r\n\r\nbody\r\n", b"Subject: x\r\n\r\n%s\r\n"])
async def test_lone_newline_or_nul_is_refused_at_the_true_end_and_the_session_goes_on(octets, place):
    async with conversation() as (sink, gateway, client):
        reply = await client.mail(place % octets)
        assert reply.startswith("550 5.6.0 ")
        assert (await client.mail(b"Subject: ok\r\n\r\nok\r\n")).code == 250
        assert [mail.content for mail in sink.delivered] == [b"Subject: ok\r\n\r\nok\r\n"]


async def test_content_arrives_octet_for_octet_in_any_pieces():
    content = b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\n\r\n\xc3\xa1\r\n" + b"x" * 5000 + b"\r\n.\r\n"
    async with conversation() as (sink, gateway, client):
        for size in (1, 2, 3, 7, 4096):
            await client.begin()
            wire = stuff(content) + b".\r\n"
            for position in range(0, len(wire), size):
                client.send(wire[position : position + size])
                if size < 8 and position % 64 == 0:
                    await client.writer.drain()
            assert (await client.reply()).code == 250
            assert sink.delivered[-1].content == content == gateway.engine.contents[-1]


async def test_dots_that_a_client_forgot_to_double_do_not_change_what_was_judged():
    async with conversation() as (sink, gateway, client):
        await client.begin()
        client.send(b"Subject: x\r\n\r\n.single\r\n..double\r\n.\r\n")
        assert (await client.reply()).code == 250
        assert sink.delivered[0].content == gateway.engine.contents[0] == b"Subject: x\r\n\r\nsingle\r\n.double\r\n"


@pytest.mark.parametrize("more", [SECOND, b"MAIL FROM:<evil@x>\r\n", b"MAIL FROM:<evil@x>", b"RSET\r\n"])
async def test_commands_after_the_final_dot_in_one_packet_are_not_obeyed(more):
    async with conversation() as (sink, gateway, client):
        await client.begin()
        client.send(b"Subject: one\r\n\r\n.\r\n" + more)
        assert (await client.reply()).code == 250
        assert (await client.reply()).startswith("503 5.5.0")
        await client.closed()
        assert len(sink.delivered) == 1


async def test_quit_together_with_the_final_dot_is_obeyed():
    async with conversation() as (sink, gateway, client):
        await client.begin()
        client.send(b"Subject: one\r\n\r\n.\r\nQUIT\r\n")
        assert (await client.reply()).code == 250
        assert (await client.reply()).code == 221


@pytest.mark.parametrize(
    "packet",
    [
        b"EHLO x\r\nMAIL FROM:<a@b>\r\n",
        b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n",
        b"DATA\r\nSubject: x\r\n\r\n.\r\n",
        b"NOOP\r\nNOOP\r\n",
        b"STARTTLS\r\nMAIL FROM:<a@b>\r\n",
    ],
)
async def test_who_does_not_wait_for_replies_is_sent_away(packet):
    async with conversation() as (sink, gateway, client):
        if packet.startswith(b"DATA"):
            await client.envelope()
        client.send(packet)
        assert (await client.reply()).startswith("503 5.5.0")
        assert await client.closed() == b""
        assert not sink.delivered
        assert [event.kind.name for event in gateway.events] == ["EARLY_TALKER"]


async def test_who_talks_before_the_banner_is_sent_away():
    from dataclasses import replace

    from tests.support.gateway import QUICK

    limits = replace(QUICK, greeting_delay_s=0.3)
    async with Sink() as sink, running(sink.port, limits=limits) as gateway:
        async with RawClient(*gateway.address, read_banner=False) as client:
            client.send(b"EHLO x\r\n")
            assert (await client.reply()).startswith("503 5.5.0")
            await client.closed()
        async with RawClient(*gateway.address) as client:
            assert client.banner.code == 220


async def test_bdat_is_refused_and_its_content_is_not_read_as_commands():
    async with Sink() as sink, running(sink.port) as gateway, RawClient(*gateway.address) as client:
        assert "CHUNKING" not in await client.ehlo()
        assert "PIPELINING" not in await client.ehlo()
        client.send(b"BDAT 30 LAST\r\n")
        assert (await client.reply()).code == 502
        client.send(b"MAIL FROM:<evil@x>\r\n")
        await client.closed()
        assert not any(b"evil" in command for session in sink.sessions for command in session.commands)


@pytest.mark.parametrize(
    "line",
    [
        b"EHLO x\n",
        b"MAIL FROM:<a@b>\n",
        b"MAIL FROM:<a@x>\rRCPT TO:<b@y>\r\n",
        b"MAIL FROM:<a\0@x>\r\n",
        b"MAIL FROM:<a@x>\0\r\n",
        b"NOOP\r\r\n",
        b"\r\n",
        b"\0\0\r\n",
        b"MAIL\tFROM:<a@b>\r\n",
    ],
)
async def test_controls_in_commands_are_refused_and_never_reach_the_next_hop(line):
    async with conversation() as (sink, gateway, client):
        client.send(line)
        if line != b"NOOP\r\r\n":
            assert (await client.reply()).code in {500, 501}
        else:
            assert (await client.reply()).code in {250, 500, 501}
        assert (await client.mail()).code == 250
        commands = [command for session in sink.sessions for command in session.commands]
        assert sum(command.startswith(b"MAIL") for command in commands) == 1
        for session in sink.sessions:
            assert b"\0" not in session.raw
            assert session.raw.count(b"\r") == session.raw.count(b"\n") == session.raw.count(b"\r\n")


@pytest.mark.slow
@examples(300)
@given(st.lists(st.sampled_from([b"\r\n", b".", b"..", b"a", b"\r\n.\r\n", b"\xff", b" "]), max_size=30))
def test_wire_of_any_clean_content_holds_one_end_only(pieces):
    content = b"".join(pieces) + b"\r\n"
    with Spool.from_content(content) as spool:
        wire = b"\r\n" + b"".join(spool.wire_chunks()) + b".\r\n"
    assert wire.find(b"\r\n.\r\n") == len(wire) - 5
    assert wire.count(b"\r") == wire.count(b"\n") == wire.count(b"\r\n")


@pytest.mark.parametrize("fault", [OSError(30, "read-only"), RuntimeError("a bug")])
async def test_a_fault_of_ours_within_the_content_never_makes_commands_of_the_rest(monkeypatch, fault):
    def fails(_spool, _chunk):
        raise fault

    monkeypatch.setattr("gateway.spool.Spool.write", fails)
    async with Sink() as sink, running(sink.port) as gateway:
        async with RawClient(*gateway.address) as client:
            await client.ehlo()
            await client.begin()
            client.send(b"Subject: x\r\n")
            assert (await client.reply()).startswith("451 4.3.0")
            client.send(b"MAIL FROM:<smuggled@city>\r\n")
            assert await client.closed() == b""
        assert [error for _, error in gateway.errors] == [fault]
        gateway.errors.clear()
