"""Duplicate detection across nodes: a retry that reaches another node is not delivered twice.

An authenticated mail is claimed before its content goes to the next hop; the claim is settled with its outcome. A node
that finds a mail claimed waits briefly for the other node, or answers 451 when that node is dead, until it is back and has
concluded its open mails. During a database outage each node recognises only its own mails. An answer that came too late for
the claim still counts until the final dot; a settlement that was not stored is repeated.

Each row carries an HMAC by the cluster key, which the database does not have: a row that no node wrote, or that is older
than the window, is ignored. So an attacker in control of the database can cause a second delivery, but neither a 250 for
an unsent mail nor an endless 451.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import sqlite3
import time
from collections import deque
from pathlib import Path
from typing import Final, NamedTuple

from gateway.audit.keyed import Keyed
from gateway.audit.lives import is_alive
from gateway.audit.relayed import RelayedLately, fate
from gateway.audit.store import Folder, connect_readonly
from gateway.cluster.database import Database
from gateway.cluster.nodes import ALIVE_S
from gateway.cluster.pipelined import Question, Rows
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
"""Time for which a duplicate is recognised and the claim of a dead node is valid."""
_CLAIM: Final = f"""
WITH claimed AS (
  INSERT INTO repetition AS held (key, node, process, reference, relayed, at, proof)
  VALUES ($1, $2, $3, $4, false, clock_timestamp(), $5)
  ON CONFLICT (key) DO UPDATE SET node = excluded.node, process = excluded.process, reference = excluded.reference,
    relayed = false, at = excluded.at, proof = excluded.proof
  WHERE held.at < clock_timestamp() - interval '{WINDOW_S} seconds'
  RETURNING 1
)
SELECT held.node, held.reference, held.relayed, held.proof,
  coalesce(seen.at > clock_timestamp() - interval '{ALIVE_S} seconds', false)
FROM (SELECT 1) AS one LEFT JOIN repetition AS held ON held.key = $1 LEFT JOIN node_seen AS seen ON seen.node = held.node
WHERE NOT EXISTS (SELECT FROM claimed)
"""  # noqa: S608 - numbers of our own
"""No row: claimed. A row without a node: another claim was committed while this one was made, and the next attempt sees it."""
_RELAYED: Final = """
INSERT INTO repetition (key, node, process, reference, relayed, at, proof)
VALUES ($1, $2, $3, $4, true, clock_timestamp() - make_interval(secs => $6), $5)
ON CONFLICT (key) DO UPDATE SET node = excluded.node, process = excluded.process, reference = excluded.reference,
  relayed = true, at = excluded.at, proof = excluded.proof
"""
_REMOVED: Final = "DELETE FROM repetition WHERE key = $1 AND node = $2 AND reference = $3 AND NOT relayed"
_LEFT: Final = """
SELECT key, process, reference, extract(epoch FROM clock_timestamp() - at)::float
FROM repetition WHERE node = $1 AND NOT relayed AND starts_with(process, $2)
  AND at < clock_timestamp() - interval '3 seconds' LIMIT 500
"""
"""Only of this installation."""
SWEEP: Final = f"""
DELETE FROM repetition WHERE key IN
  (SELECT key FROM repetition WHERE at < now() - interval '{4 * WINDOW_S} seconds' LIMIT 50000)
