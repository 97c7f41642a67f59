"""The reports on the 1st: who gets which, once, and what stands in the log; the clock is set, next hop and log are real."""

import asyncio
import io
import re
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes, policy

import pytest
from docx import Document

from gateway.commands import doctor
from gateway.config.sections import Configuration
from gateway.errors import AuditError
from gateway.model import VIETNAM
from gateway.notice import Author, NoticeBook
from gateway.notice.book import lost
from gateway.notice.outbox import Outbox
from gateway.report.make import counted
from gateway.steward import reports
from gateway.steward.notices.context import Notifier
from gateway.steward.notices.monthly import Attached, notify_reports, record_lost
from tests.audit.support import running
from tests.notice.test_mail import hop_to
from tests.steward.request_world import AN, HEAD, with_refused_mails
from tests.support.sink import Act, Sink

OFFICE = "vanphong@x.example"


@pytest.fixture
def office(tmp_path):
    office = with_refused_mails(tmp_path)
    asyncio.run(_record_mailboxes(office))
    now = datetime.fromtimestamp(office.now, VIETNAM)
    office.now = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, 6, tzinfo=VIETNAM).timestamp()
    return office


async def _record_mailboxes(office):
    async with running(office.data, policy="test") as log:
        await log.mailboxes(office.directory)


@asynccontextmanager
async def post(office, script=None, *, send=True, whole=True, cluster=None):
    """Yield the tellers of a steward, which tell and send when called."""
    reports = {"send": send} | ({"office": OFFICE} if whole else {})
    desk = replace(office.desk, configuration=Configuration(data=office.data, reports=reports, cluster=cluster))
    async with Sink(script) as sink:
        with closing(NoticeBook(office.data)) as book:
            hop, reports_of = hop_to(sink), Attached(desk)
            outbox = Outbox(
                hop, book, Author("gw@x.example", "gw.example"), clock=lambda: office.now,
                attached=reports_of, on_lost=lambda waiting: record_lost(desk, waiting), on_idle=reports_of.forget,
            )  # fmt: skip

            async def round_() -> list[tuple[str, str]]:
                await asyncio.to_thread(notify_reports, Notifier(desk, book))
                await outbox.send_due()
                mails = [message_from_bytes(mail.content, policy=policy.default) for mail in sink.delivered]
                return [(str(mail["To"]), text_of(mail)) for mail in mails]

            yield round_
            hop.close()


def text_of(mail) -> str:
    """Return the words of the attached report; those of the mail itself have every field and the month as people write it."""
    (part,) = mail.iter_attachments()
    assert re.search(r"tháng \d\d/20\d\d", mail["Subject"])
    assert "?" not in mail.get_body().get_content()
    assert part.get_content_type().endswith("wordprocessingml.document")
    document = Document(io.BytesIO(part.get_content()))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([part.get_filename(), *(paragraph.text for paragraph in document.paragraphs), *cells])


def acts(office):
    return [(act.about.split(" ", 1)[1], act.ok) for act in office.acts if act.what == "send_report"]


@pytest.mark.slow
async def test_each_head_gets_his_unit_s_and_the_office_the_whole_once_a_month(office):
    office.now -= 1
    async with post(office) as round_:
        assert await round_() == [], "it is not yet six"
        office.now += 1
        for _ in range(2):
            mails = dict(await round_())
    async with post(office) as round_:  # the next start
        assert await round_() == []
    assert mails.keys() == {HEAD, OFFICE}
    assert "-noivu.docx" in mails[HEAD]
    assert AN in mails[HEAD], "persons of the own unit"
    assert "@x.example" not in mails[OFFICE], "no persons"
    assert "Phòng Tư pháp" in mails[OFFICE]
    assert "Phòng Tư pháp" not in mails[HEAD]
    assert acts(office) == [(f"noivu {HEAD}", True), (f"- {OFFICE}", True)]
    for canary in ("luong.docx", "hinted.docx", "Lương"):
        assert canary not in "".join(mails.values())


