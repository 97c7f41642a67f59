"""Tables at the centre for every node's log: records, index rows, checkpoints, and shipping progress.

A batch is inserted by one atomic statement, so records and index rows cannot differ. A record is stored once because
(node, seq) is its primary key. docs/audit-format.md is the reference of these tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from gateway.audit import record as r
from gateway.audit.chain import Head
from gateway.audit.index_rows import Rows, Words, take_rows
from gateway.cluster.database import Connection, within
from gateway.cluster.vectors import vector, words_of
from gateway.errors import UserError
from gateway.texts.catalogue import both
from gateway.vietnamese.printed import clean

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS record (
      node text NOT NULL, seq bigint NOT NULL, at timestamptz NOT NULL, body bytea NOT NULL, hash bytea NOT NULL,
      PRIMARY KEY (node, seq))""",
    "CREATE INDEX IF NOT EXISTS record_at ON record USING brin (at)",
    """CREATE TABLE IF NOT EXISTS entry (
      node text NOT NULL, seq bigint NOT NULL, at timestamptz NOT NULL, id text NOT NULL, kind text NOT NULL,
      tags text[] NOT NULL, who tsvector NOT NULL, what tsvector NOT NULL, PRIMARY KEY (node, seq))""",
    "CREATE INDEX IF NOT EXISTS entry_at ON entry (at, node, seq)",
    "CREATE INDEX IF NOT EXISTS entry_id ON entry (id, node)",
    "CREATE INDEX IF NOT EXISTS entry_tags ON entry USING gin (tags)",
    "CREATE INDEX IF NOT EXISTS entry_who ON entry USING gin (who)",
    "CREATE INDEX IF NOT EXISTS entry_what ON entry USING gin (what)",
    "CREATE TABLE IF NOT EXISTS event (id text, node text, seq bigint, PRIMARY KEY (id, node, seq))",
    "CREATE TABLE IF NOT EXISTS checkpoint (node text, size bigint, note text NOT NULL, PRIMARY KEY (node, size))",
    """CREATE TABLE IF NOT EXISTS shipper (
      node text PRIMARY KEY, at timestamptz NOT NULL, key text NOT NULL, fault text NOT NULL)""",
    """ALTER TABLE shipper ADD COLUMN IF NOT EXISTS written bigint, ADD COLUMN IF NOT EXISTS unready text,
      ADD COLUMN IF NOT EXISTS anchors text, ADD COLUMN IF NOT EXISTS retired timestamptz,
      ADD COLUMN IF NOT EXISTS ahead interval""",
)
WHO: Final = ("sender", "recipients", "unit", "other")
"""Columns of `Words` in the vector `who`, by weight from A to D."""
WHAT: Final = ("subject", "files", "subject_exact", "files_exact")
"""The same for the vector `what`."""
LIMIT_TAG: Final = 600
"""Characters of a tag: a PostgreSQL index entry holds 2,700 bytes."""
LIMIT_BATCH: Final = 2_000
PATIENCE_S: Final = 10.0
"""For the answer to one of many statements that read."""
SILENT: Final = timedelta(seconds=45)
"""Without a heartbeat: four of a shipper."""
_LIMIT_ID: Final = 200
_PARTED: Final = b"\x1e"
_JSON: Final = msgspec.json.Encoder()
_SHIP: Final = f"""
WITH node AS MATERIALIZED (SELECT %(node)s::text AS name), records AS (
  INSERT INTO record (node, seq, at, body, hash)
  SELECT node.name, %(first)s::bigint + new.place - 1, new.at::timestamptz, convert_to(new.body, 'UTF8'),
    substr(%(hashes)s::bytea, (32 * new.place - 31)::int, 32)
  FROM node, unnest(string_to_array(%(bodies)s::text, E'\\x1e'), string_to_array(%(stamps)s::text, E'\\x1e'))
    WITH ORDINALITY AS new (body, at, place)
), entries AS (
  INSERT INTO entry (node, seq, at, id, kind, tags, who, what)
  SELECT node.name, new.seq, new.at, new.id, new.kind, new.tags, {vector("new.who")}, {vector("new.what")}
  FROM node, json_to_recordset(%(entries)s::json)
    AS new (seq bigint, at timestamptz, id text, kind text, tags text[], who text[], what text[])
), events AS (
  INSERT INTO event (node, id, seq)
  SELECT node.name, new.id, new.seq FROM node, json_to_recordset(%(events)s::json) AS new (id text, seq bigint)
), states AS (
  UPDATE entry SET tags = entry.tags || found.added
  FROM (
    SELECT judged.node, judged.seq, new.tags AS added
    FROM node, json_to_recordset(%(states)s::json) AS new (id text, tags text[], before bigint), LATERAL (
      SELECT entry.node, entry.seq FROM entry
      WHERE entry.id = new.id AND entry.node = node.name AND entry.kind = 'intent' AND entry.seq < new.before
      ORDER BY entry.seq DESC LIMIT 1
    ) AS judged
  ) AS found
  WHERE entry.node = found.node AND entry.seq = found.seq
)
INSERT INTO checkpoint (node, size, note)
SELECT node.name, new.size, new.note FROM node, json_to_recordset(%(checkpoints)s::json) AS new (size bigint, note text)
ON CONFLICT DO NOTHING
""".encode()  # noqa: S608 - our own words

