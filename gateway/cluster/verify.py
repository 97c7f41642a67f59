"""Verification of the nodes' logs at the centre: every chain, every checkpoint, and the index rows.

The centre alone cannot show that it was not rewritten as a whole. Witnessed global checkpoints
(`gateway.cluster.heads`), copies of the nodes' checkpoints, and on a node its own log can.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.audit.chain import ends
from gateway.audit.checkpoint import known_checkpoints
from gateway.audit.notes import VerifierKey
from gateway.audit.store import Folder, connect_readonly
from gateway.audit.verifier import Verification, Verifier
from gateway.cluster.database import Connection, centre
from gateway.cluster.heads import HeadsVerification, verify_heads
from gateway.cluster.records import Shipped, nodes_of, not_found, page, retentions, shipped
from gateway.config.cluster import Cluster
from gateway.errors import UserError
from gateway.texts.catalogue import both


@dataclass(frozen=True)
class NodeVerification:
    """Result for one node's log at the centre."""

    node: str
    chain: Verification
    faults: tuple[str, ...]
    """In addition to those of the chain."""
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ClusterVerification:
    """Result for all nodes."""

    nodes: tuple[NodeVerification, ...]
    heads: HeadsVerification
    faults: tuple[str, ...] = ()
    """Not attributable to a known node."""

    @property
    def exit_code(self) -> int:
        """0 intact, 1 tampered with."""
        return int(
            any(one.faults or one.chain.exit_code for one in self.nodes) or bool(self.heads.faults or self.faults)
        )


def verify_cluster(
    cluster: Cluster,
    *,
    data: Path | None = None,
    checkpoints: Iterable[Path] = (),
    keys: Iterable[str] = (),
    witnesses: Iterable[VerifierKey] = (),
    tick: Callable[[int], None] | None = None,
) -> ClusterVerification:
    """Verify the logs of all nodes at the centre; DatabaseError when it cannot be read.

    `data` is this node's data folder, whose log is compared with the centre's; `checkpoints` are copies kept elsewhere;
    `keys` are the trusted verifier keys of nodes; when empty, the keys that the nodes reported to the centre are trusted.
    """
    places, believed = tuple(checkpoints), frozenset(keys)
    with centre(cluster) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")  # one snapshot during concurrent writes
        nodes = tuple(
            _verify_node(connection, one, places, believed, data if one.node == cluster.node else None, tick)
            for one in shipped(connection)
        )
        nameless = sorted(nodes_of(connection) - {one.node for one in nodes})
        centre_keys = [VerifierKey.parse(line) for line in cluster.centre_keys]
        heads = verify_heads(connection, centre_keys, witnesses=witnesses, elsewhere=places)
    faults = tuple(both("cluster", "verify", "nameless", node=node) for node in nameless)
    return ClusterVerification(nodes, heads, faults)


def _verify_node(
    connection: Connection,
    node: Shipped,
    places: tuple[Path, ...],
    believed: frozenset[str],
    data: Path | None,
    tick: Callable[[int], None] | None,
) -> NodeVerification:
    faults: list[str] = []
    notes: list[str] = []
    if believed and node.key not in believed:
        faults.append(both("cluster", "verify", "key", node=node.node, key=node.key))
    if node.fault:
        (faults if node.retired is None else notes).append(node.fault)
    source = _AtTheCentre(connection, node.node)
    try:
        key = VerifierKey.parse(node.key)
    except ValueError:
        raise UserError(both("audit", "fault", "odd_key", path=f"shipper {node.node}")) from None
    installation = key.name.rpartition("/")[2]
    known = [one for place in places for one in known_checkpoints(place)[0]]
    copies = [one for one in known if one.origin.rpartition("/")[2] == installation]
    source.copies = [(one.size, one.note) for one in copies]
    chain = Verifier(source, key.public, (), tick).run(None, ())
    if source.lost is not None:
        faults.append(both("cluster", "verify", "lost", node=node.node, seq=source.lost))
    if data is not None:
        _compare(connection, node.node, data, faults, notes)
    return NodeVerification(node.node, chain, tuple(faults), tuple(notes))


class _AtTheCentre:
    """A node's log at the centre (`gateway.audit.verifier.Source`)."""

    def __init__(self, connection: Connection, node: str) -> None:
        self._connection = connection
        self._node = node
        self.copies: list[tuple[int, str]] = []
        """Copies of checkpoints kept elsewhere."""
        self.lost: int | None = None
        """The first record with wrong index rows."""

    def begin(self) -> None:
        """Return None: a whole log, no archive."""

    def first(self) -> int:
        row = self._connection.execute("SELECT min(seq) FROM record WHERE node = %s", (self._node,)).fetchone()
        return int(row[0] or 1) if row is not None else 1

    def links(self) -> Iterator[tuple[int, bytes, bytes]]:
        last = 0
        while links := page(self._connection, self._node, last):
            yield from links
            last = links[-1].seq
            if self.lost is None:
                try:
                    self.lost = not_found(self._connection, self._node, links)
                except ValueError:
                    self.lost = links[0].seq

    def retentions(self) -> Iterator[bytes]:
        yield from retentions(self._connection, self._node)

    def notes(self) -> list[tuple[int, str]]:
        rows = self._connection.execute(
            "SELECT size, note FROM checkpoint WHERE node = %s ORDER BY size", (self._node,)
        )
        return [(size, note) for size, note in rows.fetchall()] + self.copies

    def facts(self) -> None:
        """Return None: facts are not shipped."""


def _compare(connection: Connection, node: str, data: Path, faults: list[str], notes: list[str]) -> None:
    """Compare this machine's log with the centre's; add faults and notes."""
    log = connect_readonly(Folder(data).database)
    try:
        first, last = ends(log)
        after = first - 1
        while links := page(connection, node, after):
            here: dict[int, tuple[bytes, bytes]] = {
                seq: (body, digest)
                for seq, body, digest in log.execute(
                    "SELECT seq, body, hash FROM record WHERE seq BETWEEN ? AND ?", (links[0].seq, links[-1].seq)
                )
            }
            for link in links:
                if here.get(link.seq) != (link.body, link.hash):
                    key = "other" if link.seq in here else "lacks"
                    faults.append(both("cluster", "verify", key, node=node, seq=link.seq, last=last))
                    return
            after = links[-1].seq
        if after < last:
            notes.append(both("cluster", "verify", "behind", node=node, count=last - after, seq=after))
    except sqlite3.Error as error:
        faults.append(both("cluster", "verify", "unreadable", path=data, reason=error))
    finally:
        log.close()
