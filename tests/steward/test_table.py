"""Who may ask what: each question, asked by each role and by nobody, is answered as written down here."""

import sqlite3
from contextlib import closing
from typing import get_args

import pytest

from gateway.console.routes import ROUTES
from gateway.steward import questions as q
from gateway.steward.accounts.sessions import IDLE_S, WHOLE_S
from gateway.steward.accounts.throttle import Names
from gateway.steward.roles import MAILBOX_ROLES, Role
from gateway.steward.table import TABLE
from tests.steward.request_world import AN, LOCKED, opened, with_refused_mails
from tests.steward.support import CLIENT, Office

STAFF = {Role.OPERATOR, Role.POLICY_ADMIN, Role.SECURITY_OFFICER, Role.AUDITOR, Role.ACCOUNT_ADMIN}
READERS = STAFF - {Role.ACCOUNT_ADMIN}
MAILS = READERS | {Role.CLERK, Role.UNIT_HEAD}
REPORTS = {Role.OPERATOR, Role.SECURITY_OFFICER, Role.AUDITOR, Role.UNIT_HEAD}
ADMINS = {Role.ACCOUNT_ADMIN}
EVERY_ROLE = set(Role)
WRONG = "000000"

# One of each question, and whom its answer is for; those without a session are answered to anybody.
ASKED = {
    q.WhoAmI(): EVERY_ROLE,
    q.ChangePassword("old", "new", WRONG): STAFF,
    q.AskAccounts(): ADMINS | {Role.AUDITOR},
    q.AddAccount(name="neu", display="Neu", roles=(Role.AUDITOR,), code=WRONG): ADMINS,
    q.SetMail(name="auditor", mail="", code=WRONG): ADMINS,
    q.SetRoles(name="auditor", roles=(Role.OPERATOR,), code=WRONG): ADMINS,
    q.ResetSecondFactor(name="auditor", code=WRONG): ADMINS,
    q.SetLocked(name="auditor", locked=True, code=WRONG): ADMINS,
    q.AddToken(name="x", mailbox="", unit="noivu", days=1, per_hour=1, code=WRONG): ADMINS,
    q.RevokeToken(name="x", code=WRONG): ADMINS,
    q.Search(): MAILS,
    q.Explain("BT-7F3K2Q9X"): MAILS,
    q.Export(q.Search(), "csv"): READERS,
    q.Overview(): READERS,
    q.AskPolicy(): READERS,
    q.TryPolicy(text="version: 1"): {Role.POLICY_ADMIN},
    q.ExportTrial(text="version: 1"): {Role.POLICY_ADMIN},
    q.PutInForce("version: 1", WRONG, "reason", "0" * 64): {Role.POLICY_ADMIN},
    q.AskLog(): {Role.AUDITOR, Role.SECURITY_OFFICER, Role.ACCOUNT_ADMIN},
    q.Verify(): {Role.AUDITOR},
    q.GetCheckpoint("2026-11-27.notes"): {Role.AUDITOR, Role.SECURITY_OFFICER},
    q.AskRequests(): MAILS,
    q.AskReport(): REPORTS,
    q.GetReport("2026-11", "", "csv"): REPORTS,
    q.AskCheck(): MAILS,
    q.BeginCheck(): MAILS,
    q.CheckPiece(ticket="x", file=0, name="a.txt", octets=b"a"): MAILS,
    q.EndCheck(ticket="x"): MAILS,
    q.GetFixed("BT-1", 0): MAILS,
    q.OpenRequest(reference="BT-7F3K2Q9X", reason="reason"): {Role.CLERK, Role.UNIT_HEAD, Role.OPERATOR},
    q.Decide(request="YC-1", step="refuse", reason="reason"): {
        Role.CLERK,
        Role.UNIT_HEAD,
        Role.OPERATOR,
        Role.SECURITY_OFFICER,
    },
    q.Approve(request="YC-1", reason="reason", code=WRONG, read=True): {Role.SECURITY_OFFICER},
    q.Release(request="BT-1", reason="reason", code=WRONG): {Role.SECURITY_OFFICER},
    q.ReadHeld("BT-1"): {Role.SECURITY_OFFICER},
    q.GetHeld("BT-1"): {Role.SECURITY_OFFICER},
    q.BeginEnrolment(): set(),  # whoever has a second factor does not get another
    q.ConfirmEnrolment(WRONG, "Rất-dài-2026!y"): set(),
}
OPEN = {
    q.Login("nobody", "x"): "bad_login",
    q.SendMailCode("nobody@x.example"): "",
    q.MailLogin("nobody@x.example", WRONG): "bad_login",
    q.AskHealth(): "",
}
FRESH = {
    q.ChangePassword, q.AddAccount, q.SetMail, q.SetRoles, q.ResetSecondFactor, q.SetLocked, q.AddToken,
    q.RevokeToken, q.PutInForce, q.Approve, q.Release,
}  # fmt: skip
NAMES = {Role.CLERK: "an.noivu@x.example", Role.UNIT_HEAD: "truong.noivu@x.example"}


def name_of(role: Role) -> str:
    return NAMES.get(role, role.value)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def tokens(office) -> dict[Role, str]:
    """A session of each role; then each ends as the test wants it."""
    return {role: office.session(name_of(role), role) for role in Role}


def answers(office, question, token: str) -> str:
    """Return the kind of refusal of the last answer, empty for none."""
    found = list(office.answering.answers(q.Asked(3, token, CLIENT, q.Language.VI, question)))
    assert all(one.number == 3 for one in found)
    assert [one.last for one in found] == [False] * (len(found) - 1) + [True]
    answer = found[-1].answer
    return answer.kind if isinstance(answer, q.Refusal) else ""


