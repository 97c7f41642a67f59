"""Pictures made to mislead the reader of pages: combs across the lines, textures, floods of them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from gateway.documents.readers.base import Budget
from gateway.documents.readers.pictures import ocr, page_runs, stamp_page
from gateway.model import Role
from tests.support.ocr import needs_ocr

pytestmark = [
    pytest.mark.system,
    needs_ocr,
]
VIEW = page_runs.PageView(page=1, dpi=150.0, points_per_pixel=72 / 150)
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"


def _font(size: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(FONT, size)
    except OSError:
        pytest.skip("fonts-dejavu-core is not installed")


def _bgr(picture: Image.Image) -> stamp_page.Pixels:
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"), np.uint8)[:, :, ::-1])


def _grain(width: int, height: int) -> stamp_page.Pixels:
    grain = np.random.default_rng(1).normal(128, 60, (height, width)).clip(0, 255).astype(np.uint8)
    return np.repeat(grain[:, :, None], 3, axis=2)


def test_a_stamp_on_a_page_of_equal_lines_is_found():
    # Equal lines make columns of equal letters, which looks like a page that lies on its side.
    page = Image.new("RGB", (1240, 1754), "white")
    draw = ImageDraw.Draw(page)
    draw.text((180, 250), "TỐI MẬT", font=_font(40), fill=(200, 20, 20))
    draw.rectangle((165, 240, 400, 305), outline=(200, 20, 20), width=4)
    for row in range(20):
        draw.text(
            (150, 500 + 45 * row), "Báo cáo về tình hình trên địa bàn quận Bình Tân", font=_font(24), fill="black"
        )

    reading = stamp_page.examine(_bgr(page), VIEW, Budget(part_cpu_s=60))

    assert [run.text for run in reading.runs if run.role is Role.STAMP] == ["TỐI MẬT"]
    assert reading.whole_page


def test_a_texture_stays_unread_instead_of_using_up_the_time():
    budget = Budget(part_cpu_s=60)

    reading = stamp_page.examine(_grain(1200, 900), VIEW, budget)

    assert not reading.whole_page
    assert budget.words_cpu_s > 4.0


def test_pictures_are_only_searched_for_stamps_when_the_time_for_words_is_used_up():
    budget = Budget(part_cpu_s=60, words_cpu_s=0.0)
    page = Image.new("RGB", (1240, 1754), "white")
    ImageDraw.Draw(page).text((150, 500), "Báo cáo tình hình", font=_font(24), fill="black")

    reading = stamp_page.examine(_bgr(page), VIEW, budget)

    assert not reading.whole_page
    assert reading.runs == ()


def test_recognition_stops_at_its_limit():
    engine = ocr.engine()
    assert engine is not None
    page = Image.new("L", (1240, 1754), 255)
    for row in range(38):
        ImageDraw.Draw(page).text((50, 30 + 45 * row), "Báo cáo về tình hình " * 4, font=_font(24), fill=0)
    with pytest.raises(TimeoutError):
        engine.words(np.asarray(page, np.uint8), ocr.Layout.SPARSE, 150, limit_s=0.05)
    assert engine.words(np.asarray(page, np.uint8)[:100], ocr.Layout.SPARSE, 150)
