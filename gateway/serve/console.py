"""The console of the configuration: its settings, its certificate, its process."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from gateway.config.console import Console
from gateway.config.sections import Configuration
from gateway.console.process import ConsoleProcess, server_tls
from gateway.console.settings import ConsoleSettings
from gateway.errors import UserError
from gateway.system.door import DoorProcess
from gateway.system.listening import Taken
from gateway.texts.catalogue import both, reasons

_HERE = ("localhost", "127.0.0.1", "::1")


def console_settings(console: Console) -> ConsoleSettings:
    """Return the settings of the console."""
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
    """Make the process, which has its sockets and the way to the steward."""
    return ConsoleProcess(taken.sockets, steward.door, console_settings(console), release)
