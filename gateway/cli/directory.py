"""`gateway directory ...`: check, search and import the directory of mailboxes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import Configured, command, words
from gateway.model import VIETNAM

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Danh bạ hộp thư / directory of mailboxes.")


@command(app, "lint")
def directory_lint(file: Annotated[Path, typer.Argument(help=words("directory_file"))]) -> int:
    """Kiểm tra danh bạ / check a directory file."""
    from gateway.commands.common import print_result
    from gateway.commands.directory import lint

    return print_result(lint(file, today=datetime.now(VIETNAM).date()))


@command(app, "find", "directory")
def directory_find(configuration: Configured, query: Annotated[str, typer.Argument(help=words("query"))]) -> int:
    """Tra hộp thư hoặc đơn vị / look up an address or a unit."""
    from gateway.commands.common import print_result
    from gateway.commands.directory import find

    return print_result(find(configuration.directory_in_use, query))


@command(app, "import-ldap")
def directory_import_ldap(
    url: Annotated[str, typer.Argument(help=words("ldap_url"))],
    base: Annotated[str, typer.Option(help=words("base"))],
    user: Annotated[str, typer.Option(help=words("user"))],
    password_file: Annotated[Path, typer.Option(help=words("password_file"))],
    target: Annotated[Path, typer.Argument(help=words("directory_target"))],
    office: Annotated[list[str] | None, typer.Option(help=words("office"))] = None,
    ca_file: Annotated[Path | None, typer.Option(help=words("ca_file"))] = None,
    unit_attribute: Annotated[str, typer.Option(help=words("ldap_unit"))] = "",
) -> int:
    """Lấy danh bạ từ LDAP / make a directory file from an LDAP server."""
    from gateway.commands.directory import from_ldap

    return from_ldap(
        url, base, user, password_file, target,
        office=tuple(office or ()), ca_file=ca_file, unit_attribute=unit_attribute,
    )  # fmt: skip


@command(app, "import")
def directory_import(
    source: Annotated[Path, typer.Argument(help=words("csv_source"))],
    target: Annotated[Path, typer.Argument(help=words("directory_target"))],
) -> int:
    """Kiểm tra danh bạ CSV, YAML hoặc JSON và ghi lại thành JSON / check a directory and write it as JSON."""
    from gateway.commands.directory import convert

    return convert(source, target)
