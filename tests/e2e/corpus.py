"""Mails of the corpus as a client would send them."""

from email import policy
from email.message import EmailMessage

import pytest

from tests.support.corpus import CORPUS


def mails(count: int) -> list[bytes]:
    """As many mails with CRLF line ends: the corpus again and again, each with its number in six digits on top."""
    real = []
    for path in sorted(CORPUS.rglob("*.eml")):
        if "evasion" in path.parts:
            continue  # marked on purpose: they do not arrive
        octets = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"").replace(b"\0", b"")
        real.append(octets.replace(b"\n", b"\r\n").removesuffix(b"\r\n") + b"\r\n")
    if not real:
        pytest.skip(f"no mails in {CORPUS} (GATEWAY_CORPUS)")
    return [b"X-Number: %06d\r\n" % number + real[number % len(real)] for number in range(count)]


DOCUMENTS = ("docx", "pdf", "odt", "doc", "xlsx", "xls", "rar", "7z", "zip", "msg", "pptx", "rtf", "png", "p7m", "html")
LIMIT_BYTES = 60_000
"""Larger ones hold pictures, and how many of them are read in time depends on the machine."""


def documents(count: int) -> list[bytes]:
    """As many mails, each with one document of the corpus; kinds of document take turns."""
    kinds = [
        sorted(path for path in CORPUS.rglob(f"*.{kind}") if path.stat().st_size < LIMIT_BYTES) for kind in DOCUMENTS
    ]
    turns = [files[turn] for turn in range(max(map(len, kinds), default=0)) for files in kinds if turn < len(files)]
    if len(turns) < count:
        pytest.skip(f"only {len(turns)} documents in {CORPUS} (GATEWAY_CORPUS)")
    mails = []
    for number, path in enumerate(turns[:count]):
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"], mail["To"] = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn"
        mail["Subject"], mail["Message-ID"] = "Gửi tài liệu", f"<{number}@corpus.example>"
        mail.set_content("Kính gửi anh.\n")
        mail.add_attachment(path.read_bytes(), maintype="application", subtype="octet-stream", filename=path.name)
        mails.append(mail.as_bytes())
    return mails
