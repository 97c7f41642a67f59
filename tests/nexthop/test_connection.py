"""Connecting and talking to a next hop that may be anything: absent, slow, unencrypted, false."""

import asyncio
import socket
import ssl
from contextlib import ExitStack
from unittest.mock import AsyncMock

import pytest

from gateway.nexthop.breaker import Breaker
from gateway.nexthop.connector import connect
from gateway.nexthop.failures import FailureKind, HopFailedError, HopRefusedError
from gateway.nexthop.hop import NextHop
from gateway.nexthop.names import Names
from gateway.nexthop.settings import BreakerSettings, NextHopSettings, NextHopTls, client_tls_context
from tests.bench.contestants import free_port
from tests.support.gateway import hop_settings
from tests.support.loops import until
from tests.support.sink import Act, Sink


async def nothing():
    pass


async def in_content(port, **changes):
    connection = await connect(hop_settings(port, **changes))
    await connection.ask(b"MAIL FROM:<a@b>")
    await connection.ask(b"RCPT TO:<a@b>")
    return connection


def tls_settings(pki, port, **changes):
    values = {"tls": NextHopTls.STARTTLS, "tls_context": client_tls_context(pki.ca_file), "server_name": "city.test"}
    return hop_settings(port, **{**values, **changes})


async def kind_of_failure(settings):
    with pytest.raises(HopFailedError) as caught:
        await connect(settings)
    return caught.value.kind


@pytest.mark.parametrize("tls", [NextHopTls.STARTTLS, NextHopTls.IMPLICIT])
async def test_verified_tls(pki, tls):
    async with Sink(tls=pki.server("city.test"), implicit=tls is NextHopTls.IMPLICIT) as sink:
        connection = await connect(tls_settings(pki, sink.port, tls=tls))
        assert (await connection.ask(b"MAIL FROM:<a@b>")).positive
        assert (await connection.ask(b"RCPT TO:<a@b>")).positive
        body = b"x" * 70 + b"\r\n"
        assert (await connection.data(b"H: v\r\n", [body] * 50_000, nothing)).positive
        assert sink.delivered[0].wire == b"H: v\r\n" + body * 50_000
        assert sink.sessions[0].tls
        connection.quit()


@pytest.mark.parametrize("tls", [NextHopTls.STARTTLS, NextHopTls.IMPLICIT])
@pytest.mark.parametrize(
    "certificate",
    [
        {"name": "city.test", "days_left": -1},
        {"name": "other.test"},
        {"name": "city.test", "signed_by_stranger": True},
    ],
)
async def test_a_certificate_that_does_not_verify_ends_it(pki, tls, certificate):
    name = certificate["name"]
    how = {key: value for key, value in certificate.items() if key != "name"}
    async with Sink(tls=pki.server(name, **how), implicit=tls is NextHopTls.IMPLICIT) as sink:
        assert await kind_of_failure(tls_settings(pki, sink.port, tls=tls)) is FailureKind.TLS
        assert not any(b"AUTH" in session.raw for session in sink.sessions)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_old_tls_is_refused(pki):
    old = pki.server("city.test")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    async with Sink(tls=old) as sink:
        assert await kind_of_failure(tls_settings(pki, sink.port)) is FailureKind.TLS


async def test_no_fallback_to_plaintext(pki):
    async with Sink(tls=pki.server("city.test"), offer_starttls=False) as sink:
        assert await kind_of_failure(tls_settings(pki, sink.port)) is FailureKind.TLS
    script = lambda stage, session: Act(b"454 4.7.0 no TLS today\r\n") if stage == "starttls" else None
    async with Sink(script, tls=pki.server("city.test")) as sink:
        assert await kind_of_failure(tls_settings(pki, sink.port)) is FailureKind.TLS
        assert sink.sessions[0].commands == [b"EHLO gateway.test", b"STARTTLS"]


@pytest.mark.parametrize("injected", [b"250-AUTH PLAIN\r\n250 x\r\n", b"250", b"\0", b"220 again\r\n"])
async def test_bytes_behind_the_answer_to_starttls_end_it(pki, injected):
    answer = Act(b"220 go\r\n" + injected)
    script = lambda stage, session: answer if stage == "starttls" else None
    async with Sink(script, tls=pki.server("city.test")) as sink:
        kind = await kind_of_failure(tls_settings(pki, sink.port))
        assert kind in {FailureKind.TLS, FailureKind.PROTOCOL}
        await sink.wait_for(lambda: sink.sessions[0].closed.is_set())


async def test_capabilities_from_before_tls_are_void(pki):
    def script(stage, session):
        if stage == "ehlo" and not session.tls:
            return Act(b"250-sink\r\n250-STARTTLS\r\n250-DSN\r\n250 AUTH CRAM-MD5\r\n")
        return None

    async with Sink(script, tls=pki.server("city.test"), extensions=("SIZE 5",), auth=("PLAIN",)) as sink:
        connection = await connect(tls_settings(pki, sink.port))
        assert connection.capabilities.keywords == {"SIZE", "AUTH"}
        assert connection.capabilities.auth == {"PLAIN"}


