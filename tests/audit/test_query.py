"""Reading the log: filters, Vietnamese full text, one mail in full, export."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from unittest import mock

import msgspec
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.audit import AuditLog, Delivery
from gateway.audit.chain import Entry, insert, read_head
from gateway.audit.export import Export, export_jsonl
from gateway.audit.filter import Sight
from gateway.audit.index_rows import exact, fold
from gateway.audit.query import AuditReader, Filter
from gateway.audit.render import render_history, render_rows, render_verification
from gateway.audit.store import Folder, immediate, open_checked
from gateway.audit.verify import verify
from gateway.commands.audit import export, find
from gateway.errors import UserError
from gateway.model import (
    Directory,
    Disposition,
    Envelope,
    FindingOutcome,
    FrontEnd,
    Mailbox,
    MailboxKind,
    RefusedContent,
    Reply,
    Verdict,
)
from tests.audit.support import OK, REFUSAL, evidence, fill, session, transaction, verdict


async def _write(data: Path) -> None:
    log = AuditLog.open(data)
    await log.start()

    async def judged(number: int, subject: str, filename: str, decision: Verdict, to: str = "b@gov.example") -> None:
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
        session(), "x@bad.example", "office@gov.example", verdict(Disposition.REJECT, policy="official_sender"), REFUSAL
    )
    await log.auth_failed(session(), "mallory@gov.example", 535)
    sent = transaction(7)
    await log.intent(sent, verdict(), evidence("\x1b[31mđỏ\u202e", "x"))
    await log.outcome(sent.id, None)
    await log.close()


async def _write_refused_content(data: Path) -> None:
    log = AuditLog.open(data)
    await log.start()
    of_an_mta = msgspec.structs.replace(session(), front_end=FrontEnd.MILTER, queue_id="4cXyZ12abc")
    await log.refused(
        msgspec.structs.replace(transaction(8), session=of_an_mta), verdict(Disposition.REJECT), evidence(), REFUSAL
    )
    await log.recipient_refused(
        of_an_mta, "x@bad.example", "y@gov.example", verdict(Disposition.REJECT), REFUSAL, "BT-9"
    )
    await log.content_refused(
        RefusedContent(
            id="BT-0000CRLF",
            session=session(),
            envelope=Envelope(reverse_path="an@gov.example", forward_paths=("cong@city.example", "dung@city.example")),
            rule="bare_newline",
            size_bytes=10**20,
            reply=Reply(code=550, enhanced="5.6.0", lines=("[BT-0000CRLF] ky tu xuong dong le",)),
        )
    )
    await log.close()


@pytest.fixture(scope="module")
def refused_content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refused-content")
    asyncio.run(_write_refused_content(folder))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("query")
    asyncio.run(_write(folder))
    return folder


@pytest.fixture
def reader(data: Path):
    opened = AuditReader.open(data)
    yield opened
    opened.close()


def numbers(reader: AuditReader, **wanted: object) -> list[int]:
    rows = reader.find(Filter(**wanted))  # type: ignore[arg-type]
    return [int(row.reference.rpartition("-")[2] or 0) for row in rows if row.reference]


def test_everything_is_listed_newest_first(reader: AuditReader):
    rows = reader.find(Filter())
    assert [row.seq for row in rows] == sorted((row.seq for row in rows), reverse=True)
    assert len(rows) == 9


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("mat", [2, 1]),  # without marks either: mật, mất
        ("mật", [1]),  # with marks exactly
        ("mất", [2]),
        ("MẬT ĐỘ", [1]),
        ("mat do", [1]),
        ("de nghi", [3]),
        ("đề nghị", [3]),
        ("bao cao", [4, 1]),
        ("báo cáo", [1]),
        ('"bao cao mat do"', [1]),
        ('"mat do bao cao"', []),
        ("ngh*", [3]),
        ("office@gov.example", [3]),
        ("ke hoach", [7, 6, 4, 3, 2, 1]),  # of the confidential mail nothing is kept
        ("BT-00000005", [5]),
        ("x'; DROP TABLE record", []),
        ('subject:"mat" OR NEAR(a b)', []),
    ],
)
def test_words_find_vietnamese_with_and_without_marks(words: str, found: list[int], reader: AuditReader):
    assert numbers(reader, words=words) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"sender": "AN@gov.example", "state": "refused"}, [5, 4]),
        ({"sender": "@gov.example", "disposition": "tag"}, [3]),
        ({"recipient": "office@gov.example", "state": "relayed"}, [3]),
        ({"disposition": "reject", "sender": "an@gov.example"}, [6, 5, 4]),
        ({"rule": "classified.marked"}, [5]),
        ({"rule": "classified"}, [5]),
        ({"rule": "typography.font", "state": "relayed"}, [6, 3]),
        ({"filename": "mat do"}, [1]),
        ({"filename": "mật", "recipient": "b@gov.example"}, [1]),
        ({"reference": "bt-00000004"}, [4]),
        ({"state": "unknown"}, [7]),
        ({"login": "an@gov.example", "words": "nghi"}, [3]),
        ({"limit": 2, "state": "relayed"}, [6, 3]),
    ],
)
def test_filters_hold_together(wanted: dict[str, object], found: list[int], reader: AuditReader):
    assert numbers(reader, **wanted) == found


def test_refused_recipients_and_failed_logins_are_listed_too(reader: AuditReader):
    (row,) = reader.find(Filter(state="recipient_refused"))
    assert (row.sender, row.recipients, row.rules) == (
        "x@bad.example", ("office@gov.example",), ("official_sender.font",),
    )  # fmt: skip
    (row,) = reader.find(Filter(state="auth_failed"))
    assert row.sender == "mallory@gov.example"


@pytest.mark.parametrize(
    "wanted",
    [
        {"state": "content_refused"},
        {"rule": "content.bare_newline"},
        {"rule": "content"},
        {"recipient": "dung@city.example"},
        {"reference": "bt-0000crlf"},
        {"words": "cong city example"},
        {"login": "an@gov.example", "disposition": "reject", "rule": "content"},
    ],
)
def test_a_content_that_the_front_end_refused_is_found_by_all_that_is_known_of_it(
    wanted: dict[str, object], refused_content: Path
):
    reader = AuditReader.open(refused_content)
    (row,) = reader.find(Filter(**wanted))  # type: ignore[arg-type]
    assert (row.reference, row.sender, row.disposition) == ("BT-0000CRLF", "an@gov.example", "reject")
    assert row.rules == ("content.bare_newline",)
    shown = render_history(reader.show(row.reference), "en")  # type: ignore[arg-type]
    for words in (
        "an@gov.example", "192.0.2.7", "cong@city.example", "dung@city.example", "content.bare_newline",
        "550 5.6.0 [BT-0000CRLF]",
    ):  # fmt: skip
        assert words in shown
    assert row.reference in render_rows([row])
    reader.close()


def test_a_mail_is_found_by_the_queue_id_of_the_mta(refused_content: Path):
    reader = AuditReader.open(refused_content)
    assert [row.reference for row in reader.search("4CXYZ12ABC")] == ["BT-9", "BT-00000008"]
    assert "4cXyZ12abc" in render_history(reader.show("BT-00000008"), "en")  # type: ignore[arg-type]
    reader.close()


def test_times_bound_a_list(reader: AuditReader):
    now = datetime.now(UTC)
    assert len(reader.find(Filter(since=now - timedelta(hours=1), until=now + timedelta(hours=1)))) == 9
    assert reader.find(Filter(since=now + timedelta(hours=1))) == ()
    assert reader.find(Filter(until=now - timedelta(hours=1))) == ()


async def test_times_hold_for_records_that_processes_wrote_in_another_order_than_they_stamped_them(tmp_path: Path):
    log = AuditLog.open(tmp_path)
    await log.start()
    stamps = (8, 10, 9, 12, 11)
    for number, minute in enumerate(stamps, 1):
        sent = transaction(number)
        with mock.patch("gateway.audit.record.datetime") as clock:
            clock.now.return_value = datetime(2026, 11, 24, 8, minute, tzinfo=UTC)
            await log.refused(sent, verdict(Disposition.REJECT), evidence(), REFUSAL)
    await log.close()
    reader = AuditReader.open(tmp_path)
    for since, until in product(range(7, 14), repeat=2):
        bounds = {
            "since": datetime(2026, 11, 24, 8, since, tzinfo=UTC),
            "until": datetime(2026, 11, 24, 8, until, tzinfo=UTC),
        }
        wanted = [number for number, minute in enumerate(stamps, 1) if since <= minute <= until][::-1]
        for words in ({}, {"state": "refused"}, {"words": "bao cao"}):
            assert numbers(reader, **bounds, **words) == wanted
    reader.close()


def test_pages_follow_one_another(reader: AuditReader):
    first = reader.find(Filter(limit=4))
    second = reader.find(Filter(limit=100, before_seq=first[-1].seq))
    assert len(first) + len(second) == 9
    assert second[0].seq < first[-1].seq


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"state": "refusd"}, "“refusd”.*did you mean “refused”"),
        ({"state": "gone"}, "“gone”.*use one of: relayed, held, "),
        ({"disposition": "rejected"}, "“rejected”.*did you mean “reject”"),
    ],
)
def test_a_misspelt_state_is_a_mistake_and_not_an_empty_list(wanted: dict[str, str], words: str, reader: AuditReader):
    with pytest.raises(UserError, match=words):
        reader.find(Filter(**wanted))


def test_words_without_any_letter_are_a_plain_mistake(reader: AuditReader):
    with pytest.raises(UserError):
        reader.search("!!! ***")


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60))
def test_no_words_reach_the_syntax_of_the_index(text: str):
    shared = _shared_reader()
    try:
        shared.search(text)
    except UserError:
        return


_SHARED: list[AuditReader] = []


def _shared_reader() -> AuditReader:
    if not _SHARED:
        import tempfile

        folder = Path(tempfile.mkdtemp(prefix="audit-query-"))
        asyncio.run(_write(folder))
        _SHARED.append(AuditReader.open(folder))
    return _SHARED[0]


@given(st.text(max_size=40))
def test_folding_is_stable_and_exact_form_folds_to_the_same(text: str):
    assert fold(fold(text)) == fold(text)
    assert fold(exact(text)) == fold(text)


def test_one_mail_is_shown_with_everything(reader: AuditReader):
    history = reader.show("bt-00000004")
    assert history is not None
    text = render_history(history, title=lambda policy, rule: f"<{policy}/{rule}>")
    assert "Bao cao khong dau" in text
    assert "<typography/font>: vi phạm -> từ chối" in text
    assert "550 5.7.1 [BT] Tu choi" in text
    assert reader.show("BT-NOTHING") is None


def test_a_certain_mark_is_shown_before_a_suspicion_whatever_was_found_first(tmp_path: Path):
    found = verdict(Disposition.REJECT, confidential=True)
    (mark,) = found.findings
    suspicion = msgspec.structs.replace(
        mark,
        code="CLS-02",
        finding=msgspec.structs.replace(mark.finding, rule="suspected", outcome=FindingOutcome.INDETERMINATE),
    )

    async def write() -> None:
        log = AuditLog.open(tmp_path)
        await log.start()
        both = msgspec.structs.replace(found, findings=(suspicion, msgspec.structs.replace(mark, marked=True)))
        await log.refused(transaction(1), both, evidence(), REFUSAL)
        await log.close()

    asyncio.run(write())
    with AuditReader.open(tmp_path) as reader:
        history = reader.show("BT-00000001")
    assert history is not None
    text = render_history(history, title=lambda _policy, rule: f"<{rule}>")
    assert 0 < text.index("<marked>") < text.index("<suspected>")


def test_an_unknown_outcome_says_what_to_do(reader: AuditReader):
    history = reader.show("BT-00000007")
    assert history is not None
    text = render_history(history)
    assert "KHÔNG RÕ" in text
    assert "máy chủ thành phố" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "OUTCOME UNKNOWN" in render_history(history, "en")


def test_a_confidential_mail_is_shown_without_subject(reader: AuditReader):
    history = reader.show("BT-00000005")
    assert history is not None
    text = render_history(history)
    assert "không lưu" in text
    assert "Mã băm có khóa" in text
    assert "Kế hoạch" not in text


@pytest.mark.parametrize("columns", [130, 160])
def test_a_list_fits_the_terminal_and_is_whole_without_one(reader: AuditReader, columns: int):
    rows = reader.find(Filter())
    cut = render_rows(rows, columns=columns).splitlines()
    assert max(map(len, cut)) <= columns
    assert [line[:19] for line in cut] == [line[:19] for line in render_rows(rows).splitlines()]
    assert render_rows(rows, columns=10_000) == render_rows(rows)
    assert all(row.reference in line for row, line in zip(rows, cut, strict=True))


def test_lists_and_verification_are_rendered(reader: AuditReader, data: Path):
    text = render_rows(reader.find(Filter()))
    assert "chuyển (lẽ ra từ chối)" in text
    assert "\x1b" not in text
    assert render_rows(()) == "Không có bản ghi nào khớp."
    assert render_verification(verify(data)).startswith("NGUYÊN VẸN: ")


def test_the_index_is_built_again_when_it_is_lost_damaged_or_of_another_log(data: Path, tmp_path: Path):
    import shutil

    copy = Path(shutil.copytree(data, tmp_path / "copy"))
    index = copy / "audit-index.db"
    for damage in (index.unlink, lambda: index.write_bytes(b"nonsense" * 1000)):
        damage()
        for suffix in ("-wal", "-shm"):
            index.with_name(f"audit-index.db{suffix}").unlink(missing_ok=True)
        opened = AuditReader.open(copy)
        assert numbers(opened, words="mật") == [1]
        opened.close()
    other = tmp_path / "other"
    asyncio.run(_write(other))
    shutil.copy(index, other / "audit-index.db")
    opened = AuditReader.open(other)
    assert numbers(opened, words="mật") == [1]
    opened.close()


def test_a_log_that_is_not_there_is_a_plain_message(tmp_path: Path):
    with pytest.raises(UserError, match="no audit log"):
        AuditReader.open(tmp_path)


def test_an_export_is_json_lines_with_hashes(reader: AuditReader):
    lines = [json.loads(line) for line in export_jsonl(reader)]
    assert lines[0]["record"]["kind"] == "start"
    assert all(len(line["hash"]) == 64 for line in lines)


def test_a_csv_cell_is_never_a_formula(reader: AuditReader):
    rows = list(csv.reader(Export(reader, Filter(limit=0), lambda policy, rule: rule).csv()))
    assert rows.pop() == ["ĐỦ: 9 dòng"]
    assert rows[0][:3] == ["Số thứ tự", "Thời điểm (giờ Việt Nam)", "Loại"]
    assert len(rows) == 10
    subjects = [row[9] for row in rows]
    assert "'=HYPERLINK(1)" in subjects
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert all(cell.isprintable() for row in rows for cell in row)


def test_a_workbook_has_every_row_with_words_an_office_reads(data: Path, tmp_path: Path):
    target = tmp_path / "thang-11.xlsx"
    assert export(data, Filter(limit=0, sender="an@gov.example"), as_csv=False, xlsx=target) == 0
    sheet = openpyxl.load_workbook(target).active
    head, *rows = ([cell.value or "" for cell in row] for row in sheet.iter_rows())
    assert len(rows) == 8
    assert rows.pop()[0] == "ĐỦ: 7 dòng"
    by_reference = {row[head.index("Mã tra cứu")]: dict(zip(head, row, strict=True)) for row in rows}
    refused = by_reference["BT-00000004"]
    assert (refused["Quyết định"], refused["Tình trạng"]) == ("từ chối", "từ chối")
    assert "calc.csv" in refused["Tệp"]
    assert refused["Lời trả lời người gửi"] == REFUSAL.lines[0]
    assert by_reference["BT-00000005"]["Tệp"] == by_reference["BT-00000005"]["Tiêu đề"] == ""  # nothing of a secret
    assert by_reference["BT-00000006"]["Tiêu đề"] == "=HYPERLINK(1)"  # text, not a formula


async def test_the_unit_of_a_sender_is_kept_as_the_directory_had_it_and_finds_its_mails(tmp_path: Path):
    mailbox = Mailbox(address="an@gov.example", kind=MailboxKind.UNIT, unit="Phòng Nội vụ")
    directory = Directory(digest="d" * 64, mailboxes={mailbox.address: mailbox})
    log = AuditLog.open(tmp_path)
    await log.start()
    known = msgspec.structs.replace(evidence(), directory=directory)
    await log.refused(transaction(1), verdict(Disposition.REJECT), known, REFUSAL)
    await log.recipient_refused(
        session(), "an@gov.example", "y@gov.example", verdict(Disposition.REJECT), REFUSAL, "BT-2", evidence=known
    )
    await log.refused(transaction(3), verdict(Disposition.REJECT), evidence(), REFUSAL)
    await log.close()
    opened = AuditReader.open(tmp_path)
    assert numbers(opened, unit="phong  noi VU") == [2, 1]
    assert numbers(opened, unit="Phòng Tư pháp") == []
    assert numbers(opened, words="nội vụ") == [2, 1]
    assert numbers(opened, words='dv:"noi vu" -luat:typography') == []
    assert "Đơn vị: Phòng Nội vụ" in render_history(opened.show("BT-00000001"))  # type: ignore[arg-type]
    opened.close()


def test_a_list_that_is_cut_says_so(data: Path, capsys: pytest.CaptureFixture[str]):
    assert find(data, Filter(limit=3), as_json=False) == 0
    shown = capsys.readouterr()
    assert shown.out.count("\n") == 3
    assert "Chỉ 3 dòng mới nhất" in shown.err
    assert find(data, Filter(limit=1000), as_json=False) == 0
    assert capsys.readouterr().err == ""


def test_what_a_reply_code_means():
    assert [Delivery.of_code(code) for code in (250, 451, 554, 354)] == [
        Delivery.RELAYED, Delivery.UPSTREAM_DEFERRED, Delivery.UPSTREAM_REFUSED, Delivery.UPSTREAM_DEFERRED,
    ]  # fmt: skip


async def test_mailboxes_with_weak_passwords_are_listed_by_their_latest_judgement(tmp_path):
    log = AuditLog.open(tmp_path)
    await log.start()
    await log.password_judged(session(), "Binh@gov.example", sound=False)
    first = await log.password_judged(session(), "an@gov.example", sound=False)
    second = await log.password_judged(session(), "an@gov.example", sound=False)
    await log.password_judged(session(), "binh@gov.example", sound=True)
    await log.close()
    reader = AuditReader.open(tmp_path)
    (weak,) = reader.weak_passwords()
    assert weak.login == "an@gov.example"
    assert weak.since < weak.last
    (row, *_) = reader.find(Filter(state="weak_password"))
    assert (row.sender, row.state, row.reference) == ("an@gov.example", "weak_password", "")
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    assert not reader.weak_password_before("an@gov.example", first, long_ago)
    assert reader.weak_password_before("An@gov.example", second, long_ago)
    assert not reader.weak_password_before("an@gov.example", second, datetime(2126, 1, 1, tzinfo=UTC))
    reader.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="changes the owner of files, which root alone may")
def test_a_look_by_root_leaves_files_that_the_service_can_write(data: Path, tmp_path: Path):
    folder = Path(shutil.copytree(data, tmp_path / "data"))
    for made in folder.glob("audit*index*"):
        made.unlink()
    os.chown(folder, 65534, 65534)
    reader = AuditReader.open(folder)
    assert reader.find(Filter())
    reader.close()
    made = sorted(folder.glob("audit*index*"))
    assert {path.name for path in made} >= {"audit-index.db", "audit.index-lock"}
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(65534, 65534)}


def test_a_record_of_a_newer_version_is_shown_as_it_stands(tmp_path: Path):
    asyncio.run(fill(tmp_path, 1))
    connection = open_checked(Folder(tmp_path))
    newer = [
        b'{"time":"2026-11-27T01:00:00.000000+00:00","process":"x","kind":"sealed","id":"BT-NEW","seal":{"by":"m\xe1\xba\xadt"}}',
        b'{"time":"2026-11-27T01:00:01.000000+00:00","process":"x","kind":"outcome","id":"BT-00000001","delivery":"flown"}',
    ]
    with immediate(connection):
        insert(connection, read_head(connection), [Entry(body) for body in newer])
    connection.close()
    with AuditReader.open(tmp_path) as reader:
        rows = reader.find(Filter(words="BT-NEW"))
        assert [(row.kind, row.reference, row.subject) for row in rows] == [
            ("sealed", "BT-NEW", '{"seal":{"by":"mật"}}')
        ]
        assert not reader.find(Filter(words="BT-NEW", sight=Sight(everybody=True)))
        assert 'sealed: {"seal":{"by":"mật"}}' in render_history(reader.show("bt-new"))
        assert '"flown"' in render_history(reader.show("BT-00000001"))
        assert "sealed" in render_rows(rows)
    assert verify(tmp_path).exit_code == 0
