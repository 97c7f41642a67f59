"""What was found in the log, as it is shown and exported; and what becomes of a log or index that is not whole."""

import asyncio
import csv
import json
import os
import shutil
from contextlib import closing
from pathlib import Path

import msgspec
import openpyxl
import pytest

from gateway.audit import Delivery
from gateway.audit.chain import Entry, insert, read_head
from gateway.audit.export import Export, export_jsonl
from gateway.audit.filter import Sight
from gateway.audit.query import AuditReader, Filter
from gateway.audit.record import Held
from gateway.audit.render import event_words, render_history, render_rows, render_verification
from gateway.audit.store import Folder, immediate, open_checked
from gateway.audit.verify import verify
from gateway.commands.audit import export, find
from gateway.errors import UserError
from gateway.model import (
    Directory,
    Disposition,
    FindingOutcome,
    Mailbox,
    MailboxKind,
)
from gateway.vietnamese.printed import cell
from tests.audit.conftest import write
from tests.audit.support import REFUSAL, evidence, fill, running, session, transaction, verdict
from tests.audit.test_query import numbers


def test_one_mail_is_shown_with_everything(reader: AuditReader):
    history = reader.show("bt-00000004")
    assert history is not None
    text = render_history(history, title=lambda policy, rule: f"<{policy}/{rule}>")
    assert "Bao cao khong dau" in text
    assert "<typography/font>: vi phạm -> từ chối" in text
    assert "550 5.7.1 [BT] Tu choi" in text
    assert reader.show("BT-NOTHING") is None


async def test_a_certain_mark_is_shown_before_a_suspicion_whatever_was_found_first(tmp_path: Path):
    found = verdict(Disposition.REJECT, confidential=True)
    (mark,) = found.findings
    suspicion = msgspec.structs.replace(
        mark,
        code="CLS-02",
        finding=msgspec.structs.replace(mark.finding, rule="suspected", outcome=FindingOutcome.INDETERMINATE),
    )
    async with running(tmp_path) as log:
        both = msgspec.structs.replace(found, findings=(suspicion, msgspec.structs.replace(mark, marked=True)))
        await log.refused(transaction(1), both, evidence(), REFUSAL)
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
        with AuditReader.open(copy) as opened:
            assert numbers(opened, words="mật") == [1]
    other = tmp_path / "other"
    asyncio.run(write(other))
    shutil.copy(index, other / "audit-index.db")
    with AuditReader.open(other) as opened:
        assert numbers(opened, words="mật") == [1]


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
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row if cell != "-")
    assert all(cell.isprintable() for row in rows for cell in row)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a;=1+1", "a;'=1+1"), ("a; @SUM(A1);-2", "a; '@SUM(A1);'-2"), ("＝1", "'＝1"), ("\t=1", "'=1"),
        ("a; b", "a; b"), ("1-2", "1-2"), ("-", "-"), ("-;- x", "-;'- x"), ("BT-7F3K2Q00; x=1", "BT-7F3K2Q00; x=1"),
    ],
)  # fmt: skip
def test_no_formula_begins_where_a_semicolon_parts_cells_either(text: str, written: str):
    assert cell(text) == written


def test_the_end_of_a_hold_is_a_date_of_viet_nam():
    held = Held(
        id="BT-1",
        until="2026-12-05T16:37:14+00:00",
        octets="",
        sealed="ab" * 32,
        size=9,
        reverse_path="",
        recipients=(),
    )
    assert event_words(held, "vi")[1].startswith("đến 05/12/2026 23:37, 9 B")


def test_a_workbook_has_every_row_with_words_an_office_reads(data: Path, tmp_path: Path):
    target = tmp_path / "thang-11.xlsx"
    assert export(data, Filter(limit=0, sender="an@gov.example"), as_csv=False, xlsx=target) == 0
    assert (target.stat().st_mode & 0o777, list(tmp_path.glob(".*"))) == (0o600, [])
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


@pytest.mark.parametrize("name", ["none/x.xlsx", ""])
def test_a_workbook_that_cannot_be_made_is_reported_by_its_name(data: Path, tmp_path: Path, name: str):
    with pytest.raises(OSError, match=r"No such file|Is a directory") as caught:
        export(data, Filter(), as_csv=False, xlsx=tmp_path / name)
    assert caught.value.filename == str(tmp_path / name)


async def test_the_unit_of_a_sender_is_kept_as_the_directory_had_it_and_finds_its_mails(tmp_path: Path):
    mailbox = Mailbox(address="an@gov.example", kind=MailboxKind.UNIT, unit="Phòng Nội vụ")
    directory = Directory(digest="d" * 64, mailboxes={mailbox.address: mailbox})
    async with running(tmp_path) as log:
        known = msgspec.structs.replace(evidence(), directory=directory)
        await log.refused(transaction(1), verdict(Disposition.REJECT), known, REFUSAL)
        await log.recipient_refused(
            session(), "an@gov.example", "y@gov.example", verdict(Disposition.REJECT), REFUSAL, "BT-2", evidence=known
        )
        await log.refused(transaction(3), verdict(Disposition.REJECT), evidence(), REFUSAL)
    with AuditReader.open(tmp_path) as opened:
        assert numbers(opened, unit="phong  noi VU") == [2, 1]
        assert numbers(opened, unit="Phòng Tư pháp") == []
        assert numbers(opened, words="nội vụ") == [2, 1]
        assert numbers(opened, words='dv:"noi vu" -luat:typography') == []
        assert "Đơn vị: Phòng Nội vụ" in render_history(opened.show("BT-00000001"))  # type: ignore[arg-type]


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
    async with running(tmp_path) as log:
        await log.password_judged(session(), "Binh@gov.example", sound=False)
        await log.password_judged(session(), "an@gov.example", sound=False)
        await log.password_judged(session(), "an@gov.example", sound=False)
        await log.password_judged(session(), "binh@gov.example", sound=True)
    with AuditReader.open(tmp_path) as reader:
        (weak,) = reader.weak_passwords()
        assert weak.login == "an@gov.example"
        assert weak.since < weak.last
        (row, *_) = reader.find(Filter(state="weak_password"))
        assert (row.sender, row.state, row.reference) == ("an@gov.example", "weak_password", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="changes the owner of files, which root alone may")
def test_a_look_by_root_leaves_files_that_the_service_can_write(data: Path, tmp_path: Path):
    folder = Path(shutil.copytree(data, tmp_path / "data"))
    for made in folder.glob("audit*index*"):
        made.unlink()
    os.chown(folder, 65534, 65534)
    with AuditReader.open(folder) as reader:
        assert reader.find(Filter())
    made = sorted(folder.glob("audit*index*"))
    assert {path.name for path in made} >= {"audit-index.db", "audit.index-lock"}
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(65534, 65534)}


def test_a_record_of_a_newer_version_is_shown_unchanged(tmp_path: Path):
    asyncio.run(fill(tmp_path, 1))
    with closing(open_checked(Folder(tmp_path))) as connection:
        newer = [
            b'{"time":"2026-11-27T01:00:00.000000+00:00","process":"x","kind":"sealed","id":"BT-NEW","seal":{"by":"m\xe1\xba\xadt"}}',
            b'{"time":"2026-11-27T01:00:01.000000+00:00","process":"x","kind":"outcome","id":"BT-00000001","delivery":"flown"}',
        ]
        with immediate(connection):
            insert(connection, read_head(connection), [Entry(body) for body in newer])
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
