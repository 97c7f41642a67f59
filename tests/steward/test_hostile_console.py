"""A console that was taken over has everybody's sessions and sends what it likes: it acts for nobody."""

import asyncio
import random
import threading
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from gateway.model import Language
from gateway.steward import answering, table
from gateway.steward import questions as q
from gateway.steward.accounts import manage
from gateway.steward.roles import Role
from gateway.steward.server import LANES
from gateway.steward.table import Effort
from gateway.system.door import framed
from tests.steward.support import CLIENT, PASSWORD, Line, Office, served, unsigned
from tests.steward.test_door import ended, knock
from tests.steward.test_table import ASKED, FRESH

AN = "an.noivu@x.example"


def test_without_a_fresh_code_no_session_is_good_for_an_act(office):
    tokens = {role: office.session(role.value, role) for role in Role if role not in {Role.CLERK, Role.UNIT_HEAD}}
    tokens[Role.CLERK] = office.session(AN)
    admin = office.enrol("ql.tk", office.add("ql.tk", Role.ACCOUNT_ADMIN))
    spent = office.code("ql.tk")
    office.ask(q.SetLocked(name="auditor", locked=False, code=spent), admin.token)
    others = office.code("auditor")
    codes = [
        "",
        "0",
        "000000",
        "٠٠٠٠٠٠",
        "12345\x00",
        "9" * 10_000,
        spent,
        others,
        *admin.recovery_codes[:2],
        admin.person.csrf,
    ]
    view = office.ask(q.AskAccounts(), admin.token)
    begun = len(office.acts)
    for question in ASKED:
        if type(question) not in FRESH:
            continue
        for code in codes:
            for token in (*tokens.values(), admin.token):
                # each from an address of its own, in its own time, so that nothing is refused for another reason
                office.now += 901
                office.people.mail_codes._pending.clear()
                for kind in (structs.replace(question, code=code), question):
                    answer = office.ask(kind, token, f"198.51.{len(office.acts) % 250}.{len(code) % 250}")
                    assert isinstance(answer, q.Refusal), (kind, answer)
        refreshed = office.ask(q.Login("ql.tk", PASSWORD, office.code("ql.tk")), "", "203.0.113.1")
        assert isinstance(refreshed, q.LoggedIn), refreshed
        admin = structs.replace(admin, token=refreshed.token)
    done = [act for act in office.acts[begun:] if act.ok and act.what != "login"]
    assert done == []
    after = office.ask(q.AskAccounts(), admin.token)
    assert [(row.name, row.roles, row.locked) for row in after.accounts] == [
        (row.name, row.roles, row.locked) for row in view.accounts
    ]


def test_a_code_is_good_for_the_session_of_its_owner_only(office):
    mine = office.session("ql.mot", Role.ACCOUNT_ADMIN)
    office.session("ql.hai", Role.ACCOUNT_ADMIN)
    office.add("an.tt", Role.AUDITOR)
    assert office.kind(q.SetLocked(name="an.tt", locked=True, code=office.code("ql.hai")), mine) == "bad_code"


