"""Decoded bodies: strict where the encoding is sound, every reading where it is not."""

import base64
import binascii
import contextlib
import os
import quopri
import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mime import decode, find_inline_encodings, parse
from gateway.mime.transfer import decode_body
from gateway.model import TransferEncoding
from tests.mime.build import ENCODED, PDF, message, multipart, text
from tests.support.cases import first_quick
from tests.support.cost import least_cost

B64, QP, PLAIN = TransferEncoding.BASE64, TransferEncoding.QUOTED_PRINTABLE, TransferEncoding.SEVEN_BIT


@given(st.binary(max_size=300), st.integers(1, 76))
def test_sound_base64_has_one_reading(data, width):
    digits = base64.b64encode(data)
    body = b"\r\n".join(digits[at : at + width] for at in range(0, len(digits), width))
    decoded = decode(body, B64)
    assert (decoded.data, decoded.defects, decoded.alternatives) == (data, (), ())


@pytest.mark.slow
@given(
    st.binary(min_size=1, max_size=60),
    st.integers(0, 60),
    st.sampled_from([b"=", b"==", b"!", b"*", b"=!", b"-", b"A="]),
)
def test_damaged_base64_is_never_called_sound(data, at, junk):
    digits = base64.b64encode(data).rstrip(b"=")
    at = min(at, len(digits) - 1)
    decoded = decode(digits[:at] + junk + digits[at:], B64)
    assert decoded.defects


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body,
        lambda body: body.replace(b"\r\n", b"\n"),
        lambda body: body.replace(b"\r\n", b""),
        lambda body: body.replace(b"\r\n", b"\r\n\r\n", 1),
        lambda body: body.rstrip(b"\r\n"),
        lambda body: body + b"\r\n\r\n",
        lambda body: body[:500] + b"\r\n" + body[500:],
        lambda body: body[:500] + b"!" + body[500:],
        lambda body: body[:500] + b"\n" + body[501:],
        lambda body: body[:76] + b"A\n" + body[78:],
        lambda body: body[:500] + b"=" + body[501:],
        lambda body: body[:500] + b"==" + body[500:],
        lambda body: body[:-3] + b"\r\n",
        lambda body: body[:-3] + b"===\r\n",
        lambda body: body.replace(b"\r\n", b" \r\n"),
    ],
)
def test_large_base64_is_read_as_small_base64_is(change):
    octets = random.Random(3).randbytes(1 << 10)
    small = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    large = base64.encodebytes(octets[:1020] * 400 + octets).replace(b"\n", b"\r\n")
    assert len(large) > 512 << 10
    read, likewise = decode(change(large), B64), decode(change(small), B64)
    assert read.defects == likewise.defects
    assert len(read.alternatives) == len(likewise.alternatives)
    if not read.defects:
        assert read.data == octets[:1020] * 400 + octets


_SPECKS = st.sampled_from(
    [b"\r\n", b"\n", b"\r", b" ", b"\t", b"=", b"A", b"-", b"!", b"\0", b"\x0b", b"=\r\n", b"AAAA"]
)
_SOUND = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@given(st.binary(max_size=90), st.lists(st.tuples(st.integers(0, 130), st.integers(0, 3), _SPECKS), max_size=4))
def test_base64_is_sound_only_by_the_letter_and_every_decoder_is_followed(data, changes):
    body = base64.encodebytes(data).replace(b"\n", b"\r\n")
    for at, gone, speck in changes:
        body = body[:at] + speck + body[at + gone :]
    decoded = decode(body, B64)
    readings = {decoded.data, *decoded.alternatives}
    if not decoded.defects:
        assert _SOUND.fullmatch(body.translate(None, b" \t\r\n"))
    with contextlib.suppress(binascii.Error):
        assert binascii.a2b_base64(body) in {b"", *readings}
    stripped = re.match(rb"[A-Za-z0-9+/]*", body.translate(None, b" \t\r\n"))[0]
    stripped = stripped[: len(stripped) - (len(stripped) % 4 == 1)]
    assert base64.b64decode(stripped + b"=" * (-len(stripped) % 4)) in {b"", *readings}


@pytest.mark.parametrize(
    "body", [b"KsDJdgITwY/HP0I!SR0IDFkyR\nigS0pw==\r\n", b"9MJ\nG_", b"5DYrk/1Bfy\nb4gE/Exw=/\r\n=\r\n"]
)
def test_a_bare_line_feed_does_not_make_up_for_junk(body):
    assert decode(body, B64).defects


@pytest.mark.parametrize(
    ("body", "code", "views"),
    [
        (b"JVBERi0=\r\nMS43IFNFQ1JFVA==", "base64-padding", {b"%PDF-1.7 SECRET", b"%PDF-"}),
        (b"JVBE!!Ri0x*LjcgU0VDUkVU", "base64-junk", {b"%PDF-1.7 SECRET", b"%PD"}),
        (b"JVBERi0xLjcgU0VDUkVU====", "base64-padding", {b"%PDF-1.7 SECRET"}),
        (b"JVBERi0xLjcgU0VDUkVUJ", "base64-length", {b"%PDF-1.7 SECRET"}),
        (b"__79_Q", "base64-junk", {b"\xff\xfe\xfd\xfd"[:4]}),
        (b"JVBERi0xLjcgU0VDUkVU\r\n-- \r\nfooter of a list", "base64-junk", {b"%PDF-1.7 SECRET"}),
        (b"plain words, undecoded", "base64-junk", {b"plain words, undecoded"}),
    ],
)
def test_every_reading_of_damaged_base64_is_given(body, code, views):
    decoded = decode(body, B64)
    assert code in decoded.defects
    readings = {decoded.data, *decoded.alternatives}
    assert views - readings == set() or all(any(r.startswith(v) for r in readings) for v in views)


