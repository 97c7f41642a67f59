"""Cluster schema: each module lists its own tables; `gateway cluster init` creates missing ones."""

from __future__ import annotations

from gateway.cluster import heads, nodes, records, repetitions, rules, throttle
from gateway.cluster.database import Connection


def statements() -> tuple[str, ...]:
    """Return the idempotent DDL statements, in order."""
    shared = (*nodes.SCHEMA, *throttle.SCHEMA, *repetitions.SCHEMA)
    return (*shared, *records.SCHEMA, *heads.SCHEMA, *rules.SCHEMA)


def set_up(connection: Connection) -> int:
    """Run all statements in one transaction under an advisory lock; return their number."""
    wanted = statements()
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(7600)")
        for statement in wanted:
            connection.execute(statement.encode())
    return len(wanted)
