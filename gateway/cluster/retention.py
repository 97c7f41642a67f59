"""Retention at the centre: records that a node's own retention removed, and that are old enough, are removed here too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gateway.audit.tree import removals
from gateway.cluster.database import Connection
from gateway.cluster.records import retentions, shipped


def prune(connection: Connection, *, before: datetime) -> Iterator[tuple[str, int]]:
    """Remove the records before a time, with their index; yields each node and how many. psycopg.Error.

    A log is cut only where a `retention` record of its node says that it ends, so what is left verifies. Checkpoints stay.
    """
    for node in [one.node for one in shipped(connection)]:
        ends = [one.last for one in removals(retentions(connection, node))]
        with connection.transaction():
            row = connection.execute(
                "SELECT max(seq) FROM record WHERE node = %s AND seq = ANY(%s) AND at < %s", (node, ends, before)
            ).fetchone()
            last = (row and row[0]) or 0
            for table in ("event", "entry", "record"):
                gone = connection.execute(f"DELETE FROM {table} WHERE node = %s AND seq <= %s".encode(), (node, last))  # noqa: S608
        yield node, gone.rowcount
