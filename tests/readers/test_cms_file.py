"""CMS files: nothing that stands around the one content is passed over."""

from __future__ import annotations

from base64 import encodebytes

import pytest
from asn1crypto import cms

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.mail import cms as cms_file
from gateway.model import ReadStatus

DER = cms.ContentInfo({
    "content_type": "signed_data",
    "content": {
        "version": "v1", "digest_algorithms": [], "signer_infos": [],
        "encap_content_info": {"content_type": "data", "content": b"words"},
    },
}).dump()  # fmt: skip
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
def test_what_stands_around_a_cms_file_is_named(data: bytes, status: ReadStatus) -> None:
    source = Source(data=data, part="1", detected_type="application/pkcs7-mime")
    reading = cms_file.read(source, Budget())
    assert (reading.document.status, [member.data for member in reading.members]) == (status, [b"words"])
