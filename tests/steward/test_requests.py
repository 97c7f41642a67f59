"""Two persons decide whether a refused file may pass; what they decide is in force, recorded, and can be taken back."""

import asyncio
import dataclasses
from datetime import timedelta
from itertools import product

import pytest
from msgspec.structs import replace

from gateway.errors import AuditError
from gateway.identity.directory import load
from gateway.model import Disposition, Language
from gateway.pipeline.rulebook import Rules, policies_of
from gateway.steward import questions as q
from gateway.steward.answering import Answering
from gateway.steward.policy import policy_view
from gateway.steward.requests import decided as waivers
from gateway.steward.requests.answers import settle
from gateway.steward.requests.request import OPEN_S, Decision, Request, State, Step, barred
from gateway.steward.roles import Person, Role
from tests.steward.mail_world import digest
from tests.steward.request_world import (
    AN,
    FORGED,
    HEAD,
    HINTED,
    LOCKED,
    SECRET,
    approved,
    decided,
    disposition,
    opened,
    sent_again,
    with_refused_mails,
)
from tests.steward.support import CLIENT


@pytest.fixture
def office(tmp_path):
    return with_refused_mails(tmp_path)


def test_a_file_passes_once_two_persons_are_for_it_and_not_any_more_when_it_is_revoked(office):
    clerk, head, officer = office.session(AN), office.session(HEAD), office.session("so", Role.SECURITY_OFFICER)
    view = office.ask(q.AskRequests(LOCKED), clerk)
    assert (view.may_open, view.needs_file, view.barred) == (True, False, "")
    name = opened(office, clerk)
    assert office.kind(q.OpenRequest(reference=LOCKED, reason="again"), clerk) == "invalid"

    def waiting() -> list[int]:
        return [office.ask(q.WhoAmI(), token).waiting for token in (clerk, head, officer)]

    assert waiting() == [0, 1, 1]
    (row,) = office.ask(q.AskRequests(), head).mine
    assert (row.id, row.codes, row.steps) == (name, ("OPQ-01",), ("endorse", "refuse"))
    assert row.files == (f"luong.docx (sha256 {digest('luong.docx')[:12]}…)",)
    assert isinstance(decided(office, head, name), q.Done)
    assert disposition(office) is Disposition.REJECT
    assert office.ask(q.Overview(), officer).waiting == 1
    assert waiting() == [0, 0, 1]
    assert isinstance(approved(office, officer, name), q.Done)
    assert office.ask(q.Overview(), officer).waiting == 0
    assert waiting() == [0, 0, 0]
    (waiver,) = policies_of(office.desk.configuration).waivers
    assert (waiver.rule, waiver.sha256, waiver.sender) == ("encrypted", digest("luong.docx"), AN)
    assert waiver.approved_by == f"{HEAD}, so"
    assert disposition(office) is not Disposition.REJECT
    (shown_before,) = office.ask(q.AskRequests(), clerk).done
    assert (shown_before.state.key, shown_before.used) == ("approved", ())
    asyncio.run(sent_again(office))
    assert [row.reference for row in office.ask(q.Search(text=f"mt:{waiver.id}"), officer).rows] == ["BT-AGA1N000"]
    rules = Rules(policies_of(office.desk.configuration), office.directory)
    shown = policy_view(
        dataclasses.replace(office.desk, rules=lambda: rules), Person(name="so"), q.AskPolicy(), Language.VI
    )
    assert [(row.name, row.used) for row in shown.waivers] == [(waiver.id, 1)]
    (row,) = office.ask(q.AskRequests(), clerk).done
    assert (row.state.key, row.used) == ("used", (q.Bar(waiver.id, 1, link=f"q=waiver%3A{waiver.id}"),))
    assert isinstance(decided(office, officer, name, "revoke"), q.Done)
    assert disposition(office) is Disposition.REJECT
    assert [(act.what, act.who, act.ok) for act in office.acts if act.about.startswith(name)] == [
        ("open_request", AN, True),
        ("endorse", HEAD, True),
        ("approve", "so", True),
        ("revoke", "so", True),
    ]