def test_missing_padding_alone_is_no_ambiguity():
    content = message(b"Content-Transfer-Encoding: base64\r\n", b"QUJDRA")
    part = parse(content).root
    decoded = decode_body(content, part)
    assert (decoded.data, decoded.ambiguities(part)) == (b"ABCD", ())


def test_a_defect_becomes_an_ambiguity_of_the_part():
    content = message(b"Content-Transfer-Encoding: base64\r\n", b"QUJD*RA=")
    part = parse(content).root
    assert [(a.code, a.path) for a in decode_body(content, part).ambiguities(part)] == [("base64-junk", "1")]


@given(st.binary(max_size=300))
def test_sound_quoted_printable_has_one_reading(data):
    body = quopri.encodestring(data, quotetabs=True).replace(b"\n", b"\r\n")
    decoded = decode(body, QP)
    assert decoded.data == binascii.a2b_qp(body)
    assert "qp-escape" not in decoded.defects


@pytest.mark.parametrize("body", [b"a=zzb", b"a=4", b"a==41", b"100% = all"])
def test_a_bad_escape_is_a_defect_and_the_raw_text_a_reading(body):
    decoded = decode(body, QP)
    assert "qp-escape" in decoded.defects
    assert body in {decoded.data, *decoded.alternatives}


@pytest.mark.parametrize("encoding", [PLAIN, QP])
def test_a_file_in_base64_that_nobody_declared_is_read(encoding):
    decoded = decode(ENCODED, encoding)
    assert PDF in decoded.alternatives
    assert "base64-undeclared" in decoded.defects


def test_words_without_blanks_are_not_taken_for_base64():
    assert decode(b"Internationalization\r\nAnother\r\nWord\r\nabcdefghijklmnop\r\n", PLAIN).defects == ()


@given(st.binary(max_size=200))
def test_no_bytes_make_decoding_raise(body):
    for encoding in TransferEncoding:
        decode(body, encoding)


def test_uuencoded_files_in_text_are_found():
    block = b"".join([b"begin 644 m\xe1\xba\xadt.pdf\r\n", *_uu(PDF), b"`\r\nend\r\n"])
    (file,) = find_inline_encodings(b"hello\r\n" + block + b"bye")
    assert (file.kind, file.name, file.data, file.sound) == ("uuencode", "mật.pdf", PDF, True)


def _uu(data: bytes) -> list[bytes]:
    return [binascii.b2a_uu(data[at : at + 45]).replace(b"\n", b"\r\n") for at in range(0, len(data), 45)]


def test_a_cut_uuencoded_file_is_given_as_far_as_it_goes():
    (file,) = find_inline_encodings(b"begin 644 a.pdf\r\n" + _uu(PDF)[0] + b"bye, words\r\n")
    assert (file.data, file.sound) == (PDF[:45], False)


def test_base64_uuencoding_is_found():
    (file,) = find_inline_encodings(b"begin-base64 644 a.pdf\n" + base64.encodebytes(PDF) + b"====\n")
    assert file.data == PDF


def test_a_file_in_base64_within_text_is_found():
    (file,) = find_inline_encodings(b"see below\r\n\r\n" + ENCODED + b"\r\nbye")
    assert (file.kind, file.data) == ("base64", PDF)


@pytest.mark.parametrize("words", [b"begin the day\r\nend\r\n", b"A" * 4000])
def test_words_are_no_files(words):
    assert find_inline_encodings(words) == ()


def test_keys_and_certificates_are_neither_files_nor_words():
    chance = random.Random(7600)
    found = []
    for _ in range(400):
        certificate = base64.encodebytes(b"0\x82\x04\x00" + chance.randbytes(900)).replace(b"\n", b"\r\n")
        found += find_inline_encodings(b"-----BEGIN CERTIFICATE-----\r\n" + certificate)
        token = base64.urlsafe_b64encode(chance.randbytes(300)).replace(b"-", b"a").replace(b"_", b"b")
        found += find_inline_encodings(b"token: " + token)
    assert found == []


@pytest.mark.parametrize(
    "unit",
    first_quick([b"begin 644 a\n", b"A", b"A" * 50 + b" " * 900 + b"x\n", b"A" * 50 + b"\n\n", b"4d "]),
)
def test_searching_text_is_linear(unit):
    def cost(octets: int) -> float:
        bomb = unit * (octets // len(unit))
        started = time.process_time()
        find_inline_encodings(bomb)
        return time.process_time() - started

    assert min(cost(400_000) for _ in range(3)) < 0.05 + 10 * min(cost(100_000) for _ in range(3))  # quadratic: 16


def test_a_ten_megabyte_mail_is_parsed_without_walking_its_body():
    body = base64.encodebytes(os.urandom(7_500_000)).replace(b"\n", b"\r\n")
    content = multipart(text(b"x"), b"Content-Transfer-Encoding: base64\r\n\r\n" + body)
    fastest = least_cost(lambda: parse(content))
    assert fastest < 0.03


@pytest.mark.parametrize("blanks", [b" ", b"\t", b"  "])
def test_blanks_behind_a_soft_line_break_do_not_count(blanks):
    decoded = decode(b"m=" + blanks + b"\r\n=E1=BA=ADt=" + blanks, TransferEncoding.QUOTED_PRINTABLE)
    assert (decoded.data.decode(), decoded.defects) == ("mật", ())
    assert decoded.alternatives == (b"m=" + blanks + b"\r\n" + "ật".encode() + b"=" + blanks,)
