"""The console of the configuration: its settings, its certificate, its process."""

from __future__ import annotations

from collections.abc import Callable

from gateway.config.console import Console
from gateway.config.sections import Configuration
from gateway.console.process import ConsoleProcess, server_tls
from gateway.console.settings import ConsoleSettings
from gateway.serve.app import tls_files
from gateway.system.door import DoorProcess
from gateway.system.listening import Taken

_HERE = ("localhost", "127.0.0.1", "::1")


def console_settings(console: Console, node: str = "") -> ConsoleSettings:
    """Return the settings of the console."""
    return ConsoleSettings(
        names=tuple(map(str.lower, console.names)) or _HERE,
        node=node,
        networks=console.networks,
        certificate=console.certificate,
        key=console.key,
    )


def check_console(configuration: Configuration) -> None:
    """Load the console's certificate once; UserError when it cannot be used."""
    console = configuration.console
    if console is None or console.certificate is None:
        return
    files = tls_files(console.certificate, console.key, console.listen)
    with configuration.at("console", "certificate"), files:
        server_tls(console_settings(console))


def walled_console(
    console: Console, node: str, taken: Taken, steward: DoorProcess, release: Callable[[], None]
) -> ConsoleProcess:
    """Make the process, which has its sockets and the way to the steward."""
    return ConsoleProcess(taken.sockets, steward.door, console_settings(console, node), release)
