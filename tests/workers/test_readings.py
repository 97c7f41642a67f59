"""What was read is taken for what comes again, and never changes a verdict."""

import asyncio
import os
import random
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from gateway import mime
from gateway.demo.documents import Paragraph, word_file, zip_archive
from gateway.documents.wall.pool import PoolSettings, WorkerPool
from gateway.documents.wall.readings import Readings
from gateway.documents.wall.wire import InspectionRequest, Limits
from gateway.model import About, Disposition, Finding, FindingOutcome, JudgedFinding, Mode, Verdict
from tests.readers import pdfs
from tests.support.corpus import CORPUS
from tests.workers.mails import mail
from tests.workers.test_desk import Running
from tests.workers.test_inspector import locked

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
CLEAN = Verdict(disposition=Disposition.RELAY, findings=(), policy_digest="")
FILE = ("báo cáo.zip", zip_archive(("a.txt", "Báo cáo tháng\n"), ("b.csv", "a;b\n1;2\n")))


def marked(part):
    finding = Finding(rule="marked", outcome=FindingOutcome.FAILED, about=About(part=part))
    judged = JudgedFinding(
        policy="classified", code="CLS-01", article="", finding=finding, wanted=Disposition.REJECT, mode=Mode.ENFORCE,
        effective=Disposition.REJECT, confidential=True,
    )  # fmt: skip
    return structs.replace(CLEAN, findings=(judged,))


@pytest.fixture(scope="module")
def workers():
    pool = WorkerPool.start(PoolSettings(children=2))
    yield pool
    pool.close()


class Office:
    """Front ends at one desk."""

    def __init__(self, workers):
        self.workers = workers
        self.running = Running(places=2)
        self.readings = self.front_end()

    def front_end(self, secret=b"secret"):
        pool = WorkerPool(self.workers._settings, door=self.workers._door, process=self.workers.process)
        readings = Readings(pool.connect(self.running.door), secret)
        self.running.desks.append(pool.desk)
        return readings

    async def read(self, content, verdict=CLEAN, *, readings=None, now=NOW, meanwhile=None, **limits):
        root = mime.parse(content).root
        request = InspectionRequest(
            id=os.urandom(4).hex(), root=root, content=content, now=now, limits=Limits(**limits)
        )
        async with (readings or self.readings).read(request, content, content_fd=None, sender="an@a.vn") as reading:
            if meanwhile is not None:
                await meanwhile()
            reading.keep(verdict)
            return reading.inspection


@pytest.fixture
async def office(workers):
    one = Office(workers)
    yield one
    one.running.close()


def told(inspection):
    return inspection.root, inspection.documents, inspection.signatures


async def test_the_same_attachment_in_another_mail_is_not_read_again(office):
    content = mail(FILE)
    first = await office.read(content)
    again = await office.read(mail(FILE, body="Kính gửi phường khác,\n"), readings=office.front_end())
    assert (first.children, again.children) == (1, 0)
    assert again.documents[1:] == first.documents[1:]
    assert told(await office.read(content)) == told(first)


@pytest.mark.parametrize("other", ["name", "octets", "day", "limits", "secret"])
async def test_whatever_a_reading_rests_on_makes_another_key(office, other):
    name, data = FILE
    await office.read(mail(FILE))
    files = {"name": ("khác.zip", data), "octets": (name, zip_archive(("a.txt", "Báo cáo quý\n")))}
    asked = await office.read(
        mail(files.get(other, FILE)),
        now=NOW + timedelta(days=1) if other == "day" else NOW,
        readings=office.front_end(b"other") if other == "secret" else None,
        **({"limit_depth": 3} if other == "limits" else {}),
    )
    assert asked.children == 1


async def test_of_a_marked_document_nothing_is_kept(office):
    await office.read(mail(FILE), marked("2!a.txt"))
    assert (await office.read(mail(FILE))).children == 1
    kept = mail(FILE, ("khác.txt", "Lịch họp\n".encode()))
    assert (await office.read(kept, marked("2"))).children == 1
    assert (await office.read(kept, marked(None))).children == 1  # a mark in the subject: of no part of the mail
    assert (await office.read(kept)).children == 1


async def test_a_mark_that_new_rules_see_ends_what_was_kept(office):
    await office.read(mail(FILE))
    assert (await office.read(mail(FILE), marked("2"))).children == 0
    assert (await office.read(mail(FILE))).children == 1


async def test_what_the_words_of_the_mail_unlock_is_read_in_each_mail_again(office):
    secret = ("khóa.zip", locked("Bt@2026", ("a.txt", "chữ")))
    without = await office.read(mail(secret))
    opened = await office.read(mail(secret, body="Mật khẩu giải nén: Bt@2026\n"))
    assert {document.part: document.status.value for document in without.documents}["2"] == "encrypted"
    assert opened.documents[1].opened_with_password
    assert (await office.read(mail(secret))).documents == without.documents


