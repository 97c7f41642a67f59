"""Words of a picture that are squeezed, stretched or set far apart, read in the proportions of print."""

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pictures import image, ocr
from gateway.documents.readers.pictures.column import figure
from gateway.documents.readers.pictures.proportion import in_proportion
from gateway.vietnamese.marks import find_in_document
from tests.readers.scans import FONT_DIR, STAMP_FONTS, letter_pdf, piece
from tests.readers.test_joined_pictures import drawn, png
from tests.support.ocr import needs_ocr


def levels(shown: Image.Image) -> set[str]:
    document = image.read(Source(data=png(shown), part="1"), Budget(part_cpu_s=60)).document
    return {mark.level.value for mark in find_in_document(document) if mark.strength.value == "marked"}


def word(words: str, wide: float = 1.0, high: float = 1.0, *, framed: bool = False) -> Image.Image:
    shown = (piece(words) if framed else drawn(words, (900, 300))).convert("RGB")
    return shown.resize((round(shown.width * wide), round(shown.height * high)))


def apart(words: str) -> Image.Image:
    """Letters that stand two of their widths apart."""
    letters = [drawn(letter).convert("RGB") for letter in words if letter != " "]
    row = Image.new("RGB", (sum(3 * one.width for one in letters), max(one.height for one in letters)), "white")
    for number, letter in enumerate(letters):
        row.paste(letter, (number * row.width // len(letters), 0))
    return row


@needs_ocr
@pytest.mark.system
@pytest.mark.parametrize(
    ("wide", "high", "framed"),
    [(0.25, 1.0, False), (1.0, 4.0, False), (1.0, 0.3, False), (0.4, 2.0, True), (3.0, 1.0, True)],
)
@pytest.mark.parametrize(("words", "found"), [("TỐI MẬT", {"toi_mat"}), ("HỎA TỐC", set())])
def test_a_word_out_of_proportion_is_read(words: str, found: set[str], wide: float, high: float, framed: bool) -> None:
    assert levels(word(words, wide, high, framed=framed)) == found


@needs_ocr
@pytest.mark.system
@pytest.mark.parametrize(("words", "found"), [("TỐI MẬT", {"toi_mat"}), ("HỎA TỐC", set())])
def test_light_letters_on_a_bar_out_of_proportion_are_read(words: str, found: set[str]) -> None:
    assert levels(ImageOps.expand(ImageOps.invert(word(words, 0.3, 1.5)), 40, "white")) == found


@pytest.mark.parametrize("shown", [word("TỐI MẬT"), word("HỎA TỐC", 0.9), Image.new("RGB", (200, 80), "white")])
def test_words_as_print_sets_them_are_left_alone(shown: Image.Image) -> None:
    assert in_proportion(figure(np.array(shown))) is None


@pytest.mark.parametrize(("value", "found"), [("Tuyệt mật", {"tuyet_mat"}), ("Thường", set())])
@pytest.mark.parametrize("size", [13, 15])
def test_thin_letters_of_a_screen_are_in_proportion(size: int, value: str, found: set[str]) -> None:
    screen = Image.new("RGB", (1600, 900), "white")
    rows = (
        ("Số ký hiệu:", "71/UBND-NV"),
        ("Trích yếu:", "V/v rà soát công tác"),
        ("Độ mật:", value),
        ("Người ký:", "Lê Văn An"),
    )
    for number, row in enumerate(rows):
        for left, text, weight in zip((60, 260), row, ("Regular", "Bold"), strict=True):
            font = ImageFont.truetype(FONT_DIR / f"liberation/LiberationSans-{weight}.ttf", size)
            ImageDraw.Draw(screen).text((left, 100 + 2 * size * number), text, (90, 90, 90), font)
    assert levels(screen) == found


def test_bars_are_no_letters() -> None:
    flag = np.full((600, 900, 3), 255, np.uint8)
    for top in (40, 230, 420):
        flag[top : top + 150, 40:860] = (20, 120, 20)
    assert in_proportion(figure(flag)) is None


@needs_ocr
@pytest.mark.system
@pytest.mark.parametrize(("words", "found"), [("MẬT", {"mat"}), ("KHẨN", set())])
def test_letters_that_stand_far_apart_are_a_word(words: str, found: set[str]) -> None:
    assert levels(apart(words)) == found


@pytest.mark.parametrize(("read", "meant"), [("MẬÂT", "MẬT"), ("MÂẬT", "MẬT"), ("BÂNG", "BÂNG"), ("ÂM", "ÂM")])
def test_a_letter_that_is_read_with_its_dot_and_again_without_it_is_one(read: str, meant: str) -> None:
    assert [one.text for one in ocr._words(f"5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t90\t{read}")] == [meant]


def form(words: str, side: int, gap: int) -> Image.Image:
    """A page of a form of 150 dpi on which the letters of a word stand in a cell each, with empty ones behind."""
    page = pypdfium2.PdfDocument(letter_pdf(1))[0].render(scale=150 / 72).to_pil().convert("RGB")
    pen, font = ImageDraw.Draw(page), ImageFont.truetype(str(FONT_DIR / STAMP_FONTS[0]), 24)
    pen.rectangle((100, 820, 1200, 960), "white")
    for number, letter in enumerate(f"{words}   "):
        x = 180 + number * (side + gap)
        pen.rectangle((x, 860, x + side, 860 + side), outline="black")
        pen.text((x + side / 2, 860 + 0.8 * side), letter, "black", font, anchor="ms")
    return page


@needs_ocr
@pytest.mark.system
@pytest.mark.parametrize(("side", "gap"), [(36, 0), (36, 8), (42, 0)])
@pytest.mark.parametrize(
    ("words", "found"),
    [("MẬT", {"mat"}), ("TUYỆT MẬT", {"tuyet_mat"}), ("BẢO MẬT", set()), ("ĐỖ NHẬT MAI", set()), ("NHẬT", set())],
)
def test_letters_in_the_cells_of_a_form_are_read(words: str, found: set[str], side: int, gap: int) -> None:
    assert levels(form(words, side, gap)) == found
