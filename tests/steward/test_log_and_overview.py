"""The log and the overview at the console, on a log that real policies filled."""

import os
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.audit.acts import record_at_once
from gateway.audit.record import Act
from gateway.commands import doctor
from gateway.config.sections import Configuration
from gateway.demo.pki import Pki, revocation_list
from gateway.model import Language, Unit
from gateway.pipeline.rulebook import Rules
from gateway.steward import questions as q
from gateway.steward.condition import Health, Running, condition, disk_lines, log_lines, revocation_lines, sandbox_line
from gateway.steward.condition import _number as condition_number
from gateway.steward.desk import Desk
from gateway.steward.log import get_checkpoint, log_view, verify
from gateway.steward.overview import overview
from gateway.steward.questions.refused import Refused
from gateway.steward.requests.request import Step
from gateway.steward.table import TABLE
from gateway.texts.catalogue import product_texts
from tests.audit.support import rewrite
from tests.steward.mail_world import AN, AUDITOR, HOSTILE, OFFICER, desk, directory
from tests.support.certificates import Pki as CertificatePki
from tests.support.policies import preset


@pytest.fixture
def data(mail_log: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(mail_log, tmp_path / "data"))


@pytest.fixture
def at(data: Path) -> Desk:
    rules = Rules(preset(), directory())
    return desk(data, lambda: rules)


def test_the_overview_counts_what_the_list_holds(at: Desk):
    seen = overview(at, AUDITOR, q.Overview(), Language.VI)
    mails = 4 + len(HOSTILE) + 1  # and a content refused unread
    assert len(seen.days) == 30
    assert seen.mails == mails
    assert sum(day.relayed + day.tagged + day.refused + day.deferred for day in seen.days) == mails
    assert sum(day.refused for day in seen.days) == seen.refused
    assert seen.octets == 2000 * (mails - 1)
    assert seen.mailboxes == 2
    assert (seen.troubles, seen.upstream, seen.waiting) == (1, 0, 0)
    assert [(bar.label, bar.value) for bar in seen.units] == [
        ("Phòng Tư pháp", len(HOSTILE)), ("Phòng Nội vụ", 2),
    ]  # fmt: skip
    assert seen.units[0].link == "unit=Ph%C3%B2ng+T%C6%B0+ph%C3%A1p&result=reject"
    labels = {bar.label.partition(" ")[0]: bar for bar in seen.rules}
    assert labels["OPQ-01"].value == len(HOSTILE) + 1
    assert labels["OPQ-01"].link == "q=luat%3Aopaque.encrypted"
    assert labels["CLS-01"].value == 1


def test_a_year_is_shown_by_month_and_counts_the_same(at: Desk, data: Path):
    days, year = (overview(at, AUDITOR, q.Overview(days=days), Language.VI) for days in (30, 365))
    months = [month.date for month in year.days]
    assert len(months) == 12
    assert months[-1] == days.days[-1].date[:7]
    assert year.since == f"{months[0]}-01"
    assert (year.mails, year.refused, year.rules) == (days.mails, days.refused, days.rules)
    assert sum(month.refused for month in year.days) == year.refused
    assert days.since == days.days[0].date


@pytest.mark.parametrize("days", [-1, 0, 1, 366, 10**9, -(10**30)])
def test_any_number_of_days_is_answered(at: Desk, days: int):
    assert 1 <= len(overview(at, AUDITOR, q.Overview(days=days), Language.EN).days) <= 366


@pytest.mark.slow
def test_the_log_is_shown_with_acts_and_pages_of_them(at: Desk, data: Path):
    for number in range(120):
        record_at_once(data, Act(who="au\x1b[1m", what="open_mail", about=f"BT-{number}\u202e", ok=number % 2 == 0))
    seen = log_view(at, AUDITOR, q.AskLog(), Language.EN)
    assert seen.first == 1
    assert seen.last > 120
    assert seen.octets > 0
    assert [act.about for act in seen.acts[:2]] == ["BT-119", "BT-118"]
    assert seen.acts[0].who == "au [1m"
    assert seen.acts[0].result == q.Badge("not done", "warn", "not_done")
    again = log_view(at, AUDITOR, q.AskLog(before=seen.older), Language.EN)
    last = log_view(at, AUDITOR, q.AskLog(before=again.older), Language.EN)
    assert (again.acts[0].about, again.acts[-1].about) == ("BT-69", "BT-20")
    assert last.older is None
    assert last.acts[-1].who == AN
    assert log_view(at, AUDITOR, q.AskLog(before=-(1 << 80)), Language.EN).acts == ()
    assert seen.newer is None
    back = log_view(at, AUDITOR, q.AskLog(after=last.newer), Language.EN)
    assert back.acts == again.acts
    newest = log_view(at, AUDITOR, q.AskLog(after=back.newer), Language.EN)
    assert (newest.acts, newest.newer, newest.older) == (seen.acts, None, seen.older)


