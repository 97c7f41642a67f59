"""The process that writes for all: framing, a front end that does not listen, and one that comes back."""

import asyncio
import socket
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

from gateway.audit import record as r
from gateway.audit.chain import Entry
from gateway.audit.channel import Channel
from gateway.audit.committer import Committer
from gateway.audit.index import SLICE
from gateway.audit.service import AuditService
from gateway.audit.side_tables import Closed, Opened, Sending
from gateway.audit.store import Folder, connect_readonly
from gateway.audit.wire import ANSWERS, QUESTIONS, Append, Appended, Failed, Recover, Recovery
from gateway.errors import AuditLostError
from gateway.system.door import Frames, framed


class Served:
    """A service in a thread; its inner end of the door can be served again after it ended."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.inner, self.door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        service = AuditService(Committer.open(self.data), self.inner)
        self.thread = threading.Thread(target=service.run)
        self.thread.start()

    def stop(self) -> None:
        self.door.close()
        assert self.thread is not None
        self.thread.join(300)
        assert not self.thread.is_alive()


@pytest.fixture
def served(tmp_path: Path):
    served = Served(tmp_path)
    served.start()
    yield served
    served.stop()


def entry(number: int, size: int = 0) -> Entry:
    return Entry(b'{"kind":"stop","n":%d,"filler":"%s"}' % (number, b"x" * size))


def rows(data: Path) -> int:
    with closing(connect_readonly(Folder(data).database)) as connection:
        return int(connection.execute("SELECT count(*) FROM record").fetchone()[0])


def test_values_come_out_of_any_pieces_as_they_went_in():
    marks = [None, Opened("BT-1", "p", sending=True), Sending("BT-1"), Closed("BT-1", b"key")]
    questions = [Append([Entry(b"{}", mark) for mark in marks]), Recover("p"), Append([])]
    octets = b"".join(map(framed, questions))
    for size in (1, 2, 3, 5, 7, len(octets)):
        frames = Frames(QUESTIONS)
        pieces = [octets[at : at + size] for at in range(0, len(octets), size)]
        assert [question for piece in pieces for question in frames.take(piece)] == questions
    answers = [Appended(7), Recovery(("BT-1",), ()), Failed("full")]
    assert list(Frames(ANSWERS).take(b"".join(map(framed, answers)))) == answers


async def test_records_of_one_step_are_numbered_in_their_order_and_durable(served: Served):
    with closing(Channel(served.door)) as channel:
        assert await asyncio.gather(*(channel.put(entry(number)) for number in range(1200))) == list(range(1, 1201))
    assert rows(served.data) == 1200


async def test_the_index_follows_by_whole_slices_between_records_that_never_pause_for_a_second(served: Served):
    def indexed() -> int:
        path = Folder(served.data).index
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as index:
            return int(index.execute("SELECT seq FROM position").fetchone()[0])
        return 0

    with closing(Channel(served.door)) as channel:
        record = Entry(r.body(r.Stop(), "p"))
        await asyncio.gather(*(channel.put(record) for _ in range(SLICE)))
        while indexed() < SLICE:
            await channel.put(record)
            await asyncio.sleep(0.1)


async def test_more_than_the_socket_holds_is_written_all_the_same(served: Served):
    with closing(Channel(served.door)) as channel:
        first = channel.put(entry(0, 3 << 20))
        await asyncio.sleep(0)  # the frames of two steps
        assert [await first, await channel.put(entry(1))] == [1, 2]


async def test_a_front_end_that_takes_no_answers_is_left_and_the_others_are_served(served: Served):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        socket.send_fds(served.door, [b"."], [theirs.fileno()])
        theirs.close()
        ours.settimeout(300)
        question = framed(Append([]))
        with pytest.raises(ConnectionError):
            ours.sendall(question * 200_000)
    with closing(Channel(served.door)) as channel:
        assert await channel.put(entry(1)) == 1


async def test_who_waits_learns_that_the_writer_is_gone_and_the_next_record_finds_another(tmp_path: Path):
    served = Served(tmp_path)
    with closing(Channel(served.door)) as channel:
        waiting = channel.put(entry(1))
        await asyncio.sleep(0)
        _, descriptors, *_ = socket.recv_fds(served.inner, 16, 1)  # a writer that dies before it writes
        socket.socket(fileno=descriptors[0]).close()
        with pytest.raises(AuditLostError):
            await waiting
        served.start()
        assert await channel.put(entry(2)) == 1
    served.stop()
    assert rows(tmp_path) == 1
