"""Who may do what with held mail, asked as the console asks; each step and each refusal is an act."""

import asyncio
import dataclasses
import re
from contextlib import asynccontextmanager
from itertools import product

import pytest
from msgspec.structs import replace

from gateway.audit import Delivery
from gateway.audit.record import Outcome
from gateway.errors import AuditError
from gateway.hold.state import HoldState
from gateway.model import FrontEnd
from gateway.notice import NoticeBook
from gateway.notice.book import Fate
from gateway.pipeline.rulebook import Rules
from gateway.steward import questions as q
from gateway.steward.accounts import manage
from gateway.steward.answering import Answering
from gateway.steward.holds import Holds
from gateway.steward.notices.context import Notifier
from gateway.steward.notices.held import notify_of_held
from gateway.steward.notices.waiting import notify_of_waiting
from gateway.steward.requests.request import Decision, Request, State, Step, barred
from gateway.steward.roles import Person, Role
from tests.audit.support import running
from tests.hold.steps import RECIPIENTS, Hall
from tests.hold.world import AN, BINH, CANARY, HEAD, city, held_mail, released
from tests.steward.support import CLIENT, PASSWORD, Office, unsigned

REFERENCE = "BT-00000001"
NOW = 1_795_000_000


def request(state, *, endorsed_by="") -> Request:
    first = (Decision(step=Step.ENDORSE, who=endorsed_by, at=NOW),) if endorsed_by else ()
    return Request(
        id=REFERENCE, reference=REFERENCE, opened_by=AN, opened=NOW - 10, reason="", owners=(AN,), unit="noivu",
        state=state, decisions=first, held=True, until=NOW + 1000,
    )  # fmt: skip


def expected(step, state, role, who) -> bool:
    """Written down again, as the design has it: who may do what with a held mail."""
    waiting = {State.OPEN, State.ENDORSED}
    stuck = {State.APPROVED, State.FAILED, State.UNKNOWN}
    decider = role in {Role.OPERATOR, Role.SECURITY_OFFICER}
    match step:
        case Step.ENDORSE:
            return state is State.OPEN and (decider or role is Role.UNIT_HEAD) and who != "sender"
        case Step.APPROVE:
            return state is State.ENDORSED and role is Role.SECURITY_OFFICER and who == "other"
        case Step.REFUSE:
            return state in waiting and (decider or role is Role.UNIT_HEAD) and who != "sender"
        case Step.WITHDRAW:
            return state in waiting and who == "sender"
        case Step.REVOKE:
            return state in stuck and decider
        case Step.RELEASE:
            return state in stuck and role is Role.SECURITY_OFFICER and who != "sender"


def test_each_role_may_take_each_step_as_it_is_written_down():
    names = {"sender": AN, "first": "a", "other": "b"}
    for step, state, role, (who, name) in product(Step, State, Role, names.items()):
        person = Person(name=name, roles=frozenset({role}), units=("noivu",) if role is Role.UNIT_HEAD else ())
        known = request(state, endorsed_by="a" if state is not State.OPEN else "")
        found = barred(known, step, person, directory=None, now=NOW)
        assert (not found) is expected(step, state, role, who), (step, state, role, who, found)
        assert barred(replace(known, until=NOW), step, person, directory=None, now=NOW) or state not in {
            State.OPEN,
            State.ENDORSED,
        }, "nothing is decided on what has expired"
    elsewhere = Person(name="c", roles=frozenset({Role.UNIT_HEAD}), units=("tuphap",))
    assert barred(request(State.OPEN), Step.ENDORSE, elsewhere, directory=None, now=NOW) == "role"


