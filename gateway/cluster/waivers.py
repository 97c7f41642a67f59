"""Table at the centre for the waivers that each node's console decided on (`gateway.pipeline.shared_waivers`)."""

from __future__ import annotations

from typing import Final, NamedTuple

from gateway.cluster.database import Connection

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS node_waivers (
      node text PRIMARY KEY, moment bigint NOT NULL, content bytea NOT NULL, proof bytea NOT NULL)""",
)


class NodeWaivers(NamedTuple):
    """The waivers file of a node."""

    node: str
    moment: int
    """Greater with each change."""
    content: bytes
    proof: bytes


def stored(connection: Connection) -> tuple[NodeWaivers, ...]:
    """Return the files of all nodes; untrusted."""
    rows = connection.execute("SELECT node, moment, content, proof FROM node_waivers ORDER BY node").fetchall()
    return tuple(NodeWaivers(node, moment, bytes(content), bytes(proof)) for node, moment, content, proof in rows)


def store(connection: Connection, one: NodeWaivers) -> None:
    """Store a node's file in place of its last one."""
    connection.execute(
        "INSERT INTO node_waivers VALUES (%s, %s, %s, %s) ON CONFLICT (node)"
        " DO UPDATE SET moment = excluded.moment, content = excluded.content, proof = excluded.proof",
        one,
    )
