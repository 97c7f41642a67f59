"""One connection to the next hop: one command, one reply; streamed content, a hook before the final dot.

An unsolicited reply, a second reply, or malformed bytes make the connection unusable: it is closed and never used for
another command. A failure within the content aborts the connection (TCP reset): after an orderly close the next hop
might keep the partial content. Nothing is logged here and no exception holds a command line: AUTH passes through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import cast

from gateway.nexthop.failures import FailureKind, HopFailedError
from gateway.nexthop.replies import Capabilities, HopReply, MalformedReplyError, ReplyParser
from gateway.nexthop.settings import NextHopSettings
from gateway.system.deadlines import Deadline, Deadlines

_JOIN_BELOW_BYTES = 64 << 10


class Connection(asyncio.Protocol):
    """Client protocol object; made by `connector.connect`."""

    def __init__(self, settings: NextHopSettings, deadlines: Deadlines) -> None:
        self.capabilities = Capabilities()
        self.authenticated = False
        """AUTH was accepted: the connection belongs to one session and is never shared."""
        self.dirty = False
        """MAIL was accepted and the transaction has not ended: RSET before anything else."""
        self.mails = 0
        """Contents sent so far."""
        self.used = False
        """It was pooled idle: the next hop may have closed it unnoticed."""
        self.lost = False
        """`connection_lost` has been called."""
        self.idle_since = 0.0
        self.on_closed: Callable[[], None] | None = None
        self._settings = settings
        self._loop = deadlines.loop
        self._patience = Deadline(deadlines, self._out_of_patience)
        self._parser = ReplyParser()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[HopReply] | None = self._loop.create_future()  # for the banner
        self._failure: HopFailedError | None = None
        self._early: HopReply | None = None
        self._writable: asyncio.Future[None] | None = None
        self._paused = False

    @property
    def usable(self) -> bool:
        """Return whether another command may be sent."""
        transport = self._transport
        return self._failure is None and self._early is None and transport is not None and not transport.is_closing()

    async def banner(self) -> HopReply:
        """Return the greeting."""
        return await self._reply(self._settings.connect_timeout_s)

    def command(self, line: bytes, *, timeout_s: float | None = None) -> Coroutine[None, None, HopReply]:
        """Send one command line (without CRLF) and return its reply; HopFailedError when there is none."""
        if b"\r" in line or b"\n" in line or b"\0" in line:
            raise ValueError("line break or NUL in a command")
        return self._exchange(line + b"\r\n", timeout_s or self._settings.reply_timeout_s)

    async def ask(self, line: bytes) -> HopReply:
        """Send a command whose reply must be 2yz, 4yz or 5yz; anything else is a protocol error."""
        reply = await self.command(line)
        if not (reply.positive or reply.negative):
            raise self._abort(FailureKind.PROTOCOL, f"{reply.code} is no answer")
        return reply

    async def reset(self) -> None:
        """End an open transaction by RSET; HopFailedError, with the connection aborted, when that fails."""
        reply = await self.ask(b"RSET")
        if reply.negative:
            raise self._abort(FailureKind.PROTOCOL, f"{reply.code} in answer to RSET")
        self.dirty = False

    async def data(
        self, prepend: bytes, chunks: Iterable[bytes], before_final_dot: Callable[[], Awaitable[None]]
    ) -> HopReply:
        """Send DATA, `prepend` and the chunks (both dot-stuffed, ended by CRLF), then the dot; return the reply.

        `before_final_dot` is awaited when the content is out but for a small rest, which goes in one packet with the dot;
        nothing is awaited in between. If it raises, or anything fails before the dot, the connection is aborted.
        """
        reply = await self.command(b"DATA")
        if reply.negative:
            return reply
        if reply.code != 354:
            raise self._abort(FailureKind.PROTOCOL, f"{reply.code} in answer to DATA")
        try:
            rest = await self._send_content(prepend, chunks)
            await before_final_dot()
            self._check_sending()
        except _EarlyReplyError as early:
            self.abort()
            return early.reply
        except BaseException:
            self.abort()
            raise
        self.dirty = False
        self.mails += 1
        try:
            reply = await self._exchange(rest + b".\r\n", self._settings.final_reply_timeout_s)
            if not (reply.positive or reply.negative):
                raise self._abort(FailureKind.PROTOCOL, f"{reply.code} in answer to the final dot")
        except HopFailedError as failure:
            failure.after_final_dot = True
            raise
        return reply

    async def start_tls(self) -> None:
        """Send STARTTLS and encrypt; HopFailedError of kind TLS when that cannot be done safely."""
        reply = await self.command(b"STARTTLS", timeout_s=self._settings.connect_timeout_s)
        if reply.code != 220:
            raise self._abort(FailureKind.TLS, f"STARTTLS was refused with {reply.code}")
        if not self.usable or self._parser.pending:
            # CVE-2021-38371 and its kin: bytes after the 220 were not protected and must not count as a reply
            raise self._abort(FailureKind.TLS, "octets followed the answer to STARTTLS")
        assert self._transport is not None
        assert self._settings.tls_context is not None
        self._transport = cast(
            "asyncio.Transport",
            await self._loop.start_tls(
                self._transport,
                self,
                self._settings.tls_context,
                server_hostname=self._settings.server_name or self._settings.host,
                ssl_handshake_timeout=self._settings.connect_timeout_s,
            ),
        )
        self.capabilities = Capabilities()

    def quit(self) -> None:
        """Send QUIT without waiting for the reply."""
        if self._transport is not None and not self._transport.is_closing():
            if self.usable and not self._paused:
                self._transport.write(b"QUIT\r\n")
            self._transport.close()

    def abort(self) -> None:
        """Abort the connection (TCP reset)."""
        if self._failure is None:
            self._failure = HopFailedError(FailureKind.LOST, "connection aborted by us")
        self._patience.end()
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Parse replies and give the expected one to its waiter."""
        try:
            replies = self._parser.feed(data)
        except MalformedReplyError as error:
            self._abort(FailureKind.PROTOCOL, str(error))
            return
        for reply in replies:
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_result(reply)
            elif self._early is None:
                self._early = reply
                self._end_pause()

    def eof_received(self) -> bool:
        """Let the transport close."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail pending waiters."""
        self.lost = True
        self._patience.end()
        self._fail(HopFailedError(FailureKind.LOST, f"connection lost ({type(exc).__name__})" if exc else "closed"))
        if self.on_closed is not None:
            self.on_closed()
            self.on_closed = None

    def pause_writing(self) -> None:
        """Pause sending content."""
        self._paused = True

    def resume_writing(self) -> None:
        """Resume sending content."""
        self._paused = False
        self._end_pause()

    # Helpers

    def _exchange(self, octets: bytes, timeout_s: float) -> Coroutine[None, None, HopReply]:
        """Send bytes and return an awaitable of the reply."""
        if self._failure is not None:
            raise HopFailedError(self._failure.kind, "connection is not usable")
        if self._early is not None or self._parser.pending:
            raise self._abort(FailureKind.PROTOCOL, "reply without a command")
        assert self._transport is not None
        self._waiter = self._loop.create_future()
        self._transport.write(octets)
        return self._reply(timeout_s)

    async def _reply(self, timeout_s: float) -> HopReply:
        assert self._waiter is not None
        self._patience.within(timeout_s)
        try:
            return await self._waiter
        except asyncio.CancelledError:
            self.abort()
            raise
        finally:
            self._patience.off()
            self._waiter = None

    async def _send_content(self, prepend: bytes, chunks: Iterable[bytes]) -> bytes:
        """Send all but a rest of less than `_JOIN_BELOW_BYTES`, which is returned."""
        assert self._transport is not None
        held = prepend
        for chunk in chunks:
            if len(held) + len(chunk) < _JOIN_BELOW_BYTES:
                held += chunk
                continue
            self._check_sending()
            if held:
                self._transport.write(held)
            self._transport.write(chunk)
            held = b""
            if self._paused:
                await self._until_writable()
        self._check_sending()
        return held

    async def _until_writable(self) -> None:
        self._writable = self._loop.create_future()
        self._patience.within(self._settings.block_timeout_s)
        try:
            await self._writable
        finally:
            self._patience.off()
            self._writable = None

    def _end_pause(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    def _out_of_patience(self) -> None:
        self._abort(FailureKind.TIMEOUT, "content not taken in time" if self._writable else "no reply in time")

    def _check_sending(self) -> None:
        """Raise when the next hop failed or replied while content was being sent."""
        if self._early is not None and self._early.negative:
            raise _EarlyReplyError(self._early)
        if self._failure is not None:
            raise HopFailedError(self._failure.kind, "lost within the content")
        if self._early is not None or self._parser.pending:
            raise self._abort(FailureKind.PROTOCOL, "reply within the content")

    def _abort(self, kind: FailureKind, detail: str) -> HopFailedError:
        """Abort the connection, fail pending waiters, and return the failure."""
        failure = HopFailedError(kind, detail)
        self._fail(failure)
        if self._transport is not None:
            self._transport.abort()
        return failure

    def _fail(self, failure: HopFailedError) -> None:
        if self._failure is None:
            self._failure = failure
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(HopFailedError(self._failure.kind, "connection lost"))
        self._end_pause()


class _EarlyReplyError(Exception):
    """The next hop refused the content before it had ended."""

    def __init__(self, reply: HopReply) -> None:
        super().__init__(reply.code)
        self.reply = reply
