"""SASL messages are checked for form; secrets never show."""

import traceback
from base64 import b64encode

import pytest

from gateway.smtp.sasl import Mechanism, SaslError, parse_login, parse_plain, parse_xoauth2

CANARY = "c4n4ry-s3cret"


def test_plain_gives_login_and_keeps_the_message():
    line = b64encode(f"\0a@x\0{CANARY}".encode())
    credentials = parse_plain(line)
    assert (credentials.mechanism, credentials.login, credentials.responses) == (Mechanism.PLAIN, "a@x", (line,))
    assert CANARY not in repr(credentials)
    assert line.decode() not in repr(credentials)


def test_login_and_xoauth2():
    assert parse_login(b64encode(b"a@x"), b64encode(b"p")).login == "a@x"
    token = b64encode(b"user=a@x\x01auth=Bearer " + b"t" * 3000 + b"\x01\x01")
    assert parse_xoauth2(token).login == "a@x"


@pytest.mark.parametrize(
    "message",
    [
        b"!!!",
        b"YWJj\n",
        b"YQ",
        b"",
        b"=",
        b64encode(b"no separators"),
        b64encode(b"\0\0password"),
        b64encode(b"\0user\0"),
        b64encode(b"a\0b\0c\0d"),
        b64encode(b"\0us\r\ner\0p"),
        b64encode(b"\0\xff\xfe\0p"),
        b64encode(b"\0" + b"u" * 300 + b"\0p"),
    ],
)
@pytest.mark.parametrize("parse", [parse_plain, parse_xoauth2])
def test_malformed_messages_are_refused(parse, message):
    with pytest.raises(SaslError):
        parse(message)


def test_a_failure_does_not_show_what_was_sent():
    try:
        parse_plain(b64encode(CANARY.encode()) + b"!")
    except SaslError as error:
        shown = "".join(traceback.format_exception(error)) + repr(error)
    assert CANARY not in shown
    assert b64encode(CANARY.encode()).decode() not in shown
