"""Login, enrolment, second factors, sessions: what an outsider and a taken-over console may try."""

from __future__ import annotations

import sqlite3
import statistics
import threading
import time

import pyotp
import pytest

from gateway.errors import AuditError, UserError
from gateway.steward import questions as q
from gateway.steward.accounts import hashes, throttle
from gateway.steward.accounts.book import Book, all_accounts
from gateway.steward.accounts.codes import STEP_S
from gateway.steward.accounts.mail_codes import ASKED_OF_ADDRESS, GOOD_S, MAILS_AN_HOUR, TRIES
from gateway.steward.accounts.manage import ONE_TIME_S
from gateway.steward.accounts.sessions import OF_ONE
from gateway.steward.accounts.throttle import LOCK_S, TRIES_OF_ADDRESS, Addresses
from gateway.steward.refused import Refused
from gateway.steward.roles import Role
from tests.steward.support import PASSWORD, Office

AN, CHIEF, GONE = "an.noivu@x.example", "truong.noivu@x.example", "cu.tuphap@x.example"


@pytest.fixture
def office(tmp_path, monkeypatch):
    return Office(tmp_path)


def log_in(office: Office, name: str, password: str = PASSWORD, code: str | None = None, client: str = "192.0.2.1"):
    return office.ask(q.Login(name, password, office.code(name) if code is None else code), "", client)


def test_an_account_enrols_and_logs_in(office):
    one_time = office.add("an.tt", Role.AUDITOR)
    done = office.enrol("an.tt", one_time)
    assert len(set(done.recovery_codes)) == 10
    assert not done.person.must_enrol
    assert office.kind(q.Login("an.tt", one_time)) == "bad_login"
    answer = log_in(office, " An.TT ".strip().lower())
    assert isinstance(answer, q.LoggedIn)
    assert "verify" in answer.person.may
    assert "add_account" not in answer.person.may
    assert [act.what for act in office.acts if act.ok] == ["login", "enrol", "login"]


def test_secrets_are_nowhere_in_the_acts_and_only_digests_on_disk(office):
    done = office.enrol("an.tt", one_time := office.add("an.tt", Role.AUDITOR))
    office.ask(q.Login(PASSWORD, "an.tt"))  # typed into the wrong fields
    said = repr(office.acts)
    office.people.book.close()
    kept = b"".join(path.read_bytes() for path in office.data.glob("accounts.db*"))
    for secret in (PASSWORD, one_time, done.token, done.person.csrf, *done.recovery_codes):
        assert secret not in said
        assert secret.encode() not in kept or secret == done.person.csrf


def test_a_code_counts_once(office):
    office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    code = office.code("an.tt")
    assert isinstance(log_in(office, "an.tt", code=code), q.LoggedIn)
    assert log_in(office, "an.tt", code=code) == q.Refusal(kind="bad_login")
    office.now += STEP_S
    assert log_in(office, "an.tt", code=code) == q.Refusal(kind="bad_login")


def test_a_code_used_for_an_act_does_not_log_in_and_the_other_way_round(office):
    token = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    office.add("an.tt", Role.AUDITOR)
    code = office.code("ql.tk")
    assert office.ask(q.SetLocked(name="an.tt", locked=True, code=code), token) == q.Done()
    assert office.kind(q.SetLocked(name="an.tt", locked=False, code=code), token) == "bad_code"
    assert log_in(office, "ql.tk", code=code) == q.Refusal(kind="bad_login")


