"""Liveness of the processes of a log: each holds a lock on its own file while it runs."""

from __future__ import annotations

import contextlib
import fcntl
import os

from gateway.audit.store import Folder
from gateway.errors import UserError
from gateway.system.lock import lock
from gateway.texts.catalogue import both, reasons


class Life:
    """The claim of this process, until `end`."""

    def __init__(self, folder: Folder, process: str) -> None:
        """Make the claim; UserError when its file cannot be made."""
        self._path = folder.processes / process
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UserError(both("audit", "fault", "no_life", path=self._path.parent, reason=reasons(error))) from None
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def end(self) -> None:
        """Give the claim up."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)


def is_alive(folder: Folder, process: str) -> bool:
    """Return whether a process holds its claim."""
    try:
        descriptor = os.open(folder.processes / process, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not lock(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Folder) -> None:
    """Remove the files of processes that are gone."""
    for path in folder.processes.iterdir():
        if not is_alive(folder, path.name):
            with contextlib.suppress(OSError):
                path.unlink()
