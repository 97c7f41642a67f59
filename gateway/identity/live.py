"""The directory in force, reloaded when its file changes; a faulty file keeps the last good one and reports why."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from gateway.errors import UserError
from gateway.identity.directory import load
from gateway.model import Directory
from gateway.texts.catalogue import both

_log = logging.getLogger(__name__)
_POLL_S = 0.4


class LiveDirectory:
    """The current snapshot of a directory file.

    `current` may be read from any thread; it is replaced as a whole, never changed. The first load raises, so that a
    server does not start with a broken file; later ones keep what is there. With a snapshot that is in use already,
    the first load is the first look of `refresh`, and a broken file keeps that snapshot.
    """

    def __init__(
        self, path: Path, *, on_change: Callable[[Directory], None] | None = None, current: Directory | None = None
    ) -> None:
        self._path = path
        self._on_change = on_change
        self._lock = threading.Lock()
        self._seen = self._signature() if current is None else None
        self.current = load(path) if current is None else current
        """The last good snapshot."""
        self.fault: UserError | None = None
        """Why the file now on disk is not in use; None when it is."""

    def refresh(self) -> bool:
        """Load the file when it has changed since the last look; return whether there is a new snapshot."""
        with self._lock:
            signature = self._signature()
            if signature == self._seen:
                return False
            self._seen = signature
            try:
                fresh = load(self._path)
            except UserError as error:
                self.fault = error
                _log.error("%s", both("start", "reload", "directory", fault=error))
                return False
            self.fault = None
            changed = fresh.digest != self.current.digest
            self.current = fresh
        if changed:
            _log.info("directory reloaded: %d addresses, digest %s", len(fresh.mailboxes), fresh.digest)
            if self._on_change is not None:
                self._on_change(fresh)
        return changed

    async def watch(self, poll_s: float = _POLL_S) -> None:
        """Look at the file again and again, until cancelled; loading runs in a thread."""
        while True:
            await asyncio.sleep(poll_s)
            if self._signature() != self._seen:
                await asyncio.to_thread(self.refresh)

    def _signature(self) -> tuple[int, int, int] | None:
        """Return what changes when the file is written or replaced; None when it is not there."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
