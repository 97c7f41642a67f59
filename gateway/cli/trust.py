"""`gateway trust ...`: keep the trust anchors for signatures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import CertsOption, ConfigOption, command, words

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Gốc tin cậy cho chữ ký / trust anchors.")


def _trust_folder(config: Path | None, certs: Path | None) -> Path:
    from gateway.commands.common import load_configuration
    from gateway.serve.app import SHIPPED_CERTS

    return load_configuration(config, certs=certs).certs or SHIPPED_CERTS


@command(app, "list")
def trust_list(certs: CertsOption = None, config: ConfigOption = None) -> int:
    """Liệt kê gốc tin cậy và CRL / list the anchors and the age of their revocation lists."""
    from gateway.commands.trust import show

    return show(_trust_folder(config, certs))


@command(app, "check")
def trust_check(certs: CertsOption = None, config: ConfigOption = None) -> int:
    """Báo thiếu, hết hạn, CRL cũ / say what is missing, expired or stale."""
    from gateway.commands.trust import check as run

    return run(_trust_folder(config, certs))


@command(app, "add")
def trust_add(
    sources: Annotated[list[Path], typer.Argument(help=words("anchors"))],
    certs: CertsOption = None,
    config: ConfigOption = None,
    sha256: Annotated[str | None, typer.Option(help=words("fingerprint"))] = None,
) -> int:
    """Thêm gốc tin cậy sau khi so dấu vân tay / add an anchor after comparing its fingerprint."""
    from gateway.commands.trust import add

    return add(_trust_folder(config, certs), sources, sha256=sha256)


@command(app, "update")
def trust_update(certs: CertsOption = None, config: ConfigOption = None) -> int:
    """Tải danh sách thu hồi / fetch the revocation lists that the manifest names."""
    from gateway.commands.trust import update

    return update(_trust_folder(config, certs))
