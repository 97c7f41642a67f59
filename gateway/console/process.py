"""The process of the console: started anew, everything it needs is in memory, then the wall closes, then it serves."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
from asyncio import selector_events
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from gateway.console.app import Console
from gateway.console.client import StewardClient
from gateway.console.server import ConsoleServer
from gateway.console.settings import ConsoleSettings
from gateway.documents.wall.sandbox import SandboxLimits, enter
from gateway.documents.wall.syscalls import SERVING
from gateway.system.supervised import SupervisedProcess, end_with

_LOG = logging.getLogger("gateway.console")
_BACKLOG = 64
_NICE = 5
"""Mail goes before people who read about it."""
_FOREVER = 1 << 40
NAME = "gateway-console"
_BOOTSTRAP = (
    "import sys, json; from importlib import import_module; begin, path, words = sys.argv[1:]; "
    "sys.path[:] = json.loads(path); import_module(begin).main(words)"
)


class Started(Struct, frozen=True, kw_only=True):
    """Arguments of the process, from its command line."""

    sockets: tuple[int, ...]
    """Descriptors that listen."""
    door: int
    parent: int
    log_level: str
    settings: dict[str, Any]


class ConsoleProcess:
    """Owned by the supervisor. It is a program started anew: of the supervisor's memory it has nothing."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        door: socket.socket,
        settings: ConsoleSettings,
        release: Callable[[], None],
        *,
        begin: str = "gateway.console.begun",
    ) -> None:
        """Prepare; `sockets` are bound, `release` gives back, in the new process, what belongs to others.

        `begin` is the module whose `main` is the program.
        """
        self._sockets = tuple(sockets)
        for one in self._sockets:
            # Accepted sockets inherit it; the wall refuses to set it later.
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.listen(_BACKLOG)  # who asks before the process is there, or between two of them, waits
        self._door = door
        self._settings = settings
        self._release = release
        self._begin = begin
        self._parent = os.getpid()
        self._process = SupervisedProcess(NAME, self._exec)

    def start(self) -> None:
        """Fork the process."""
        self._process.start()

    def supervise(self) -> bool:
        """Replace a process that died; the owner calls it now and then and on SIGCHLD. True when one had died."""
        return self._process.supervise()

    def close(self) -> None:
        """End the process, which writes nothing."""
        self._process.end(signal.SIGKILL)

    def _exec(self) -> None:
        """Become the program, in the fork; all descriptors but those that it is told of close with that."""
        end_with(self._parent)
        os.nice(_NICE)
        self._release()
        descriptors = tuple(one.fileno() for one in self._sockets)
        for descriptor in (*descriptors, self._door.fileno()):
            os.set_inheritable(descriptor, True)
        started = Started(
            sockets=descriptors,
            door=self._door.fileno(),
            parent=self._parent,
            log_level=logging.getLevelName(logging.getLogger("gateway").getEffectiveLevel()).lower(),
            settings=msgspec.to_builtins(self._settings, enc_hook=str),
        )
        path = [entry or str(Path.cwd()) for entry in sys.path]
        words = [msgspec.json.encode(one).decode() for one in (path, started)]
        # Nothing of the supervisor's environment, where secrets may stand.
        environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        os.execve(sys.executable, [sys.executable, "-I", "-c", _BOOTSTRAP, self._begin, *words], environment)  # noqa: S606 - our own program


def console_process(
    sockets: Sequence[socket.socket], door: socket.socket, settings: ConsoleSettings, release: Callable[[], None]
) -> ConsoleProcess:
    """Return the process that serves the console on bound sockets and asks the steward behind the door."""
    return ConsoleProcess(sockets, door, settings, release)


def server_tls(settings: ConsoleSettings) -> ssl.SSLContext | None:
    """Return the TLS context of the certificate, None without one; OSError or ssl.SSLError when it cannot be used."""
    if settings.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.certificate, settings.key)
    context.set_alpn_protocols(["http/1.1"])
    return context


async def served(
    console: Console, sockets: Sequence[socket.socket], door: socket.socket, settings: ConsoleSettings, parent: int
) -> None:
    """Serve until the steward is gone."""
    tls = server_tls(settings)
    steward = StewardClient(door, patience_s=settings.patience_s)
    steward.connect()
    door.close()
    console.use(steward)
    server = ConsoleServer(console, settings, tls)
    # The wall refuses sendmsg, which could speak to any UNIX socket; asyncio writes with send where it has none.
    selector_events._HAS_SENDMSG = False  # type: ignore[attr-defined]  # noqa: SLF001
    await console.warm()
    limits = SandboxLimits(cpu_s=_FOREVER, descriptors=settings.connections + 128, file_bytes=_FOREVER)
    enter(limits, parent=parent, more=SERVING)
    serving = asyncio.create_task(server.serve(list(sockets)))
    gone = asyncio.create_task(steward.gone.wait())
    await asyncio.wait({serving, gone}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
