"""Real mails of public projects: what honest clients sent is not called ambiguous, what was made to confuse is."""

import pytest

from gateway.mime import decode_body, find_inline_encodings, parse, wire_form
from policies import opaque
from tests.support.corpus import CORPUS, rows

FOLDER = CORPUS / "mail-mime"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the corpus of real mails is not here (GATEWAY_CORPUS)")

# What the preset relays with a tag: every reading was looked at and shows the same files and words.
UNTIDY = set(opaque.Settings().untidy)
EXPECTED = {
    "mikel__raw_email_incorrect_header.eml": {"header-name"},
    "mime4j__obsolete.msg": {"header-name", "space-before-colon"},
    "mime4j__x-gzip64.msg": {"unknown-encoding"},
    "stalp__rfc_001.eml": {"external-body"},
    "mailparserpy__mail_test_15": {"unknown-encoding"},
    "mikel__raw_email4.eml": {"boundary-prefix"},
    "mimekit__feedback-report.txt": {"header-name"},
    "mimekit__issue358.txt": {"header-without-colon"},
    "mimekit__stack-overflow.txt": {"limit-field"},
    "stalp__thirdparty_004.eml": {"unknown-encoding"},
}
HONEST = {
    "mime-ordinary",
    "mime-multipart",
    "mime-attachment",
    "mime-charset",
    "mime-report",
    "eai-utf8",
    "mail-from-forms",
}


def mails(*kinds: str) -> list[str]:
    names = [row["file"].removeprefix("mail-mime/") for row in rows("mail-mime") if row["kind"] in kinds]
    return [name for name in names if not name.endswith((".json", ".xml"))]


def test_honest_mails_are_read_in_one_way():
    found = {
        name: {a.code for a in parse(wire_form((FOLDER / name).read_bytes())).ambiguities} - UNTIDY
        for name in mails(*HONEST)
    }
    assert {name: codes for name, codes in found.items() if codes} == EXPECTED


@pytest.mark.parametrize("name", mails("mime-partial"))
def test_a_fragment_is_reported(name):
    content = wire_form((FOLDER / name).read_bytes())
    if b"message/partial" not in content:
        pytest.skip("the reassembled message")
    assert "message-partial" in {a.code for a in parse(content).ambiguities}


@pytest.mark.slow
def test_every_leaf_of_every_mail_decodes():
    for name in mails("mime-malformed", "mail-bad-attachment", "msg-outlook", *HONEST):
        content = wire_form((FOLDER / name).read_bytes())
        for part in parse(content).root.leaves():
            decoded = decode_body(content, part)
            for data in (*decoded.alternatives, decoded.data):
                find_inline_encodings(data)
