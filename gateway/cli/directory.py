"""`gateway directory ...`: check, search and import the directory of mailboxes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import ConfigOption, DirectoryOption

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Danh bạ hộp thư / directory of mailboxes.")


@app.command("lint")
def directory_lint(file: Path) -> None:
    """Kiểm tra danh bạ / check a directory file."""
    from gateway.commands.directory import lint

    raise typer.Exit(lint(file))


@app.command("find")
def directory_find(query: str, directory: DirectoryOption = None, config: ConfigOption = None) -> None:
    """Tra hộp thư hoặc đơn vị / look up an address or a unit."""
    from gateway.commands.common import load_configuration, user_errors
    from gateway.commands.directory import find

    with user_errors():
        code = find(load_configuration(config, directory=directory).directory, query)
    raise typer.Exit(code)


@app.command("import-ldap")
def directory_import_ldap(
    url: Annotated[str, typer.Argument(help="ldaps://host, or ldap://host with StartTLS.")],
    base: Annotated[str, typer.Option(help="Base DN.")],
    user: Annotated[str, typer.Option(help="Bind DN.")],
    password_file: Annotated[Path, typer.Option(help="File with the bind password, mode 0600.")],
    target: Annotated[Path, typer.Argument(help="Directory file to write, JSON.")],
    office: Annotated[list[str] | None, typer.Option(help="Mailboxes of the Office, which LDAP does not mark.")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="PEM bundle of the server's CA.")] = None,
) -> None:
    """Lấy danh bạ từ LDAP / make a directory file from an LDAP server."""
    from gateway.commands.common import user_errors
    from gateway.commands.directory import from_ldap

    with user_errors():
        code = from_ldap(url, base, user, password_file, target, office=tuple(office or ()), ca_file=ca_file)
    raise typer.Exit(code)


@app.command("import")
def directory_import(
    source: Annotated[Path, typer.Argument(help="CSV with a header line.")],
    target: Annotated[Path, typer.Argument(help="Directory file to write, as JSON.")],
) -> None:
    """Chuyển từ CSV / make a directory file from CSV."""
    from gateway.commands.directory import convert

    raise typer.Exit(convert(source, target))
