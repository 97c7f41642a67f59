"""Readiness check for load balancers: `GET /ready`, beside the metrics.

Cheap checks run on each request; the log is tested by a commit without a record, at most once in two seconds.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Final

from gateway.audit.probe import probe
from gateway.metrics.disk import LEAST_ROOM_BYTES, Disk
from gateway.metrics.load import SharedLoad, Stage
from gateway.system.trouble import Board, Trouble
from gateway.texts.catalogue import both

_PROBE_EVERY_S: Final = 2.0
_PROBE_S: Final = 1.0
BARRING: Final = {
    Trouble.AUDIT: "no_log", Trouble.ZYGOTE: "no_readers", Trouble.READER: "no_readers", Trouble.RULES: "other_rules",
}  # fmt: skip
"""Troubles by which a node is not ready, with the text key of the 421 to clients of a cluster's node."""


class Readiness:
    """Runs all checks; thread-safe."""

    def __init__(self, load: SharedLoad, troubles: Board, disk: Disk, audit_door: socket.socket) -> None:
        self._load, self._board, self._disk, self._door = load, troubles, disk, audit_door
        self._lock = threading.Lock()
        self._probed, self._found = float("-inf"), ""

    def fault(self) -> str:
        """Return why the node is not ready, in one line; empty when it is."""
        return self._stage() or self._troubles() or self._room() or self._log()

    def remark(self) -> str:
        """Return a remark on a ready node; empty without one."""
        fork = self._board.read().get(Trouble.FORK.value)
        return f"; {both('trouble', 'name', Trouble.FORK.value)}: {fork.get('reason')}" if fork is not None else ""

    def _stage(self) -> str:
        match self._load.stage():
            case Stage.STARTING:
                return both("cluster", "ready", "starting")
            case Stage.DRAINING:
                return both("cluster", "ready", "draining")
            case Stage.SERVING:
                return ""

    def _troubles(self) -> str:
        lasting = self._board.read()
        for trouble in BARRING:
            if trouble.value in lasting:
                name, reason = both("trouble", "name", trouble.value), lasting[trouble.value].get("reason") or "-"
                return both("cluster", "ready", "trouble", name=name, reason=reason)
        return ""

    def _room(self) -> str:
        for (folder,), free in self._disk.free_bytes():
            if free < LEAST_ROOM_BYTES:
                return both(
                    "cluster", "ready", "room", folder=folder, free=int(free) >> 20, least=LEAST_ROOM_BYTES >> 20
                )
        return ""

    def _log(self) -> str:
        with self._lock:
            if time.monotonic() - self._probed >= _PROBE_EVERY_S:
                self._found = probe(self._door, _PROBE_S)
                self._probed = time.monotonic()
            return self._found