"""  # noqa: S608 - numbers of our own
_WAIT_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.25
_CONCLUDE_EVERY_S: Final = 3.0
_LONG_S: Final = 60.0
"""A claim of a live process is checked against the log when older than this: its settlement was lost."""
_LIMIT_OWED: Final = 10_000
_PAID_AT_ONCE: Final = 100
_CLOCKS_S: Final = 600
"""Allowed clock difference between nodes; an attacker can replay a claim of the same mail for that much longer."""
_TIME_BYTES: Final = 8


class RepeatedError(TemporaryError):
    """Another node relayed an identical mail, or is sending it, or died while sending it."""

    def __init__(self, node: str, reference: str, *, relayed: bool) -> None:
        super().__init__(node)
        self.node = node
        self.reference = reference
        self.relayed = relayed


class _Settled(NamedTuple):
    """End of the claim of a mail."""

    key: bytes
    reference: str
    relayed: bool
    at: float
    """When, of `time.monotonic`."""
    proof: bytes


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
        self._here = f"{_installation(self._folder)}-"
        self._process = self._here + process
        self._claims: dict[str, tuple[bytes, Question | None]] = {}
        """Keys of mails in flight, by reference, with the question whose answer was not waited for."""
        self._owed: deque[_Settled] = deque(maxlen=_LIMIT_OWED)
        """Statements that the database has not stored."""

    def key_of(self, transaction: Transaction) -> bytes | None:
        """Return the cluster-wide duplicate key of a mail; None without a login or without a cluster key."""
        login = transaction.session.auth_user
        if login is None or not self._shared:
            return None
        return self._lately.keys(login, transaction.envelope, transaction.sha256)[0]

    async def claim(self, key: bytes, reference: str) -> None:
        """Claim a mail before it is sent; RepeatedError when it is another node's."""
        values = (key, self._node, self._process, reference, self._proof_now(key, reference, relayed=False))
        end = time.monotonic() + _WAIT_S
        self._claims[reference] = key, None
        while True:
            question = self._database.put(_CLAIM, *values)
            rows = await question.answer
            if rows is None:
                self._claims[reference] = key, question
                _LOG.info("sent without asking the cluster: its database did not answer", extra={"mail": reference})
                return
            if rows and rows[0][0] is None and time.monotonic() < end:
                continue
            found = self._found(rows, key, reference)
            if found is None:
                return
            if found.relayed or not rows[0][-1] or time.monotonic() > end:
                del self._claims[reference]
                raise found
            await asyncio.sleep(_LOOK_EVERY_S)

    def look_again(self, reference: str) -> None:
        """Raise RepeatedError if the answer that `claim` did not wait for has come and says so; just before the final dot."""
        key, question = self._claims.get(reference, (b"", None))
        if question is not None and question.rows is not None:
            found = self._found(question.rows, key, reference)
            if found is not None:
                raise found

    def settle(self, reference: str, *, relayed: bool) -> asyncio.Future[Rows | None] | None:
        """Settle a mail's claim, once; the answer is there when it is stored or the deadline has passed."""
        key, _ = self._claims.pop(reference, (None, None))
        if key is None:
            return None
        return self._report(self._settled(key, reference, relayed=relayed))

    async def live(self, *, concludes: bool) -> None:
        """Repeat settlements that were not stored, until cancelled; one front end of the node also `concludes` dead ones' claims."""
        log = connect_readonly(self._folder.database) if concludes else None
        while True:
            await asyncio.sleep(_CONCLUDE_EVERY_S)
            for _ in range(min(len(self._owed), _PAID_AT_ONCE) if self._database.present else 0):
                owed = self._owed.popleft()
                if time.monotonic() - owed.at < WINDOW_S:
                    self._report(owed)
            if log is not None:
                await self._conclude(log)

    async def _conclude(self, log: sqlite3.Connection) -> None:
        """Settle claims left open by this node's processes, from its log."""
        for key, process, reference, age_s in await self._database.ask(_LEFT, self._node, self._here, within_s=1) or ():
            with contextlib.suppress(sqlite3.Error, OSError):
                name = process.rpartition("-")[2]
                if age_s < _LONG_S and (process == self._process or is_alive(self._folder, name)):
                    continue
                relayed = fate(log, reference, [key])
                if relayed is not None:
                    await self._report(self._settled(key, reference, relayed=relayed))

    def _found(self, rows: Rows, key: bytes, reference: str) -> RepeatedError | None:
        """Return what the answer to a claim says about another node; None when the mail is ours."""
        node, earlier, relayed, proof, _ = rows[0] if rows else (None,) * 5
        if node is None or (node, earlier) == (self._node, reference):
            return None
        if not self._proven(proof or b"", key, node, earlier, relayed=relayed):
            _LOG.error("%s", both("cluster", "fault", "unproven", reference=reference))
            return None
        return RepeatedError(node, earlier, relayed=relayed)

    def _settled(self, key: bytes, reference: str, *, relayed: bool) -> _Settled:
        proof = self._proof_now(key, reference, relayed=True) if relayed else b""
        return _Settled(key, reference, relayed, time.monotonic(), proof)

    def _report(self, settled: _Settled) -> asyncio.Future[Rows | None]:
        """Store a settlement, or owe it."""
        key, reference, relayed, at, proof = settled

        def owe() -> None:
            self._owed.append(settled)

        if not relayed:
            return self._database.put(_REMOVED, key, self._node, reference, unanswered=owe).answer
        values = key, self._node, self._process, reference, proof, time.monotonic() - at
        return self._database.put(_RELAYED, *values, unanswered=owe).answer

    def _proof_now(self, key: bytes, reference: str, *, relayed: bool) -> bytes:
        now = int(time.time()).to_bytes(_TIME_BYTES, "big")
        return now + self._proof(now, key, self._node, reference, relayed=relayed)

    def _proof(self, moment: bytes, key: bytes, node: str, reference: str, *, relayed: bool) -> bytes:
        words = f"{key.hex()} {node} {reference} {relayed}"
        return self._keyed.proof(moment + words.encode("utf-8", "surrogatepass"))

    def _proven(self, proof: bytes, key: bytes, node: str, reference: str, *, relayed: bool) -> bool:
        """Return whether a node of this cluster wrote the row within the window."""
        moment = proof[:_TIME_BYTES]
        age_s = time.time() - int.from_bytes(moment, "big")
        wanted = self._proof(moment, key, node, reference, relayed=relayed)
        return -_CLOCKS_S <= age_s <= WINDOW_S + _CLOCKS_S and hmac.compare_digest(proof[_TIME_BYTES:], wanted)


def _installation(folder: Folder) -> str:
    """Return a name of this data folder by key and path: a copy of it, on a second machine, settles no claims."""
    octets = b"%d" % folder.data.stat().st_ino
    for path in (folder.checkpoints / "public-key.txt", Path("/etc/machine-id")):
        with contextlib.suppress(OSError):
            octets += path.read_bytes()
    return hashlib.sha256(octets).hexdigest()[:16]
