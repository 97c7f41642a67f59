"""`gateway dkim keygen | check`."""

from __future__ import annotations

import sys
from pathlib import Path

from gateway.commands.common import EXIT_CANNOT_RUN
from gateway.identity import dkim_commands
from gateway.identity.commands import CommandResult
from gateway.identity.dkim_sign import Algorithm
from gateway.identity.resolver import Resolver


def keygen(domain: str, selector: str, key: Path, *, algorithm: Algorithm) -> int:
    """Write a new key and show what to publish."""
    return _print(dkim_commands.keygen(domain, selector, key, algorithm=algorithm))


def check(domain: str, selector: str, key: Path) -> int:
    """Compare a key with the DNS."""
    return _print(dkim_commands.check(domain, selector, key, Resolver()))


def _print(result: CommandResult) -> int:
    print(result.text, file=sys.stderr if result.exit_code == EXIT_CANNOT_RUN else sys.stdout)
    return result.exit_code
