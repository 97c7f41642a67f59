"""What a taken-over parser cannot do, and what a broken one costs (catalogue rows I01, I02, F23)."""

import asyncio
import contextlib
import errno
import os
import signal
import socket
from contextlib import closing
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import uvloop
from msgspec import structs

from gateway.documents.wall.door import Job, send_job
from gateway.documents.wall.pool import PoolSettings, WorkerPool
from gateway.errors import TemporaryError, UserError
from gateway.model import ReadStatus
from gateway.system.processors import peoples
from tests.support.cases import slow
from tests.support.loops import until
from tests.support.processes import fields
from tests.workers import refusing_kernel
from tests.workers.wall_probe import FORBIDDEN, PROBE, QUICK, request_for


def by_part(inspection):
    return {document.part: document for document in inspection.documents}


X86 = pytest.mark.skipif(os.uname().machine != "x86_64", reason="only x86-64 has calls of x32")


@pytest.mark.parametrize("name", FORBIDDEN)
async def test_a_child_is_refused(pool, name):
    documents = by_part(await pool.inspect(request_for(name)))
    assert documents["1"].reason in ("errno:1", "errno:13"), documents["1"]


async def test_a_child_may_work_in_threads(pool):
    assert by_part(await pool.inspect(request_for("threads")))["1"].reason == "threads:8"


async def test_a_call_younger_than_the_list_is_one_that_the_kernel_lacks(pool):
    assert by_part(await pool.inspect(request_for("newest-call")))["1"].reason == "errno:38"


async def test_a_child_has_nothing_open_but_its_job(pool):
    documents = by_part(await pool.inspect(request_for("descriptors")))
    opened = documents["1"].reason.removeprefix("open:").split(",")
    assert [fd for fd in opened if int(fd) > 2] == opened[3:]
    assert len(opened) == 4


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be given up")
async def test_a_child_is_not_root(pool):
    assert by_part(await pool.inspect(request_for("user")))["1"].reason == "uid:65533"


async def test_state_of_one_mail_is_not_seen_by_the_next(pool):
    reasons = [by_part(await pool.inspect(request_for("state")))["1"].reason for _ in range(5)]
    assert reasons == ["seen:1"] * 5


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("abort", ReadStatus.CRASHED, "signal-"),
        ("segfault", ReadStatus.CRASHED, "signal-11"),
        ("memory", ReadStatus.CRASHED, "exit-"),
        slow("loop", ReadStatus.TIMEOUT, "cpu"),
        ("exit", ReadStatus.CRASHED, "exit-0"),
        slow("garbage", ReadStatus.CRASHED, "no-frame"),
        slow("too-large", ReadStatus.CRASHED, "frame-too-large"),
        slow("liar", ReadStatus.CRASHED, "unknown-part"),
        pytest.param("foreign-call", ReadStatus.CRASHED, "signal-31", marks=X86),
    ],
)
async def test_a_part_that_ends_its_child_costs_only_itself(pool, name, status, reason):
    inspection = await pool.inspect(request_for("fine", name, "fine"))
    documents = by_part(inspection)
    assert documents["1"].status is ReadStatus.OK
    assert documents["3"].status is ReadStatus.OK
    assert documents["2"].status is status
    assert documents["2"].reason.startswith(reason)
    assert inspection.children == 2


async def test_a_child_that_answers_without_end_is_stopped_and_the_rest_is_cannot_tell(pool):
    documents = by_part(await pool.inspect(request_for("fine", "flood", "fine")))
    assert documents["1"].status is ReadStatus.OK
    assert documents["3"].status is ReadStatus.CRASHED


async def test_parts_beyond_the_restarts_are_cannot_tell_and_never_clean(pool):
    inspection = await pool.inspect(request_for(*["abort"] * 8))
    assert len(inspection.documents) == 8
    assert {document.status for document in inspection.documents} == {ReadStatus.CRASHED}


@pytest.mark.parametrize("child", ["silent-exit", "lazy"])
async def test_a_child_that_ends_before_its_work_is_done_leaves_every_part_cannot_tell(pool, child):
    inspection = await pool.inspect(request_for("fine", "fine", reference=child))
    assert {document.status for document in inspection.documents} == {ReadStatus.CRASHED}
    assert len(inspection.documents) == 2


