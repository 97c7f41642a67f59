"""The policy at the console: shown with its places, tried as hostile text, put in force by a running gateway."""

import asyncio
import csv
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.audit.acts import record_at_once
from gateway.audit.record import Act
from gateway.config.sections import Configuration, Listener
from gateway.engine import load_policy_set
from gateway.engine.what_if import Change, Comparison
from gateway.errors import AuditError
from gateway.model import VIETNAM, Disposition, Language, ListenerKind
from gateway.pipeline.in_force import read_in_force
from gateway.pipeline.rulebook import Rules
from gateway.pipeline.what_if import ChangedMail
from gateway.steward import candidate, candidate_process
from gateway.steward import questions as q
from gateway.steward.candidate import export_trial, put_in_force, try_policy
from gateway.steward.candidate_process import answers
from gateway.steward.desk import Desk
from gateway.steward.policy import policy_view
from gateway.steward.questions.refused import Refused
from tests.e2e.gateway_process import configured, serving
from tests.steward.mail_world import HOSTILE, OFFICER, POLICY_ADMIN, SECRET, directory
from tests.support.cases import first_quick
from tests.support.policies import preset
from tests.support.sink import Sink

OFFICE = """\
version: 1
name: co-quan
extends: base.yaml
policies:
  typography:
    mode: monitor
waivers:
  - {id: WV-OLD, policy: opaque, rule: encrypted, sender: a@gov.example, reason: cũ rồi, approved_by: TP, expires: 2026-01-01}
  - {id: WV-NEW, policy: opaque, rule: encrypted, sha256: %s, reason: bản giấy, approved_by: TP, expires: 2126-01-01}
tests:
  - name: thư thường
    from: an@gov.example
    to: [b@gov.example]
    expect: {disposition: relay}
""" % ("ab" * 32)
BASE = "version: 1\nname: base\nextends: binhtan-7600\npolicies:\n  opaque:\n    rules:\n      encrypted: reject\n"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(OFFICE, "utf-8")
    (tmp_path / "base.yaml").write_text(BASE, "utf-8")
    return path


@pytest.fixture
def at(policy: Path, tmp_path: Path, mail_log: Path) -> Desk:
    data = shutil.copytree(mail_log, tmp_path / "data")
    rules = Rules(load_policy_set(policy), directory())
    configuration = Configuration(data=data, policy=str(policy))
    return Desk(configuration=configuration, rules=lambda: rules, record=lambda act: record_at_once(data, act))


def tried(at: Desk, text: str, person=POLICY_ADMIN, days: int = 3660) -> q.Tried:
    *told, found = try_policy(at, person, q.TryPolicy(text=text, since_days=days), Language.EN)
    assert all(isinstance(one, q.Progress) and 0 <= one.done <= one.total for one in told)
    assert isinstance(found, q.Tried)
    return found


def test_rules_are_shown_with_the_place_that_decides_and_how_often_they_were_met(at: Desk):
    seen = policy_view(at, OFFICER, q.AskPolicy(), Language.EN)
    rows = {row.rule: row for row in seen.rules}
    encrypted = rows["opaque.encrypted"]
    assert (encrypted.code, encrypted.source, encrypted.mode.key) == ("OPQ-01", "base.yaml:7", "enforce")
    assert encrypted.count == len(HOSTILE) + 1
    assert seen.counted_since == (datetime.now(VIETNAM).date() - timedelta(days=29)).isoformat()
    assert [badge.key for badge in encrypted.dispositions] == ["reject"]
    assert rows["typography.working_file_font"].source == "policy.yaml:6"
    assert rows["typography.working_file_font"].mode.key == "monitor"
    assert rows["classified.marked"].source.startswith("binhtan-7600.yaml:")
    assert [(one.name, one.state.key) for one in seen.waivers] == [("WV-NEW", "running"), ("WV-OLD", "ended")]
    assert seen.waivers[0].about == "sha256 abababababababab…"
    assert seen.text == OFFICE
    assert not seen.editable
    assert "systemctl reload gateway" in seen.commands[-1]


def test_a_file_that_is_at_fault_by_now_does_not_hide_what_is_in_force(at: Desk, policy: Path):
    policy.write_text("version: 1\nname: [", "utf-8")
    seen = policy_view(at, OFFICER, q.AskPolicy(), Language.VI)
    assert seen.name == "co-quan"
    assert {row.source for row in seen.rules} == {""}


