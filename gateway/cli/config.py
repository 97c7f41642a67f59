"""`gateway config ...`: the keys of `gateway.yaml`, for editors and for people."""

from __future__ import annotations

import typer

from gateway.cli.options import brief

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Tệp gateway.yaml / the file gateway.yaml.")


@app.command("schema", short_help=brief("config_schema"))
def config_schema() -> None:
    """In lược đồ JSON của gateway.yaml / print the JSON Schema of gateway.yaml, for editors.

    gateway config schema > /etc/gateway/gateway.schema.json
    """
    from gateway.commands.common import user_errors
    from gateway.commands.config import print_schema

    with user_errors():
        code = print_schema()
    raise typer.Exit(code)


@app.command("reference", short_help=brief("config_reference"))
def config_reference() -> None:
    """In mọi khóa của gateway.yaml và mọi cài đặt chính sách / print every key and every setting of a policy."""
    from gateway.commands.common import user_errors
    from gateway.commands.config import print_reference

    with user_errors():
        code = print_reference()
    raise typer.Exit(code)
