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
    from gateway.commands.reference import schema

    print(schema())
    return 0


@command(app, "reference")
def config_reference() -> int:
    """In mọi khóa của gateway.yaml và mọi cài đặt chính sách / print every key and every setting of a policy."""
    from gateway.commands.reference import reference

    print(reference(), end="")
    return 0
