"""Both sides of the structure of a mail: slips of ordinary programs pass with a tag, and nothing hides behind them.

The same slip stands in both tables: with innocent words it is relayed, with a mark or a file where only some readers look
it is refused (catalogue rows E01 to E05).
"""

import asyncio
import base64

import pytest

from gateway.model import Disposition, FindingOutcome
from tests.accuracy import wall
from tests.mime.build import ATTACHMENT, message, multipart, text

pytestmark = pytest.mark.slow

WORDS = "Kính gửi anh chị, đề nghị gửi báo cáo trước thứ Sáu.\r\n".encode()
MARK = "TỐI MẬT\r\n".encode()
BODY = text(WORDS)
MIXED = b"Content-Type: multipart/mixed; boundary=B\r\n"
FOLD = b"References: <1@example.vn>\r\n \r\n <2@example.vn>\r\n"


def forwarded(inner: bytes) -> bytes:
    """A part that is a message in base64."""
    head = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + base64.encodebytes(inner).replace(b"\n", b"\r\n")


def nested(inner: bytes, *, boundary: bytes) -> bytes:
    head = b"Content-Type: multipart/alternative; boundary=" + boundary + b"\r\n\r\n"
    return head + b"--" + boundary + b"\r\n" + inner + b"\r\n--" + boundary + b"--\r\n"


