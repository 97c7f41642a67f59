"""`gateway dkim ...`: make and check DKIM keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import brief, words

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Khóa ký DKIM / DKIM keys.")
DomainArgument = Annotated[str, typer.Argument(help=words("domain"))]
SelectorArgument = Annotated[str, typer.Argument(help=words("selector"))]


@app.command("keygen", short_help=brief("dkim_keygen"))
def dkim_keygen(
    domain: DomainArgument,
    selector: SelectorArgument,
    key: Annotated[Path, typer.Argument(help=words("new_key"))],
    ed25519: Annotated[bool, typer.Option("--ed25519", help=words("ed25519"))] = False,
) -> None:
    """Tạo khóa ký DKIM / make a DKIM key and show the record to publish."""
    from gateway.commands.common import user_errors
    from gateway.commands.dkim import keygen

    with user_errors():
        code = keygen(domain, selector, key, algorithm="ed25519-sha256" if ed25519 else "rsa-sha256")
    raise typer.Exit(code)


@app.command("check", short_help=brief("dkim_check"))
def dkim_check(
    domain: DomainArgument,
    selector: SelectorArgument,
    key: Annotated[Path, typer.Argument(help=words("dkim_key"))],
) -> None:
    """So khóa với DNS / compare a key with what the DNS publishes."""
    from gateway.commands.common import user_errors
    from gateway.commands.dkim import check as run

    with user_errors():
        code = run(domain, selector, key)
    raise typer.Exit(code)
