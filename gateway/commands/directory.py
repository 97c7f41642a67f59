"""`gateway directory lint | find | import`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from gateway.commands.common import EXIT_CANNOT_RUN
from gateway.commands.progress import progress
from gateway.identity import commands
from gateway.model import VIETNAM
from gateway.texts.catalogue import both


def lint(path: Path) -> int:
    """Check a directory file."""
    return _print(commands.lint(path, today=datetime.now(VIETNAM).date()))


def find(path: Path | None, query: str) -> int:
    """Look up an address or words of a unit."""
    if path is None:
        print(f"gateway: {both('start', 'directory', 'which')}", file=sys.stderr)
        return EXIT_CANNOT_RUN
    return _print(commands.find(path, query))


def convert(source: Path, target: Path) -> int:
    """Make a directory file from CSV."""
    with progress("directory", None) as tick:
        result = commands.import_file(source, target, tick=tick)
    return _print(result)


def from_ldap(
    url: str,
    base: str,
    user: str,
    password_file: Path,
    target: Path,
    *,
    office: tuple[str, ...],
    ca_file: Path | None,
    unit_attribute: str = "",
) -> int:
    """Make a directory file from an LDAP server; the password is read from a file, never from the command line."""
    from gateway.identity.ldap_import import LdapSource, import_ldap

    try:
        password = password_file.read_text("utf-8").rstrip("\n")
    except UnicodeDecodeError:
        print(f"gateway: {both('start', 'directory', 'password', path=password_file)}", file=sys.stderr)
        return EXIT_CANNOT_RUN
    source = LdapSource(
        url=url,
        base=base,
        user=user,
        password=password,
        ca_file=ca_file,
        office=office,
        unit_attribute=unit_attribute,
    )
    with progress("ldap", None) as tick:
        result = import_ldap(source, target, tick=tick)
    return _print(result)


def _print(result: commands.CommandResult) -> int:
    print(result.text, file=sys.stderr if result.exit_code == EXIT_CANNOT_RUN else sys.stdout)
    return result.exit_code
