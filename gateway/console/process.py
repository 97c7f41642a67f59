"""Process of the console: fresh interpreter, all imports, sandbox, then service."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from asyncio import selector_events
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from gateway.console.app import Console
from gateway.console.client import StewardClient
from gateway.console.server import ConsoleServer
from gateway.console.settings import ConsoleSettings
from gateway.documents.wall.sandbox import SandboxLimits, enter
from gateway.documents.wall.syscalls import SERVING
from gateway.system.interpreter import BARE, own_command
from gateway.system.processors import keep_to_peoples
from gateway.system.supervised import AsideProcess
from gateway.system.tls import server_tls_context

_BACKLOG = 64
_NICE = 5
"""Mail processing has priority over the console."""
_FOREVER = 1 << 40
NAME = "gateway-console"


class Started(Struct, frozen=True, kw_only=True):
    """Arguments of the process, passed on its command line."""

    sockets: tuple[int, ...]
    """Listening descriptors."""
    door: int
    parent: int
    log_level: str
    settings: ConsoleSettings


class ConsoleProcess(AsideProcess):
    """Handle of the console process, owned by the supervisor; a fresh interpreter without the supervisor's memory."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        door: socket.socket,
        settings: ConsoleSettings,
        release: Callable[[], None],
        *,
        begin: str = "gateway.console.begun",
    ) -> None:
        """`release` closes in the child what belongs to others; `begin` is the module whose `main` runs there."""
        super().__init__(NAME, self._exec, release)
        self._sockets = tuple(sockets)
        for one in self._sockets:
            # Inherited by accepted sockets; the sandbox forbids setting it later.
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.listen(_BACKLOG)  # requests wait in the backlog until the process serves
        self._door = door
        self._settings = settings
        self._begin = begin

    def _exec(self) -> None:
        """In the fork: execute the program; only the listed descriptors stay open."""
        os.nice(_NICE)
        keep_to_peoples()
        descriptors = tuple(one.fileno() for one in self._sockets)
        for descriptor in (*descriptors, self._door.fileno()):
            os.set_inheritable(descriptor, True)
        started = Started(
            sockets=descriptors,
            door=self._door.fileno(),
            parent=self._parent,
            log_level=logging.getLevelName(logging.getLogger("gateway").getEffectiveLevel()).lower(),
            settings=self._settings,
        )
        command = own_command(self._begin, msgspec.json.encode(started, enc_hook=str).decode())
        os.execve(command[0], command, BARE)  # noqa: S606 - own program


def server_tls(settings: ConsoleSettings) -> ssl.SSLContext | None:
    """Return the TLS context of the certificate, None without one; OSError or ssl.SSLError when unusable."""
    if settings.certificate is None or settings.key is None:
        return None
    context = server_tls_context(settings.certificate, settings.key)
    context.set_alpn_protocols(["http/1.1"])
    return context


async def served(
    console: Console, sockets: Sequence[socket.socket], door: socket.socket, settings: ConsoleSettings, parent: int
) -> None:
    """Serve until the steward ends."""
    tls = server_tls(settings)
    steward = StewardClient(door, patience_s=settings.patience_s)
    steward.connect()
    door.close()
    console.use(steward)
    server = ConsoleServer(console, settings, tls)
    # The sandbox forbids sendmsg, which could reach any UNIX socket; without it asyncio uses send.
    selector_events._HAS_SENDMSG = False  # type: ignore[attr-defined]  # noqa: SLF001
    await console.warm()
    limits = SandboxLimits(cpu_s=_FOREVER, descriptors=settings.connections + 128, file_bytes=_FOREVER)
    enter(limits, parent=parent, more=SERVING)
    serving = asyncio.create_task(server.serve(list(sockets)))
    gone = asyncio.create_task(steward.gone.wait())
    await asyncio.wait({serving, gone}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
