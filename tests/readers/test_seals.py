"""Round seals say nothing: their ink is taken off a page before its lines and loose letters are read, and nothing else is."""

import random

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from gateway.documents.readers.base import Budget
from gateway.documents.readers.pictures import ocr, stamp_page
from gateway.documents.readers.pictures.page_runs import PageView
from gateway.documents.readers.pictures.stamp_ink import without_seals
from gateway.model import Document, Run
from gateway.vietnamese.marks import find_in_document
from tests.readers import scans
from tests.readers.test_stamp import RED
from tests.support.ocr import needs_stamps

DPI, SCALE, PLACE = 150, 150 / 72, (420, 130)


def paper() -> Image.Image:
    return Image.new("RGBA", (1100, 600), "white")


def sealed(page: Image.Image) -> Image.Image:
    page.alpha_composite(scans.seal(SCALE, RED), PLACE)
    return page


def redness(page: np.ndarray) -> np.ndarray:
    return page[:, :, 2].astype(int) - page[:, :, :2].max(axis=2)


def read(page: Image.Image) -> list[Run]:
    view = PageView(1, DPI, 72 / DPI, 0, "")
    return list(stamp_page.examine(scans.bgr(page), view, Budget(part_cpu_s=100)).runs)


def test_the_ink_of_a_seal_goes_and_what_is_written_over_it_stays() -> None:
    page = sealed(paper())
    ImageDraw.Draw(page).line((380, 330, 760, 210), (20, 20, 60), 4)
    before = scans.bgr(page)
    after = without_seals(before, DPI)
    assert redness(before).max() > 100 > 20 > redness(after).max()
    assert (after[before.max(axis=2) < 70].max(axis=1) < 70).all()


@pytest.mark.parametrize("turn", [0, 25, 45])
@pytest.mark.parametrize("words", ["MẬT", "TUYỆT MẬT"])
def test_stamps_and_print_are_no_seals(words: str, turn: int) -> None:
    page = paper()
    drawn = scans.text_stamp(words, random.Random(3), 1.6 * SCALE, RED).rotate(turn, expand=True)
    page.alpha_composite(drawn, (200, 60))
    before = scans.bgr(page)
    assert without_seals(before, DPI) is before
    grey = np.ascontiguousarray(before[:, :, 1])
    assert without_seals(grey, DPI) is grey


@needs_stamps
@pytest.mark.parametrize("ink", [RED, (25, 25, 25)])
def test_a_mark_within_a_seal_is_read(ink: tuple[int, int, int]) -> None:
    page = sealed(paper())
    radius = scans.seal(SCALE, RED).width // 2
    face = ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[0]), 44)
    x, y = PLACE[0] + radius, PLACE[1] + radius
    ImageDraw.Draw(page).rectangle((x - 70, y - 40, x + 70, y + 40), "white")
    ImageDraw.Draw(page).text((x, y), "MẬT", ink, face, "mm")
    assert find_in_document(Document(part="1", format="image", pages=1, runs=tuple(read(page))))


@needs_stamps
def test_the_words_of_a_seal_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(ocr.Tesseract, "words", lambda *given, **_: asked.append(given) or [])
    assert read(sealed(paper())) == []
    assert asked == []
