"""Interface of the readers: input, output, and the budget of a message.

A reader is a module with `read(source, budget) -> Reading`. It runs only in the child process. It raises `ReadError`
with the exact cause when it cannot read; any other exception of a library is turned into MALFORMED by the dispatcher,
so a reader never needs a broad `except`. What it does not understand it reports, it never skips silently.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar
from weakref import WeakMethod

from gateway.model import Document, ReadStatus, Run

GRAVITY = (
    ReadStatus.LIMIT, ReadStatus.TIMEOUT, ReadStatus.ENCRYPTED, ReadStatus.MALFORMED, ReadStatus.UNSUPPORTED,
    ReadStatus.CRASHED, ReadStatus.PARTIAL, ReadStatus.OK,
)  # fmt: skip
"""Read statuses by severity, the most severe first."""


WORDS_CPU_S, PHOTO_WORDS_CPU_S = 10.0, 3.0
"""Processor time for words in pictures, and of that for pictures that look like no page (`Budget`)."""
_SHORT_S = 3.0
_LIMIT_ANCESTRY = 64
Name = TypeVar("Name", bound=Hashable)
Style = TypeVar("Style")
_Answer = TypeVar("_Answer")
Fail = Callable[[ReadStatus, str], None]
"""Notes a fault of a document that is read on (`Sink.fail`)."""
_WORD = re.compile(r"[^\W_]+")


class ReadError(Exception):
    """The document cannot be read, or not in full; `status` and `reason` say why."""

    def __init__(self, status: ReadStatus, reason: str) -> None:
        super().__init__(f"{status.value}: {reason}")
        self.status = status
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Source:
    """The bytes of one part and what its mail says of them."""

    data: bytes
    part: str
    filename: str | None = None
    declared_type: str = ""
    detected_type: str = ""
    charset: str | None = None
    passwords: tuple[str, ...] = ()
    """Candidates found in the text of the same mail; the empty password is always tried first."""
    relation: str = ""
    """Relation of the part to its container (`Member.relation`); empty for a part of the mail itself."""
    beside: Callable[[str], bytes | None] = lambda _address: None
    """Gives the file beside this one that has an address (`readers.beside`)."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """Something inside a document that must be looked at on its own."""

    name: str
    """Name within the container, as the container gives it."""
    data: bytes
    relation: str = "member"
    """`member` of an archive, `embedded` object, `attachment` (PDF, message), `image`, `thumbnail`."""
    declared_type: str = ""
    charset: str | None = None
    """Declared charset of a text."""
    locator: str = ""
    entity: SignedEntity | None = None
    """Data that a detached signature in a mail signs; None for all else."""
    addresses: tuple[str, ...] = ()
    """By which pages beside it name it, besides its name (`Source.beside`)."""


@dataclass(frozen=True)
class SignedEntity:
    """A multipart/signed of a mail that is kept in a file: what is signed is the entity, not what its parts decode to."""

    raw: bytes
    """With its header, and with CRLF line ends."""
    covers: tuple[Member, ...]
    """The members that come of the signed part."""


@dataclass(frozen=True)
class Reading:
    """Result of a reader."""

    document: Document
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class PageReading:
    """Words of a page that is a picture, as far as it was read."""

    runs: tuple[Run, ...] = ()
    """Blocks are counted from 0, or from where the words before them end."""
    boxes: int = 0
    """Framed boxes of stamp shape with letters in them."""
    unread: int = 0
    whole_page: bool = False
    """Nothing was left unread in which a mark may stand."""
    doubtful: bool = False
    """Something on it looks like the words of a document, and was not read."""


def next_block(runs: Iterable[Run]) -> int:
    """Return the number of the first block behind those of runs."""
    return max((run.block for run in runs), default=-1) + 1


def ancestry(
    styles: Mapping[Name, Style], name: Name | None, base: Callable[[Style], Name | None], fail: Fail
) -> list[Style]:
    """Return a style and its bases, the root first, up to a circle or the unknown; LIMIT `styles` for too many."""
    found: dict[Name, Style] = {}
    while name is not None and name in styles and name not in found:
        if len(found) == _LIMIT_ANCESTRY:
            fail(ReadStatus.LIMIT, "styles")
            break
        found[name] = styles[name]
        name = base(found[name])
    return [*found.values()][::-1]


def remembered(method: Callable[..., _Answer], limit: int | None = None) -> Callable[..., _Answer]:
    """Return a method of `self` that keeps its answers, for an attribute of `self`.

    `functools.cache` of a bound method makes a reference cycle, and a child, which collects none, would keep each document.
    """
    alive = WeakMethod(method)

    def answer(*asked: Hashable) -> _Answer:
        bound = alive()
        assert bound is not None
        return bound(*asked)

    return lru_cache(limit)(answer)


def spoken(runs: Iterable[Run]) -> str:
    """Return the words of runs without the signs between them, one blank around each."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFC", " ".join(run.text for run in runs))))