def test_nobody_decides_alone_or_on_his_own(office):
    clerk, officer = office.session(AN), office.session("so", Role.SECURITY_OFFICER)
    name = opened(office, clerk)
    assert decided(office, clerk, name).kind == "forbidden"
    assert approved(office, officer, name).kind == "forbidden", "nobody has endorsed it"
    assert isinstance(decided(office, officer, name), q.Done)
    assert approved(office, officer, name).kind == "forbidden", "it is the same person"
    assert disposition(office) is Disposition.REJECT


@pytest.mark.parametrize(
    ("step", "mail", "barred_for"),
    [(Step.ENDORSE, AN, "own"), (Step.APPROVE, AN.upper(), "own"), (Step.APPROVE, HEAD, "same"), (Step.APPROVE, "", ""), (Step.ENDORSE, HEAD, "")],
)  # fmt: skip
def test_an_account_is_also_the_holder_of_its_mailbox(step, mail, barred_for):
    first = (Decision(step=Step.ENDORSE, who=HEAD, at=1),) if step is Step.APPROVE else ()
    state = State.ENDORSED if first else State.OPEN
    asked = Request(
        id="YC-1", reference="BT-1", opened_by=AN, opened=1, reason="x", owners=(AN,), state=state, decisions=first
    )
    officer = Person(name="so", roles=frozenset({Role.SECURITY_OFFICER}), mail=mail)
    assert barred(asked, step, officer, directory=None, now=2) == barred_for


@pytest.mark.parametrize(("mail", "barred_for"), [("Chung@x.example", "same"), ("rieng@x.example", ""), ("", "")])
def test_two_accounts_with_one_mailbox_are_one_person(mail, barred_for):
    endorsed = Decision(step=Step.ENDORSE, who="op", at=1, mail="chung@x.example")
    asked = Request(
        id="YC-1", reference="BT-1", opened_by="ai", opened_mail="mo@x.example", opened=1, reason="x", owners=(AN,),
        state=State.ENDORSED, decisions=(endorsed,),
    )  # fmt: skip
    officer = Person(name="so", roles=frozenset({Role.SECURITY_OFFICER}), mail=mail)
    assert barred(asked, Step.APPROVE, officer, directory=None, now=2) == barred_for
    opener = Person(name="so.khac", roles=frozenset({Role.SECURITY_OFFICER}), mail="mo@x.example")
    assert barred(asked, Step.APPROVE, opener, directory=None, now=2) == "own"


def test_the_second_account_of_one_person_is_not_the_second_person(office):
    first, second = office.session("so", Role.SECURITY_OFFICER), office.session("hai", Role.SECURITY_OFFICER)
    with office.people.book.changing() as connection:
        connection.execute("UPDATE account SET mail = 'lan@x.example'")
    name = opened(office, office.session(AN))
    assert isinstance(decided(office, first, name), q.Done)
    code = office.code("hai")
    assert office.kind(q.Approve(request=name, reason="đã đọc", code=code, read=True), second) == "forbidden"


def test_the_console_knows_the_mailbox_of_an_account(office):
    officer = office.session("so", Role.SECURITY_OFFICER)
    name = opened(office, office.session(AN))
    decided(office, office.session(HEAD), name)
    with office.people.book.changing() as connection:
        connection.execute("UPDATE account SET mail = ? WHERE name = 'so'", (HEAD,))
    assert approved(office, officer, name).kind == "forbidden"


def test_a_mailbox_is_one_person_under_all_its_addresses(tmp_path):
    file = tmp_path / "directory.yaml"
    file.write_text(f"mailboxes:\n  - {{address: {HEAD}, kind: personal, aliases: [cu@x.example]}}\n", "utf-8")
    endorsed = Decision(step=Step.ENDORSE, who=HEAD, at=1)
    asked = Request(
        id="YC-1", reference="BT-1", opened_by="ai", opened=1, reason="x", owners=(AN,), state=State.ENDORSED,
        decisions=(endorsed,),
    )  # fmt: skip
    officer = Person(name="so", roles=frozenset({Role.SECURITY_OFFICER}), mail="cu@x.example")
    assert barred(asked, Step.APPROVE, officer, directory=load(file), now=2) == "same"
    assert barred(replace(asked, opened_by=HEAD), Step.REFUSE, officer, directory=load(file), now=2) == "own"


