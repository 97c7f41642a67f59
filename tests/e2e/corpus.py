"""Mails of the corpus as a client would send them."""

import os
from pathlib import Path

import pytest

CORPUS = Path(os.environ.get("GATEWAY_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))


def mails(count: int) -> list[bytes]:
    """As many mails with CRLF line ends: the corpus again and again, each with its number in six digits on top."""
    real = []
    for path in sorted(CORPUS.rglob("*.eml")):
        octets = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"").replace(b"\0", b"")
        real.append(octets.replace(b"\n", b"\r\n").removesuffix(b"\r\n") + b"\r\n")
    if not real:
        pytest.skip(f"no mails in {CORPUS} (GATEWAY_CORPUS)")
    return [b"X-Number: %06d\r\n" % number + real[number % len(real)] for number in range(count)]
