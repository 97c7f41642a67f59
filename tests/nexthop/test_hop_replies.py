"""Replies are parsed strictly, in any pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.nexthop.replies import Capabilities, HopReply, MalformedReplyError, ReplyParser


def parse(octets, size=None):
    parser, replies = ReplyParser(), []
    for position in range(0, len(octets), size or len(octets)):
        replies += parser.feed(octets[position : position + (size or len(octets))])
    assert not parser.pending
    return replies


@pytest.mark.parametrize("size", [1, 2, 5, None])
def test_replies_in_any_pieces(size):
    octets = b"220 hi\r\n250-one\r\n250-two\r\n250 three\r\n354\r\n550 5.1.1 kh\xc3\xb4ng\r\n250 \r\n"
    assert parse(octets, size) == [
        HopReply(220, ("hi",)),
        HopReply(250, ("one", "two", "three")),
        HopReply(354, ("",)),
        HopReply(550, ("5.1.1 không",)),
        HopReply(250, ("",)),
    ]


@pytest.mark.parametrize(
    "octets",
    [
        b"hello\r\n",
        b"\r\n",
        b"25 x\r\n",
        b"2500 x\r\n",
        b"199 x\r\n",
        b"600 x\r\n",
        b"250x\r\n",
        b"250 a\n",
        b"250 a\rb\r\n",
        b"250 a\0\r\n",
        b"250-a\r\n251 b\r\n",
        "２５０ x\r\n".encode(),
        b"250 " + b"x" * 5000 + b"\r\n",
        b"x" * 5000,
        b"250-x\r\n" * 6000,
    ],
)
def test_what_is_no_reply_is_named_and_not_shown(octets):
    with pytest.raises(MalformedReplyError) as caught:
        ReplyParser().feed(octets)
    assert "xx" not in str(caught.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_replies_or_refused_in_bounded_memory(octets):
    parser = ReplyParser()
    try:
        for reply in parser.feed(octets * 20):
            assert 200 <= reply.code <= 599
    except MalformedReplyError:
        pass


def test_capabilities():
    reply = HopReply(250, ("city", "SIZE 1000", "auth plain LOGIN", "AUTH=XOAUTH2", "8bitmime", "", "SIZE abc", "ÜBER"))
    capabilities = Capabilities.parse(reply)
    assert capabilities.keywords == {"SIZE", "AUTH", "8BITMIME"}
    assert capabilities.auth == {"PLAIN", "LOGIN", "XOAUTH2"}
    assert capabilities.size_bytes == 1000
