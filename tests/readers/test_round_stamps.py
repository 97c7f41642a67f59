"""A level within a round red frame is read: such a stamp looks like a seal, and says something."""

import pytest
from PIL import ImageDraw, ImageFont

from gateway.documents.readers.base import Budget
from gateway.documents.readers.pictures import stamp_page
from gateway.documents.readers.pictures.page_runs import PageView
from gateway.model import Document
from gateway.vietnamese.marks import find_in_document
from tests.readers import glance_scans, scans
from tests.support.ocr import needs_stamps

pytestmark = needs_stamps

RED = (200, 25, 35)


@pytest.mark.parametrize("inner", [0, 8])
@pytest.mark.parametrize(("words", "found"), [("MẬT", True), ("Tối mật", True), ("Độ mật: Mật", True), ("KHẨN", False)])
def test_a_level_in_a_ring_is_a_mark_in_capitals_or_not(words: str, inner: int, found: bool) -> None:
    page = glance_scans.letter(1, 150).copy()
    canvas, radius, x, y = ImageDraw.Draw(page), 110, 400, 1400
    canvas.rectangle((x - 140, y - 140, x + 140, y + 140), "white")
    for side in {0, inner}:
        canvas.ellipse(
            (x - radius + side, y - radius + side, x + radius - side, y + radius - side), outline=RED, width=4
        )
    face = ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[1]), int(radius * 1.3 / (0.6 * len(words))))
    canvas.text((x, y), words, RED, face, "mm")
    view = PageView(1, 150, 72 / 150, 0, "")
    runs = stamp_page.examine(scans.bgr(page), view, Budget(part_cpu_s=100)).runs
    assert bool(find_in_document(Document(part="1", format="image", pages=1, runs=runs))) is found
