"""The console of the configuration: its settings, its certificate, what its process may keep of what it inherits."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Iterable
from itertools import pairwise

from gateway.config.console import Console
from gateway.config.sections import Configuration
from gateway.console.process import ConsoleProcess, console_process, server_tls
from gateway.console.settings import ConsoleSettings
from gateway.errors import UserError
from gateway.system.door import DoorProcess
from gateway.system.listening import Taken
from gateway.texts.catalogue import both, reasons

_HERE = ("localhost", "127.0.0.1", "::1")
_MOST_DESCRIPTORS = 1 << 20


def console_settings(console: Console) -> ConsoleSettings:
    """Return what the console is told."""
    return ConsoleSettings(
        names=console.names or _HERE,
        networks=console.allowed(),
        certificate=console.certificate,
        key=console.key,
    )


def check_console(configuration: Configuration) -> None:
    """Load the console's certificate once; UserError when it cannot be used."""
    console = configuration.console
    if console is None or console.certificate is None:
        return
    with configuration.at("console", "certificate"):
        for path, what in ((console.certificate, "certificate"), (console.key, "key")):
            try:
                if path is not None:
                    path.read_bytes()
            except OSError as error:
                fields = {"path": path, "what": what, "listen": console.listen, "reason": reasons(error)}
                raise UserError(both("start", "start", "tls_file", **fields)) from None
        try:
            server_tls(console_settings(console))
        except (ssl.SSLError, ValueError) as error:
            reason = str(getattr(error, "reason", None) or error)
            fields = {"certificate": console.certificate, "key": console.key, "reason": reason}
            raise UserError(both("start", "start", "tls_pair", **fields)) from None


def walled_console(console: Console, taken: Taken, steward: DoorProcess, release: Callable[[], None]) -> ConsoleProcess:
    """Make the process. Of what it inherits it keeps its sockets and the way to the steward, and nothing else open."""
    bound = taken.sockets or ((taken.reservation,) if taken.reservation is not None else ())
    # Without a protocol: asyncio sets TCP_NODELAY on what it accepts from a socket that names TCP, which the wall refuses.
    sockets = [socket.socket(one.family, one.type, 0, os.dup(one.fileno())) for one in bound]
    kept = (*(one.fileno() for one in sockets), steward.door.fileno())

    def give_back() -> None:
        release()
        keep_open(kept)

    return console_process(sockets, steward.door, console_settings(console), give_back)


def keep_open(descriptors: Iterable[int]) -> None:
    """Close all descriptors of this process but the standard ones and these."""
    for low, high in pairwise([*sorted({0, 1, 2, *descriptors}), _MOST_DESCRIPTORS]):
        os.closerange(low + 1, high)
