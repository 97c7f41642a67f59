"""Files and words that stand in digits are decoded; keys, hashes, numbers and prose are not taken for them."""

import base64
import hashlib
import json
import os
import random

import pytest

from gateway.mime import find_inline_encodings
from gateway.mime.digits import as_text, is_file, octets_in

WORDS = "UBND QUẬN BÌNH TÂN\nTỐI MẬT\nKế hoạch năm 2027\n"
RAW = WORDS.encode()
DIGITS = {
    "base64": base64.b64encode(RAW),
    "base64 in short lines": b"\n".join(base64.b64encode(RAW)[at : at + 32] for at in range(0, 200, 32)),
    "base64 in a reply": b"\n".join(b"> > " + base64.b64encode(RAW)[at : at + 40] for at in range(0, 200, 40)),
    "base64 below a long word": b"Vanbankemtheothunay\n" + base64.encodebytes(RAW),
    "base64 for addresses": base64.urlsafe_b64encode(RAW).rstrip(b"="),
    "base64 line by line": b"\n".join(base64.b64encode(line) for line in RAW.splitlines(keepends=True)),
    "base64 of UTF-16": base64.encodebytes(WORDS.encode("utf-16")),
    "hexadecimal": RAW.hex().encode(),
    "hexadecimal in lines": b"\n".join(RAW.hex().encode()[at : at + 40] for at in range(0, 400, 40)),
    "hexadecimal in pairs": RAW.hex(" ").upper().encode(),
    "hexadecimal list": b", ".join(b"0x%02x" % octet for octet in RAW),
}


@pytest.mark.parametrize("name", DIGITS)
def test_words_in_digits_are_decoded(name):
    found = find_inline_encodings(b"Xin gui:\n\n" + DIGITS[name] + b"\n\nTran trong\n")
    assert [file.kind for file in found] == ["text"]
    assert "TỐI MẬT" in found[0].data.decode().splitlines()


@pytest.mark.parametrize(
    "words",
    [hashlib.sha256(b"a").hexdigest().encode(), b":".join(b"%02X" % octet for octet in os.urandom(40)),
     b"So lieu: 12 15 18 22 190 17 16 12 88 41\n" * 20, "Kính gửi Ủy ban nhân dân phường Tân Tạo\n".encode() * 50,
     b"https://example.vn/a?token=" + base64.urlsafe_b64encode(hashlib.sha512(b"b").digest())],
)  # fmt: skip
def test_hashes_numbers_and_prose_hold_no_file(words):
    assert all(file.kind == "text" for file in find_inline_encodings(words))


@pytest.mark.parametrize("digits", [base64.encodebytes, base64.b64encode])
@pytest.mark.parametrize("lines", [str, lambda text: text.splitlines(keepends=True)])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_file_in_a_notebook_is_whole_however_its_lines_are_listed(digits, lines, indent):
    file = b"%PDF-1.4\n" + bytes(range(256)) * 4
    notebook = {"cells": [{"data": {"application/pdf": lines(digits(file).decode())}, "text": ["x = 1\n", "y = 2"]}]}
    found = find_inline_encodings(json.dumps(notebook, indent=indent).encode())
    assert [one.data for one in found if one.kind == "base64"] == [file]


def test_a_file_locked_by_openssl_is_a_file():
    locked = b"Salted__" + bytes(range(120, 220))
    found = find_inline_encodings(base64.encodebytes(locked))
    assert [(file.kind, file.data) for file in found] == [("base64", locked)]


def test_short_digits_do_not_become_a_picture_by_chance():
    assert not is_file(b"BM" + bytes(30))
    assert not is_file(b"MZ" + bytes(30))
    assert is_file(b"PK\x03\x04" + bytes(30))


def test_a_line_of_a_key_that_begins_as_programs_do_is_no_program():
    chance = random.Random(7600)
    assert not any(is_file(b"MZ" + chance.randbytes(900)) for _ in range(300))
    header = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8" + bytes(43) + b"\x80\0\0\0"
    assert is_file(header + chance.randbytes(900))
    assert is_file(b"MZ\0\0PE\0\0L\1" + chance.randbytes(900)), "the smallest programs have one header in the other"


def test_what_is_no_text_is_none():
    assert as_text(bytes(range(256))) is None
    assert as_text(b"") is None
    assert as_text("Bình Tân".encode()) == "Bình Tân"


def test_more_files_than_are_looked_at_are_not_passed_over_in_silence():
    many = b"\n\n".join(base64.b64encode(b"PK\x03\x04" + os.urandom(40)) for _ in range(120))
    assert not all(file.sound for file in find_inline_encodings(many))


def test_each_thing_is_given_once():
    assert len(list(octets_in(base64.encodebytes(RAW * 20)))) == 1


def test_a_cms_file_in_base64_is_a_file_under_any_label():
    data = bytes.fromhex("302806092a864886f70d010702") + bytes(30)
    text = b"Xem:\n-----BEGIN SIGNED MESSAGE-----\n" + base64.encodebytes(data) + b"-----END SIGNED MESSAGE-----\n"
    assert [found for _, _, found in octets_in(text)] == [data]
