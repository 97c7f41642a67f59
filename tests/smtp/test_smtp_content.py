"""The end of data is found in any pieces exactly where a reference over the whole stream finds it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.content import ContentDefect, DataReader

PIECES = st.sampled_from(
    [b"\r\n", b"\r", b"\n", b".", b"a", b"\r\n.\r\n", b"\n.\n", b"..", b"\r\n..", b"\0", b"\xc3", b"\x0b\x0c\x1c\x85"]
)
LINE_LIMIT = 12


def reference(stream):
    """Content, what follows it, and its defects, by plain regular expressions over the whole stream."""
    full = b"\r\n" + stream
    end = full.find(b"\r\n.\r\n")
    wire = full[: end + 2]
    content = re.sub(rb"\r\n\.", b"\r\n", wire)[2:]
    defects = set()
    if re.search(rb"(?<!\r)\n|\r(?!\n)", content):
        defects.add(ContentDefect.BARE_NEWLINE)
    if b"\0" in content:
        defects.add(ContentDefect.NUL)
    if any(len(line) + 2 > LINE_LIMIT for line in content.split(b"\r\n")):
        defects.add(ContentDefect.LONG_LINE)
    return content, full[end + 5 :], defects


@given(st.lists(PIECES, max_size=14), st.lists(st.integers(1, 5), min_size=1))
def test_any_split_gives_the_content_of_the_whole(pieces, cuts):
    stream = b"".join(pieces) + b"\r\n.\r\nQUIT\r\n"
    content, after, defects = reference(stream)
    reader = DataReader(LINE_LIMIT)
    got, rest, position, turn = b"", None, 0, 0
    while rest is None:
        size = cuts[turn % len(cuts)]
        chunk, rest = reader.feed(stream[position : position + size])
        got += chunk
        position += size
        turn += 1
    assert got == content
    assert rest + stream[position:] == after
    assert (reader.defect in defects) if defects else (reader.defect is None)
    if reader.defect is None:
        assert reader.eight_bit == (not content.isascii())


@given(st.binary(max_size=200))
def test_no_bytes_without_an_end_are_an_end(data):
    stream = data.replace(b"\r\n.\r\n", b"")
    if (b"\r\n" + stream).find(b"\r\n.\r\n") >= 0:
        return
    reader = DataReader(1000)
    for position in range(len(stream)):
        assert reader.feed(stream[position : position + 1])[1] is None


@pytest.mark.parametrize(
    "line",
    [b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\n\n.\r\n"],
)
def test_only_crlf_dot_crlf_ends_the_data(line):
    reader = DataReader(1000)
    chunk, rest = reader.feed(b"text" + line + b"more\r\n.\r\n")
    assert rest == b""
    assert b"more" in chunk
    assert reader.defect is ContentDefect.BARE_NEWLINE


def test_empty_content_ends_at_once():
    assert DataReader(1000).feed(b".\r\nQUIT\r\n") == (b"", b"QUIT\r\n")


def test_a_hundred_megabytes_without_newline_are_a_long_line_in_bounded_memory():
    reader = DataReader(64 << 10)
    block = b"a" * (1 << 20)
    for _ in range(100):
        chunk, rest = reader.feed(block)
        assert rest is None
        assert len(chunk) <= len(block) + 4
    assert reader.defect is ContentDefect.LONG_LINE


@pytest.mark.parametrize(("length", "defect"), [(1000, None), (1001, ContentDefect.LONG_LINE)])
@pytest.mark.parametrize("size", [1, 7, 999, 1000, 1001, 5000])
def test_line_limit_is_exact_in_any_pieces(length, defect, size):
    stream = b"x\r\n" + b"a" * (length - 2) + b"\r\nshort\r\n.\r\n"
    reader = DataReader(1000)
    for position in range(0, len(stream), size):
        reader.feed(stream[position : position + size])
    assert reader.defect is defect
