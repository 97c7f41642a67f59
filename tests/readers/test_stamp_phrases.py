"""Stamps of several words: what a mark is on, urgency beside it; and other stamps of nearly these letters."""

from __future__ import annotations

import io

import pytest

pytest.importorskip("numpy")
pytest.importorskip("cv2")
pytest.importorskip("PIL")

from PIL import Image, ImageDraw, ImageFont

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pictures import image, ocr, stamp_words
from gateway.vietnamese.marks import find_in_document
from tests.readers import scans

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        not (stamp_words.templates() and ocr.status().available), reason="needs fonts-liberation and tesseract-ocr-vie"
    ),
]
RED = (200, 20, 40)
PRINT = "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015"


def stamped(words: str, form: str) -> bytes:
    """A printed page at 200 dpi with red words: in a frame, white on a bar, without either, or large across the print."""
    page = Image.new("RGB", (1654, 2339), "white")
    draw = ImageDraw.Draw(page)
    printed = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSerif-Regular.ttf"), 36)
    for line in range(24):
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
    data = io.BytesIO()
    page.save(data, "JPEG", quality=80, dpi=(200, 200))
    return data.getvalue()


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
