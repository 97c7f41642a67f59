"""`gateway cluster init | key | signing-key | archive | prune | checkpoint`: tables, keys, archives, and the heads of all logs."""

from __future__ import annotations

import logging
import signal
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from gateway.audit.cosign import Cosigning
from gateway.audit.keyed import key_id
from gateway.cluster.archive import archive_day, into_folder
from gateway.cluster.database import DatabaseError, centre
from gateway.cluster.heads import HeadsSource, sign_heads
from gateway.cluster.keys import make_key, signing_key
from gateway.cluster.retention import prune
from gateway.cluster.schema import set_up
from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.serve.cosigning import witnesses_of
from gateway.system import logs
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.cluster")
_EARLY: float = 0.9
"""Of the period: two machines that take turns would else sign at half the pace."""


def init(configuration: Configuration) -> int:
    """Create the cluster's tables."""
    with centre(cluster_of(configuration), "refused") as connection:
        statements = set_up(connection)
    print(both("cluster", "init", "done", statements=statements))
    return 0


def make_cluster_key(path: Path) -> int:
    """Create the shared cluster key."""
    make_key(path)
    print(both("cluster", "key", "done", path=path, key=key_id(path.read_bytes())))
    return 0


def show_signing_key(path: Path) -> int:
    """Print the verifier keys of a signing key, creating the key when the file is missing."""
    if not path.exists():
        make_key(path)
    for role, setting in (("cluster", "cluster.centre_keys"), ("rules", "cluster.rule_keys")):
        key = signing_key(path, role).verifier
        print(both("cluster", "heads", "key", setting=setting), key, sep="\n")
    return 0


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
    for one in archive_day(cluster_of(configuration), day, put, now=now, node=node):
        key = "done" if one.fresh else "there" if one.records else "empty"
        print(both("cluster", "archive", key, where=to, name=one.name, records=one.records, node=one.node, day=day))
    return 0


def prune_centre(configuration: Configuration, days: int, *, now: datetime) -> int:
    """Remove at the centre what the nodes' retention removed and is older than so many days."""
    with centre(cluster_of(configuration), "refused") as connection:
        for node, count in prune(connection, before=now - timedelta(days=days)):
            print(both("cluster", "prune", "removed", node=node, count=count))
    return 0


def cluster_of(configuration: Configuration) -> Cluster:
    """Return the `cluster` section; UserError when it is missing."""
    if configuration.cluster is None:
        raise UserError(both("cluster", "fault", "no_dsn"))
    return configuration.cluster


def checkpoint(configuration: Configuration, key_file: Path, every_s: int) -> int:
    """Sign every so many seconds until SIGTERM or SIGINT; once when that is 0, with exit code 0 when nothing was new too."""
    key, source = signing_key(key_file, "cluster"), HeadsSource()
    cosigning = Cosigning(witnesses_of(configuration), source)

    def sign(period_s: float) -> tuple[int, list[str]]:
        """Return the size signed, 0 without a new one, and why witnesses did not cosign; TemporaryError."""
        with centre(cluster_of(configuration), "") as source.connection:
            size = sign_heads(source.connection, key, now=datetime.now(UTC), every_s=period_s)
            return size, cosigning.round()

    if not every_s:
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
            _, faults = sign(every_s * _EARLY)
            now = "; ".join(faults)
        except DatabaseError as error:
            now = str(error)
        if now and not trouble:
            _LOG.error("%s", both("cluster", "heads", "away", reason=now))
        elif trouble and not now:
            _LOG.warning("%s", both("cluster", "heads", "back"))
        trouble = now
        ended.wait(every_s)
    return 0
