"""Notices in wire form, and their way to a next hop over real sockets."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from gateway.model import NextHopTls
from gateway.nexthop.failures import HopFailedError
from gateway.nexthop.hop import NextHop
from gateway.nexthop.settings import NextHopSettings
from gateway.notice import Author, hand_over, mailbox_of
from gateway.texts.catalogue import product_texts
from tests.support.sink import Act, Sink

AN = "an.noivu@x.example"
NOW = datetime(2026, 11, 27, 1, tzinfo=UTC)


def made(kind: str, **fields: object) -> bytes:
    return Author("gateway@gw.example", "gw.example").writes(kind, AN, NOW.timestamp(), fields)


def hop_to(sink: Sink) -> NextHop:
    return NextHop(NextHopSettings(host="127.0.0.1", port=sink.port, our_name="gw.example", tls=NextHopTls.NONE))


@pytest.mark.parametrize("kind", sorted(kind for kind, words in product_texts("notice").items() if "subject" in words))
def test_each_kind_is_plain_text_in_both_languages_and_says_that_no_person_wrote_it(kind):
    fields = dict.fromkeys(re.findall(r"\{(\w+)\}", str(product_texts("notice")[kind]["body"])), ".\r\n.x")
    read = message_from_bytes(made(kind, **fields), policy=policy.default)
    answers = product_texts("notice")[kind].get("answers", False)
    assert read["Auto-Submitted"] == ("auto-replied" if answers else "auto-generated")
    assert "http" not in str(product_texts("notice")[kind]), "where a link leads is the console's to say"
    assert (read["To"], read["From"], read.get_content_type()) == (AN, "gateway@gw.example", "text/plain")
    words, text = product_texts("notice")[kind], read.get_content()
    first, second = (words["body"][language].strip().partition("{")[0][:10] for language in ("vi", "en"))
    assert 0 <= text.find(first) < text.rfind(second)
    assert not any(line.startswith(b".") for line in made(kind, **fields).split(b"\r\n"))


@pytest.mark.parametrize("note", [("Chưa gửi.", "Not sent."), ("", "")])
def test_a_pair_has_words_of_its_own_in_each_language_and_an_empty_one_no_line(note):
    fields = {"sender": AN, "recipients": AN, "explanation": ("TỪ CHỐI\nvì", "REJECTED\nfor"), "note": note}
    words = message_from_bytes(made("self_check", **fields), policy=policy.default).get_content()
    shown = [line for line in words.splitlines() if line in {"TỪ CHỐI", "vì", "REJECTED", "for", *note} - {""}]
    assert shown == [*filter(None, [note[0]]), "TỪ CHỐI", "vì", *filter(None, [note[1]]), "REJECTED", "for"]
    assert "('" not in words


async def test_a_notice_goes_out_with_the_null_reverse_path():
    async with Sink() as sink:
        hop = hop_to(sink)
        assert (await hand_over(hop, AN, made("weak_password"))).code == 250
        hop.close()
    (mail,) = sink.delivered
    assert (mail.mail_line, mail.rcpt_lines) == (b"MAIL FROM:<>", [b"RCPT TO:<an.noivu@x.example>"])


async def test_the_reply_that_decides_comes_back_and_what_fails_before_the_dot_was_not_sent():
    async with Sink(lambda stage, _: Act(b"550 5.1.1 no\r\n") if stage == "rcpt" else None) as sink:
        hop = hop_to(sink)
        assert (await hand_over(hop, AN, made("weak_password"))).code == 550
        hop.close()

    async def refuse() -> None:
        raise OSError

    async with Sink() as sink:
        hop = hop_to(sink)
        with pytest.raises(OSError):
            await hand_over(hop, AN, made("weak_password"), refuse)
        hop.close()
    assert not sink.delivered
    with pytest.raises(HopFailedError):
        await hand_over(hop_to(sink), AN, made("weak_password"))


@pytest.mark.parametrize(
    ("login", "mailbox"),
    [
        (AN, AN),
        ("an", "an@x.example"),
        ("", ""),
        ("an>@x.example", ""),
        ("an@x.example\r\nRCPT TO:<b@x.example>", ""),
        ("ăn@x.example", ""),
    ],
)
def test_only_a_login_that_is_a_plain_mailbox_can_be_notified(login, mailbox):
    assert mailbox_of(login, "x.example") == mailbox
