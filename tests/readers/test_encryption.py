"""Locked Office files open with the password of the same mail, and with nothing else."""

import io
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile

from gateway.documents.readers import encryption, passwords
from gateway.documents.readers.base import Budget, ReadError, Source
from gateway.model import ReadStatus
from tests.support.octets import written, zipped
from tests.support.reading import unread

PACKAGE = zipped(
    {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "pad": "x" * 9000,
    },
    stored=("pad",),
)


def sealed(password):
    return written(partial(OOXMLFile(io.BytesIO(PACKAGE)).encrypt, password))


@pytest.mark.slow
def test_the_password_of_the_mail_opens_the_package():
    source = Source(data=sealed("Abc@2026"), part="1", filename="a.docx", passwords=("sai", "Abc@2026"))
    reading = encryption.read(source, Budget())
    assert reading.document.opened_with_password
    assert reading.members[0].data == PACKAGE


def test_excels_own_password_is_tried_without_asking():
    assert encryption.read(Source(data=sealed("VelvetSweatshop"), part="1"), Budget()).members[0].data == PACKAGE


@pytest.mark.slow
def test_a_package_that_stays_shut_is_encrypted():
    assert unread(encryption.read, Source(data=sealed("khác"), part="1", passwords=("sai",)), Budget()) == (
        ReadStatus.ENCRYPTED,
        "password",
    )


def test_an_absurd_key_derivation_is_refused_before_it_is_run():
    data = sealed("x").replace(b'spinCount="100000"', b'spinCount="999999999"')
    assert unread(encryption.read, Source(data=data, part="1"), Budget()) == (ReadStatus.LIMIT, "key-derivation")


@given(st.binary(max_size=600))
def test_no_password_opens_what_is_no_office_file(data):
    with pytest.raises(ReadError):
        encryption.unlock(Source(data=data, part="1"), Budget())


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("Mật khẩu: 123456", "123456"),
        ("mật khẩu giải nén là Abc@2026.", "Abc@2026"),
        ("MẬT KHẨU FILE ĐÍNH KÈM LÀ: “UBND-bt”", "UBND-bt"),
        ("Mat khau: q1", "q1"),
        ("pass: p@ss!", "p@ss!"),
        ("Password is Tuyet.Mat1,", "Tuyet.Mat1"),
        ("password = 'x y'", "x y"),
        ("mk 0912345678", "0912345678"),
        ("pass mở file: BinhTan#7", "BinhTan#7"),
        ("Mật khẩu:\r\n\r\n   Dòng2\r\n", "Dòng2"),
        ("Mật khẩu: ba chữ này", "ba chữ này"),
        ("(pw: zip123)", "zip123"),
        ("mã mở file: 7788", "7788"),
    ],
)
def test_a_password_in_the_text_is_a_candidate(text, password):
    assert password in passwords.candidates((text,))


def test_candidates_are_bounded_and_each_is_listed_once():
    found = passwords.candidates([f"mật khẩu: a{number}\n" for number in range(500)])
    assert len(found) == passwords.LIMIT == len(set(found))


@given(st.text(max_size=2000))
def test_any_text_has_bounded_candidates(text):
    assert len(passwords.candidates((text, "mật khẩu " + text))) <= passwords.LIMIT
