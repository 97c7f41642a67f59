"""HTTP of the console: uvicorn with limits on clients that are slow, many, or from elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from typing import Any

import h11
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.console.settings import ConsoleSettings

_HEAD_BYTES = 16384
_ROUND_S = 1.0


class Connection(H11Protocol):
    """A browser's connection, cut off when it is not admitted or dawdles."""

    settings: ConsoleSettings
    counts: Counter[str]
    _counted = ""
    _deadline: asyncio.TimerHandle | None = None
    _stage: Any = h11.IDLE

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Admit a client from the networks while there is room."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        settings = self.settings
        if (
            not settings.admits(address)
            or len(self.connections) > settings.connections
            or self.counts[address] >= settings.connections_of_one
        ):
            transport.abort()
            return
        self._counted = address
        self.counts[address] += 1
        self._expect(settings.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it out."""
        super().connection_lost(exc)
        self._expect(None)
        if self._counted:
            self.counts[self._counted] -= 1
            if not self.counts[self._counted]:
                del self.counts[self._counted]
            self._counted = ""

    def data_received(self, data: bytes) -> None:
        """Take octets; a request under way has its own time."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Begin the time of the next request."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Give a client that does not read a last time."""
        super().pause_writing()
        self._expect(self.settings.stall_s)

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        self._expect(None)

    def handle_events(self) -> None:
        """As uvicorn does; what is no HTTP ends without words."""
        with contextlib.suppress(h11.LocalProtocolError):
            super().handle_events()

    def _watch(self) -> None:
        """Set the time of what is expected next; more octets of the same do not lengthen it."""
        state = self.conn.their_state
        if state is self._stage:
            return
        self._stage = state
        settings = self.settings
        self._expect({h11.IDLE: settings.head_s, h11.SEND_BODY: settings.body_s}.get(state))

    def _expect(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if seconds is not None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(seconds, self.transport.abort)


class ConsoleServer(Server):
    """Serves one listening socket until told to exit."""

    def __init__(self, app: Any, settings: ConsoleSettings, tls: ssl.SSLContext | None) -> None:
        counts: Counter[str] = Counter()
        protocol = type("ConsoleConnection", (Connection,), {"settings": settings, "counts": counts})
        config = Config(
            app,
            http=protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=2,
            h11_max_incomplete_event_size=_HEAD_BYTES,
            backlog=64,
        )
        config.load()
        super().__init__(config)
        self._settings = settings
        self._tls = tls

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals as they are: the supervisor ends this process."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve the sockets, with an end to slow handshakes."""
        self.lifespan: Any
        loop = asyncio.get_running_loop()

        def connection() -> asyncio.Protocol:
            protocol: Any = self.config.http_protocol_class
            made: asyncio.Protocol = protocol(
                config=self.config, server_state=self.server_state, app_state={}, _loop=loop
            )
            return made

        handshake_s = self._settings.head_s if self._tls is not None else None
        self.servers = [
            await loop.create_server(connection, sock=one, ssl=self._tls, backlog=64, ssl_handshake_timeout=handshake_s)
            for one in sockets or ()
        ]
        self.started = True