@pytest.mark.usefixtures("unwalled")
def test_faults_of_a_candidate_stand_at_their_lines(at: Desk):
    text = OFFICE.replace("monitor", "monitr").replace("rule: encrypted, sender", "rule: encryptd, sender")
    found = tried(at, text)
    assert found.digest == ""
    places = {(fault.line, fault.column): fault.text for fault in found.faults}
    assert "monitr" in places[6, 11]
    assert "encryptd" in next(words for (line, _), words in places.items() if line == 8)


@pytest.mark.usefixtures("unwalled")
def test_a_candidate_is_warned_of_what_lint_warns_of(at: Desk, tmp_path: Path):
    listed = tmp_path / "directory.yaml"
    listed.write_text("mailboxes: [{address: an@gov.example, kind: unit, unit: P1}]\n", "utf-8")
    at = replace(at, configuration=at.configuration.model_copy(update={"directory": listed}))
    scope = "  opaque: {scopes: [{units: [%s], mode: monitor}], rules: {encrypted: hold}}\n"
    text = OFFICE.replace("    mode: monitor\n", "    mode: monitor\n" + scope)
    known, unknown = ([fault.text for fault in tried(at, text % unit, days=0).faults] for unit in ("p1", "P2"))
    assert [words for words in unknown if words not in known] == ["scope 1 of opaque: the directory has no unit “P2”"]
    assert any("opaque.encrypted" in words and "hold" in words for words in known)
    queue = (Listener(kind=ListenerKind.MILTER, listen="unix:/run/milter.sock"),)
    holding = replace(at, configuration=at.configuration.model_copy(update={"listeners": queue}))
    assert not any("hold" in fault.text for fault in tried(holding, text % "p1", days=0).faults)
    listed.write_text("mailboxes: 5\n", "utf-8")
    assert "mailboxes" in tried(at, text % "P2", days=0).faults[0].text


@pytest.mark.slow
def test_a_candidate_is_tested_and_held_against_past_mails(at: Desk):
    text = OFFICE.replace("    mode: monitor\n", "    mode: monitor\n  opaque: {mode: monitor}\n")
    text = text.replace("expect: {disposition: relay}", "expect: {disposition: reject}")
    found = tried(at, text)
    assert found.tests == 1
    assert "expected reject, got relay" in found.tests_failed[0]
    assert any("opaque" in line and line.startswith("-") for line in found.changes)
    assert "opaque.encrypted" in found.untested
    assert found.mails >= 4 + len(HOSTILE)
    assert found.admitted == 1  # the others have further faults
    assert found.whole
    assert found.same + found.refused + found.tagged + found.admitted + found.other == found.mails - found.faulty - sum(
        bar.value for bar in found.indeterminate
    )
    assert [one.reference for one in found.changed] == ["BT-AN000002"]
    assert "OPQ-01" in found.by_rule[0].label
    assert any("WV-OLD" in fault.text and fault.tone == "warn" for fault in found.faults)


@pytest.mark.slow
@pytest.mark.usefixtures("unwalled")
def test_all_mails_that_change_can_be_taken_away_as_a_table(at: Desk, monkeypatch):
    acts: list[Act] = []
    at = replace(at, record=lambda act: acts.append(act) or 1)
    laxer = OFFICE.replace("    mode: monitor\n", "    mode: monitor\n  opaque: {mode: monitor}\n")
    asked = q.ExportTrial(text=laxer, since_days=3660)
    listed = tried(at, asked.text).changed
    *pieces, end = export_trial(at, POLICY_ADMIN, asked, Language.EN)
    heading, *rows, last = csv.reader(b"".join(one.octets for one in pieces).decode("utf-8-sig").splitlines())
    assert heading == ["Time (Viet Nam)", "Reference", "Unit", "Sender", "Rules", "Now", "Then"]
    assert [row[1] for row in rows] == [one.reference for one in listed] == ["BT-AN000002"]
    assert rows[0][4:] == ["opaque.encrypted", "reject", "tag"]
    assert (last, end) == (["WHOLE: 1 rows"], q.ExportEnd(1, whole=True))
    assert [(act.what, act.about[:11]) for act in acts] == [("export", "csv policy=")]
    monkeypatch.setattr(candidate, "_REPLAY_S", -1.0)
    *_, piece, end = export_trial(at, POLICY_ADMIN, asked, Language.EN)
    assert piece.octets.startswith(b'"NOT WHOLE: only 0 rows')
    assert not end.whole
    with pytest.raises(Refused) as fault:
        list(export_trial(at, POLICY_ADMIN, q.ExportTrial(text="version: 1\nname: ["), Language.EN))
    assert fault.value.refusal.kind == "invalid"
    assert fault.value.refusal.words


