"""Checks of the served certificates before the first client."""

from __future__ import annotations

from pathlib import Path

from gateway.config.sections import Configuration
from gateway.serve.app import server_tls, warn_of_days


def check_certificates(configuration: Configuration) -> tuple[Path, ...]:
    """Load each listener's certificate once, warn of those that expire soon, and return their paths."""
    for number, listener in enumerate(configuration.listeners):
        with configuration.at("listeners", number, "certificate"):
            server_tls(listener)
    check_console(configuration)
    for certificate in configuration.certificates:
        warn_of_days(certificate)
    return tuple(configuration.certificates)


def check_console(configuration: Configuration) -> None:
    """Load the console's certificate once, if there is a console."""
    if configuration.console is not None:
        from gateway.serve import console  # import its libraries only when configured

        console.check_console(configuration)
