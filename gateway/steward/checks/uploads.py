"""Files that somebody sends to be checked: in anonymous memory, two persons at a time, for a minute."""

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
from gateway.steward.refused import refused
from gateway.steward.words import say

AT_A_TIME: Final = 2
LIMIT_BYTES: Final = 35 << 20
LIMIT_FILES: Final = 20
UPLOAD_S: Final = 75.0
"""The console gives a browser a minute; what is older than this has nobody."""
_LIMIT_NAME: Final = 255
_MEMORY: Final = SpoolSettings(memory_limit_bytes=0)
"""Always a file without a name, in memory: a child can be given its descriptor."""


@dataclass
class Upload:
    """The files of one check."""

    owner: bytes
    """Digest of the token that it came with."""
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
        """Forget the files."""
        while self.files:
            self.files.pop()[1].close()


class Uploads:
    """All of them; any thread may use it."""

    def __init__(self, later: Callable[[float, Callable[[], None]], object] = lambda _seconds, _work: None) -> None:
        """`later` has something done after so many seconds: what nobody ends does not stay in memory until the next one comes."""
        self._later = later
        self._lock = threading.Lock()
        self._open: dict[str, Upload] = {}

    def expect_room(self, upload: Upload) -> None:
        """Refused `too_many` when two others are at it, or this person is; what dawdles gives way.

        So does what a browser begins anew. A program may ask several times at once, each of which is to be answered.
        """
        with self._lock:
            self._make_room(upload)

    def begin(self, upload: Upload) -> str:
        """Take a place and return its ticket; as `expect_room`."""
        with self._lock:
            self._make_room(upload)
            ticket = secrets.token_urlsafe(16)
            self._open[ticket] = upload
        self._later(UPLOAD_S + 1, self.sweep)
        return ticket

    def sweep(self) -> None:
        """Forget what dawdles: whoever sent it, or the console, is gone."""
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
        """Take the next piece of a file; Refused with words for too many files or octets, which ends the upload."""
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
        """Return an upload that is whole; it keeps its place until `end`."""
        with self._lock:
            upload = self._of(ticket, token)
            upload.judging = True
            return upload

    def end(self, ticket: str) -> None:
        """Forget an upload."""
        with self._lock:
            upload = self._open.pop(ticket, None)
        if upload is not None:
            upload.close()

    def close(self) -> None:
        """Forget all."""
        for ticket in list(self._open):
            self.end(ticket)

    def _of(self, ticket: str, token: str) -> Upload:
        upload = self._open.get(ticket)
        if upload is None or upload.owner != key_of(token) or upload.judging:
            raise refused("not_found")
        return upload
