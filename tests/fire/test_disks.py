"""Fire: the disk of the log is full, out of inodes, or broken."""

import os
import signal
import subprocess
from contextlib import contextmanager

import pytest

from tests.fire.support import assert_nothing_was_lost, burning, needs_root, send, service_again
from tests.support.sink import Sink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@contextmanager
def file_system(place, options):
    """A tmpfs at a place of ours; skipped where mounting is refused."""
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "fire", place]
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill_inodes(folder) -> list:
    files = []
    while os.statvfs(folder).f_ffree:
        files.append(folder / f"filler-{len(files)}")
        files[-1].touch()
    return files


@needs_root
async def test_without_inodes_a_front_end_that_dies_is_replaced_once_there_are_some(tmp_path):
    """The other one goes on; the reason is said in words, with growing pauses."""
    with file_system(tmp_path / "data", "size=64m,nr_inodes=80"):
        async with Sink() as sink, burning(tmp_path, sink, workers=2) as gateway:
            before = gateway.frontends()
            fillers = fill_inodes(gateway.data)
            os.kill(before[0], signal.SIGKILL)
            await gateway.logged("no inodes left (df -i)", count=2)
            assert await send(gateway, 1) == 250
            assert gateway.log.count("no inodes left (df -i)") < 5, "the pauses grow"
            for filler in fillers:
                filler.unlink()
            await gateway.until(lambda: len(gateway.frontends()) == 2)
            assert await service_again(gateway, limit_s=5) < 5
            assert await gateway.terminate() == 0
            await assert_nothing_was_lost(gateway, sink, {b"thu-so-1"})
