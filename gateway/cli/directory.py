"""`gateway directory ...`: check, search and import the directory of mailboxes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import ConfigOption, DirectoryOption, brief, words

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Danh bạ hộp thư / directory of mailboxes.")


@app.command("lint", short_help=brief("directory_lint"))
def directory_lint(file: Annotated[Path, typer.Argument(help=words("directory_file"))]) -> None:
    """Kiểm tra danh bạ / check a directory file."""
    from gateway.commands.common import user_errors
    from gateway.commands.directory import lint

    with user_errors():
        code = lint(file)
    raise typer.Exit(code)


@app.command("find", short_help=brief("directory_find"))
def directory_find(
    query: Annotated[str, typer.Argument(help=words("query"))],
    directory: DirectoryOption = None,
    config: ConfigOption = None,
) -> None:
    """Tra hộp thư hoặc đơn vị / look up an address or a unit."""
    from gateway.commands.common import load_configuration, user_errors
    from gateway.commands.directory import find

    with user_errors():
        code = find(load_configuration(config, directory=directory).directory, query)
    raise typer.Exit(code)


@app.command("import-ldap", short_help=brief("directory_import-ldap"))
def directory_import_ldap(
    url: Annotated[str, typer.Argument(help=words("ldap_url"))],
    base: Annotated[str, typer.Option(help=words("base"))],
    user: Annotated[str, typer.Option(help=words("user"))],
    password_file: Annotated[Path, typer.Option(help=words("password_file"))],
    target: Annotated[Path, typer.Argument(help=words("directory_target"))],
    office: Annotated[list[str] | None, typer.Option(help=words("office"))] = None,
    ca_file: Annotated[Path | None, typer.Option(help=words("ca_file"))] = None,
    unit_attribute: Annotated[str, typer.Option(help=words("ldap_unit"))] = "",
) -> None:
    """Lấy danh bạ từ LDAP / make a directory file from an LDAP server."""
    from gateway.commands.common import user_errors
    from gateway.commands.directory import from_ldap

    with user_errors():
        code = from_ldap(
            url, base, user, password_file, target,
            office=tuple(office or ()), ca_file=ca_file, unit_attribute=unit_attribute,
        )  # fmt: skip
    raise typer.Exit(code)


@app.command("import", short_help=brief("directory_import"))
def directory_import(
    source: Annotated[Path, typer.Argument(help=words("csv_source"))],
    target: Annotated[Path, typer.Argument(help=words("directory_target"))],
) -> None:
    """Chuyển từ CSV / make a directory file from CSV."""
    from gateway.commands.common import user_errors
    from gateway.commands.directory import convert

    with user_errors():
        code = convert(source, target)
    raise typer.Exit(code)
