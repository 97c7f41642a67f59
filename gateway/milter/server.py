"""Milter listeners of one worker process, over UNIX and TCP sockets: start and drain."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

from gateway.milter.connection import MilterConnection, MilterSettings
from gateway.system.deadlines import Deadlines

BACKLOG = 1024


class MilterServer:
    """One listener. Made and used within one running event loop."""

    def __init__(self, settings: MilterSettings) -> None:
        self._settings = settings
        self._server: asyncio.Server | None = None
        self._connections: set[MilterConnection] = set()
        self._deadlines = Deadlines()

    @property
    def session_count(self) -> int:
        """Open connections, for metrics."""
        return len(self._connections)

    async def start_socket(self, listener: socket.socket) -> None:
        """Listen on a socket that was opened before (several workers share it)."""
        loop = asyncio.get_running_loop()
        if listener.family == socket.AF_UNIX:
            # The path belongs to the process that bound it: other workers listen there, or systemd opens it again.
            kept: dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}
            self._server = await loop.create_unix_server(self._connection, sock=listener, backlog=BACKLOG, **kept)
        else:
            self._server = await loop.create_server(self._connection, sock=listener, backlog=BACKLOG)

    async def drain(self, timeout_s: float) -> None:
        """Stop listening, close idle connections, let messages in flight be answered, close the rest after the limit."""
        if self._server is not None:
            self._server.close()
        connections = tuple(self._connections)
        for connection in connections:
            connection.leave()
        if busy := [connection.work for connection in connections if connection.work is not None]:
            await asyncio.wait(busy, timeout=timeout_s)
        for connection in tuple(self._connections):
            if connection.work is not None:
                connection.abort()

    def _connection(self) -> MilterConnection:
        return MilterConnection(self._settings, self._connections, self._deadlines)
