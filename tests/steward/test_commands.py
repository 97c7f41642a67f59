"""`gateway console ...` on the machine: makes the first account, works beside a running gateway, and is recorded."""

import json
import re
import time
from contextlib import closing

import pytest

from gateway.cli import main
from gateway.commands import doctor
from gateway.config.sections import Configuration
from gateway.notice import NoticeBook
from gateway.notice.book import Fate
from gateway.steward import questions as q
from gateway.steward.roles import Role
from gateway.steward.table import TABLE
from tests.audit.support import bodies
from tests.steward.support import PASSWORD, Office
from tests.support.certificates import Pki


@pytest.fixture
def console(tmp_path, monkeypatch, capsys):

    def run(*words: str, code: int = 0) -> str:
        folder = ["--data", str(tmp_path)] if words[0] != "roles" else []
        monkeypatch.setattr("sys.argv", ["gateway", "console", *words, *folder])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert ended.value.code == code, said.err
        return said.out + said.err

    return run


def acts(data) -> list[dict]:
    return [body for body in bodies(data) if body["kind"] == "act"]


def test_the_first_account_is_made_by_a_command_and_logs_in(console, tmp_path):
    said = console("account", "add", "an.tt", "--role", "auditor", "--role", "operator", "--reason", "QĐ 12")
    one_time = said.splitlines()[-1]
    office = Office(tmp_path)
    office.now = time.time()
    done = office.enrol("an.tt", one_time)
    assert done.person.roles == {Role.AUDITOR, Role.OPERATOR}
    (act,) = acts(tmp_path)
    assert (act["roles"], act["what"], act["about"], act["reason"]) == (
        ["machine"],
        "account_add",
        "an.tt: auditor operator",
        "QĐ 12",
    )
    assert one_time not in json.dumps(act)
    assert "an.tt" in console("account", "sessions")
    assert "an.tt" in console("account", "list")
    assert json.loads(console("account", "list", "--json"))["sessions"] == 1


def test_an_account_says_where_its_notices_go(console, tmp_path):
    console("account", "add", "an.tt", "--role", "auditor", "--mail", "AN.TT@tphcm.gov.vn")
    assert json.loads(console("account", "list", "--json"))["mail"] == "an.tt@tphcm.gov.vn"
    assert "notices go to -" in console("account", "mail", "an.tt")
    assert json.loads(console("account", "list", "--json"))["mail"] is None
    assert [act["about"] for act in acts(tmp_path)] == ["an.tt: auditor, an.tt@tphcm.gov.vn", "an.tt: -"]


def test_a_reset_on_the_machine_is_mailed_to_the_administrators(console, tmp_path):
    console("account", "add", "ql.tk", "--role", "account_admin", "--mail", "ql.tk@tphcm.gov.vn")
    console("account", "add", "an.tt", "--role", "auditor")
    console("account", "reset-totp", "an.tt")
    told = []
    with closing(NoticeBook(tmp_path)) as book:
        while (waiting := book.due(time.time())) is not None:
            told.append((waiting.recipient, waiting.fields["name"]))
            book.settle(waiting.key, Fate.SENT)
    assert sorted(told) == [("ql.tk@tphcm.gov.vn", name) for name in ("an.tt", "an.tt", "ql.tk")]


def test_commands_change_what_a_running_steward_answers(console, tmp_path):
    office = Office(tmp_path)
    office.now = time.time()
    token = office.session("an.tt", Role.AUDITOR)
    said = console("account", "roles", "an.tt", *("--role", "operator") * 2)
    assert "operator;" in said
    assert "operator operator" not in said
    assert office.kind(q.WhoAmI(), token) == "no_session"
    token = office.ask(q.Login("an.tt", PASSWORD, office.code("an.tt"))).token
    assert "an.tt: đã kết thúc mọi phiên" in console("account", "sessions", "an.tt", "--end")
    assert office.kind(q.WhoAmI(), token) == "no_session"
    for _ in range(5):
        office.ask(q.Login("an.tt", "wrong"))
    assert office.kind(q.Login("an.tt", PASSWORD, office.code("an.tt"))) == "locked"
    console("account", "unlock", "an.tt")
    token = office.ask(q.Login("an.tt", PASSWORD, office.code("an.tt"))).token
    console("account", "lock", "an.tt", "--reason", "nghỉ việc")
    assert office.kind(q.WhoAmI(), token) == "no_session"
    console("account", "unlock", "an.tt")
    one_time = console("account", "reset-totp", "an.tt").splitlines()[-1]
    assert office.enrol("an.tt", one_time, "Một-khác-2026!").person.name == "an.tt"
    assert [act["what"] for act in acts(tmp_path)] == [
        "account_roles", "sessions_end", "account_unlock", "account_lock", "account_unlock", "account_reset",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("account", "add", "An", "--role", "auditor"), "chữ thường"),
        (("account", "add", "an", "--role", "clerk"), "no role “clerk”"),
        (
            ("account", "add", "an", "--role", "account_admin", "--role", "security_officer"),
            "cannot be a security officer",
        ),
        (("account", "add", "an", "--role", "auditor", "--mail", "an@gmail.example"), "official domain"),
        (("account", "mail", "nobody", "an@tphcm.gov.vn"), "no account of this name"),
        (("account", "lock", "nobody"), "no account of this name"),
        (("account", "lock", "\udcff"), "no account of this name"),
        (("account", "sessions", "\udcff"), "no account of this name"),
        (("token", "revoke", "\udcff"), "no token of this name"),
        (("account", "sessions", "nobody", "--end"), "no account of this name"),
        (("account", "sessions", "--end"), "needs the name"),
    ],
)
def test_what_cannot_be_is_said_in_both_languages_and_not_recorded(console, tmp_path, words, said):
    told = console(*words, code=2)
    assert said in told
    assert " / " in told
    assert not (tmp_path / "audit.db").exists()