def test_two_acts_at_once_with_one_code_are_one_act(office):
    token = office.session("ql.tk", Role.ACCOUNT_ADMIN)
    for name in ("an.mot", "an.hai"):
        office.add(name, Role.AUDITOR)
    code = office.code("ql.tk")
    acts = [q.SetLocked(name=name, locked=True, code=code) for name in ("an.mot", "an.hai")]
    kinds: list[str] = []
    barrier = threading.Barrier(2)

    def work(act: q.SetLocked) -> None:
        barrier.wait()
        kinds.append(office.kind(act, token))

    threads = [threading.Thread(target=work, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kinds) == ["", "bad_code"]


def test_a_role_that_goes_before_an_act_is_recorded_stops_it_whatever_it_is(office):
    token = office.session("an.tt", Role.AUDITOR)
    session = office.people.session(token)
    person = office.people.person(session)
    desk = structs_of(office, token)
    desk.act(person, "export")
    manage.set_roles(office.people.book, "an.tt", [Role.OPERATOR], sign=unsigned)
    with pytest.raises(answering.Refused):
        desk.act(person, "export")
    assert [act.what for act in office.acts].count("export") == 1


def structs_of(office: Office, token: str):
    from dataclasses import replace

    return replace(office.desk, token=token, client=CLIENT)


# Long answers


@pytest.fixture
def slow_verify(monkeypatch):
    """A long answer that goes on when it is told to."""
    go_on = threading.Semaphore(0)

    def verify(_desk, _person, _question, _language):
        for done in range(5):
            yield q.Progress("", done, 5)
            go_on.acquire()
        yield q.Verified(good=True, text="whole")

    monkeypatch.setitem(table.TABLE, q.Verify, structs.replace(table.TABLE[q.Verify], answer=verify))
    return go_on


@pytest.mark.parametrize("how", ["roles", "locked", "logout", "idle"])
def test_a_long_answer_ends_with_the_right_to_it(office, slow_verify, monkeypatch, how):
    monkeypatch.setattr(answering, "_LOOK_AGAIN_S", 0.0)
    token = office.session("an.tt", Role.AUDITOR)
    answers = office.answering.answers(q.Asked(1, token, CLIENT, Language.VI, q.Verify()))
    assert next(answers).answer == q.Progress("", 0, 5)
    match how:
        case "roles":
            manage.set_roles(office.people.book, "an.tt", [Role.OPERATOR], sign=unsigned)
        case "locked":
            manage.set_locked(office.people.book, "an.tt", locked=True, sign=unsigned)
        case "logout":
            office.ask(q.Logout(), token)
        case "idle":
            office.now += 3600
    slow_verify.release()
    last = next(answers)
    assert last == q.Answered(1, q.Refusal(kind="no_session"))
    assert list(answers) == []


async def test_a_console_that_goes_away_ends_its_long_answers(office, slow_verify):
    token = await asyncio.to_thread(office.session, "an.tt", Role.AUDITOR)
    other = await asyncio.to_thread(office.session, "other", Role.AUDITOR)
    async with served(office.answering.answers) as door:
        sock, line = knock(door), Line(door)
        for number in range(LANES[Effort.LONG].threads):
            sock.sendall(framed(q.Asked(number, (token, other)[number % 2], CLIENT, Language.VI, q.Verify())))
            await asyncio.to_thread(sock.recv, 1 << 16)
        sock.close()
        assert await line.ask(q.AskHealth()) == q.Health(good=True)
        for _ in range(LANES[Effort.LONG].threads * 6):
            slow_verify.release()
        seen = [one async for one in line.stream(q.Verify(), other)]
        assert seen[-1] == q.Verified(good=True, text="whole")
        line.close()


async def test_more_long_answers_than_there_is_room_for_are_refused_and_short_ones_go_on(office, slow_verify):
    lane = LANES[Effort.LONG]
    names = [f"auditor{number}" for number in range(lane.threads + lane.waiting + 1)]
    token, *tokens = [await asyncio.to_thread(office.session, name, Role.AUDITOR) for name in names]
    async with served(office.answering.answers) as door:
        with closing(Line(door)) as line:
            asked = [asyncio.ensure_future(line.ask(q.Verify(), one)) for one in tokens]
            assert await line.ask(q.WhoAmI(), token) != q.Refusal(kind="too_many", retry_s=2)
            assert await line.ask(q.Verify(), token) == q.Refusal(kind="too_many", retry_s=2)
            for _ in range(5 * len(asked)):
                slow_verify.release()
            assert await asyncio.gather(*asked) == [q.Verified(good=True, text="whole")] * len(asked)


# Whatever comes over the socket


NUMBERS = [0, -1, 2**63 - 1, -(2**63), 2**64 - 1]


@pytest.mark.parametrize("number", NUMBERS)
async def test_an_answer_bears_the_number_of_its_question_whatever_it_is(office, number):
    async with served(office.answering.answers) as door:
        with closing(knock(door)) as sock:
            question = framed(q.Asked(number, "", CLIENT, Language.VI, q.WhoAmI()))
            sock.sendall(question + question)  # twice the same
            octets = b""
            while octets.count(b"no_session") < 2:
                octets += await asyncio.to_thread(sock.recv, 1 << 16)
            answered = msgspec.msgpack.decode(octets[4 : 4 + len(octets) // 2 - 4], type=q.Answered)
            assert answered.number == number


async def test_junk_never_ends_the_steward(office):
    chance = random.Random(20261127)
    good = framed(q.Asked(1, "x" * 43, CLIENT, Language.VI, q.Login("an.tt", "wrong", "123456")))
    async with served(office.answering.answers) as door:
        with closing(Line(door)) as line:
            for _ in range(150):
                with closing(knock(door)) as sock:
                    octets = bytearray(good)
                    for _ in range(chance.randint(1, 8)):
                        octets[chance.randrange(4, len(octets))] = chance.randrange(256)
                    sock.sendall(octets + b"\x00\x00\x00\x01\xc1")  # what follows is never a question
                    assert await ended(sock) or True
            assert await line.ask(q.AskHealth()) == q.Health(good=True)


@pytest.mark.parametrize("field", ["token", "client"])
def test_texts_that_no_console_of_ours_sends_are_refused(office, field):
    asked = structs.replace(q.Asked(1, "", "", Language.VI, q.AskHealth()), **{field: "x" * 1_000_000})
    (answered,) = office.answering.answers(asked)
    assert answered.answer == q.Refusal(kind="invalid")


@pytest.mark.parametrize(
    "question",
    [
        q.Login("x" * 1_000_000, "y" * 1_000_000, "z" * 1_000_000),
        q.Login("😀\x00'; DROP TABLE account", "\x00", "\x00"),
        q.Login("", "", ""),
        q.MailLogin("x" * 1_000_000, "1" * 1_000_000),
        q.MailLogin("@", "٠١٢٣٤٥٦٧"),
    ],
    ids=range(5),
)
def test_odd_logins_are_wrong_logins(office, question):
    assert office.kind(question) == "bad_login"
    assert max(len(act.who) for act in office.acts) < 400


def resident() -> int:
    """Most memory that this process has had since it was last looked at."""
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0])
    Path("/proc/self/clear_refs").write_text("5")
    return peak << 10


@pytest.mark.slow
async def test_a_thousand_logins_at_once_are_answered_within_bounded_memory(tmp_path, dear_hashes):
    office = await asyncio.to_thread(Office, tmp_path)
    async with served(office.answering.answers) as door:
        with closing(Line(door)) as line:
            await line.ask(q.Login("warm", "up"), "", "192.0.2.1")
            resident()
            before = resident()
            asked = [line.ask(q.Login(f"name{n}", "wrong"), "", f"198.51.{n // 250}.{n % 250}") for n in range(1000)]
            kinds = [answer.kind for answer in await asyncio.gather(*asked)]
            used = resident() - before
            lane = LANES[Effort.LOGIN]
            assert kinds.count("bad_login") >= lane.threads + lane.waiting
            assert kinds.count("bad_login") + kinds.count("too_many") == 1000
            assert used < 100 << 20, "memory for one comparison"
