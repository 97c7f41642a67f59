"""The test PKI of a session: one tree, its store on disk, and a few documents, made once."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from gateway.demo.documents import official_letter, pdf_file, word_file
from gateway.demo.pki import Identity, Pki, Wish, issue, new_key
from gateway.documents.signatures.trust import TrustStore

serialization.load_der_private_key = cache(serialization.load_der_private_key)
"""pyHanko loads and checks the key of a signer anew for each signature, which takes four times as long as to sign."""
NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)


class Tree(Pki):
    """The authorities of the demonstration, a stranger, and the store as an administrator keeps it."""

    @cached_property
    def rogue_root(self) -> Identity:
        """A stranger with the name of the G2 root."""
        return issue(self.g2_root.certificate.subject, new_key(), None, Wish(authority=True), now=self.now)

    def write_store(self, folder: Path, *, with_lists: bool = True) -> Path:
        """Write the trust anchors of all three trees, and their CRLs, as the administrator would; return the folder."""
        (folder / "crl").mkdir(parents=True, exist_ok=True)
        trees = {
            "g1": (self.g1_root, self.g1_sub),
            "g2": (self.g2_root, self.g2_sub),
            "public": (self.public_root, self.public_sub),
        }
        for name, authorities in trees.items():
            for number, authority in enumerate(authorities):
                (folder / f"{name}-{number}.cer").write_bytes(authority.certificate_der)
                if with_lists:
                    (folder / "crl" / f"{name}-{number}.crl").write_bytes(self.crl(authority))
        return folder


@cache
def tree() -> Tree:
    """The tree of authorities and holders."""
    return Tree(now=NOW)


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