@pytest.mark.parametrize(("first", "second"), list(product(Role, Role)))
def test_of_all_pairs_of_roles_few_let_a_mail_go(first, second):
    units = ("noivu",)
    endorser, approver = (
        Person(name=name, roles=frozenset({role}), units=units) for name, role in (("a", first), ("b", second))
    )
    endorsed = not barred(request(State.OPEN), Step.ENDORSE, endorser, directory=None, now=NOW)
    approved = endorsed and not barred(
        request(State.ENDORSED, endorsed_by="a"), Step.APPROVE, approver, directory=None, now=NOW
    )
    good = first in {Role.UNIT_HEAD, Role.OPERATOR, Role.SECURITY_OFFICER} and second is Role.SECURITY_OFFICER
    assert approved is good


class Room:
    """The steward's answers on a hall with one held mail."""

    def __init__(self, hall, sink):
        self.hall, self.sink = hall, sink
        self.office = Office(hall.configuration.data)
        self.office.directory = hall.directory
        self.holds = Holds(
            hall.configuration,
            self.office.people.requests,
            hall.holds()._ways,
            clock=lambda: self.office.now,
            patience_s=0.0,
        )
        self.office.now = hall.look(REFERENCE).since.timestamp() + 60
        self.desk = dataclasses.replace(
            self.office.desk, configuration=hall.configuration, holds=self.holds,
            rules=lambda: Rules(hall.policies, hall.directory),
        )  # fmt: skip
        self.office.answering = Answering(self.desk)

    def answers(self, question, token):
        return [one.answer for one in self.office.answering.answers(q.Asked(1, token, CLIENT, "vi", question))]

    def decided(self, token, step, **more):
        return self.office.ask(q.Decide(request=REFERENCE, step=step, reason="đã đọc thư", read=True, **more), token)

    def approved(self, token, name="so"):
        code = self.office.code(name)
        return self.office.ask(q.Approve(request=REFERENCE, reason="đã đọc thư", code=code, read=True), token)

    def released(self, token, name="so"):
        code = self.office.code(name)
        return self.office.ask(q.Release(request=REFERENCE, reason="máy chủ đã ổn", code=code), token)

    def state(self):
        return self.hall.look(REFERENCE).state

    def acts(self):
        return [(act.what, act.who, act.ok) for act in self.office.acts if act.about == REFERENCE]


@asynccontextmanager
async def room(tmp_path):
    async with city() as sink:
        hall = Hall(tmp_path, sink.port)
        assert await hall.hold_here(1)
        yield Room(hall, sink)


async def within(work, *arguments):
    return await asyncio.to_thread(work, *arguments)


def told(book, now):
    """Take the notices that are due."""
    found = []
    while (one := book.due(now)) is not None:
        book.settle(one.key, Fate.SENT)
        found.append(one)
    return found


async def test_without_a_way_out_nothing_is_decided_on_a_held_mail(tmp_path):
    async with room(tmp_path) as here:
        office = here.office
        head, officer = office.session(HEAD), office.session("so", Role.SECURITY_OFFICER)
        assert office.ask(q.AskRequests(), head).mine
        assert isinstance(here.decided(head, "endorse"), q.Done)
        office.answering = Answering(dataclasses.replace(here.desk, holds=None))
        view = office.ask(q.AskRequests(), officer)
        assert [row.steps for row in (*view.mine, *view.waiting)] == [()]
        assert here.decided(head, "refuse").kind == "not_found"
        assert (await within(here.approved, officer)).kind == "not_found", "its release would be no waiver"
        assert here.state() is HoldState.HELD
        office.answering = Answering(here.desk)
        assert office.ask(q.AskRequests(), officer).mine


