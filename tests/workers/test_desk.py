"""The desk: what is kept and for how long, that nothing is read twice, and that it can be done without."""

import asyncio
import socket
import threading

import pytest

from gateway.documents.wall.desk import DeskService
from gateway.documents.wall.desk_channel import DeskClient
from gateway.documents.wall.shelf import OVERHEAD_BYTES, Shelf
from tests.support.loops import Clock

KEY, OTHER = b"k" * 32, b"o" * 32


def test_what_is_too_old_is_forgotten():
    shelf = Shelf(limit_bytes=1 << 20, age_s=60)
    shelf.put(KEY, b"value", 0.0)
    assert shelf.get(KEY, 59.9) == b"value"
    assert shelf.get(KEY, 60.0) is None
    shelf.put(KEY, b"value", 0.0)
    shelf.drop_old(60.0)
    assert shelf.size_bytes == 0


def test_the_least_recently_wanted_goes_first_and_the_limit_holds():
    limit = 16 * (OVERHEAD_BYTES + 100)
    shelf = Shelf(limit_bytes=limit, age_s=60)
    for number in range(16):
        shelf.put(bytes([number]), bytes(100), 0.0)
    assert shelf.get(b"\0", 1.0) is not None
    for number in range(16, 24):
        shelf.put(bytes([number]), bytes(100), 2.0)
        assert shelf.size_bytes <= limit
    assert shelf.get(b"\0", 3.0) is not None
    assert shelf.get(b"\1", 3.0) is None
    shelf.put(KEY, bytes(limit // 8), 3.0)
    assert shelf.get(KEY, 3.0) is None


class Running:
    """A desk in a thread, and channels to it."""

    def __init__(self, places):
        self.inner, self.door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.clock = Clock()
        service = DeskService(self.inner, places=places, shelf=Shelf(limit_bytes=1 << 20, age_s=60), clock=self.clock)
        self.thread = threading.Thread(target=service.run)
        self.thread.start()
        self.desks = []

    def desk(self):
        self.desks.append(DeskClient(self.door, 1))
        return self.desks[-1]

    def close(self):
        self.door.close()
        for desk in self.desks:
            desk.close()
        self.thread.join(300)
        assert not self.thread.is_alive()


@pytest.fixture
async def running():
    one = Running(places=2)
    yield one
    one.close()


async def test_what_one_front_end_has_read_all_others_know(running):
    first, second = running.desk().visit(b"a"), running.desk().visit(b"b")
    assert await first.ask([KEY, OTHER]) == (None, None)
    first.keep([(KEY, b"value")])
    assert await second.ask([KEY, OTHER]) == (b"value", None)


async def test_who_wants_what_another_reads_waits_for_it(running):
    first, second = running.desk().visit(b"a"), running.desk().visit(b"b")
    await first.ask([KEY])
    waiting = asyncio.create_task(second.ask([OTHER, KEY]))
    third = running.desk().visit(b"c")
    assert await third.ask([OTHER]) == (None,)  # the second holds nothing while it waits
    third.keep()
    assert not waiting.done()
    first.keep([(KEY, b"value")])
    assert await waiting == (None, b"value")


async def test_what_was_not_kept_is_the_next_ones_to_read(running):
    first, second = running.desk().visit(b"a"), running.desk().visit(b"b")
    await first.ask([KEY])
    waiting = asyncio.create_task(second.ask([KEY]))
    first.keep([(KEY, b"")])
    assert await waiting == (b"",)
    second.keep()


async def test_a_front_end_that_goes_leaves_its_places_and_what_it_was_reading(running):
    gone = running.desk()
    first, second, third = gone.visit(b"a"), gone.visit(b"b"), running.desk().visit(b"c")
    await first.ask([KEY])
    one, two = first.turn(0.0), second.turn(0.0)
    await one.__aenter__()
    await two.__aenter__()
    waiting, place = asyncio.create_task(third.ask([KEY])), third.turn(0.0)
    gone.close()
    assert await waiting == (None,)
    assert await place.__aenter__() == 2
    await place.__aexit__(None, None, None)


async def test_only_who_was_to_read_it_can_have_something_kept(running):
    first, second = running.desk().visit(b"a"), running.desk().visit(b"b")
    await first.ask([KEY])
    second.keep([(KEY, b"forged")])
    await second.ask([OTHER])
    first.keep([(KEY, b"value")])
    assert await second.ask([KEY]) == (b"value",)


async def test_anybody_can_have_something_read_again(running):
    first = running.desk().visit(b"a")
    await first.ask([KEY])
    first.keep([(KEY, b"value")])
    second = running.desk().visit(b"b")
    assert await second.ask([KEY]) == (b"value",)
    second.keep([(KEY, b"")])
    assert await first.ask([KEY]) == (b"",)
    first.keep()


async def test_places_are_for_all_front_ends_together(running):
    visits = [running.desk().visit(bytes([number])) for number in range(3)]
    turns = [visit.turn(0.0) for visit in visits]
    await turns[0].__aenter__()
    await turns[1].__aenter__()
    waiting = asyncio.create_task(turns[2].__aenter__())
    await visits[0].ask([KEY])
    assert not waiting.done()
    await turns[0].__aexit__(None, None, None)
    assert await waiting == 1
    await turns[1].__aexit__(None, None, None)
    await turns[2].__aexit__(None, None, None)


async def test_without_a_desk_everything_is_read_here_and_in_turn():
    inner, door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    desk = DeskClient(door, 1)
    first, second = desk.visit(b"a"), desk.visit(b"b")
    asked = asyncio.create_task(first.ask([KEY]))
    entering = asyncio.create_task(second.turn(0.0).__aenter__())
    await asyncio.sleep(0)
    _, (channel,), *_ = socket.recv_fds(inner, 16, 1)
    socket.socket(fileno=channel).close()  # the desk dies with a question and a mail that waits
    assert await asked == (None,)
    assert await entering == 1
    inner.close()
    door.close()
    waiting = asyncio.create_task(first.turn(0.0).__aenter__())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
