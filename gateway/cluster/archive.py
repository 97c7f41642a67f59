"""Daily archives of the nodes' logs at the centre, as self-verifying files (`gateway.audit.archive`)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from gateway.audit.archive import SUFFIX, Header, write_archive
from gateway.audit.store import GENESIS
from gateway.cluster.logs import NodeLog, logs_at_the_centre
from gateway.config.cluster import Cluster
from gateway.errors import UserError
from gateway.model import VIETNAM
from gateway.system.atomic_file import replace_file, sync_path
from gateway.texts.catalogue import both

Put = Callable[[Path, str], bool]
"""Stores a finished file under a name (`NODE/DAY.jsonl.zst`); False when it already exists."""


@dataclass(frozen=True)
class Archived:
    """Result of archiving one day of one node."""

    node: str
    name: str
    records: int
    """0 for a day without records, which makes no file."""
    fresh: bool
    """Whether the file is new."""


def archive_day(cluster: Cluster, day: date, put: Put, *, now: datetime, node: str = "") -> Iterator[Archived]:
    """Archive a day (Viet Nam time) of all nodes, or of one; yields each result when its file is stored.

    UserError, and nothing of that node is archived, when the day is not over, the node has not shipped all of it, no checkpoint
    covers its records yet, or its name at the centre is invalid; the other nodes are archived all the same. A `node` that is
    named is archived as far as the centre has it.
    """
    end = datetime.combine(day + timedelta(days=1), time(), VIETNAM)
    if now < end:
        raise UserError(both("cluster", "archive", "not_over", day=day))
    with logs_at_the_centre(cluster) as logs:  # a name becomes that of a folder
        nodes, faults = {name: log for name, log in logs.items() if log.shipped is not None}, list[str]()
        if node and node not in nodes:
            raise UserError(both("cluster", "archive", "no_node", node=node, nodes=", ".join(nodes) or "-"))
        for log in [nodes[node]] if node else nodes.values():
            try:
                yield _archive(log, day, put, whole=not node)
            except UserError as error:
                faults.append(str(error))
    if faults:
        raise UserError("\n".join(faults))


def _archive(log: NodeLog, day: date, put: Put, *, whole: bool) -> Archived:
    assert log.shipped is not None
    node, at, end = log.node, log.shipped.at, datetime.combine(day + timedelta(days=1), time(), VIETNAM)
    first, last = _border(log, day) + 1, _border(log, day + timedelta(days=1))
    name = f"{node}/{day}{SUFFIX}"
    # Records shipped later would be in no archive. A later record, or a heartbeat with nothing left to ship, shows that the day is whole.
    ended = (at is not None and at >= end) or log.has_all(end)
    if whole and not ended and not log.left(end - timedelta(days=1)):
        shown = f"{at:%Y-%m-%d %H:%M}" if at is not None else "-"
        raise UserError(both("cluster", "archive", "behind", node=node, day=day, at=shown))
    if last < first:
        return Archived(node, name, 0, fresh=False)
    sql = b"SELECT note FROM checkpoint WHERE node = %s AND size BETWEEN %s AND %s ORDER BY size"
    notes = [note for (note,) in log.rows(sql, node, first, last)]
    before = next((link.hash for link in log.links(first - 1, first - 1)), GENESIS if first == 1 else b"")
    header = Header(node=node, day=str(day), first=first, last=last, before=before.hex(), key=log.shipped.key)
    with tempfile.TemporaryDirectory(prefix="gateway-archive-") as folder:
        file = Path(folder) / f"{day}{SUFFIX}"
        write_archive(file, header, notes, log.links(first, last))
        return Archived(node, name, last - first + 1, fresh=put(file, name))


def _border(log: NodeLog, day: date) -> int:
    """Return the last record in the previous day's archive: the size of the first checkpoint that covers that day."""
    begin, (oldest, newest) = datetime.combine(day, time(), VIETNAM), log.ends()
    sql = b"SELECT min(seq) FROM record WHERE node = %s AND at >= %s"
    ((least,),) = log.connection.execute(sql, (log.node, begin)).fetchall()  # may look at a whole log
    end = least - 1 if least is not None else newest
    if end < oldest:
        return oldest - 1
    ((size,),) = log.rows(b"SELECT min(size) FROM checkpoint WHERE node = %s AND size >= %s", log.node, end)
    if size is None:
        raise UserError(both("cluster", "archive", "unsigned", node=log.node, day=day - timedelta(days=1), seq=end))
    return int(size)


def into_folder(folder: Path) -> Put:
    """Return a store that writes archives under a folder; a file that is there is never replaced, UserError for another one."""

    def put(file: Path, name: str) -> bool:
        target, content = folder / name, file.read_bytes()
        if target.exists():
            if target.read_bytes() != content:
                raise UserError(both("cluster", "archive", "other", key=target))
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, content, mode=0o600)
        sync_path(target.parent)
        return True

    return put
