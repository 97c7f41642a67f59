"""Waivers decided at one node's console count on all nodes.

Each node stores its `waivers.yaml` at the centre with the time and an HMAC by the cluster key, and keeps those of the others as
`DATA/waivers-cluster/NODE.yaml`, where the policy set finds them, also during an outage. A file without proof, or older than the
one kept, is ignored: who writes into the database can delay a waiver, but neither make one nor bring back a revoked one.
"""

from __future__ import annotations

import hmac
import logging
import re
import time
from collections.abc import Callable
from typing import Final

from gateway.audit.keyed import Keyed
from gateway.audit.store import Folder
from gateway.cluster import waivers
from gateway.cluster.database import Connection
from gateway.cluster.waivers import NodeWaivers
from gateway.config.cluster import NODE
from gateway.config.sections import Configuration
from gateway.engine.layers import DECIDED, DECIDED_ELSEWHERE
from gateway.errors import UserError
from gateway.pipeline.rulebook import policies_of
from gateway.system.atomic_file import replace_file
from gateway.texts.catalogue import both, reasons

_LOG = logging.getLogger("gateway.cluster")
_NONE: Final = b"version: 1\nname: waivers\n"
_LIMIT_BYTES: Final = 4 << 20
_MOMENT: Final = re.compile(rb"# ([0-9]{1,19})\n")


class SharedWaivers:
    """The exchange of one node; a single process of it does this."""

    def __init__(self, configuration: Configuration, node: str, *, activate: Callable[[], None]) -> None:
        """Prepare; `activate` has the rules loaded again after a change."""
        self._configuration = configuration
        self._node = node
        self._activate = activate
        self._folder = configuration.data / DECIDED_ELSEWHERE
        self._pending = self._folder / "pending"
        """Stands there from before a file is written until the rules are loaded again, whatever ends the process meanwhile."""
        self._keyed = Keyed.of(Folder(configuration.data))
        self._left: set[tuple[str, bytes]] = set()
        """Files that are not used here, by node and proof; each is logged once."""

    def exchange(self, centre: Connection, publishes: bool = True) -> None:
        """Publish this node's waivers, and take those of the others; psycopg.Error."""
        if self._keyed.key_id is None:
            return
        try:
            rows = waivers.stored(centre)
            if publishes:
                self._publish(centre, next((row for row in rows if row.node == self._node), None))
            taken = [self._take(row) for row in rows if row.node != self._node]
        except OSError as error:
            self._leave((self._node, b""), both("cluster", "waivers", "disk", path=self._folder, reason=reasons(error)))
            return
        if any(taken) or self._pending.exists():
            self._activate()
            self._pending.unlink(missing_ok=True)

    def _publish(self, centre: Connection, there: NodeWaivers | None) -> None:
        path = self._configuration.data / DECIDED
        own = path.read_bytes() if path.exists() else b""
        if there is not None and not self._proven(there):
            there = None
        if own == (there.content if there is not None else b""):
            return
        moment = max(
            time.time_ns(), there.moment + 1 if there is not None else 0
        )  # greater, even if the clock goes back
        waivers.store(centre, NodeWaivers(self._node, moment, own, self._proof(self._node, moment, own)))

    def _take(self, row: NodeWaivers) -> bool:
        """Keep another node's file when it is genuine, newer and usable here; return whether the rules change."""
        if (row.node, row.proof) in self._left or not NODE.match(row.node):
            return False
        if not self._proven(row):
            return self._leave((row.node, row.proof), both("cluster", "waivers", "unproven", node=row.node))
        path = self._folder / f"{row.node}.yaml"
        before = path.read_bytes() if path.exists() else b""
        found = _MOMENT.match(before)
        if found is not None and int(found[1]) >= row.moment:
            return False
        content = row.content or _NONE
        same, loaded = before.partition(b"\n")[2] == content, not self._pending.exists()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if not same:
            self._pending.touch(mode=0o600)
        replace_file(path, b"# %d\n" % row.moment + content, mode=0o600)
        if same:
            return False
        try:
            policies_of(self._configuration)
        except UserError as error:
            self._leave((row.node, row.proof), both("cluster", "waivers", "unusable", node=row.node, fault=error))
            if before:
                replace_file(path, before, mode=0o600)
            else:
                path.unlink()
            if loaded:
                self._pending.unlink()
            return False
        return True

    def _leave(self, one: tuple[str, bytes], words: str) -> bool:
        if one not in self._left:
            self._left.add(one)
            _LOG.error("%s", words)
        return False

    def _proven(self, row: NodeWaivers) -> bool:
        wanted = self._proof(row.node, row.moment, row.content)
        return len(row.content) <= _LIMIT_BYTES and hmac.compare_digest(row.proof, wanted)

    def _proof(self, node: str, moment: int, content: bytes) -> bytes:
        return self._keyed.proof(f"waivers {node} {moment}\n".encode() + content)
