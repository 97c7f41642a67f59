"""HTTP server of the console: uvicorn with limits on slow, numerous or foreign clients."""

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


class Listening(socket.socket):
    """A listening socket that closes connections from other networks, or beyond the limit, before reading."""

    def __init__(self, bound: socket.socket, settings: ConsoleSettings) -> None:
        super().__init__(bound.family, bound.type, 0, fileno=bound.detach())
        self.setblocking(False)
        self._console_settings = settings
        self._counts: Counter[str] = Counter()

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next connection that is admitted."""
        descriptor, peer = self._accept()  # type: ignore[attr-defined]
        found = _Accepted(self._counts, str(peer[0]), socket.socket(self.family, self.type, 0, fileno=descriptor))
        settings = self._console_settings
        if (
            not settings.admits(found.address)
            or self._counts[found.address] > settings.connections_of_one
            or self._counts.total() > settings.connections
        ):
            found.close()
            raise ConnectionAbortedError
        return found, peer


class _Accepted(socket.socket):
    """A connection that is counted until it is closed, also while it shakes hands."""

    def __init__(self, counts: Counter[str], address: str, made: socket.socket) -> None:
        super().__init__(made.family, made.type, 0, fileno=made.detach())
        self.address = address
        self._counts: Counter[str] | None = counts
        counts[address] += 1

    def close(self) -> None:
        """Close it and count it out."""
        super().close()
        counts, self._counts = self._counts, None
        if counts is not None:
            counts[self.address] -= 1
            if not counts[self.address]:
                del counts[self.address]


class Connection(H11Protocol):
    """A browser's connection, cut off when it dawdles."""

    settings: ConsoleSettings
    _deadline: asyncio.TimerHandle | None = None
    _stage: Any = h11.IDLE

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the time of the first request."""
        super().connection_made(transport)
        self._expect(self.settings.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """End all waiting."""
        super().connection_lost(exc)
        self._expect(None)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a request under way has its own deadline."""
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
        """See uvicorn; a connection that is not HTTP ends without a log line."""
        with contextlib.suppress(h11.LocalProtocolError):
            super().handle_events()

    def _watch(self) -> None:
        """Set the deadline of what is expected next; more bytes of the same do not extend it."""
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
    """Serves one listening socket until asked to exit."""

    def __init__(self, app: Any, settings: ConsoleSettings, tls: ssl.SSLContext | None) -> None:
        protocol = type("ConsoleConnection", (Connection,), {"settings": settings})
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
            await loop.create_server(
                connection,
                sock=Listening(one, self._settings),
                ssl=self._tls,
                backlog=64,
                ssl_handshake_timeout=handshake_s,
            )
            for one in sockets or ()
        ]
        self.started = True
