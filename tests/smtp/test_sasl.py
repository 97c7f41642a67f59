"""SASL messages are checked for form; secrets never show."""

import traceback
from base64 import b64encode

import pytest

from gateway.smtp.sasl import Mechanism, SaslError, parse_login, parse_plain, parse_xoauth2, password_meets

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


@pytest.mark.parametrize("password", ["Abc def1!", "mật-Khẩu#1", "a\u0300B-------", "x"])
def test_a_rule_sees_the_password_and_only_its_answer_comes_back(password):
    seen = []
    credentials = (
        parse_plain(b64encode(f"other\0an@x\0{password}".encode())),
        parse_login(b64encode(b"an@x"), b64encode(password.encode())),
    )
    for one in credentials:
        assert password_meets(one, lambda given: seen.append(given) or True) is True
        assert password_meets(one, lambda given: False) is False
    assert seen == [password, password]


def test_a_token_is_no_password_and_bytes_that_are_no_text_do_no_harm():
    token = parse_xoauth2(b64encode(b"user=an@x\x01auth=Bearer abc\x01\x01"))
    assert password_meets(token, lambda _given: pytest.fail("asked")) is None
    assert password_meets(parse_login(b64encode(b"an@x"), b64encode(b"\xff\xfeAb-12345")), lambda _given: True) is True


def test_a_rule_that_raises_says_nothing():
    def broken(given):
        raise ValueError(given)

    assert password_meets(parse_plain(b64encode(b"\0an@x\0canary")), broken) is None
