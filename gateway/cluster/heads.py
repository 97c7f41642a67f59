"""Global checkpoints: once a minute the centre signs a Merkle tree over the heads of all nodes' logs.

Table `head` is an append-only log: each minute one row for each node with new records, holding the number and hash of its
last one. Leaf n of an RFC 6962 tree is `node LF seq LF base64(hash) LF`, so witnesses follow one log for the whole cluster:

    gateway-cluster/5e0c77aa          origin: names the key
    5210                              number of heads
    base64 of the root
    2026-11-24T08:00:00Z              extension line: when

Any later edit, truncation or rewrite at the centre of records covered by a cosigned global checkpoint is detected.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.audit.checkpoint import Checkpoint, known_checkpoints, parse_notes
from gateway.audit.cosign import Latest
from gateway.audit.merkle import Range, consistency_proof, leaf_hash, node_hash, peaks
from gateway.audit.notes import SigningKey, VerifierKey, encoded
from gateway.audit.verifier import Witnessed, witnessed_by
from gateway.cluster.database import Connection
from gateway.errors import AuditError
from gateway.texts.catalogue import both

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS head (
      n bigint PRIMARY KEY, node text NOT NULL, seq bigint NOT NULL, hash bytea NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS head_node ON head (node, n)",
    """CREATE TABLE IF NOT EXISTS global_checkpoint (
      size bigint PRIMARY KEY, at timestamptz NOT NULL, note text NOT NULL, peaks bytea NOT NULL,
      cosigned text NOT NULL DEFAULT '')""",
)
ORIGIN: Final = "gateway-cluster/"
_TURN: Final = 7601
"""Advisory lock: one signer at a time."""
_NEW: Final = """
SELECT s.node, r.seq, r.hash FROM shipper s
JOIN LATERAL (SELECT seq, hash FROM record WHERE node = s.node ORDER BY seq DESC LIMIT 1) r ON true
LEFT JOIN LATERAL (SELECT seq FROM head WHERE node = s.node ORDER BY n DESC LIMIT 1) h ON true
WHERE r.seq > coalesce(h.seq, 0) ORDER BY s.node
"""
_OLDEST: Final = "SELECT s.node, (SELECT min(seq) FROM record WHERE node = s.node) FROM shipper s"
_HEADS: Final = """
SELECT head.n, head.node, head.seq, head.hash, record.hash FROM head
LEFT JOIN record ON record.node = head.node AND record.seq = head.seq ORDER BY head.n
"""
_LAST: Final = "SELECT size, at, note, peaks FROM global_checkpoint ORDER BY size DESC LIMIT 1"


def leaf(node: str, seq: int, digest: bytes) -> bytes:
    """Return the leaf of a head."""
    return f"{node}\n{seq}\n{encoded(digest)}\n".encode()


def sign_heads(connection: Connection, key: SigningKey, *, now: datetime, every_s: float = 0) -> int:
    """Sign the current heads; return the tree size, or 0: nothing new, lock held, or `every_s` seconds not elapsed."""
    with connection.transaction():
        turn = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (_TURN,)).fetchone()
        last = connection.execute(_LAST.encode()).fetchone()
        early = last is not None and (now - last[1]).total_seconds() < every_s
        if not (turn and turn[0]) or early:
            return 0
        tree = _range(last[0], last[3]) if last is not None else Range()
        fresh = connection.execute(_NEW.encode()).fetchall()
        if not fresh:
            return 0
        for node, seq, digest in fresh:
            connection.execute("INSERT INTO head VALUES (%s, %s, %s, %s)", (tree.size, node, seq, digest))
            tree.append(leaf_hash(leaf(node, seq, bytes(digest))))
        stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        note = key.note(f"{key.verifier.name}\n{tree.size}\n{encoded(tree.root)}\n{stamp}\n")
        connection.execute(
            "INSERT INTO global_checkpoint (size, at, note, peaks) VALUES (%s, %s, %s, %s)",
            (tree.size, now, note, b"".join(tree.hashes)),
        )
        return tree.size


def _range(size: int, hashes: bytes) -> Range:
    return Range(size, [bytes(hashes[place : place + 32]) for place in range(0, len(hashes), 32)])


class HeadsSource:
    """The log of heads, as witnesses see it (`gateway.audit.cosign.Source`)."""

    connection: Connection
    """Set before a round."""

    def latest(self) -> Latest | None:
        """Return the newest global checkpoint."""
        row = self.connection.execute(_LAST.encode()).fetchone()
        return Latest(row[0], row[2].partition("\n\n")[0] + "\n", row[2]) if row is not None else None

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the consistency proof between two checkpoints; AuditError when `old` is not one of this log."""
        if not 0 < old < new:
            return []
        row = self.connection.execute("SELECT peaks FROM global_checkpoint WHERE size = %s", (old,)).fetchone()
        if row is None:
            raise AuditError(both("cluster", "heads", "foreign", size=old))
        before = dict(zip(peaks(old), _range(old, row[0]).hashes, strict=True))
        rows = self.connection.execute("SELECT node, seq, hash FROM head WHERE n >= %s ORDER BY n", (old,)).fetchall()
        leaves = [leaf_hash(leaf(node, seq, bytes(digest))) for node, seq, digest in rows]

        def node(level: int, n: int) -> bytes:
            if (level, n) in before:
                return before[level, n]
            return leaves[n - old] if level == 0 else node_hash(node(level - 1, 2 * n), node(level - 1, 2 * n + 1))

        return consistency_proof(old, new, node)

    def keep(self, latest: Latest, line: str) -> None:
        """Store a witness's cosignature."""
        self.connection.execute(
            "UPDATE global_checkpoint SET cosigned = cosigned || %s WHERE size = %s", (line, latest.size)
        )