INNOCENT = {
    "footer of a mailing list": multipart(BODY, epilogue=b"_______\r\nMailing list: http://example.vn/list <a@b.vn>\r\n"),
    "footer with escapes in an address": multipart(
        BODY, epilogue=b"http://example.vn/h%E1%BB%8Dp%20giao%20ban?x=%22a%22 &#272;&#7873; ngh&#7883; =E1=BB=8D\r\n"),
    "notice of a virus scanner before the parts": multipart(BODY, preamble=b"Checked by Example AntiVirus 9.1\r\n"),
    "bounce whose words stand before the parts": multipart(BODY, preamble=b"Processing your mail caused errors:\r\n\r\nno such user\r\n"),
    "no closing line": message(MIXED, b"--B\r\n" + BODY),
    "no dividing line": message(MIXED, WORDS),
    "line of blanks in a list of references": message(FOLD, WORDS),
    "line of blanks, then the type and encoding": message(
        FOLD + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n", base64.encodebytes(WORDS).replace(b"\n", b"\r\n")),
    "forwarded message in base64": multipart(BODY, forwarded(multipart(BODY))),
    "forwarded message without a closing line": multipart(BODY, forwarded(message(MIXED, b"--B\r\n" + BODY))),
    "inner boundary that begins with the outer one": multipart(nested(BODY, boundary=b"B-1")),
    "overlong boundary": multipart(BODY, boundary=b"=_" + b"x" * 80),
    "two subjects": message(b"Subject: other words\r\n", WORDS),
    "empty transfer encoding": message(b"Content-Transfer-Encoding:\r\n", WORDS),
    "semicolon behind an encoding that encodes nothing": message(b"Content-Transfer-Encoding: 8bit;\r\n", WORDS),
    "comment behind an encoding that encodes nothing": message(b"Content-Transfer-Encoding: 7bit (plain)\r\n", b"x\r\n"),
    "comment behind the charset, as in RFC 2045": message(b"Content-Type: text/plain; charset=us-ascii (Plain text)\r\n", b"x\r\n"),
    "stray equals sign": message(
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n", b'<p style="color:#000">x</p>\r\n'),
    "GBK letters under the label GB 2312": message(
        b"Content-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: 8bit\r\n", "朱镕基\r\n".encode("gbk")),
    "one bad octet in a text of a declared charset": message(
        b"Content-Type: text/plain; charset=shift_jis\r\nContent-Transfer-Encoding: 8bit\r\n", b"words " * 40 + b"\x81\r\n"),
}  # fmt: skip

HIDDEN = {
    "mark behind the parts": (multipart(BODY, epilogue=MARK), "classified.marked"),
    "mark with escapes behind the parts": (multipart(BODY, epilogue=b"T&#7888;I M&#7852;T\r\n"), "classified.marked"),
    "mark before the parts": (multipart(BODY, preamble=MARK), "classified.marked"),
    "mark before the parts of a forwarded message": (multipart(BODY, forwarded(multipart(BODY, preamble=MARK))), "classified.marked"),
    "mark behind a line of blanks": (message(FOLD + "X-Note: TỐI MẬT\r\n".encode(), WORDS), "classified.marked"),
    "mark behind a line of blanks in a part": (
        multipart(b"Content-Type: text/plain\r\nX: a\r\n \r\n b\r\nX-Note: " + MARK + b"\r\nx"), "classified.marked"),
    "mark behind a line of blanks in a forwarded message": (
        multipart(BODY, forwarded(message(FOLD + "X-Note: TỐI MẬT\r\n".encode(), WORDS))), "classified.marked"),
    "mark and no dividing line": (message(MIXED, MARK), "classified.marked"),
    "mark in the second subject": (message("Subject: [TỐI MẬT] a\r\n".encode(), WORDS), "classified.marked"),
    "mark in a forwarded message in base64": (multipart(BODY, forwarded(message(b"", MARK))), "classified.marked"),
    "mark cut by a stray equals sign": (
        message(b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n", "TỐ=I MẬ=T\r\n".encode()),
        "classified.marked"),
    "file behind the parts": (multipart(BODY, epilogue=ATTACHMENT), "opaque.ambiguous"),
    "parts of another boundary behind the parts": (multipart(BODY, epilogue=b"--C\r\n" + ATTACHMENT + b"--C--\r\n"), "opaque.ambiguous"),
    "parts and no dividing line": (message(MIXED, b"--C\r\n" + ATTACHMENT + b"--C--\r\n"), "opaque.ambiguous"),
    "uuencode before the parts": (multipart(BODY, preamble=b"begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n"), "opaque.ambiguous"),
    "markup behind the parts": (multipart(BODY, epilogue=b"T<b></b>OI MAT\r\n"), "opaque.ambiguous"),
    "encoded words behind a line of blanks": (
        message(b"Content-Transfer-Encoding: base64\r\n" + FOLD, base64.encodebytes(WORDS).replace(b"\n", b"\r\n")), "opaque.ambiguous"),
    "boundary that a reader could take for the outer one": (
        message(MIXED, b"--B\r\n" + BODY + b"\r\n--BB\r\n" + ATTACHMENT + b"--B--\r\n"), "opaque.ambiguous"),
    "quoted-printable message": (
        multipart(BODY, b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + message(b"", WORDS)),
        "opaque.ambiguous"),
    "stray equals sign in a file": (
        multipart(BODY, b"Content-Type: text/csv; name=a.csv\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=b;c\r\n"),
        "opaque.unreadable"),
}  # fmt: skip


@pytest.fixture(scope="module")
def judge():
    with wall.gateway() as judge:
        yield judge


def refusing(judge, content):
    _, verdict = asyncio.run(wall.judged(judge, content))
    found = {
        f"{one.policy}.{one.finding.rule}"
        for one in verdict.findings
        if one.finding.outcome is not FindingOutcome.PASSED and one.effective >= Disposition.HOLD
    }
    return verdict.disposition, found


@pytest.mark.parametrize("case", INNOCENT)
def test_a_slip_of_an_ordinary_program_is_relayed(judge, case):
    disposition, found = refusing(judge, INNOCENT[case])
    assert not found
    assert disposition in (Disposition.RELAY, Disposition.TAG)


@pytest.mark.parametrize("case", HIDDEN)
def test_nothing_hides_behind_such_a_slip(judge, case):
    content, rule = HIDDEN[case]
    disposition, found = refusing(judge, content)
    assert disposition is Disposition.REJECT
    assert rule in found