def test_plaintext_to_another_machine_must_be_asked_for():
    with pytest.raises(ValueError):
        hop_settings(25, host="192.0.2.1")
    hop_settings(25, host="192.0.2.1", plaintext_allowed=True)
    with pytest.raises(ValueError):
        NextHopSettings(host="127.0.0.1", port=25, our_name="x", tls=NextHopTls.STARTTLS)


async def test_absent_silent_and_unknown_next_hops():
    assert await kind_of_failure(hop_settings(free_port())) is FailureKind.UNREACHABLE
    silent = lambda stage, session: Act(None)
    async with Sink(silent) as sink:
        assert await kind_of_failure(hop_settings(sink.port, connect_timeout_s=0.2)) is FailureKind.UNREACHABLE
    settings = hop_settings(25, host="no-such-host.invalid", plaintext_allowed=True)
    assert await kind_of_failure(settings) in {FailureKind.DNS, FailureKind.UNREACHABLE}


async def test_a_refusing_banner_is_a_refusal():
    script = lambda stage, session: Act(b"554 5.7.1 go away\r\n") if stage == "banner" else None
    async with Sink(script) as sink:
        with pytest.raises(HopRefusedError) as caught:
            await connect(hop_settings(sink.port))
        assert caught.value.reply.code == 554


async def test_a_reply_that_does_not_come_is_a_timeout():
    script = lambda stage, session: Act(None) if stage == "mail" else None
    async with Sink(script) as sink:
        connection = await connect(hop_settings(sink.port, reply_timeout_s=0.2))
        with pytest.raises(HopFailedError) as caught:
            await connection.ask(b"MAIL FROM:<a@b>")
        assert caught.value.kind is FailureKind.TIMEOUT
        assert not connection.usable


async def test_a_next_hop_that_stops_taking_content_is_a_timeout_and_gets_no_dot():
    script = lambda stage, session: Act(b"354 go\r\n", stop_reading=True) if stage == "data" else None
    async with Sink(script) as sink:
        connection = await connect(hop_settings(sink.port, block_timeout_s=0.2))
        await connection.ask(b"MAIL FROM:<a@b>")
        await connection.ask(b"RCPT TO:<a@b>")
        with pytest.raises(HopFailedError) as caught:
            await connection.data(b"", [b"x" * (1 << 20)] * 20, nothing)
        assert caught.value.kind is FailureKind.TIMEOUT
        assert not caught.value.after_final_dot
        assert not sink.delivered


async def test_an_exception_before_the_dot_aborts_the_connection():
    async def fail():
        raise RuntimeError("no record, no dot")

    async with Sink() as sink:
        connection = await connect(hop_settings(sink.port))
        await connection.ask(b"MAIL FROM:<a@b>")
        await connection.ask(b"RCPT TO:<a@b>")
        with pytest.raises(RuntimeError):
            await connection.data(b"", [b"x\r\n"], fail)
        await sink.wait_for(lambda: sink.sessions[0].closed.is_set())
        assert not sink.delivered
        assert not connection.usable


async def test_the_dot_waits_for_its_gate():
    gate, reached = asyncio.Event(), asyncio.Event()

    async def wait():
        reached.set()
        await gate.wait()

    async with Sink() as sink:
        connection = await connect(hop_settings(sink.port))
        await connection.ask(b"MAIL FROM:<a@b>")
        await connection.ask(b"RCPT TO:<a@b>")
        sending = asyncio.ensure_future(connection.data(b"", [b"x\r\n"], wait))
        await reached.wait()
        await asyncio.sleep(0.05)
        assert not sink.delivered
        gate.set()
        assert (await sending).positive
        assert len(sink.delivered) == 1


