"""The question at the start: is the next hop fit to relay to? Over real sockets, told apart as an administrator needs it."""

import asyncio
import ssl

import pytest

from gateway.nexthop.probe import Fitness, probe
from gateway.nexthop.settings import NextHopSettings, NextHopTls
from tests.bench.contestants import free_port
from tests.support.sink import Act, Sink


async def probed(port, *, timeout_s=120.0, **how):
    settings = {"tls": NextHopTls.NONE, **how}
    wanted = NextHopSettings(host="127.0.0.1", port=port, our_name="gw.test", **settings)
    return await asyncio.to_thread(probe, wanted, timeout_s=timeout_s)


def at(stage, act):
    return lambda found, _: act if found == stage else None


async def test_a_mail_server_that_is_ready_is_good_and_sees_a_goodbye():
    async with Sink() as sink:
        found = await probed(sink.port)
        assert found.fitness is Fitness.GOOD
        assert "8BITMIME" in found.reason
        async with asyncio.timeout(300):
            await sink.sessions[0].closed.wait()
        assert [line.split()[0] for line in sink.sessions[0].commands] == [b"EHLO", b"QUIT"]


@pytest.mark.parametrize(
    ("stage", "act", "fitness", "reason"),
    [
        ("banner", Act(b"HTTP/1.1 400 Bad Request\r\n"), Fitness.NO_SMTP, ""),
        ("banner", Act(b"554 5.7.1 not you\r\n"), Fitness.REJECTED, "554 5.7.1 not you"),
        ("ehlo", Act(b"550 5.7.1 unknown name\r\n"), Fitness.REJECTED, "550 5.7.1 unknown name"),
        ("ehlo", Act(b"421 4.3.2 busy\r\n", close=True), Fitness.REFUSED, "421 4.3.2 busy"),
        ("banner", Act(b"", close=True), Fitness.REFUSED, "connection lost"),
        ("banner", Act(None, wait=None), Fitness.SILENT, "in time"),
    ],
)
async def test_what_is_no_server_is_distinguished_from_one_that_says_no(stage, act, fitness, reason):
    async with Sink(at(stage, act)) as sink:
        found = await probed(sink.port, timeout_s=0.5 if fitness is Fitness.SILENT else 120.0)
    assert found.fitness is fitness
    assert reason in (found.reason if isinstance(found.reason, str) else found.reason[1])


async def test_nobody_there_is_silent():
    found = await probed(free_port())
    assert found.fitness is Fitness.SILENT
    assert found.reason == ("không có chương trình nào nhận kết nối ở cổng này", "Connection refused")


async def test_missing_or_false_tls_is_named_before_any_mail(pki):
    async with Sink() as sink:
        found = await probed(sink.port, tls=NextHopTls.STARTTLS, tls_context=pki.client(), server_name="city.test")
        assert found.fitness is Fitness.TLS
        assert "STARTTLS" in found.reason
    async with Sink(tls=pki.server("city.test")) as sink:
        good = await probed(sink.port, tls=NextHopTls.STARTTLS, tls_context=pki.client(), server_name="city.test")
        assert good.fitness is Fitness.GOOD
        stranger = ssl.create_default_context()
        found = await probed(sink.port, tls=NextHopTls.STARTTLS, tls_context=stranger, server_name="city.test")
        assert found.fitness is Fitness.TLS
        assert "không được tin cậy" in found.reason[0]
