"""Connections through a load balancer: PROXY header in the clear, then TLS and SMTP.

The header (PROXY v1 or v2, haproxy's proxy-protocol.txt) is read from the raw socket without reading beyond it, so that
implicit TLS (RFC 8314) can follow. Parsed by aiosmtpd.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from aiosmtpd.proxy_protocol import V2_CMD, get_proxy

_LOG = logging.getLogger("gateway.smtp")
_HEADER_S = 5.0
_V1_BYTES = 107
"""Longest version 1 header with CRLF."""
_PAUSE_S = 0.1

IpAddress = IPv4Address | IPv6Address


class ProxiedServer:
    """Listener like `asyncio.Server`; each connection is served with the address in its header."""

    def __init__(
        self,
        sockets: tuple[socket.socket, ...],
        serve: Callable[[socket.socket, IpAddress], Awaitable[None]],
        refuse: Callable[[IpAddress], None],
        *,
        trusts: Callable[[IpAddress], bool],
        waiting: int,
    ) -> None:
        """Accept on `sockets`, and take ownership of them.

        `serve` gets the socket after the header was read; `refuse` gets an untrusted peer or one without a header. At
        most `waiting` connections are before their header or handshake at one time; further ones stay in the backlog.
        """
        self.sockets = sockets
        self._serve = serve
        self._refuse = refuse
        self._trusts = trusts
        self._places = asyncio.Semaphore(waiting)
        self._openings: set[asyncio.Task[None]] = set()
        self._accepting = [asyncio.ensure_future(self._accept(each)) for each in sockets]

    def close(self) -> None:
        """Stop listening, and drop connections whose header has not come."""
        for task in (*self._accepting, *self._openings):
            task.cancel()
        for each in self.sockets:
            each.close()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._places.acquire()
            try:
                accepted, address = await loop.sock_accept(listening)
            except OSError as error:  # out of descriptors, or the peer has disconnected
                self._places.release()
                _LOG.warning("accept: %s", error)
                await asyncio.sleep(_PAUSE_S)
                continue
            opening = asyncio.ensure_future(self._open(accepted, parsed(address[0])))
            self._openings.add(opening)
            opening.add_done_callback(self._opened)

    def _opened(self, opening: asyncio.Task[None]) -> None:
        self._openings.discard(opening)
        self._places.release()

    async def _open(self, accepted: socket.socket, peer: IpAddress) -> None:
        """Read the header and serve the connection; close it on any fault."""
        try:
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = await _client_of(accepted, peer) if self._trusts(peer) else None
            if client is not None:
                await self._serve(accepted, client)
                return
            self._refuse(peer)
        except OSError:  # disconnected, also within the handshake
            pass
        except asyncio.CancelledError:
            accepted.close()
            raise
        accepted.close()


async def _client_of(accepted: socket.socket, peer: IpAddress) -> IpAddress | None:
    """Return the address in the header, `peer` when it has none (LOCAL, UNKNOWN); None without a well-formed header."""
    with suppress(TimeoutError, EOFError):
        async with asyncio.timeout(_HEADER_S):
            data = await get_proxy(_Octets(accepted))
        if data.valid and data.command != V2_CMD.LOCAL and isinstance(data.src_addr, IPv4Address | IPv6Address):
            return plain(data.src_addr)
        if data.valid:
            return peer
    return None


class _Octets:
    """Stream reader for aiosmtpd's parser; never reads more than requested."""

    def __init__(self, accepted: socket.socket) -> None:
        self._socket = accepted
        self._loop = asyncio.get_running_loop()

    async def read(self, n: int = 1) -> bytes:
        """Return at least one and at most `n` bytes; EOFError at the end of the stream."""
        if data := await self._loop.sock_recv(self._socket, n):
            return data
        raise EOFError

    async def readexactly(self, n: int) -> bytes:
        """Return `n` bytes."""
        data = b""
        while len(data) < n:
            data += await self.read(n - len(data))
        return data

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        """Return the bytes through the separator; ValueError when longer than any header."""
        data = b""
        while not data.endswith(separator):
            if len(data) > _V1_BYTES:
                raise ValueError("no end of line")
            data += await self.read()
        return data


@lru_cache(1024)
def parsed(address: str) -> IpAddress:
    """Parse the address of a socket's peer."""
    return plain(ip_address(address))


def plain(address: IpAddress) -> IpAddress:
    """Return an IPv4-mapped IPv6 address as IPv4."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