_DIFFERS: Final = f"""
SELECT min(coalesce(there.seq, new.seq))
FROM json_to_recordset(%(entries)s::json)
  AS new (seq bigint, at timestamptz, id text, kind text, tags text[], who text[], what text[])
FULL JOIN (SELECT * FROM entry WHERE node = %(node)s AND seq BETWEEN %(first)s AND %(last)s) AS there ON there.seq = new.seq
WHERE there.seq IS NULL OR new.seq IS NULL OR there.at <> new.at OR there.id <> new.id OR there.kind <> new.kind
  OR NOT there.tags @> new.tags OR EXISTS (
    SELECT 1 FROM unnest(there.tags) AS more (tag) WHERE more.tag <> ALL (new.tags) AND more.tag NOT LIKE ALL ('{{state:%%,hop:%%}}'))
  OR there.who <> {vector("new.who")} OR there.what <> {vector("new.what")}
""".encode()  # noqa: S608 - our own words

_NODES: Final = b"""
WITH RECURSIVE there AS (
  (SELECT node FROM record ORDER BY node LIMIT 1)
  UNION ALL SELECT (SELECT node FROM record WHERE node > there.node ORDER BY node LIMIT 1) FROM there WHERE there.node <> ''
) SELECT node FROM there WHERE node <> ''
"""
"""One index lookup for each node (loose index scan)."""


class _Entry(Struct):
    seq: int
    at: str
    id: str
    kind: str
    tags: list[str]
    who: list[str]
    what: list[str]


class _Event(Struct):
    id: str
    seq: int


class _State(Struct):
    """Tags of the outcome of a mail that was judged in an earlier batch."""

    id: str
    tags: list[str]
    before: int
    """Sequence number of the outcome; it belongs to the last intent of this reference before it."""


class _Checkpoint(Struct):
    size: int
    note: str


class Link(NamedTuple):
    """A record as stored in a log."""

    seq: int
    body: bytes
    hash: bytes


def place(connection: Connection, node: str) -> Head:
    """Return number and hash of a node's last record at the centre."""
    row = connection.execute(
        "SELECT seq, hash FROM record WHERE node = %s ORDER BY seq DESC LIMIT 1", (node,)
    ).fetchone()
    return Head(row[0], bytes(row[1])) if row is not None else Head()


def page(connection: Connection, node: str, after: int, last: int = 1 << 62) -> list[Link]:
    """Return the next page of a node's records after a number; empty at the end."""
    sql = b"SELECT seq, body, hash FROM record WHERE node = %s AND seq > %s AND seq <= %s ORDER BY seq LIMIT %s"
    with within(connection, PATIENCE_S):
        rows = connection.execute(sql, (node, after, last, LIMIT_BATCH)).fetchall()
    return [Link(seq, bytes(body), bytes(digest)) for seq, body, digest in rows]


def links(connection: Connection, node: str, after: int, last: int) -> Iterator[Link]:
    """Yield a node's records after number `after`, up to `last`."""
    while found := page(connection, node, after, last):
        yield from found
        after = found[-1].seq


def nodes_of(connection: Connection) -> set[str]:
    """Return the nodes that have records at the centre, whether a shipper reported them or not."""
    return {node for (node,) in connection.execute(_NODES).fetchall()}


