"""Listeners of one worker process: start, addresses, drain.

Workers share the sockets that the supervisor or systemd bound (`gateway.system.listening`). Those have TCP_NODELAY set: asyncio
sets it only on sockets of its own, and every reply would wait for the client's delayed acknowledgement (40 ms).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Coroutine
from typing import TypedDict

from gateway.model import ListenerKind
from gateway.nexthop.hop import NextHop
from gateway.smtp.admission import LargeMailGate
from gateway.smtp.client import ClientConnection
from gateway.smtp.engine import Condition, Engine, EventHook, EventKind, InternalErrorHook
from gateway.smtp.proxied import IpAddress, ProxiedServer
from gateway.smtp.replies import render, texts_in
from gateway.smtp.session import Session
from gateway.smtp.settings import ListenerSettings, SmtpSettings, address_in
from gateway.smtp.shared import Shared
from gateway.smtp.throttle import Throttle
from gateway.spool import ByteBudget
from gateway.system.deadlines import Deadlines

_TLS_TIMEOUT_S = 15.0
_LAST_WORDS_S = 2.0


class SmtpServer:
    """All SMTP listeners of this process; made and used within one running event loop."""

    def __init__(
        self,
        settings: SmtpSettings,
        engine: Engine,
        hop: NextHop,
        *,
        on_internal_error: InternalErrorHook,
        on_event: EventHook,
        condition: Condition,
        throttle: Throttle,
    ) -> None:
        self._settings = settings
        self._servers: list[asyncio.Server | ProxiedServer] = []
        self._shared = Shared(
            settings=settings,
            engine=engine,
            hop=hop,
            budget=ByteBudget(settings.spool.in_flight_bytes),
            large_mails=LargeMailGate(settings.spool.large_mails_bytes, settings.spool.large_mail_patience_s),
            throttle=throttle,
            on_internal_error=on_internal_error,
            on_event=on_event,
            condition=condition,
            deadlines=Deadlines(),
        )

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each listener, in the order of the settings."""
        return tuple(server.sockets[0].getsockname()[:2] for server in self._servers)

    @property
    def session_count(self) -> int:
        """Number of open sessions, for metrics."""
        return len(self._shared.sessions)

    @property
    def in_flight_bytes(self) -> int:
        """Bytes of content in flight, for metrics."""
        return self._shared.budget.used_bytes

    async def start(self) -> None:
        """Listen on every socket; OSError, with nothing left open, when one is in use."""
        try:
            for listener in self._settings.listeners:
                for opened in listener.sockets:
                    self._servers.append(await self._listen(listener, opened))
        except BaseException:
            for server in self._servers:
                server.close()
            self._servers = []
            raise

    async def drain(self, timeout_s: float) -> None:
        """Stop listening, close idle sessions with 421, finish mails in flight within `timeout_s` seconds."""
        shared = self._shared
        shared.draining = True
        for server in self._servers:
            server.close()
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_s
        for session in tuple(shared.sessions):
            if session.idle:
                session.dismiss()
        while shared.sessions and loop.time() < end:
            await asyncio.wait([session.client.finished for session in shared.sessions], timeout=end - loop.time())
        for session in tuple(shared.sessions):
            session.dismiss()
        if running := tuple(shared.running):
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=_LAST_WORDS_S)  # let their engines record the outcomes
        shared.hop.close()

    async def _listen(self, listener: ListenerSettings, opened: socket.socket) -> asyncio.Server | ProxiedServer:
        implicit = listener.tls_context if listener.kind is ListenerKind.SUBMISSIONS else None

        def serve(client: ClientConnection) -> Coroutine[None, None, None]:
            return Session(self._shared, listener, client).run()

        def timed_out(client: ClientConnection) -> None:
            self._shared.report(EventKind.CLIENT_TIMEOUT, str(client.peer))
            client.write(render(texts_in(listener.languages).reply(421, "4.4.2", "timeout")))
            client.close()

        loop, backlog, deadlines = asyncio.get_running_loop(), self._settings.backlog, self._shared.deadlines
        timeout_s = None if implicit is None else _TLS_TIMEOUT_S
        options: _Options = {"ssl": implicit, "ssl_handshake_timeout": timeout_s, "ssl_shutdown_timeout": timeout_s}

        async def serve_behind_header(accepted: socket.socket, address: IpAddress) -> None:
            await loop.connect_accepted_socket(
                lambda: ClientConnection(serve, deadlines, timed_out, address), accepted, **options
            )

        if listener.proxy_protocol:
            opened.listen(backlog)
            opened.setblocking(False)
            return ProxiedServer(
                (opened,),
                serve_behind_header,
                lambda peer: self._shared.report(EventKind.CONNECTION_REFUSED, str(peer), "proxy"),
                trusts=lambda peer: address_in(peer, listener.proxy_networks),
                waiting=self._settings.limits.connections,
            )
        return await loop.create_server(
            lambda: ClientConnection(serve, deadlines, timed_out), sock=opened, backlog=backlog, **options
        )


class _Options(TypedDict):
    ssl: ssl.SSLContext | None
    ssl_handshake_timeout: float | None
    ssl_shutdown_timeout: float | None
