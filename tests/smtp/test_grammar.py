# ruff: noqa: PT017  (nested servers and clients, and small scripts, read better so)
"""Paths and parameters: what RFC 5321 allows passes unchanged, everything else is refused, nothing is repaired."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.grammar import (
    CommandError,
    decode_line,
    is_helo_name,
    is_mailbox,
    parameters_for,
    parse_mail,
    parse_rcpt,
)

GOOD_MAILBOXES = [
    "a@b",
    "vanthu.bt@tphcm.gov.vn",
    "o'brien+tag@x-y.example",
    '"quoted string"@example.org',
    r'"a\"b\\c"@example.org',
    '"a>b"@example.org',
    '"a@b"@example.org',
    "user@[192.0.2.1]",
    "user@[IPv6:2001:db8::1]",
    "nguyễn@thànhphố.example",
    "x" * 64 + "@example.org",
]
BAD_MAILBOXES = [
    "",
    "a",
    "@b",
    "a@",
    "a@@b",
    "a@b@c",
    ".a@b",
    "a.@b",
    "a..b@c",
    "a b@c",
    "a@b..c",
    "a@-b",
    "a@b-",
    "a@b_c",
    "a@b.",
    "@relay:c@d",
    "@relay,@two:c@d",
    "<a@b",
    "a@b>",
    "c(x)@d",
    "c @ d",
    "=?utf-8?q?a?=@b c",
    "a@[1.2.3]",
    "a@[300.1.1.1]",
    "a@[IPv6:zz]",
    '"a"b@c',
    '"a@c',
    '"a\x00"@c',
    "a\u202eb@c",
    "a\u2028@c",
    "a\ud800@c",
    "x" * 65 + "@example.org",
    "a@" + "x" * 64 + ".org",
    "a@" + "x." * 130 + "org",
    "a%b@c@d",
    "host!user",
]


@pytest.mark.parametrize("mailbox", GOOD_MAILBOXES)
def test_mailbox_of_the_rfc_passes_unchanged(mailbox):
    assert is_mailbox(mailbox)
    assert parse_rcpt(f"TO:<{mailbox}>").path == mailbox
    assert parse_mail(f"FROM:<{mailbox}> SIZE=3").path == mailbox


@pytest.mark.parametrize("mailbox", BAD_MAILBOXES)
def test_what_is_no_mailbox_is_refused(mailbox):
    assert not is_mailbox(mailbox)
    with pytest.raises(CommandError) as caught:
        parse_rcpt(f"TO:<{mailbox}>")
    assert caught.value.code in {501, 553, 555}


def test_null_reverse_path_is_empty_and_only_for_mail():
    assert parse_mail("FROM:<>").path == ""
    with pytest.raises(CommandError):
        parse_rcpt("TO:<>")


def test_postmaster_needs_no_domain():
    assert parse_rcpt("TO:<Postmaster>").path == "Postmaster"
    with pytest.raises(CommandError):
        parse_mail("FROM:<postmaster>")


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "FROM",
        "FROM:",
        "FROM:a@b",
        "FROM:<a@b",
        "TO:<a@b>",
        "FROM:<a@b>x",
        "FROM:<a@b>SIZE=1",
        "FROM:  <a@b>",
        "FROM:<a@b>> ",
    ],
)
def test_broken_mail_syntax_is_refused(argument):
    with pytest.raises(CommandError):
        parse_mail(argument)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ("SIZE=abc", 501),
        ("SIZE=", 501),
        ("SIZE", 501),
        ("SIZE=1 SIZE=2", 501),
        ("BODY=BINARYMIME", 501),
        ("SMTPUTF8=yes", 501),
        ("RET=SOME", 501),
        ("ENVID=a=b", 501),
        ("ENVID=" + "x" * 101, 501),
        ("MT-PRIORITY=3", 555),
        ("XFOO=1", 555),
        ("=1", 555),
    ],
)
def test_bad_mail_parameters_are_refused(parameters, code):
    with pytest.raises(CommandError) as caught:
        parse_mail(f"FROM:<a@b> {parameters}")
    assert caught.value.code == code


def test_parameters_keep_their_spelling():
    command = parse_mail("FROM:<a@b> size=100 Body=8bitmime RET=hdrs ENVID=QQ314159+2B AUTH=<>")
    assert command.raw_parameters == ("size=100", "Body=8bitmime", "RET=hdrs", "ENVID=QQ314159+2B", "AUTH=<>")
    extensions = {"SIZE", "8BITMIME", "DSN", "AUTH"}
    assert parameters_for(command, extensions) == " size=100 Body=8bitmime RET=hdrs ENVID=QQ314159+2B AUTH=<>"
    recipient = parse_rcpt("TO:<a@b> NOTIFY=success,DELAY ORCPT=rfc822;Bob@Example.ORG")
    assert parameters_for(recipient, extensions) == " NOTIFY=success,DELAY ORCPT=rfc822;Bob@Example.ORG"


def test_what_the_next_hop_lacks_is_left_out_only_where_nothing_is_lost():
    assert parameters_for(parse_mail("FROM:<a@b> SIZE=5 AUTH=<> BODY=7BIT"), set()) == ""
    for parameters, code, enhanced in [
        ("SMTPUTF8", 554, "5.6.7"),
        ("BODY=8BITMIME", 554, "5.6.3"),
        ("RET=HDRS", 555, "5.5.4"),
    ]:
        with pytest.raises(CommandError) as caught:
            parameters_for(parse_mail(f"FROM:<a@b> {parameters}"), set())
        assert (caught.value.code, caught.value.enhanced) == (code, enhanced)


@given(st.text(max_size=40))
def test_no_accepted_path_can_break_out_of_its_brackets(text):
    if is_mailbox(text):
        assert parse_rcpt(f"TO:<{text}>").path == text
        assert not any(character < " " or character == "\x7f" for character in text)
        if not text.startswith('"'):
            assert not set(text) & set("<> ")


@given(st.binary(max_size=60))
def test_any_bytes_are_parsed_or_refused(octets):
    for parse in (parse_mail, parse_rcpt):
        for prefix in (b"", b"FROM:<", b"TO:<", b"FROM:<a@b> ", b'FROM:<"'):
            try:
                parse(decode_line(prefix + octets))
            except CommandError as error:
                assert error.code in {500, 501, 553, 555}


@pytest.mark.parametrize("line", [b"MAIL\x00", b"a\rb", b"a\tb", b"\x7f", b"\xff\xfe"])
def test_controls_and_broken_utf8_are_refused(line):
    with pytest.raises(CommandError):
        decode_line(line)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("pc-07", True),
        ("[127.0.0.1]", True),
        ("máy_văn_thư", True),
        ("", False),
        ("a b", False),
        ("x" * 256, False),
        ("a\u202eb", False),
    ],
)
def test_helo_names(name, good):
    assert is_helo_name(name) is good
