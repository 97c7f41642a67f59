"""A log of a few mails, written once, that most tests of queries read."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from gateway.audit.query import AuditReader
from gateway.model import Disposition, Verdict
from tests.audit.support import OK, REFUSAL, evidence, fill, running, session, transaction, verdict


async def write(data: Path) -> None:
    async with running(data) as log:

        async def judged(
            number: int, subject: str, filename: str, decision: Verdict, to: str = "b@gov.example"
        ) -> None:
            sent = transaction(number, to=(to,))
            if decision.disposition is Disposition.REJECT:
                await log.refused(sent, decision, evidence(subject, filename), REFUSAL)
                return
            await log.intent(sent, decision, evidence(subject, filename))
            await log.sending(sent.id)
            await log.outcome(sent.id, OK)

        await judged(1, "Báo cáo mật độ dân số", "mật độ.xlsx", verdict())
        await judged(2, "Vé máy bay khứ hồi, mất vé", "ve.pdf", verdict())
        await judged(3, "Đề nghị cấp hộp thư", "đề nghị.docx", verdict(Disposition.TAG), "office@gov.example")
        await judged(4, "Bao cao khong dau", "=cmd|calc.csv", verdict(Disposition.REJECT))
        await judged(5, "Kế hoạch", "ke_hoach.docx", verdict(Disposition.REJECT, confidential=True))
        monitored = verdict(Disposition.REJECT)
        judged_finding = msgspec.structs.replace(monitored.findings[0], effective=Disposition.RELAY)
        await judged(
            6, "=HYPERLINK(1)", "a.docx",
            msgspec.structs.replace(monitored, disposition=Disposition.RELAY, findings=(judged_finding,)),
        )  # fmt: skip
        await log.recipient_refused(
            session(),
            "x@bad.example",
            "office@gov.example",
            verdict(Disposition.REJECT, policy="official_sender"),
            REFUSAL,
        )
        await log.auth_failed(session(), "mallory@gov.example", 535)
        sent = transaction(7)
        await log.intent(sent, verdict(), evidence("\x1b[31mđỏ\u202e", "x"))
        await log.outcome(sent.id, None)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("query")
    asyncio.run(write(folder))
    return folder


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 120 mails; whoever changes it takes a copy."""
    folder = tmp_path_factory.mktemp("log")
    asyncio.run(fill(folder, 120))
    return folder


@pytest.fixture
def reader(data: Path):
    with AuditReader.open(data) as opened:
        yield opened
