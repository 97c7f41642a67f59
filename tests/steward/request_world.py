"""Refused mails and the requests about them: a steward with a real log, and what people do there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from msgspec.structs import replace

from gateway.audit import AuditLog
from gateway.engine.evaluate import evaluate_facts
from gateway.engine.observing import observe
from gateway.model import Disposition, ReadStatus
from gateway.pipeline.rulebook import policies_of
from gateway.steward import questions as q
from tests.steward.mail_world import Writer, evidence
from tests.steward.support import Office

AN, HEAD = "an.noivu@x.example", "truong.noivu@x.example"
LOCKED, SECRET, HINTED, FORGED = "BT-10CKED00", "BT-SECRET00", "BT-H1NTED00", "BT-F0RGED00"
UNPROVED = "BT-ANYB0DY0"
"""A mail without a login, whose reverse-path anybody may have written."""


def with_refused_mails(folder, kind=Office) -> Office:
    """Return a steward whose log has refused mails of AN."""
    office = kind(folder)
    office.now = datetime.now(UTC).timestamp()
    asyncio.run(_write(office))
    return office


def locked(office, sender=AN):
    return evidence(
        sender, subject="Lương", filename="luong.docx", text="a", status=ReadStatus.ENCRYPTED, listed=office.directory
    )


async def _write(office):
    policies = policies_of(office.desk.configuration)
    log = AuditLog.open(office.data)
    await log.start(policy="test")
    writer = Writer(log, policies)
    assert await writer.mail(LOCKED, locked(office)) is Disposition.REJECT
    marked = evidence(AN, subject="a", filename="a.docx", text="TUYỆT MẬT", listed=office.directory)
    assert await writer.mail(SECRET, marked) is Disposition.REJECT
    hinted = evidence(AN, subject="a", filename="hinted.docx", text="TÔI MẬT\nKính gửi", listed=office.directory)
    assert await writer.mail(HINTED, hinted) is Disposition.REJECT
    own_name = evidence(HEAD, subject="a", filename="a.docx", text="a", listed=office.directory)
    session = replace(own_name.session, auth_user=AN)
    assert await writer.mail(FORGED, replace(own_name, session=session)) is Disposition.REJECT
    nobody = replace(locked(office), session=replace(locked(office).session, auth_user=None))
    assert await writer.mail(UNPROVED, nobody) is Disposition.REJECT
    await log.close()


async def sent_again(office):
    log = AuditLog.open(office.data)
    await log.start(policy="test")
    await Writer(log, policies_of(office.desk.configuration)).mail("BT-AGA1N000", locked(office))
    await log.close()


def opened(office, token, reference=LOCKED, **more):
    answer = office.ask(q.OpenRequest(reference=reference, reason="Kho bạc đặt mật khẩu", **more), token)
    assert isinstance(answer, q.Done), answer
    return office.ask(q.AskRequests(reference), token).waiting[0].id


def decided(office, token, name, step="endorse", **more):
    return office.ask(q.Decide(request=name, step=step, reason="đã xem bản giấy", read=True, **more), token)


def approved(office, token, name, **more):
    code = office.code("so")
    return office.ask(q.Approve(request=name, reason="đã đọc tệp", code=code, read=True, **more), token)


def disposition(office):
    policies = policies_of(office.desk.configuration)
    return evaluate_facts(observe(locked(office), policies.policies), policies).disposition