@pytest.mark.parametrize(("away", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_of_the_neighbouring_steps_counts(office, away, good):
    office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    office.now += 10 * STEP_S
    code = pyotp.TOTP(office.secrets["an.tt"]).at(int(office.now) + away * STEP_S)
    assert isinstance(log_in(office, "an.tt", code=code), q.LoggedIn) is good


def test_after_a_clock_that_went_ahead_is_put_right_codes_count_again_and_used_ones_never(office):
    office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    right = office.now
    office.now += 86_400
    ahead = office.code("an.tt")
    used_at = office.now
    assert isinstance(log_in(office, "an.tt", code=ahead), q.LoggedIn)
    office.now = right + 300
    assert isinstance(log_in(office, "an.tt"), q.LoggedIn)
    office.now = used_at
    assert log_in(office, "an.tt", code=ahead) == q.Refusal(kind="bad_login")


def test_a_recovery_code_counts_once_and_as_people_type_it(office):
    done = office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    code = done.recovery_codes[3].upper().replace("-", " ")
    assert isinstance(log_in(office, "an.tt", code=code), q.LoggedIn)
    assert log_in(office, "an.tt", code=code) == q.Refusal(kind="bad_login")
    assert log_in(office, "an.tt", code="") == q.Refusal(kind="bad_login")
    assert [act.about for act in office.acts if act.what == "recovery_code"] == ["9 left"]


def test_a_recovery_code_used_twice_at_once_begins_one_session(office):
    done = office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    assert sorted(at_once(lambda: log_in(office, "an.tt", code=done.recovery_codes[0]), 4)) == [
        "LoggedIn",
        *["Refusal"] * 3,
    ]


def test_a_code_used_twice_at_once_begins_one_session(office):
    office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    code = office.code("an.tt")
    assert at_once(lambda: log_in(office, "an.tt", code=code), 4).count("LoggedIn") == 1


def at_once(work, times: int) -> list[str]:
    """Return the kinds of what came of the same work in several threads."""
    found: list[str] = []
    barrier = threading.Barrier(times)

    def run() -> None:
        barrier.wait()
        found.append(type(work()).__name__)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


# Brute force


@pytest.mark.parametrize("name", ["an.tt", "nobody"])
def test_five_wrong_tries_lock_a_name_for_a_quarter_of_an_hour_whether_or_not_somebody_has_it(office, name):
    office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    kinds = [office.kind(q.Login(name, f"wrong{n}", "000000"), "", f"192.0.2.{n}") for n in range(7)]
    assert kinds == ["bad_login"] * 5 + ["locked"] * 2
    assert office.ask(q.Login(name, PASSWORD, "0"), "", "198.51.100.1") == q.Refusal(kind="locked", retry_s=LOCK_S)
    office.restart()
    assert office.kind(q.Login(name, PASSWORD), "", "198.51.100.2") == "locked"
    office.now += LOCK_S + 1
    assert office.kind(q.Login(name, "wrong"), "", "198.51.100.3") == "bad_login"
    office.enrol("khac", office.add("khac", Role.AUDITOR))
    wrong = [act for act in office.acts if not act.ok]
    assert {act.who for act in wrong} == ({"an.tt"} if name == "an.tt" else {""})
    assert [act.about for act in wrong] == ["", "", "", "", "locks", ""]


def test_tries_at_once_are_no_more_than_five(office):
    office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    kinds: list[str] = []

    def work() -> None:
        kinds.append(office.kind(q.Login("an.tt", "wrong", "000000"), "", f"192.0.2.{len(kinds)}"))

    at_once(work, 40)
    assert sorted(kinds) == ["bad_login"] * 5 + ["locked"] * 35


def test_a_right_login_forgives(office):
    office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    for _ in range(3):
        for n in range(4):
            assert log_in(office, "an.tt", "wrong", "000000", f"192.0.2.{n}") == q.Refusal(kind="bad_login")
        assert isinstance(log_in(office, "an.tt"), q.LoggedIn)


def test_twenty_wrong_tries_lock_an_address_whatever_the_names(office):
    kinds = [office.kind(q.Login(f"name{n}", "wrong"), "", "192.0.2.9") for n in range(TRIES_OF_ADDRESS + 3)]
    assert kinds == ["bad_login"] * TRIES_OF_ADDRESS + ["too_many"] * 3
    assert office.kind(q.MailLogin(AN, "12345678"), "", "192.0.2.9") == "too_many"
    assert office.kind(q.Login("name", "wrong"), "", "192.0.2.10") == "bad_login"
    office.now += LOCK_S + 1
    assert office.kind(q.Login("name", "wrong"), "", "192.0.2.9") == "bad_login"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("x", "x", True),
    ],
)
def test_what_counts_as_one_address(one, other, same):
    addresses = Addresses(lambda: 0.0, limit=1)
    addresses.count(one)
    if same:
        with pytest.raises(Refused):
            addresses.check(other)
    else:
        addresses.check(other)


