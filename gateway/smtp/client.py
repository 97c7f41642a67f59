"""Client connection: bytes, lines, replies, TLS, disconnection.

Lines are bounded here and checked by the caller. A disconnect ends the session wherever it waits, unless the session is
`busy`: then it is noticed at the next read.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from ipaddress import IPv4Address, IPv6Address
from typing import cast

from gateway.smtp.proxied import parsed
from gateway.system.deadlines import Deadline, Deadlines
from gateway.system.tasks import begun

_PAUSE_BYTES = 64 << 10
"""Unread bytes above which reading is paused."""
_LINGER_S = 5.0
_TLS_HANDSHAKE_S = 15.0


class ClientGoneError(Exception):
    """The client closed its stream."""


class ClientConnection(asyncio.Protocol):
    """Protocol object of one client; runs `serve(self)` as the session, then closes."""

    def __init__(
        self,
        serve: Callable[[ClientConnection], Coroutine[None, None, None]],
        deadlines: Deadlines,
        on_timeout: Callable[[ClientConnection], None],
        client: IPv4Address | IPv6Address | None = None,
    ) -> None:
        self.loop = deadlines.loop
        self.transport: asyncio.Transport | None = None
        self.finished: asyncio.Task[None]
        """Task of the session, set when the connection is made."""
        self.busy = False
        """The current work is finished even if the client disconnects."""
        self.lines = 0
        """Lines read so far."""
        self.patience: Deadline
        """Idle deadline of the client."""
        self._deadlines = deadlines
        self._serve = serve
        self._on_timeout = on_timeout
        self._client = client
        self._input = bytearray()
        self._arrived = b""
        """Received and not yet read."""
        self._ended = False
        self._held_back = False
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        """Set while the write buffer is full."""

    @property
    def open(self) -> bool:
        """Return whether the connection can still be written to."""
        return self.transport is not None and not self.transport.is_closing()

    @property
    def peer(self) -> IPv4Address | IPv6Address:
        """Address of the client: from the PROXY header, else the peer of the socket."""
        if self._client is not None:
            return self._client
        assert self.transport is not None
        return parsed(self.transport.get_extra_info("peername")[0])

    @property
    def descriptor(self) -> int:
        """File descriptor of the socket."""
        assert self.transport is not None
        return int(self.transport.get_extra_info("socket").fileno())

    @property
    def tls(self) -> str | None:
        """TLS version and cipher, None without TLS."""
        tls = None if self.transport is None else self.transport.get_extra_info("ssl_object")
        return None if tls is None else f"{tls.version()} {tls.cipher()[0]}"

    # Reading

    async def line(self, limit_bytes: int) -> bytes:
        """Return the next line with its line end; a longer one is truncated to just above the limit."""
        buffer = self._input
        seen = 0
        head = b""
        if not buffer:
            data = await self.octets()
            if data.find(b"\n") == len(data) - 1 <= limit_bytes:  # one whole line, the usual case
                self.lines += 1
                return data
            buffer += data
        while (end := buffer.find(b"\n", seen)) < 0:
            if len(buffer) > limit_bytes:
                head = head or bytes(buffer[:limit_bytes])
                del buffer[:-1]  # the last byte may be the CR
            seen = len(buffer)
            buffer += await self.octets()
        line = bytes(buffer[: end + 1])
        del buffer[: end + 1]
        self.lines += 1
        return head + line[-2:] if head else line

    async def octets(self) -> bytes:
        """Return received bytes, at least one; ClientGoneError at the end of the stream."""
        while not self._arrived:
            if self._ended:
                raise ClientGoneError
            if self._held_back:
                self._go_on()
            self._waiter = self.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        data, self._arrived = self._arrived, b""
        if self._held_back:
            self._go_on()
        return data

    def hold_back(self) -> None:
        """Pause reading until the next read."""
        if not self._held_back and self.open:
            self._held_back = True
            self.transport.pause_reading()  # type: ignore[union-attr]

    def _go_on(self) -> None:
        if self.open:
            self._held_back = False
            self.transport.resume_reading()  # type: ignore[union-attr]

    def put_back(self, octets: bytes) -> None:
        """Push bytes back, to be read as lines."""
        self._input[:0] = octets

    @property
    def unasked(self) -> bytes:
        """Bytes read beyond the last line."""
        return bytes(self._input)

    @property
    def ahead(self) -> bytes:
        """All bytes received beyond the last line, buffered or not yet read."""
        return bytes(self._input) + self._arrived

    # Writing

    def write(self, octets: bytes) -> None:
        """Write without waiting."""
        if self.transport is not None:
            self.transport.write(octets)

    async def flow(self) -> None:
        """Wait while the write buffer is full."""
        if self._writable is not None:
            await self._writable

    def close(self) -> None:
        """Close after flushing, or soon in any case."""
        transport = self.transport
        if transport is None:
            return
        if transport.get_write_buffer_size():
            self.loop.call_later(_LINGER_S, transport.abort)
        transport.close()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Encrypt the connection; ConnectionError or ssl.SSLError when the handshake fails."""
        assert self.transport is not None
        transport = await self.loop.start_tls(
            self.transport, self, context, server_side=True, ssl_handshake_timeout=_TLS_HANDSHAKE_S
        )
        if transport is None:
            raise ConnectionAbortedError("closed within the TLS handshake")
        self.transport = transport

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the session."""
        self.transport = cast("asyncio.Transport", transport)
        self.patience = Deadline(self._deadlines, self._out_of_patience)
        self.finished = begun(self._run())

    def data_received(self, data: bytes) -> None:
        """Buffer bytes; pause reading above the limit."""
        self._arrived = self._arrived + data if self._arrived else data
        if len(self._arrived) > _PAUSE_BYTES:
            self.hold_back()
        self._wake()

    def eof_received(self) -> bool:
        """Let the session reply on the half-closed connection, then close; TLS has no half-closed connections."""
        self._ended = True
        self._wake()
        return self.tls is None

    def connection_lost(self, _error: Exception | None) -> None:
        """End the session, at once unless it is busy."""
        self._ended = True
        self.transport = None
        self.patience.end()
        self.resume_writing()
        if not self.busy:
            self.finished.cancel()

    def pause_writing(self) -> None:
        """Note that the write buffer is full."""
        self._writable = self.loop.create_future()

    def resume_writing(self) -> None:
        """Wake the writer."""
        if self._writable is not None:
            if not self._writable.done():
                self._writable.set_result(None)
            self._writable = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _out_of_patience(self) -> None:
        if self.open:
            self._on_timeout(self)

    async def _run(self) -> None:
        try:
            await self._serve(self)
        except (ClientGoneError, ConnectionError):
            pass
        finally:
            self._input.clear()
            self.close()
