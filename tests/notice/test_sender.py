"""How many notices a mailbox gets, whoever sends them: over a real next hop, one book for all."""

import asyncio
import sqlite3
import stat

import pytest

from gateway.errors import NoticeError
from gateway.nexthop.failures import HopFailedError
from gateway.nexthop.hop import NextHop
from gateway.notice import Author, NoticeBook, Notices
from gateway.notice.book import DAY_S, MOST_A_DAY, NAME, Fate, lost
from tests.notice.test_mail import AN, hop_to
from tests.support.loops import Clock
from tests.support.sink import Act, Sink

NOW = 1_800_000_000.0


def notices(folder, hop: NextHop, clock=None) -> Notices:
    """What a process has: a book of its own on the one file."""
    return Notices(hop, NoticeBook(folder), Author("gateway@gw.example", "gw.example"), clock=clock or Clock(NOW))


@pytest.mark.slow
async def test_ten_thousand_occasions_in_several_processes_and_over_restarts_are_twenty_mails(tmp_path):
    clock = Clock(NOW)
    async with Sink() as sink:
        hop = hop_to(sink)
        for _ in range(2):
            processes = [notices(tmp_path, hop, clock) for _ in range(4)]
            await asyncio.gather(*(one.send("weak_password", AN) for one in processes for _ in range(1250)))
        assert len(sink.delivered) == MOST_A_DAY
        assert (await notices(tmp_path, hop, clock).send("weak_password", "binh@x.example")).code == 250
        clock.now += DAY_S + 1
        assert (await notices(tmp_path, hop, clock).send("weak_password", AN.upper())).code == 250
        hop.close()


async def test_a_machine_that_answers_each_notice_comes_to_an_end(tmp_path):
    async with Sink() as sink:
        hop = hop_to(sink)
        one, answered = notices(tmp_path, hop), 0
        await one.send("weak_password", AN)
        while len(sink.delivered) > answered:  # its answer is an act of the mailbox, which calls for a notice
            answered = len(sink.delivered)
            await one.send("weak_password", AN)
        assert answered == MOST_A_DAY
        hop.close()


@pytest.mark.parametrize(
    ("stage", "act", "kept"),
    [
        ("rcpt", Act(b"550 5.1.1 unknown\r\n"), [(Fate.REFUSED, "550 5.1.1 unknown")]),
        ("dot", Act(None, close=True), [(Fate.UNKNOWN, "next hop: connection lost")]),
        ("mail", Act(None, close=True), []),
    ],
)
async def test_what_became_of_a_notice_is_kept_and_what_was_not_sent_does_not_count(tmp_path, stage, act, kept):
    async with Sink(lambda at, _: act if at == stage else None) as sink:
        hop = hop_to(sink)
        try:
            await notices(tmp_path, hop).send("weak_password", AN)
        except HopFailedError:
            assert stage != "rcpt"
        hop.close()
    found = lost(tmp_path, NOW)
    assert [(one.fate, one.answer) for one in found] == kept
    assert lost(tmp_path, NOW + 2 * DAY_S + 1) == ()
    with sqlite3.connect(tmp_path / NAME) as connection:
        assert connection.execute("SELECT count(*), count(nullif(fields, '{}')) FROM notice").fetchone() == (
            len(kept),
            0,
        )
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


async def test_without_a_book_nothing_is_sent_and_the_words_say_what_to_do(tmp_path):
    (tmp_path / NAME).write_bytes(b"no database, but long enough to be looked at" * 100)
    async with Sink() as sink:
        hop = hop_to(sink)
        with pytest.raises(NoticeError, match="remove the file"):
            await notices(tmp_path, hop).send("weak_password", AN)
        hop.close()
    assert not sink.delivered
    with pytest.raises(NoticeError):
        lost(tmp_path, NOW)
