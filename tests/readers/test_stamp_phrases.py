"""Stamps of several words, other stamps of nearly these letters, and large words of a poster over several lines."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pictures import image
from gateway.vietnamese.marks import Strength, find_in_document
from tests.readers import scans
from tests.support.ocr import needs_stamps
from tests.support.octets import file_of

pytestmark = [
    pytest.mark.system,
    needs_stamps,
]
RED = (200, 20, 40)
PRINT = "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015"


def stamped(words: str, form: str) -> bytes:
    """A printed page at 200 dpi with red words: in a frame, white on a bar, without either, or large across the print."""
    page = Image.new("RGB", (1654, 2339), "white")
    draw = ImageDraw.Draw(page)
    printed = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSerif-Regular.ttf"), 36)
    for line in range(6, 12):
        draw.text((194, 472 + 55 * line), PRINT, "black", printed)
    across = form == "across"
    font = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSerif-Bold.ttf"), 61 if across else 44)
    place = (578, 935) if across else (165, 117)
    left, top, right, bottom = draw.textbbox(place, words, font)
    box = left - 22, top - 17, right + 22, bottom + 17
    if form == "bar":
        draw.rectangle(box, RED)
    elif form != "bare":
        draw.rectangle(box, outline=RED, width=4)
    draw.text(place, words, "white" if form == "bar" else RED, font)
    return file_of(page, "JPEG", quality=80, dpi=(200, 200))


def marks(words: str, form: str) -> set[str]:
    source = Source(data=stamped(words, form), part="1", declared_type="image/jpeg")
    budget = Budget(cpu_s=200, part_cpu_s=200, words_cpu_s=100)
    return {mark.level.value for mark in find_in_document(image.read(source, budget).document)}


@pytest.mark.parametrize("form", ["framed", "bar", "bare", "across"])
@pytest.mark.parametrize(
    ("words", "level"),
    [("TÀI LIỆU MẬT", "mat"), ("VĂN BẢN MẬT", "mat"), ("CÔNG VĂN MẬT", "mat"), ("HỒ SƠ MẬT", "mat"), ("MẬT - KHẨN", "mat"),
     ("TÀI LIỆU TỐI MẬT", "toi_mat"), ("VĂN BẢN TUYỆT MẬT", "tuyet_mat")],
)  # fmt: skip
def test_a_mark_that_names_what_it_is_on_is_read_to_its_end(words: str, level: str, form: str) -> None:
    assert marks(words, form) == {level}


@pytest.mark.parametrize("form", ["framed", "across"])
@pytest.mark.parametrize(
    "words", ["TÀI LIỆU HỌP", "TÀI LIỆU MẪU", "VĂN BẢN ĐẾN", "VĂN BẢN ĐI", "CÔNG VĂN ĐẾN", "HỒ SƠ MỚI", "BẢO MẬT"]
)
def test_another_stamp_of_nearly_these_letters_is_none(words: str, form: str) -> None:
    assert not marks(words, form)


def poster(
    *words: str, inks: tuple[str, ...] = ("#c81923",), sizes: tuple[int, ...] = (120,), left: int | None = None,
    frame: bool = False, ground: str = "white",
) -> set[str]:  # fmt: skip
    """Marks of a page at 150 dpi with words below one another, centred or from the left on, and print below."""
    page = Image.new("RGB", (1240, 1754), ground)
    draw, y = ImageDraw.Draw(page), 200.0
    for number, word in enumerate(words):
        size, ink = sizes[min(number, len(sizes) - 1)], inks[min(number, len(inks) - 1)]
        font = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSerif-Bold.ttf"), size)
        x = (1240 - font.getlength(word)) / 2 if left is None else left * (number + 1)
        draw.text((x, y), word, ink, font)
        if frame and word == "MẬT":
            x0, y0, x1, y1 = draw.textbbox((x, y), word, font)
            draw.rectangle((x0 - 30, y0 - 14, x1 + 30, y1 + 14), outline=ink, width=6)
        y += 1.25 * size
    printed = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSerif-Regular.ttf"), 27)
    for line in range(8):
        draw.text((150, 1000 + 40 * line), PRINT, "white" if ground != "white" else "black", printed)
    data = file_of(page, "JPEG", quality=80, dpi=(150, 150))
    source = Source(data=data, part="1", declared_type="image/jpeg")
    document = image.read(source, Budget(cpu_s=200, part_cpu_s=200, words_cpu_s=100)).document
    return {mark.level.value for mark in find_in_document(document) if mark.strength is not Strength.NOTED}


@pytest.mark.parametrize("ink", ["#c81923", "#141414", "#1e3ca0"])
@pytest.mark.parametrize("words", [
    ("BẢO", "MẬT"), ("BẢO", "MẬT", "THÔNG TIN"), ("CAM KẾT", "BẢO", "MẬT"), ("BÍ", "MẬT", "KINH DOANH"), ("MẬT", "ONG"),
])  # fmt: skip
def test_large_words_set_alike_over_several_lines_are_one_phrase(words: tuple[str, ...], ink: str) -> None:
    assert not poster(*words, inks=(ink,))


@pytest.mark.parametrize("size", [40, 75, 190])
def test_a_phrase_is_read_at_the_size_of_its_own_letters(size: int) -> None:
    assert not poster("BẢO", "MẬT", sizes=(size,))


def test_a_light_phrase_on_a_dark_page_is_one() -> None:
    assert not poster("BẢO", "MẬT", inks=("white",), ground="#1e3ca0")


@pytest.mark.parametrize(("words", "level"), [
    (("MẬT",), "mat"), (("TỐI", "MẬT"), "toi_mat"), (("TUYỆT", "MẬT"), "tuyet_mat"), (("KẾ HOẠCH", "MẬT"), "mat"),
    (("THÔNG BÁO", "MẬT"), "mat"), (("MẬT", "KẾ HOẠCH"), "mat"), (("MẬT", "ĐỘ KHẨN"), "mat"),
])  # fmt: skip
def test_a_mark_over_or_under_other_large_words_stays_one(words: tuple[str, ...], level: str) -> None:
    assert level in poster(*words)


def test_a_stamp_under_print_that_ends_like_a_longer_word_stays_one() -> None:
    assert poster("BẢO", "MẬT", inks=("#141414", "#c81923"), sizes=(60,)), "of another ink"
    assert poster("BẢO", "MẬT", sizes=(60, 90)), "in smaller letters"
    assert poster("BẢO", "MẬT", sizes=(60,), left=300), "not aligned"
    assert poster("BẢO", "MẬT", sizes=(60,), frame=True), "in a frame"
    assert poster("BẢO", "MẬT", inks=("#141414",), sizes=(60,), frame=True), "in a dark frame"


@pytest.mark.parametrize(("words", "marked"), [("TUYỆT MẬT", True), ("BẢO MẬT", False)])
@pytest.mark.parametrize("wide", [214, 299])
def test_a_photo_of_a_stamp_alone_is_read_at_either_size(words: str, wide: int, *, marked: bool) -> None:
    bold = str(scans.FONT_DIR / "liberation/LiberationSerif-Bold.ttf")
    left, _, right, _ = ImageFont.truetype(bold, 100).getbbox(words)
    font = ImageFont.truetype(bold, int(320 * wide / (right - left)))
    left, top, right, bottom = font.getbbox(words)
    high, edge = int((bottom - top) * 1.7), wide * 75 // 214
    page = Image.new("RGB", (4 * wide + 2 * edge, high + 2 * edge), (232, 228, 220))
    draw = ImageDraw.Draw(page)
    draw.rectangle((edge, edge, edge + 4 * wide, edge + high), outline=RED, width=wide * 16 // 214)
    at = edge + (4 * wide - right + left) // 2 - left, edge + (high - bottom + top) // 2 - top
    draw.text(at, words, RED, font)
    page = page.resize((page.width // 4, page.height // 4), Image.Resampling.LANCZOS)
    light = np.asarray(page) * (0.72 + 0.25 * np.arange(page.width) / page.width)[None, :, None]
    grain = np.random.default_rng(1).normal(0, 7, light.shape)
    photo = Image.fromarray((light + grain).clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))
    data = file_of(photo, "JPEG", quality=70)
    document = image.read(Source(data=data, part="1", declared_type="image/jpeg"), Budget(part_cpu_s=300)).document
    assert any(mark.strength is Strength.MARKED for mark in find_in_document(document)) is marked
