"""Real mails of public projects: what honest clients sent is not called ambiguous, what was made to confuse is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gateway.mime import decode_body, find_inline_encodings, parse, wire_form

CORPUS = Path(os.environ.get("GATEWAY_CORPUS", Path(__file__).parents[2].parent / "shared" / "corpus")) / "mail-mime"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real mails is not here (GATEWAY_CORPUS)")

# Not decisive: every reader sees the same octets, only the writing is untidy.
UNTIDY = {"missing-close-boundary", "encoding-misspelt", "type-syntax"}
# The samples of RFC 2046 and of parser test suites bear an epilogue on purpose; no mail client writes one.
EXPECTED = {
    "mikel__example14.eml": {"blank-fold"},
    "mikel__raw_email_incorrect_header.eml": {"header-name"},
    "mime4j__base64encoded-rfc822message-nested.msg": {"encoding-on-message"},
    "mime4j__multi-2gifs.msg": {"epilogue-text"},
    "mime4j__multi-digest.msg": {"epilogue-text"},
    "mime4j__multi-nested.msg": {"epilogue-text"},
    "mime4j__multi-simple.msg": {"epilogue-text"},
    "mime4j__obsolete.msg": {"blank-fold", "header-name", "space-before-colon"},
    "mime4j__x-gzip64.msg": {"unknown-encoding"},
    "stalp__rfc_001.eml": {"external-body"},
    "stalp__rfc_005.eml": {"epilogue-text"},
    "stalp__rfc_009.eml": {"epilogue-text"},
    "mailparserpy__mail_test_15": {"unknown-encoding"},
    "tika__testGroupWiseEml.eml": {"encoding-on-message"},
    "mikel__raw_email4.eml": {"boundary-prefix"},
    "mikel__raw_email_with_multipart_mixed_quoted_boundary.eml": {"duplicate-subject"},
    "mimekit__delivery-status-no-blank-line.txt": {"preamble-text"},
    "mimekit__delivery-status.txt": {"preamble-text"},
    "mimekit__feedback-report.txt": {"header-name"},
    "mimekit__issue358.txt": {"header-without-colon"},
    "mimekit__simple-multipart.anonymized.eml": {"epilogue-text", "preamble-text"},
    "mimekit__stack-overflow.txt": {"limit-field"},
    "stalp__thirdparty_004.eml": {"unknown-encoding"},
    "stalp__thirdparty_008.eml": {"epilogue-text"},
    "stalp__thirdparty_012.eml": {"epilogue-text"},
    "rspamd__freemailcc.eml": {"no-delimiter"},
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
    if not CORPUS.is_dir():
        return []
    rows = [json.loads(line) for line in (CORPUS / "manifest.jsonl").read_text("utf-8").splitlines()]
    names = [row["file"].removeprefix("mail-mime/") for row in rows if row["kind"] in kinds]
    return [name for name in names if not name.endswith((".json", ".xml"))]


@pytest.mark.parametrize("name", mails(*HONEST))
def test_an_honest_mail_is_read_in_one_way(name):
    found = {a.code for a in parse(wire_form((CORPUS / name).read_bytes())).ambiguities}
    assert found - UNTIDY == EXPECTED.get(name, set())


@pytest.mark.parametrize("name", mails("mime-partial"))
def test_a_fragment_is_reported(name):
    content = wire_form((CORPUS / name).read_bytes())
    if b"message/partial" not in content:
        pytest.skip("the reassembled message")
    assert "message-partial" in {a.code for a in parse(content).ambiguities}


@pytest.mark.parametrize("name", mails("mime-malformed", "mail-bad-attachment", "msg-outlook", *HONEST))
def test_every_leaf_of_every_mail_decodes(name):
    content = wire_form((CORPUS / name).read_bytes())
    parsed = parse(content)
    for part in parsed.root.leaves():
        for body in (decoded := decode_body(content, part)).alternatives, (decoded.data,):
            for data in body:
                find_inline_encodings(data)
