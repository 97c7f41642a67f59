"""`gateway config ...`: the keys of `gateway.yaml`, for editors and for people."""

from __future__ import annotations

import typer

from gateway.cli.options import command

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Tệp gateway.yaml / the file gateway.yaml.")


@command(app, "schema")
def config_schema() -> int:
    """In lược đồ JSON của gateway.yaml / print the JSON Schema of gateway.yaml, for editors.

    gateway config schema > /etc/gateway/gateway.schema.json
    """
    from gateway.commands.config import print_schema

    return print_schema()


@command(app, "reference")
def config_reference() -> int:
    """In mọi khóa của gateway.yaml và mọi cài đặt chính sách / print every key and every setting of a policy."""
    from gateway.commands.config import print_reference

    return print_reference()
