"""Cluster schema: each module lists its own tables; `gateway cluster init` creates missing ones."""

from __future__ import annotations

from typing import Final

from gateway.cluster import heads, nodes, records, repetitions, rules, throttle, waivers
from gateway.cluster.database import Connection, failures, reason_of
from gateway.texts.catalogue import both

VERSION: Final = 6
"""Greater with each change of `statements`."""
_DENIED: Final = "42501"
_OWN: Final = (
    """CREATE TABLE IF NOT EXISTS cluster_schema (
      one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL)""",
)


def statements() -> tuple[str, ...]:
    """Return the idempotent DDL statements, in order."""
    shared = (*_OWN, *nodes.SCHEMA, *throttle.SCHEMA, *repetitions.SCHEMA)
    return (*shared, *records.SCHEMA, *heads.SCHEMA, *rules.SCHEMA, *waivers.SCHEMA)


def set_up(connection: Connection) -> int:
    """Run all statements in one transaction under an advisory lock; return their number."""
    wanted = statements()
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(7600)")
        for statement in wanted:
            connection.execute(statement.encode())
        connection.execute(
            "INSERT INTO cluster_schema (version) VALUES (%s)"
            " ON CONFLICT (one) DO UPDATE SET version = greatest(cluster_schema.version, excluded.version)",
            (VERSION,),
        )
    return len(wanted)


def outdated(connection: Connection) -> str:
    """Return in words that tables or rights are missing, or are those of an earlier release, with the remedy; empty otherwise."""
    try:
        row = connection.execute("SELECT version FROM cluster_schema").fetchone()
    except failures() as error:
        if getattr(error, "sqlstate", "") == _DENIED:
            return both("cluster", "init", "denied", error=reason_of(error))
        row = None  # made before versions were
    if row is None and connection.execute("SELECT to_regclass('record') IS NULL").fetchone() == (True,):
        return both("cluster", "init", "none")
    found = int(row[0]) if row is not None else 1
    return both("cluster", "init", "outdated", found=found, wanted=VERSION) if found < VERSION else ""
