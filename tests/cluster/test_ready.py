"""`GET /ready` with a real balancer: a node that is not ready gets no mail, and gets mail again soon after recovery."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from types import SimpleNamespace

import pytest

from gateway.documents.wall.pool import PoolSettings, WorkerPool
from gateway.errors import AuditError
from gateway.metrics.disk import Disk
from gateway.metrics.load import SharedLoad, Stage
from gateway.metrics.ready import Readiness
from gateway.serve.vitals import Vitals
from gateway.system.heart import Heart
from gateway.system.trouble import Board, Pipe, Reporter
from tests.cluster.nodes import nodes
from tests.e2e.clients import Clients
from tests.e2e.gateway_process import ROOT
from tests.fire.support import needs_root, stopped
from tests.fire.test_disks import file_system
from tests.support.long import LONG
from tests.support.loops import until
from tests.support.sink import Sink
from tests.workers import refusing_kernel

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@needs_root
async def test_a_node_whose_audit_disk_is_full_gets_no_mail_and_is_back_when_there_is_room(tmp_path):
    with contextlib.ExitStack() as stack:
        async with Sink() as sink:
            home = tmp_path / "node-1"
            home.mkdir()
            stack.enter_context(file_system(home / "data", "size=160m"))
            async with nodes(tmp_path, sink, count=2) as both:
                assert await both.ready(1) == (200, "sẵn sàng nhận thư / ready for mail\n")
                clients = Clients(both.address)
                tasks = [asyncio.create_task(clients.run()) for _ in range(4)]
                await asyncio.sleep(1)
                filler = home / "data" / "filler"
                began = time.monotonic()
                with contextlib.suppress(OSError), filler.open("wb") as file:
                    while True:
                        file.write(bytes(1 << 20))
                await both.until_up(1)
                out = time.monotonic()
                status, words = await both.ready(1)
                assert status == 503
                assert words.count("\n") == 1
                assert "MiB" in words or "audit" in words
                relayed = len(clients.acknowledged)
                await asyncio.sleep(3)
                await until(lambda: len(clients.acknowledged) > relayed + 20)
                assert not [moment for moment in clients.failed if moment > out], "it was out and got mail"
                filler.unlink()
                back_s = await both.until_up(2)
                clients.stopping = True
                await asyncio.gather(*tasks)
                print(f"out {out - began:.2f} s, back {back_s:.2f} s")
                assert (out - began < 3 and back_s < 5) or not LONG


@pytest.mark.skipif(not LONG, reason="`make cluster` runs it")
async def test_ready_says_in_one_line_why_not_while_stopping_and_with_a_writer_or_readers_that_hang(tmp_path):
    async with Sink() as sink, nodes(tmp_path, sink, count=1) as one:
        (gateway,) = one.gateways
        with stopped(gateway.audit_writer()):
            began = time.monotonic()
            while (await one.ready(1))[0] == 200:
                assert time.monotonic() - began < 60
            status, words = await one.ready(1)
            assert (status, words.count("\n")) == (503, 1)
            assert " / " in words
        await _again(one)
        with stopped(gateway.zygote()):
            await gateway.until(lambda: "readers of documents" in gateway.log)
            status, words = await one.ready(1)
            assert status == 503
            assert "readers of documents" in words
            while (await one.banner(1)).code != 421:
                assert (await one.ready(1))[0] == 503, "the banner is that of a node that is ready"
        await _again(one)
        os.kill(gateway.audit_writer(), signal.SIGKILL)
        await _again(one)


async def _again(one, limit_s=300):
    began = time.monotonic()
    while (found := await one.ready(1))[0] != 200:
        assert time.monotonic() - began < limit_s, found
        await asyncio.sleep(0.1)


def test_the_sample_of_the_balancer_is_one_that_haproxy_takes():
    if shutil.which("haproxy") is None:
        pytest.skip("no haproxy (make system-test)")
    subprocess.run(["haproxy", "-c", "-f", ROOT / "deploy/haproxy/haproxy.cfg"], check=True, capture_output=True)


def test_a_gateway_that_starts_or_stops_is_not_ready_nor_one_that_a_cluster_disagrees_with(tmp_path):
    load, board = SharedLoad(1), Board()
    disk = Disk(data=tmp_path, spool=None, certs=None)
    inner, door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ready = Readiness(load, board, disk, door)
    assert "starting" in ready.fault()
    load.went(Stage.SERVING)
    board.write({"rules": {"reason": "other rules"}})
    assert "other rules" in ready.fault()
    board.write({})
    assert "does not answer" in ready.fault()  # nobody behind the door
    load.went(Stage.DRAINING)
    assert "stopping" in ready.fault()
    for end in (inner, door):
        end.close()


async def test_readers_that_could_not_begin_are_tried_without_a_mail_until_they_can(tmp_path):
    """A node without mail would never learn that they can again, and a node that is not ready gets none."""
    board = Board()
    for probe, fit in ((refusing_kernel.PROBE, False), (None, True)):
        pool = WorkerPool.start(PoolSettings(probe=probe)).connect()
        pool.unbegun = 3
        vitals = Vitals(Heart(), Reporter(Pipe()), board, (tmp_path,))
        living = asyncio.create_task(vitals.live(SimpleNamespace(unanswered_s=0.0), pool))
        try:
            await until(lambda pool=pool, fit=fit: pool.unbegun == 0 if fit else pool.unbegun > 4)
        finally:
            living.cancel()
            pool.close()
    inner, door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    load = SharedLoad(1)
    load.went(Stage.SERVING)
    board.write({"reader": {"reason": "denied"}})
    ready = Readiness(load, board, Disk(data=tmp_path, spool=None, certs=None), door)
    assert "denied" in ready.fault()
    for end in (inner, door):
        end.close()


def test_what_a_front_end_cannot_take_now_is_answered_with_its_code(tmp_path):
    vitals = Vitals(Heart(), Reporter(Pipe()), Board(), (tmp_path,))
    assert vitals.refused_now(0) is None
    assert vitals.refused_now(1 << 60) == (452, "4.3.1", "no_room")
    vitals.record_settled(AuditError("disk"))
    assert vitals.refused_now(0) == (451, "4.3.2", "no_log")
    vitals.record_settled(None)
    assert vitals.refused_now(0) is None


@pytest.mark.parametrize(
    ("trouble", "free", "told"),
    [
        ("zygote", 1 << 40, "no_readers"),
        ("reader", 1 << 40, "no_readers"),
        ("audit", 1 << 40, "no_log"),
        ("rules", 1 << 40, "other_rules"),
        ("", 1 << 20, "no_room"),
    ],
)
def test_a_node_that_is_not_ready_says_so_at_the_banner_and_a_machine_alone_takes_what_it_can(
    tmp_path, monkeypatch, trouble, free, told
):
    monkeypatch.setattr("gateway.serve.vitals._free", lambda _: free)
    board = Board()
    board.write({trouble: {}} if trouble else {})
    for clustered in (True, False):
        vitals = Vitals(Heart(), Reporter(Pipe()), board, (tmp_path,), clustered=clustered)
        assert vitals.barred() == (told if clustered else "")
