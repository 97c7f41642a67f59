"""What people do stands in the log before it is done."""

import asyncio
import socket
import sqlite3
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from gateway.audit.acts import Acts, record_at_once
from gateway.audit.committer import Committer
from gateway.audit.query import AuditReader, Filter
from gateway.audit.record import Act
from gateway.audit.render import render_rows
from gateway.audit.service import AuditService
from gateway.audit.verify import verify
from gateway.errors import AuditError, AuditLostError
from tests.audit.support import standalone

DELETED = Act(who="an.tt", roles=("auditor",), what="export", about="tu:a@b", reason="thanh tra", client="192.0.2.7")


class _Writer:
    """The log's writer, in a thread of its own."""

    def __init__(self, data: Path) -> None:
        inner, self.door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        service = AuditService(Committer.open(data), inner)
        self._thread = threading.Thread(target=service.run)
        self._thread.start()

    def __enter__(self) -> socket.socket:
        return self.door

    def __exit__(self, *_: object) -> None:
        self.door.close()
        self._thread.join()


async def test_an_act_is_listed_and_the_log_stays_whole(tmp_path: Path) -> None:
    with _Writer(tmp_path) as door:
        with closing(Acts(door)) as acts:
            seq = await asyncio.to_thread(acts.put, DELETED)
    assert seq == 1
    with AuditReader.open(tmp_path) as reader:
        (row,) = reader.find(Filter(state="act"))
        assert (row.seq, row.sender, row.subject, row.text) == (1, "an.tt", "export tu:a@b", "thanh tra")
        assert reader.find(Filter(login="an.tt")) == reader.find(Filter(words="thanh tra")) == (row,)
    assert verify(tmp_path).exit_code == 0


async def test_an_act_of_a_command_is_written_beside_a_running_writer(tmp_path: Path) -> None:
    with _Writer(tmp_path) as door:
        with closing(Acts(door)) as acts:
            await acts.record(DELETED)
            assert await asyncio.to_thread(record_at_once, tmp_path, DELETED) == 2
            assert await acts.record(DELETED) == 3
    assert verify(tmp_path).records == 3
    assert standalone(tmp_path / "audit.db", tmp_path / "checkpoints") == 0


async def test_an_act_that_may_have_been_written_is_taken_back_by_the_next(tmp_path: Path) -> None:
    inner, door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    acts = Acts(door)
    lost = asyncio.ensure_future(acts.record(DELETED))
    await asyncio.sleep(0)  # the record goes out in the next step of the loop
    await asyncio.sleep(0)
    acts.close()
    with pytest.raises(AuditError):
        await lost
    service = AuditService(Committer.open(tmp_path), inner)
    thread = threading.Thread(target=service.run)
    thread.start()
    await acts.record(Act(who="b", what="other"))
    acts.close()
    door.close()
    await asyncio.to_thread(thread.join)
    with AuditReader.open(tmp_path) as reader:
        rows = reader.find(Filter(state="act"))
    assert [row.subject for row in rows][:2] == ["other", "✖ export tu:a@b"]
    assert "✖ tải danh sách tu:a@b" in render_rows(rows)


def test_an_act_in_hand_when_its_process_ends_is_a_lost_one_and_no_fault_of_ours() -> None:
    inner, door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    async def begun(threads: ThreadPoolExecutor) -> tuple[Acts, Future[int]]:
        acts = Acts(door)
        act = threads.submit(acts.put, DELETED)
        await asyncio.to_thread(inner.recv, 1)  # the writer has it, and does not answer
        return acts, act

    with ThreadPoolExecutor(1) as threads:
        acts, act = asyncio.run(begun(threads))
        for later in (act, threads.submit(acts.put, DELETED)):
            with pytest.raises(AuditLostError, match="ended"):
                later.result()
    acts.close()
    inner.close()
    door.close()


def test_texts_that_json_cannot_carry_are_cut(tmp_path: Path) -> None:
    record_at_once(tmp_path, Act(who="\ud800" * 1000, what="x" * 1000, reason="y" * 10_000))
    with closing(sqlite3.connect(tmp_path / "audit.db")) as connection:
        (body,) = connection.execute("SELECT body FROM record").fetchone()
    assert len(body) < 8000
    assert verify(tmp_path).exit_code == 0
