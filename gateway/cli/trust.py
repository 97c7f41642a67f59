"""`gateway trust ...`: keep the trust anchors for signatures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import CertsOption, ConfigOption, brief, words

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Gốc tin cậy cho chữ ký / trust anchors.")


def _trust_folder(config: Path | None, certs: Path | None) -> Path:
    from gateway.commands.common import load_configuration
    from gateway.serve.app import SHIPPED_CERTS

    return load_configuration(config, certs=certs).certs or SHIPPED_CERTS


@app.command("list", short_help=brief("trust_list"))
def trust_list(certs: CertsOption = None, config: ConfigOption = None) -> None:
    """Liệt kê gốc tin cậy và CRL / list the anchors and the age of their revocation lists."""
    from gateway.commands.common import user_errors

    with user_errors():
        from gateway.commands.trust import show

        code = show(_trust_folder(config, certs))
    raise typer.Exit(code)


@app.command("check", short_help=brief("trust_check"))
def trust_check(certs: CertsOption = None, config: ConfigOption = None) -> None:
    """Báo thiếu, hết hạn, CRL cũ / say what is missing, expired or stale."""
    from gateway.commands.common import user_errors

    with user_errors():
        from gateway.commands.trust import check as run

        code = run(_trust_folder(config, certs))
    raise typer.Exit(code)


@app.command("add", short_help=brief("trust_add"))
def trust_add(
    sources: Annotated[list[Path], typer.Argument(help=words("anchors"))],
    certs: CertsOption = None,
    config: ConfigOption = None,
    sha256: Annotated[str | None, typer.Option(help=words("fingerprint"))] = None,
) -> None:
    """Thêm gốc tin cậy sau khi so dấu vân tay / add an anchor after comparing its fingerprint."""
    from gateway.commands.common import user_errors

    with user_errors():
        from gateway.commands.trust import add

        code = add(_trust_folder(config, certs), sources, sha256=sha256)
    raise typer.Exit(code)


@app.command("update", short_help=brief("trust_update"))
def trust_update(certs: CertsOption = None, config: ConfigOption = None) -> None:
    """Tải danh sách thu hồi / fetch the revocation lists that the manifest names."""
    from gateway.commands.common import user_errors

    with user_errors():
        from gateway.commands.trust import update

        code = update(_trust_folder(config, certs))
    raise typer.Exit(code)