@pytest.mark.usefixtures("unwalled")
def test_no_cell_of_the_table_is_a_formula(at: Desk, monkeypatch):
    found = Comparison(Change.REFUSED, Disposition.RELAY, Disposition.REJECT, ("-1.x",))
    mail = ChangedMail("@BT-1", "2026-11-27T02:00:00+00:00", "=cmd|' /C calc'!A0", "+1;=2", found)
    monkeypatch.setattr(candidate_process, "changed_mails", lambda *_, **__: iter([mail]))
    *pieces, _ = export_trial(at, POLICY_ADMIN, q.ExportTrial(text=OFFICE), Language.VI)
    _, row, _ = csv.reader(b"".join(one.octets for one in pieces).decode("utf-8-sig").splitlines())
    assert row[1:5] == ["'@BT-1", "'+1;'=2", "'=cmd|' /C calc'!A0", "'-1.x"]


@pytest.mark.usefixtures("unwalled")
def test_mails_with_a_secret_are_counted_and_not_listed_to_who_may_not_see_them(at: Desk, policy: Path):
    rules = Rules(load_policy_set(policy), directory())
    laxer = OFFICE.replace("  typography:\n", "  classified: {rules: {suspected: tag}}\n  typography:\n")
    for person in (POLICY_ADMIN, OFFICER):
        found = tried(replace(at, rules=lambda: rules), laxer, person)
        assert SECRET not in {one.reference for one in found.changed} or person is OFFICER


@pytest.mark.usefixtures("unwalled")
def test_a_candidate_reads_no_other_file_and_runs_no_other_module(at: Desk, tmp_path: Path, monkeypatch):
    other = tmp_path / "other.yaml"
    other.write_text("version: 1\nname: secret-of-another-file\nextends: binhtan-7600\npoliciess: {}\n", "utf-8")
    (tmp_path / "marker_module.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.syspath_prepend(tmp_path)
    for extends in (
        str(other),
        "other.yaml",
        "./other.yaml",
        "/etc/passwd",
        "/proc/self/environ",
        "../../etc/passwd",
        "/dev/zero",
    ):
        (fault,) = tried(at, OFFICE.replace("base.yaml", f'"{extends}"')).faults
        assert fault.line == 3
        assert "may name a preset, or a file that the policy in force names already" in fault.text
        assert "root:" not in fault.text
    text = OFFICE.replace("  typography:\n", "  mine: {module: marker_module}\n  typography:\n")
    (fault,) = tried(at, text).faults
    assert fault.line == 5
    assert "on the machine only" in fault.text
    assert not (tmp_path / "ran").exists()
    assert tried(at, OFFICE.replace("base.yaml", "binhtan-7600")).digest
    assert tried(at, OFFICE).digest == at.policies().digest


@pytest.mark.usefixtures("unwalled")
def test_a_candidate_may_extend_the_preset_that_is_in_force(at: Desk):
    rules = Rules(preset(), directory())
    desk = replace(at, configuration=_editable(at, policy="binhtan-7600"), rules=lambda: rules)
    begun = policy_view(desk, OFFICER, q.AskPolicy(), Language.VI).text
    assert tried(desk, begun).digest, "what the page begins with is sound"
    found = tried(desk, f"{begun}policies: {{opaque: {{mode: monitor}}}}\n")
    assert found.digest
    assert found.admitted == 1
    (fault,) = tried(desk, "version: 1\nname: moi\nextends: binhtan-7600\npolicies: {opaque: {mode: monitr}}\n").faults
    assert (fault.line, fault.column) == (4, 27)
    (fault,) = tried(desk, "version: 1\nname: moi\nextends: candidate.yaml\n").faults
    assert fault.line == 3


BOMB = (
    "a: &a ["
    + ",".join(["x"] * 100)
    + "]\n"
    + "\n".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 100)}]" for n in range(8))
)


