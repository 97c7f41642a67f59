"""The connection of one client: the one subclass of aiosmtpd.

From aiosmtpd 1.4.6 comes the life of the connection. Ours are the reading of bytes (as they come,
without a stream's copies) and lines (bounded, strict by its caller), one timer for a connection instead of one for each
command, one write for each reply, STARTTLS through the event loop, and what happens when a client goes away. The names
of aiosmtpd and asyncio that are touched here stand in `tests/smtp/test_aiosmtpd_contract.py`, which fails when the pin
moves.
"""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from aiosmtpd.smtp import SMTP

from gateway.smtp.proxied import plain

_PAUSE_BYTES = 64 << 10
"""What may wait unread before a client is held back."""
_LINGER_S = 5.0
_TLS_HANDSHAKE_S = 15.0
_FIRST_WORDS_S = 5.0
_LONGEST_TIMER_S = 3600.0


class ClientGoneError(Exception):
    """The stream of the client has ended."""


class ClientConnection(SMTP):
    """Protocol object of one client; runs `serve(self)` as the session and closes when that returns."""

    def __init__(
        self,
        serve: Callable[[ClientConnection], Awaitable[None]],
        on_timeout: Callable[[ClientConnection], None],
        client: IPv4Address | IPv6Address | None = None,
    ) -> None:
        # aiosmtpd's own __init__ looks up all handler and command methods for each connection (70 us, a tenth of what
        # a small mail may cost in all); none of them is used here, so only its stream part is set up.
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        asyncio.StreamReaderProtocol.__init__(self, None, loop=self.loop)  # type: ignore[arg-type]
        self.transport: asyncio.Transport | None = None
        self.session = None
        self.envelope = None
        self._original_transport = None
        self._handler_coroutine: asyncio.Task[None] | None = None
        self._timeout_handle: asyncio.TimerHandle | None = None

        self.lines = 0
        """Lines read so far."""
        self._serve = serve
        self._on_timeout = on_timeout
        self._client = client
        self._deadline = math.inf
        self._input = bytearray()
        self._arrived = b""
        """From the wire and not yet asked for."""
        self._ended = False
        self._held_back = False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def finished(self) -> asyncio.Task[None]:
        """The task of the session."""
        assert self._handler_coroutine is not None
        return self._handler_coroutine

    @property
    def open(self) -> bool:
        """Whether anything can still be written."""
        return self.transport is not None and not self.transport.is_closing()

    @property
    def peer(self) -> IPv4Address | IPv6Address:
        """Address of the client: the one that a balancer's PROXY header gave, else of the other end of the connection."""
        if self._client is not None:
            return self._client
        assert self.transport is not None
        return plain(ip_address(self.transport.get_extra_info("peername")[0]))

    @property
    def descriptor(self) -> int:
        """The number of its socket."""
        assert self.transport is not None
        return int(self.transport.get_extra_info("socket").fileno())

    @property
    def tls(self) -> str | None:
        """TLS version and cipher, None without TLS."""
        tls = None if self.transport is None else self.transport.get_extra_info("ssl_object")
        return None if tls is None else f"{tls.version()} {tls.cipher()[0]}"

    # Reading

    async def line(self, limit_bytes: int) -> bytes:
        """Return the next line with its line end; one longer than the limit comes cut to just above it."""
        buffer = self._input
        seen = 0
        head = b""
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
        """Return what has come from the wire, at least one byte; ClientGoneError at the end of the stream."""
        while not self._arrived:
            if self._ended:
                raise ClientGoneError
            self._go_on()
            self._waiter = self.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        data, self._arrived = self._arrived, b""
        self._go_on()
        return data

    def hold_back(self) -> None:
        """Take nothing more from the wire until bytes are asked for again."""
        if not self._held_back and self.open:
            self._held_back = True
            self.transport.pause_reading()  # type: ignore[union-attr]

    def _go_on(self) -> None:
        if self._held_back and self.open:
            self._held_back = False
            self.transport.resume_reading()  # type: ignore[union-attr]

    def push_back(self, octets: bytes) -> None:
        """Have bytes come again as the next of the wire."""
        self._arrived = octets + self._arrived

    def put_back(self, octets: bytes) -> None:
        """Have bytes read again as lines."""
        self._input[:0] = octets

    @property
    def unasked(self) -> bytes:
        """Bytes that have been read beyond the last line."""
        return bytes(self._input)

    @property
    def ahead(self) -> bytes:
        """Bytes that are there and that nobody has asked for, read or not."""
        return bytes(self._input) + self._arrived

    @property
    def talks_early(self) -> bool:
        """Whether there are any bytes ahead."""
        return bool(self._input or self._arrived)

    # Writing

    def write(self, octets: bytes) -> None:
        """Write without waiting."""
        if self.transport is not None:
            self.transport.write(octets)

    async def flow(self) -> None:
        """Wait while a client does not read its replies."""
        if self._paused:  # type: ignore[attr-defined]
            await self._drain_helper()  # type: ignore[attr-defined]

    def close(self) -> None:
        """Close once what was written is out, or soon in any case."""
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

    # Time

    def arm(self, seconds: float) -> None:
        """Let `on_timeout` be called unless `arm` is called again before that. The timer moves only when it fires."""
        self._deadline = self.loop.time() + seconds
        handle = self._timeout_handle
        if handle is None or handle.when() > self._deadline:
            if handle is not None:
                handle.cancel()
            self._timeout_handle = self.loop.call_at(self._deadline, self._on_timer)

    def disarm(self) -> None:
        """Let the client wait for us as long as it takes."""
        self._deadline = math.inf

    def _on_timer(self) -> None:
        now = self.loop.time()
        if self._deadline > now:
            self._timeout_handle = self.loop.call_at(min(self._deadline, now + _LONGEST_TIMER_S), self._on_timer)
        elif self.open:
            self._on_timeout(self)

    # What the event loop and aiosmtpd call

    def data_received(self, data: bytes) -> None:
        """Keep what has come; a client that is ahead of us is held back."""
        self._arrived = self._arrived + data if self._arrived else data
        if len(self._arrived) > _PAUSE_BYTES:
            self.hold_back()
        self._wake()

    def eof_received(self) -> bool:
        """Let the session read what has come, answer it on our side of a half-closed connection, and then close.

        aiosmtpd would cancel the session here, and with it a relay; under uvloop it would also leak the socket when
        the session has not started yet. TLS knows no half-closed connections.
        """
        self._ended = True
        self._wake()
        return self.tls is None

    def connection_lost(self, error: Exception | None) -> None:
        """End the reading, then let aiosmtpd end the session."""
        self._ended = True
        super().connection_lost(error)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _reset_timeout(self, _duration: float | None = None) -> None:
        self.arm(_FIRST_WORDS_S)

    async def _handle_client(self) -> None:
        try:
            await self._serve(self)
        except (ClientGoneError, ConnectionError):
            pass
        finally:
            self._input.clear()
            self.close()
