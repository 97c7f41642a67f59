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


@command(app, "signing-key")
def cluster_signing_key(file: Annotated[Path, typer.Argument(metavar="FILE", help=words("signing_key"))]) -> int:
    """Khóa ký, và khóa công khai cho các nút / a key to sign by, made if it is not there, and its public keys for the nodes.

    gateway cluster signing-key /root/cluster-signing.key
    """
    from gateway.commands.cluster import show_signing_key

    return show_signing_key(file)


@command(app, "checkpoint")
def cluster_checkpoint(
    key: Annotated[Path, typer.Option(help=words("signing_key"))],
    every: Annotated[int, typer.Option(min=0, max=86400, metavar="SECONDS", help=words("checkpoint_every"))] = 60,
    config: ConfigOption = None,
) -> int:
    """Ký đầu nhật ký của mọi nút, mỗi phút / sign the heads of all nodes' logs once a minute, and ask witnesses.

    gateway cluster checkpoint --key /etc/gateway/centre.key --config /etc/gateway/gateway.yaml
    """
    from gateway.commands.centre import checkpoint
    from gateway.commands.common import load_configuration

    return checkpoint(load_configuration(config), key, every)