def test_each_question_has_a_row_and_an_expected_answer():
    kinds = set(get_args(q.Question))
    assert TABLE.keys() == kinds
    assert {type(one) for one in (*ASKED, *OPEN)} == kinds - {q.Logout}


def test_acts_that_ask_for_a_code_check_it_in_one_place():
    assert {kind for kind, row in TABLE.items() if row.fresh} == FRESH
    assert {kind for kind in TABLE if "code" in kind.__struct_fields__} == FRESH | {
        q.Login,  # their codes begin a session
        q.MailLogin,
        q.ConfirmEnrolment,
    }


@pytest.mark.usefixtures("unwalled")
@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_a_role_is_answered_what_it_may_ask(office, tokens, role):
    for question, allowed in ASKED.items():
        kind = answers(office, question, tokens[role])
        if role not in allowed:
            assert kind == "forbidden", question
        elif type(question) in FRESH:
            assert kind == "bad_code", question
            Names(office.people.book, lambda: office.now).forgive(name_of(role))
            office.people.addresses._tries.clear()
        else:
            assert kind not in {"forbidden", "no_session", "bad_code"}, question


@pytest.mark.parametrize(
    "token",
    ["", "x", "A" * 43, "\x00", "' OR 1=1 --", "é" * 40],
    ids=["none", "short", "made up", "nul", "sql", "letters"],
)
def test_without_a_session_nothing_is_answered(office, token):
    assert {answers(office, question, token) for question in (*ASKED, q.Logout())} == {"no_session"}


@pytest.mark.parametrize("question", OPEN, ids=lambda one: type(one).__name__)
def test_what_needs_no_session_is_answered_without_one(office, question):
    assert answers(office, question, "") == OPEN[question]
    office.people.addresses._tries.clear()


@pytest.mark.parametrize("after_s", [IDLE_S + 1, WHOLE_S + 1, -3600], ids=["idle", "whole", "clock set back"])
def test_an_expired_session_is_none(tmp_path, after_s):
    office = Office(tmp_path)
    token = office.session("truong.noivu@x.example")
    assert answers(office, q.WhoAmI(), token) == ""
    office.now += after_s
    for question in (*ASKED, q.Logout()):
        assert answers(office, question, token) == "no_session"


def test_a_session_that_is_used_ends_after_eight_hours_all_the_same(tmp_path):
    office = Office(tmp_path)
    token = office.session("truong.noivu@x.example")
    for _ in range(WHOLE_S // 1000):
        office.now += 1000
        assert answers(office, q.WhoAmI(), token) == ""
    office.now += 1000
    assert answers(office, q.WhoAmI(), token) == "no_session"


def test_a_session_is_of_one_person_and_says_what_that_one_may_ask(office, tokens):
    for role, token in tokens.items():
        me = office.ask(q.WhoAmI(), token)
        assert isinstance(me, q.Me)
        assert me.person.name == name_of(role)
        roles = {Role.CLERK, Role.UNIT_HEAD} if role is Role.UNIT_HEAD else {role}
        assert me.person.roles == roles
        tags = {type(one).__struct_config__.tag for one, whom in ASKED.items() if whom & roles}
        assert me.person.may >= tags - {"begin_enrolment", "confirm_enrolment"}
        assert not me.person.may & {
            type(one).__struct_config__.tag for one, whom in ASKED.items() if not whom & roles and whom
        }
        assert (me.person.units == ("Phòng Nội vụ",)) is (role is Role.UNIT_HEAD)
        assert role in MAILBOX_ROLES or not me.person.units


def test_before_the_enrolment_nothing_else_is_answered(tmp_path):
    office = Office(tmp_path)
    one_time = office.add("moi", Role.AUDITOR)
    begun = office.ask(q.Login("moi", one_time))
    assert isinstance(begun, q.LoggedIn)
    assert begun.person.must_enrol
    for question in ASKED:
        kind = answers(office, question, begun.token)
        match question:
            case q.WhoAmI() | q.BeginEnrolment():
                assert kind == ""
            case q.ConfirmEnrolment():
                assert kind == "bad_code"
            case _:
                assert kind == "forbidden"
    assert answers(office, q.Logout(), begun.token) == ""
    assert answers(office, q.WhoAmI(), begun.token) == "no_session"


def test_what_pages_ask_by_get_changes_nothing_and_leaves_no_act_but_who_looked(tmp_path):
    office = with_refused_mails(tmp_path)
    opened(office, office.session(AN))
    tokens = [office.session(f"{role.value.replace('_', '')}x", role) for role in STAFF] + [office.session(AN)]
    known = {type(one): one for one in (*ASKED, *OPEN)} | {q.Explain: q.Explain(LOCKED)}
    asked = [known[kind] for row in ROUTES if row.method == "GET" for kind in row.asks]

    def kept() -> tuple[list[str], dict[str, bytes]]:
        log = {path.name: path.read_bytes() for path in office.data.glob("audit.db*") if "shm" not in path.name}
        with closing(sqlite3.connect(office.people.book.path)) as connection:
            return list(connection.iterdump()), log

    assert {answers(office, q.WhoAmI(), token) for token in tokens} == {
        ""
    }  # when a session was seen last is noted each minute
    before, acts, looked = kept(), len(office.acts), {"open_mail", "read_held", "get_checkpoint"}
    kinds = [answers(office, question, token) for token in tokens for question in asked for _ in range(2)]
    assert kinds.count("") > 50
    assert kept() == before
    assert {act.what for act in office.acts[acts:]} <= looked