def retentions(connection: Connection, node: str) -> list[bytes]:
    """Return the bodies of a node's `retention` records, newest first, and maybe some others."""
    rows = connection.execute(
        'SELECT body FROM record WHERE node = %s AND position(\'"kind":"retention"\'::bytea IN body) > 0 ORDER BY seq DESC',
        (node,),
    )
    return [bytes(body) for (body,) in rows.fetchall()]


def last_checkpoint(connection: Connection, node: str) -> int:
    """Return the size of a node's last checkpoint at the centre; 0 without one."""
    row = connection.execute("SELECT max(size) FROM checkpoint WHERE node = %s", (node,)).fetchone()
    return int(row[0] or 0) if row is not None else 0


def ship(connection: Connection, node: str, links: Sequence[Link], notes: Sequence[tuple[int, str]]) -> None:
    """Insert a batch of consecutive records, and checkpoints (size, note); psycopg.Error, and then nothing is inserted."""
    found = Found.of(links)
    values = {
        "entries": found.entries,
        "events": found.events,
        "states": found.states,
        "checkpoints": [_Checkpoint(*note) for note in notes],
    }
    records = {
        "node": node,
        "first": links[0].seq if links else 0,
        "bodies": _PARTED.join([link.body for link in links]).decode(),  # never in JSON
        "stamps": _PARTED.decode().join(found.stamps.values()),
        "hashes": b"".join([link.hash for link in links]),
    }
    connection.execute(_SHIP, records | {name: _JSON.encode(value).decode() for name, value in values.items()})


def not_found(connection: Connection, node: str, links: Sequence[Link]) -> int | None:
    """Return the first of some consecutive records whose index rows at the centre are wrong; None when all are right."""
    found, (first, last) = Found.of(links), (links[0].seq, links[-1].seq)
    values = {"node": node, "first": first, "last": last, "entries": _JSON.encode(found.entries).decode()}
    row = connection.execute(_DIFFERS, values).fetchone()
    if row is not None and row[0] is not None:
        return int(row[0])
    sql = "SELECT id, seq FROM event WHERE node = %s AND seq BETWEEN %s AND %s"
    there = {(name, seq) for name, seq in connection.execute(sql, (node, first, last)).fetchall()}
    return min((seq for _, seq in there ^ {(event.id, event.seq) for event in found.events}), default=None)


@dataclass(frozen=True)
class Found:
    """Index rows of a batch."""

    stamps: dict[int, str]
    """Timestamp by sequence number."""
    entries: list[_Entry]
    events: list[_Event]
    states: list[_State]
    """For mails that were judged in an earlier batch."""

    @classmethod
    def of(cls, links: Sequence[Link]) -> Found:
        """Build the index rows of some records; ValueError for an undecodable body."""
        rows, stamps = Rows(), {}
        for link in links:
            record = r.decode(link.body)
            stamps[link.seq] = record.time
            take_rows(rows, link.seq, record)
        judged: dict[str, list[int]] = {}
        for seq, reference, _, kind in rows.entries:
            if kind == "intent":
                judged.setdefault(reference, []).append(seq)
        here: dict[int, list[str]] = {}
        states: dict[str, _State] = {}
        for tag, reference, seq in rows.outcomes:
            name = _text(reference, _LIMIT_ID)
            mail = max((one for one in judged.get(reference, ()) if one < seq), default=0)
            tags = here.setdefault(mail, []) if mail else states.setdefault(name, _State(name, [], seq)).tags
            tags.append(tag)
        events = [_Event(_text(reference, _LIMIT_ID), seq) for reference, seq in dict.fromkeys(rows.events)]
        return cls(stamps, list(_entries(rows, stamps, here)), events, list(states.values()))


def _entries(rows: Rows, stamps: dict[int, str], states: dict[int, list[str]]) -> Iterator[_Entry]:
    """Yield the entries; a mail whose outcome is in the same batch has its state tags already."""
    tags: dict[int, dict[str, None]] = {}
    for tag, seq in rows.tags:
        tags.setdefault(seq, {})[_text(tag, LIMIT_TAG)] = None
    for seq, reference, _, kind in rows.entries:
        name, words = _text(reference, _LIMIT_ID), rows.words.get(seq, Words())
        own = list(tags.get(seq, ()))
        own += states.get(seq, ())
        who = words_of(words.sender, words.recipients, words.unit, words.other)
        what = words_of(words.subject, words.files, words.subject_exact, words.files_exact)
        yield _Entry(seq, stamps[seq], name, _text(kind, _LIMIT_ID), own, who, what)


