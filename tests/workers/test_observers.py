"""Policies read words behind the wall: no text comes out, and a policy that misbehaves ends with its child."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from gateway.config.sections import Configuration
from gateway.demo.documents import Paragraph, word_file, zip_archive
from gateway.documents.wall.desk_channel import Visit
from gateway.documents.wall.pool import PoolSettings, WorkerPool
from gateway.documents.wall.wire import FrameReader, Limits
from gateway.engine import Registry, load_policy_set
from gateway.errors import PolicyEndError, PolicyFaultError, blame
from gateway.model import Directory, Envelope, FrontEnd, Mailbox, MailboxKind, Session, Transaction
from gateway.pipeline.judge import Judge
from gateway.pipeline.rulebook import Rulebook, Rules
from gateway.spool import Spool
from tests.engine.stand_ins.unruly import WORD
from tests.support.cases import slow
from tests.workers.mails import mail
from tests.workers.test_desk import Running

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
STAND_INS = "tests.engine.stand_ins"
REGISTRY = Registry.installed()
MAILBOX = Mailbox(address="an@tphcm.gov.vn", kind=MailboxKind.UNIT)
LIMITS = Limits(cpu_s=4.0, part_cpu_s=0.3, mib_cpu_s=0.3, memory_bytes=128 << 20)


def rules(folder: Path, policies: str) -> Rules:
    path = folder / "policy.yaml"
    path.write_text(f"version: 1\nname: x\nextends: binhtan-7600\npolicies: {policies}\n", "utf-8")
    directory = Directory(digest="d", mailboxes={MAILBOX.address: MAILBOX})
    return Rules(load_policy_set(path, registry=REGISTRY), directory)


def unruly(folder: Path, how: str, where: str = "look", more: str = "") -> Rules:
    return rules(folder, f"{{unruly: {{module: {STAND_INS}.unruly, settings: {{how: {how}, where: {where}}}}}{more}}}")


OLD = f"old_fashioned: {{module: {STAND_INS}.old_fashioned}}"


class Fixed(Rulebook):
    def __init__(self, rules: Rules) -> None:
        self.current = rules


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    every = rules(tmp_path_factory.mktemp("rules"), f"{{unruly: {{module: {STAND_INS}.unruly}}, {OLD}}}")
    settings = PoolSettings(observing="gateway.engine.walled", observers=every.policies.observers)
    pool = WorkerPool.start(settings).connect()
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def impatient(workers):
    """Workers that are given up when they stand still for a moment: busy ones of a busy machine may be as well."""
    settings = structs.replace(workers._settings, idle_s=0.2)
    return WorkerPool(settings, door=workers._door, process=workers.process).connect()


@pytest.fixture
def crossed(monkeypatch):
    """What came through the wall, and what was kept of it."""
    octets = bytearray()
    feed, keep = FrameReader.feed, Visit.keep

    def seen(reader, data):
        octets.extend(data)
        return feed(reader, data)

    def kept(visit, results=()):
        for _, value in results:
            octets.extend(value)
        return keep(visit, results)

    monkeypatch.setattr(FrameReader, "feed", seen)
    monkeypatch.setattr(Visit, "keep", kept)
    return octets


async def judged(pool, rules, content, *, secret=b"", limits=LIMITS):
    judge = Judge(rulebook=Fixed(rules), workers=pool, limits=limits, secret=secret, clock=lambda: NOW)
    with Spool.from_content(content) as spool:
        transaction = Transaction(
            id="T1",
            session=Session(front_end=FrontEnd.RELAY),
            envelope=Envelope(reverse_path="an@tphcm.gov.vn", forward_paths=("binh@tphcm.gov.vn",)),
            received_at=NOW,
            size_bytes=len(content),
            sha256=spool.sha256,
        )
        return await judge.judge(transaction, spool)


def of(verdict, policy):
    return [judged.finding for judged in verdict.findings if judged.policy == policy]


TEXT = ("tệp.txt", f"Báo cáo\nDòng {WORD}\n".encode())


@pytest.mark.parametrize(("how", "reason"), [slow("spin", "cpu"), ("hoard", "memory"), ("crash", "exit-3")])
async def test_a_look_without_end_costs_the_document_that_it_was_at(workers, tmp_path, caplog, how, reason):
    content = mail(("khác.txt", "Lịch họp\n".encode()), TEXT)
    found = await judged(workers, unruly(tmp_path, how), content)
    assert {one.part: one.reason for one in found.evidence.documents} == {"1": "", "2": "", "3": reason}
    assert [one.about.part for one in of(found.verdict, "classified") if one.rule == "unread_content"] == ["3"]
    assert ("chính sách unruly không xét xong" in caplog.text) is (how != "hoard")  # of which the child has not died


@pytest.mark.slow
async def test_a_mail_whose_time_is_used_up_is_observed_all_the_same(workers, tmp_path):
    limits = structs.replace(LIMITS, cpu_s=1.0)
    found = await judged(workers, unruly(tmp_path, "spin"), mail(TEXT, ("khác.txt", "Lịch\n".encode())), limits=limits)
    assert {one.part: one.reason for one in found.evidence.documents} == {"1": "", "2": "cpu", "3": "mail-cpu"}
    assert found.observed.seen.keys() >= {"classified", "typography", "unruly"}


@pytest.mark.parametrize("how", ["crash", "sleep", slow("spin")])
@pytest.mark.parametrize("where", ["observe", "judge"])
async def test_a_policy_without_end_is_a_fault_of_ours_that_names_it(impatient, tmp_path, how, where):
    content = mail(TEXT).replace(b"Subject: ", f"Subject: {WORD} ".encode())
    with pytest.raises(PolicyEndError, match="^chính sách unruly .* / policy unruly "):
        await judged(impatient, unruly(tmp_path, how, where), content)


@pytest.mark.slow
async def test_a_look_that_waits_for_ever_is_a_fault_of_ours_that_names_its_policy(impatient, tmp_path):
    with pytest.raises(PolicyEndError, match="unruly"):
        await judged(impatient, unruly(tmp_path, "sleep"), mail(TEXT))


@pytest.mark.parametrize("content", [mail(TEXT), mail(body=f"{WORD}\n")], ids=["file", "text alone"])
@pytest.mark.parametrize(
    ("how", "where"), [("fail", "look"), ("fail", "observe"), ("hoard", "observe"), ("fail", "judge")]
)
async def test_a_policy_that_fails_is_reported_without_words_of_the_mail(workers, tmp_path, content, how, where):
    content = content.replace(b"Subject: ", f"Subject: {WORD} ".encode())
    with pytest.raises(ExceptionGroup) as raised:
        await judged(workers, unruly(tmp_path, how, where), content)
    (fault,) = raised.value.exceptions
    assert isinstance(fault, PolicyFaultError)
    assert str(fault).startswith(("ValueError (unruly.py:", "MemoryError (unruly.py:"))
    assert WORD not in str(fault)
    assert (
        blame(raised.value)
        == f"chính sách unruly ({STAND_INS}.unruly) hỏng / policy unruly ({STAND_INS}.unruly) failed: {fault}"
    )


@pytest.mark.parametrize("where", ["look", "observe", "judge"])
@pytest.mark.parametrize(("how", "content"), [("fail", mail(TEXT)), ("crash", mail(TEXT)), ("fail", mail(body=WORD))])
async def test_a_policy_that_is_off_and_fails_harms_nobody(workers, tmp_path, how, where, content):
    settings = f"settings: {{how: {how}, where: {where}}}"
    off = rules(tmp_path, f"{{unruly: {{module: {STAND_INS}.unruly, mode: off, {settings}}}}}")
    found = await judged(workers, off, content.replace(b"Subject: ", f"Subject: {WORD} ".encode()))
    assert "unruly" not in found.observed.seen
    assert all(one.reason == "" for one in found.evidence.documents)
    assert "classified" in found.observed.seen


async def test_a_policy_without_judge_has_all_words_behind_the_wall(workers, tmp_path, crossed):
    content = mail(("a.zip", zip_archive(("b.txt", "CU-KY trong này\n"))), ("c.docx", word_file([Paragraph("CU-KY")])))
    found = await judged(workers, rules(tmp_path, f"{{{OLD}}}"), content, secret=b"secret")
    assert [one.params for one in of(found.verdict, "old_fashioned")] == [{"count": 2, "officials": 1}]
    assert b"CU-KY" not in crossed
    again = await judged(workers, rules(tmp_path, f"{{{OLD}}}"), content, secret=b"secret")
    assert again.verdict == found.verdict


async def test_what_was_read_before_a_child_died_is_read_again_for_it(workers, tmp_path, crossed):
    files = (
        ("a.zip", zip_archive(("b.txt", "CU-KY\n"), ("c.txt", f"{WORD}\n"), ("d.txt", "CU-KY\n"))),
        ("e.txt", b"CU-KY\n"),
    )
    found = await judged(workers, unruly(tmp_path, "crash", more=f", {OLD}"), mail(*files, body="CU-KY\n"))
    assert {one.part: one.reason for one in found.evidence.documents if one.reason} == {"2!c.txt": "exit-3"}
    assert [one.params["count"] for one in of(found.verdict, "old_fashioned")] == [4]
    assert b"CU-KY" not in crossed


WORDS = [f"chữ{number} riêng{number} của{number} văn{number} bản{number}" for number in range(200)]


async def test_no_words_of_a_document_come_out_or_are_kept(workers, tmp_path, crossed):
    running = Running(places=2)
    pool = WorkerPool(workers._settings, door=workers._door, process=workers.process).connect(running.door)
    content = mail(
        ("báo cáo.docx", word_file([Paragraph(line) for line in WORDS])),
        ("lưu.zip", zip_archive(("trong.txt", "\n".join(WORDS)), ("trong.csv", ";".join(WORDS)))),
        body="\n".join(WORDS),
    )
    plain = rules(tmp_path, "{}")
    try:
        first = await judged(pool, plain, content, secret=b"secret")
        size = len(crossed)
        again = await judged(pool, plain, content, secret=b"secret")
    finally:
        pool.desk.close()
        running.close()
    assert size > 1000
    assert again.verdict == first.verdict
    assert not any(word.encode() in crossed for line in WORDS for word in line.split())


async def test_reading_in_the_worker_and_behind_the_wall_give_one_verdict(workers, tmp_path):
    body = "Kính gửi,\nMẬT\nĐề nghị cấp lại mật khẩu\nBản giấy: gửi sau\n"
    content = mail(body=body)
    ours = await judged(workers, rules(tmp_path, "{}"), content)
    walled = await judged(workers, rules(tmp_path, f"{{unruly: {{module: {STAND_INS}.unruly}}}}"), content)
    assert walled.verdict.findings == ours.verdict.findings
    assert {**walled.observed.seen, "unruly": None} == {**ours.observed.seen, "unruly": None}


@pytest.mark.parametrize(
    "content",
    [
        mail(body="Kính gửi,\nMẬT\nĐề nghị cấp lại mật khẩu\n"),
        mail(TEXT, ("báo cáo.docx", word_file([Paragraph("TỐI MẬT")])), ("a.zip", zip_archive(("b.exe", b"MZ" + bytes(99))))),
        mail(TEXT).replace(b"From: ", b'From: "Chi cuc thue" <x@y.vn>, '),
    ],
)  # fmt: skip
async def test_policies_that_judge_behind_the_wall_judge_as_in_the_front_end(workers, tmp_path, content):
    ours = rules(tmp_path, "{}")
    foreign = tuple(dataclasses.replace(policy, foreign=True) for policy in ours.policies.policies)
    theirs = Rules(dataclasses.replace(ours.policies, policies=foreign), ours.directory)
    here, there = await judged(workers, ours, content), await judged(workers, theirs, content)
    assert there.observed.found.keys() == {policy.name for policy in foreign if not policy.idle}
    assert there.verdict == here.verdict


def test_settings_of_every_shipped_policy_cross_whole():
    for preset in ("binhtan-7600", "monitor", "strict"):
        for policy in load_policy_set(preset).policies:
            if policy.observer is not None:
                assert type(policy.settings).model_validate_json(policy.observer.settings) == policy.settings
                assert not policy.observer.foreign
                assert not policy.observer.whole


@pytest.mark.slow
def test_the_default_configuration_warms_the_policies():
    from gateway.serve.app import _pool_settings

    policies = load_policy_set("binhtan-7600")
    assert _pool_settings(Configuration(), None, policies).observers == policies.observers
