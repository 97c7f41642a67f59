"""Duplicate detection across nodes: a retry that reaches another node is not delivered twice.

An authenticated mail is claimed before its content goes to the next hop; the claim is settled with its outcome. A node
that finds a mail claimed waits briefly for the other node, or answers 451 when that node is dead, until it is back and has
concluded its open mails. During a database outage each node recognises only its own mails.

Each row carries an HMAC by the cluster key, which the database does not have: a row that no node wrote, or that is older
than the window, is ignored. So an attacker in control of the database can cause a second delivery, but neither a 250 for
an unsent mail nor an endless 451.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import sqlite3
import time
from pathlib import Path
from typing import Final, NamedTuple

from gateway.audit.keyed import Keyed
from gateway.audit.lives import is_alive
from gateway.audit.relayed import RelayedLately, fate
from gateway.audit.store import Folder, connect_readonly
from gateway.cluster.database import Database
from gateway.cluster.nodes import ALIVE_S
from gateway.errors import TemporaryError
from gateway.model import Transaction
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.cluster")
SCHEMA: Final = (
    (
        "CREATE TABLE IF NOT EXISTS repetition (key bytea PRIMARY KEY, node text NOT NULL, process text NOT NULL,"
        " reference text NOT NULL, relayed boolean NOT NULL, at timestamptz NOT NULL) WITH (fillfactor = 70)"
    ),
    "ALTER TABLE repetition ADD COLUMN IF NOT EXISTS proof bytea",
    "CREATE INDEX IF NOT EXISTS repetition_sending ON repetition (node) WHERE NOT relayed",
)
WINDOW_S: Final = 900
"""How long a duplicate is recognised and a dead node's claim is valid."""
_CLAIM: Final = f"""
WITH claimed AS (
  INSERT INTO repetition AS held (key, node, process, reference, relayed, at, proof)
  VALUES (%(key)s, %(node)s, %(process)s, %(reference)s, false, clock_timestamp(), %(proof)s)
  ON CONFLICT (key) DO UPDATE SET node = excluded.node, process = excluded.process, reference = excluded.reference,
    relayed = false, at = excluded.at, proof = excluded.proof
  WHERE held.at < clock_timestamp() - interval '{WINDOW_S} seconds'
  RETURNING 1
)
SELECT EXISTS (SELECT FROM claimed), held.node, held.reference, held.relayed, held.proof,
  coalesce(seen.at > clock_timestamp() - interval '{ALIVE_S} seconds', false)
FROM (SELECT 1) AS one LEFT JOIN repetition AS held ON held.key = %(key)s LEFT JOIN node_seen AS seen ON seen.node = held.node
"""  # noqa: S608 - numbers of our own
_RELAYED: Final = """
INSERT INTO repetition (key, node, process, reference, relayed, at, proof)
VALUES (%(key)s, %(node)s, %(process)s, %(reference)s, true, clock_timestamp(), %(proof)s)
ON CONFLICT (key) DO UPDATE SET node = excluded.node, process = excluded.process, reference = excluded.reference,
  relayed = true, at = excluded.at, proof = excluded.proof
"""
_REMOVED: Final = (
    "DELETE FROM repetition WHERE key = %(key)s AND node = %(node)s AND reference = %(reference)s AND NOT relayed"
)
_LEFT: Final = """
SELECT key, process, reference, extract(epoch FROM clock_timestamp() - at)::float
FROM repetition WHERE node = %s AND NOT relayed AND at < clock_timestamp() - interval '3 seconds' LIMIT 500
"""
_SWEEP: Final = f"DELETE FROM repetition WHERE at < now() - interval '{4 * WINDOW_S} seconds'"  # noqa: S608 - a number of our own
_WAIT_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.25
_CONCLUDE_EVERY_S: Final = 3.0
_LONG_S: Final = 60.0
"""A claim of a live process is checked against the log when older than this: its settlement was lost."""
_SWEEP_EVERY: Final = 100
"""Rounds."""
_CLOCKS_S: Final = 120
"""Allowed clock difference between nodes."""
_TIME_BYTES: Final = 8


class Elsewhere(NamedTuple):
    """An identical mail that a node relayed."""

    node: str
    reference: str


class StillSendingError(TemporaryError):
    """A node is sending an identical mail, or died while sending it; the text is the node's name."""


