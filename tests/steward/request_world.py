"""Refused mails and the requests about them: a steward with a real log, and what people do there."""

import asyncio
import functools
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from gateway.engine.evaluate import evaluate_facts
from gateway.engine.observing import observe
from gateway.model import Disposition, ReadStatus
from gateway.pipeline.rulebook import policies_of
from gateway.steward import questions as q
from tests.audit.support import running
from tests.steward.mail_world import Writer, evidence
from tests.steward.support import Office, directory
from tests.support.policies import preset

AN, HEAD = "an.noivu@x.example", "truong.noivu@x.example"
LOCKED, SECRET, HINTED, FORGED = "BT-10CKED00", "BT-SECRET00", "BT-H1NTED00", "BT-F0RGED00"
UNPROVED = "BT-ANYB0DY0"
"""A mail without a login, whose reverse-path anybody may have written."""


def with_refused_mails(folder, kind=Office) -> Office:
    """Return a steward whose log has refused mails of AN."""
    shutil.copytree(_log().name, folder, dirs_exist_ok=True)
    office = kind(folder)
    office.now = datetime.now(UTC).timestamp()
    return office


def locked(sender=AN):
    return evidence(
        sender, subject="Lương", filename="luong.docx", text="a", status=ReadStatus.ENCRYPTED, listed=directory()
    )


@functools.cache
def _log() -> tempfile.TemporaryDirectory[str]:
    """The log, written once."""
    folder = tempfile.TemporaryDirectory()
    asyncio.run(_write(Path(folder.name)))
    return folder


async def _write(data):
    async with running(data, policy="test") as log:
        writer = Writer(log, preset())
        assert await writer.mail(LOCKED, locked()) is Disposition.REJECT
        marked = evidence(AN, subject="a", filename="a.docx", text="TUYỆT MẬT", listed=directory())
        assert await writer.mail(SECRET, marked) is Disposition.REJECT
        hinted = evidence(AN, subject="a", filename="hinted.docx", text="TÔI MẬT\nKính gửi", listed=directory())
        assert await writer.mail(HINTED, hinted) is Disposition.REJECT
        own_name = evidence(HEAD, subject="a", filename="a.docx", text="a", listed=directory())
        session = replace(own_name.session, auth_user=AN)
        assert await writer.mail(FORGED, replace(own_name, session=session)) is Disposition.REJECT
        nobody = replace(locked(), session=replace(locked().session, auth_user=None))
        assert await writer.mail(UNPROVED, nobody) is Disposition.REJECT


async def sent_again(office):
    async with running(office.data, policy="test") as log:
        await Writer(log, policies_of(office.desk.configuration)).mail("BT-AGA1N000", locked())


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
    return evaluate_facts(observe(locked(), policies.policies), policies).disposition
