"""Mails that take long to judge are judged beside the event loop, whatever makes them long."""

import asyncio
import base64
import random
import threading
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from gateway.model import Envelope, FrontEnd, Session, Transaction
from gateway.pipeline import judge as pipeline
from gateway.spool import Spool

HEADER = b"From: an@a.vn\r\nTo: binh@b.vn\r\nContent-Type: text/plain; charset=utf-8\r\n"
ORDINARY = "Kính gửi quý cơ quan, xin mời dự họp lúc 8 giờ.\r\n" * 200


@pytest.mark.parametrize(
    ("content", "beside"),
    [
        (HEADER + b"Subject: Hop\r\n\r\n" + ORDINARY.encode(), False),
        (HEADER + b"Subject: Hop\r\n\r\n" + "Mật\r\n".encode() * 4000, True),
        (HEADER + b"Subject: x mat\r\n" * 3000 + b"\r\nKinh gui\r\n", True),
    ],
    ids=["10 KB of prose", "short lines", "fields"],
)
async def test_the_loop_goes_on(monkeypatch, content, beside):
    threads = []

    def evaluate(evidence, policies):
        threads.append(threading.current_thread())
        return policies.verdict

    monkeypatch.setattr(pipeline, "evaluate_facts", evaluate)
    with Spool.from_content(content) as spool:
        verdict = (await judge_of_nothing().judge(mail(spool), spool)).verdict
    assert verdict == "verdict"
    assert (threads != [threading.main_thread()]) is beside


async def test_of_large_mails_one_at_a_time_takes_memory(monkeypatch):
    monkeypatch.setattr(pipeline, "evaluate_facts", lambda evidence, policies: policies.verdict)
    opened, going, together = pipeline._open_large, [], []

    def noted(spool, *, ours):
        going.append(spool)
        together.append(len(going))
        try:
            return opened(spool, ours=ours)
        finally:
            going.remove(spool)

    monkeypatch.setattr(pipeline, "_open_large", noted)
    judge = judge_of_nothing()
    octets = base64.encodebytes(random.Random(1).randbytes(3 << 20)).replace(b"\n", b"\r\n")
    content = HEADER.replace(b"text/plain", b"application/octet-stream") + b"Content-Transfer-Encoding: base64\r\n\r\n"
    spools = [Spool.from_content(content + octets) for _ in range(3)]
    judged = await asyncio.gather(*(judge.judge(mail(spool), spool) for spool in spools))
    assert [one.verdict for one in judged] == ["verdict"] * 3
    assert together == [1, 1, 1]


def judge_of_nothing():
    policies = SimpleNamespace(verdict="verdict", policies=(), reads_inline=True)
    rules = SimpleNamespace(policies=policies, directory=None)
    return pipeline.Judge(rulebook=SimpleNamespace(current=rules), workers=None)


def mail(spool):
    return Transaction(
        id="T1",
        session=Session(front_end=FrontEnd.SUBMISSION, client_address="10.0.0.1"),
        envelope=Envelope(reverse_path="an@a.vn", forward_paths=("binh@b.vn",)),
        received_at=datetime.now(UTC),
        sha256=spool.sha256,
        size_bytes=spool.size_bytes,
    )