async def test_two_persons_have_it_sent_and_the_page_says_what_the_next_hop_answered(tmp_path, monkeypatch):
    async with room(tmp_path) as here:
        office = here.office
        head = office.session(HEAD)
        officer = office.session("so", Role.SECURITY_OFFICER)
        sender = office.session(AN)
        (row,) = office.ask(q.AskRequests(), head).mine
        assert (row.id, row.steps, row.held.recipients, row.held.days_left) == (
            REFERENCE, ("endorse", "refuse"), RECIPIENTS, 7,
        )  # fmt: skip
        assert office.ask(q.AskRequests(REFERENCE), sender).waiting[0].steps == ("withdraw",)
        assert here.decided(sender, "endorse").kind == "forbidden"
        assert (await within(here.approved, officer)).kind == "forbidden", "nobody has endorsed it"
        assert isinstance(here.decided(head, "endorse"), q.Done)
        here.sink.script.released["dot"] = b"452 4.2.2 mailbox full\r\n"
        answer = await within(here.approved, officer)
        assert "452 4.2.2 mailbox full" in answer.words
        (row,) = office.ask(q.AskRequests(), officer).mine
        assert (row.state.key, row.steps) == ("failed", ("revoke", "release"))
        assert "mailbox full" in row.held.answer
        book = NoticeBook(here.hall.configuration.data)
        notifier = Notifier(here.desk, book)
        for _ in range(2):
            notify_of_held(notifier)
        (one,) = told(book, office.now)
        assert (one.kind, one.recipient) == ("hold_failed", AN)
        assert "mailbox full" in one.fields["answer"]
        with office.people.book.changing() as connection:
            connection.execute("UPDATE account SET mail = 'so@x.example' WHERE name = 'so'")
        monkeypatch.setattr("gateway.steward.notices.waiting.slot", lambda now, _holidays: now)
        notify_of_waiting(notifier)
        (one,) = told(book, office.now)
        assert (one.kind, one.recipient, one.fields["count"]) == ("waiting", "so@x.example", 1), "it waits for a person"
        here.sink.script.released.clear()
        assert office.kind(q.Release(request=REFERENCE, reason="nữa", code="000000"), officer) == "bad_code"
        assert "queued as 4711" in (await within(here.released, officer)).words
        again = await within(here.released, officer)
        assert "đã gửi (so" in again.words, "and by whom"
        assert len(released(here.sink)) == 1
        assert office.ask(q.AskRequests(), sender).done[0].state.key == "released"
        assert here.acts() == [
            ("endorse", AN, False), ("approve", "so", False), ("endorse", HEAD, True), ("approve", "so", True),
            ("release", "so", True),
        ]  # fmt: skip
        for _ in range(2):
            notify_of_held(notifier)
        (one,) = told(book, office.now)
        assert (one.kind, one.recipient, one.fields["reference"]) == ("hold_released", AN, REFERENCE), "one notice"


async def test_of_a_mail_that_expired_it_is_said_when_and_not_by_whom(tmp_path):
    async with room(tmp_path) as here:
        here.holds.adopt()
        here.decided(here.office.session(HEAD), "endorse")
        here.office.now += 8 * 86_400
        await within(here.holds.tend)
        here.office.now -= 8 * 86_400
        words = here.approved(here.office.session("so", Role.SECURITY_OFFICER)).words
        assert re.fullmatch(r"Thư này không còn được giữ: hết hạn \(\d\d:\d\d \d\d/\d\d/\d{4}\)\.", words)


async def test_of_an_approved_mail_that_expires_it_is_not_said_that_nobody_decided_or_that_it_was_not_sent(tmp_path):
    async with room(tmp_path) as here:
        here.holds.adopt()
        here.decided(here.office.session(HEAD), "endorse")
        here.sink.script.released["dot"] = b"452 4.2.2 mailbox full\r\n"
        await within(here.approved, here.office.session("so", Role.SECURITY_OFFICER))
        here.office.now += 8 * 86_400
        await within(here.holds.tend)
        here.office.now -= 8 * 86_400
        book = NoticeBook(here.hall.configuration.data)
        notify_of_held(Notifier(here.desk, book))
        assert [one.kind for one in told(book, here.office.now)] == ["hold_unconfirmed"]