def test_addresses_do_not_fill_memory(monkeypatch):
    monkeypatch.setattr(throttle, "_LIMIT_ADDRESSES", 100)
    addresses = Addresses(lambda: 0.0)
    for number in range(1000):
        addresses.count(f"198.51.{number % 256}.{number // 256}")
    assert len(addresses._tries) == 100


def test_a_wrong_fresh_code_counts_as_a_wrong_try(office):
    token = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    act = q.SetLocked(name="ql.tk", locked=True, code="000000")
    kinds = [office.kind(act, token, f"192.0.2.{n}") for n in range(6)]
    assert kinds == ["bad_code"] * 5 + ["locked"]
    right = q.SetLocked(name="ql.tk", locked=True, code=office.code("ql.tk"))
    assert office.kind(right, token, "192.0.2.99") == "locked"


def test_unknown_and_known_names_cost_the_same(office, monkeypatch):
    office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    hashed = []
    holds = hashes.Verifier.holds

    def counted(self, kept, password):
        begun = time.thread_time()
        result = holds(self, kept, password)
        hashed.append(time.thread_time() - begun)
        return result

    monkeypatch.setattr(hashes.Verifier, "holds", counted)

    def cost(name: str, number: int) -> float:
        begun = time.thread_time()
        assert office.kind(q.Login(name, "wrong", "000000"), "", f"192.0.2.{number}") == "bad_login"
        taken = time.thread_time() - begun
        office.people.logins._names.forgive(name)
        return taken - hashed[-1]

    pairs = [(cost("an.tt", n), cost("nobody", n)) for n in range(15)]
    known, unknown = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert len(hashed) == 30
    assert abs(known - unknown) < 0.005


# Sessions


def test_a_session_outlives_a_restart_and_is_renewed_by_a_login(office):
    token = office.session("an.tt", Role.AUDITOR)
    office.restart()
    assert office.kind(q.WhoAmI(), token) == ""
    office.secrets["an.tt"] = office.secrets["an.tt"]
    again = office.ask(q.Login("an.tt", PASSWORD, office.code("an.tt")), token)
    assert isinstance(again, q.LoggedIn)
    assert again.token != token
    assert office.kind(q.WhoAmI(), token) == "no_session"  # of a cookie that somebody else may have set
    assert office.kind(q.WhoAmI(), again.token) == ""


def test_the_enrolment_and_a_new_password_renew_the_token_and_end_the_others(office):
    one_time = office.add("an.tt", Role.AUDITOR)
    stolen = office.ask(q.Login("an.tt", one_time)).token
    done = office.enrol("an.tt", one_time)
    assert office.kind(q.WhoAmI(), stolen) == "no_session"
    other = log_in(office, "an.tt").token
    change = q.ChangePassword(PASSWORD, "Khác-hẳn-2026!", office.code("an.tt"))
    changed = office.ask(change, done.token)
    assert isinstance(changed, q.LoggedIn)
    assert {office.kind(q.WhoAmI(), token) for token in (done.token, other)} == {"no_session"}
    assert office.kind(q.WhoAmI(), changed.token) == ""
    assert log_in(office, "an.tt") == q.Refusal(kind="bad_login")
    assert isinstance(log_in(office, "an.tt", "Khác-hẳn-2026!"), q.LoggedIn)


@pytest.mark.parametrize(
    "password", ["ngắn-Q1!", "khongcochuhoa-2026!", "x" * 300 + "A!", "An.Tt-12345678!", "Có\ndòng-2026!x"]
)
def test_a_password_must_fit_the_rule(office, password):
    begun = office.ask(q.Login("an.tt", office.add("an.tt", Role.AUDITOR)))
    shown = office.ask(q.BeginEnrolment(), begun.token)
    code = pyotp.TOTP(shown.secret).at(int(office.now))
    answer = office.ask(q.ConfirmEnrolment(code, password), begun.token)
    assert isinstance(answer, q.Refusal)
    assert answer.kind == "invalid"
    assert "12 ký tự" in answer.words