@dataclass(frozen=True)
class HeadsVerification:
    """Result of checking the centre's records against global checkpoints; intact only when `faults` is empty."""

    heads: int
    checkpoints: int
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()
    witnessed: tuple[Witnessed, ...] = ()


def verify_heads(
    connection: Connection,
    keys: Iterable[VerifierKey],
    *,
    witnesses: Iterable[VerifierKey] = (),
    elsewhere: Iterable[Path] = (),
) -> HeadsVerification:
    """Check the records at the centre against every global checkpoint, including those in the files `elsewhere`.

    `keys` are the trusted signers. The caller verifies each node's chain; this verifies that it is the chain each
    checkpoint was signed over. OSError for unreadable files.
    """
    faults: list[str] = []
    found: list[Checkpoint] = []
    for note, lines in connection.execute("SELECT note, cosigned FROM global_checkpoint ORDER BY size").fetchall():
        parsed, odd = parse_notes(f"{note}{lines}")
        found += parsed
        if odd or len(parsed) != 1:
            faults.append(both("cluster", "heads", "odd", words=note[:80]))
    for place in elsewhere:
        found += [one for one in known_checkpoints(place)[0] if one.origin.startswith(ORIGIN)]
    names, checkpoints, cosigned = {key.name: key for key in keys}, dict[str, Checkpoint](), []
    for one in found:
        key = names.get(one.origin)
        if names and not (key is not None and key.signed(one.text, one.lines)):
            faults.append(both("cluster", "heads", "signature", size=one.size, time=one.time))
            continue
        checkpoints[one.text] = one
        cosigned += [(one, line) for line in one.cosigned]
    heads, wrong = _walk(connection, list(checkpoints.values()))
    seen, notes = [], [] if names else [both("cluster", "heads", "no_key")]
    for witness in witnesses:
        saw, bad = witnessed_by(witness, cosigned)
        faults += bad
        if saw is not None:
            seen.append(saw)
        else:
            notes.append(both("audit", "witness", "none", name=witness.name))
    return HeadsVerification(heads, len(checkpoints), (*faults, *wrong), tuple(notes), tuple(seen))


def _walk(connection: Connection, checkpoints: list[Checkpoint]) -> tuple[int, list[str]]:
    """Return the number of heads, and the faults found."""
    claims: dict[int, list[Checkpoint]] = {}
    for one in checkpoints:
        claims.setdefault(one.size, []).append(one)
    oldest: dict[str, int] = dict(connection.execute(_OLDEST.encode()).fetchall())
    tree, last, faults = Range(), dict[str, int](), []
    with connection.transaction(), connection.cursor("heads") as rows:
        rows.itersize = 10_000
        rows.execute(_HEADS.encode())
        for n, node, seq, digest, there in rows:
            if n != tree.size or seq <= last.get(node, 0):
                faults.append(both("cluster", "heads", "order", n=n, node=node, seq=seq))
                break
            last[node] = seq
            if seq >= (oldest.get(node) or 0) and (there is None or bytes(there) != bytes(digest)):
                faults.append(both("cluster", "heads", "gone" if there is None else "other", node=node, seq=seq))
            tree.append(leaf_hash(leaf(node, seq, bytes(digest))))
            other = [one for one in claims.pop(tree.size, ()) if one.head != tree.root]
            faults += [both("cluster", "heads", "root", size=one.size, time=one.time) for one in other]
    for size in sorted(size for size in claims if size > tree.size):
        faults.append(both("cluster", "heads", "cut", size=size, time=claims[size][0].time, heads=tree.size))
        break
    return tree.size, faults
