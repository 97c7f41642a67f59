"""Fire: the service's memory is used up by large mails while small ones go on."""

import asyncio
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.e2e.clients import LOST, token
from tests.e2e.commands import COLLEAGUE, STAFF
from tests.fire.support import assert_nothing_was_lost, burning, needs_root, send, service_again
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = pytest.mark.slow
VERSION_1 = Path("/sys/fs/cgroup/memory")
LEFT_BYTES = 6 << 20


@contextmanager
def control_group():
    """A control group for memory: its folder, and the names of its limit and use."""
    names = (
        ("memory.limit_in_bytes", "memory.usage_in_bytes") if VERSION_1.is_dir() else ("memory.max", "memory.current")
    )
    folder = (VERSION_1 if VERSION_1.is_dir() else Path("/sys/fs/cgroup")) / "gateway-fire"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made: {error.strerror}")
    try:
        if not (folder / names[0]).exists():
            pytest.skip("this control group has no controller for memory")
        yield folder, folder / names[0], folder / names[1]
    finally:
        with suppress(OSError):
            folder.rmdir()


async def send_large(gateway, number: int) -> int:
    content = b"From: %s\r\nTo: %s\r\nSubject: thu-so-%d\r\nMIME-Version: 1.0\r\nContent-Type: application/zip\r\n" % (
        STAFF.encode(), COLLEAGUE.encode(), number,
    ) + b"Content-Disposition: attachment; filename=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + (b"UEsD" * 18 + b"\r\n") * 80_000  # fmt: skip
    try:
        async with asyncio.timeout(30), RawClient(*gateway.address()) as client:
            await client.ehlo()
            return (await client.mail(content, sender=STAFF, recipients=(COLLEAGUE,))).code
    except LOST:
        return 0


@needs_root
async def test_large_mails_wait_while_small_ones_go_on_and_the_limit_is_named(tmp_path):
    with control_group() as (group, limit, used):
        launcher = ("sh", "-c", f'echo $$ >{group}/cgroup.procs && exec "$@"', "sh")
        async with Sink() as sink, burning(tmp_path, sink, launcher=launcher, limits={"deadline_s": 10}) as gateway:
            gateway.faults_expected = True
            assert await send(gateway, 1) == 250
            limit.write_text(str(int(used.read_text()) + LEFT_BYTES))
            large = [asyncio.create_task(send_large(gateway, 100 + number)) for number in range(6)]
            small = [await send(gateway, number) for number in range(2, 22)]
            codes = [await task for task in large]
            limit.write_text("-1" if VERSION_1.is_dir() else "max")
            print(f"small {small}, large {codes}")
            assert small.count(250) >= len(small) // 2
            assert set(codes) <= {0, 421, 451, 452}, "there is no room for any of them"
            await service_again(gateway)
            await gateway.logged("memory is used up, large mails get 451")
            assert await gateway.terminate() == 0
            await assert_nothing_was_lost(gateway, sink, {token(one.content) for one in sink.delivered}, unknown=8)
