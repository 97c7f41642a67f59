"""Disk metrics: free space of log and spool, revocation lists of the trust anchors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gateway.system.revocation_lists import RevocationDays, RevocationLists

LEAST_ROOM_BYTES: Final = 64 << 20
"""Below this free space no mail is accepted."""


class Disk:
    """Reads folders; a list is parsed again only when its file has changed."""

    def __init__(self, *, data: Path, spool: Path | None, certs: Path | None) -> None:
        self._folders = {"data": data, **({"spool": spool} if spool is not None else {})}
        self._lists = RevocationLists(certs)

    def free_bytes(self) -> Iterator[tuple[tuple[str, ...], float]]:
        """Yield the free bytes of each folder, by its key in gateway.yaml."""
        for key, folder in self._folders.items():
            found = os.statvfs(folder)
            yield (key,), found.f_bavail * found.f_frsize

    def revocation_lists(self) -> tuple[RevocationDays, ...]:
        """Return the dates of each authority's newest readable list."""
        return self._lists.newest()
