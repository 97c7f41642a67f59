"""`gateway cluster checkpoint`: the centre's part, on any machine that may: sign the heads of all logs, ask witnesses."""

from __future__ import annotations

import logging
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

from gateway.audit.cosign import Cosigning
from gateway.cluster.database import DatabaseError, connect, failures, reason_of
from gateway.cluster.heads import HeadsSource, sign_heads
from gateway.cluster.keys import signing_key
from gateway.commands.cluster import cluster_of
from gateway.config.sections import Configuration
from gateway.serve.cosigning import witnesses_of
from gateway.system import logs
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.cluster")
_EARLY: float = 0.9
"""Of the period: two machines that take turns would else sign at half the pace."""


def checkpoint(configuration: Configuration, key_file: Path, every_s: int) -> int:
    """Sign every so many seconds until SIGTERM or SIGINT; once when that is 0, with exit code 0 when nothing was new too."""
    key, source = signing_key(key_file, "cluster"), HeadsSource()
    cosigning = Cosigning(witnesses_of(configuration), source)

    def sign(period_s: float) -> tuple[int, list[str]]:
        """Return the size signed, 0 without a new one, and why witnesses did not cosign; TemporaryError."""
        with connect(cluster_of(configuration)) as source.connection:
            try:
                size = sign_heads(source.connection, key, now=datetime.now(UTC), every_s=period_s)
                return size, cosigning.round()
            except failures() as error:
                raise DatabaseError(reason_of(error)) from None

    if not every_s:
        size, faults = sign(0)
        print(both("cluster", "heads", "signed", size=size or "-"), *faults, sep="\n")
        return 1 if faults else 0
    logs.configure(configuration.log_level)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    trouble = ""
    while not ended.is_set():
        try:
            _, faults = sign(every_s * _EARLY)
            now = "; ".join(faults)
        except DatabaseError as error:
            now = str(error)
        if now and not trouble:
            _LOG.error("%s", both("cluster", "heads", "away", reason=now))
        elif trouble and not now:
            _LOG.warning("%s", both("cluster", "heads", "back"))
        trouble = now
        ended.wait(every_s)
    return 0
