"""Fire: every process is killed twice, a mail is cut in its content, the log is locked by another program."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.e2e.clients import LOST, mail
from tests.e2e.commands import COLLEAGUE, STAFF
from tests.fire.support import assert_nothing_was_lost, burning, send, service_again
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = pytest.mark.slow


async def test_each_process_is_killed_and_replaced_with_one_line(tmp_path):
    async with Sink() as sink, burning(tmp_path, sink) as gateway:
        assert await send(gateway, 1) == 250
        victims = {
            "gateway-audit": gateway.audit_writer,
            "front end": lambda: next(iter(gateway.frontends()), None),
            "gateway-desk": lambda: gateway.child("gateway-desk"),
        }
        number, slowest = 10, 0.0
        for label, find in victims.items():
            for _ in range(2):
                victim = await gateway.until(find)
                os.kill(victim, signal.SIGKILL)
                await gateway.logged(f"{label} {victim} ended with -9, starting another")
                number += 100
                slowest = max(slowest, await service_again(gateway, first=number))
                await gateway.until(lambda: find() not in {None, victim})
                assert gateway.log.count(f"{label} {victim} ended") == 1
        for count in (1, 2):
            zygote = gateway.zygote()
            os.kill(zygote, signal.SIGKILL)
            await gateway.logged("do not work: mails with files wait or get 451, mails of text go on", count=count)
            assert await send(gateway, number + count) == 250, "text needs no zygote"
            await gateway.logged("readers of documents: hết sự cố", count=count)
        print(f"service within {slowest:.2f} s")
        assert await gateway.terminate() == 0
        await assert_nothing_was_lost(gateway, sink, {b"thu-so-1"})


async def test_a_front_end_killed_within_the_content_leaves_nothing_behind(tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    env = {"GATEWAY_FAILPOINTS": "reception.before_end=kill"}
    content = mail(1) + b"noi dung\r\n" * 100_000
    async with Sink() as sink, burning(tmp_path, sink, env=env, spool=str(spool)) as gateway:
        async with RawClient(*gateway.address()) as client:
            await client.ehlo()
            with pytest.raises(LOST):
                await client.mail(content, sender=STAFF, recipients=(COLLEAGUE,))
        await gateway.logged("ended with -9")
        assert sink.delivered == []
        assert list(spool.iterdir()) == []
        assert await gateway.terminate() == 0
        assert await assert_nothing_was_lost(gateway, sink, set()) == {}


LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=300)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


async def test_a_log_that_another_program_locks_is_451_and_other_sessions_go_on(tmp_path):
    async with Sink() as sink, burning(tmp_path, sink) as gateway:
        assert await send(gateway, 1) == 250
        locker = subprocess.Popen(
            [sys.executable, "-c", LOCKER, gateway.data / "audit.db"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            assert await asyncio.to_thread(locker.stdout.readline) == b"locked\n"
            async with RawClient(*gateway.address()) as beside:
                await beside.ehlo()
                began, answered = time.monotonic(), 0
                waiting = asyncio.create_task(send(gateway, 2))
                while not waiting.done():
                    assert (await beside.cmd("NOOP")).code == 250
                    answered += 1
                    await asyncio.sleep(0.02)
                assert await waiting == 451
                assert time.monotonic() - began > 4
                assert answered > 10, "others do not wait with it"
            await gateway.logged("the audit log cannot be written, so every mail")
        finally:
            locker.communicate(b"")
        await service_again(gateway)
        assert await gateway.terminate() == 0
        outcomes = await assert_nothing_was_lost(gateway, sink, {b"thu-so-1"})
        assert set(outcomes.values()) == {"relayed"}
