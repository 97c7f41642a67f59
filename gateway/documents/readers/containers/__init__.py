"""Shared parts of the container readers: candidate passwords, unlocking cost, the document of a container.

A container is read as far as it goes. Members that open are handed on; the first thing that does not open decides the
status: ENCRYPTED, MALFORMED, UNSUPPORTED or LIMIT make the document PARTIAL when something else could be read, with the
cause as reason, so that a damaged third file never hides that the first two were looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from msgspec import structs

from gateway.documents.readers.base import GRAVITY, Budget, Member, ReadError, Reading, Source
from gateway.mime.charsets import vietnamese, western
from gateway.model import ActiveContent, Document, ReadStatus, Role, Run

LIMIT_NAMES = 2000
"""Names without a member that are kept of one container."""
FILLING = b"\0\r\n\x1a"
"""Padding that transfer programs leave behind a file: a line end, the end mark of DOS, zeros up to a block."""
UTF8_AND_LEGACY = ("utf-8", "cp1258", "cp437")
"""Encodings that packers use for a password."""
_TONED = re.compile("[\u1ea0-\u1ef9]")
"""Letters that Windows-1258 writes as two bytes."""


def old_name(raw: bytes) -> str:
    """Return a name in an unnamed code: UTF-8, Windows-1258 where its tone marks find their vowels, else that of DOS.

    Windows-1258 is the code page of DOS, too, in a Vietnamese Windows.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        toned = vietnamese(raw)
        return toned if toned and _TONED.search(toned) else raw.decode("cp437")


def password_candidates(source: Source) -> Iterator[str]:
    """Yield the passwords to try, the empty one first, each once."""
    yield from dict.fromkeys(("", *source.passwords))


def password_octets(password: str) -> tuple[bytes, ...]:
    """Return the byte forms of a password, most likely first."""
    forms: dict[bytes, None] = {}
    for charset in UTF8_AND_LEGACY:
        try:
            forms[password.encode(charset)] = None
        except UnicodeEncodeError:
            continue
    return tuple(forms)


@dataclass
class Contents:
    """Collects what one container gives, and what it keeps back."""

    source: Source
    format: str
    budget: Budget
    members: list[Member] = field(default_factory=list)
    faults: list[tuple[ReadStatus, str]] = field(default_factory=list)
    active: list[ActiveContent] = field(default_factory=list)
    opened_with_password: bool = False
    runs: list[Run] = field(default_factory=list)
    """Words of the container itself: its comment, names that no member carries."""
    _said: set[tuple[str, str]] = field(default_factory=set)

    def stored_name(self, name: str) -> str:
        """Return a member's name as a person would see it, from one whose bytes outside UTF-8 are surrogates (PEP 383)."""
        raw = name.encode("utf-8", "surrogateescape")
        self.octets_of_name(raw)
        return old_name(raw)

    def octets_of_name(self, raw: bytes) -> None:
        """Take a name that is no UTF-8 as the old Vietnamese codes show what they are: in Windows-1252."""
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            for piece in western(raw).replace("\\", "/").split("/"):
                self.name(piece)

    def name(self, name: str) -> None:
        """Take a name that no member carries."""
        last = name.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
        self.words(last if last != "." else "", "name")

    def words(self, text: str, kind: str) -> None:
        """Take words of the container itself: `kind` is `name` or `comment`; LIMIT `files` when there are too many."""
        if not text.strip() or (text, kind) in self._said:
            return
        self._said.add((text, kind))
        if len(self.runs) >= LIMIT_NAMES:
            raise ReadError(ReadStatus.LIMIT, "files")
        self.runs.append(Run(text=text, block=len(self.runs) + 1000, role=Role.PROPERTY, locator=f"property:{kind}"))

    def tell(self, runs: Iterable[Run]) -> None:
        """Take texts of a message, each a block of its own."""
        self.runs += (structs.replace(run, block=block) for block, run in enumerate(runs, len(self.runs)))

    def add(self, member: Member) -> None:
        """Take a member that was read; LIMIT when there are too many in the message."""
        self.budget.take_file()
        self.members.append(member)

    def fault(self, status: ReadStatus, reason: str) -> None:
        """Note something that could not be read."""
        if (status, reason) not in self.faults:
            self.faults.append((status, reason))

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Keep what there is when an error ends the work, and note the error; the budget's end is noted where it shows."""
        try:
            yield
        except StopReadingError:
            pass
        except ReadError as error:
            self.fault(error.status, error.reason)

    def reading(self) -> Reading:
        """Return what was gathered; the most severe fault gives status and reason."""
        status, reason = ReadStatus.OK, ""
        if self.faults:
            status, reason = min(self.faults, key=lambda fault: GRAVITY.index(fault[0]))
        return Reading(
            Document(
                part=self.source.part,
                filename=self.source.filename,
                format=self.format,
                status=status,
                reason=reason,
                runs=tuple(self.runs),
                active_content=tuple(self.active),
                opened_with_password=self.opened_with_password,
            ),
            tuple(self.members),
        )


def caught(contents: Contents, error: ReadError) -> None:
    """Note a member's error and go on, or stop the whole container when a limit or the time is gone."""
    contents.fault(error.status, error.reason)
    if error.status is ReadStatus.TIMEOUT or (error.status, error.reason) in (
        (ReadStatus.LIMIT, "bytes"),
        (ReadStatus.LIMIT, "files"),
    ):
        raise StopReadingError


class StopReadingError(Exception):
    """The budget of the message is gone: keep what there is and read no further in this container."""
