"""Daily archives of the nodes' logs at the centre, as self-verifying files (`gateway.audit.archive`)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from gateway.audit.archive import SUFFIX, Header, write_archive
from gateway.audit.store import GENESIS
from gateway.cluster.database import Connection, centre
from gateway.cluster.records import Shipped, links, shipped
from gateway.config.cluster import NODE, Cluster
from gateway.errors import UserError
from gateway.model import VIETNAM
from gateway.system.atomic_file import replace_file, sync_path
from gateway.texts.catalogue import both
from gateway.vietnamese.printed import clean

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
    with centre(cluster) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        nodes, faults = {one.node: one for one in shipped(connection)}, list[str]()
        if odd := [one for one in nodes if not NODE.match(one)]:  # becomes a folder name
            raise UserError(both("cluster", "archive", "odd_node", node=clean(odd[0], limit=100)))
        if node and node not in nodes:
            raise UserError(both("cluster", "archive", "no_node", node=node, nodes=", ".join(nodes) or "-"))
        for one in [nodes[node]] if node else nodes.values():
            try:
                yield _archive(connection, one, day, put, now=now, whole=not node)
            except UserError as error:
                faults.append(str(error))
    if faults:
        raise UserError("\n".join(faults))


def _archive(connection: Connection, shipped: Shipped, day: date, put: Put, *, now: datetime, whole: bool) -> Archived:
    node, key, end = shipped.node, shipped.key, datetime.combine(day + timedelta(days=1), time(), VIETNAM)
    first = _border(connection, node, day) + 1
    last = _border(connection, node, day + timedelta(days=1))
    name = f"{node}/{day}{SUFFIX}"
    # Records shipped later would be in no archive. A later record, or a heartbeat with nothing left to ship, shows that the day is whole.
    ended = (shipped.at is not None and shipped.at >= end) or shipped.has_all(end, now)
    if whole and not ended and not shipped.left(end - timedelta(days=1)):
        at = f"{shipped.at:%Y-%m-%d %H:%M}" if shipped.at is not None else "-"
        raise UserError(both("cluster", "archive", "behind", node=node, day=day, at=at))
    if last < first:
        return Archived(node, name, 0, fresh=False)
    rows = connection.execute(
        "SELECT note FROM checkpoint WHERE node = %s AND size BETWEEN %s AND %s ORDER BY size", (node, first, last)
    )
    notes = [note for (note,) in rows.fetchall()]
    row = connection.execute("SELECT hash FROM record WHERE node = %s AND seq = %s", (node, first - 1)).fetchone()
    before = bytes(row[0]) if row is not None else GENESIS if first == 1 else b""
    header = Header(node=node, day=str(day), first=first, last=last, before=before.hex(), key=key)
    with tempfile.TemporaryDirectory(prefix="gateway-archive-") as folder:
        file = Path(folder) / f"{day}{SUFFIX}"
        write_archive(file, header, notes, links(connection, node, first - 1, last))
        return Archived(node, name, last - first + 1, fresh=put(file, name))


def _border(connection: Connection, node: str, day: date) -> int:
    """Return the last record in the previous day's archive: the size of the first checkpoint that covers that day."""
    begin = datetime.combine(day, time(), VIETNAM)
    row = connection.execute("SELECT min(seq) FROM record WHERE node = %s AND at >= %s", (node, begin)).fetchone()
    least = row[0] if row is not None else None
    oldest, newest = connection.execute(
        "SELECT coalesce(min(seq), 1), coalesce(max(seq), 0) FROM record WHERE node = %s", (node,)
    ).fetchall()[0]
    end = least - 1 if least is not None else newest
    if end < oldest:
        return int(oldest) - 1
    row = connection.execute("SELECT min(size) FROM checkpoint WHERE node = %s AND size >= %s", (node, end)).fetchone()
    if row is None or row[0] is None:
        raise UserError(both("cluster", "archive", "unsigned", node=node, day=day - timedelta(days=1), seq=end))
    return int(row[0])


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
