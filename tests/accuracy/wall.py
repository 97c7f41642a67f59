"""Files through the real gateway in bulk: many in one mail, the wall with its children, the policies of the preset.

`judge` is `gateway.pipeline.judge.Judge` as the relay uses it; only the mails are larger than people's.
"""

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header

from gateway.config.sections import Configuration
from gateway.model import Envelope, Evidence, FindingOutcome, FrontEnd, ReadStatus, Session, Transaction, Verdict
from gateway.pipeline.judge import Judge, Judged
from gateway.pipeline.rulebook import Rulebook
from gateway.serve.app import inspection_limits, start_workers
from gateway.spool import Spool

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
FILES_PER_MAIL = 40


@dataclass(frozen=True)
class Outcome:
    """What the gateway made of one file."""

    rule: str | None
    """`marked`, `suspected`, or None when no mark was found."""
    level: str | None
    unread: tuple[str, ...]
    """`status:reason` of every document of the file that was not read in full."""
    refused_by: tuple[str, ...]
    """`policy.rule` of every finding on the file that refuses the mail."""

    @property
    def stopped(self) -> bool:
        return self.rule is not None


def mail(
    files: Iterable[tuple[str, bytes]], *, subject: str = "Về việc báo cáo", body: str = "Kính gửi anh,\n"
) -> bytes:
    """A mail with files; the text is part 1, the files follow."""
    boundary = "=_bien_gioi"
    out = io.BytesIO()
    out.write(
        b"From: nguyen.van.an@example.gov.vn\r\nTo: tran.thi.binh@example.gov.vn\r\nDate: Tue, 24 Nov 2026 10:00:00 +0700\r\n"
        b"Message-ID: <1@example.gov.vn>\r\nSubject: " + Header(subject, "utf-8", maxlinelen=70).encode(linesep="\r\n").encode() + b"\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="' + boundary.encode() + b'"\r\n\r\n'
    )  # fmt: skip
    parts = [(b"Content-Type: text/plain; charset=utf-8\r\n", body.encode())]
    for name, data in files:
        shown = Header(name, "utf-8").encode() if not name.isascii() else name
        head = f'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="{shown}"\r\n'
        parts.append((head.encode(), data))
    for head, data in parts:
        encoded = base64.encodebytes(data).replace(b"\n", b"\r\n")
        out.write(b"--" + boundary.encode() + b"\r\n" + head + b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded)
    out.write(b"--" + boundary.encode() + b"--\r\n")
    return out.getvalue()


@contextmanager
def gateway() -> Iterator[Judge]:
    """The judge of a gateway with its default settings."""
    configuration = Configuration()
    with closing(start_workers(configuration)) as workers:
        yield Judge(
            rulebook=Rulebook(configuration),
            workers=workers,
            limits=inspection_limits(configuration),
            clock=lambda: NOW,
        )


async def judged(judge: Judge, content: bytes) -> tuple[Evidence, Verdict]:
    """The evidence and the verdict on one mail."""
    evidence, verdict, *_ = await whole(judge, content)
    return evidence, verdict


async def whole(judge: Judge, content: bytes) -> Judged:
    """All that comes of one mail."""
    spool = Spool.from_content(content)
    transaction = Transaction(
        id="accuracy",
        session=Session(front_end=FrontEnd.CHECK),
        envelope=Envelope(
            reverse_path="nguyen.van.an@example.gov.vn",
            forward_paths=("tran.thi.binh@example.gov.vn",),
            rcpt_parameters=((),),
        ),
        received_at=NOW,
        size_bytes=spool.size_bytes,
        sha256=spool.sha256,
    )
    with spool:
        return await judge.judge(transaction, spool)


def of_part(path: str, evidence: Evidence, verdict: Verdict) -> Outcome:
    """What was found in one part and everything inside it."""

    def inside(other: str | None) -> bool:
        return other is not None and (other == path or other.startswith((f"{path}!", f"{path}.")))

    findings = [one for one in verdict.findings if inside(one.finding.about.part)]
    marks = [
        one.finding for one in findings
        if one.policy == "classified" and one.finding.rule in ("marked", "suspected") and one.finding.outcome is FindingOutcome.FAILED
    ]  # fmt: skip
    marks.sort(key=lambda finding: finding.rule != "marked")
    unread = tuple(
        f"{document.status.value}:{document.reason}"
        for document in evidence.documents
        if inside(document.part) and document.status is not ReadStatus.OK
    )
    refusing = tuple(
        f"{one.policy}.{one.finding.rule}" for one in findings
        if one.effective.word in ("reject", "defer", "hold") and one.finding.outcome is not FindingOutcome.PASSED
    )  # fmt: skip
    return Outcome(marks[0].rule if marks else None, str(marks[0].params["level"]) if marks else None, unread, refusing)


async def outcomes(
    judge: Judge, files: Iterable[tuple[str, bytes]], *, per_mail: int = FILES_PER_MAIL, at_once: int = 2
) -> list[Outcome]:
    """The outcome of each file, in order; mails are judged a few at a time."""
    gate = asyncio.Semaphore(at_once)

    async def one(batch: list[tuple[str, bytes]]) -> list[Outcome]:
        async with gate:
            evidence, verdict = await judged(judge, mail(batch))
            return [of_part(str(number), evidence, verdict) for number in range(2, len(batch) + 2)]

    tasks: list[asyncio.Task[list[Outcome]]] = []
    async for batch in _batches(files, gate, per_mail):
        tasks.append(asyncio.create_task(one(batch)))
    return [outcome for task in tasks for outcome in await task]


async def _batches(
    files: Iterable[tuple[str, bytes]], gate: asyncio.Semaphore, per_mail: int
) -> AsyncIterator[list[tuple[str, bytes]]]:
    """Make batches only as fast as they are judged, so that few are in memory."""
    batch: list[tuple[str, bytes]] = []
    for file in files:
        batch.append(file)
        if len(batch) == per_mail:
            yield batch
            batch = []
            while gate.locked():
                await asyncio.sleep(0.005)
    if batch:
        yield batch


def run(files: Iterable[tuple[str, bytes]], *, per_mail: int = FILES_PER_MAIL) -> list[Outcome]:
    """`outcomes` for code without an event loop, with a gateway of its own."""
    with gateway() as judge:
        return asyncio.run(outcomes(judge, files, per_mail=per_mail))
