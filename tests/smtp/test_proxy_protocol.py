"""PROXY v1 and v2 tell the client's address; nobody but the balancer may say so."""

import asyncio
import socket
import ssl
import struct
from dataclasses import replace
from ipaddress import ip_network

import pytest

from gateway.smtp import proxied as proxied_module
from gateway.smtp.settings import ListenerKind
from tests.support.client import RawClient
from tests.support.gateway import QUICK, listener, running
from tests.support.sink import Sink

V2 = b"\r\n\r\n\x00\r\nQUIT\n"


def v2(command, family, addresses):
    return V2 + struct.pack("!BBH", 0x20 | command, family, len(addresses)) + addresses


V4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("192.0.2.1") + struct.pack("!HH", 4711, 25)
V6 = (
    socket.inet_pton(socket.AF_INET6, "2001:db8::7")
    + socket.inet_pton(socket.AF_INET6, "::1")
    + struct.pack("!HH", 1, 2)
)
EVERYBODY = (ip_network("0.0.0.0/0"), ip_network("::/0"))


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 25\r\n", "192.0.2.7"),
        (b"PROXY TCP6 2001:db8::7 ::1 4711 25\r\n", "2001:db8::7"),
        (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 25\r\n", "192.0.2.7"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (v2(1, 0x11, V4), "192.0.2.7"),
        (v2(1, 0x11, V4 + b"\x04\x00\x01x"), "192.0.2.7"),
        (v2(1, 0x21, V6), "2001:db8::7"),
        (v2(0, 0x00, b""), "127.0.0.1"),
        (v2(0, 0x11, V4), "127.0.0.1"),
    ],
)
@pytest.mark.parametrize("kind", [ListenerKind.RELAY, ListenerKind.SUBMISSION])
async def test_the_address_of_the_header_is_the_clients(header, address, kind):
    proxied = listener(
        kind, proxy_protocol=True, allowed_networks=EVERYBODY, auth_without_tls=kind is ListenerKind.SUBMISSION
    )
    async with Sink(users={"u": "p"}) as sink, running(sink.port, listeners=[proxied]) as gateway:
        async with RawClient(*gateway.address, read_banner=False) as client:
            client.send(header)
            assert (await client.reply()).code == 220
            await client.ehlo()
            if kind is ListenerKind.SUBMISSION:
                await client.login("u", "p")
            assert (await client.mail()).code == 250
        assert gateway.engine.transactions[0].session.client_address == address