class Repetitions:
    """Claims of one front end."""

    def __init__(self, database: Database, data: Path, *, node: str, process: str) -> None:
        """Prepare; `data` is this node's data folder, `process` this front end's writer name in the log."""
        self._database = database
        self._folder = Folder(data)
        self._keyed = Keyed.of(self._folder)
        self._lately = RelayedLately(self._keyed)
        self._shared = self._keyed.key_id is not None
        self._node = node
        self._process = process
        self._claims: dict[str, bytes] = {}
        """Keys of mails in flight, by reference."""
        self._settling: set[asyncio.Task[None]] = set()

    def key_of(self, transaction: Transaction) -> bytes | None:
        """Return the cluster-wide duplicate key of a mail; None without a login or without a cluster key."""
        login = transaction.session.auth_user
        if login is None or not self._shared:
            return None
        return self._lately.keys(login, transaction.envelope, transaction.sha256)[0]

    async def claim(self, key: bytes, reference: str) -> Elsewhere | None:
        """Claim a mail before it is sent; return an identical relayed mail, if any. StillSendingError."""
        self._claims[reference] = key
        end = time.monotonic() + _WAIT_S
        while True:
            rows = await self._database.ask(_CLAIM, self._values(key, reference, relayed=False))
            if rows is None:
                _LOG.info("sent without asking the cluster: its database did not answer", extra={"mail": reference})
                return None
            claimed, node, earlier, relayed, proof, alive = rows[0]
            if claimed or earlier == reference:
                return None
            if node is not None and not self._proven(bytes(proof or b""), key, node, earlier, relayed=relayed):
                _LOG.error("%s", both("cluster", "fault", "unproven", reference=reference))
                return None
            if relayed:
                del self._claims[reference]
                return Elsewhere(node, earlier)
            if node is not None and (not alive or time.monotonic() > end):
                del self._claims[reference]
                raise StillSendingError(node)
            await asyncio.sleep(_LOOK_EVERY_S)

    def settle(self, reference: str, *, relayed: bool) -> asyncio.Task[None] | None:
        """Settle a mail's claim, once; the task ends when it is stored or the deadline has passed."""
        key = self._claims.pop(reference, None)
        if key is None:
            return None
        told = asyncio.create_task(self._tell(key, reference, relayed=relayed))
        self._settling.add(told)
        told.add_done_callback(self._settling.discard)
        return told

    async def conclude(self) -> None:
        """Settle claims left open by this node's processes, from its log, until cancelled; run by one front end."""
        rounds, log = 0, connect_readonly(self._folder.database)
        while True:
            await asyncio.sleep(_CONCLUDE_EVERY_S)
            rounds += 1
            if rounds % _SWEEP_EVERY == 0:
                await self._database.ask(_SWEEP, within_s=5)
            for key, process, reference, age_s in await self._database.ask(_LEFT, (self._node,), within_s=1) or ():
                with contextlib.suppress(sqlite3.Error, OSError):
                    if age_s < _LONG_S and (process == self._process or is_alive(self._folder, process)):
                        continue
                    relayed = fate(log, reference, [bytes(key)])
                    if relayed is not None:
                        await self._tell(bytes(key), reference, relayed=relayed)

    async def close(self) -> None:
        """Wait up to a second for pending settlements."""
        if self._settling:
            await asyncio.wait(self._settling, timeout=1)

    async def _tell(self, key: bytes, reference: str, *, relayed: bool) -> None:
        await self._database.ask(_RELAYED if relayed else _REMOVED, self._values(key, reference, relayed=relayed))

    def _values(self, key: bytes, reference: str, *, relayed: bool) -> dict[str, object]:
        now = int(time.time()).to_bytes(_TIME_BYTES, "big")
        proof = now + self._proof(now, key, self._node, reference, relayed=relayed)
        return {
            "key": key, "reference": reference, "node": self._node, "process": self._process, "proof": proof,
        }  # fmt: skip

    def _proof(self, moment: bytes, key: bytes, node: str, reference: str, *, relayed: bool) -> bytes:
        words = f"{key.hex()} {node} {reference} {relayed}"
        return self._keyed.proof(moment + words.encode("utf-8", "surrogatepass"))

    def _proven(self, proof: bytes, key: bytes, node: str, reference: str, *, relayed: bool) -> bool:
        """Whether a node of this cluster wrote the row within the window."""
        moment = proof[:_TIME_BYTES]
        age_s = time.time() - int.from_bytes(moment, "big")
        wanted = self._proof(moment, key, node, reference, relayed=relayed)
        return -_CLOCKS_S <= age_s <= WINDOW_S + _CLOCKS_S and hmac.compare_digest(proof[_TIME_BYTES:], wanted)