@pytest.mark.parametrize("line", [b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>", b"NOOP\n", b"NOOP\0"])
async def test_a_command_can_hold_no_second_one(line):
    async with Sink() as sink:
        connection = await connect(hop_settings(sink.port))
        with pytest.raises(ValueError):
            await connection.command(line)
        assert (await connection.ask(b"NOOP")).positive
        assert sink.sessions[0].commands == [b"EHLO gateway.test", b"NOOP"]


async def test_an_unasked_reply_spoils_the_connection():
    script = lambda stage, session: Act(b"250 ok\r\n250 more\r\n") if stage == "noop" else None
    async with Sink(script) as sink:
        connection = await connect(hop_settings(sink.port))
        assert (await connection.ask(b"NOOP")).positive
        with pytest.raises(HopFailedError):
            await connection.ask(b"MAIL FROM:<a@b>")
        assert sink.sessions[0].commands[-1] == b"NOOP"


def test_the_breaker_opens_after_failures_then_lets_one_attempt_a_second_through():
    now = [0.0]
    breaker = Breaker(BreakerSettings(failures=3, open_s=10), lambda: now[0])
    for _ in range(3):
        assert breaker.admit()
        breaker.failed()
    assert breaker.open
    assert not breaker.admit()
    now[0] = 10.0
    assert breaker.admit()
    assert not breaker.admit()
    breaker.failed()
    assert not breaker.admit()
    now[0] = 11.0
    assert breaker.admit()
    breaker.succeeded()
    assert breaker.admit()
    assert not breaker.open


async def test_a_dead_next_hop_is_left_in_peace_after_some_failures():
    hop = NextHop(hop_settings(free_port(), breaker=BreakerSettings(failures=2, open_s=60)))
    for _ in range(4):
        with pytest.raises(HopFailedError):
            await hop.acquire()
    assert hop.breaker_open


async def test_idle_connections_are_closed_in_time_and_by_number():
    for idle_s, closed in ((60, 2), (0.1, 4)):
        async with Sink() as sink:
            hop = NextHop(hop_settings(sink.port, idle_s=idle_s, idle_connections=2))
            connections = [await hop.acquire() for _ in range(4)]
            for connection in connections:
                hop.release(connection)
            await sink.wait_for(lambda: sum(session.closed.is_set() for session in sink.sessions) == closed)
            hop.close()


async def test_capabilities_are_asked_once_for_many():
    async with Sink() as sink:
        hop = NextHop(hop_settings(sink.port))
        answers = await asyncio.gather(*(hop.capabilities() for _ in range(20)))
        assert len(sink.sessions) == 1
        assert all("DSN" in answer.keywords for answer in answers)
        hop.close()


async def test_capabilities_are_asked_again_when_they_are_old():
    async with Sink() as sink:
        hop = NextHop(hop_settings(sink.port, capabilities_s=0.05))
        assert "DSN" in (await hop.capabilities()).keywords
        sink.extensions = ("SIZE 7",)
        await asyncio.sleep(0.06)
        capabilities = await hop.capabilities()
        assert (capabilities.keywords, capabilities.size_bytes) == ({"SIZE", "AUTH"}, 7)
        assert len(sink.sessions) == 1
        hop.close()


@pytest.mark.parametrize("closes", [True, False])
async def test_a_refusal_within_the_content_is_the_answer_whatever_the_next_hop_does_next(closes):
    """It hangs up, or takes no more; by a 451 the sender would send the same again and again."""
    sending = asyncio.Event()

    async def serve(reader, writer):
        writer.write(b"220 hop\r\n")
        for _ in range(3):
            await reader.readline()
            writer.write(b"250 ok\r\n")
        await reader.readline()
        writer.write(b"354 go\r\n")
        writer.transport.pause_reading()
        await until(lambda: sending.is_set() or connection._writable)
        writer.write(b"552 5.3.4 too big\r\n")
        if closes:
            writer.close()

    async def hung_up():
        sending.set()
        await until(lambda: connection.lost)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    connection = await in_content(server.sockets[0].getsockname()[1], block_timeout_s=300)
    assert (await connection.data(b"", [b"x\r\n"] if closes else [b"x" * (1 << 20)] * 20, hung_up)).code == 552
    server.close()


async def test_a_reply_that_begins_within_the_content_keeps_the_dot_back():
    script = lambda stage, session: Act(b"354 go\r\n55") if stage == "data" else None
    async with Sink(script) as sink:
        connection = await in_content(sink.port)
        with pytest.raises(HopFailedError) as caught:
            await connection.data(b"", [b"x\r\n"], lambda: until(lambda: connection._parser.pending))
    assert not caught.value.after_final_dot
    assert not sink.delivered


async def test_a_turn_that_comes_at_the_last_moment_is_taken():
    async with Sink() as sink:
        hop = NextHop(hop_settings(sink.port, connections=1, connection_wait_s=0))
        connection = await hop.acquire()
        waiting = asyncio.ensure_future(hop.acquire())
        await asyncio.sleep(0)  # its time is up in the next turn of the loop
        hop.release(connection)
        assert await waiting is connection
        hop.close()


async def test_an_address_that_takes_no_mail_leaves_time_for_the_next_one(monkeypatch):
    monkeypatch.setattr(Names, "_resolved", AsyncMock(return_value=["127.0.0.2", "127.0.0.1"]))
    await asyncio.gather(*map(_next_address_is_taken, ("swallows", "silent", "busy")))


async def _next_address_is_taken(fault):
    with ExitStack() as stack:
        bad, *filling = (stack.enter_context(socket.socket()) for _ in range(3))
        async with Sink() as sink:
            bad.bind(("127.0.0.2", sink.port))
            bad.listen(0 if fault == "swallows" else 5)
            for one in filling if fault == "swallows" else ():
                one.setblocking(False)
                one.connect_ex(bad.getsockname())
            if fault == "busy":
                serve = lambda _reader, writer: writer.write(b"421 4.3.2 busy\r\n")
                stack.callback((await asyncio.start_server(serve, sock=bad)).close)
            names = Names("city.test", sink.port, 1)
            connection = await connect(hop_settings(sink.port, connect_timeout_s=2), names)
            assert (await connection.ask(b"NOOP")).positive
            assert await names.addresses() == ("127.0.0.1", "127.0.0.2"), fault
            connection.quit()
