"""`gateway dkim ...`: make and check DKIM keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import command, words

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Khóa ký DKIM / DKIM keys.")
DomainArgument = Annotated[str, typer.Argument(help=words("domain"))]
SelectorArgument = Annotated[str, typer.Argument(help=words("selector"))]


@command(app, "keygen")
def dkim_keygen(
    domain: DomainArgument,
    selector: SelectorArgument,
    key: Annotated[Path, typer.Argument(help=words("new_key"))],
    ed25519: Annotated[bool, typer.Option("--ed25519", help=words("ed25519"))] = False,
) -> int:
    """Tạo khóa ký DKIM / make a DKIM key and show the record to publish."""
    from gateway.commands.common import print_result
    from gateway.commands.dkim import keygen

    return print_result(keygen(domain, selector, key, algorithm="ed25519-sha256" if ed25519 else "rsa-sha256"))


@command(app, "check")
def dkim_check(
    domain: DomainArgument,
    selector: SelectorArgument,
    key: Annotated[Path, typer.Argument(help=words("dkim_key"))],
) -> int:
    """So khóa với DNS / compare a key with what the DNS publishes."""
    from gateway.commands.common import print_result
    from gateway.commands.dkim import check as run

    return print_result(run(domain, selector, key))