def test_what_people_did_is_said_in_words(at: Desk, data: Path):
    told = [
        ("account_add", "operator: operator auditor, operator@x.vn", "operator: Vận hành; Kiểm tra, giám sát, operator@x.vn"),
        ("account_roles", "a: auditor operator -> -", "a: Kiểm tra, giám sát; Vận hành -> -"),
        ("account_lock", "auditor", "auditor"), ("login", "locks locks_address", "khóa tên 15 phút, khóa địa chỉ máy"),
        ("recovery_code", "9 left", "9 mã còn lại"), ("send_report", "2026-10 noivu a@x.vn", "2026-10 Phòng Nội vụ a@x.vn"),
    ]  # fmt: skip
    for what, about, _ in told:
        record_at_once(data, Act(who="au", what=what, about=about))
    named = msgspec.structs.replace(directory(), units={"noivu": Unit(id="noivu", name="Phòng Nội vụ")})
    seen = log_view(replace(at, rules=lambda: Rules(preset(), named)), AUDITOR, q.AskLog(), Language.VI)
    assert [act.about for act in reversed(seen.acts[: len(told)])] == [shown for _, _, shown in told]
    record_at_once(data, Act(who="au", roles=("auditor", "machine", "x\x1b"), what="open_mail"))
    (act, *_) = log_view(at, AUDITOR, q.AskLog(), Language.VI).acts
    assert (act.what, act.roles) == ("xem thư của người khác", "Kiểm tra, giám sát, lệnh trên máy, x")
    source = "".join(
        path.read_text("utf-8") for name in ("steward", "commands") for path in Path(f"gateway/{name}").rglob("*.py")
    )
    said = set(
        re.findall(
            r'(?:act\(\s*person, |sign\(connection, |reason\)\(connection, |what=|_act\([\w.]+, |question\.reference, )"([a-z_]+)"',
            source,
        )
    )
    said |= {str(kind.__struct_config__.tag) for kind, row in TABLE.items() if row.fresh} | {
        step.value for step in Step
    }
    assert len(said) > 30
    assert said <= product_texts("audit")["act"].keys()


def test_verification_shows_how_far_it_is_and_what_it_found(at: Desk, data: Path):
    before = log_view(at, AUDITOR, q.AskLog(), Language.EN)
    assert (before.verified, before.verdict) == ("", None)
    *_, found = verify(at, AUDITOR, q.Verify(), Language.EN)
    assert isinstance(found, q.Verified)
    assert found.good
    assert found.text.startswith("WHOLE: ")
    assert log_view(at, AUDITOR, q.AskLog(), Language.EN).verdict == q.Badge("whole", "good", "good")
    rewrite(data, 2, lambda body: body.replace(b"relay", b"RELAY"))
    *_, found = verify(at, AUDITOR, q.Verify(), Language.EN)
    assert isinstance(found, q.Verified)
    assert not found.good
    assert found.text == "TAMPERED: from record 2\nrecord 2 does not fit the chain", "in one language"
    assert log_view(at, AUDITOR, q.AskLog(), Language.EN).verdict == q.Badge("TAMPERED WITH", "bad", "bad")


def test_one_verification_at_a_time(at: Desk, data: Path):
    for _ in range(3):
        record_at_once(data, Act(who="a", what="b"))
    first = verify(at, AUDITOR, q.Verify(), Language.EN)
    next(first)
    with pytest.raises(Refused) as refused:
        next(verify(at, AUDITOR, q.Verify(), Language.EN))
    assert refused.value.refusal.kind == "too_many"
    first.close()  # the browser has gone
    *_, found = verify(at, AUDITOR, q.Verify(), Language.EN)
    assert isinstance(found, q.Verified)


