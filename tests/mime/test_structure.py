"""The part tree: specifiers, offsets, nesting, and what is kept of a message that breaks the rules."""

import mmap
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mime import Limits, decode_body, parse, wire_form
from gateway.model import TransferEncoding
from tests.mime.build import ATTACHMENT, HEAD, PDF, message, multipart, text
from tests.support.cases import examples


def codes(content: bytes) -> set[str]:
    return {ambiguity.code for ambiguity in parse(content).ambiguities}


def paths(content: bytes) -> dict[str, str]:
    return {part.path: part.declared_type for part in parse(content).root.walk()}


def test_a_message_without_parts_is_part_one():
    parsed = parse(message(b"Content-Type: text/html\r\n", b"<p>x"))
    assert (parsed.root.path, parsed.root.declared_type) == ("1", "text/html")
    assert parsed.root.header == ()
    assert parsed.header_length == parsed.root.offset


def test_parts_have_imap_specifiers():
    inner = b'Content-Type: multipart/alternative; boundary="I"\r\n\r\n--I\r\n\r\nx\r\n--I\r\nContent-Type: text/html\r\n\r\ny\r\n--I--'
    nested = b"Content-Type: message/rfc822\r\n\r\n" + multipart(text(b"z"), ATTACHMENT, boundary=b"N")
    single = b"Content-Type: message/rfc822\r\n\r\n" + message(b"Content-Type: text/plain\r\n", b"w")
    assert paths(multipart(inner, nested, single)) == {
        "": "multipart/mixed",
        "1": "multipart/alternative",
        "1.1": "text/plain",
        "1.2": "text/html",
        "2": "message/rfc822",
        "2.TEXT": "multipart/mixed",
        "2.1": "text/plain",
        "2.2": "application/pdf",
        "3": "message/rfc822",
        "3.1": "text/plain",
    }
    assert codes(multipart(inner, nested, single)) == set()


def test_the_header_of_a_nested_message_is_kept():
    nested = b"Content-Type: message/rfc822\r\n\r\nSubject: =?utf-8?Q?m=E1=BA=ADt?=\r\n\r\nx"
    part = next(part for part in parse(multipart(nested)).root.walk() if part.path == "1.1")
    assert [field.text for field in part.header] == ["mật"]


def test_offsets_point_at_the_encoded_body():
    content = multipart(text(b"hello"), ATTACHMENT)
    part = parse(content).root.children[1]
    assert part.encoding is TransferEncoding.BASE64
    assert content[part.offset : part.offset + part.length].startswith(b"JVBERi")
    assert decode_body(content, part).data == PDF
    assert decode_body(memoryview(content), part).data == PDF


def test_content_may_stand_in_a_mapped_file():
    content = multipart(ATTACHMENT)
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            parsed = parse(mapped)
            assert parsed == parse(content)
            assert decode_body(mapped, parsed.root.children[0]).data == PDF


def test_parts_of_a_digest_are_messages():
    content = message(b"Content-Type: multipart/digest; boundary=D\r\n", b"--D\r\n\r\nSubject: a\r\n\r\nx\r\n--D--\r\n")
    assert paths(content) == {"": "multipart/digest", "1": "message/rfc822", "1.1": "text/plain"}


def test_words_behind_a_usual_notice_are_a_part():
    content = multipart(text(b"x"), preamble=b"This is a MIME-formatted message. Words\r\n")
    assert "!preamble" in paths(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        HEAD,
        HEAD + b"\r\n",
        HEAD + b"\r\nbody without line end",
        HEAD + b"\r\n" + "tiếng Việt không khai báo".encode(),
        multipart(text(b"x")).rstrip(),
        multipart(text(b"x"), epilogue=b"\r\n \r\n\r\n"),
        multipart(text(b"x"), preamble=b"This is a multi-part message in MIME format.\r\n\r\n"),
        multipart(text(b"x"), text(b"x --B is no boundary here: --B\r\n> --B\r\n -- B")),
        multipart(text(b"--X\r\nY: z\r\n"), boundary=b"=_?:/,.()+'"),
        b"From x@y Tue Nov 24 10:00:00 2026\r\n" + HEAD + b"\r\nx",
        message(b"Content-Type: text/plain; charset=utf-8;\r\n", b"x"),
        message(b"Content-Type: text/plain;; charset=utf-8\r\n", b"x"),
        message(b"Content-Type: text/plain\r\nContent-Type: text/plain\r\n", b"x"),
        message(b'Content-Type: image/png; name="a b.png"\r\nContent-Disposition: inline; filename=a b.png\r\n', b"x"),
        "Subject: tiếng Việt thô\r\n\r\nx".encode(),
        b"Subject: b\xe1o c\xe1o\r\n\r\nx",
    ],
)
def test_what_honest_clients_write_is_not_ambiguous(content):
    assert codes(content) == set()