@pytest.mark.parametrize(
    "text",
    first_quick(["", "\ud800", BOMB, "a: b: c", "version: 1\nname: <script>\x1b[31m", "\x00", "[" * 100_000, "{" * 1000,
     "!!python/object/apply:os.system [id]", "- 1", "version: 1\nname: x\nextends: policy.yaml",
     "version: 1\nname: x\npolicies: {classified: {mode: off}}", "\ufeff", "---\n---\n"], 5),
    ids=lambda text: ascii(text)[:30],
)  # fmt: skip
def test_whatever_is_pasted_becomes_faults_in_words(at: Desk, text: str):
    trial = candidate._trial(at, POLICY_ADMIN, text, 30, Language.EN)
    (found,) = answers(trial)
    assert isinstance(found, q.Tried)
    assert found.faults
    assert found.digest == ""
    for fault in found.faults:
        assert fault.text.isprintable()
        assert 'File "' not in fault.text


def test_too_large_a_candidate_is_refused_at_once(at: Desk):
    with pytest.raises(Refused) as refused:
        tried(at, "#" * (candidate.LIMIT_BYTES + 1))
    assert refused.value.refusal.words == "The policy is longer than 512 KiB."


@pytest.mark.slow
def test_an_expression_that_never_ends_is_ended_and_no_process_is_left(at: Desk, monkeypatch):
    monkeypatch.setattr(candidate, "_PATIENCE_S", 3.0)
    slow = OFFICE.replace(
        "policies:\n",
        "policies:\n  official_sender: {settings: {forms: [{claims: '(a+)+$', pattern: x}], official_domains: [{domain: gov.example}], office_mailboxes: [b@gov.example], requests_only: false}}\n",
    ).replace("from: an@gov.example", f"from: {'a' * 60}b@gov.example")
    with pytest.raises(Refused) as refused:
        tried(at, slow)
    assert refused.value.refusal.kind == "too_long"
    assert candidate._ONE_TRIAL.acquire(blocking=False)
    candidate._ONE_TRIAL.release()


@pytest.mark.usefixtures("unwalled")
def test_time_ends_a_replay_and_the_figures_say_so(at: Desk, monkeypatch):
    monkeypatch.setattr(candidate, "_REPLAY_S", 0.0)
    found = tried(at, OFFICE)
    assert not found.whole
    assert found.mails == 0


def test_nothing_can_be_put_in_force_unless_the_configuration_says_so(at: Desk, policy: Path):
    question = q.PutInForce(OFFICE + "# new\n", "123456", "lý do", at.policies().digest)
    with pytest.raises(Refused) as refused:
        list(put_in_force(at, POLICY_ADMIN, question, Language.EN))
    assert refused.value.refusal.kind == "forbidden"
    preset = replace(at, configuration=_editable(at, policy="binhtan-7600"))
    with pytest.raises(Refused, match="is the preset “binhtan-7600”"):
        list(put_in_force(preset, POLICY_ADMIN, question, Language.EN))
    assert policy.read_text("utf-8") == OFFICE


def _editable(at: Desk, policy: str = "") -> Configuration:
    console = {"listen": "127.0.0.1:0", "policy_edit": True}
    plain = {"data": str(at.configuration.data), "policy": policy or at.configuration.policy, "console": console}
    return Configuration.model_validate(plain)


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        (OFFICE, "lý do", "is the policy in force already"),
        (OFFICE.replace("monitor", "enforce"), " ", "A reason is needed"),
        (OFFICE.replace("monitor", "monitr"), "lý do", "1 faults and was not put in force"),
        (OFFICE.replace("expect: {disposition: relay}", "expect: {disposition: reject}"), "lý do", "expected reject"),
    ],
)
@pytest.mark.usefixtures("unwalled")
def test_only_a_sound_candidate_with_a_reason_is_put_in_force(at: Desk, policy: Path, text, reason, words):
    acts: list[Act] = []
    desk = replace(at, configuration=_editable(at), record=lambda act: acts.append(act) or 1)
    with pytest.raises(Refused, match=words):
        list(put_in_force(desk, POLICY_ADMIN, q.PutInForce(text, "", reason, at.policies().digest), Language.EN))
    assert acts == []
    assert policy.read_text("utf-8") == OFFICE


