"""The nodes' logs at the centre, as the report of a month reads them (as `gateway.report.records.LocalLog`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.audit.chain import HEAD_BYTES, time_of
from gateway.cluster.database import Connection, centre
from gateway.cluster.records import LIMIT_BATCH, Link, Shipped, links, nodes_of, shipped
from gateway.config.cluster import NODE, Cluster
from gateway.errors import UserError
from gateway.texts.catalogue import both
from gateway.vietnamese.printed import clean

_SILENT: Final = timedelta(seconds=30)
"""Three heartbeats of a shipper."""
_HEADS: Final = b"""
SELECT seq, substr(body, 1, %s) FROM record WHERE node = %s AND seq BETWEEN %s AND %s ORDER BY seq LIMIT %s
"""
_DIRECTORY: Final = b"""
SELECT body FROM record WHERE node = %s AND seq < %s AND position('"kind":"directory"'::bytea IN substr(body, 1, %s)) > 0
ORDER BY seq DESC LIMIT 1
"""


@dataclass(frozen=True)
class NodeLog:
    """What the centre has of one node's log."""

    connection: Connection
    node: str
    shipped: Shipped | None
    """None of a node that never reported to the centre that it ships."""
    now: datetime
    """The time of the centre."""
    late = timedelta(minutes=10)
    """By which the clocks of two machines may differ."""

    def ends(self) -> tuple[int, int]:
        """Return the numbers of the oldest and the newest record; 1 and 0 without one."""
        query = "SELECT min(seq), max(seq) FROM record WHERE node = %s"
        first, last = self.connection.execute(query, (self.node,)).fetchall()[0]
        return first or 1, last or 0

    def heads(self, first: int, last: int) -> Iterator[tuple[int, datetime]]:
        """Yield number and time of records, in order."""
        while rows := self.connection.execute(_HEADS, (HEAD_BYTES, self.node, first, last, LIMIT_BATCH)).fetchall():
            yield from ((seq, time_of(bytes(head))) for seq, head in rows)
            first = rows[-1][0] + 1

    def links(self, first: int, last: int) -> Iterator[Link]:
        """Yield number, body and hash of records, in order."""
        return links(self.connection, self.node, first - 1, last)

    def directory_before(self, seq: int) -> bytes | None:
        """Return the last record of a directory before a number."""
        row = self.connection.execute(_DIRECTORY, (self.node, seq, HEAD_BYTES)).fetchone()
        return bytes(row[0]) if row is not None else None

    def has_all(self, until: datetime) -> bool:
        """Return whether the node said, at a time or later, or just now, that nothing of its log was left to ship."""
        one, least = self.shipped, min(until, self.now) - _SILENT
        return one is not None and not one.fault and one.lag == 0 and one.reported >= least


@contextmanager
def logs_at_the_centre(cluster: Cluster) -> Iterator[dict[str, NodeLog]]:
    """Open the log of each node that the centre has heard of, by name; DatabaseError, and UserError for a name that is none."""
    with centre(cluster) as connection:
        connection.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")  # one snapshot, while nodes ship on
        known = {one.node: one for one in shipped(connection)}
        seen = {node for (node,) in connection.execute(b"SELECT node FROM node_seen").fetchall()}
        (now,) = connection.execute(b"SELECT now()").fetchall()[0]
        nodes = sorted({*known, *seen, *nodes_of(connection)})
        if odd := [node for node in nodes if not NODE.match(node)]:
            raise UserError(both("cluster", "archive", "odd_node", node=clean(odd[0], limit=100)))
        if not nodes:
            raise UserError(both("report", "fault", "no_nodes"))
        yield {node: NodeLog(connection, node, known.get(node), now) for node in nodes}