@pytest.mark.parametrize(
    ("who", "role", "step"),
    [(AN, None, "withdraw"), (HEAD, None, "refuse"), ("op", Role.OPERATOR, "refuse"), ("so", Role.SECURITY_OFFICER, "refuse")],
)  # fmt: skip
async def test_however_it_ends_the_file_is_gone_and_the_record_stays(tmp_path, who, role, step):
    async with room(tmp_path) as here:
        token = here.office.session(who, *([role] if role else []))
        here.office.ask(q.AskRequests(), token)
        assert isinstance(here.decided(token, step), q.Done)
        assert here.state() is HoldState.REFUSED
        assert here.hall.files() == []
        assert here.decided(token, step).kind == "forbidden"
        assert released(here.sink) == []
        assert here.acts() == [(step, who, True)]


async def test_an_act_that_cannot_be_recorded_lets_nothing_go(tmp_path, monkeypatch):
    async with room(tmp_path) as here:
        head, officer = here.office.session(HEAD), here.office.session("so", Role.SECURITY_OFFICER)
        here.office.ask(q.AskRequests(), head)
        assert isinstance(here.decided(head, "endorse"), q.Done)
        code, here.office.failing = here.office.code("so"), AuditError("full")
        question = q.Approve(request=REFERENCE, reason="đã đọc", code=code, read=True)
        assert (await within(here.office.kind, question, officer)) == "unavailable"
        here.office.failing = None
        await within(here.holds.tend)
        assert (here.state(), released(here.sink)) == (HoldState.HELD, [])
        monkeypatch.setattr("gateway.steward.holds.WAIT_S", 0.0)
        with here.holds.store.lease(REFERENCE):
            assert (await within(here.approved, officer)).kind == "unavailable", "somebody else is at it"


@pytest.mark.parametrize(
    ("fault", "words", "sent"),
    [("before", "hệ thống sẽ thử lại", 0), ("outcome", "KHÔNG RÕ đã gửi hay chưa", 1), ("file", "queued as", 1)],
)
async def test_of_a_release_that_fails_it_is_said_how_far_it_came(tmp_path, monkeypatch, fault, words, sent):
    async with room(tmp_path) as here:
        head, officer = here.office.session(HEAD), here.office.session("so", Role.SECURITY_OFFICER)
        here.office.ask(q.AskRequests(), head)
        assert isinstance(here.decided(head, "endorse"), q.Done)
        write = here.holds._ways.write

        def failing(record, mark):
            if isinstance(record, Outcome):
                raise AuditError("full")
            return write(record, mark)

        def read_only(_reference):
            raise OSError(30, "read-only")

        if fault == "before":
            here.hall.configuration.hold.identity.rename(tmp_path / "away")
        elif fault == "outcome":
            here.holds._ways = dataclasses.replace(here.holds._ways, write=failing)
        else:
            monkeypatch.setattr(here.holds.store, "remove", read_only)
        answer = await within(here.approved, officer)
        assert words in answer.words
        assert isinstance(answer, q.Done) is (fault == "file")
        assert len(released(here.sink)) == sent


async def test_only_the_security_officer_opens_it_and_each_look_is_an_act(tmp_path):
    async with room(tmp_path) as here:
        office = here.office
        officer, operator = office.session("so", Role.SECURITY_OFFICER), office.session("op", Role.OPERATOR)
        head, auditor = office.session(HEAD), office.session("au", Role.AUDITOR)
        office.ask(q.AskRequests(), officer)
        for token in (operator, head, auditor, office.session(AN)):
            assert office.kind(q.ReadHeld(REFERENCE), token) == "forbidden"
            assert office.kind(q.GetHeld(REFERENCE), token) == "forbidden"
        text = office.ask(q.ReadHeld(REFERENCE), officer)
        assert (dict(text.fields)["From"], dict(text.fields)["Subject"]) == (BINH, "thu-so-1")
        assert CANARY in text.text
        *pieces, end = here.answers(q.GetHeld(REFERENCE), officer)
        assert b"".join(one.octets for one in pieces) == here.hall.octets(1)
        assert end.whole
        assert here.acts() == [("read_held", "so", True), ("save_held", "so", True)]
        assert office.kind(q.ReadHeld("BT-00000009"), officer) == "not_found"
        here.hall.configuration.hold.identity.rename(tmp_path / "away")
        assert office.kind(q.ReadHeld(REFERENCE), officer) == "unavailable"


