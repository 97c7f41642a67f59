"""Fire: a name server that is silent or says no, and a next hop that comes back."""

import asyncio
import struct
from contextlib import asynccontextmanager

import pytest

from tests.e2e.commands import STAFF
from tests.fire.support import burning, needs_root
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = pytest.mark.slow
SERVFAIL, NXDOMAIN = 2, 3


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, code):
        self.code = code
        self.closed = asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        self.closed.set()

    def datagram_received(self, question, peer):
        if self.code is not None:
            head = question[:2] + struct.pack("!H", 0x8180 | self.code) + question[4:6] + bytes(6)
            self.transport.sendto(head + question[12:], peer)


@asynccontextmanager
async def name_server(code: int | None, host: str):
    """A name server of this machine that gives one answer to everything, or none at all."""
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Answers(code), (host, 53))
    try:
        yield
    finally:
        transport.close()
        await protocol.closed.wait()


# The gateway runs with a resolv.conf of its own, in a mount namespace of its own.
LAUNCHER = (
    "unshare", "--mount", "sh", "-c",
    'mount --bind "$0" /etc/resolv.conf && exec "$@"',
)  # fmt: skip


@needs_root
@pytest.mark.parametrize(
    ("code", "host"),
    [(None, "127.53.53.1"), (SERVFAIL, "127.53.53.2"), (NXDOMAIN, "127.53.53.3")],
    ids=["silent", "servfail", "nxdomain"],
)
async def test_a_next_hop_whose_name_is_not_resolved_is_443(tmp_path, code, host):
    resolv = tmp_path / "resolv.conf"
    resolv.write_text(f"nameserver {host}\noptions timeout:1 attempts:1\n")
    hop = {"next_hop": {"address": "mail.thanhpho.example:25", "tls": "starttls", "required_at_start": False}}
    async with name_server(code, host):
        async with Sink() as sink, burning(tmp_path, sink, launcher=(*LAUNCHER, resolv), **hop) as gateway:
            for _ in range(2):
                async with RawClient(*gateway.address()) as client:
                    assert (await client.ehlo()).code == 250
                    assert (await client.cmd(f"MAIL FROM:<{STAFF}>")).startswith("451 4.4.3")
        assert "never retrieved" not in gateway.log
