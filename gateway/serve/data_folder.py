"""Data folder with audit log and keys, locked by one gateway at a time."""

from __future__ import annotations

import logging
import os
from contextlib import closing

from gateway.audit.committer import Committer
from gateway.audit.installation import Known, Marker, has_log
from gateway.audit.keyed import write_by
from gateway.audit.store import Folder
from gateway.cluster.keys import read_key
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.system.lock import lock
from gateway.texts.catalogue import both, reasons

_LOG = logging.getLogger("gateway.serve.supervisor")
_LOCK_WAIT_S = 5.0


def open_log(configuration: Configuration) -> Known:
    """Open the log, or begin and report a new one where none is expected; return its identity. UserError."""
    fresh = not has_log(Folder(configuration.data))
    known = begin_log(configuration)
    cluster = configuration.cluster
    with configuration.at("cluster", "key_file"):
        write_by(Folder(configuration.data), read_key(cluster) if cluster is not None else None)
    if fresh:
        _LOG.warning("%s", both("start", "start", "new_log", path=configuration.data, key=known.key_id))
    return known


def begin_log(configuration: Configuration, *, anew: bool = False) -> Known:
    """Open or begin the log and mark it as this gateway's; with `anew` even if it had another. UserError."""
    marker = Marker(configuration.audit.marker, "" if anew else configuration.audit.installation)
    with configuration.at("audit", "marker"):
        ours = None if anew else marker.known()
    node = configuration.node
    with configuration.at("data"), closing(Committer.open(configuration.data, known=ours, node=node)) as committer:
        known = committer.known
    if ours is None:
        with configuration.at("audit", "marker"):
            marker.write(known.key_id)
    return known


class DataFolder:
    """Context that holds the lock of the folder (mode 0700); UserError when it cannot be made or locked."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._path = configuration.data
        self._lock = -1

    def __enter__(self) -> None:
        with self._configuration.at("data"):
            self._take()

    def _take(self) -> None:
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self._path / "gateway.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            # The front ends of a killed gateway may need a moment to end.
            if not lock(self._lock, within_s=_LOCK_WAIT_S):
                os.close(self._lock)
                raise UserError(both("start", "start", "data_busy", path=self._path))
            os.ftruncate(self._lock, 0)
            os.write(self._lock, str(os.getpid()).encode())
        except OSError as error:
            raise UserError(both("start", "start", "data", path=self._path, reason=reasons(error))) from None

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)
