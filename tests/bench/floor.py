"""Relays that judge and record nothing: the floor under the gateway, and its own front end on that floor.

    python -m tests.bench.floor floor 127.0.0.1:PORT NEXTHOP:PORT      the same exchanges in plain coroutines, nothing else
    python -m tests.bench.floor wire 127.0.0.1:PORT NEXTHOP:PORT       `gateway.smtp` and `gateway.nexthop`, without judge and audit

What separates the two is what promises, limits and strict grammar of the front end cost; what separates `wire` from the
gateway is judging and recording. One process each.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from typing import cast

import uvloop

from gateway.model import Envelope, ListenerKind, NextHopTls, RefusedContent, Reply, Session, Transaction
from gateway.nexthop.hop import NextHop
from gateway.nexthop.settings import NextHopSettings
from gateway.smtp.engine import Relay
from gateway.smtp.server import SmtpServer
from gateway.smtp.settings import ListenerSettings, SmtpLimits, SmtpSettings
from gateway.smtp.throttle import AuthThrottle
from gateway.spool import Spool
from gateway.system.levels import Levels
from gateway.system.listening import take_address
from tests.support.gateway import Fit

_END = b"\r\n.\r\n"


class _Peer(asyncio.Protocol):
    """A connection on either side, read to an end mark."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.loop = asyncio.get_running_loop()
        self._input = b""
        self._end = b"\r\n"
        self._waiter: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._input += data
        if self._waiter is not None and not self._waiter.done() and self._input.endswith(self._end):
            self._waiter.set_result(self._input)
            self._input = b""

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionResetError())

    async def read(self, end: bytes = b"\r\n") -> bytes:
        """Return what has come up to the end mark; one exchange at a time."""
        self._end = end
        self._waiter = self.loop.create_future()
        if self._input.endswith(end):
            self.data_received(b"")
        return await self._waiter

    async def ask(self, octets: bytes) -> bytes:
        """Send and return the answer."""
        self.transport.write(octets)
        return await self.read()


class _Client(_Peer):
    """One client of the floor."""

    def __init__(self, floor: _Floor) -> None:
        super().__init__()
        self._floor = floor

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._task = self.loop.create_task(self._serve())

    async def _serve(self) -> None:
        try:
            await self._exchanges()
        except ConnectionResetError:
            pass
        finally:
            self.transport.close()

    async def _exchanges(self) -> None:
        line = await self.ask(b"220 floor\r\n")
        line = await self.ask(b"250-floor\r\n250-8BITMIME\r\n250 SIZE 0\r\n")
        hop = await self._floor.hop()
        while not line.upper().startswith(b"QUIT"):
            reply = await hop.ask(line)
            if reply.startswith(b"354"):
                self.transport.write(reply)
                reply = await hop.ask(await self.read(_END))
            self.transport.write(reply)
            line = await self.read()
        self._floor.idle.append(hop)
        self.transport.write(b"221 2.0.0 Bye\r\n")


class _Floor:
    def __init__(self, host: str, port: int) -> None:
        self._where = host, port
        self.idle: list[_Peer] = []

    async def hop(self) -> _Peer:
        """Return a connection to the next hop that is greeted."""
        if self.idle:
            return self.idle.pop()
        _, hop = await asyncio.get_running_loop().create_connection(_Peer, *self._where)
        await hop.read()
        await hop.ask(b"EHLO floor\r\n")
        return hop


class _Unjudged:
    """An engine that has every mail relayed as it came."""

    async def judge_recipient(self, session: Session, envelope: Envelope) -> Reply | None:
        """Let everybody receive."""
        return None

    async def process(self, transaction: Transaction, spool: Spool, relay: Relay) -> Reply:
        """Relay."""
        return await relay.send(b"", spool.wire_chunks(), _at_once)

    async def content_refused(self, refused: RefusedContent) -> None:
        """Record nothing."""

    def deadline_passed(self, transaction: Transaction) -> Reply:
        """Say that time is over."""
        return Reply(code=451, enhanced="4.4.7", lines=("deadline",))


async def _at_once() -> None:
    return


async def _serve(kind: str, host: str, port: int, hop: tuple[str, int]) -> None:
    if kind == "floor":
        floor = _Floor(*hop)
        await asyncio.get_running_loop().create_server(lambda: _Client(floor), host, port, backlog=1024)
    else:
        sockets = take_address(f"{host}:{port}").sockets
        listener = ListenerSettings(host=host, sockets=sockets, kind=ListenerKind.RELAY, banner_hostname="floor")
        settings = NextHopSettings(host=hop[0], port=hop[1], our_name="floor", tls=NextHopTls.NONE)
        limits = SmtpLimits(connections_per_address=1000)  # one machine sends for many
        server = SmtpServer(
            SmtpSettings(listeners=(listener,), limits=limits),
            _Unjudged(),
            NextHop(settings),
            on_internal_error=print,
            on_event=lambda _: None,
            condition=Fit(),
            throttle=AuthThrottle(limits, Levels(time.monotonic)),
        )
        await server.start()
    await asyncio.get_running_loop().create_future()


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def main() -> None:
    """Serve until the process is ended."""
    kind, here, there = sys.argv[1:]
    gc.set_threshold(20_000, 20, 20)
    uvloop.run(_serve(kind, *_address(here), _address(there)))


if __name__ == "__main__":
    main()