def test_a_mail_can_be_asked_for_again_while_its_first_waiver_is_listed(office):
    clerk, head, officer = office.session(AN), office.session(HEAD), office.session("so", Role.SECURITY_OFFICER)
    for _ in range(2):
        name = opened(office, clerk)
        decided(office, head, name)
        assert isinstance(approved(office, officer, name), q.Done)
    assert len({waiver.id for waiver in policies_of(office.desk.configuration).waivers}) == 2


def test_what_waits_is_listed_however_many_were_decided_since(office):
    name = opened(office, office.session(AN))
    book = office.people.requests
    for number in range(600):
        book.adopt(replace(REQUEST, id=f"YC-{number}", opened=int(office.now) + 1, state=State.REFUSED))
    assert [row.id for row in office.ask(q.AskRequests(), office.session(HEAD)).mine] == [name]


def test_who_may_not_is_recorded_with_what_he_tried(office):
    name = opened(office, office.session(AN))
    auditor = office.session("au", Role.AUDITOR)
    operator, secret = (
        office.session("op", Role.OPERATOR),
        opened(office, office.session(AN), HINTED, sha256=digest("hinted.docx")),
    )
    before = len(office.acts)
    assert (
        office.kind(q.Approve(request=name, reason="đã đọc", code=office.code("au"), read=True), auditor) == "forbidden"
    )
    assert decided(office, auditor, name).kind == "forbidden"
    assert office.kind(q.OpenRequest(reference=LOCKED, reason="reason"), auditor) == "forbidden"
    assert office.kind(q.OpenRequest(reference=LOCKED, reason="reason"), office.session(HEAD)) == "forbidden"
    assert decided(office, operator, secret).kind == "not_found", "who may not see the mail"
    assert [(act.who, act.what, act.about.split()[0]) for act in office.acts[before:] if not act.ok] == [
        ("au", "approve", name), ("au", "decide", name), ("au", "open_request", LOCKED),
        (HEAD, "open_request", LOCKED), ("op", "endorse", secret),
    ]  # fmt: skip


def test_an_act_that_cannot_be_recorded_is_not_done(office):
    clerk, head, officer = office.session(AN), office.session(HEAD), office.session("so", Role.SECURITY_OFFICER)
    office.failing = AuditError("full")
    refusal = office.ask(q.OpenRequest(reference=LOCKED, reason="reason"), clerk)
    assert (refusal.kind, refusal.words.startswith("CHƯA thực hiện")) == ("unavailable", True)
    office.failing = None
    name = opened(office, clerk)
    assert isinstance(decided(office, head, name), q.Done)
    code, office.failing = office.code("so"), AuditError("full")
    assert office.kind(q.Approve(request=name, reason="reason", code=code, read=True), officer) == "unavailable"
    office.failing = None
    assert disposition(office) is Disposition.REJECT
    assert office.ask(q.AskRequests(), officer).mine[0].state.key == "endorsed"


def test_what_cannot_be_put_in_force_is_not_approved(office):
    clerk, head, officer = office.session(AN), office.session(HEAD), office.session("so", Role.SECURITY_OFFICER)
    name = opened(office, clerk)
    assert isinstance(decided(office, head, name), q.Done)
    (office.data / "waivers.yaml").mkdir()  # nothing can be written there
    assert approved(office, officer, name).kind == "unavailable"
    assert office.ask(q.AskRequests(), officer).mine[0].state.key == "endorsed"
    assert [act.ok for act in office.acts if act.what == "approve"] == [True, False]
    (office.data / "waivers.yaml").rmdir()
    assert isinstance(approved(office, officer, name), q.Done)
    (office.data / "waivers.yaml").unlink()
    settle(office.desk)  # as at the next start
    assert disposition(office) is not Disposition.REJECT


