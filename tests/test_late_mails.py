"""Mails that were answered before they were judged: read on within bounds, their content in hand for so long."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from gateway.config.sections import Configuration
from gateway.model import Envelope, FrontEnd, Language, Session, Transaction
from gateway.pipeline import stages
from gateway.pipeline.judge import Behind
from gateway.serve.app import inspection_limits, places
from gateway.spool import ByteBudget, Spool, SpoolSettings


def spool(size, budget):
    one = Spool(SpoolSettings(), budget)
    one.write(bytes(size))
    return one


async def endless():
    await asyncio.sleep(3600)


async def ended(task):
    await asyncio.wait({task})
    await asyncio.sleep(0)


async def test_content_is_kept_until_the_work_ends_and_no_longer():
    budget, gate, behind = ByteBudget(1 << 20), asyncio.Event(), Behind()
    content = spool(1000, budget)
    work = asyncio.create_task(gate.wait())
    assert behind.take("BT-1", work, content)
    content.close()  # the front end has answered
    assert "BT-1" in behind
    assert len(content.content()) == 1000
    gate.set()
    await ended(work)
    assert "BT-1" not in behind
    assert budget.used_bytes == 0


async def test_no_more_content_is_kept_than_allowed():
    budget, behind = ByteBudget(1 << 20), Behind(limit_bytes=1500)
    first, second = asyncio.create_task(endless()), asyncio.create_task(endless())
    assert behind.take("BT-1", first, spool(1000, budget))
    assert not behind.take("BT-2", second, spool(1000, budget))
    behind.close()
    second.cancel()
    await ended(first)
    assert behind.take("BT-3", second, spool(1000, budget))


async def test_work_that_never_ends_is_ended():
    behind = Behind(limit_s=0.01)
    work = asyncio.create_task(endless())
    assert behind.take("BT-1", work, spool(10, None))
    await ended(work)
    assert work.cancelled()


async def test_a_log_that_hangs_does_not_hold_up_the_answer_to_a_late_mail(monkeypatch):
    monkeypatch.setattr(stages, "_LAST_RECORD_S", 0.01)
    begun = asyncio.Event()

    async def judging(*_: object) -> None:
        begun.set()
        await endless()

    judge = SimpleNamespace(judge=judging, readings=SimpleNamespace(going=set()))
    audit = SimpleNamespace(trouble=lambda *_: endless())
    pipeline = stages.Pipeline(judge, audit, outgoing=None, languages=(Language.EN,), new_reference=str)
    late = Transaction(
        id="BT-1",
        session=Session(front_end=FrontEnd.RELAY, client_address=None, helo=None, languages=(Language.EN,)),
        envelope=Envelope(reverse_path="", forward_paths=()),
        received_at=datetime.now(UTC),
        size_bytes=0,
        sha256="",
    )
    work = asyncio.create_task(pipeline.process(late, spool(0, None), None))
    async with asyncio.timeout(60):
        await begun.wait()
    work.cancel()
    await asyncio.wait({work}, timeout=60)
    assert work.cancelled()


@pytest.mark.parametrize(
    ("key", "value", "name"),
    [
        ("cpu_s", 77.0, "cpu_s"),
        ("part_cpu_s", 7.0, "part_cpu_s"),
        ("mib_cpu_s", 3.0, "mib_cpu_s"),
        ("page_cpu_s", 4.0, "page_cpu_s"),
        ("memory_bytes", 300 << 20, "memory_bytes"),
        ("produced_bytes", 2 << 20, "limit_bytes"),
        ("files", 9, "limit_files"),
        ("depth", 3, "limit_depth"),
    ],
)
def test_each_limit_of_the_file_reaches_the_readers(key, value, name):
    configuration = Configuration.model_validate({"inspection": {key: value}})
    assert getattr(inspection_limits(configuration), name) == value


def test_children_are_for_all_workers_and_one_for_each_processor_by_default():
    assert places(Configuration.model_validate({"inspection": {"children": 7}, "workers": 3})) == 7
    assert places(Configuration()) >= 1