async def test_starttls_works_behind_a_header(pki):
    proxied = listener(proxy_protocol=True, allowed_networks=EVERYBODY, tls_context=pki.server("gateway.test"))
    async with Sink() as sink, running(sink.port, listeners=[proxied]) as gateway:
        async with RawClient(*gateway.address, read_banner=False) as client:
            client.send(b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 25\r\n")
            await client.reply()
            await client.starttls(pki.client())
            await client.ehlo()
            assert (await client.mail()).code == 250
            assert gateway.engine.transactions[0].session.client_address == "192.0.2.7"


def greeted(address, header: bytes, context: ssl.SSLContext) -> bytes:
    """Send header and ClientHello in one packet, as a balancer does that passes on what has come; return the banner."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="gateway.test")
    with socket.create_connection(address) as connection:
        step, ahead = tls.do_handshake, header
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                connection.sendall(ahead + outgoing.read())
                ahead = b""
                incoming.write(connection.recv(65536))
                continue
            if step != tls.do_handshake:
                return result
            step = tls.read


@pytest.mark.parametrize("header", [b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 465\r\n", v2(1, 0x11, V4)])
async def test_tls_from_the_first_byte_begins_behind_the_header(header, pki):
    proxied = listener(ListenerKind.SUBMISSIONS, proxy_protocol=True, tls_context=pki.server("gateway.test"))
    async with Sink(users={"u": "p"}) as sink, running(sink.port, listeners=[proxied]) as gateway:
        assert (await asyncio.to_thread(greeted, gateway.address, header, pki.client())).startswith(b"220 ")
        async with RawClient(*gateway.address, read_banner=False) as client:
            client.send(header)
            await client.writer.start_tls(pki.client(), server_hostname="gateway.test")
            await client.reply()
            await client.ehlo()
            await client.login("u", "p")
            assert (await client.mail()).code == 250
        assert gateway.engine.transactions[0].session.client_address == "192.0.2.7"


async def test_tls_before_the_header_is_no_header(pki):
    proxied = listener(ListenerKind.SUBMISSIONS, proxy_protocol=True, tls_context=pki.server("gateway.test"))
    async with Sink() as sink, running(sink.port, listeners=[proxied]) as gateway:
        with pytest.raises(OSError):
            await RawClient(*gateway.address, tls=pki.client()).__aenter__()
        assert [(event.kind.name, event.detail) for event in gateway.events] == [("CONNECTION_REFUSED", "proxy")]


async def test_who_sends_no_header_is_cut_off_and_holds_up_neither_others_nor_the_end(monkeypatch):
    async with Sink() as sink, running(sink.port, listeners=[listener(proxy_protocol=True)]) as gateway:
        async with RawClient(*gateway.address, read_banner=False) as silent:  # until the end of the gateway
            async with RawClient(*gateway.address, read_banner=False) as client:
                client.send(b"PROXY UNKNOWN\r\n")
                assert (await client.reply()).code == 220
            monkeypatch.setattr(proxied_module, "_HEADER_S", 0.05)
            async with RawClient(*gateway.address, read_banner=False) as client:
                client.send(b"PROXY ")
                assert await client.closed() == b""
            await gateway.server.drain(30)
            assert await silent.closed() == b""


@pytest.mark.parametrize(
    "octets",
    [
        b"EHLO x\r\n",
        b"PROXY TCP4 192.0.2.7\r\n",
        b"PROXY TCP4 300.0.2.7 192.0.2.1 1 2\r\n",
        b"PROXY TCP4 " + b"1" * 5000 + b"\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 25\n",
        V2 + b"\xff\xff\x00\x00",
        b"\r\n\r\n\x00\r\nQUIX\n\x21\x11\x00\x00",
    ],
)
async def test_without_a_proper_header_nobody_is_served(octets):
    async with Sink() as sink, running(sink.port, listeners=[listener(proxy_protocol=True)]) as gateway:
        async with RawClient(*gateway.address, read_banner=False) as client:
            client.send(octets)
            assert await client.closed() == b""
        assert [(event.kind.name, event.detail) for event in gateway.events] == [("CONNECTION_REFUSED", "proxy")]


async def test_a_header_from_a_stranger_is_not_believed():
    proxied = listener(proxy_protocol=True, proxy_networks=(ip_network("127.0.0.2/32"),))
    async with Sink() as sink, running(sink.port, listeners=[proxied]) as gateway:
        async with RawClient(*gateway.address, read_banner=False) as client:
            client.send(b"PROXY TCP4 127.0.0.1 192.0.2.1 4711 25\r\n")
            assert await client.closed() == b""


async def test_limits_count_the_clients_behind_the_balancer():
    limits = replace(QUICK, connections_per_address=1)
    proxied = listener(proxy_protocol=True)
    async with Sink() as sink, running(sink.port, listeners=[proxied], limits=limits) as gateway:
        clients = [RawClient(*gateway.address, read_banner=False) for _ in range(3)]
        codes = []
        for client, address in zip(clients, ("192.0.2.7", "192.0.2.8", "192.0.2.7"), strict=True):
            await client.__aenter__()
            client.send(f"PROXY TCP4 {address} 192.0.2.1 4711 25\r\n".encode())
            codes.append((await client.reply()).code)
        assert codes == [220, 220, 421]
        for client in clients:
            client.writer.close()