def test_what_was_revoked_before_it_was_known_not_to_be_in_force_stays_revoked(office, monkeypatch):
    clerk, head, officer = office.session(AN), office.session(HEAD), office.session("so", Role.SECURITY_OFFICER)
    name = opened(office, clerk)
    decided(office, head, name)

    def meanwhile(*_):
        monkeypatch.undo()
        assert isinstance(decided(office, office.session("op", Role.OPERATOR), name, "revoke"), q.Done)
        raise OSError("no space")

    monkeypatch.setattr("gateway.steward.requests.answers.put_in_force", meanwhile)
    assert approved(office, officer, name).kind == "unavailable"
    assert [row.state.key for row in office.ask(q.AskRequests(), officer).done] == ["revoked"]


def test_a_marked_document_has_no_way_and_a_suspected_one_only_with_the_file_itself(office):
    clerk = office.session(AN)
    view = office.ask(q.AskRequests(SECRET), clerk)
    assert not view.may_open
    assert view.barred
    assert office.kind(q.OpenRequest(reference=SECRET, reason="reason", sha256=digest("a.docx")), clerk) == "invalid"
    assert office.ask(q.AskRequests(HINTED), clerk).needs_file
    assert office.kind(q.OpenRequest(reference=HINTED, reason="reason"), clerk) == "invalid"
    assert office.kind(q.OpenRequest(reference=HINTED, reason="reason", sha256="0" * 64), clerk) == "invalid"
    name = opened(office, clerk, HINTED, sha256=digest("hinted.docx"))
    operator, officer = office.session("op", Role.OPERATOR), office.session("so", Role.SECURITY_OFFICER)
    assert name not in [row.id for row in office.ask(q.AskRequests(), operator).mine], "who may not see the mail"
    assert [(row.id, row.files) for row in office.ask(q.AskRequests(), officer).mine] == [(name, ())]


def test_a_fault_that_is_no_file_s_is_not_waived_by_request(office):
    clerk = office.session(AN)
    assert office.kind(q.OpenRequest(reference=FORGED, reason="reason"), clerk) == "invalid"


def test_others_neither_see_nor_ask(office):
    clerk = office.session(AN)
    name = opened(office, clerk)
    other = office.session("au", Role.AUDITOR)
    assert [row.id for row in office.ask(q.AskRequests(), other).waiting] == [name]
    assert office.kind(q.OpenRequest(reference=LOCKED, reason="reason"), other) == "forbidden"
    assert office.kind(q.OpenRequest(reference="BT-N0NE0000", reason="reason"), clerk) == "not_found"
    assert office.kind(q.Decide(request="YC-00000000", step="withdraw", reason="reason"), clerk) == "not_found"


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong", [{"reason": " "}, {"read": False}, {"until": "2020-01-01"}, {"until": "x"}, {"until": "9999-12-31"}]
)
def test_an_approval_without_reason_reading_or_a_near_end_is_none(office, wrong):
    clerk, head, officer = office.session(AN), office.session(HEAD), office.session("so", Role.SECURITY_OFFICER)
    name = opened(office, clerk)
    decided(office, head, name)
    question = {"request": name, "reason": "reason", "code": office.code("so"), "read": True}
    assert office.kind(q.Approve(**question | wrong), officer) == "invalid"
    assert disposition(office) is Disposition.REJECT


def test_an_undecided_request_expires(office):
    clerk, head = office.session(AN), office.session(HEAD)
    name = opened(office, clerk)
    office.now += timedelta(seconds=OPEN_S).total_seconds()
    head = office.session(HEAD)
    assert decided(office, head, name).kind == "forbidden"
    assert office.ask(q.AskRequests(), head).done[0].state.key == "expired"
    assert opened(office, office.session(AN)) != name


