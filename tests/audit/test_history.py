"""Which senders the log has met: through the index, behind it, from other processes, and never on the event loop."""

import asyncio
import sqlite3
import threading
from contextlib import closing

import pytest

from gateway.audit import AuditLog, Delivery, SenderHistory
from gateway.audit import history as module
from gateway.audit.index import Index
from gateway.audit.store import Folder
from gateway.model import Disposition, HeaderField
from tests.audit.support import OK, REFUSAL, evidence, fill, relay, running, transaction, verdict

AN, OTHER = "an@gov.example", "mallory@gov.example"


async def met(data, *addresses):
    with closing(SenderHistory(data)) as history:
        return (await history.look_up(addresses or (AN,))).met


async def test_a_sender_is_met_once_a_mail_was_delivered(tmp_path):
    async with running(tmp_path) as log:
        with closing(SenderHistory(tmp_path)) as history:
            assert (await history.look_up([AN])).since is None
            sent = transaction(1)
            await log.intent(sent, verdict(), evidence())
            answer = await history.look_up([AN.upper(), OTHER])
            assert (answer.met, answer.unmet) == (frozenset(), {AN, OTHER})
            assert answer.since is not None
            await log.outcome(sent.id, OK)
            answer = await history.look_up([AN.upper(), OTHER])
            assert (answer.met, answer.unmet) == ({AN}, {OTHER})


@pytest.mark.parametrize("what", ["refused", "upstream refused", "not sent", "login failed"])
async def test_a_mail_that_was_not_delivered_makes_no_acquaintance(tmp_path, what):
    async with running(tmp_path) as log:
        sent = transaction(1)
        match what:
            case "refused":
                await log.refused(sent, verdict(Disposition.REJECT), evidence(), REFUSAL)
            case "login failed":
                await log.auth_failed(sent.session, AN, 535)
            case _:
                await log.intent(sent, verdict(), evidence())
                await log.outcome(sent.id, REFUSAL, None if what == "upstream refused" else Delivery.NOT_SENT)
        assert await met(tmp_path) == frozenset()
    assert await met(tmp_path) == frozenset()


async def test_the_author_counts_as_well_and_a_display_name_does_not(tmp_path):
    async with running(tmp_path) as log:
        judged = evidence()
        shown = f"{OTHER}, An <author@gov.example>"
        from_field = HeaderField("From", b"", shown, shown)
        message = type(judged.message)(fields=(from_field,), root=judged.message.root)
        judged = type(judged)(now=judged.now, session=judged.session, envelope=judged.envelope, message=message)
        sent = transaction(1)
        await log.intent(sent, verdict(), judged)
        await log.outcome(sent.id, OK, Delivery.PASSED_ON)
    assert await met(tmp_path, AN, OTHER, "author@gov.example") == {AN, "author@gov.example"}


async def test_what_the_index_does_not_have_yet_is_read_behind_it(tmp_path, monkeypatch):
    """The intent may be in the index and the outcome behind it."""
    async with running(tmp_path) as log:
        sent = transaction(1)
        await log.intent(sent, verdict(), evidence())
        await asyncio.to_thread(Index(Folder(tmp_path)).catch_up)
        monkeypatch.setattr(Index, "follow", lambda _self: False)
        assert await met(tmp_path) == frozenset()
        await log.outcome(sent.id, OK)
        assert await met(tmp_path) == {AN}
        (tmp_path / "audit-index.db").unlink()
        assert await met(tmp_path) == {AN}
        monkeypatch.setattr(module, "_LIMIT_TAIL", 2)
        with closing(SenderHistory(tmp_path)) as history:
            assert await history.look_up([AN]) is None, "too far behind to say"


async def test_every_process_knows_what_all_have_recorded(tmp_path):
    one, two = AuditLog.open(tmp_path), AuditLog.open(tmp_path)
    await one.start()
    await two.start()
    histories = SenderHistory(tmp_path), SenderHistory(tmp_path)
    assert [(await history.look_up([AN])).unmet for history in histories] == [{AN}, {AN}]
    await relay(two, 1)
    assert [(await history.look_up([AN])).met for history in histories] == [{AN}, {AN}]
    for history in histories:
        history.close()
    await one.close()
    await two.close()


async def test_a_slow_disk_holds_up_neither_the_loop_nor_the_next_question(tmp_path, monkeypatch):
    await fill(tmp_path, 1)
    monkeypatch.setattr(module, "_LIMIT_WAIT_S", 0.1)
    with closing(SenderHistory(tmp_path)) as history:
        read, go_on = history._read, threading.Event()
        monkeypatch.setattr(history, "_read", lambda addresses: (go_on.wait(300), read(addresses))[1])
        assert await history.look_up([AN]) is None
        monkeypatch.setattr(module, "_LIMIT_WAIT_S", 60)
        async with asyncio.timeout(300):
            assert await history.look_up([AN]) is None, "no question is put behind one that is still open"
        go_on.set()


async def test_a_log_that_cannot_be_read_gives_no_answer(tmp_path, monkeypatch):
    with closing(SenderHistory(tmp_path / "nowhere")) as history:
        assert await history.look_up([AN]) is None
    await fill(tmp_path, 1)
    with closing(SenderHistory(tmp_path)) as history:

        def broken(_addresses):
            raise sqlite3.OperationalError("disk I/O error")

        monkeypatch.setattr(history, "_read", broken)
        assert await history.look_up([AN]) is None


async def test_memory_is_bounded_and_the_latest_stay(tmp_path, monkeypatch):
    await fill(tmp_path, 1)
    monkeypatch.setattr(module, "_LIMIT_SEEN", 2)
    with closing(SenderHistory(tmp_path)) as history:
        assert (await history.look_up([AN])).met == {AN}
        for name in ("one", "two", "three"):
            history._seen[name] = None
            await history.look_up([AN])
        assert list(history._seen) == ["three", AN]
        await history.look_up([f"{number}@gov.example" for number in range(100)])
        assert len(history._seen) == 2, "those that were not met are not kept"
