"""Runs `gateway check` over generated mails, once for all of them, and gives the disposition of each."""

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

HEADER = (
    b"From: An <an.binhtan@tphcm.gov.vn>\r\nTo: binh.binhtan@tphcm.gov.vn\r\n"
    b"Date: Tue, 24 Nov 2026 10:00:00 +0700\r\nMessage-ID: <a@tphcm.gov.vn>\r\nMIME-Version: 1.0\r\n"
)
MARK = "TỐI MẬT"


def encoded(data: bytes) -> bytes:
    """Return base64 lines as a mail has them."""
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def text_mail(declared_type: str, text: str, *, header: str = "") -> bytes:
    """Return a mail of one text part."""
    head = f"{header}Content-Type: {declared_type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return HEADER + head.encode() + encoded(text.encode())


def mail_with(filename: str, data: bytes, declared_type: str = "application/octet-stream") -> bytes:
    """Return a mail with one attachment."""
    return (
        HEADER + b'Subject: gui tai lieu\r\nContent-Type: multipart/mixed; boundary="BB"\r\n\r\n'
        b"--BB\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGui anh.\r\n"
        + f"--BB\r\nContent-Type: {declared_type}\r\nContent-Transfer-Encoding: base64\r\n".encode()
        + f'Content-Disposition: attachment; filename="{filename}"\r\n\r\n'.encode()
        + encoded(data)
        + b"--BB--\r\n"
    )


def dispositions(mails: Mapping[str, bytes], folder: Path) -> dict[str, str]:
    """Return what the default preset decides on each mail; a traceback of the gateway fails the test."""
    paths = []
    for name, content in mails.items():
        paths.append(folder / f"{name}.eml")
        paths[-1].write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "check", "--json", *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(mails), done.stderr
    return {Path(answer["file"]).stem: answer["disposition"] for answer in answers}
