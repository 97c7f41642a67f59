"""`gateway cluster init | key | signing-key | archive | retire | prune | checkpoint`."""

from __future__ import annotations

import logging
import signal
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.audit.acts import record_at_once
from gateway.audit.cosign import Cosigning
from gateway.audit.keyed import key_id
from gateway.audit.record import Act
from gateway.cluster import records
from gateway.cluster.archive import archive_day, into_folder
from gateway.cluster.database import DatabaseError, centre
from gateway.cluster.heads import HeadsSource, sign_heads
from gateway.cluster.keys import make_key, signing_key
from gateway.cluster.retention import prune
from gateway.cluster.schema import set_up
from gateway.commands.common import centre_of
from gateway.commands.console import become_owner
from gateway.commands.options import Configured, command, group, words
from gateway.commands.waiver import steward
from gateway.config.sections import Configuration
from gateway.model import VIETNAM
from gateway.serve.cosigning import witnesses_of
from gateway.system import logs
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.cluster")
_EARLY: float = 0.9
"""Of the period: two machines that take turns would else sign at half the pace."""

app = group("cluster")
KeyOption = Annotated[Path, typer.Option(help=words("signing_key"))]


@command(app, "init")
def init(configuration: Configured) -> int:
    """Tạo bảng của cụm trong PostgreSQL; chạy lại không sao / make the cluster's tables; running it again does no harm.

    gateway cluster init --config /etc/gateway/gateway.yaml
    """
    with centre(centre_of(configuration), "refused") as connection:
        statements = set_up(connection)
    print(both("cluster", "init", "done", statements=statements))
    return 0


@command(app, "key")
def make_cluster_key(file: Annotated[Path, typer.Argument(metavar="FILE", help=words("cluster_key"))]) -> int:
    """Tạo khóa chung của cụm / make the key by which all nodes recognise repetitions and files of confidential mails.

    gateway cluster key /etc/gateway/cluster.key
    """
    make_key(file)
    print(both("cluster", "key", "done", path=file, key=key_id(file.read_bytes())))
    return 0


@command(app, "signing-key")
def show_signing_key(file: Annotated[Path, typer.Argument(metavar="FILE", help=words("signing_key"))]) -> int:
    """Khóa ký, và khóa công khai cho các nút / a key to sign by, made if it is not there, and its public keys for the nodes.

    gateway cluster signing-key /root/cluster-signing.key
    """
    if not file.exists():
        make_key(file)
    for role, setting in (("cluster", "cluster.centre_keys"), ("rules", "cluster.rule_keys")):
        key = signing_key(file, role).verifier
        print(both("cluster", "heads", "key", setting=setting), key, sep="\n")
    return 0


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
    now = datetime.now(VIETNAM)
    wanted = day.date() if day is not None else now.date() - timedelta(days=1)
    return archive(configuration, wanted, to, node=node, retain_days=retain_days, endpoint=endpoint, now=now)


def archive(
    configuration: Configuration,
    day: date,
    to: str,
    *,
    node: str,
    retain_days: int,
    endpoint: str | None,
    now: datetime,
) -> int:
    """Archive a day of the nodes' logs to a folder or an S3 bucket."""
    if to.startswith("s3://"):
        from gateway.cluster.object_store import into_bucket

        put = into_bucket(to, retain_days=retain_days, endpoint=endpoint)
    else:
        put = into_folder(Path(to))
    for one in archive_day(centre_of(configuration), day, put, now=now, node=node):
        key = "done" if one.fresh else "there" if one.records else "empty"
        print(both("cluster", "archive", key, where=to, name=one.name, records=one.records, node=one.node, day=day))
    return 0


@command(app, "retire")
def retire(
    configuration: Configured, node: Annotated[str, typer.Argument(metavar="NODE", help=words("retire_node"))]
) -> int:
    """Ghi rằng một nút đã ngừng hẳn / retire a node: no more records are expected of it.

    gateway cluster retire binhtan-2 --config /etc/gateway/gateway.yaml
    """
    become_owner(configuration.data)
    with centre(centre_of(configuration)) as connection, connection.transaction():
        one = records.retire(connection, node)
        record_at_once(configuration.data, Act(who=steward(), roles=("machine",), what="retire_node", about=node))
    lag, last = (one.lag, one.last) if one is not None else (0, 0)
    print(
        both("cluster", "retire", "done" if lag == 0 else "lost", node=node, last=last, lag="?" if lag is None else lag)
    )
    return 0


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
    return prune_centre(configuration, older_than, now=datetime.now(VIETNAM))


def prune_centre(configuration: Configuration, days: int, *, now: datetime) -> int:
    """Remove at the centre what the nodes' retention removed and is older than so many days."""
    with centre(centre_of(configuration), "refused") as connection:
        for node, count in prune(connection, before=now - timedelta(days=days)):
            print(both("cluster", "prune", "removed", node=node, count=count))
    return 0


@command(app, "checkpoint")
def checkpoint(
    configuration: Configured,
    key: KeyOption,
    every: Annotated[int, typer.Option(min=0, max=86400, metavar="SECONDS", help=words("checkpoint_every"))] = 60,
) -> int:
    """Ký đầu nhật ký của mọi nút, mỗi phút / sign the heads of all nodes' logs once a minute, and ask witnesses.

    gateway cluster checkpoint --key /etc/gateway/centre.key --config /etc/gateway/gateway.yaml
    """
    signer, source = signing_key(key, "cluster"), HeadsSource()
    cosigning = Cosigning(witnesses_of(configuration), source)

    def sign(period_s: float) -> tuple[int, list[str]]:
        """Return the size signed, 0 without a new one, and why witnesses did not cosign; TemporaryError."""
        with centre(centre_of(configuration), "") as source.connection:
            size = sign_heads(source.connection, signer, now=datetime.now(UTC), every_s=period_s)
            return size, cosigning.round()

    if not every:  # once, with exit code 0 when nothing was new too
        size, faults = sign(0)
        print(both("cluster", "heads", "signed", size=size or "-"), *faults, sep="\n")
        return 1 if faults else 0
    logs.configure(configuration.log_level)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    trouble = ""
    while not ended.is_set():
        try:
            _, faults = sign(every * _EARLY)
            now = "; ".join(faults)
        except DatabaseError as error:
            now = str(error)
        if now and not trouble:
            _LOG.error("%s", both("cluster", "heads", "away", reason=now))
        elif trouble and not now:
            _LOG.warning("%s", both("cluster", "heads", "back"))
        trouble = now
        ended.wait(every)
    return 0
