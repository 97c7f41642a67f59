"""Identity of the audit log: an empty or foreign folder in its place is detected (docs/decisions/0024).

The folder of a log holds the name of its key. Where the configuration names a marker elsewhere, or the key to expect,
it refuses a folder without a log, or with another one. A writer that is replaced while the gateway runs always does.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.audit.checkpoint import Signer
from gateway.audit.store import Folder, damaged
from gateway.errors import UserError
from gateway.system.atomic_file import replace_file
from gateway.texts.catalogue import both, reasons

KEY: Final = "audit-ed25519"


@dataclass(frozen=True)
class Known:
    """A log that must be there: with this key, where it is known, and at least so many records."""

    key_id: str = ""
    records: int = 0

    def expect(self, folder: Folder) -> None:
        """Raise UserError when the folder has no log, or one with another key."""
        if not has_log(folder):
            raise UserError(both("audit", "fault", "log_gone", path=folder.data, key=self.key_id or "-"))
        found = key_id(folder)
        if self.key_id and found != self.key_id:
            raise UserError(both("audit", "fault", "log_other", path=folder.data, key=self.key_id, found=found))


class Written:
    """Number of records of the log, from its writer to the next one; shared by fork."""

    def __init__(self, records: int = 0) -> None:
        self._count = memoryview(mmap.mmap(-1, 8)).cast("Q")
        self.publish(records)

    def publish(self, records: int) -> None:
        """Publish the number of records."""
        self._count[0] = records

    @property
    def records(self) -> int:
        """The number published last."""
        return self._count[0]


@dataclass(frozen=True)
class Marker:
    """Knowledge of our log outside its folder."""

    file: Path | None = None
    """Holds the name of the key; None when nothing is kept."""
    expected: str = ""
    """The name of the key as the configuration gives it."""

    def known(self) -> Known | None:
        """Return the log that must be there; None when there may be none yet. UserError when the marker is unreadable."""
        if self.expected:
            return Known(self.expected)
        if self.file is None:
            return None
        try:
            return Known(self.file.read_text("utf-8").strip())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise self._fault(error) from None

    def write(self, name: str) -> None:
        """Keep the name of a key; UserError when that fails."""
        if self.file is None:
            return
        try:
            replace_file(self.file, f"{name}\n".encode(), mode=0o600)
        except OSError as error:
            raise self._fault(error) from None

    def _fault(self, error: OSError | ValueError) -> UserError:
        reason = reasons(error) if isinstance(error, OSError) else str(error)
        return UserError(both("audit", "fault", "marker", path=self.file, reason=reason))


def has_log(folder: Folder) -> bool:
    """Return whether there are records, or were; a start that ended before its first record leaves none."""
    return folder.database.is_file() and folder.database.stat().st_size > 0


def key_id(folder: Folder) -> str:
    """Return the name of the key of a log; UserError when the key is gone or damaged."""
    if not (folder.keys / KEY).exists():
        raise damaged(folder.database, (f"khóa {folder.keys / KEY} không còn", f"its key {folder.keys / KEY} is gone"))
    return Signer(folder.secret(KEY)).key_id
