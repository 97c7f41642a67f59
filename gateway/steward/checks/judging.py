"""Judging an upload: builds the mail, judges and records it, and caches fixed copies for ten minutes."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Final

from gateway.audit import record as r
from gateway.audit.keyed import Keyed
from gateway.audit.record_fields import cut_checked
from gateway.documents.wall.fixing import fix
from gateway.documents.wall.pool import WorkerPool
from gateway.documents.wall.wire import Limits
from gateway.model import FindingOutcome
from gateway.model.formats import by_name
from gateway.model.reference import make_reference
from gateway.pipeline.judge import CHECKED_LATER_S, Judge
from gateway.pipeline.sample import as_message, is_message, mail_of
from gateway.pipeline.self_check import Checked, FrontEndRules, check, record_of, record_of_unread
from gateway.spool import Spool, SpoolSettings
from gateway.steward.checks.uploads import Upload, Uploads
from gateway.steward.questions.refused import refused
from gateway.system.logs import log_failure

_LOG = logging.getLogger("gateway.steward.checks")
KEPT_S: Final = 600.0
"""Lifetime of fixed copies in seconds."""
_KEPT_BYTES: Final = 128 << 20
"""Cache limit for fixed copies of all sessions; the oldest are evicted."""
_KEPT_BYTES_OF_ONE: Final = 64 << 20
"""Of one session or token."""
_HEAD_BYTES: Final = 16384
_FIXED_POLICY: Final = "typography"
"""Policy whose findings `gateway fix` can fix."""
_CHECKERS: Final = b"check"
_LOOK_S: Final = 0.25
"""Interval in seconds for noticing that the person is gone."""


@dataclass(frozen=True)
class Mail:
    """A judged mail and its files."""

    checked: Checked
    files: tuple[int, ...]
    """File numbers of the upload, in the order of attachments; of an `.eml` its own number."""
    whole: bool
    """The file itself is the mail."""


@dataclass(frozen=True)
class Outcome:
    """Result of a check."""

    reference: str
    mails: tuple[Mail, ...]
    names: tuple[str, ...]
    fixed: dict[int, int]
    """Size of fixed copies in bytes, by file number."""


@dataclass(frozen=True)
class _Kept:
    until: float
    files: dict[int, tuple[str, bytes]]

    @property
    def size(self) -> int:
        return sum(len(octets) for _, octets in self.files.values())


class Checks:
    """Judges uploads. Created within the steward's event loop; `judged` is called from threads."""

    def __init__(
        self,
        *,
        judge: Judge,
        front_end: FrontEndRules,
        workers: WorkerPool,
        limits: Limits,
        keyed: Keyed,
        note: Callable[[r.Record], Awaitable[int]],
        deadline_s: float,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.uploads = Uploads(
            lambda seconds, work: self._loop.call_soon_threadsafe(self._loop.call_later, seconds, work)
        )
        self._judge = judge
        self._front_end = front_end
        self._workers = workers
        self._limits = limits
        self._keyed = keyed
        self._note = note
        self._deadline_s = deadline_s
        self._lock = threading.Lock()
        self._kept: dict[tuple[bytes, str], _Kept] = {}
        """By owner and reference of the check, in the order of their age."""

    def judged(self, upload: Upload, gone: Callable[[], bool] = lambda: False) -> Outcome:
        """Judge and record an upload, from a thread; its children are killed once the person is `gone`.

        Refused `too_long` at the deadline, `unavailable` on an error, or when the person is gone.
        """
        reference = make_reference()
        try:
            return asyncio.run_coroutine_threadsafe(self._awaited(reference, upload, gone), self._loop).result()
        except TimeoutError:
            raise refused("too_long", retry_s=60) from None
        except CancelledError:
            raise refused("unavailable") from None
        except Exception as error:  # noqa: BLE001 - a bug of ours, whose message may quote a file
            log_failure(_LOG, reference, error)
            raise refused("unavailable", retry_s=10) from None

    def fixed(self, owner: bytes, reference: str, number: int) -> tuple[str, bytes]:
        """Return name and bytes of a fixed copy; Refused `not_found` when unknown or expired."""
        with self._lock:
            self._forget_old()
            kept = self._kept.get((owner, reference))
            if kept is None or number not in kept.files:
                raise refused("not_found")
            return kept.files[number]

    def close(self) -> None:
        """Delete all uploads and copies."""
        self.uploads.close()
        self._kept.clear()

    async def _awaited(self, reference: str, upload: Upload, gone: Callable[[], bool]) -> Outcome:
        work = asyncio.ensure_future(self._judged(reference, upload))
        while not gone() and not (await asyncio.wait({work}, timeout=_LOOK_S))[0]:
            pass
        work.cancel()  # no effect when it is done
        return await work

    async def _judged(self, reference: str, upload: Upload) -> Outcome:
        digests = tuple(spool.sha256 for _, spool in upload.files)
        whose = {"reference": reference, "via": upload.via, "who": upload.who, "client": upload.client}
        try:
            async with asyncio.timeout(self._deadline_s) as limit:
                mails = await self._each(reference, upload)
        except (TimeoutError, asyncio.CancelledError):  # counts too, or slow files could be tried without limit
            late = record_of_unread(**whose, sender=upload.sender, size=upload.size, digests=digests)
            await self._note(cut_checked(late, self._keyed))
            raise
        record = record_of((one.checked for one in mails), **whose, size=upload.size, digests=digests)
        await self._note(cut_checked(record, self._keyed))
        copies: dict[int, bytes] = {}
        if not record.confidential:
            with suppress(TimeoutError):  # the result goes before a copy
                async with asyncio.timeout_at(limit.when()):
                    copies = await self._fixed(upload, mails)
        self._keep(upload.owner, reference, {number: (upload.files[number][0], one) for number, one in copies.items()})
        names = tuple(name for name, _ in upload.files)
        return Outcome(reference, tuple(mails), names, {number: len(octets) for number, octets in copies.items()})

    async def _each(self, reference: str, upload: Upload) -> list[Mail]:
        """Judge the mails of an upload."""
        mails: list[Mail] = []
        made = await asyncio.to_thread(lambda: list(_mails(upload)))
        with ExitStack() as contents:
            for spool, *_ in made:
                contents.enter_context(spool)
            for spool, recipients, files, whole in made:
                checked = await check(
                    self._judge,
                    self._front_end,
                    spool,
                    reference=reference,
                    sender=upload.sender,
                    recipients=recipients or (upload.sender,),
                    login=upload.sender or None,
                    languages=self._front_end.languages,
                    holds=self._front_end.holds,
                )
                mails.append(Mail(checked, files, whole))
        return mails

    async def _fixed(self, upload: Upload, mails: list[Mail]) -> dict[int, bytes]:
        """Return fixed copies of files with typography findings."""
        found: dict[int, bytes] = {}
        for number in (one for mail in mails for one in _fixable(mail)):
            descriptor = upload.files[number][1].fileno()
            if descriptor is not None:
                visit = self._workers.desk.visit(_CHECKERS)
                octets = await fix(
                    self._workers,
                    descriptor,
                    limits=self._limits,
                    visit=visit,
                    cost_s=CHECKED_LATER_S,
                )
                if octets:
                    found[number] = octets
        return found

    def _keep(self, owner: bytes, reference: str, copies: dict[int, tuple[str, bytes]]) -> None:
        """Cache the copies of a check."""
        with self._lock:
            if copies:
                self._kept[owner, reference] = _Kept(time.monotonic() + KEPT_S, copies)
                self._loop.call_later(KEPT_S + 1, self._forget)
            while sum(one.size for (whose, _), one in self._kept.items() if whose == owner) > _KEPT_BYTES_OF_ONE:
                del self._kept[next(key for key in self._kept if key[0] == owner)]
            self._forget_old()

    def _forget(self) -> None:
        with self._lock:
            self._forget_old()

    def _forget_old(self) -> None:
        now = time.monotonic()
        while self._kept:
            oldest = next(iter(self._kept))
            room = sum(one.size for one in self._kept.values()) <= _KEPT_BYTES
            if self._kept[oldest].until > now and room:
                return
            del self._kept[oldest]


def _mails(upload: Upload) -> Iterator[tuple[Spool, tuple[str, ...], tuple[int, ...], bool]]:
    """Yield the mails of an upload with their recipients: each uploaded mail, and one with all other files as attachments."""
    loose: list[int] = []
    for number, (name, spool) in enumerate(upload.files):
        if is_message(bytes(spool.content()[:_HEAD_BYTES]), name):
            message = as_message(bytes(spool.content()), name, sender=upload.sender, recipients=upload.recipients)
            recipients = tuple(filter(None, message.forward_paths))
            yield Spool.from_content(message.content), recipients, (number,), True
        else:
            loose.append(number)
    if loose:
        mail = Spool(SpoolSettings())
        files = ((upload.files[number][0], upload.files[number][1].content()) for number in loose)
        for piece in mail_of(files, sender=upload.sender, recipients=upload.recipients or (upload.sender,)):
            mail.write(piece)
        yield mail, upload.recipients, tuple(loose), False


def _fixable(mail: Mail) -> Iterator[int]:
    """Yield the numbers of files with a typography finding and a format that can be fixed."""
    if mail.whole:
        return
    root = mail.checked.evidence.message.root if mail.checked.evidence.message is not None else None
    parts = [part.path for part in root.children] if root is not None else []
    faulty = {
        (judged.finding.about.part or "").partition("!")[0]
        for judged in mail.checked.verdict.findings
        if judged.policy == _FIXED_POLICY and judged.finding.outcome is FindingOutcome.FAILED
    }
    formats = {document.part: by_name(document.format) for document in mail.checked.evidence.documents}
    for number, path in zip(mail.files, parts, strict=False):
        row = formats.get(path)
        if path in faulty and row is not None and row.fixer is not None:
            yield number