@dataclass(kw_only=True)
class Budget:
    """One allowance for everything in a message, shared by all readers and all depths.

    Time is processor time of this process, never the clock: how a document is read must not depend on what else the
    machine does. What a part may take grows with its bytes and pages, up to the allowance of the message.
    """

    limit_bytes: int = 256 << 20
    """Bytes that decompression and decoding may produce in all."""
    limit_files: int = 2000
    limit_depth: int = 10
    limit_ratio: int = 200
    """Greatest expansion of one stream beyond its first MiB."""
    cpu_s: float = 120.0
    """Processor time that the whole message may take, in all threads of this process."""
    part_cpu_s: float = 10.0
    """Of this, what one part may take whatever it is;"""
    mib_cpu_s: float = 1.0
    """what each MiB of its bytes adds;"""
    page_cpu_s: float = 2.0
    """and what each page or picture adds that it is found to have."""
    words_cpu_s: float = WORDS_CPU_S
    """Processor time that may still go into reading words in pictures; each page adds its own. When it is used up,
    pictures are searched for stamps only and stay unread, so that a mail full of photos is not unread as a whole."""
    photo_words_cpu_s: float = PHOTO_WORDS_CPU_S
    """Of this, what may go into pictures that do not look like pages: a flood of photos leaves the rest to documents,
    wherever in the mail they are."""
    threads: int = 1
    """Threads that a reader may use: idle processors are lent to the mail in flight."""
    used_bytes: int = 0
    used_files: int = 0
    shared_limit: bool = False
    """A limit shared by all parts of the message was met; without the others, this part might have been read further."""
    short_of_words: bool = False
    """Less was left for words in pictures than a page may want."""
    on_grant: Callable[[float], None] | None = None
    """Called with `end_s` whenever it changes, so that the kernel ends a library that never asks."""
    shown_inches: dict[str, float] = field(default_factory=dict)
    """Greatest width at which the current leaf shows a picture, by its digest; infinity where it is unknown."""
    said: frozenset[str] = frozenset()
    """Bare words of the document whose thumbnail is read."""
    pictures: dict[tuple[str, str, float], Document] = field(default_factory=dict)
    """Full readings of pictures of the leaf in flight, by digest, relation and width: a logo is on every page."""
    _end_s: float = field(init=False)
    _part_end_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._end_s = time.process_time() + self.cpu_s
        self.begin_part(0)

    def begin_part(self, size_bytes: int) -> None:
        """Grant the next part its own processor time, as far as the message has any left."""
        self._part_end_s = time.process_time()
        self._grant(self.part_cpu_s + self.mib_cpu_s * size_bytes / (1 << 20))

    def begin_last(self, size_bytes: int) -> None:
        """Give the work after all parts were read its own processor time, independent of what the message has left."""
        self._end_s = max(self._end_s, time.process_time() + self.part_cpu_s)
        self.begin_part(size_bytes)

    def allow_pages(self, count: int) -> None:
        """Grant the part in flight what `count` pages of an honest document need."""
        self._grant(self.page_cpu_s * count)
        self.words_cpu_s += self.page_cpu_s * count

    def _grant(self, cpu_s: float) -> None:
        self._part_end_s += cpu_s
        if self.on_grant is not None:
            self.on_grant(self.end_s)

    @property
    def end_s(self) -> float:
        """`time.process_time()` at which reading of the part in flight stops."""
        return min(self._part_end_s, self._end_s)

    def words_left_s(self, *, photo: bool = False) -> float:
        """Return the processor time that may go into words of a page, or of a picture that does not look like one."""
        words_s = min(self.words_cpu_s, self.photo_words_cpu_s) if photo else self.words_cpu_s
        self.short_of_words = self.short_of_words or words_s < (_SHORT_S / 2 if photo else _SHORT_S)
        return min(self.end_s - time.process_time(), words_s)

    def spend_words(self, cpu_s: float, *, photo: bool = False) -> None:
        """Charge what reading words has cost, by `time.thread_time()` where several threads read."""
        self.words_cpu_s -= cpu_s
        if photo:
            self.photo_words_cpu_s -= cpu_s

    def take_bytes(self, count: int) -> None:
        """Charge `count` produced bytes; raise LIMIT `bytes` when the allowance is gone."""
        if self.used_bytes + count > self.limit_bytes:
            self.shared_limit = True
            raise ReadError(ReadStatus.LIMIT, "bytes")
        self.used_bytes += count
        self.check_time()

    def take_file(self) -> None:
        """Charge one member; raise LIMIT `files` when there are too many."""
        self.used_files += 1
        if self.used_files > self.limit_files:
            self.shared_limit = True
            raise ReadError(ReadStatus.LIMIT, "files")

    def check_ratio(self, produced: int, consumed: int) -> None:
        """Raise LIMIT `ratio` when a stream expands more than any honest one does."""
        if produced > 1 << 20 and produced > self.limit_ratio * max(consumed, 1):
            raise ReadError(ReadStatus.LIMIT, "ratio")

    def check_depth(self, depth: int) -> None:
        """Raise LIMIT `depth` when containers are nested too deeply."""
        if depth > self.limit_depth:
            raise ReadError(ReadStatus.LIMIT, "depth")

    def check_time(self) -> None:
        """Raise TIMEOUT `cpu` when the part has used up its processor time, `mail-cpu` when the message has."""
        now = time.process_time()
        if now > self._end_s:
            self.shared_limit = True
            raise ReadError(ReadStatus.TIMEOUT, "mail-cpu")
        if now > self._part_end_s:
            raise ReadError(ReadStatus.TIMEOUT, "cpu")