def _text(text: str, limit: int) -> str:
    """Return text that PostgreSQL accepts: no NUL, cut to `limit` characters."""
    return text.replace("\0", "\ufffd")[:limit]


def report(connection: Connection, node: str, key: str, fault: str) -> None:
    """Report a shipper's heartbeat, or why it stopped; `key` is the node's verifier key.

    One that stopped replaces no key: it may be a second machine of this name.
    """
    connection.execute(
        "INSERT INTO shipper (node, at, key, fault) VALUES (%s, now(), %s, %s)"
        " ON CONFLICT (node) DO UPDATE SET at = now(), fault = excluded.fault,"
        " key = CASE excluded.fault WHEN '' THEN excluded.key ELSE shipper.key END",
        (node, key, fault),
    )


class State(NamedTuple):
    """Report of a node about itself, beside its log."""

    unready: str | None = None
    """Why it is not ready for mail; empty when it is, None when unknown."""
    anchors: str | None = None
    """Digest of its trust anchors; None when unknown."""


def report_state(connection: Connection, node: str, state: State, *, written: int) -> None:
    """Add a node's state and the number of its last record to its heartbeat."""
    connection.execute(
        "UPDATE shipper SET written = %s, unready = %s, anchors = %s, ahead = %s - now() WHERE node = %s",
        (written, *state, datetime.now(UTC), node),
    )


class Shipped(NamedTuple):
    """Shipping progress of a node, as recorded at the centre."""

    node: str
    reported: datetime
    """Last heartbeat of its shipper."""
    key: str
    """Its verifier key, in one line."""
    fault: str
    """Why shipping stopped; empty while it runs."""
    last: int
    """Number of its last record."""
    at: datetime | None
    """Timestamp of that record."""
    lag: int | None
    """Records that the node had not shipped at its last heartbeat."""
    unready: str | None
    anchors: str | None
    """With `unready`: its `State`."""
    retired: datetime | None
    """Time of its retirement, None if it reported since."""
    ahead: timedelta | None
    """How far its clock is ahead of the centre's; None when unknown."""

    def has_all(self, until: datetime, now: datetime) -> bool:
        """Return whether nothing was left of its log up to a time, or up to now, when it last spoke."""
        spoke = not self.fault and self.reported >= (until if until <= now else now - SILENT)
        return (spoke or self.retired is not None) and self.lag == 0

    def left(self, before: datetime) -> bool:
        """Return whether it was retired before a time."""
        return self.retired is not None and self.retired < before


def shipped(connection: Connection) -> tuple[Shipped, ...]:
    """Return the shipping progress of each node, ordered by name."""
    rows = connection.execute(
        "SELECT s.node, s.reported, s.key, s.fault, coalesce(r.seq, 0), r.at, greatest(0, s.written - coalesce(r.seq, 0)), s.unready,"
        " s.anchors, CASE WHEN s.retired > s.reported THEN s.retired END, s.ahead"
        " FROM (SELECT node, at AS reported, key, fault, written, unready, anchors, retired, ahead FROM shipper) s"
        " LEFT JOIN LATERAL (SELECT seq, at FROM record WHERE record.node = s.node ORDER BY seq DESC LIMIT 1) r ON true"
        " ORDER BY s.node"
    ).fetchall()
    return tuple(Shipped(*row) for row in rows)


def retire(connection: Connection, node: str) -> Shipped | None:
    """Retire a node until it reports again; None for one that never shipped. UserError, psycopg.Error."""
    sql = "SELECT now() - max(at) FROM (SELECT node, at FROM shipper UNION ALL SELECT node, at FROM node_seen) s WHERE node = %s"
    with connection.transaction():
        ((silent,),) = connection.execute(sql.encode(), (node,)).fetchall()
        if silent is None:
            nodes = ", ".join(sorted(nodes_of(connection))) or "-"
            raise UserError(both("cluster", "archive", "no_node", node=clean(node, limit=100), nodes=nodes))
        if silent < SILENT:
            raise UserError(both("cluster", "retire", "alive", node=node))
        connection.execute("UPDATE shipper SET retired = now() WHERE node = %s", (node,))
        connection.execute("DELETE FROM node_seen WHERE node = %s", (node,))
        return next((one for one in shipped(connection) if one.node == node), None)
