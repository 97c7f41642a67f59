"""`gateway cluster ...`: what several gateways share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import ConfigOption, command, words

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Cụm nhiều cổng thư / several gateways that act as one."
)


@command(app, "init")
def cluster_init(config: ConfigOption = None) -> int:
    """Tạo bảng của cụm trong PostgreSQL; chạy lại không sao / make the cluster's tables; running it again does no harm.

    gateway cluster init --config /etc/gateway/gateway.yaml
    """
    from gateway.commands.cluster import init
    from gateway.commands.common import load_configuration

    return init(load_configuration(config))


@command(app, "key")
def cluster_key(file: Annotated[Path, typer.Argument(metavar="FILE", help=words("cluster_key"))]) -> int:
    """Tạo khóa chung của cụm / make the key by which all nodes recognise repetitions and files of confidential mails.

    gateway cluster key /etc/gateway/cluster.key
    """
    from gateway.commands.cluster import make_cluster_key

    return make_cluster_key(file)