def test_the_table_is_printed(console):
    said = console("roles")
    for kind, row in TABLE.items():
        (line,) = re.findall(rf"^{kind.__struct_config__.tag} +(.*)$", said, re.MULTILINE)
        assert line.count("x") >= len(row.roles)
        assert ("fresh" in line) is row.fresh
    for role in ("Phụ trách an toàn thông tin / Security officer", "Cán bộ / Clerk"):
        assert role in said
    (line,) = re.findall("^put_in_force.*$", said, re.MULTILINE)
    assert "đưa chính sách vào dùng / put a policy in force" in line


@pytest.mark.parametrize(
    "words", [("account", "list"), ("token", "list"), ("account", "add", "an.tt", "--role", "auditor")]
)
def test_a_data_folder_that_is_not_there_is_reported_and_not_made(tmp_path, monkeypatch, capsys, words):
    """Root would make it before the first start, and the doctor, as the service, could not read it."""
    missing = tmp_path / "missing"
    monkeypatch.setattr("sys.argv", ["gateway", "console", *words, "--data", str(missing)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code != 0
    assert str(missing) in capsys.readouterr().err
    assert not missing.exists()
    missing.touch()
    with pytest.raises(SystemExit):
        main()
    assert "no data folder yet" not in capsys.readouterr().err


def test_doctor_looks_at_the_consoles_certificate_port_and_accounts(console, tmp_path):
    certificate, key = Pki(tmp_path).issue("gw.example", days_left=90)
    key.chmod(0o644)

    def told(**changes: object) -> list[str]:
        section = {"listen": "127.0.0.1:0", "certificate": certificate, "key": key, "names": ["gw.example"]} | changes
        configuration = Configuration.model_validate({"data": tmp_path, "console": section})
        lines = [*doctor._guarded(doctor._console, configuration), *doctor._ports(configuration)]
        return [f"{line.health.name} {line.both}" for line in lines]

    assert any(line.startswith("WARNING bảng điều khiển chưa có tài khoản") for line in told())
    assert not (tmp_path / "accounts.db").exists()
    console("account", "add", "an.tt", "--role", "auditor")
    lines = told()
    assert any("WARNING" in line and "chmod 0600" in line for line in lines)
    assert any("WARNING" in line and "an.tt (auditor)" in line for line in lines)
    assert "GOOD 127.0.0.1:0 (console)" in lines
    certificate.write_text("none")
    assert any(line.startswith("BAD") and str(certificate) in line for line in told())
    (tmp_path / "accounts.db").write_bytes(b"")
    assert any("BAD" in line and "accounts.db" in line for line in told(certificate=None, key=None))


def test_tokens_of_programs_are_made_listed_and_taken_back_and_recorded(console, tmp_path):
    (tmp_path / "directory.yaml").write_text(
        "units: [{id: noivu, name: Phòng Nội vụ}]\n"
        "mailboxes: [{address: vanthu.noivu@tphcm.gov.vn, unit: noivu, kind: unit}]\n", "utf-8"
    )  # fmt: skip
    (tmp_path / "gateway.yaml").write_text(f"directory: {tmp_path}/directory.yaml\n")
    settings = ("--config", str(tmp_path / "gateway.yaml"))
    token = console(
        "token",
        "add",
        "ho-so",
        "--unit",
        "phòng nội vụ",
        "--days",
        "3",
        "--per-hour",
        "5",
        "--reason",
        "QĐ 12",
        *settings,
    ).split()[-1]
    assert "Danh bạ không có hộp thư" in console("token", "add", "ho-so-2", "--unit", "noi-vu", *settings, code=2)
    assert token.startswith("cvt_")
    (listed,) = [json.loads(line) for line in console("token", "list", "--json").splitlines() if line]
    assert (listed["name"], listed["unit"], listed["mailbox"], listed["per_hour"]) == ("ho-so", "noivu", None, 5)
    assert token not in console("token", "list")
    console("token", "add", "ho-so", "--unit", "noivu", *settings, code=2)
    console("token", "revoke", "ho-so")
    console("token", "revoke", "ho-so", code=2)
    assert [(act["what"], act["about"], act.get("reason", "")) for act in acts(tmp_path)] == [
        ("token_add", "ho-so noivu", "QĐ 12"), ("token_revoke", "ho-so", ""),
    ]  # fmt: skip
    assert not any(token.encode() in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


@pytest.mark.parametrize(("kind", "health"), [("relay", "WARNING"), ("milter", "WARNING"), ("submission", "GOOD")])
def test_doctor_says_whether_anybody_can_reach_the_self_check_mailbox(kind, health):
    listener = {"kind": kind, "listen": "127.0.0.1:0"} | ({"auth_without_tls": True} if kind == "submission" else {})
    configuration = Configuration(self_check={"address": "kiemtra@x.example"}, listeners=(listener,))
    (line,) = doctor._self_check(configuration)
    assert line.health.name == health
    assert "kiemtra@x.example" in line.both
    assert list(doctor._self_check(Configuration())) == []
