"""Names, encoded words and charsets as mail clients write them."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mime import header_text, parse
from gateway.mime.charsets import decode
from tests.mime.build import HEAD, message
from tests.support.cost import least_cost

NAME = "Tờ trình số 12.docx"
NFD = unicodedata.normalize("NFD", NAME)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=?UTF-8?B?VMOATCBMScOGVQ==?=", "TÀL LIÆU"),
        ("=?utf-8?q?T=E1=BB=9D_tr=C3=ACnh?=", "Tờ trình"),
        ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"),
        ("x=?utf-8?Q?a?=y", "xay"),
        ("=?utf-8?Q?=E1=BB?= =?utf-8?Q?=9D?=", "ờ"),
        ("=?utf-8?B?4bs=?= =?utf-8?B?nQ==?=", "ờ"),
        ("=?utf-8*vi?Q?a?=", "a"),
        ("=?windows-1258?Q?M=C2=F2T?=", "MẬT"),
        ("=?x-unknown?Q?M=E1=BA=ACT?=", "MẬT"),
        ("=?utf-8?Q?with blank?=", "with blank"),
        ("=?utf-8?B?QQ?=", "A"),
        ("=?utf-8?B?Q!Q=?=", "A"),
        ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
        ("=?utf-8?Q?a", "=?utf-8?Q?a"),
        ("=?utf-7?Q?+2AA-?=", "�"),
    ],
)
def test_encoded_words_are_read(value, text):
    assert unicodedata.normalize("NFC", header_text(value)) == text


@given(st.text(max_size=200))
def test_encoded_words_never_raise_and_never_hold_surrogates(value):
    header_text(value.replace("a", "=?").replace("b", "?q?").replace("c", "?=")).encode("utf-8")


@pytest.mark.parametrize(
    "header",
    [
        f'Content-Disposition: attachment; filename="{NAME}"'.encode(),
        f'Content-Disposition: attachment; filename="{NFD}"'.encode(),
        b"Content-Disposition: attachment; filename*=utf-8''T%E1%BB%9D%20tr%C3%ACnh%20s%E1%BB%91%2012.docx",
        b"Content-Disposition: attachment; filename*=UTF-8'vi'T%E1%BB%9D%20tr%C3%ACnh%20s%E1%BB%91%2012.docx",
        b"Content-Disposition: attachment; filename*0*=utf-8''T%E1%BB; filename*1*=%9D%20tr%C3%ACnh;\r\n filename*2*=%20s%E1%BB%91; filename*3=\" 12.docx\"",
        b'Content-Disposition: attachment; filename="=?utf-8?Q?T=E1=BB=9D_tr=C3=ACnh_s=E1=BB=91_12.docx?="',
        b'Content-Disposition: attachment; filename="=?utf-8?Q?T=E1=BB=9D_tr=C3=AC?=\r\n =?utf-8?Q?nh_s=E1=BB=91_12.docx?="',
        b'Content-Type: application/octet-stream; name="=?utf-8?Q?T=E1=BB=9D_tr=C3=ACnh_s=E1=BB=91_12.docx?="',
        b"Content-Disposition: attachment; filename=\"To trinh so 12.docx\"; filename*=utf-8''T%E1%BB%9D%20tr%C3%ACnh%20s%E1%BB%91%2012.docx",
        b"Content-Disposition: attachment; filename=\"T? tr?nh s? 12.docx\"; filename*=utf-8''T%E1%BB%9D%20tr%C3%ACnh%20s%E1%BB%91%2012.docx",
    ],
)
def test_a_vietnamese_name_is_shown_in_nfc(header):
    parsed = parse(message(header + b"\r\n", b"x"))
    assert parsed.root.filename == NAME
    assert NAME in parsed.root.names
    assert parsed.ambiguities == ()


def test_a_name_in_windows_1258_is_read():
    header = b'Content-Disposition: attachment; filename="M\xe2\xf2t.doc"\r\n'
    assert parse(message(header, b"x")).root.filename == "Mật.doc"


def test_a_name_in_an_old_vietnamese_code_stays_recognisable():
    header = b'Content-Disposition: attachment; filename="T\xe8I M\xcbT.doc"\r\n'
    assert "TèI MËT.doc" in parse(message(header, b"x")).root.names


def test_every_name_is_a_candidate():
    header = (
        b"Content-Type: application/pdf; name=one.pdf\r\n"
        b"Content-Disposition: attachment; filename=two.pdf; filename*=utf-8''three.pdf; FILENAME=\"=?utf-8?Q?four?=.pdf\"\r\n"
    )
    names = parse(message(header, b"x")).root.names
    assert {"one.pdf", "two.pdf", "three.pdf", "four.pdf", "=?utf-8?Q?four?=.pdf"} <= set(names)


def test_controls_in_a_name_become_blanks():
    header = b"Content-Disposition: attachment; filename*=utf-8''a%0D%0A250%20OK.pdf\r\n"
    assert parse(message(header, b"x")).root.filename == "a  250 OK.pdf"


@pytest.mark.slow
@pytest.mark.parametrize(
    "label", [None, "utf-8", "idna", "zlib_codec", "unicode_escape", "punycode", "x" * 1000, "utf-16"]
)
@given(st.binary(max_size=60))
def test_a_charset_label_never_makes_decoding_raise(label, data):
    decode(data, label).encode("utf-8")


def test_importing_the_package_loads_every_codec():
    # The process that parses hostile files can open none.
    script = (
        "import sys, gateway.mime.charsets as c; before = set(sys.modules)\n"
        "for labels in c._CODECS.values(): [c.decode(b'a\\xe9\\xc3', label) for label in labels]\n"
        "assert set(sys.modules) == before, set(sys.modules) - before"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


BOMBS = {
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 20_000,
    "encoded words, folded": b"Subject: " + b"=?utf-8?q?a?=\r\n " * 18_000 + b"x",
    "semicolons": b"Content-Disposition: attachment" + b";" * 50_000,
    "semicolons, folded": b"Content-Disposition: attachment" + b";;;;;;;;;;\r\n " * 5_000 + b"x",
    "sections": b"Content-Type: text/plain" + b"; a*0*=x" * 5_000,
    "sections, numbered": b"Content-Type: text/plain" + b"".join(b";\r\n a*%d*=x" % n for n in range(5_000)),
    "addresses": b"To: " + b"a@x," * 20_000,
    "author addresses": b"From: " + b"a@x," * 20_000,
    "author comments": b"From: " + b"(" * 30_000,
    "author groups": b"From: " + b"a:" * 15_000,
    "author quotes": b'From: "' + b"\\" * 30_000,
    "author brackets": b"From: " + b"<" * 30_000,
    "author at signs": b"From: " + b"@" * 30_000,
    "spaces": b"Subject: " + b" " * 200_000 + b"x",
    "fields": b"X-H: y\r\n" * 30_000 + b"Z: z",
    "junk lines": b"y\r\n" * 80_000 + b"Z: z",
    "folds": b"X: y" + b"\r\n z" * 60_000,
    "quotes in parameters": b'Content-Type: text/plain; a="' + b'\\"' * 15_000,
    "open words": b"Subject: " + b"=?utf-8?q?" * 3_000,
    "question marks": b"Subject: " + b"=?" * 16_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_header_bomb_costs_under_a_tenth_of_a_second(bomb):
    content = HEAD + BOMBS[bomb] + b"\r\n\r\nx"
    assert least_cost(lambda: parse(content)) < 0.1


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"T+HtA-I M+Hqw-T", "TỐI MẬT"),
        (b"T+HtAI M+HqwT", "TỐI MẬT"),
        (b"1 +- 1", "1 + 1"),
        (b"a+b", "ab"),
        (b"\xe1+//8", "\ufffd\uffff"),
    ],
)
def test_utf_7_is_read_as_strict_and_as_lenient_programs_read_it(octets, text):
    assert decode(octets, "utf-7") == text