@pytest.mark.slow
async def test_the_log_is_walked_once_for_all_reports_of_a_month(office, monkeypatch):
    walks = []

    def counting(*arguments, **more):
        walks.append(arguments)
        return counted(*arguments, **more)

    monkeypatch.setattr(reports, "counted", counting)
    async with post(office) as round_:
        assert len(await round_()) == 2
        assert len(walks) == 1
        office.now += 32 * 86_400
        assert len(await round_()) == 4
        assert len(walks) == 2, "what was counted was kept for the round only"


@pytest.mark.slow
async def test_a_missed_first_is_made_up_and_the_next_month_has_its_own(office):
    office.now += 20 * 86_400
    async with post(office, whole=False) as round_:
        assert [recipient for recipient, _ in await round_()] == [HEAD]
        office.now += 11 * 86_400 + 3600
        assert [recipient for recipient, _ in await round_()] == [HEAD] * 2


async def test_nothing_is_sent_unless_it_is_wanted(office):
    async with post(office, send=False) as round_:
        assert await round_() == []
    assert acts(office) == []


async def test_what_is_not_recorded_is_not_sent_and_what_did_not_arrive_is_recorded(office):
    async with post(
        office, lambda stage, _: Act(b"550 5.1.1 no\r\n") if stage == "rcpt" else None, whole=False
    ) as round_:
        office.failing = AuditError("full")
        with pytest.raises(AuditError):
            await round_()
        office.failing = None
        assert await round_() == []
        assert await round_() == []
    assert acts(office) == [(f"noivu {HEAD}", True), (f"noivu {HEAD}", False)]


@pytest.mark.slow
async def test_a_process_that_ends_in_between_sends_the_rest_and_nothing_twice(office):
    with closing(NoticeBook(office.data)) as book:
        desk = replace(
            office.desk, configuration=Configuration(data=office.data, reports={"send": True, "office": OFFICE})
        )
        notifier = Notifier(desk, book)
        told = notifier.book.put

        def put(key, **more):
            if more["recipient"] == OFFICE:
                raise AuditError("killed here")
            return told(key, **more)

        book.put = put
        with pytest.raises(AuditError):
            notify_reports(notifier)
    async with post(office) as round_:
        assert sorted(recipient for recipient, _ in await round_()) == sorted([HEAD, OFFICE])


async def test_a_report_that_cannot_be_counted_is_tried_again_and_keeps_no_other_notice(office):
    async with post(office, whole=False) as round_:
        log = office.data / "audit.db"
        log.rename(office.data / "away.db")
        assert await round_() == []
        (office.data / "away.db").rename(log)
        office.now += 3600
        assert [recipient for recipient, _ in await round_()] == [HEAD]


async def test_a_unit_that_the_month_did_not_know_has_no_report(office):
    fields = {"month": "2026-11", "unit": "moi", "name": "Phòng mới"}
    async with post(office, send=False) as round_:
        with closing(NoticeBook(office.data)) as book:
            book.put("k", kind="report_unit", recipient=HEAD, now=office.now, fields=fields)
        assert await round_() == []
        assert lost(office.data, office.now) == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reports", "directory", "said"),
    [
        ({"send": False, "office": OFFICE}, True, []),
        ({"send": True, "office": OFFICE}, True, ["GOOD", "1 units", OFFICE]),
        ({"send": True}, True, ["GOOD", "1 units"]),
        ({"send": True}, False, ["WARNING", "there is no recipient"]),
    ],
)
def test_the_doctor_says_who_gets_reports(office, reports, directory, said):
    path = office.data / "directory.yaml" if directory else None
    lines = [*doctor._reports(Configuration(data=office.data, directory=path, reports=reports))]
    assert len(lines) == bool(said)
    assert all(word in f"{line.health.name} {line.words}" for line in lines for word in said)