async def test_a_kernel_that_refuses_a_layer_is_our_own_fault_and_forks_no_storm():
    with closing(WorkerPool.start(PoolSettings(probe=refusing_kernel.PROBE)).connect()) as pool:
        for _ in range(3):
            with pytest.raises(TemporaryError):
                await pool.inspect(request_for("fine"))
        seen = set()
        for _ in range(50):
            await asyncio.sleep(0.01)
            seen |= {pid for pid, _ in _family(pool)}
        assert len(seen) <= 5


async def test_a_child_that_the_kernel_kills_for_memory_is_our_own_fault(pool):
    task = asyncio.ensure_future(pool.inspect(request_for("hang")))
    while not (busy := children_of(pool)):
        await asyncio.sleep(0.01)
    os.kill(busy.pop(), signal.SIGKILL)
    with pytest.raises(TemporaryError):
        await task


async def test_cancelling_kills_the_child(pool):
    task = asyncio.ensure_future(pool.inspect(request_for("hang")))
    while not (busy := children_of(pool)):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not busy & children_of(pool))


async def test_a_message_that_nobody_waits_for_is_read_behind_the_others(pool):
    found = []
    for patient in (False, True):
        task = asyncio.ensure_future(pool.inspect(structs.replace(request_for("hang"), patient=patient)))
        while not (busy := children_of(pool)):
            await asyncio.sleep(0.01)
        found += [(os.sched_getscheduler(pid), os.sched_getaffinity(pid)) for pid in busy]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: not busy & children_of(pool))
    every = os.sched_getaffinity(0)
    assert found == [(os.SCHED_OTHER, every), (os.SCHED_IDLE, peoples(every))]


@pytest.mark.slow
async def test_nothing_is_left_behind_after_two_hundred_jobs(pool):
    await pool.inspect(request_for("fine"))
    ours, theirs = descriptors("self"), descriptors(pool.process.pid)
    for batch in range(20):
        names = ["abort" if batch % 5 == 0 and number == 0 else "fine" for number in range(10)]
        await asyncio.gather(*(pool.inspect(request_for(name)) for name in names))
    await until(lambda: descriptors(pool.process.pid) <= theirs + 1)
    assert descriptors("self") <= ours + 1
    await until(lambda: not zombies_of(pool))


async def test_garbage_at_the_door_is_ignored(pool):
    door = socket.socket(fileno=os.dup(pool._door.fileno()))
    door.send(b"\xff" * 100)
    read_end, write_end = os.pipe()
    send_job(door, Job(idle_s=1, memory_bytes=1, cpu_s=1), (write_end,))
    os.close(write_end)
    assert by_part(await pool.inspect(request_for("fine")))["1"].status is ReadStatus.OK
    assert os.read(read_end, 1) == b""  # the zygote closed what it was sent
    os.close(read_end)
    door.close()


async def test_content_is_passed_read_only_and_not_at_the_mercy_of_the_child(pool, tmp_path):
    path = tmp_path / "content"
    path.write_bytes(b"original")
    with path.open("r+b") as file:
        request = request_for("write-content", content=None)
        documents = by_part(await pool.inspect(request, content_fd=file.fileno()))
    assert documents["1"].reason.startswith("errno:")
    assert path.read_bytes() == b"original"


@pytest.mark.slow
async def test_a_child_that_hangs_is_our_own_fault_and_leaves_its_place():
    with closing(WorkerPool.start(PoolSettings(probe=PROBE, children=1, idle_s=5.0))) as pool:
        still = asyncio.ensure_future(pool.inspect(request_for("fine", "hang")))
        await until(lambda: pool.desk.working)
        behind = asyncio.ensure_future(pool.inspect(request_for("fine")))
        with pytest.raises(TemporaryError):
            await still
        assert by_part(await behind)["1"].status is ReadStatus.OK


@pytest.mark.slow
async def test_parts_share_the_processor_time_of_their_mail_over_all_children(pool):
    limits = structs.replace(QUICK, cpu_s=3.0)
    documents = by_part(await pool.inspect(request_for("loop", "loop", "loop", "fine", limits=limits)))
    assert [documents[path].reason for path in "1234"] == ["cpu", "cpu", "mail-cpu", "mail-cpu"]


