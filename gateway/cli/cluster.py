"""`gateway cluster ...`: what several gateways share."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import Configured, JsonOption, command, moment, words
from gateway.model import VIETNAM

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Cụm nhiều cổng thư / several gateways that act as one."
)


@command(app, "init")
def cluster_init(configuration: Configured) -> int:
    """Tạo bảng của cụm trong PostgreSQL; chạy lại không sao / make the cluster's tables; running it again does no harm.

    gateway cluster init --config /etc/gateway/gateway.yaml
    """
    from gateway.commands.cluster import init

    return init(configuration)


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
    configuration: Configured,
    key: Annotated[Path, typer.Option(help=words("signing_key"))],
    every: Annotated[int, typer.Option(min=0, max=86400, metavar="SECONDS", help=words("checkpoint_every"))] = 60,
) -> int:
    """Ký đầu nhật ký của mọi nút, mỗi phút / sign the heads of all nodes' logs once a minute, and ask witnesses.

    gateway cluster checkpoint --key /etc/gateway/centre.key --config /etc/gateway/gateway.yaml
    """
    from gateway.commands.cluster import checkpoint

    return checkpoint(configuration, key, every)


@command(app, "publish")
def cluster_publish(
    configuration: Configured,
    policy: Annotated[Path, typer.Argument(metavar="POLICY.yaml", help=words("publish_policy"))],
    key: Annotated[Path, typer.Option(help=words("signing_key"))],
    directory: Annotated[Path | None, typer.Argument(metavar="DIRECTORY.csv", help=words("publish_directory"))] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help=words("publish_at"))] = None,
) -> int:
    """Phát hành quy tắc cho mọi nút / check rules, sign them, and have all nodes judge by them from one moment on.

    gateway cluster publish policy.yaml directory.csv --at 2026-12-01T06:00 --key /root/cluster-signing.key
    """
    from gateway.commands.cluster_rules import publish

    return publish(configuration, policy, directory, key_file=key, at=moment(at))


@command(app, "status")
def cluster_status(configuration: Configured, as_json: JsonOption = False) -> int:
    """Tình trạng mọi nút; mã thoát 1 nếu có nút lệch / what each node does; exit code 1 when one is not as it should be.

    gateway cluster status --config /etc/gateway/gateway.yaml
    """
    from gateway.commands.cluster_rules import status

    return status(configuration, as_json=as_json)


@command(app, "archive")
def cluster_archive(
    configuration: Configured,
    to: Annotated[str, typer.Option(metavar="FOLDER|s3://BUCKET/PREFIX", help=words("archive_to"))],
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help=words("archive_day"))
    ] = None,
    node: Annotated[str, typer.Option(help=words("archive_node"))] = "",
    retain_days: Annotated[int, typer.Option(min=1, max=36500, metavar="DAYS", help=words("retain_days"))] = 1825,
    endpoint: Annotated[str | None, typer.Option(metavar="URL", help=words("endpoint"))] = None,
) -> int:
    """Lưu nhật ký một ngày đã qua của mọi nút thành tệp tự kiểm chứng / archive a day that is over, as files that verify alone.

    gateway cluster archive --to s3://binhtan-audit/gateway --endpoint https://minio.example --config /etc/gateway/gateway.yaml
    """
    from gateway.commands.cluster import archive

    now = datetime.now(VIETNAM)
    wanted = day.date() if day is not None else now.date() - timedelta(days=1)
    return archive(configuration, wanted, to, node=node, retain_days=retain_days, endpoint=endpoint, now=now)


@command(app, "prune")
def cluster_prune(
    configuration: Configured,
    older_than: Annotated[
        int, typer.Option("--older-than", min=1, max=36500, metavar="DAYS", help=words("older_than"))
    ],
) -> int:
    """Xóa ở trung tâm những bản ghi mà các nút đã xóa / remove at the centre old records that the nodes' retention removed.

    gateway cluster prune --older-than 1825 --config /etc/gateway/owner.yaml
    """
    from gateway.commands.cluster import prune_centre

    return prune_centre(configuration, older_than, now=datetime.now(VIETNAM))
