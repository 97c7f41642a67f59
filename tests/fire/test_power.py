"""Fire: what was acknowledged is on the disk, not only in the cache of a machine that has power."""

import shutil

import pytest

from tests.e2e.clients import token
from tests.e2e.gateway_process import serving
from tests.fire.support import Disk, assert_nothing_was_lost, burning, send, settings
from tests.support.sink import Sink
from tests.support.strace import Trace

pytestmark = pytest.mark.slow


def after_a_power_cut(disk, data) -> None:
    """Put a folder into the state that the disk would show: what was synced, under the names that were."""
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    for listed in disk.durable.glob("folder-*"):
        if listed.suffix:  # of a process that was killed while it wrote the list
            continue
        path, *entries = listed.read_text().splitlines()
        folder = data / path.removeprefix(str(data)).lstrip("/")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for entry in entries:
            inode, name = entry.split(" ", 1)
            kept = disk.durable / f"inode-{inode}"
            (folder / name).write_bytes(kept.read_bytes() if kept.exists() else b"")
            (folder / name).chmod(0o600)


async def test_after_a_power_cut_the_log_has_every_mail_that_was_acknowledged(tmp_path):
    """The first start ever and some mails; then everything that nobody had synced is gone."""
    disk = Disk(tmp_path)
    env = disk.env | {"FIRE_DURABLE": str(disk.durable)}
    numbers = range(1, 11)
    async with Sink() as sink:
        async with burning(tmp_path, sink, env=env) as gateway:
            assert {await send(gateway, number) for number in numbers} == {250}
            key = (gateway.data / "keys" / "audit-ed25519").read_bytes()
            disk.cut_power()  # before the end, at which the writer would sync once more
            await gateway.kill()
        after_a_power_cut(disk, gateway.data)
        assert (gateway.data / "keys" / "audit-ed25519").read_bytes() == key
        async with serving(tmp_path, config=settings(sink)) as gateway:
            assert gateway.log.count("a new log begins") == 1, "of the first start"
            assert await send(gateway, 100) == 250
        outcomes = await assert_nothing_was_lost(gateway, sink, {token(one.content) for one in sink.delivered})
        assert list(outcomes.values()) == ["relayed"] * 11


async def test_a_record_is_synced_before_what_it_speaks_of(tmp_path):
    """By the system calls of one mail: intent before the content goes to the next hop, outcome before our 250."""
    trace = Trace(tmp_path / "trace", "fsync,fdatasync,write,writev,sendto,sendmsg")
    async with Sink() as sink, burning(tmp_path, sink, launcher=trace.launcher) as gateway:
        assert await send(gateway, 1) == 250
        await gateway.terminate()
    first = trace.first
    ready = first(r'"220 ')
    go_ahead = first(r'"354 ', ready)
    content = first(r'"Received: from client', go_ahead)
    answer = first(r'"250 2\.0\.0 City: queued', content)
    assert ready < go_ahead < content < answer < trace.end
    done = r"fdatasync\(\d+<[^>]*audit\.db-wal>\) += 0|<\.\.\. fdatasync resumed>.*= 0"
    assert first(done, go_ahead) < content, "the intent is synced before the content goes out"
    assert first(done, content) < answer, "the outcome is synced before our 250"
    for folder in (r"/data", r"/data/keys", r"/data/checkpoints"):
        assert first(r"fsync\(\d+<[^>]*%s>\) += 0" % folder) < ready, f"names in {folder} are synced"
