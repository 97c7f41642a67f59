"""The test PKI of a session: one tree, its store on disk, and a few documents, made once."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from gateway.demo.documents import official_letter, pdf_file, word_file
from gateway.demo.pki import Pki
from gateway.signatures.trust import TrustStore

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)


@cache
def tree() -> Pki:
    """The tree of authorities and holders."""
    return Pki(now=NOW)


@cache
def store() -> TrustStore:
    """Anchors and CRLs of all three trees, loaded from files as the gateway loads them."""
    with tempfile.TemporaryDirectory() as folder:
        return TrustStore.load(tree().write_store(Path(folder)))


@cache
def letter_pdf() -> bytes:
    """An issued letter, unsigned."""
    return pdf_file(official_letter("1215/UBND-VP", "báo cáo công tác tháng"))


@cache
def letter_docx() -> bytes:
    """The same as a Word file."""
    return word_file(official_letter("1215/UBND-VP", "báo cáo công tác tháng"))
