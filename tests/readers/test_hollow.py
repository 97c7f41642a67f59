"""Hollow letters are filled and read; tables, seals, light letters on dark ground and print stay as they are."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from gateway.documents.readers.pictures import hollow, stamp_page
from tests.readers import glance_scans, scans
from tests.support.cases import first_quick, slow

BLACK, RED = (20, 20, 24), (190, 20, 30)


def page_with(words: str, turn: float, font: int, ink: tuple[int, int, int]) -> Image.Image:
    """A letter with hollow words in the empty place beside the signature."""
    page = glance_scans.letter(1, 200).copy()
    face = ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[font]), 50)
    stamp = Image.new("L", (int(face.getlength(words)) + 60, 120), 0)
    canvas = ImageDraw.Draw(stamp)
    canvas.text((30, 25), words, 255, face, stroke_width=2)
    canvas.text((30, 25), words, 0, face)
    turned = stamp.rotate(turn, expand=True, resample=Image.Resampling.BICUBIC)
    page.paste(Image.new("RGB", turned.size, ink), (250, 1750), turned)
    return page


def read(page: Image.Image) -> list[str | None]:
    return [one.text for one in stamp_page._stamps(scans.bgr(page), 200, float("inf"))[0]]


@pytest.mark.parametrize("font", first_quick([0, 2, 3]))
@pytest.mark.parametrize(
    ("words", "turn", "ink"), [("MẬT", 0, BLACK), slow("TỐI MẬT", 20, RED), slow("TUYỆT MẬT", -30, BLACK)]
)
def test_a_mark_in_hollow_letters_is_read_or_suspected(
    words: str, turn: float, ink: tuple[int, int, int], font: int
) -> None:
    found = read(page_with(words, turn, font, ink))
    assert {words, None} & set(found)
    assert all(text == words for text in found if text in scans.MARKS)


@pytest.mark.slow
@pytest.mark.parametrize("words", ["DỰ THẢO", "MẶT BẰNG", "NHẬT BẢN"])
def test_other_words_in_hollow_letters_are_no_mark(words: str) -> None:
    assert not read(page_with(words, 0, 2, BLACK))


def light_letters(canvas: ImageDraw.ImageDraw, face: ImageFont.FreeTypeFont) -> None:
    canvas.rectangle((200, 1600, 1100, 1900), BLACK)
    canvas.text((250, 1700), "TUYỂN SINH MẪU GIÁO", "white", face)


def narrow_cells(canvas: ImageDraw.ImageDraw, face: ImageFont.FreeTypeFont) -> None:
    for column in range(8):
        canvas.rectangle((200 + 40 * column, 1600, 240 + 40 * column, 1780), outline=BLACK, width=2)


def a_seal(canvas: ImageDraw.ImageDraw, face: ImageFont.FreeTypeFont) -> None:
    for side in (0, 40, 46):
        canvas.ellipse((300 + side, 1600 + side, 600 - side, 1900 - side), outline=RED, width=3)
    canvas.line((250, 1750, 800, 1700), BLACK, 3)


def print_(canvas: ImageDraw.ImageDraw, face: ImageFont.FreeTypeFont) -> None:
    canvas.text((250, 1700), "ỦY BAN NHÂN DÂN QUẬN", BLACK, face)


def test_of_thousands_of_shapes_few_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr(hollow, "_is_letter", lambda own, light: bool(looked.append(1)))
    page = np.full((3000, 2000), 255, np.uint8)
    for top in range(20, 2940, 50):
        for left in range(20, 1940, 50):
            page[top : top + 40, left : left + 40] = 0
            page[top + 3 : top + 37, left + 3 : left + 9] = page[top + 31 : top + 37, left + 3 : left + 37] = 255
    assert hollow.solid(page, 200) is page
    assert 0 < len(looked) <= hollow.LIMIT_LETTERS


@pytest.mark.parametrize("drawn", [light_letters, narrow_cells, a_seal, print_])
def test_what_is_not_hollow_stays_as_it_is(drawn) -> None:
    paper = glance_scans.letter(1, 200).copy()
    drawn(ImageDraw.Draw(paper), ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[1]), 60))
    page = scans.bgr(paper)
    assert hollow.solid(page, 200) is page
    assert hollow.solid(np.ascontiguousarray(page[:, :, 1]), 200).ndim == 2
