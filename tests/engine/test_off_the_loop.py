"""Mails that take long to judge are judged beside the event loop, whatever makes them long."""

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
    policies = SimpleNamespace(verdict="verdict", policies=(), reads_inline=True)
    rules = SimpleNamespace(policies=policies, directory=None)
    judge = pipeline.Judge(rulebook=SimpleNamespace(current=rules), workers=None)
    envelope = Envelope(reverse_path="an@a.vn", forward_paths=("binh@b.vn",))
    session = Session(front_end=FrontEnd.SUBMISSION, client_address="10.0.0.1")
    with Spool.from_content(content) as spool:
        transaction = Transaction(
            id="T1",
            session=session,
            envelope=envelope,
            received_at=datetime.now(UTC),
            sha256=spool.sha256,
            size_bytes=len(content),
        )
        verdict = (await judge.judge(transaction, spool)).verdict
    assert verdict == "verdict"
    assert (threads != [threading.main_thread()]) is beside
