"""The tables of the cluster: each module lists its own; `gateway cluster init` makes what is missing."""

from __future__ import annotations

from gateway.cluster import heads, nodes, records, repetitions, rules, throttle
from gateway.cluster.database import Connection


def statements() -> tuple[str, ...]:
    """Return what makes the tables, in order; each changes nothing where it was run before."""
    shared = (*nodes.SCHEMA, *throttle.SCHEMA, *repetitions.SCHEMA)
    return (*shared, *records.SCHEMA, *heads.SCHEMA, *rules.SCHEMA)


def set_up(connection: Connection) -> int:
    """Make what is missing, all or nothing, one at a time; return the number of statements."""
    wanted = statements()
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(7600)")
        for statement in wanted:
            connection.execute(statement.encode())
    return len(wanted)
