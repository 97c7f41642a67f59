"""`gateway trust ...`: keep the trust anchors for signatures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import Configured, command, words

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Gốc tin cậy cho chữ ký / trust anchors.")


def _folder(configuration: Configured) -> Path:
    from gateway.serve.app import SHIPPED_CERTS

    return configuration.certs or SHIPPED_CERTS


@command(app, "list", "certs")
def trust_list(configuration: Configured) -> int:
    """Liệt kê gốc tin cậy và CRL / list the anchors and the age of their revocation lists."""
    from gateway.commands.trust import show

    return show(_folder(configuration))


@command(app, "check", "certs")
def trust_check(configuration: Configured) -> int:
    """Báo thiếu, hết hạn, CRL cũ / say what is missing, expired or stale."""
    from gateway.commands.trust import check as run

    return run(_folder(configuration))


@command(app, "add", "certs")
def trust_add(
    configuration: Configured,
    sources: Annotated[list[Path], typer.Argument(help=words("anchors"))],
    sha256: Annotated[str | None, typer.Option(help=words("fingerprint"))] = None,
) -> int:
    """Thêm gốc tin cậy sau khi so dấu vân tay / add an anchor after comparing its fingerprint."""
    from gateway.commands.trust import add

    return add(_folder(configuration), sources, sha256=sha256)


@command(app, "update", "certs")
def trust_update(configuration: Configured) -> int:
    """Tải danh sách thu hồi / fetch the revocation lists that the manifest names."""
    from gateway.commands.trust import update

    return update(_folder(configuration))
