"""A mail full of photos must not use up the time that the scan among them needs."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from gateway.documents.readers.base import Budget
from gateway.documents.readers.pictures import lines, page_runs, stamp_page
from gateway.documents.readers.pictures.likeness import Writing, writing
from tests.readers import scan_makers
from tests.support.ocr import needs_ocr

pytestmark = [
    pytest.mark.system,
    needs_ocr,
]
VIEW = page_runs.PageView(page=1, dpi=150.0, points_per_pixel=72 / 150)


def _bgr(picture: Image.Image) -> stamp_page.Pixels:
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"), np.uint8)[:, :, ::-1])


def _writing(picture: stamp_page.Pixels, dpi: float = 150.0) -> Writing:
    return writing(lines.sheet(np.ascontiguousarray(picture[:, :, 2]), dpi).ink)


def _photo(seed: int) -> stamp_page.Pixels:
    """Leaves, pebbles, faces in a crowd: blobs of all sizes and colours, out of focus here and there."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (1200, 900), tuple(int(v) for v in rng.integers(60, 200, 3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(2500):
        x, y = rng.uniform(0, 1200), rng.uniform(0, 900)
        w, h = rng.lognormal(2.3, 0.9), rng.lognormal(2.3, 0.9)
        draw.ellipse((x, y, x + w, y + h), fill=tuple(int(v) for v in rng.integers(0, 255, 3)))
    return _bgr(picture.filter(ImageFilter.GaussianBlur(1.2)))


def test_photos_leave_the_time_to_the_page_behind_them():
    budget = Budget(part_cpu_s=200)
    for seed in range(12):
        assert not stamp_page.examine(_photo(seed), VIEW, budget).doubtful
    assert budget.words_cpu_s > 5.0

    page = scan_makers.draw(scan_makers.Sheet(seed=1, machine="scanner jpeg", dpi=150))
    reading = stamp_page.examine(_bgr(page), VIEW, budget)

    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in " ".join(run.text for run in reading.runs)
    assert not reading.doubtful


def test_a_page_that_no_time_is_left_for_is_doubtful_and_a_photo_is_not():
    page = scan_makers.draw(scan_makers.Sheet(seed=1, machine="scanner jpeg", dpi=150))
    for picture, doubtful in ((_bgr(page), True), (_photo(1), False)):
        budget = Budget(part_cpu_s=60, words_cpu_s=0.0)
        assert stamp_page.examine(picture, VIEW, budget).doubtful is doubtful


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_on_its_side_or_head_is_turned_the_right_way(quarters: int):
    page = _bgr(scan_makers.draw(scan_makers.Sheet(seed=1, machine="scanner jpeg", dpi=150)))
    turned = np.ascontiguousarray(np.rot90(page, quarters))
    reading = stamp_page.examine(turned, VIEW, Budget())
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in " ".join(run.text for run in reading.runs)
    assert reading.whole_page
    assert not reading.doubtful


@pytest.mark.parametrize("machine", ["scanner jpeg", "scanner grey", "fax g4", "phone"])
@pytest.mark.parametrize("turn", [0, 1])
def test_a_page_looks_written_from_every_machine(machine: str, turn: int):
    import io

    _, data = scan_makers.make(scan_makers.Sheet(seed=2, machine=machine, turn=turn))
    seen = _writing(_bgr(Image.open(io.BytesIO(data))), dpi=200.0)
    assert seen.is_page
    assert seen.on_its_side is bool(turn)


def test_a_sheet_with_two_lines_looks_written():
    page = Image.new("RGB", (1240, 1754), "white")
    font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", 40)
    ImageDraw.Draw(page).text((300, 500), "BÁO CÁO NĂM 2026", font=font, fill="black")
    assert _writing(_bgr(page)).is_page


@pytest.mark.parametrize("seed", range(6))
def test_a_photo_does_not_look_written(seed: int):
    assert not _writing(_photo(seed)).is_page
