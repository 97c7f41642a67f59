"""Each way in which two mail readers see two messages is reported (catalogue rows E01 to E09)."""

import pytest

from gateway.mime import parse
from tests.mime.build import ATTACHMENT, ENCODED, HEAD, message, multipart, text

PART = b"--B\r\n" + ATTACHMENT + b"--B--\r\n"
MIXED = b"Content-Type: multipart/mixed; boundary=B\r\n"

CASES = {
    # E01 types and boundaries
    "two types": (message(b"Content-Type: text/plain\r\n" + MIXED, PART), "duplicate-content-type"),
    "two boundaries": (message(b"Content-Type: multipart/mixed; boundary=A; boundary=B\r\n", PART), "conflicting-boundary"),
    "plain and encoded boundary": (
        message(b"Content-Type: multipart/mixed; boundary=A; boundary*=us-ascii''B\r\n", PART), "conflicting-boundary"),
    "encoded boundary": (message(b"Content-Type: multipart/mixed; boundary*=us-ascii''B\r\n", PART), "encoded-boundary"),
    "boundary in sections": (
        message(b"Content-Type: multipart/mixed; boundary*0=A; boundary*1=B\r\n", b"--AB\r\n" + ATTACHMENT), "encoded-boundary"),
    "encoded word as boundary": (
        message(b'Content-Type: multipart/mixed; boundary="=?utf-8?Q?B?="\r\n', PART), "encoded-boundary"),
    "empty boundary": (message(b'Content-Type: multipart/mixed; boundary=""\r\n', b"--\r\n" + ATTACHMENT), "empty-boundary"),
    "no boundary": (message(b"Content-Type: multipart/mixed\r\n", PART), "missing-boundary"),
    "boundary ends in space": (message(b'Content-Type: multipart/mixed; boundary="B "\r\n', PART), "boundary-space"),
    "boundary with blanks unquoted": (message(b"Content-Type: multipart/mixed; boundary=B C\r\n", PART), "boundary-space"),
    "boundary with NUL": (message(b'Content-Type: multipart/mixed; boundary="B\0C"\r\n', PART), "nul"),
    "boundary with backslash": (message(b'Content-Type: multipart/mixed; boundary="B\\\\"\r\n', PART), "boundary-characters"),
    "boundary of 71": (message(b"Content-Type: multipart/mixed; boundary=" + b"x" * 71 + b"\r\n", PART), "long-boundary"),
    "boundary unterminated": (message(b'Content-Type: multipart/mixed; boundary="B\r\n', PART), "parameter-unterminated"),
    "comment in type": (message(b"Content-Type: text/plain (x); charset=utf-8\r\n", b"x"), "parameter-comment"),
    "two charsets": (message(b"Content-Type: text/plain; charset=utf-8; charset=utf-7\r\n", b"x"), "conflicting-charset"),
    "multipart without subtype": (message(b"Content-Type: multipart; boundary=B\r\n", PART), "composite-type-syntax"),
    # E02 transfer encodings
    "two encodings": (
        message(b"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n", ENCODED),
        "duplicate-content-transfer-encoding"),
    "unknown encoding": (message(b"Content-Transfer-Encoding: x-b64\r\n", ENCODED), "unknown-encoding"),
    "encoding with semicolon": (message(b"Content-Transfer-Encoding: base64;\r\n", ENCODED), "unknown-encoding"),
    "encoding with hyphen": (message(b"Content-Transfer-Encoding: base-64\r\n", ENCODED), "unknown-encoding"),
    "quoted encoding": (message(b'Content-Transfer-Encoding: "base64"\r\n', ENCODED), "unknown-encoding"),
    "empty encoding": (message(b"Content-Transfer-Encoding:\r\n", ENCODED), "encoding-misspelt"),
    "encoding with comment": (message(b"Content-Transfer-Encoding: base64 (x)\r\n", ENCODED), "encoding-comment"),
    "encoded multipart": (message(MIXED + b"Content-Transfer-Encoding: base64\r\n", PART), "encoding-on-multipart"),
    "encoded message": (
        message(b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n", ENCODED), "base64-message"),
    "message in two encodings": (
        message(
            b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n", ENCODED),
        "encoding-on-message"),
    "qp message": (
        message(b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n", b"A: b\r\n\r\nx"),
        "encoding-on-message"),
    # E04 around the parts
    "preamble": (multipart(text(b"x"), preamble=b"hidden words\r\n"), "preamble-text"),
    "preamble with MIME and base64": (multipart(text(b"x"), preamble=b"MIME\r\n" + ENCODED), "hidden-in-text"),
    "preamble with MIME and a header": (
        multipart(text(b"x"), preamble=b"MIME multipart\r\nContent-Type: text/html\r\n\r\nx\r\n"), "hidden-in-text"),
    "preamble with uuencode": (
        multipart(text(b"x"), preamble=b"begin 644 a.pdf\r\n#0V%T\r\n`\r\nend\r\n"), "hidden-in-text"),
    "preamble with markup": (multipart(text(b"x"), preamble=b"T<b></b>OI MAT\r\n"), "hidden-in-text"),
    "epilogue with a file": (multipart(text(b"x"), epilogue=ENCODED), "hidden-in-text"),
    "epilogue with a part of a boundary that nobody declared": (
        multipart(text(b"x"), epilogue=b"--C\r\nContent-Type: text/html\r\n\r\nx\r\n--C--\r\n"), "hidden-in-text"),
    "overlong boundaries that differ at the end": (
        multipart(
            b"Content-Type: multipart/mixed; boundary=" + b"x" * 71 + b"\r\n\r\n--" + b"x" * 71 + b"\r\n\r\ny",
            boundary=b"x" * 70 + b"z"),
        "boundaries-alike"),
    "epilogue": (multipart(text(b"x"), epilogue=b"hidden words\r\n"), "epilogue-text"),
    "part after the close": (multipart(text(b"x"), epilogue=PART), "part-after-close"),
    "no close": (message(MIXED, b"--B\r\n" + ATTACHMENT), "missing-close-boundary"),
    "no delimiter": (message(MIXED, b"words\r\n"), "no-delimiter"),
    "a file and no delimiter": (message(MIXED, ENCODED), "hidden-in-text"),
    "inner boundary that begins with the outer one": (
        multipart(b"Content-Type: multipart/mixed; boundary=BB\r\n\r\n--BB\r\n" + ATTACHMENT + b"--BB--\r\n"),
        "inner-boundary-prefix"),
    "boundary of a sibling that begins with the outer one": (
        multipart(
            b"Content-Type: multipart/mixed; boundary=CC\r\n\r\n--CC\r\n\r\nx\r\n--BB\r\n" + ATTACHMENT + b"--CC--"),
        "boundary-prefix"),
    "prefix": (message(MIXED, b"--B\r\n\r\nx\r\n--BB\r\n" + ATTACHMENT + b"--BB--\r\n--B--\r\n"), "boundary-prefix"),
    "text behind a delimiter": (message(MIXED, b"--B x\r\n" + ATTACHMENT + b"--B--\r\n"), "boundary-prefix"),
    "text behind a close": (message(MIXED, b"--B\r\n" + ATTACHMENT + b"--B--x\r\n"), "boundary-prefix"),
    "boundary of the outer used inside": (
        multipart(MIXED + b"\r\n--B\r\n\r\nx\r\n--B--\r\n"), "boundary-reused"),
    "bare LF before a boundary": (message(MIXED, b"--B\r\n\r\nx\n" + PART), "bare-lf"),
    "bare CR before a boundary": (message(MIXED, b"--B\r\n\r\nx\r" + PART), "bare-cr"),
    "bare LF behind a boundary": (message(MIXED, b"--B\n" + ATTACHMENT + b"--B--\r\n"), "bare-lf"),
    # E05 header blocks
    "bare CR in a header": (message(b"X: a\r" + MIXED, PART), "bare-cr"),
    "bare LF in a header": (message(b"X: a\n" + MIXED, PART), "bare-lf"),
    "NUL in a header": (message(b"X: a\0b\r\n", b"x"), "nul"),
    "space before the colon": (message(b"Content-Type : multipart/mixed; boundary=B\r\n", PART), "space-before-colon"),
    "space before the colon of a From in the first line": (b"From : c@d.vn\r\n" + HEAD + b"\r\nx", "space-before-colon"),
    "no colon": (message(b"a line of text\r\n" + MIXED, PART), "header-without-colon"),
    "blank in the name": (message(b"Content Type: text/html\r\n", b"x"), "header-name"),
    "8-bit in the name": (message("Tiêu-đề: x\r\n".encode(), b"x"), "header-name"),
    "blank fold": (message(b"X: a\r\n \r\nContent-Type: text/html\r\n", b"x"), "blank-fold"),
    "blank fold behind the encoding": (
        message(b"Content-Transfer-Encoding: base64\r\nX: a\r\n \r\nVEVT: x\r\n", ENCODED), "blank-fold-encoded"),
    "blank fold in the encoding": (
        message(b"Content-Transfer-Encoding:\r\n \r\n base64\r\nX: a\r\n", ENCODED), "blank-fold-encoded"),
    "fold first": (b" From: a@b\r\n" + HEAD + b"\r\nx", "fold-first"),
    "fold first in a part": (multipart(b" folded\r\nContent-Type: text/html\r\n\r\nx"), "fold-first"),
    "long line": (message(b"X: " + b"a" * 1000 + b"\r\n", b"x"), "long-header-line"),
    "words in an unknown charset": (message(b"Comments: =?ibm1130?B?49bJQA==?= =?ibm1130?B?1MHj?=\r\n", b"x"), "unknown-charset"),
    "name in an unknown charset": (
        message(b"Content-Disposition: attachment; filename*=ibm1130''%E3%D6%C9%40%D4%C1%E3%4B%A3%A7%A3\r\n", b"x"), "unknown-charset"),
    "name in an unknown charset, in pieces": (
        message(b"Content-Type: text/plain; name*0*=ibm1130''%E3%D6%C9; name*1*=%D4%C1%E3\r\n", b"x"), "unknown-charset"),
    "two subjects": (message(b"Subject: other\r\n", b"x"), "duplicate-subject"),
    "two senders": (message(b"From: c@d.vn\r\n", b"x"), "duplicate-from"),
    "inner bare CR": (multipart(b"Content-Type: text/plain\rX: y\r\n\r\nx"), "bare-cr"),
    "inner space before the colon": (multipart(b"Content-Type : text/html\r\n\r\nx"), "space-before-colon"),
    # E06 names
    "plain and encoded name": (
        message(b"Content-Disposition: attachment; filename=a.txt; filename*=utf-8''b.exe\r\n", b"x"), "conflicting-names"),
    "two names": (message(b"Content-Disposition: attachment; filename=ok.txt; filename=mat.docx\r\n", b"x"), "conflicting-names"),
    "ending of one name only, other words": (
        message(b"Content-Type: text/plain; name=x.txt\r\nContent-Disposition: attachment; filename=toi_mat\r\n", b"x"), "conflicting-names"),
    "comment behind a boundary": (message(b'Content-Type: multipart/mixed; boundary="B" (x)\r\n', b"--B\r\n\r\nx\r\n--B--\r\n"), "parameter-comment"),
    "comment behind a charset": (message(b'Content-Type: text/plain; charset="utf-8" (x)\r\n', b"x"), "charset-comment"),
    "comment behind a charset that is not ASCII's": (message(b"Content-Type: text/plain; charset=utf-7 (x)\r\n", b"x"), "parameter-comment"),
    "comment behind an EBCDIC charset": (message(b'Content-Type: text/plain; charset="cp037" (x)\r\n', b"x"), "parameter-comment"),
    "comment behind a Japanese charset": (message(b"Content-Type: text/plain; charset=iso-2022-jp (x)\r\n", b"x"), "parameter-comment"),
    "comment behind 8bit": (message(b"Content-Transfer-Encoding: 8bit (x)\r\n", b"x"), "encoding-misspelt"),
    "other name, same kind": (
        message(b"Content-Disposition: attachment; filename=thongbao.docx; filename*=utf-8''toi%20mat.docx\r\n", b"x"),
        "conflicting-names"),
    "type and disposition differ": (
        message(b"Content-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment; filename=b.docx\r\n", b"x"),
        "conflicting-names"),
    "two dispositions": (
        message(b"Content-Disposition: attachment; filename=ok.txt\r\nContent-Disposition: attachment; filename=e.docx\r\n", b"x"),
        "duplicate-content-disposition"),
    "sections out of order": (
        message(b'Content-Disposition: attachment; filename*1="at.docx"; filename*0="m"\r\n', b"x"), "parameter-order"),
    "section missing": (
        message(b'Content-Disposition: attachment; filename*0="m"; filename*2="at.docx"\r\n', b"x"), "parameter-gap"),
    "a section twice": (
        message(b'Content-Disposition: attachment; filename*0="m.exe"; filename*0="m.pdf"\r\n', b"x"), "parameter-order"),
    # E07 types that carry no content here
    "partial": (message(b"Content-Type: message/partial; id=1; number=1; total=2\r\n", b"x"), "message-partial"),
    "external": (message(b"Content-Type: message/external-body; access-type=URL\r\n", b"A: b\r\n\r\n"), "external-body"),
    # octets that SMTP cannot carry
    "NUL in a body": (message(b"", b"x\0y"), "nul"),
    "bare LF in a body": (message(b"", b"x\ny\r\n"), "bare-lf"),
    "bare CR in a body": (message(b"", b"x\ry\r\n"), "bare-cr"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_two_readings_are_reported_in_a_mail_and_in_a_forwarded_one(case):
    content, code = CASES[case]
    assert code in {ambiguity.code for ambiguity in parse(content).ambiguities}
    if code not in {
        "duplicate-subject",
        "duplicate-from",
    }:  # who wrote a forwarded message does not decide how this is read
        forwarded = multipart(text(b"x"), b"Content-Type: message/rfc822\r\n\r\n" + content, boundary=b"outermost")
        assert code in {ambiguity.code for ambiguity in parse(forwarded).ambiguities}


@pytest.mark.parametrize("word", [b"x-viet-tcvn3?Q?M=CBt", b"x-no-such?B?xJDhu4E=", b"x-no-such?Q?TOI_MAT"])
def test_words_that_can_be_read_whatever_their_charset_are_no_ambiguity(word):
    assert not parse(message(b"Comments: =?" + word + b"?=\r\n", b"x")).ambiguities


def test_an_ambiguity_names_its_part():
    content = multipart(text(b"x"), b"Content-Type: message/partial; id=1\r\n\r\nx")
    assert [(a.code, a.path) for a in parse(content).ambiguities] == [("message-partial", "2")]
