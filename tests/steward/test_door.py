"""The steward's socket: whatever comes over it, the steward goes on and nothing is done that was not allowed."""

import asyncio
import os
import random
import socket
import struct
import threading
from contextlib import closing, suppress

import msgspec
import pytest
from msgspec import structs

from gateway.audit.acts import record_at_once
from gateway.audit.probe import probe
from gateway.audit.query import AuditReader
from gateway.audit.record import Act
from gateway.documents.wall.desk_channel import DeskClient
from gateway.errors import SearchTimeError
from gateway.model import Language
from gateway.steward import desk, table
from gateway.steward import questions as q
from gateway.steward.roles import Role
from gateway.steward.server import LIMIT_CHANNELS, LIMIT_QUESTION
from gateway.system.door import framed
from tests.steward.support import CLIENT, Line, served


def knock(door: socket.socket) -> socket.socket:
    """Hand a socket in and return its other end."""
    ours, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(door, [b"."], [theirs.fileno()])
    ours.settimeout(300)
    return ours


async def ended(sock: socket.socket) -> bool:
    """Whether the steward closes a socket; waits until it does."""
    try:
        return await asyncio.to_thread(sock.recv, 1) == b""
    except ConnectionResetError:
        return True


async def test_questions_are_answered_over_the_door(office):
    token = await asyncio.to_thread(office.session, "an.tt", Role.AUDITOR)
    async with served(office.answering.answers) as door:
        with closing(Line(door)) as line:
            me = await line.ask(q.WhoAmI(), token)
            assert isinstance(me, q.Me)
            assert me.person.name == "an.tt"
            answers = await asyncio.gather(*(line.ask(q.AskHealth()) for _ in range(50)))
            assert answers == [q.Health(good=True)] * 50
            assert await line.ask(q.WhoAmI()) == q.Refusal(kind="no_session")


JUNK = random.Random(7).randbytes(4096)
GOOD = msgspec.msgpack.encode(q.Asked(1, "", CLIENT, Language.VI, q.AskHealth()))


@pytest.mark.parametrize(
    "octets",
    [
        struct.pack("!I", LIMIT_QUESTION + 1),
        struct.pack("!I", 0xFFFFFFFF) + JUNK,
        struct.pack("!I", len(JUNK)) + JUNK,
        struct.pack("!I", 0),
        struct.pack("!I", len(GOOD) - 1) + GOOD,
        struct.pack("!I", 6) + b"\xdd\xff\xff\xff\xff\x00",
        struct.pack("!I", 60_000) + b"\x91" * 60_000,
        framed(msgspec.defstruct("Asked", ["number", "token"])(1, "x")),
    ],
)
async def test_what_is_no_question_ends_its_socket_and_nothing_else(office, octets):
    async with served(office.answering.answers) as door:
        line, sock = Line(door), knock(door)
        await line.ask(q.AskHealth())
        sock.sendall(octets)
        assert await ended(sock)
        assert await line.ask(q.AskHealth()) == q.Health(good=True)
        line.close()
        sock.close()


async def test_what_is_handed_in_and_is_no_socket_is_given_back(office, tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    async with served(office.answering.answers) as door:
        door.send(b"")
        door.send(b"x" * 100)
        with open(tmp_path / "file", "wb") as file:
            socket.send_fds(door, [b"."], [file.fileno()])
        reader, writer = os.pipe()
        socket.send_fds(door, [b"."], [reader, writer])
        os.close(reader)
        os.close(writer)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as unconnected:
            socket.send_fds(door, [b"."], [datagrams.fileno()])
            socket.send_fds(door, [b"."], [unconnected.fileno()])
        with closing(Line(door)) as line:
            assert await line.ask(q.AskHealth()) == q.Health(good=True)
    assert len(os.listdir("/proc/self/fd")) <= before + 1


async def test_more_sockets_than_a_console_needs_are_closed(office):
    async with served(office.answering.answers) as door:
        socks = [knock(door) for _ in range(LIMIT_CHANNELS + 5)]
        for sock in socks[LIMIT_CHANNELS:]:
            assert await ended(sock)
        socks[0].sendall(struct.pack("!I", len(GOOD)) + GOOD)
        assert await asyncio.to_thread(socks[0].recv, 100)
        for sock in socks:
            sock.close()


async def test_a_console_that_asks_and_does_not_read_is_left_to_itself(office):
    async with served(office.answering.answers) as door:
        sock, line = knock(door), Line(door)
        sock.setblocking(False)
        question = struct.pack("!I", len(GOOD)) + GOOD
        for _ in range(4_000):
            try:
                sock.send(question)
            except BlockingIOError:
                await asyncio.sleep(0)
        assert await line.ask(q.AskHealth()) in (q.Health(good=True), q.Refusal(kind="too_many", retry_s=2))
        sock.close()
        while await line.ask(q.AskHealth()) != q.Health(good=True):
            await asyncio.sleep(0)
        line.close()


ENDLESS = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number) SELECT count(*) FROM number"


