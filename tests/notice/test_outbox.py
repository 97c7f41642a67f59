"""What waits in the book is sent once, whatever happens to the next hop and to us."""

import sqlite3
from email import message_from_bytes, policy

import pytest

from gateway.notice import Author, NoticeBook
from gateway.notice.book import MOST_A_DAY, NAME, Fate, lost
from gateway.notice.outbox import PATIENCE_S, Outbox
from tests.notice.test_mail import AN, hop_to
from tests.notice.test_sender import NOW
from tests.support.loops import Clock
from tests.support.sink import Act, Sink

FIELDS = {"code": "CANARYFIELD"}


class Post:
    """The process that sends, which may be started anew."""

    def __init__(self, folder, sink):
        self.folder, self.sink, self.clock = folder, sink, Clock(NOW)
        self.start()

    def start(self):
        self.book, self.hop = NoticeBook(self.folder), hop_to(self.sink)
        self.outbox = Outbox(self.hop, self.book, Author("gateway@gw.example", "gw.example"), clock=self.clock)

    def put(self, key="k", recipient=AN) -> bool:
        return self.book.put(key, kind="login_code", recipient=recipient, now=self.clock.now, fields=FIELDS)

    async def later(self, seconds=0.0):
        self.clock.now += seconds
        await self.outbox.send_due()

    def fates(self):
        with sqlite3.connect(self.folder / NAME) as connection:
            rows = connection.execute("SELECT fate, fields FROM notice ORDER BY key").fetchall()
        return [(Fate(fate), "CANARYFIELD" in fields) for fate, fields in rows]


async def test_a_key_is_sent_once_over_restarts_and_nothing_of_it_is_kept(tmp_path):
    async with Sink() as sink:
        post = Post(tmp_path, sink)
        assert post.put()
        for _ in range(2):
            await post.outbox.recover()
            await post.later()
            post.start()
            assert not post.put()
        (mail,) = sink.delivered
        assert post.fates() == [(Fate.SENT, False)]
    assert (mail.mail_line, mail.rcpt_lines) == (b"MAIL FROM:<>", [b"RCPT TO:<an.noivu@x.example>"])
    assert "CANARYFIELD" in message_from_bytes(mail.content, policy=policy.default).get_content()


async def test_while_the_next_hop_is_away_it_waits_over_a_restart_and_goes_out_once_when_it_is_back(tmp_path):
    away = True
    async with Sink(
        lambda stage, _: Act(b"421 4.3.2 away\r\n", close=True) if stage == "banner" and away else None
    ) as sink:
        post = Post(tmp_path, sink)
        post.put("a"), post.put("b")
        await post.later()
        assert len(sink.sessions) == 1, "one try a round, not one for each notice"
        for _ in range(5):
            await post.later(3600)
        assert post.fates() == [(Fate.WAITING, True)] * 2
        post.start()
        await post.outbox.recover()
        away = False
        await post.later(3600)
        assert post.fates() == [(Fate.SENT, False)] * 2
        assert len(sink.delivered) == 2
        assert lost(tmp_path, post.clock.now) == ()


@pytest.mark.parametrize(
    ("stage", "act", "fate"),
    [
        ("rcpt", Act(b"550 5.1.1 unknown\r\n"), Fate.REFUSED),
        ("rcpt", Act(b"450 4.2.0 later\r\n"), Fate.GIVEN_UP),
        ("dot", Act(b"554 5.6.0 no\r\n", store=False), Fate.REFUSED),
        ("dot", Act(b"451 4.3.0 later\r\n", store=False), Fate.GIVEN_UP),
        ("dot", Act(None, close=True), Fate.UNKNOWN),
        ("mail", Act(None, close=True), Fate.GIVEN_UP),
    ],
)
async def test_what_cannot_be_delivered_ends_and_is_shown(tmp_path, stage, act, fate):
    async with Sink(lambda at, _: act if at in (stage, "store" if stage == "dot" else "") else None) as sink:
        post = Post(tmp_path, sink)
        post.put()
        for _ in range(40):
            await post.later(PATIENCE_S / 20)
        (one,) = lost(tmp_path, post.clock.now)
        assert (one.fate, one.recipient, one.kind) == (fate, AN, "login_code")
        assert post.fates() == [(fate, False)]
        tries = sum(command.startswith(b"MAIL") for session in sink.sessions for command in session.commands)
        assert tries < 40


async def test_a_process_that_ends_with_the_dot_out_leaves_a_notice_that_is_not_sent_again(tmp_path):
    async with Sink() as sink:
        post = Post(tmp_path, sink)
        post.put()
        post.book.settle("k", Fate.SENDING)  # durable before the dot goes; then the process was killed
        post.start()
        await post.outbox.recover()
        await post.later()
        assert post.fates() == [(Fate.UNKNOWN, False)]
        assert not sink.delivered


async def test_a_book_that_cannot_be_written_holds_the_dot_back(tmp_path):
    async with Sink() as sink:
        post = Post(tmp_path, sink)
        post.put()

        def full(*_args, **_more):
            raise OSError(28, "No space left on device")

        post.book.settle = full
        with pytest.raises(OSError):
            await post.later()
        assert not sink.delivered
        post.start()
        await post.later(60)
        assert len(sink.delivered) == 1


def test_what_waits_counts_and_what_is_too_many_is_known_for_the_next_time(tmp_path):
    book = NoticeBook(tmp_path)
    put = [book.put(f"k{number}", kind="login_code", recipient=AN, now=NOW, fields=FIELDS) for number in range(200)]
    assert put == [True] * MOST_A_DAY + [False] * (200 - MOST_A_DAY)
    assert book.has("k199")
    assert not book.take("direct", kind="weak_password", recipient=AN, now=NOW)
    book.prune(NOW + 69 * 86_400)
    assert book.has("k0")
    book.prune(NOW + 71 * 86_400)
    assert not book.has("k0")
