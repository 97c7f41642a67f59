"""Mails at the console: found, explained and exported, each to whom they are to be shown."""

import csv
import io
import json
import os
import shutil
import unicodedata
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import msgspec
import openpyxl
import pytest

from gateway.audit.query import AuditReader
from gateway.audit.record import Act
from gateway.engine import load_policy_set
from gateway.errors import AuditError
from gateway.model import Language, Unit
from gateway.pipeline.rulebook import Rules
from gateway.steward import questions as q
from gateway.steward.desk import Desk
from gateway.steward.explain import MailWords, explain
from gateway.steward.mails import _octets, export, search
from gateway.steward.questions.refused import Refused
from tests.steward.mail_world import (
    AN,
    AUDITOR,
    CANARIES,
    CLERK_AN,
    CLERK_BINH,
    CLERK_NOBODY,
    EVERYBODY,
    HEAD_OF_AN,
    HOSTILE,
    OFFICER,
    OPERATOR,
    POLICY_ADMIN,
    SECRET,
    desk,
    directory,
)
from tests.support.policies import preset

ALL_REFERENCES = ("BT-AN000001", "BT-AN000002", "BT-BINH0001", SECRET, "BT-HOST0000", "BT-CRLF0001", "BT-TROUBLE1")
OF_AN = {"BT-AN000001", "BT-AN000002", SECRET}


@pytest.fixture(scope="module")
def data(mail_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(mail_log, tmp_path_factory.mktemp("mails") / "data"))


@pytest.fixture(scope="module")
def at(data: Path) -> Desk:
    rules = Rules(preset(), directory())
    return desk(data, lambda: rules)


def found(at: Desk, person, **wanted: object) -> list[str]:
    answer = search(at, person, q.Search(limit=100, **wanted), Language.VI)  # type: ignore[arg-type]
    assert answer.fault == ""
    return [row.reference for row in answer.rows]


def explained(at: Desk, person, reference: str, language: Language = Language.VI) -> q.Explained:
    return explain(at, person, q.Explain(reference), language)


def exported(at: Desk, person, format_: str, **wanted: object) -> tuple[bytes, q.ExportEnd]:
    *pieces, end = export(at, person, q.Export(q.Search(**wanted), format_), Language.VI)  # type: ignore[arg-type]
    return b"".join(piece.octets for piece in pieces), end