def test_text_around_parts_becomes_parts():
    content = multipart(text(b"x"), preamble=b"begin 644 a\r\n#0V%T\r\n`\r\nend\r\n", epilogue=b"TOI MAT\r\n")
    assert paths(content) == {
        "": "multipart/mixed",
        "!preamble": "text/plain",
        "1": "text/plain",
        "!epilogue": "text/plain",
    }
    assert codes(content) == {"preamble-text", "epilogue-text", "hidden-in-text"}


@pytest.mark.parametrize(
    ("head", "before", "code"),
    [
        (b"multipart/mixed; boundary=A; boundary=B", b"--A\r\n\r\nhello\r\n--A--\r\n", "conflicting-boundary"),
        (b"text/plain\r\nContent-Type: multipart/mixed; boundary=B", b"", "duplicate-content-type"),
    ],
)
def test_every_boundary_and_type_that_a_reader_could_use_is_followed(head, before, code):
    content = message(b"Content-Type: " + head + b"\r\n", before + b"--B\r\n" + ATTACHMENT + b"--B--\r\n")
    assert "application/pdf" in paths(content).values()
    assert code in codes(content)


@pytest.mark.parametrize("used", [b"B", b"=?utf-8?Q?B?="])
def test_an_encoded_word_as_boundary_is_cut_at_in_both_readings(used):
    head = b'Content-Type: multipart/mixed; boundary="=?utf-8?Q?B?="\r\n'
    content = message(head, b"--" + used + b"\r\n" + ATTACHMENT + b"--" + used + b"--\r\n")
    assert "application/pdf" in paths(content).values()


def test_messages_in_messages_without_multipart_have_paths_of_their_own():
    content = b"Content-Type: message/rfc822\r\n\r\n" * 3 + b"Subject: x\r\n\r\ny"
    assert list(paths(content)) == ["1", "1.1", "1.1.1", "1.1.1.1"]


def test_the_second_of_two_types_may_be_a_message():
    content = message(b"Content-Type: text/plain\r\nContent-Type: message/rfc822\r\n", b"Subject: x\r\n\r\ny")
    assert paths(content) == {"1": "text/plain", "1.1": "text/plain"}


def test_wire_form_makes_crlf_of_a_file_with_lf_only():
    assert wire_form(b"a: b\n\nc\n") == b"a: b\r\n\r\nc\r\n"
    assert wire_form(b"a: b\r\n\nc") == b"a: b\r\n\nc"


def nest(depth: int) -> bytes:
    body = b"x"
    for level in range(depth):
        name = b"b%dq" % level
        body = b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n%b\r\n--%b--" % (name, name, body, name)
    return body


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (nest(300), "limit-depth"),
        (b"Content-Type: message/rfc822\r\n\r\n" * 300, "limit-depth"),
        (multipart(*[text(b"x")] * 600), "limit-parts"),
        (b"Content-Type: multipart/mixed; boundary=B\r\n\r\n" + b"x--B" * 300_000, "limit-delimiters"),
        (b"a: b\r\n" * 2000 + b"\r\n", "limit-fields"),
        (b"a: " + b"b\r\n " * 20_000 + b"\r\n\r\n", "limit-field"),
        (b"a: b\r\n" * 60_000 + b"\r\n", "limit-header"),
        (b"Content-Type: text/plain" + b"; a=b" * 120 + b"\r\n\r\n", "limit-parameters"),
    ],
)
def test_a_limit_is_reported_and_the_rest_still_read(content, code):
    parsed = parse(content)
    assert code in {ambiguity.code for ambiguity in parsed.ambiguities}
    assert sum(1 for _ in parsed.root.walk()) <= Limits().parts + 50


@given(st.binary(max_size=400))
def test_no_bytes_make_the_parser_raise(content):
    parsed = parse(content)
    assert all(0 <= part.offset <= part.offset + part.length <= len(content) for part in parsed.root.walk())


_PIECES = st.sampled_from(
    [b"\r\n", b"\n", b"\r", b"\0", b" ", b"--B", b"--B--", b"--BB", b":", b"Content-Type: multipart/mixed; boundary=B", b"x",
     b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64", b"\r\n\r\n", b"begin 644 a", b"boundary=BB", b'"', b";"]
)  # fmt: skip


@pytest.mark.slow
@examples(300)
@given(st.lists(_PIECES, max_size=40).map(b"".join))
def test_every_leaf_is_within_the_message_and_decodes(content):
    parsed = parse(content)
    seen = [part.path for part in parsed.root.walk()]
    assert len(seen) == len(set(seen)) < 600
    for part in parsed.root.walk():
        assert 0 <= part.offset <= part.offset + part.length <= len(content)
        decode_body(content, part)


@pytest.mark.slow
@examples(300)
@given(st.lists(_PIECES, max_size=40).map(b"".join))
def test_no_visible_text_escapes_the_leaves_of_an_unambiguous_message(body):
    content = b"Content-Type: multipart/mixed; boundary=B\r\n\r\n" + body + b"MARK"
    parsed = parse(content)
    if parsed.ambiguities:
        return
    covered = any(
        b"MARK" in content[part.offset : part.offset + part.length]
        or any(b"MARK" in field.raw for field in part.header)
        for part in parsed.root.walk()
        if not part.children
    )
    assert covered