REQUEST = Request(id="YC-1", reference="BT-1", opened_by="op", opened=0, reason="r", owners=(AN, "login"), unit="noivu")
ENDORSED = replace(REQUEST, state=State.ENDORSED, decisions=(Decision(step=Step.ENDORSE, who="head", at=1),))
NAMES = (AN, "login", "op", "head", "other")
ROLE_SETS = tuple(frozenset({one, other}) for one, other in product(Role, Role))


@pytest.mark.parametrize("request_", [REQUEST, ENDORSED, replace(ENDORSED, state=State.APPROVED)])
def test_every_pair_of_roles_of_everybody_concerned(request_):
    """Whoever is concerned never decides, whatever the roles; who is not needs one of the roles of the step."""
    for name, roles, units in product(NAMES, ROLE_SETS, ((), ("noivu",), ("tuphap",))):
        person = Person(name=name, roles=roles, units=units)
        may = {step for step in Step if not barred(request_, step, person, directory=None, now=2)}
        concerned = name in {AN, "login", "op"}
        heads = Role.UNIT_HEAD in roles and units == ("noivu",)
        staff, officer = bool(roles & {Role.OPERATOR, Role.SECURITY_OFFICER}), Role.SECURITY_OFFICER in roles
        expected = set()
        if request_.state is State.APPROVED:
            expected = {Step.REVOKE} if staff else set()
        else:
            expected |= {Step.WITHDRAW} if concerned else set()
            expected |= {Step.REFUSE} if not concerned and (staff or heads) else set()
            if request_.state is State.OPEN:
                expected |= {Step.ENDORSE} if not concerned and (staff or heads) else set()
            else:
                expected |= {Step.APPROVE} if officer and not concerned and name != "head" else set()
        assert may == expected, (name, roles, units)


def test_one_person_leaves_places_for_the_long_answers_of_others(office):
    token, other = office.session("au", Role.AUDITOR), office.session("bu", Role.AUDITOR)

    def begun(session):
        answers = office.answering.answers(q.Asked(1, session, CLIENT, Language.VI, q.Export(q.Search(), "csv")))
        return answers, next(answers).answer

    open_ = [begun(token), begun(token)]
    assert all(isinstance(answer, q.Piece) for _, answer in open_)
    assert begun(token)[1] == q.Refusal(kind="too_many", retry_s=5)
    assert isinstance(begun(other)[1], q.Piece)
    open_[0][0].close()
    assert isinstance(begun(token)[1], q.Piece)


def test_an_older_answer_never_overwrites_what_was_revoked_meanwhile(office, monkeypatch):
    clerk, head, officer = office.session(AN), office.session(HEAD), office.session("so", Role.SECURITY_OFFICER)
    name = opened(office, clerk)
    decided(office, head, name)
    assert isinstance(approved(office, officer, name), q.Done)
    asked, approved_ones = [], office.people.requests.approved
    monkeypatch.setattr(
        office.people.requests, "approved", lambda: (asked.append(waivers._WRITING.locked()), approved_ones())[1]
    )
    settle(office.desk)
    assert isinstance(decided(office, officer, name, "revoke"), q.Done)
    assert asked == [True, True], "while nobody else writes"


def test_what_would_waive_nothing_is_not_approved(office):
    clerk, head, officer = office.session(AN), office.session(HEAD), office.session("so", Role.SECURITY_OFFICER)
    name = opened(office, clerk)
    decided(office, head, name)
    rules = office.desk.rules
    policies = rules().policies
    renamed = tuple(
        dataclasses.replace(one, rules={rule: kept for rule, kept in one.rules.items() if rule != "encrypted"})
        for one in policies.policies
    )
    changed = Rules(dataclasses.replace(policies, policies=renamed), office.directory)
    office.answering = Answering(dataclasses.replace(office.desk, rules=lambda: changed))
    refusal = approved(office, officer, name)
    assert (refusal.kind, "opaque.encrypted không còn" in refusal.words) == ("invalid", True)
    assert [act.ok for act in office.acts if act.what == "approve"] == []
    office.answering = Answering(office.desk)
    assert isinstance(approved(office, officer, name), q.Done)
