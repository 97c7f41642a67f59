"""CMS files: nothing that stands around the one content is passed over."""

from base64 import encodebytes

import pytest
from asn1crypto import cms

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.mail import cms as cms_file
from gateway.model import ReadStatus


def der(words: bytes) -> bytes:
    inner = {"content_type": "data", "content": words}
    held = {"version": "v1", "digest_algorithms": [], "signer_infos": [], "encap_content_info": inner}
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": held}).dump())


DER = der(b"words")
PEM = b"-----BEGIN CMS-----\n" + encodebytes(DER) + b"-----END CMS-----\n"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (DER, ReadStatus.OK),
        (DER + b"\r\n\0", ReadStatus.OK),
        (PEM, ReadStatus.OK),
        (DER + DER, ReadStatus.MALFORMED),
        (PEM + PEM, ReadStatus.MALFORMED),
        (PEM + b"words", ReadStatus.MALFORMED),
    ],
)
def test_what_is_around_a_cms_file_is_named(data: bytes, status: ReadStatus) -> None:
    source = Source(data=data, part="1", detected_type="application/pkcs7-mime")
    reading = cms_file.read(source, Budget())
    assert (reading.document.status, [member.data for member in reading.members]) == (status, [b"words"])


def test_text_within_a_signed_file_is_no_file_in_text_form() -> None:
    source = Source(data=der(b"see " + PEM), part="1", detected_type="application/pkcs7-mime")
    reading = cms_file.read(source, Budget())
    assert (reading.document.status, [member.data for member in reading.members]) == (ReadStatus.OK, [b"see " + PEM])


def test_text_form_that_is_cut_is_malformed() -> None:
    source = Source(data=PEM.replace(b"=", b""), part="1", detected_type="application/pkcs7-mime")
    assert cms_file.read(source, Budget()).document.reason == "cms"