async def test_who_is_not_concerned_does_not_learn_that_it_is_held(tmp_path):
    async with room(tmp_path) as here:
        stranger = here.office.session(BINH)
        here.office.ask(q.AskRequests(), here.office.session("so", Role.SECURITY_OFFICER))
        view = here.office.ask(q.AskRequests(), stranger)
        assert (view.mine, view.waiting, view.done) == ((), (), ())
        assert here.decided(stranger, "withdraw").kind == "not_found"
        await within(here.hall.release, REFERENCE)
        assert here.decided(stranger, "withdraw").kind == "not_found"


async def test_what_an_mta_holds_is_listed_with_its_queue_id(tmp_path):
    async with room(tmp_path) as here:
        case = here.hall.case("BT-00000002", held_mail(2))
        session = replace(case.transaction.session, front_end=FrontEnd.MILTER, queue_id="4F2A91BC")
        async with running(here.hall.configuration.data, policy="hold") as log:
            await log.intent_and_outcome(
                replace(case.transaction, session=session), case.verdict, case.evidence, case.reply, Delivery.HELD
            )
        officer, stranger = here.office.session("so", Role.SECURITY_OFFICER), here.office.session(BINH)
        (one,) = here.office.ask(q.AskRequests(), officer).queued
        assert (one.reference, one.queue_id, one.sender) == ("BT-00000002", "4F2A91BC", AN)
        assert here.office.ask(q.AskRequests(), stranger).queued == ()


async def test_of_two_approvers_at_once_one_has_it_sent(tmp_path):
    async with room(tmp_path) as here:
        head = here.office.session(HEAD)
        officers = {name: here.office.session(name, Role.SECURITY_OFFICER) for name in ("so", "si")}
        here.office.ask(q.AskRequests(), head)
        assert isinstance(here.decided(head, "endorse"), q.Done)
        questions = {
            token: q.Approve(request=REFERENCE, reason="đã đọc", code=here.office.code(name), read=True)
            for name, token in officers.items()
        }
        answers = await asyncio.gather(*(within(here.office.ask, one, token) for token, one in questions.items()))
        assert sorted(isinstance(one, q.Done) for one in answers) == [False, True]
        assert len(released(here.sink)) == 1
        assert here.state() is HoldState.RELEASED


async def test_a_role_that_is_gone_a_code_that_was_used_and_a_mail_that_expired_let_nothing_go(tmp_path):
    async with room(tmp_path) as here:
        office = here.office
        head, officer = office.session(HEAD), office.session("so", Role.SECURITY_OFFICER)
        office.ask(q.AskRequests(), head)
        assert isinstance(here.decided(head, "endorse"), q.Done)
        used = q.Approve(request=REFERENCE, reason="đã đọc", code=office.code("so"), read=False, until="x")
        assert (await within(office.kind, used, officer)) == "invalid"
        assert (await within(office.kind, replace(used, read=True, until=""), officer)) == "bad_code"
        manage.set_roles(office.people.book, "so", frozenset({Role.AUDITOR}), sign=unsigned)
        assert (await within(here.approved, officer)).kind in {"no_session", "forbidden"}
        other = office.session("si", Role.SECURITY_OFFICER)
        office.now = here.hall.look(REFERENCE).until.timestamp()
        renewed = office.ask(q.Login("si", PASSWORD, office.code("si"))).token
        assert other != renewed
        answer = await within(here.approved, renewed, "si")
        assert answer.kind == "forbidden"
        assert released(here.sink) == []
        await within(here.holds.tend)
        assert here.state() is HoldState.EXPIRED
