"""Nothing that poppler's pdftotext finds in the real PDFs of the corpus is missing from ours."""

from __future__ import annotations

import shutil

import pytest

from tests.readers.corpus import CORPUS, needs_corpus
from tests.readers.pdf_figures import missing

pytestmark = [
    pytest.mark.system,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler-utils"),
]


@needs_corpus
def test_every_word_of_poppler_is_in_ours() -> None:
    """At least 99.9 % of 80,000 words; the rest are words that poppler joins over a line end or with a footnote mark."""
    total = lacking = 0
    for path in sorted((CORPUS / "vietnam").glob("*.pdf")) + sorted((CORPUS / "pdf-signatures").glob("*.pdf")):
        count, absent, _ = missing(path)
        total, lacking = total + count, lacking + absent
    assert total > 50_000
    assert lacking / total < 0.001
