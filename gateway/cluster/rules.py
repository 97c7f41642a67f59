"""Cluster rules: signed bundles of policy and directory, their tables at the centre, and the nodes' reports.

    gateway-rules/1
    sequence 12                       increases with each bundle, so the database cannot replay an old one
    at 2026-11-27T08:00:00Z           activation time, on every node
    policy <SHA-256 of policy.yaml>
    directory <SHA-256 of the directory> csv|yaml, or -

    — gateway-rules/5e0c77aa base64 of key id and Ed25519 signature

For a rollback, the older files are published again under a new sequence number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from gateway.audit.notes import SigningKey, VerifierKey, signature_lines
from gateway.cluster.database import Connection
from gateway.errors import GatewayError
from gateway.texts.catalogue import both

SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS rules (sequence bigint PRIMARY KEY, note text NOT NULL)",
    "CREATE TABLE IF NOT EXISTS rules_file (digest text PRIMARY KEY, content bytea NOT NULL)",
    """CREATE TABLE IF NOT EXISTS node_rules (
      node text PRIMARY KEY, at timestamptz NOT NULL, sequence bigint NOT NULL, policies text NOT NULL,
      directory text NOT NULL, fault text NOT NULL, connections integer NOT NULL)""",
)
_TURN: Final = 7602
"""Advisory lock: bundles are stored one after the other."""
_NOTE: Final = re.compile(
    r"(?P<text>gateway-rules/1\nsequence (?P<sequence>[1-9][0-9]{0,17})\n"
    r"at (?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)\n"
    r"policy (?P<policy>[0-9a-f]{64})\ndirectory (?:(?P<directory>[0-9a-f]{64}) (?P<form>csv|yaml)|-)\n)\n(?P<lines>(?:— [^\n]+\n)+)"
)


class BundleError(GatewayError):
    """A bundle cannot be used; the text says why."""


@dataclass(frozen=True)
class Bundle:
    """A signed set of policy and directory."""

    sequence: int
    at: datetime
    policy: str
    """Digest of `policy.yaml`, in hex."""
    directory: str
    """Digest of the directory, in hex; empty without one."""
    form: str
    """Its format, `csv` or `yaml`."""
    note: str
    """The signed text."""

    @property
    def files(self) -> dict[str, str]:
        """Digests of its files, by name."""
        return {"policy.yaml": self.policy} | ({f"directory.{self.form}": self.directory} if self.directory else {})

    @classmethod
    def sign(
        cls, key: SigningKey, sequence: int, at: datetime, policy: bytes, directory: bytes | None, form: str = "csv"
    ) -> Bundle:
        """Return a signed bundle of these files."""
        policy_digest = hashlib.sha256(policy).hexdigest()
        listed = hashlib.sha256(directory).hexdigest() if directory is not None else ""
        stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = (
            f"gateway-rules/1\nsequence {sequence}\nat {stamp}\npolicy {policy_digest}\n"
            f"directory {f'{listed} {form}' if listed else '-'}\n"
        )
        return cls(sequence, datetime.fromisoformat(stamp), policy_digest, listed, form, key.note(text))

    @classmethod
    def parse(cls, note: str, keys: Iterable[VerifierKey]) -> Bundle:
        """Return the bundle of a note signed by one of the keys; BundleError."""
        match = _NOTE.fullmatch(note)
        try:
            at = datetime.fromisoformat(match["at"]) if match is not None else None
        except ValueError:
            at = None
        if match is None or at is None:
            raise BundleError(both("cluster", "rules", "odd"))
        lines = signature_lines(match["lines"])
        if not any(key.signed(match["text"], lines) for key in keys):
            raise BundleError(both("cluster", "rules", "signature", sequence=match["sequence"]))
        directory, form = match["directory"] or "", match["form"] or "csv"
        return cls(int(match["sequence"]), at, match["policy"], directory, form, note)


def publish(
    connection: Connection, key: SigningKey, *, at: datetime, policy: bytes, directory: bytes | None, form: str = "csv"
) -> Bundle:
    """Sign files under the next sequence number and store them at the centre; psycopg.Error."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_TURN,))
        row = connection.execute(
            "SELECT max(sequence) FROM (SELECT sequence FROM rules UNION ALL SELECT sequence FROM node_rules) AS used"
        ).fetchone()
        bundle = Bundle.sign(key, int((row and row[0]) or 0) + 1, at, policy, directory, form)
        store(connection, bundle, (policy,) if directory is None else (policy, directory))
    return bundle


def store(connection: Connection, bundle: Bundle, contents: Iterable[bytes]) -> None:
    """Store a bundle and its files; another one of its number stays."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_TURN,))
        for content in contents:
            connection.execute(
                "INSERT INTO rules_file VALUES (%s, %s)"
                " ON CONFLICT (digest) DO UPDATE SET content = excluded.content",  # repairs a tampered row
                (hashlib.sha256(content).hexdigest(), content),
            )
        connection.execute("INSERT INTO rules VALUES (%s, %s) ON CONFLICT DO NOTHING", (bundle.sequence, bundle.note))


def published(connection: Connection, after: int) -> list[tuple[int, str]]:
    """Return sequence number and note of the bundles after a number, in order."""
    rows = connection.execute("SELECT sequence, note FROM rules WHERE sequence > %s ORDER BY sequence", (after,))
    return [(int(sequence), str(note)) for sequence, note in rows.fetchall()]


def content(connection: Connection, digest: str) -> bytes:
    """Return the content with a digest; BundleError when it is missing or does not match."""
    row = connection.execute("SELECT content FROM rules_file WHERE digest = %s", (digest,)).fetchone()
    found = bytes(row[0]) if row is not None else b""
    if row is None or hashlib.sha256(found).hexdigest() != digest:
        raise BundleError(both("cluster", "rules", "content", digest=digest[:16]))
    return found


class RuleReport(NamedTuple):
    """A node's last report about its rules."""

    node: str
    at: datetime
    sequence: int
    """Of the active bundle; 0 for local files."""
    policies: str
    directory: str
    """With `policies`: digests in force on all its front ends."""
    fault: str
    """Why its rules differ from the cluster's; empty when they agree."""
    connections: int
    """Maximum to the next hop."""


def report(connection: Connection, state: RuleReport) -> None:
    """Store a node's report at the centre."""
    connection.execute(
        "INSERT INTO node_rules VALUES (%s, now(), %s, %s, %s, %s, %s) ON CONFLICT (node) DO UPDATE SET at = now(),"
        " sequence = excluded.sequence, policies = excluded.policies, directory = excluded.directory,"
        " fault = excluded.fault, connections = excluded.connections",
        (state.node, *state[2:]),
    )


def reports(connection: Connection) -> tuple[RuleReport, ...]:
    """Return the last report of each node, ordered by name."""
    rows = connection.execute(
        "SELECT node, at, sequence, policies, directory, fault, connections FROM node_rules ORDER BY node"
    )
    return tuple(RuleReport(*row) for row in rows.fetchall())
