"""What a child writes to is found out once, and copied for the others before they need it."""

import mmap
import os
import resource
import struct
from collections.abc import Callable

import pytest

from gateway.documents.wall import memory

PAGE = mmap.PAGESIZE
PAGES = 300


@pytest.fixture
def block() -> mmap.mmap:
    """Memory that this process has written, so that a fork shares it."""
    made = mmap.mmap(-1, PAGES * PAGE, flags=mmap.MAP_PRIVATE)
    made.write(b"\1" * (PAGES * PAGE))
    return made


def write_all(block: mmap.mmap) -> None:
    for page in range(PAGES):
        block[page * PAGE] = 2


def faults(before: Callable[[], object], work: Callable[[], object]) -> int:
    """Page faults of a forked child during work, after something else."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        before()
        began = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        work()
        os.write(writing, struct.pack("q", resource.getrusage(resource.RUSAGE_SELF).ru_minflt - began))
        os._exit(0)
    os.waitpid(child, 0)
    (count,) = struct.unpack("q", os.read(reading, 8))
    os.close(reading)
    os.close(writing)
    return int(count)


def test_memory_that_a_rehearsal_wrote_is_copied_before_the_work(block):
    wanted = memory.working_set(lambda: write_all(block))
    if not wanted:
        pytest.skip("/proc/self/pagemap does not tell here")
    bare = faults(lambda: None, lambda: write_all(block))
    assert bare >= PAGES
    assert faults(lambda: memory.populate(wanted), lambda: write_all(block)) < bare / 5


def test_what_a_rehearsal_leaves_alone_stays_shared(block):
    wanted = memory.working_set(lambda: None)
    assert faults(lambda: memory.populate(wanted), lambda: write_all(block)) >= PAGES


def test_a_rehearsal_that_fails_gives_nothing():
    def fail() -> None:
        raise OSError("on purpose")

    assert memory.working_set(fail) == ()
    memory.populate(())
    memory.populate(((0, PAGE),))