def test_an_enrolment_begun_in_another_session_does_not_count(office):
    one_time = office.add("an.tt", Role.AUDITOR)
    mine, theirs = (office.ask(q.Login("an.tt", one_time)).token for _ in range(2))
    shown = office.ask(q.BeginEnrolment(), theirs)
    code = pyotp.TOTP(shown.secret).at(int(office.now))
    assert office.kind(q.ConfirmEnrolment(code, PASSWORD), mine) == "invalid"


def test_of_two_enrolments_at_once_one_counts(office):
    one_time = office.add("an.tt", Role.AUDITOR)
    tokens = [office.ask(q.Login("an.tt", one_time)).token for _ in range(2)]
    secrets = [office.ask(q.BeginEnrolment(), token).secret for token in tokens]
    tries = iter([q.ConfirmEnrolment(pyotp.TOTP(secret).at(int(office.now)), PASSWORD) for secret in secrets])
    pairs = list(zip(tokens, tries, strict=True))
    assert sorted(at_once(lambda: office.ask((pair := pairs.pop())[1], pair[0]), 2)) == ["Enrolled", "Refusal"]


def test_a_one_time_password_is_good_for_a_week(office):
    one_time = office.add("an.tt", Role.AUDITOR)
    office.now += ONE_TIME_S + 1
    assert office.kind(q.Login("an.tt", one_time)) == "bad_login"


def test_the_oldest_of_more_than_ten_sessions_ends(office):
    tokens = [office.session("an.tt", Role.AUDITOR)]
    for _ in range(OF_ONE):
        tokens.append(log_in(office, "an.tt").token)
    kinds = [office.kind(q.WhoAmI(), token) for token in tokens]
    assert kinds == ["no_session"] + [""] * OF_ONE


# Mail codes


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
def test_the_answer_does_not_tell_whether_there_is_a_mailbox(office, mailbox):
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
    assert office.ask(q.WhoAmI(), token).person.units == ("noivu",)
    text = (office.data / "directory.yaml").read_text("utf-8")
    from gateway.identity.directory import parse

    office.directory = parse(office.data / "directory.yaml", text.replace(f", heads: [{CHIEF}]", "").encode())
    me = office.ask(q.WhoAmI(), token)
    assert me.person.roles == {Role.CLERK}
    assert not me.person.units
    office.directory = parse(office.data / "directory.yaml", b"mailboxes: []")
    assert office.kind(q.WhoAmI(), token) == "no_session"


# When the machine is in trouble


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


def test_our_own_faults_are_told_to_our_log_and_not_to_people(office, caplog):
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
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute(
                {
                    "alien": "PRAGMA application_id = 1",
                    "role": "UPDATE account SET roles = 'king' WHERE name = 'an00'",
                    "newer": "PRAGMA user_version = 99",
                }[damage]
            )
            connection.close()
    before = path.read_bytes()
    with pytest.raises(UserError, match=r"accounts\.db: .* / .*gateway console account add"):
        Book.under(office.data)
    assert path.read_bytes() == before


def manage_add(office: Office, name: str) -> None:
    office.add(name, Role.AUDITOR)


def test_the_file_is_for_its_owner_only(office):
    assert {path.stat().st_mode & 0o777 for path in office.data.glob("accounts.db*")} == {0o600}


# Races between acts


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


def test_a_book_of_an_older_version_gets_its_new_column_and_keeps_its_accounts(office):
    office.add("an.tt", Role.AUDITOR)
    with office.people.book.changing() as connection:
        connection.execute("ALTER TABLE account DROP COLUMN mail")
    office.restart()
    with office.people.book.reading() as connection:
        assert [(one.name, one.mail) for one in all_accounts(connection)] == [("an.tt", "")]