def test_a_candidate_that_was_held_against_another_policy_takes_nobodys_change_back(at: Desk, policy: Path):
    desk = replace(at, configuration=_editable(at))
    late = q.PutInForce(OFFICE.replace("monitor", "enforce"), "", "lý do", "0" * 64)
    with pytest.raises(Refused, match="has changed since this candidate was tried"):
        list(put_in_force(desk, POLICY_ADMIN, late, Language.EN))
    assert policy.read_text("utf-8") == OFFICE


@pytest.mark.usefixtures("unwalled")
def test_what_does_not_come_in_force_is_put_back_and_recorded_as_not_done(at: Desk, policy: Path):
    acts: list[Act] = []
    desk = replace(at, configuration=_editable(at), record=lambda act: acts.append(act) or 1)
    new = OFFICE.replace("monitor", "enforce")
    with pytest.raises(Refused, match="the old file was put back"):  # no gateway runs that could load it
        list(put_in_force(desk, POLICY_ADMIN, q.PutInForce(new, "", "lý do", at.policies().digest), Language.EN))
    assert policy.read_text("utf-8") == OFFICE
    assert [(act.what, act.ok) for act in acts] == [("put_in_force", True), ("put_in_force", False)]

    def full(_act: Act) -> int:
        raise AuditError("disk full")

    with pytest.raises(AuditError):
        list(
            put_in_force(
                replace(desk, record=full),
                POLICY_ADMIN,
                q.PutInForce(new, "", "lý do", at.policies().digest),
                Language.EN,
            )
        )
    assert policy.read_text("utf-8") == OFFICE


@pytest.mark.slow
async def test_a_running_gateway_judges_by_what_was_put_in_force(policy: Path, tmp_path: Path):
    async with Sink() as sink, serving(tmp_path, config=configured(sink, policy=str(policy))):
        configuration = Configuration.load(tmp_path / "gateway.yaml")
        console = {"listen": "127.0.0.1:0", "policy_edit": True}
        plain = {"data": str(configuration.data), "policy": str(policy), "console": console}
        rules = Rules(load_policy_set(policy), None)
        data = configuration.data
        desk = Desk(
            configuration=Configuration.model_validate(plain),
            rules=lambda: rules,
            record=lambda act: record_at_once(data, act),
        )
        policy.chmod(0o640)
        new = OFFICE.replace("monitor", "enforce")
        question = q.PutInForce(new.replace("\n", "\r\n"), "", "lý do rõ ràng", rules.policies.digest)
        *_, done = await asyncio.to_thread(lambda: list(put_in_force(desk, POLICY_ADMIN, question, Language.EN)))
        assert isinstance(done, q.Done)
        assert policy.read_text("utf-8") == new
        assert policy.stat().st_mode & 0o777 == 0o640
        after = load_policy_set(policy)
        assert read_in_force(data).policy_digest == after.digest
        (kept,) = (data / "policies").glob("*.yaml")
        assert kept.read_text("utf-8") == OFFICE
        seen = policy_view(replace(desk, rules=lambda: Rules(after, None)), OFFICER, q.AskPolicy(), Language.EN)
        assert seen.by == POLICY_ADMIN.name
        assert seen.since
        assert seen.editable
        (earlier,) = seen.earlier
        assert seen.text == new
        assert policy_view(desk, OFFICER, q.AskPolicy(earlier), Language.EN).text == OFFICE


def test_the_last_ten_files_are_kept(tmp_path: Path):
    for number in range(13):
        candidate._keep(tmp_path, b"%d" % number)
    assert [path.read_bytes() for path in sorted((tmp_path / "policies").glob("*"))] == [
        b"%d" % n for n in range(3, 13)
    ]
    (tmp_path / "policies/note.yaml").touch()
    assert [path.read_bytes() for path in candidate.replaced_files(tmp_path).values()] == [
        b"%d" % n for n in range(12, 2, -1)
    ]


@pytest.mark.slow
def test_the_trial_ends_with_its_asker(at: Desk):
    answers = try_policy(at, POLICY_ADMIN, q.TryPolicy(text=OFFICE), Language.EN)
    next(answers)
    answers.close()
    assert candidate._ONE_TRIAL.acquire(blocking=False)
    candidate._ONE_TRIAL.release()
