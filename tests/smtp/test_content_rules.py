"""What a front end refuses unread is told of a whole content as the wire would tell it."""

import pytest

from gateway.model import Language
from gateway.smtp.content_rules import CODES, refusal, refused_unread
from gateway.smtp.replies import Texts
from gateway.smtp.settings import SmtpLimits
from gateway.spool import Spool

HEAD = b"From: an@tphcm.gov.vn\r\nSubject: x\r\n"
LIMITS = SmtpLimits(message_bytes=1000, line_bytes=100, received_fields=3)


def broken(content, limits=LIMITS):
    with Spool.from_content(content) as spool:
        return refused_unread(spool, limits)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", ""),
        (HEAD + b"\r\nmot\r\nhai\r\n", ""),
        (HEAD + b"\r\nkhong co dong cuoi", ""),
        (HEAD + b"\r\n.\r\n..\r\n.a\r\n", ""),
        (HEAD + "\r\nchữ tám bit\r\n".encode(), ""),
        (HEAD + b"\r\nmot\nhai\r\n", "bare_newline"),
        (HEAD + b"\r\nmot\rhai\r\n", "bare_newline"),
        (HEAD + b"\r\nmot\r", "bare_newline"),
        (HEAD + b"\r\nmot\n", "bare_newline"),
        (HEAD + b"\r\nmot\n.\nMAIL FROM:<a@b>\r\n", "bare_newline"),
        (HEAD + b"\r\nmot\0hai\r\n", "nul"),
        (HEAD + b"\r\n" + b"a" * 99 + b"\r\n", "long_line"),
        (HEAD + b"\r\n" + b"a" * 98 + b"\r\n", ""),
        (b"Received: x\r\n" * 3 + HEAD + b"\r\n", ""),
        (b"Received: x\r\n" * 4 + HEAD + b"\r\n", "loop"),
        (HEAD + b"\r\n" + b"Received: x\r\n" * 4, ""),
        (b"a\r\n" * 334, "too_big"),
        (b"a\n" * 600, "too_big"),
    ],
)
def test_a_content_is_refused_by_the_rule_that_the_wire_applies(content, rule):
    assert broken(content) == rule


def test_a_content_of_just_the_size_limit_is_taken():
    assert broken(b"a\r\n" * 333 + b"\r\n", SmtpLimits(message_bytes=1001)) == ""
    assert broken(b"a\r\n" * 333 + b"\r\n", SmtpLimits(message_bytes=1000)) == "too_big"


@pytest.mark.parametrize("language", list(Language))
def test_every_rule_has_a_refusal_of_its_class_with_the_reference_last(language):
    for rule, (code, enhanced) in CODES.items():
        reply = refusal(Texts((language,)), rule, reference="BT-1", limit_bytes=35 << 20)
        assert (reply.code, reply.enhanced) == (code, enhanced)
        assert str(code)[0] == enhanced[0]
        assert reply.lines[0].endswith(" [BT-1]")
        assert "{" not in reply.lines[0]
        assert not refusal(Texts((language,)), rule, reference="", limit_bytes=1).lines[0].endswith("]")