def test_checkpoints_can_be_taken_away_and_nothing_else(at: Desk, data: Path):
    (row,) = log_view(at, AUDITOR, q.AskLog(), Language.EN).checkpoints
    assert row.records > 0
    piece = get_checkpoint(at, OFFICER, q.GetCheckpoint(row.name), Language.EN)
    assert piece.octets == (data / "checkpoints" / row.name).read_bytes()
    assert get_checkpoint(at, OFFICER, q.GetCheckpoint("public-key.txt"), Language.EN).octets.startswith(
        b"gateway-audit/"
    )
    os.symlink(data / "keys" / "audit-hmac", data / "checkpoints" / "2026-01-01.notes")
    (data / "checkpoints" / "other").write_text("x")
    for name in (
        "../keys/audit-hmac", "/etc/passwd", "", ".", "..", "other", "2026-01-01.notes", "2026-01-02.notes", "\x00",
        f"./{row.name}", f"{row.name}\n", "\ud800", "x" * 100_000,
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            get_checkpoint(at, OFFICER, q.GetCheckpoint(name), Language.EN)
        assert refused.value.refusal == q.Refusal(kind="not_found")


def test_health_says_what_is_well(at: Desk):
    reloaded = int(datetime.now(UTC).timestamp()) - 7500
    running = Running(certs=None, sandbox_missing=(), last_reload=lambda: (reloaded, True))
    lines = overview(replace(at, running=running), AUDITOR, q.Overview(), Language.EN).health
    found = {line.name: line for line in lines}
    assert found["Checkpoints of the log"].state.tone == "good"
    assert found["Sandbox of the readers"].detail == "all layers stand"
    assert found["Last reload"].detail == "last reload 2 hours ago, all of it in force"
    assert "gateway trust update" in found["Revocation lists"].detail


def test_what_is_not_well_is_said_with_its_remedy_as_the_doctor_says_it(data: Path, capsys, monkeypatch):
    later = datetime.now(UTC) + timedelta(hours=3)
    record_at_once(data, Act(who="a", what="b"))
    with closing(sqlite3.connect(data / "audit.db")) as connection:
        connection.execute("DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)")
        connection.commit()
    (line,) = log_lines(data, later)
    assert (line.health, line.key) == (Health.WARNING, "checkpoint_old")
    assert "journalctl" in line.words(Language.EN)
    vietnamese, english = line.words(Language.VI), line.words(Language.EN)
    assert line.both == f"{vietnamese} / {english}"
    failed = Running(certs=None, sandbox_missing=("landlock",), last_reload=lambda: (0, False))
    keys = {one.key: one.health for one in condition(_configuration(data), failed, later)}
    assert keys["reload_failed"] is Health.BAD
    assert keys["sandbox_missing"] is Health.WARNING
    assert sandbox_line(None).key == "sandbox_silent"
    monkeypatch.setattr("os.statvfs", lambda _: os.statvfs_result((4096, 4096, 0, 0, 10, 0, 0, 0, 0, 255)))
    (line,) = disk_lines(data)
    assert line.health is Health.BAD
    shown = list(doctor._data(_configuration(data)))
    assert line.both in {one.both for one in shown}


def _configuration(data: Path):
    from gateway.config.sections import Configuration

    return Configuration(data=data)


def test_a_damaged_log_is_said_once_and_at_the_console_in_one_language(tmp_path):
    (tmp_path / "audit.db").write_bytes(b"SQLite format 3\0garbage")
    (line,) = log_lines(tmp_path, datetime.now(UTC))
    assert line.both.count("the audit log") == line.both.count("nhật ký") == 1
    assert [("nhật ký" in words, "the audit log" in words) for words in map(line.words, Language)] == [
        (True, False), (False, True),
    ]  # fmt: skip


def test_numbers_are_written_as_in_each_language(data: Path):
    at = datetime.now(UTC)
    (free,) = disk_lines(data)
    assert re.fullmatch(r"còn [\d.]+,\d GiB trống", free.words(Language.VI))
    assert re.fullmatch(r"[\d,]+\.\d GiB free", free.words(Language.EN))
    many = replace(next(log_lines(data, at)), fields={"age": ("nay", "now"), "size": condition_number(138_200)})
    assert "138.200 bản ghi" in many.words(Language.VI)
    assert "138,200 records" in many.words(Language.EN)


def test_the_consoles_certificate_is_looked_at_as_a_listeners_is(data: Path, tmp_path: Path):
    certificate, key = CertificatePki(tmp_path).issue("console.test", days_left=-2)
    console = {"listen": "127.0.0.1:0", "certificate": certificate, "key": key, "names": ["console.test"]}
    configuration = Configuration.model_validate({"data": data, "console": console})
    lines = [line for line in condition(configuration, None, datetime.now(UTC)) if line.subject == "tls"]
    assert [(line.health, line.fields["path"]) for line in lines] == [(Health.BAD, certificate)]


def test_revocation_lists_that_are_late_are_named(tmp_path: Path):
    now = datetime.now(UTC)
    folder = tmp_path / "crl"
    folder.mkdir()
    (line,) = revocation_lines(tmp_path, now)
    assert (line.health, line.key) == (Health.WARNING, "crl_none")
    authority = Pki().g2_root
    made, due = now - timedelta(days=8), now + timedelta(days=2, hours=1)
    (folder / "a.crl").write_bytes(revocation_list(authority, this_update=made, next_update=due))
    (line,) = revocation_lines(tmp_path, now)
    assert (line.health, line.fields["days"]) == (Health.GOOD, 2)
    (line,) = revocation_lines(tmp_path, now + timedelta(days=5))
    assert (line.health, line.key, line.fields["days"]) == (Health.WARNING, "crl_due", 2)