def without_end(office, monkeypatch):
    """Have searches go on without end, on a log that is there; return what says that one has begun, and has ended."""
    record_at_once(office.data, Act(who="machine", what="begin"))
    monkeypatch.setattr(desk, "LIMIT_S", 600.0)
    begun, ended = threading.Event(), threading.Event()

    def search(desk_, _person, _question, _language):
        with desk_.reader() as reader, reader.index() as index:
            begun.set()
            try:
                index.execute(ENDLESS).fetchone()
            finally:
                ended.set()

    monkeypatch.setitem(table.TABLE, q.Search, structs.replace(table.TABLE[q.Search], answer=search))
    return begun, ended


@pytest.fixture
def endless(office, monkeypatch):
    """Says that a query without end has begun."""
    return without_end(office, monkeypatch)[0]


@pytest.mark.parametrize("how", ["told", "closed"])
async def test_a_query_whose_answer_nobody_waits_for_ends(office, endless, how):
    token = await asyncio.to_thread(office.session, "an.tt", Role.AUDITOR)
    async with served(office.answering.answers) as door:
        with closing(knock(door)) as sock:
            sock.sendall(framed(q.Asked(5, token, CLIENT, Language.VI, q.Search())) + framed(9))
            await asyncio.to_thread(endless.wait)
            if how == "told":
                sock.sendall(framed(5))
                octets = await asyncio.to_thread(sock.recv, 1 << 16)
                assert msgspec.msgpack.decode(octets[4:], type=q.Answered).number == 5
    assert not [one for one in threading.enumerate() if one.name.startswith("steward-query") and busy(one)]


def busy(thread: threading.Thread) -> bool:
    """Whether a thread of the steward still works a minute after its door was closed."""
    thread.join(300)
    return thread.is_alive()


def test_a_query_ends_at_its_time_whatever_it_reads(office):
    record_at_once(office.data, Act(who="machine", what="begin"))
    with AuditReader.open(office.data, limit_s=0.1) as reader:
        with pytest.raises(SearchTimeError), reader.index() as index:
            index.execute(ENDLESS).fetchone()
        assert reader.show("BT-0000-0000") is None


async def test_mail_keeps_off_the_processors_of_people_for_a_login_and_not_for_a_page(office):
    token = await asyncio.to_thread(office.session, "an.tt", Role.AUDITOR)
    record_at_once(office.data, Act(who="machine", what="begin"))
    heavy: list[str] = []
    async with served(office.answering.answers, lambda: heavy.append("at work")) as door:
        with closing(Line(door)) as line:
            assert isinstance(await line.ask(q.WhoAmI(), token), q.Me)
            assert not isinstance(await line.ask(q.Search(), token), q.Refusal)
            assert not heavy
            assert isinstance(await line.ask(q.Login("an.tt", "sai mat khau")), q.Refusal)
            assert heavy


async def test_an_act_is_carried_through_although_nobody_waits(office, monkeypatch):
    token = await asyncio.to_thread(office.session, "an.tt", Role.AUDITOR)
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def log_out(desk_, _person, _question, _language):
        begun.set()
        go_on.wait(300)
        desk_.go_on()
        done.set()
        return q.Done()

    monkeypatch.setitem(table.TABLE, q.Logout, structs.replace(table.TABLE[q.Logout], answer=log_out))
    async with served(office.answering.answers) as door:
        with closing(knock(door)) as sock:
            sock.sendall(framed(q.Asked(5, token, CLIENT, Language.VI, q.Logout())))
            await asyncio.to_thread(begun.wait)
            sock.sendall(framed(5))
            with closing(Line(door)) as line:
                assert await line.ask(q.AskHealth()) == q.Health(good=True)
                go_on.set()
                assert await asyncio.to_thread(done.wait, 60)


async def test_a_door_behind_which_nothing_is_taken_holds_nobody_up():
    door, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with door, inner:
        with suppress(BlockingIOError):
            while door.sendmsg([b"."], [], socket.MSG_DONTWAIT):
                pass
        with pytest.raises(BlockingIOError):
            DeskClient(door, 1).connect()
        assert probe(door, 1.0)
