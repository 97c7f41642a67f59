"""The nodes' logs at the centre, as reports and archives read them (as `gateway.report.records.LocalLog`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.audit.chain import HEAD_BYTES, time_of
from gateway.audit.record import Act, read
from gateway.cluster.database import Connection, centre, within
from gateway.cluster.pipelined import Rows
from gateway.cluster.records import LIMIT_BATCH, PATIENCE_S, Link, Shipped, links, nodes_of, shipped
from gateway.config.cluster import NODE, Cluster
from gateway.errors import UserError
from gateway.texts.catalogue import both
from gateway.vietnamese.printed import clean

_STRETCH: Final = 50_000
"""Records looked through by one statement."""
_HEADS: Final = b"""
SELECT seq, substr(body, 1, %s) FROM record WHERE node = %s AND seq BETWEEN %s AND %s ORDER BY seq LIMIT %s
"""
_ACTS: Final = b"""
SELECT seq, body FROM entry JOIN record USING (node, seq) WHERE node <> %s AND tags && %s::text[]
"""
_DIRECTORY: Final = b"""
SELECT body FROM record WHERE node = %s AND seq >= %s AND seq < %s AND position('"kind":"directory"'::bytea IN substr(body, 1, %s)) > 0
ORDER BY seq DESC LIMIT 1
"""


@dataclass(frozen=True)
class NodeLog:
    """One node's log at the centre."""

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
        ((first, last),) = self.rows(b"SELECT min(seq), max(seq) FROM record WHERE node = %s", self.node)
        return first or 1, last or 0

    def heads(self, first: int, last: int) -> Iterator[tuple[int, datetime]]:
        """Yield number and time of records, in order."""
        while rows := self.rows(_HEADS, HEAD_BYTES, self.node, first, last, LIMIT_BATCH):
            yield from ((seq, time_of(bytes(head))) for seq, head in rows)
            first = rows[-1][0] + 1

    def links(self, first: int, last: int) -> Iterator[Link]:
        """Yield number, body and hash of records, in order."""
        return links(self.connection, self.node, first - 1, last)

    def directory_before(self, seq: int) -> bytes | None:
        """Return the last record of a directory before a number."""
        first = self.ends()[0]
        while seq > first:
            if rows := self.rows(_DIRECTORY, self.node, seq - _STRETCH, seq, HEAD_BYTES):
                return bytes(rows[0][0])
            seq -= _STRETCH
        return None

    def has_all(self, until: datetime) -> bool:
        """Return whether the node said, at a time or later, or just now, that nothing of its log was left to ship."""
        return self.shipped is not None and self.shipped.has_all(until, self.now)

    def left(self, before: datetime) -> bool:
        """Return whether the node was retired before a time."""
        return self.shipped is not None and self.shipped.left(before)

    def rows(self, statement: bytes, *values: object) -> Rows:
        """Return the rows of a statement."""
        with within(self.connection, PATIENCE_S):
            return self.connection.execute(statement, values).fetchall()


def others_acts(cluster: Cluster, what: str) -> tuple[int, frozenset[str]]:
    """Return this node's place among all by name, and what acts of a kind by others are about; DatabaseError."""
    with centre(cluster) as connection, within(connection):
        nodes = nodes_of(connection)
        rows = connection.execute(_ACTS, (cluster.node, [f"act:{what}"])).fetchall()
    acts = (read(bytes(body), seq) for seq, body in rows)
    return sum(node < cluster.node for node in nodes), frozenset(act.about for act in acts if isinstance(act, Act))


@contextmanager
def logs_at_the_centre(cluster: Cluster) -> Iterator[dict[str, NodeLog]]:
    """Open the log of each node that the centre has heard of, by name; DatabaseError, and UserError for a name that is none."""
    with centre(cluster) as connection:
        with within(connection, PATIENCE_S):
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
