"""`gateway dkim ...`: make and check DKIM keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Khóa ký DKIM / DKIM keys.")


@app.command("keygen")
def dkim_keygen(
    domain: str,
    selector: str,
    key: Annotated[Path, typer.Argument(help="File to write the private key to; must not exist.")],
    ed25519: Annotated[bool, typer.Option("--ed25519", help="Ed25519 (RFC 8463) instead of RSA.")] = False,
) -> None:
    """Tạo khóa ký DKIM / make a DKIM key and show the record to publish."""
    from gateway.commands.common import user_errors
    from gateway.commands.dkim import keygen

    with user_errors():
        code = keygen(domain, selector, key, algorithm="ed25519-sha256" if ed25519 else "rsa-sha256")
    raise typer.Exit(code)


@app.command("check")
def dkim_check(domain: str, selector: str, key: Path) -> None:
    """So khóa với DNS / compare a key with what the DNS publishes."""
    from gateway.commands.common import user_errors
    from gateway.commands.dkim import check as run

    with user_errors():
        code = run(domain, selector, key)
    raise typer.Exit(code)