@pytest.mark.parametrize(
    ("person", "sees"),
    [
        (CLERK_AN, lambda one: one in OF_AN),
        (CLERK_BINH, lambda one: one not in OF_AN),
        (CLERK_NOBODY, lambda _: False),
        (HEAD_OF_AN, lambda one: one in OF_AN),
        (OPERATOR, lambda one: one != SECRET),
        (POLICY_ADMIN, lambda one: one != SECRET),
        (OFFICER, lambda _: True),
        (AUDITOR, lambda _: True),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_each_sees_what_is_his_in_every_answer(at: Desk, person, sees):
    listed = set(found(at, person))
    sheet = exported(at, person, "csv")[0].decode("utf-8-sig")
    for reference in ALL_REFERENCES:
        assert (reference in listed) is sees(reference)
        assert (reference in sheet) is sees(reference)
        assert (found(at, person, text=reference) == [reference]) is sees(reference)
        if sees(reference):
            assert explained(at, person, reference).reference == reference
            continue
        with pytest.raises(Refused) as hidden:
            explained(at, person, reference)
        with pytest.raises(Refused) as absent:
            explained(at, person, "BT-NOTHING0")
        assert hidden.value.refusal == absent.value.refusal == q.Refusal(kind="not_found")


def test_acts_are_no_mails(at: Desk):
    for person in EVERYBODY:
        assert "ACTCANARY" not in repr(search(at, person, q.Search(text="login", limit=100), Language.VI).rows)
        assert search(at, person, q.Search(state="act"), Language.EN).fault.startswith("no state “act”")


@pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: person.name)
def test_nothing_of_a_secret_is_in_any_answer_to_anybody(at: Desk, person):
    answers: list[object] = []
    for language in Language:
        answers.append(search(at, person, q.Search(limit=100), language))
        answers += [search(at, person, q.Search(text=word, limit=100), language) for word in CANARIES]
        try:
            answers.append(explain(at, person, q.Explain(SECRET), language))
        except Refused as refused:
            answers.append(refused.refusal)
    for format_ in ("csv", "jsonl"):
        answers.append(exported(at, person, format_)[0])
    book = openpyxl.load_workbook(io.BytesIO(exported(at, person, "xlsx")[0]))
    answers.append([[cell.value for cell in row] for row in book.active.iter_rows()])
    told = repr([msgspec.to_builtins(one) if isinstance(one, msgspec.Struct) else one for one in answers])
    for canary in CANARIES:
        assert canary not in told
        assert canary.lower() not in told


def test_a_secret_is_explained_by_level_place_and_what_to_do(at: Desk):
    mail = explained(at, OFFICER, SECRET, Language.EN)
    assert mail.confidential
    assert mail.subject is None
    assert mail.result == q.Badge("reject", "bad", "reject")
    first = mail.files[0].findings[0]
    assert first.rule == "classified.marked"
    assert mail.files[0].name == "attachment 1"
    assert "paragraph 1" in first.place
    assert first.fix
    assert all(one.fix == "" for view in mail.files for one in view.findings if one.rule != "classified.marked")


def test_an_explanation_says_where_why_and_what_to_do_as_the_reply_did(at: Desk):
    mail = explained(at, CLERK_AN, "BT-AN000002")
    assert (mail.own, mail.unit, mail.login, mail.client) == (True, "Phòng Nội vụ", AN, "192.0.2.7")
    first = mail.files[0].findings[0]
    assert mail.files[0].name == "bang-luong.docx"
    assert (first.code, first.effect.key) == ("OPQ-01", "reject")
    assert "4.1" in first.article
    assert mail.answer.startswith("550 5.7.1")
    # The first line of the reply is what is wrong and the way out: both stand in the explanation.
    way_out = first.fix.partition(". ")[0]
    assert way_out in mail.answer
    english = explained(at, CLERK_AN, "BT-AN000002", Language.EN).files[0].findings[0]
    assert english.message != first.message
    assert mail.events[-1].hash
    assert [event.seq for event in mail.events] == sorted(event.seq for event in mail.events)
    assert mail.today is None
    assert mail.passed


def test_what_was_found_twice_in_the_same_words_is_shown_once(at: Desk):
    with at.reader() as reader:
        history = reader.show("BT-AN000002")
    moment = datetime.fromisoformat(history.records[0].time)
    words = MailWords(at.policies(), Language.VI, moment, history.mail, message=None, signatures=())
    found = tuple(words.judged(one) for one in history.mail.findings)
    once = words.files(found)
    assert any(view.findings for view in once)
    assert words.files(found * 2) == once


def test_events_bear_the_hash_of_the_chain(at: Desk, data: Path):
    import base64

    with AuditReader.open(data) as reader:
        chain = [base64.b64encode(digest).decode() for *_, digest in reader.links()]
    mail = explained(at, AUDITOR, "BT-AN000001")
    assert [event.hash for event in mail.events] == [chain[event.seq - 1] for event in mail.events]
    assert len(mail.events) == 3


@pytest.mark.parametrize(
    ("wanted", "of_it"),
    [
        ({"unit": "ban tổ chức"}, True), ({"unit": "Phòng Nội vụ"}, True), ({"text": 'dv:"tổ chức"'}, True), ({"text": "dv:ban dv:chuc"}, True),
        ({"text": "dv:chứ*"}, True), ({"text": 'dv:"nội vụ"'}, True), ({"text": "-dv:chức"}, False), ({"unit": "Ban"}, None), ({"text": "dv:an"}, None),
    ],
)  # fmt: skip
def test_a_unit_is_found_and_shown_by_the_name_that_the_directory_has_for_it(at: Desk, wanted, of_it):
    """The log has units by the id under which the directory has them."""
    of_an = set(found(at, AUDITOR, unit="Phòng Nội vụ"))
    named = msgspec.structs.replace(directory(), units={"Phòng Nội vụ": Unit(id="Phòng Nội vụ", name="Ban Tổ chức")})
    at = replace(at, rules=lambda: Rules(preset(), named))
    answer = search(at, AUDITOR, q.Search(limit=100, **wanted), Language.VI)
    references = {row.reference for row in answer.rows}
    assert references == (of_an if of_it else set(found(at, AUDITOR)) - of_an if of_it is not None else set())
    assert {row.unit for row in answer.rows if row.reference in of_an} == ({"Ban Tổ chức"} if of_it else set())
    assert "Ban Tổ chức" in answer.units
    assert "Phòng Nội vụ" not in answer.units
    assert explained(at, AUDITOR, "BT-AN000001").unit == "Ban Tổ chức"
    lines = exported(at, AUDITOR, "csv", **wanted)[0].decode()
    assert lines.count("Ban Tổ chức") == len(references & of_an)


def test_todays_policy_judges_from_the_kept_facts(at: Desk, data: Path, tmp_path: Path):
    laxer = tmp_path / "laxer.yaml"
    laxer.write_text("version: 1\nname: laxer\nextends: binhtan-7600\npolicies:\n  opaque: {mode: monitor}\n")
    rules = Rules(load_policy_set(laxer), directory())
    today = desk(data, lambda: rules)
    mail = explained(today, CLERK_AN, "BT-AN000002", Language.EN)
    assert mail.today is not None
    assert mail.today.key != "reject"
    assert "differently" in mail.today_note
    same = explained(today, CLERK_AN, "BT-AN000001", Language.EN)
    assert same.today is not None
    assert "the same" in same.today_note


def test_to_open_the_mail_of_another_is_an_act_and_without_it_nothing_is_shown(data: Path):
    acts: list[Act] = []
    rules = Rules(preset(), directory())
    at = desk(data, lambda: rules, acts)
    explained(at, CLERK_AN, "BT-AN000001")
    assert acts == []
    explained(at, HEAD_OF_AN, "BT-AN000001")
    explained(at, OPERATOR, "bt-an000001")
    exported(at, AUDITOR, "csv", text="tu:an")
    assert [(act.who, act.what, act.about) for act in acts] == [
        (HEAD_OF_AN.name, "open_mail", "BT-AN000001"), ("op", "open_mail", "BT-AN000001"), ("au", "export", "csv text=tu:an"),
    ]  # fmt: skip

    def full(_act: Act) -> int:
        raise AuditError("disk full")

    closed = msgspec.structs.replace(at, record=full) if isinstance(at, msgspec.Struct) else Desk(
        configuration=at.configuration, rules=at.rules, record=full
    )  # fmt: skip
    with pytest.raises(AuditError):
        explained(closed, OPERATOR, "BT-AN000001")
    with pytest.raises(AuditError):
        exported(closed, AUDITOR, "csv")


def _strings(value: object):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings(one)


@pytest.mark.parametrize("language", Language)
def test_no_text_of_an_answer_moves_a_cursor_or_turns_around(at: Desk, language: Language):
    answers = [search(at, AUDITOR, q.Search(limit=100), language)]
    answers += [explained(at, AUDITOR, f"BT-HOST{number:04}", language) for number in range(len(HOSTILE))]
    for answer in answers:
        msgspec.msgpack.encode(answer)  # no lone surrogate
        for text in _strings(msgspec.to_builtins(answer)):
            assert not any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co"} for letter in text), repr(text)


def test_no_cell_of_an_export_is_a_formula(at: Desk):
    octets, end = exported(at, AUDITOR, "csv")
    head, *rows, last = csv.reader(io.StringIO(octets.decode("utf-8-sig")))
    assert len(rows) == end.rows
    assert last == [f"ĐỦ: {end.rows} dòng"]
    assert end.whole
    for row in rows:
        assert len(row) == len(head)
        assert not any(cell.startswith(("=", "+", "-", "@")) or not cell.isprintable() for cell in row if cell != "-")
    book = openpyxl.load_workbook(io.BytesIO(exported(at, AUDITOR, "xlsx")[0]))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n"}
    assert book.active.max_row == end.rows + 2
    lines = [json.loads(line) for line in exported(at, AUDITOR, "jsonl")[0].splitlines()]
    assert lines[-1] == {"rows": end.rows, "whole": True}
    assert len(lines) == end.rows + 1


def test_an_export_that_time_ends_says_so(at: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gateway.steward.mails._LIMIT_EXPORT_S", -1.0)
    octets, end = exported(at, AUDITOR, "csv")
    assert not end.whole
    assert "KHÔNG ĐỦ: chỉ 0 dòng" in octets.decode()
    assert json.loads(exported(at, AUDITOR, "jsonl")[0].splitlines()[-1]) == {"rows": 0, "whole": False}


def test_no_export_is_left_on_the_disk(at: Desk, data: Path):
    answers = export(at, AUDITOR, q.Export(q.Search(), "xlsx"), Language.VI)
    next(answers)
    assert list(data.glob(".export-*"))
    answers.close()  # the browser has gone
    assert not list(data.glob(".export-*"))
    left = data / ".export-of-a-process-that-died"
    left.mkdir()
    os.utime(left, (0, 0))
    exported(at, AUDITOR, "xlsx")
    assert not left.exists()


def test_pages_lead_there_and_back(at: Desk):
    first = search(at, AUDITOR, q.Search(limit=5), Language.VI)
    assert first.newer is None
    second = search(at, AUDITOR, q.Search(limit=5, before=first.older), Language.VI)
    third = search(at, AUDITOR, q.Search(limit=5, before=second.older), Language.VI)
    assert third.rows[0].seq < second.rows[-1].seq
    back = search(at, AUDITOR, q.Search(limit=5, after=third.newer), Language.VI)
    assert back.rows == second.rows
    assert (back.older, back.newer) == (second.older, second.newer)
    again = search(at, AUDITOR, q.Search(limit=5, after=back.newer), Language.VI)
    assert again.rows == first.rows
    assert again.newer is None
    everything: list[int] = []
    before = None
    while True:
        page = search(at, AUDITOR, q.Search(limit=3, before=before), Language.VI)
        everything += [row.seq for row in page.rows]
        before = page.older
        if before is None:
            break
    assert everything == sorted(set(everything), reverse=True)
    assert len(everything) == len(found(at, AUDITOR))


@pytest.mark.parametrize(
    "wanted",
    [
        {"before": 1 << 70}, {"after": 1 << 70}, {"before": -5}, {"after": -(1 << 70)}, {"limit": 1 << 40}, {"limit": -1},
        {"unit": "\x00"}, {"unit": "x" * 100_000}, {"text": "*"}, {"text": "\ue000"}, {"text": "NEAR(a b)"}, {"text": '"'},
        {"since": "2026-13-01"}, {"since": "\ud800"}, {"until": "0001-01-01"}, {"until": "9999-12-31"}, {"sha256": "zz"},
        {"disposition": "x"}, {"state": "\x1b[1m"}, {"text": "tu:"}, {"text": "x" * 600}, {"sha256": "\ud800"},
        {"text": "\ud800"}, {"unit": "\ud800"},
    ],
    ids=lambda wanted: ascii(wanted)[:40],
)  # fmt: skip
def test_whatever_is_asked_is_answered_or_a_fault_in_words(at: Desk, wanted: dict[str, object]):
    answer = search(at, AUDITOR, q.Search(**wanted), Language.EN)  # type: ignore[arg-type]
    assert len(answer.rows) <= 100
    assert answer.fault.isprintable()
    assert answer.states
    msgspec.msgpack.encode(answer)


def test_the_fields_of_the_search_are_documented(at: Desk):
    answer = search(at, AUDITOR, q.Search(), Language.EN)
    assert answer.units == ("Phòng Nội vụ", "Phòng Tư pháp")
    assert q.Choice("reject", "reject") in answer.dispositions
    assert search(at, HEAD_OF_AN, q.Search(), Language.EN).units == ("Phòng Nội vụ",)
    assert search(at, CLERK_AN, q.Search(), Language.EN).units == ()


def test_a_row_bears_codes_and_their_headings(at: Desk):
    (row,) = search(at, AUDITOR, q.Search(text="bang-luong luat:OPQ-01"), Language.VI).rows
    assert row.codes[0] == "OPQ-01"
    assert row.reasons[0] != "opaque.encrypted"
    (row,) = search(at, AUDITOR, q.Search(state="content_refused"), Language.EN).rows
    assert row.reasons == ("Bare CR or LF in the content",)


@pytest.mark.parametrize(
    "reference",
    ["", " ", "\x00", "\ud800", "x" * 100_000, "BT-AN000001' OR 1=1 --", "%", "BT-\u202e"],
    ids=lambda one: ascii(one)[:30],
)
def test_what_is_no_reference_is_not_found(at: Desk, reference: str):
    with pytest.raises(Refused) as refused:
        explained(at, AUDITOR, reference)
    assert refused.value.refusal == q.Refusal(kind="not_found")


def test_an_export_that_ends_meanwhile_does_not_end_another(tmp_path):
    (tmp_path / ".export-gone").symlink_to(tmp_path / "nowhere")  # as one that is removed between two looks
    table = SimpleNamespace(xlsx=lambda target: target.write_bytes(b"PK"))
    assert b"".join(_octets(table, "xlsx", tmp_path)) == b"PK"
