"""Large words that lie across a scanned page, under its print: read as they are, and told from what ends like a mark."""

import functools
import io

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import reader as pdf
from gateway.documents.readers.pictures import hollow, image, watermark
from gateway.model import Document, Origin, Role
from gateway.vietnamese.marks import find_in_document
from tests.readers import pdfs, scans
from tests.support.ocr import needs_stamps
from tests.support.octets import file_of

pytestmark = [
    pytest.mark.slow,
    needs_stamps,
]


@functools.cache
def letter(seed: int, dpi: int) -> tuple[np.ndarray, np.ndarray]:
    """A letter, and the noise of the scanner that it goes through."""
    page = np.asarray(pypdfium2.PdfDocument(scans.letter_pdf(seed))[0].render(scale=dpi / 72).to_pil().convert("RGB"))
    return page, np.random.RandomState(seed).normal(0, 4, page.shape).astype(np.float32)


def scanned(words: str, *, slant: float, dpi: int = 150, grey: int = 205, seed: int = 3) -> Image.Image:
    """A letter with words of more than an inch under its print, with the noise of a scanner."""
    page, noise = letter(seed, dpi)
    font = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSerif-Bold.ttf"), int(80 * dpi / 72))
    left, top, right, bottom = (int(edge) for edge in font.getbbox(words))
    line = Image.new("L", (right - left, bottom - top), 255)
    ImageDraw.Draw(line).text((-left, -top), words, font=font, fill=grey)
    line = line.rotate(slant, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    under = Image.new("L", (page.shape[1], page.shape[0]), 255)
    under.paste(line, ((under.width - line.width) // 2, (under.height - line.height) // 2))
    both = np.minimum(page, np.asarray(under)[:, :, None]).astype(np.float32) + noise
    return Image.fromarray(np.clip(both, 0, 255).astype(np.uint8))


def jpeg(page: Image.Image) -> bytes:
    return file_of(page, "JPEG", quality=70)


def large_words(page: Image.Image, dpi: int = 150) -> list[str]:
    pixels = np.ascontiguousarray(np.asarray(page)[:, :, ::-1])
    return [item.text for item in watermark.read(pixels, hollow.solid(pixels, dpi), dpi)]


def of_pdf(data: bytes) -> Document:
    return pdf.read(Source(data=data, part="1"), Budget(part_cpu_s=60)).document


@pytest.mark.parametrize(
    ("words", "slant"),
    [("MẬT", 52), ("TUYỆT MẬT", -45), ("TỐI MẬT", 90), ("BẢO MẬT", 30)],
)
def test_a_watermark_is_read_as_what_it_says_however_it_slants(words: str, slant: float) -> None:
    assert large_words(scanned(words, slant=slant, dpi=100), 100) == [words]


@pytest.mark.parametrize("words", ["MẬT", "TỐI MẬT", "BẢO MẬT", "DỰ THẢO"])
def test_large_letters_of_mere_outlines_are_read_as_what_they_say(words: str) -> None:
    font = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSerif-Bold.ttf"), 110)
    page = Image.new("RGB", (1000, 1000), "white")
    ImageDraw.Draw(page).text(
        (500, 500), words, "white", font, anchor="mm", stroke_width=2, stroke_fill=(190, 190, 190)
    )
    for slant in (0, 45):
        assert large_words(page.rotate(slant, fillcolor="white", resample=Image.Resampling.BICUBIC), 100) == [words]


@pytest.mark.parametrize("slant", [45, -45, 30, 0, 90])
@pytest.mark.parametrize("words", ["TỐI MẬT", "TUYỆT MẬT"])
def test_a_watermark_is_read_whichever_way_it_slants(words: str, slant: float) -> None:
    assert large_words(scanned(words, slant=slant)) == [words]


def test_a_page_without_large_words_has_none() -> None:
    data, dpi = scans.make(scans.Plan(seed=7, other="KHẨN", register=True, hard=0.5))
    assert large_words(Image.open(io.BytesIO(data)).convert("RGB"), dpi) == []


def test_a_marked_watermark_of_a_picture_stops_the_mail_and_another_does_not() -> None:
    def read(words: str) -> Document:
        source = Source(data=jpeg(scanned(words, slant=45)), part="1")
        return image.read(source, Budget(part_cpu_s=60)).document

    marked = read("TỐI MẬT")
    assert [run.text for run in marked.runs if run.role is Role.WATERMARK] == ["TỐI MẬT"]
    assert find_in_document(marked)
    assert not find_in_document(read("BẢO MẬT"))
    assert not find_in_document(read("DỰ THẢO"))


def test_a_watermark_is_read_from_a_page_turned_into_curves() -> None:
    """All of the page is paths, as drawing programs write it: then it is looked at as a picture."""
    from tests.readers.drawn_pages import LINE, outline

    def draw(canvas) -> None:
        for row in range(8):
            outline(canvas, LINE[:60], x=60, y=760 - 30 * row)
        canvas.setFillColorRGB(0.8, 0.8, 0.8)
        canvas.translate(140, 150)
        canvas.rotate(45)
        outline(canvas, "TỐI MẬT", x=0, y=0, size=80)

    document = of_pdf(pdfs.page(draw))
    assert document.image_pages == (1,)
    found = [run for run in document.runs if run.role is Role.WATERMARK and run.origin is Origin.OCR]
    assert [run.text for run in found] == ["TỐI MẬT"]


def test_large_words_below_hundreds_of_other_spots_are_read() -> None:
    page = Image.new("RGB", (3600, 2400), "white")
    pen = ImageDraw.Draw(page)
    for number in range(260):
        x, y = 20 + 100 * (number % 35), 20 + 100 * (number // 35)
        pen.rectangle((x, y, x + 12, y + 12), fill="grey")
    pen.text(
        (600, 1300),
        "MẬT",
        font=ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSerif-Bold.ttf"), 400),
        fill="grey",
    )
    assert large_words(page) == ["MẬT"]
