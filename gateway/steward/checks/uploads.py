"""Uploads of the self-check: in anonymous memory, two at a time, with a deadline."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gateway.errors import CapacityError
from gateway.model import Language
from gateway.spool import Spool, SpoolSettings
from gateway.steward.accounts.sessions import key_of
from gateway.steward.questions.refused import refused
from gateway.steward.words import say

AT_A_TIME: Final = 2
LIMIT_BYTES: Final = 35 << 20
LIMIT_FILES: Final = 20
UPLOAD_S: Final = 75.0
"""Deadline in seconds, beyond the console's own of 60: older uploads are abandoned."""
_LIMIT_NAME: Final = 255
_MEMORY: Final = SpoolSettings(memory_limit_bytes=0)
"""Always an anonymous in-memory file, whose descriptor can be passed to a child."""


@dataclass
class Upload:
    """The files of one check."""

    owner: bytes
    """Digest of its session or API token."""
    who: str
    sender: str
    recipients: tuple[str, ...]
    via: str
    client: str
    begun: float = field(default_factory=time.monotonic)
    files: list[tuple[str, Spool]] = field(default_factory=list)
    size: int = 0
    judging: bool = False

    def close(self) -> None:
        """Delete the files."""
        while self.files:
            self.files.pop()[1].close()


class Uploads:
    """Uploads in progress; thread-safe."""

    def __init__(self, later: Callable[[float, Callable[[], None]], object] = lambda _seconds, _work: None) -> None:
        """`later` schedules a call after so many seconds, so that abandoned uploads are removed in time."""
        self._later = later
        self._lock = threading.Lock()
        self._open: dict[str, Upload] = {}

    def expect_room(self, upload: Upload) -> None:
        """Refused `too_many` when both places are taken, or this person has one; overdue uploads are removed first.

        A new upload of a browser replaces its earlier one. A program may send several requests at once, and each is answered.
        """
        with self._lock:
            self._make_room(upload)

    def begin(self, upload: Upload) -> str:
        """Take a place and return its ticket; Refused as `expect_room`."""
        with self._lock:
            self._make_room(upload)
            ticket = secrets.token_urlsafe(16)
            self._open[ticket] = upload
        self._later(UPLOAD_S + 1, self.sweep)
        return ticket

    def sweep(self) -> None:
        """Remove overdue uploads: the client or the console is gone."""
        with self._lock:
            self._forget()

    def _make_room(self, upload: Upload) -> None:
        self._forget(begun_anew=upload.owner if upload.via == "page" else None)
        if len(self._open) >= AT_A_TIME or any(one.who == upload.who for one in self._open.values()):
            raise refused("too_many", retry_s=2)

    def _forget(self, begun_anew: bytes | None = None) -> None:
        now = time.monotonic()
        for ticket, one in list(self._open.items()):
            if not one.judging and (one.owner == begun_anew or now - one.begun > UPLOAD_S):
                self._open.pop(ticket).close()

    def add(self, ticket: str, token: str, number: int, name: str, octets: bytes, language: Language) -> None:
        """Append a chunk of a file; Refused beyond a limit or out of order, which ends the upload."""
        with self._lock:
            upload = self._of(ticket, token)
            upload.size += len(octets)
            fault = ""
            if upload.size > LIMIT_BYTES:
                fault = "too_big"
            elif number >= LIMIT_FILES:
                fault = "too_many_files"
            elif number < 0 or number not in (len(upload.files) - 1, len(upload.files)):
                fault = "order"
            try:
                if not fault:
                    if number == len(upload.files):
                        upload.files.append((name[:_LIMIT_NAME], Spool(_MEMORY)))
                    upload.files[number][1].write(octets)
            except CapacityError:
                fault = "no_room"
            if fault:
                self._open.pop(ticket).close()
                limits = {"mebibytes": LIMIT_BYTES >> 20, "files": LIMIT_FILES}
                raise refused("too_large" if fault == "too_big" else "invalid", say("check", fault, language, **limits))

    def take(self, ticket: str, token: str) -> Upload:
        """Return a complete upload; it keeps its place until `end`. Refused `not_found`."""
        with self._lock:
            upload = self._of(ticket, token)
            upload.judging = True
            return upload

    def end(self, ticket: str) -> None:
        """Remove an upload."""
        with self._lock:
            upload = self._open.pop(ticket, None)
        if upload is not None:
            upload.close()

    def close(self) -> None:
        """Remove all uploads."""
        for ticket in list(self._open):
            self.end(ticket)

    def _of(self, ticket: str, token: str) -> Upload:
        upload = self._open.get(ticket)
        if upload is None or upload.owner != key_of(token) or upload.judging:
            raise refused("not_found")
        return upload
