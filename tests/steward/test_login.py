"""Login, enrolment, second factors, sessions: what an outsider and a taken-over console may try."""

import io
import itertools
import os
import statistics
import threading
import time
from types import SimpleNamespace

import pyotp
import pytest

from gateway.model import Language
from gateway.steward import questions as q
from gateway.steward.accounts import hashes, throttle
from gateway.steward.accounts.codes import STEP_S
from gateway.steward.accounts.manage import ONE_TIME_S
from gateway.steward.accounts.sessions import OF_ONE
from gateway.steward.accounts.throttle import LOCK_S, TRIES_OF_ADDRESS, Addresses
from gateway.steward.questions.refused import Refused
from gateway.steward.roles import Role
from tests.steward.support import CLIENT, PASSWORD, Office

AN, CHIEF, GONE = "an.noivu@x.example", "truong.noivu@x.example", "cu.tuphap@x.example"


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
    assert [(act.about, act.client) for act in office.acts if act.what == "recovery_code"] == [("9 left", "192.0.2.1")]


def test_a_recovery_code_used_twice_at_once_begins_one_session(office):
    done = office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    assert sorted(at_once(lambda: log_in(office, "an.tt", code=done.recovery_codes[0]), 4)) == [
        "LoggedIn",
        *["Refusal"] * 3,
    ]
    assert [act.about for act in office.acts if act.what == "recovery_code"] == ["9 left"], "of those that counted"


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
def test_five_wrong_tries_lock_a_name_for_a_quarter_of_an_hour_whether_or_not_it_exists(office, name):
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
    numbers = itertools.count()

    def work() -> None:
        kinds.append(office.kind(q.Login("an.tt", "wrong", "000000"), "", f"192.0.2.{next(numbers)}"))

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


# When the machine is in trouble


# Races between acts


def test_no_two_passwords_are_hashed_at_once(monkeypatch):
    verifier, kept = hashes.Verifier(), hashes.hashed("Mật khẩu 2026")
    alone = []

    class Watched:
        def verify(self, *_: str) -> bool:
            alone.append(hashes._TURN.locked())
            return True

        hash = verify

    class Patient(SimpleNamespace):
        def poll(self) -> None:
            alone.append(hashes._TURN.locked())

    monkeypatch.setattr(hashes, "_HASHER", Watched())
    verifier._patient = Patient(stdin=io.BytesIO(), stdout=io.BytesIO(b"1" * 4))
    assert all(verifier.holds(kept, "Mật khẩu 2026") for _ in range(8)), (
        "the first four here, the others in the process"
    )
    hashes.hashed("Mật khẩu 2026")
    assert alone == [True] * 9


def test_a_login_that_nobody_waits_for_any_more_is_not_tried(office):
    office.enrol("an.tt", office.add("an.tt", Role.AUDITOR))
    for _ in range(9):
        asked = q.Asked(1, "", CLIENT, Language.VI, q.Login("an.tt", "wrong", "000000"))
        (answered,) = office.answering.answers(asked, gone=lambda: True)
        assert answered == q.Answered(1, q.Refusal(kind="unavailable"))
    assert isinstance(log_in(office, "an.tt"), q.LoggedIn), "nor does it count"


def test_in_a_rush_passwords_are_compared_by_a_process_behind_all_mail():
    verifier, kept = hashes.Verifier(), hashes.hashed("Mật khẩu 2026")
    words = ("Mật khẩu 2026", "sai", "\ud800", "Mật khẩu 2026\n") * 3
    assert [verifier.holds(kept, word) for word in words] == [True, False, False, False] * 3
    assert not verifier.holds(None, "Mật khẩu 2026")
    first = verifier._patient
    assert os.sched_getscheduler(first.pid) == os.SCHED_IDLE
    first.kill()
    first.wait()
    assert verifier.holds(kept, words[0]), "another takes its place"
    verifier._patient.stdin.close()
    assert verifier._patient.wait(300) == 0