async def test_a_password_in_a_file_that_is_known_opens_the_one_beside_it(office):
    note, secret = ("đọc trước.txt", "mật khẩu: q7w8\n".encode() * 400), ("z.zip", locked("q7w8", ("a.txt", "x")))
    await office.read(mail(note))
    found = await office.read(mail(note, secret))
    assert "2!a.txt" in {document.part for document in found.documents} or any(
        document.opened_with_password for document in found.documents
    )


async def test_words_before_and_behind_the_parts_of_a_mail_are_known_too(office):
    content = mail(FILE).replace(b"\r\n\r\n--=", b"\r\n\r\nWords before\r\n\r\n--=", 1) + b"Words behind\r\n"
    first = await office.read(content)
    assert {"!preamble", "!epilogue"} <= {document.part for document in first.documents}
    assert told(await office.read(content)) == told(first)
    assert (await office.read(content)).children == 0


async def test_files_beside_a_signature_are_read_as_if_nothing_were_known(office):
    await office.read(mail(FILE))
    assert (await office.read(mail(FILE, ("báo cáo.zip.p7s", b"none")))).children == 1
    assert (await office.read(mail(FILE, ("báo cáo.zip.p7s", b"none")))).children == 1


@pytest.mark.parametrize("name", ["a.docx", "a.pdf"])
async def test_ordinary_documents_rest_on_nothing_else_in_the_mail(office, name):
    data = (
        word_file([Paragraph("Báo cáo")])
        if name.endswith("docx")
        else pdfs.page(lambda page: page.drawString(50, 500, "Bao cao"))
    )
    body = "Mật khẩu: Bt@2026\n"
    await office.read(mail((name, data), body=body))
    assert (await office.read(mail((name, data), body=body))).children == 0


async def test_two_mails_with_one_attachment_at_once_read_it_once(office):
    found = await asyncio.gather(office.read(mail(FILE)), office.read(mail(FILE), readings=office.front_end()))
    assert sorted(inspection.children for inspection in found) == [0, 1]
    assert found[0].documents == found[1].documents


@pytest.mark.slow
async def test_after_a_reload_of_trust_everything_is_read_again(office, workers):
    async def reload():
        workers.reload()

    await office.read(mail(FILE))
    assert (await office.read(mail(("b.zip", FILE[1])), meanwhile=reload)).children == 1
    assert (await office.read(mail(FILE))).children == 1
    assert (await office.read(mail(("b.zip", FILE[1])))).children == 1


@pytest.mark.slow
async def test_what_parts_have_cost_is_charged_when_they_are_known(office):
    """Two archives that only together are too much: the same answer whichever of them is known."""
    files = [(f"{name}.zip", zip_archive(("a.txt", name * 600_000))) for name in "ab"]
    content = mail(*files)
    fresh = await office.read(content, limit_bytes=1_000_000, readings=office.front_end(b"apart"))
    assert "bytes" in {document.reason for document in fresh.documents}
    await office.read(mail(files[0]), limit_bytes=1_000_000)
    again = await office.read(content, limit_bytes=1_000_000)
    assert told(again) == told(fresh)


@pytest.mark.slow
async def test_a_desk_that_dies_changes_nothing(office):
    async def die():
        for desk in office.running.desks:
            desk.close()

    content = mail(FILE)
    first = await office.read(content, meanwhile=die)
    assert told(await office.read(content)) == told(first)
    alone = WorkerPool(office.workers._settings, door=office.workers._door, process=office.workers.process)
    assert told(await office.read(content, readings=Readings(alone, b"secret"))) == told(first)


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus in {CORPUS} (GATEWAY_CORPUS)")
async def test_documents_of_the_corpus_are_judged_the_same_with_and_without_the_cache(office):
    """Mails of one to three documents that share some of them, in two front ends, with a small cache."""
    chance = random.Random(13)
    files = [path for path in sorted(CORPUS.rglob("*")) if path.is_file() and path.stat().st_size < 300_000]
    chosen = [(path.name, path.read_bytes()) for path in chance.sample(files, min(24, len(files)))]
    mails = [mail(*chance.sample(chosen, chance.randint(1, 3))) for _ in range(20)]
    apart = office.front_end(b"")
    for content in mails:
        fresh = await office.read(content, readings=apart)
        for readings in (office.readings, office.front_end()):
            found = await office.read(content, readings=readings)
            assert told(found) == told(fresh)
