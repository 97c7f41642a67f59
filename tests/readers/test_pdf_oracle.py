"""Nothing that poppler's pdftotext finds in the real PDFs of the corpus is missing from ours."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.readers import pdfs
from tests.readers.corpus import CORPUS, needs_corpus
from tests.readers.pdf_figures import missing, times

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


def test_a_long_pdf_is_read_much_faster_than_by_pypdf(tmp_path: Path) -> None:
    """Five times and more on documents of word processors; this one is the plainest that there is."""

    def draw(canvas: Canvas) -> None:
        for _ in range(100):
            canvas.setFont("Serif", 13)
            for line in range(45):
                canvas.drawString(
                    60, 780 - 16 * line, "Thực hiện kế hoạch của Ủy ban nhân dân thành phố về chuyển đổi số"
                )
            canvas.showPage()

    path = tmp_path / "long.pdf"
    path.write_bytes(pdfs.page(draw))
    found = times(path)
    assert found["ours"] * 3 < found["pypdf"]
