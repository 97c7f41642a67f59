"""Fire: the disk of the log is full, out of inodes, or broken."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.gateway_process import cli, four_flags
from tests.fire.support import Disk, assert_nothing_was_lost, burning, needs_root, send, service_again
from tests.support.processes import cpu_s
from tests.support.sink import Sink

pytestmark = pytest.mark.slow


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
    with file_system(tmp_path / "data", "size=256m,nr_inodes=80"):
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
            await service_again(gateway)
            assert await gateway.terminate() == 0
            await assert_nothing_was_lost(gateway, sink, {b"thu-so-1"})


@pytest.mark.parametrize("fault", ["eio_sync", "eio_write"])
async def test_a_disk_that_fails_is_reported_at_the_banner_and_service_is_back_in_a_moment(tmp_path, fault):
    disk = Disk(tmp_path)
    async with Sink() as sink, burning(tmp_path, sink, env=disk.env) as gateway:
        assert await send(gateway, 1) == 250
        disk.misbehave(fault)
        assert await send(gateway, 2) == 451
        assert [await send(gateway, number) for number in (3, 4)] == [421, 421]
        await gateway.logged("the audit log cannot be written, so every mail")
        disk.behave()
        await service_again(gateway)
        await gateway.logged("the trouble is over")
        assert gateway.log.count("the audit log cannot be written, so every mail") == 1
        assert await gateway.terminate() == 0
        outcomes = await assert_nothing_was_lost(gateway, sink, {b"thu-so-1"})
        assert set(outcomes.values()) <= {"relayed", "not_sent"}


@needs_root
async def test_a_file_system_that_turned_read_only_is_451_and_whole_after_its_check(tmp_path):
    """ext4 meets an error of its own; then stop, fsck, start."""
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("e2fsprogs is not installed")
    image, place = tmp_path / "image", tmp_path / "data"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(256 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    mount = ["mount", "-o", "loop,errors=remount-ro", image, place]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no loop device can be mounted")
    try:
        device = Path(os.path.realpath(subprocess.check_output(["findmnt", "-no", "SOURCE", place], text=True).strip()))
        trigger = Path("/sys/fs/ext4") / device.name / "trigger_fs_error"
        if not trigger.exists():
            pytest.skip("this kernel has no trigger_fs_error")
        async with Sink() as sink:
            async with burning(tmp_path, sink) as gateway:
                assert await send(gateway, 1) == 250
                trigger.write_text("fire")
                assert await send(gateway, 2) in {451, 421}
                await gateway.logged("the audit log cannot be written, so every mail")
                assert await gateway.terminate() == 0
            subprocess.run(["umount", place], check=True)
            subprocess.run(["fsck.ext4", "-fy", image], check=False, capture_output=True)
            subprocess.run(mount, check=True)
            async with burning(tmp_path, sink) as gateway:
                assert await send(gateway, 3) == 250
            await assert_nothing_was_lost(gateway, sink, {b"thu-so-1", b"thu-so-3"})
    finally:
        subprocess.run(["umount", "--lazy", place], check=False)


@needs_root
async def test_a_disk_that_is_nearly_full_is_452_at_mail(tmp_path):
    with file_system(tmp_path / "data", "size=200m"):
        async with Sink() as sink, burning(tmp_path, sink) as gateway:
            assert await send(gateway, 1) == 250
            filler = gateway.data / "filler"
            filler.write_bytes(bytes(150 << 20))
            code = 250
            number = 2
            while code == 250:  # the room of a second ago
                code, number = await send(gateway, number), number + 1
            assert code == 452
            subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=1M"], check=False, capture_output=True)
            assert not os.statvfs(gateway.data).f_bavail
            assert await send(gateway, 500) == 452
            await gateway.logged("the disk is nearly full")
            filler.unlink()
            await service_again(gateway)
            await gateway.logged("the trouble is over")
            assert await gateway.terminate() == 0
            await assert_nothing_was_lost(gateway, sink, {b"thu-so-1"})


async def test_without_descriptors_clients_get_421_and_service_is_back_when_they_leave(tmp_path):
    async with Sink() as sink, burning(tmp_path, sink, launcher=("prlimit", "--nofile=64:64")) as gateway:
        assert await send(gateway, 1) == 250
        idle, told = [], []
        for _ in range(150):
            reader, writer = await asyncio.open_connection(*gateway.address())
            banner = await reader.readline()
            (idle if banner.startswith(b"220") else told).append((banner, writer))
        assert told
        assert {banner[:9] for banner, _ in told} == {b"421 4.3.2"}
        await gateway.logged("nearly no open files are left")
        began, before = time.monotonic(), cpu_s(gateway.frontends()[:1])
        for number in range(20):
            assert await send(gateway, 100 + number) == 421
        await asyncio.sleep(1.0)  # what is measured is the time that passes
        used_s = cpu_s(gateway.frontends()[:1]) - before
        assert used_s < 0.2 * (time.monotonic() - began)
        for _, writer in idle + told:
            writer.close()
        await service_again(gateway)
        await gateway.logged("the trouble is over")
        assert gateway.log.count("nearly no open files are left") == 1
        assert await gateway.terminate() == 0
        await assert_nothing_was_lost(gateway, sink, {b"thu-so-1"})


@needs_root
async def test_a_start_on_a_full_disk_names_the_folder(tmp_path):
    with file_system(tmp_path / "data", "size=64k") as data:
        (data / "filler").write_bytes(b"x" * (64 << 10))
        run = await cli("serve", *four_flags(1), "--data", data)
        assert (run.code, "Traceback" in run.err) == (2, False)
        assert f"{data}: " in run.err
