"""Log of a replacement writer: while the log is unavailable, each record fails at once with the reason."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from gateway.audit.chain import Entry
from gateway.audit.committer import Committer
from gateway.audit.installation import Known, Written
from gateway.audit.store import Folder
from gateway.errors import AuditError, UserError

_LOG = logging.getLogger("gateway.audit")
_AGAIN_S: Final = 1.0


class PatientCommitter:
    """A `Committer` that opens its log as soon as the same log is available again."""

    def __init__(
        self,
        data: Path,
        key_id: str,
        written: Written,
        *,
        facts_days: int | None = None,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_commit = on_commit
        self.folder = Folder(data)
        self._key_id = key_id
        self._written = written
        self._facts_days = facts_days
        self._open: Committer | None = None
        self._next = 0.0
        self._reason = ""
        self._try()

    def commit(self, group: Sequence[Entry]) -> int:
        """See `Committer.commit`."""
        first = self._there().commit(group)
        self._written.publish(first + len(group) - 1)
        self._on_commit()
        return first

    def tidy(self) -> None:
        """See `Committer.tidy`; nothing without a log."""
        if self._open is not None:
            self._open.tidy()

    def checkpoint(self) -> None:
        """See `Committer.checkpoint`; nothing without a log."""
        if self._open is not None:
            self._open.checkpoint()

    def open_mails(self) -> list[tuple[str, str, int]]:
        """See `Committer.open_mails`."""
        return self._there().open_mails()

    def close(self) -> None:
        """Close the log."""
        if self._open is not None:
            self._open.close()

    def _there(self) -> Committer:
        if self._open is None and time.monotonic() >= self._next:
            self._try()
        if self._open is None:
            raise AuditError(self._reason)
        return self._open

    def _try(self) -> None:
        """Try to open the log, at most once a second; the reason of a failure is logged once."""
        self._next = time.monotonic() + _AGAIN_S
        try:
            known = Known(self._key_id, self._written.records)
            self._open = Committer.open(self.folder.data, facts_days=self._facts_days, known=known)
        except (UserError, AuditError) as error:
            if str(error) != self._reason:
                self._reason = str(error)
                _LOG.error("%s", self._reason)
