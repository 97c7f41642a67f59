"""Logins by mailbox, what cannot be recorded, and what administrators do with accounts."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import msgspec
import pytest

from gateway.errors import AuditError, UserError
from gateway.steward import questions as q
from gateway.steward.accounts import hashes
from gateway.steward.accounts.book import Book
from gateway.steward.accounts.mail_codes import ASKED_OF_ADDRESS, GOOD_S, MAILS_AN_HOUR, TRIES
from gateway.steward.questions.refused import Refused
from gateway.steward.roles import Role
from tests.steward.support import Office
from tests.steward.test_login import AN, CHIEF, GONE, at_once, log_in


def test_a_mailbox_logs_in_by_a_code_that_counts_once(office):
    assert office.ask(q.SendMailCode(AN.upper())) == q.Done()
    ((mailbox, code),) = office.sent
    assert mailbox == AN
    assert len(code) == 8
    answer = office.ask(q.MailLogin(AN, f"{code[:4]} {code[4:]}"))
    assert isinstance(answer, q.LoggedIn)
    assert answer.person.roles == {Role.CLERK}
    assert office.kind(q.MailLogin(AN, code)) == "bad_login"


def test_a_code_is_for_its_mailbox_its_time_and_five_tries(office):
    office.ask(q.SendMailCode(AN))
    code = office.sent[-1][1]
    assert office.kind(q.MailLogin(CHIEF, code)) == "bad_login"
    wrong = "00000000" if code != "00000000" else "11111111"
    for _ in range(TRIES):
        assert office.kind(q.MailLogin(AN, wrong)) == "bad_login"
    assert office.kind(q.MailLogin(AN, code)) == "bad_login"
    office.ask(q.SendMailCode(AN))
    office.now += GOOD_S + 1
    assert office.kind(q.MailLogin(AN, office.sent[-1][1])) == "bad_login"


@pytest.mark.parametrize(
    "mailbox", ["nobody@x.example", GONE, "", "x" * 10_000, "a@b@c", "an.noivu@x.example\r\nBcc: z@z"]
)
def test_the_answer_does_not_show_whether_there_is_a_mailbox(office, mailbox):
    for _ in range(MAILS_AN_HOUR + 2):
        assert office.ask(q.SendMailCode(mailbox)) == office.ask(q.SendMailCode(AN)) == q.Done()
    assert {to for to, _ in office.sent} == {AN}
    assert (
        office.ask(q.MailLogin(mailbox, "00000000")) == office.ask(q.MailLogin(AN, "")) == q.Refusal(kind="bad_login")
    )


def test_three_mails_an_hour_go_to_a_mailbox_and_an_address_may_ask_so_often(office):
    for number in range(10):
        office.ask(q.SendMailCode(AN), "", f"192.0.2.{number}")
    assert len(office.sent) == MAILS_AN_HOUR
    office.now += 3601
    office.ask(q.SendMailCode(AN))
    assert len(office.sent) == MAILS_AN_HOUR + 1
    kinds = [office.kind(q.SendMailCode(f"x{n}@x.example"), "", "198.51.100.1") for n in range(ASKED_OF_ADDRESS + 1)]
    assert kinds == [""] * ASKED_OF_ADDRESS + ["too_many"]


def test_all_mailboxes_together_get_so_many_mails_an_hour(office, monkeypatch):
    monkeypatch.setattr("gateway.steward.accounts.mail_codes.ALL_MAILS_AN_HOUR", 2)
    for mailbox in (AN, CHIEF, AN):
        office.ask(q.SendMailCode(mailbox))
    assert len(office.sent) == 2


def test_the_session_of_a_mailbox_ends_with_its_place_in_the_directory(office):
    token = office.session(CHIEF)
    assert office.ask(q.WhoAmI(), token).person.units == ("Phòng Nội vụ",)
    text = (office.data / "directory.yaml").read_text("utf-8")
    from gateway.identity.directory import parse

    office.directory = parse(office.data / "directory.yaml", text.replace(f", heads: [{CHIEF}]", "").encode())
    me = office.ask(q.WhoAmI(), token)
    assert me.person.roles == {Role.CLERK}
    assert not me.person.units
    office.directory = parse(office.data / "directory.yaml", b"mailboxes: []")
    assert office.kind(q.WhoAmI(), token) == "no_session"


def test_what_cannot_be_recorded_is_not_done(office):
    token = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    office.add("an.tt", Role.AUDITOR)
    office.failing = AuditError("disk full")
    acts = [
        q.AddAccount(name="moi", display="Mới", roles=(Role.AUDITOR,), code=office.code("ql.tk")),
        q.SetRoles(name="an.tt", roles=(Role.OPERATOR,), code=office.code("ql.tk")),
        q.SetLocked(name="an.tt", locked=True, code=office.code("ql.tk")),
        q.ResetSecondFactor(name="an.tt", code=office.code("ql.tk")),
    ]
    before = office.ask(q.AskAccounts(), token)
    for act in acts:
        assert office.kind(structs_with(act, office.code("ql.tk")), token) == "unavailable"
    assert log_in(office, "ql.tk") == q.Refusal(kind="unavailable")
    assert office.ask(q.AskAccounts(), token) == before
    office.failing = None
    assert office.ask(structs_with(acts[2], office.code("ql.tk")), token) == q.Done()


def structs_with(act: q.Question, code: str) -> q.Question:
    from msgspec import structs

    return structs.replace(act, code=code)


def test_on_a_full_disk_people_may_read_and_change_nothing(office):
    token = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    writer = office.people.book._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}")
    kinds, number = [], 0
    while "unavailable" not in kinds:
        number += 1
        act = q.AddAccount(name=f"an{number}", display="x" * 80, roles=(Role.AUDITOR,), code=office.code("ql.tk"))
        kinds.append(office.kind(act, token))
    view = office.ask(q.AskAccounts(), token)
    assert isinstance(view, q.AccountsView)
    assert len(view.accounts) == kinds.count("") + 1
    assert isinstance(office.ask(q.WhoAmI(), token), q.Me)


def test_our_own_faults_go_to_our_log_and_not_to_people(office, caplog):
    token = office.session("an.tt", Role.AUDITOR)
    answer = office.ask(q.Search(), token)  # there is no log here yet
    assert answer == q.Refusal(kind="unavailable")
    assert str(office.data) in caplog.text


@pytest.mark.parametrize("damage", ["empty", "text", "middle", "alien", "role", "newer"])
def test_damaged_accounts_are_refused_with_words_and_left_as_they_are(office, damage):
    for number in range(40):
        manage_add(office, f"an{number:02}")
    office.people.book.close()
    path = office.data / "accounts.db"
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_bytes(b"name: an\n" * 1000)
        case "middle":
            octets = bytearray(path.read_bytes())
            octets[4096 * 2 :] = b"\xff" * len(octets[4096 * 2 :])
            path.write_bytes(octets)
        case _:
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute(
                    {
                        "alien": "PRAGMA application_id = 1",
                        "role": "UPDATE account SET roles = 'king' WHERE name = 'an00'",
                        "newer": "PRAGMA user_version = 99",
                    }[damage]
                )
    before = path.read_bytes()
    with pytest.raises(UserError, match=r"accounts\.db: .* / .*gateway console account add"):
        Book.under(office.data)
    assert path.read_bytes() == before


def manage_add(office: Office, name: str) -> None:
    office.add(name, Role.AUDITOR)


def test_the_file_is_for_its_owner_only(office):
    assert {path.stat().st_mode & 0o777 for path in office.data.glob("accounts.db*")} == {0o600}


def test_of_two_administrators_who_take_each_others_role_one_succeeds(office):
    tokens = {name: office.session(name, Role.ACCOUNT_ADMIN) for name in ("mot.ql", "hai.ql")}
    other = {"mot.ql": "hai.ql", "hai.ql": "mot.ql"}
    asked = [
        (q.SetRoles(name=other[name], roles=(Role.AUDITOR,), code=office.code(name)), tokens[name]) for name in tokens
    ]
    found = at_once(lambda: office.ask(*asked.pop()), 2)
    assert sorted(found) == ["Done", "Refusal"]
    with office.people.book.reading() as connection:
        roles = [row[0] for row in connection.execute("SELECT roles FROM account")]
    assert sorted(roles) == ["account_admin", "auditor"]


def test_a_role_that_goes_while_an_act_waits_stops_it(office, monkeypatch):
    token = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    office.add("an.tt", Role.AUDITOR)
    from gateway.steward.accounts import manage

    real = manage.hashed

    def meanwhile(password: str) -> str:
        manage.set_roles(office.people.book, "ql.tk", [Role.OPERATOR], sign=lambda *_: None)
        return real(password)

    monkeypatch.setattr(manage, "hashed", meanwhile)
    acts = len(office.acts)
    assert office.kind(q.ResetSecondFactor(name="an.tt", code=office.code("ql.tk")), token) == "no_session"
    assert len(office.acts) == acts


def test_nobody_changes_his_own_account(office):
    token = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    for act in (
        q.SetRoles(name="ql.tk", roles=(Role.AUDITOR,), code=office.code("ql.tk")),
        q.SetMail(name="ql.tk", mail="khac@x.example", code=office.code("ql.tk")),
        q.SetLocked(name="ql.tk", locked=False, code=office.code("ql.tk")),
        q.ResetSecondFactor(name="ql.tk", code=office.code("ql.tk")),
    ):
        assert office.kind(structs_with(act, office.code("ql.tk")), token) == "invalid"


@pytest.mark.parametrize(
    ("name", "display", "roles"),
    [
        ("Ân", "x", (Role.AUDITOR,)),
        ("a@b", "x", (Role.AUDITOR,)),
        ("a" * 33, "x", (Role.AUDITOR,)),
        ("an\n", "x", (Role.AUDITOR,)),
        ("../an", "x", (Role.AUDITOR,)),
        ("moi", "", (Role.AUDITOR,)),
        ("moi", "x\u202e", (Role.AUDITOR,)),
        ("moi", "x" * 81, (Role.AUDITOR,)),
        ("moi", "x", ()),
        ("moi", "x", (Role.CLERK,)),
        ("moi", "x", (Role.ACCOUNT_ADMIN, Role.SECURITY_OFFICER)),
        ("ql.tk", "x", (Role.AUDITOR,)),
    ],
)
def test_an_account_that_cannot_be_is_refused_with_words(office, name, display, roles):
    token = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    answer = office.ask(q.AddAccount(name=name, display=display, roles=roles, code=office.code("ql.tk")), token)
    assert isinstance(answer, q.Refusal)
    assert answer.kind == "invalid"
    assert answer.words


def test_a_locked_account_and_a_lost_role_end_sessions_at_once(office):
    admin = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    token = office.session("an.tt", Role.AUDITOR)
    assert office.ask(q.SetRoles(name="an.tt", roles=(Role.OPERATOR,), code=office.code("ql.tk")), admin) == q.Done()
    assert office.kind(q.WhoAmI(), token) == "no_session"
    token = log_in(office, "an.tt").token
    assert office.kind(q.Verify(), token) == "forbidden"
    assert office.ask(q.SetLocked(name="an.tt", locked=True, code=office.code("ql.tk")), admin) == q.Done()
    assert office.kind(q.WhoAmI(), token) == "no_session"
    assert log_in(office, "an.tt") == q.Refusal(kind="locked")
    assert log_in(office, "an.tt", "wrong") == q.Refusal(kind="bad_login")
    (about,) = [act.about for act in office.acts if act.what == "account_roles"]
    assert about == "an.tt: auditor -> operator"


def test_a_reset_takes_everything_that_was_known(office):
    admin = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    done = office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    answer = office.ask(q.ResetSecondFactor(name="an.tt", code=office.code("ql.tk"), reason="mất máy"), admin)
    assert isinstance(answer, q.OneTimePassword)
    assert office.kind(q.WhoAmI(), done.token) == "no_session"
    assert log_in(office, "an.tt") == q.Refusal(kind="bad_login")
    assert log_in(office, "an.tt", code=done.recovery_codes[0]) == q.Refusal(kind="bad_login")
    assert office.enrol("an.tt", answer.password, "Một-khác-2026!").person.name == "an.tt"
    assert [(act.who, act.reason) for act in office.acts if act.what == "account_reset"] == [("ql.tk", "mất máy")]


def test_a_hash_costs_what_rfc_9106_recommends(dear_hashes):
    assert hashes.hashed("Rất-dài-2026!x").startswith("$argon2id$v=19$m=65536,t=3,p=1$")


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        (" An.NoiVu@x.example ", "an.noivu@x.example"),
        ("khac@x.example", "khac@x.example"),
        ("khac@tphcm.gov.vn", "khac@tphcm.gov.vn"),
        ("", ""),
        ("cu.tuphap@x.example ", None),
        ("an@gmail.example", None),
        ("an@x.example\r\nBcc: b@y.example", None),
        ("ăn@x.example", None),
        ("x.example", None),
    ],
)
def test_notices_of_an_account_go_to_an_official_mailbox_only(office, address, kept):
    admin, _ = office.session("ql.tk", Role.ACCOUNT_ADMIN), office.add("an.tt", Role.AUDITOR)
    answer = office.ask(q.SetMail(name="an.tt", mail=address, code=office.code("ql.tk")), admin)
    assert (answer == q.Done()) is (kept is not None)
    rows = {row.name: row for row in office.ask(q.AskAccounts(), admin).accounts}
    assert rows["an.tt"].mail == (kept or "")


def token_of(office, admin, **given) -> q.Answer:
    asked = {
        "name": "ho-so",
        "mailbox": "an.noivu@x.example",
        "unit": "",
        "days": 90,
        "per_hour": 600,
        "reason": "QLVB",
    }
    return office.ask(q.AddToken(**(asked | given), code=office.code("ql.tk")), admin)


def test_a_token_is_made_shown_once_used_and_revoked_and_each_is_an_act(office):
    admin = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    made = token_of(office, admin)
    assert isinstance(made, q.NewToken)
    assert office.people.tokens.person(made.token).mailbox == "an.noivu@x.example"
    used = office.now
    office.now += 90
    (row,) = office.ask(q.AskAccounts(), admin).tokens
    assert (row.name, row.mailbox, row.used) == (
        "ho-so",
        "an.noivu@x.example",
        datetime.fromtimestamp(int(used), UTC).isoformat(),
    )
    assert made.token not in msgspec.json.encode(office.ask(q.AskAccounts(), admin)).decode()
    assert office.ask(q.RevokeToken(name="ho-so", code=office.code("ql.tk"), reason="lộ mã"), admin) == q.Done()
    with pytest.raises(Refused):
        office.people.tokens.person(made.token)
    acts = [(act.who, act.what, act.about, act.reason) for act in office.acts if act.what.startswith("token")]
    assert acts == [
        ("ql.tk", "token_add", "ho-so an.noivu@x.example", "QLVB"),
        ("ql.tk", "token_revoke", "ho-so", "lộ mã"),
    ]


@pytest.mark.parametrize(
    "given",
    [{"mailbox": ""}, {"unit": "noivu"}, {"mailbox": "", "unit": "khong-co"}, {"mailbox": "an@gmail.example"}, {"days": 0},
     {"days": 367}, {"per_hour": 0}, {"per_hour": 2**63}, {"name": "Hồ sơ"}, {"name": ""}],
)  # fmt: skip
def test_a_token_is_bound_to_what_is_ours_and_has_limits(office, given):
    admin = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    assert token_of(office, admin, **given).kind == "invalid"
    assert office.people.tokens.all() == ()


def test_a_token_asks_for_a_fresh_code_and_is_not_made_when_it_cannot_be_recorded(office):
    admin = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    asked = q.AddToken(name="ho-so", mailbox="an.noivu@x.example", unit="", days=1, per_hour=1, code="000000")
    assert office.kind(asked, admin) == "bad_code"
    office.failing = AuditError("full")
    assert token_of(office, admin).kind == "unavailable"
    office.failing = None
    assert office.people.tokens.all() == ()
