"""`gateway directory find | import`."""

from __future__ import annotations

from pathlib import Path

from gateway.commands.common import print_result
from gateway.commands.progress import progress
from gateway.errors import UserError
from gateway.identity import commands
from gateway.texts.catalogue import both


def find(path: Path | None, query: str) -> int:
    """Look up an address or words of a unit."""
    if path is None:
        raise UserError(both("start", "directory", "which"))
    return print_result(*commands.find(path, query))


def convert(source: Path, target: Path) -> int:
    """Make a directory file from CSV."""
    with progress("directory", None) as tick:
        result = commands.import_file(source, target, tick=tick)
    return print_result(*result)


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
        raise UserError(both("start", "directory", "password", path=password_file)) from None
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
    return print_result(*result)