@pytest.mark.slow
async def test_a_zygote_that_dies_costs_a_temporary_error_and_is_replaced():
    with closing(WorkerPool.start(PoolSettings(probe=PROBE))) as pool:
        await pool.inspect(request_for("fine"))
        first = pool.process.pid
        task = asyncio.ensure_future(pool.inspect(request_for("hang")))
        await until(lambda: children_of(pool))
        os.kill(first, 9)
        with pytest.raises(TemporaryError):
            await task
        pool.process._started = 0  # the pause before a replacement is not what is tested
        inspection = None
        async with asyncio.timeout(300):
            while inspection is None:  # until the new one is warm, a mail may be told to come again
                with contextlib.suppress(TemporaryError):
                    inspection = await pool.inspect(request_for("fine"))
        assert by_part(inspection)["1"].status is ReadStatus.OK
        assert pool.process.pid != first


@pytest.mark.slow
async def test_children_die_with_the_zygote():
    with closing(WorkerPool.start(PoolSettings(probe=PROBE))) as pool:
        task = asyncio.ensure_future(pool.inspect(request_for("hang")))
        await until(lambda: children_of(pool))
        children = children_of(pool)
        os.kill(pool.process.pid, 9)
        await until(lambda: not any(os.path.exists(f"/proc/{child}") for child in children))
        with pytest.raises(TemporaryError):
            await task


@pytest.mark.slow
async def test_a_reload_replaces_the_zygote_and_the_old_one_finishes_its_work():
    with closing(WorkerPool.start(PoolSettings(probe=PROBE))) as pool:
        first = pool.process.pid
        task = asyncio.ensure_future(pool.inspect(request_for("hang", "fine")))
        await until(lambda: children_of(pool))
        (child,) = children_of(pool)
        pool.reload()
        assert pool.process.pid != first
        os.kill(child, signal.SIGUSR1)
        assert by_part(await task)["2"].status is ReadStatus.OK
        await until(lambda: pool.process.alive() and not os.path.exists(f"/proc/{first}"))


@pytest.mark.slow
def test_the_pool_works_on_uvloop_too(pool):
    async def several():
        inspections = [await pool.inspect(request_for("fine", "abort", "fine")) for _ in range(3)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await pool.inspect(request_for("hang"))
        return inspections

    for inspection in uvloop.run(several()):
        assert [document.status for document in inspection.documents] == [
            ReadStatus.OK,
            ReadStatus.CRASHED,
            ReadStatus.OK,
        ]


@pytest.mark.slow
def test_a_reader_that_cannot_be_imported_is_a_clear_error_at_start():
    with pytest.raises(UserError, match="no_such_probe"):
        WorkerPool.start(PoolSettings(probe="no_such_probe"))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def _family(pool):
    zygote = str(pool.process.pid)
    known = {pid: fields(pid) for pid in map(int, filter(str.isdigit, os.listdir("/proc")))}
    return [(pid, found[0]) for pid, found in known.items() if found and found[1] == zygote]


def children_of(pool):
    """Children that do what `hang` does: wait in pause(2), which is ppoll(2) where there is no pause."""
    return {pid for pid, _ in _family(pool) if _hangs(pid)}


def _hangs(pid):
    try:
        with open(f"/proc/{pid}/syscall") as syscall:
            return syscall.read().startswith(("34 ", "73 "))
    except OSError:
        return False


def zombies_of(pool):
    return [pid for pid, state in _family(pool) if state == "Z"]


@pytest.mark.parametrize("short_of", ["room at the door", "descriptors"])
def test_a_job_that_cannot_be_handed_over_is_our_own_fault_and_leaves_nothing_open(monkeypatch, short_of):
    door, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with door, inner:
        with contextlib.suppress(BlockingIOError):
            while short_of == "room at the door":
                door.send(b"x", socket.MSG_DONTWAIT)
        if short_of == "descriptors":
            monkeypatch.setattr(os, "pipe2", Mock(side_effect=OSError(errno.EMFILE, "too many open files")))
        pool = WorkerPool(PoolSettings(), door=door, process=SimpleNamespace(revive=lambda: False))
        before = os.listdir("/proc/self/fd")
        with pytest.raises(TemporaryError):
            pool.begin(Job(idle_s=1, memory_bytes=0, cpu_s=1), None)
        assert os.listdir("/proc/self/fd") == before
