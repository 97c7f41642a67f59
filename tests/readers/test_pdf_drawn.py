"""Words of a PDF that no text object stands for: curves, pictures of glyphs, patterns, clips, annotations that draw."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable

import pytest

pytest.importorskip("numpy")
pytest.importorskip("cv2")

import numpy as np
from fontTools.pens.reportLabPen import ReportLabPen
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import left, scan
from gateway.documents.readers.pdf import reader as pdf
from gateway.documents.readers.pictures import ocr
from gateway.model import Document, Origin, Run
from gateway.vietnamese.marks import find_in_document
from tests.readers import pdfs, scans

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(ocr.engine() is None, reason="libtesseract with Vietnamese data is not installed"),
]
BOLD = pdfs.LIBERATION / "LiberationSerif-Bold.ttf"
LINE = "Thực hiện kế hoạch của Ủy ban nhân dân thành phố, các phòng báo cáo kết quả trước ngày 30"


def outline(canvas: Canvas, words: str, *, x: float, y: float, size: float = 14.0) -> None:
    """Draw words as filled curves, one path a letter, as drawing programs convert text."""
    font = TTFont(BOLD)
    glyphs, names, unit = font.getGlyphSet(), font.getBestCmap(), size / font["head"].unitsPerEm
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(unit, unit)
    for letter in words:
        glyph = glyphs[names[ord(letter)]]
        pen = ReportLabPen(glyphs)
        glyph.draw(pen)
        shape = pen.path
        path = canvas.beginPath()
        position = 0
        for operator in shape.operators:
            count = (2, 2, 6, 0)[operator]
            points = shape.points[position : position + count]
            position += count
            (path.moveTo, path.lineTo, path.curveTo, path.close)[operator](*points)
        canvas.drawPath(path, fill=1, stroke=0)
        canvas.translate(glyph.width, 0)
    canvas.restoreState()


def body(canvas: Canvas) -> None:
    """Twenty lines of ordinary text, as text."""
    canvas.setFillColorRGB(0, 0, 0)
    canvas.setFont("Serif", 12)
    for row in range(20):
        canvas.drawString(80, 600 - 20 * row, LINE)


def read(draw: Callable[[Canvas], None], *, words_s: float = 20.0) -> Document:
    def whole(canvas: Canvas) -> None:
        draw(canvas)
        body(canvas)

    budget = Budget(part_cpu_s=100, page_cpu_s=0.0, words_cpu_s=words_s)
    return pdf.read(Source(data=pdfs.page(whole), part="1"), budget).document


def levels(document: Document) -> set[str]:
    return {mark.level.value for mark in find_in_document(document) if mark.strength.value == "marked"}


def black(canvas: Canvas) -> None:
    outline(canvas, "TỐI MẬT", x=100, y=720)


def framed(canvas: Canvas) -> None:
    outline(canvas, "TỐI MẬT", x=100, y=720)
    canvas.rect(94, 712, 76, 24)


def blue(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0.1, 0.2, 0.7)
    outline(canvas, "TỐI MẬT", x=260, y=760, size=18)


def pale(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0.75, 0.75, 0.75)
    outline(canvas, "TỐI MẬT", x=100, y=720, size=20)


def white_on_red(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0.8, 0.1, 0.1)
    canvas.rect(90, 708, 100, 32, fill=1, stroke=0)
    canvas.setFillColorRGB(1, 1, 1)
    outline(canvas, "TỐI MẬT", x=100, y=718, size=18)


def watermark(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0.8, 0.8, 0.8)
    canvas.saveState()
    canvas.translate(170, 250)
    canvas.rotate(45)
    outline(canvas, "TỐI MẬT", x=0, y=0, size=80)
    canvas.restoreState()


def glyph_pictures(canvas: Canvas) -> None:
    font = ImageFont.truetype(str(BOLD), 40)
    x = 100.0
    for letter in "TỐI MẬT":
        width = math.ceil(font.getlength(letter))
        tile = Image.new("L", (width, 60), 255)
        ImageDraw.Draw(tile).text((0, 8), letter, font=font, fill=0)
        canvas.drawImage(ImageReader(tile), x, 715, width=width * 0.35, height=21)
        x += width * 0.35


def picture_of_a_line(canvas: Canvas) -> None:
    line = Image.new("RGB", (400, 70), "white")
    ImageDraw.Draw(line).text((10, 6), "TỐI MẬT", font=ImageFont.truetype(str(BOLD), 48), fill="black")
    canvas.drawImage(ImageReader(line), 100, 715, width=120, height=21)


def inline_picture(canvas: Canvas) -> None:
    line = Image.new("RGB", (300, 70), "white")
    ImageDraw.Draw(line).text((10, 6), "TỐI MẬT", font=ImageFont.truetype(str(BOLD), 48), fill="black")
    canvas.drawInlineImage(line, 100, 715, width=90, height=21)


def clipped(canvas: Canvas) -> None:
    """A rectangle seen through the letters."""
    font = TTFont(BOLD)
    glyphs, names = font.getGlyphSet(), font.getBestCmap()
    canvas.saveState()
    canvas.translate(100, 720)
    canvas.scale(18 / 2048, 18 / 2048)
    path, x = canvas.beginPath(), 0.0
    for letter in "TỐI MẬT":
        glyph = glyphs[names[ord(letter)]]
        pen = ReportLabPen(glyphs)
        glyph.draw(pen)
        position = 0
        for operator in pen.path.operators:
            count = (2, 2, 6, 0)[operator]
            points = [v + x * (i % 2 == 0) for i, v in enumerate(pen.path.points[position : position + count])]
            position += count
            (path.moveTo, path.lineTo, path.curveTo, path.close)[operator](*points)
        x += glyph.width
    canvas.clipPath(path, stroke=0, fill=0)
    canvas.rect(-200, -800, 12000, 3600, fill=1, stroke=0)
    canvas.restoreState()


def letters_below_one_another(canvas: Canvas) -> None:
    for row, letter in enumerate("TỐIMẬT"):
        outline(canvas, letter, x=40, y=800 - 42 * row, size=26)


def half_a_word(canvas: Canvas) -> None:
    """The last letter is two boxes."""
    canvas.setFont("Serif", 16)
    canvas.drawString(250, 720, "TỐI MẬ")
    end = 250 + canvas.stringWidth("TỐI MẬ", "Serif", 16)
    canvas.rect(end + 0.5, 729.5, 10, 1.6, fill=1, stroke=0)
    canvas.rect(end + 4.6, 720, 1.8, 10, fill=1, stroke=0)


def one_letter_drawn(canvas: Canvas) -> None:
    canvas.setFont("Serif", 16)
    canvas.drawString(250, 720, "TỐI M")
    end = 250 + canvas.stringWidth("TỐI M", "Serif", 16)
    outline(canvas, "Ậ", x=end, y=720, size=16)
    canvas.drawString(end + canvas.stringWidth("Ậ", "Serif", 16), 720, "T")


def dots(canvas: Canvas, words: str = "TỐI MẬT") -> None:
    grid = Image.new("L", (110, 34), 255)
    ImageDraw.Draw(grid).text((2, 0), words, font=ImageFont.truetype(str(BOLD), 22), fill=0)
    for y in range(grid.height):
        for x in range(grid.width):
            if grid.getpixel((x, y)) < 128:
                canvas.circle(150 + 2 * x, 780 - 2 * y, 0.7, fill=1, stroke=0)


def hatched(canvas: Canvas) -> None:
    grid = Image.new("L", (520, 90), 255)
    ImageDraw.Draw(grid).text((2, 0), "TỐI MẬT", font=ImageFont.truetype(str(BOLD), 62), fill=0)
    canvas.setLineWidth(0.5)
    for y in range(0, grid.height, 3):
        row = [grid.getpixel((x, y)) < 128 for x in range(grid.width)] + [False]
        start = None
        for x, inked in enumerate(row):
            if inked and start is None:
                start = x
            if not inked and start is not None:
                canvas.line(100 + 0.4 * start, 770 - 0.4 * y, 100 + 0.4 * x, 770 - 0.4 * y)
                start = None


@pytest.mark.parametrize(
    "draw",
    [black, framed, blue, pale, white_on_red, watermark, glyph_pictures, picture_of_a_line, inline_picture,
     clipped, half_a_word, one_letter_drawn, dots, hatched],
)  # fmt: skip
def test_a_mark_that_is_drawn_on_a_page_of_text_is_read(draw: Callable[[Canvas], None]) -> None:
    document = read(draw)
    assert levels(document) == {"toi_mat"}
    assert document.doubtful_pages == ()


def test_letters_below_one_another_are_read_as_a_word() -> None:
    assert "toi_mat" in levels(read(letters_below_one_another))


@pytest.mark.parametrize("column", [False, True])
def test_giant_letters_under_the_print_are_read(column: bool) -> None:
    def giant(canvas: Canvas) -> None:
        canvas.setFillColorRGB(0.85, 0.85, 0.85)
        for number, letter in enumerate("MẬT"):
            x, y = (180, 560 - 230 * number) if column else (30 + 185 * number, 350)
            outline(canvas, letter, x=x, y=y, size=230 if column else 215)

    assert levels(read(giant)) == {"mat"}


def test_a_dot_that_makes_another_letter_of_the_text_is_read() -> None:
    def dotted(canvas: Canvas) -> None:
        canvas.setFont("Serif", 18)
        canvas.drawString(250, 720, "MÂT")
        canvas.circle(250 + canvas.stringWidth("M", "Serif", 18) + 6.5, 716, 1.1, fill=1, stroke=0)

    assert levels(read(dotted)) == {"mat"}


def test_a_picture_after_hundreds_of_small_ones_is_read() -> None:
    def many(canvas: Canvas) -> None:
        speck = ImageReader(Image.new("RGB", (8, 8), "grey"))
        for number in range(450):
            canvas.drawImage(speck, 20 + 9 * (number % 60), 20 + 20 * (number // 60), width=6, height=12)
        picture_of_a_line(canvas)

    assert levels(read(many)) == {"toi_mat"}


def test_a_mark_in_a_pattern_is_read() -> None:
    cell = b"BT /F1 18 Tf 4 8 Td (TUYET MAT) Tj ET"
    data = pdfs.simple(
        b"BT /F1 12 Tf 80 600 Td (Some text that stands on the page as text) Tj ET "
        b"/Pattern cs /P1 scn 100 700 130 30 re f",
        resources=b"/Pattern << /P1 20 0 R >>",
        more={
            20: pdfs.stream(
                cell,
                b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 130 30] /XStep 130 /YStep 30"
                b" /Matrix [1 0 0 1 100 700] /Resources << /Font << /F1 5 0 R >> >>",
            )
        },
    )
    document = pdf.read(Source(data=data, part="1"), Budget(part_cpu_s=100)).document
    assert "TUYET MAT" in {run.text for run in document.runs if run.origin is Origin.OCR}


def pictured(canvas: Canvas, words: str) -> None:
    """Draw words as a picture, as signing programs put one on a signature."""
    picture = Image.new("RGB", (560, 120), "white")
    ImageDraw.Draw(picture).text((20, 20), words, font=ImageFont.truetype(str(BOLD), 72), fill=(200, 0, 0))
    canvas.drawImage(ImageReader(picture), 0, 0, 140, 30)


@pytest.mark.parametrize("draws", [lambda canvas, words: outline(canvas, words, x=4, y=8, size=18), pictured])
@pytest.mark.parametrize("kind", ["Stamp", "Sig", "Btn", "Tx"])
@pytest.mark.parametrize(("words", "expected"), [("TỐI MẬT", {"toi_mat"}), ("ĐÃ KÝ SỐ", set())])
def test_what_annotations_and_form_fields_draw_is_read(kind, draws, words, expected) -> None:
    import pikepdf

    drawing = pdfs.page(lambda canvas: draws(canvas, words), size=(140, 30))
    with pikepdf.open(io.BytesIO(pdfs.page(body))) as file, pikepdf.open(io.BytesIO(drawing)) as source:
        form = file.copy_foreign(source.pages[0].as_form_xobject())
        annotation = file.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Stamp if kind == "Stamp" else pikepdf.Name.Widget,
                Rect=[100, 700, 240, 730],
                F=4,
                AP=pikepdf.Dictionary(N=form),
            )
        )
        if kind != "Stamp":
            annotation.FT, annotation.T = pikepdf.Name(f"/{kind}"), pikepdf.String("a")
            file.Root.AcroForm = pikepdf.Dictionary(Fields=[annotation])
        file.pages[0].Annots = pikepdf.Array([annotation])
        out = io.BytesIO()
        file.save(out)
    document = pdf.read(Source(data=out.getvalue(), part="1"), Budget(part_cpu_s=100)).document
    assert levels(document) == expected


def lying_font(letters: dict[str, str], *, has_cmap: bool) -> tuple[bytes, bytes]:
    """A font that draws other letters for some, as it says itself; and the same as a file may bring it, without a word."""
    font = TTFont(BOLD)
    for table in font["cmap"].tables:
        names = dict(table.cmap)
        table.cmap.update({ord(said): names[ord(shown)] for said, shown in letters.items() if ord(shown) in names})
    out, silent = io.BytesIO(), io.BytesIO()
    font.save(out)
    if not has_cmap:
        del font["cmap"]
    font.save(silent)
    return out.getvalue(), silent.getvalue()


@pytest.mark.parametrize("has_cmap", [True, False])
@pytest.mark.parametrize(("said", "shown"), [("Báo", "MẬT"), ("Một", "MẬT"), ("nhà bán", "TỐI MẬT")])
def test_a_font_that_lies_together_with_its_map_is_read_as_it_draws(said: str, shown: str, has_cmap: bool) -> None:
    letters = {one: other for one, other in zip(said, shown, strict=True) if one != " "}
    font, embedded = lying_font(letters, has_cmap=has_cmap)
    data = pdfs.glyph_numbers(["Kính gửi các phòng", said], unmapped="", font=font, embedded=embedded)
    document = pdf.read(Source(data=data, part="1"), Budget(part_cpu_s=100)).document
    assert said in {run.text for run in document.runs}
    assert find_in_document(document)


def test_a_font_that_means_what_it_draws_is_believed() -> None:
    data = pdfs.glyph_numbers(["Một", "Hội nghị", "Bộ Y tế", "MẶT SAU", "Nhật ký"], unmapped="")
    document = pdf.read(Source(data=data, part="1"), Budget(part_cpu_s=100)).document
    assert find_in_document(document) == ()
    assert document.status.value == "ok"


def test_drawn_letters_that_nobody_has_time_to_read_are_doubtful() -> None:
    document = read(black, words_s=0.0)
    assert document.doubtful_pages == (1,)
    assert document.status.value == "ok"


def chart(canvas: Canvas) -> None:
    rng = random.Random(1)
    for column in range(20):
        canvas.rect(100 + 15 * column, 640, 10, rng.uniform(10, 120), fill=1)
    path = canvas.beginPath()
    path.moveTo(100, 650)
    for column in range(200):
        path.lineTo(100 + 1.5 * column, 650 + rng.uniform(0, 100))
    canvas.drawPath(path)
    for _ in range(150):
        canvas.circle(rng.uniform(100, 400), rng.uniform(650, 760), 2.5, fill=1)


def map_of_districts(canvas: Canvas) -> None:
    rng = random.Random(2)
    for _ in range(400):
        x, y = rng.uniform(90, 480), rng.uniform(630, 800)
        path = canvas.beginPath()
        path.moveTo(x, y)
        for corner in range(1, 14):
            path.lineTo(x + 9 * math.sin(corner / 2) + rng.uniform(-2, 2), y + 9 * math.cos(corner / 2))
        path.close()
        canvas.setFillColorRGB(rng.random(), rng.random(), rng.random())
        canvas.drawPath(path, fill=1)


def logo(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0.8, 0.1, 0.1)
    canvas.circle(130, 750, 30, fill=1)
    canvas.setFillColorRGB(1, 1, 0)
    outline(canvas, "VNPT", x=110, y=742, size=16)
    canvas.setFillColorRGB(0, 0.3, 0.6)
    outline(canvas, "BẢO MẬT THÔNG TIN", x=180, y=740, size=20)


def form(canvas: Canvas) -> None:
    """A table of one row, boxes to tick, a field, bullets beside text, one of them before a name that is nearly a mark."""
    for column in range(9):
        canvas.rect(100 + 20 * column, 780, 20, 14)
    canvas.setFont("Serif", 12)
    for row, words in enumerate(("Nam", "Nữ", "Quản lý bảo mật", "Mặt trước", "Số tài khoản")):
        canvas.rect(100, 700 + 15 * row, 8, 8)
        canvas.circle(90, 704 + 15 * row, 1.5, fill=1)
        canvas.drawString(112, 700 + 15 * row, words)
    canvas.rect(250, 700, 150, 20)


@pytest.mark.parametrize("draw", [chart, map_of_districts, logo, form])
def test_charts_maps_and_logos_are_no_marks_and_not_doubtful(draw: Callable[[Canvas], None]) -> None:
    document = read(draw)
    assert find_in_document(document) == ()
    assert document.doubtful_pages == ()
    assert not any(image.unread_boxes for image in document.images)


def test_a_page_of_text_and_tables_is_not_drawn_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def table(canvas: Canvas) -> None:
        for row in range(8):
            for column in range(5):
                left, low = 80 + 80 * column, 640 + 15 * row
                for box in (
                    (left, low, 80, 0.5),
                    (left, low, 0.5, 15),
                    (left, low + 15, 80, 0.5),
                    (left + 80, low, 0.5, 15),
                ):
                    canvas.rect(*box, fill=1, stroke=0)
        canvas.line(250, 780, 400, 780)

    monkeypatch.setattr(left, "render", None)
    assert read(table).status.value == "ok"


def test_an_outlined_letter_is_read_as_a_scan() -> None:
    """gs -dNoOutputFonts makes every letter a path: such a page has no text object at all."""

    def only(canvas: Canvas) -> None:
        outline(canvas, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", x=250, y=780, size=10)
        outline(canvas, "TUYỆT MẬT", x=100, y=700)
        outline(canvas, "Kính gửi các phòng ban chuyên môn và đơn vị", x=90, y=650, size=13)

    document = pdf.read(Source(data=pdfs.page(only), part="1"), Budget(part_cpu_s=100)).document
    assert document.image_pages == document.read_pages == (1,)
    assert levels(document) == {"tuyet_mat"}
    assert scans.MARKS[2] in {run.text for run in document.runs}


def test_areas_within_others_and_without_ink_are_not_read() -> None:
    assert scan._outermost([(10, 10, 20, 20), (0, 0, 30, 30), (40, 0, 50, 5)]) == [(0, 0, 30, 30), (40, 0, 50, 5)]
    page = np.full((200, 300, 3), 255, np.uint8)
    assert scan._cut_out(page, 72, (0, 0, 300, 200)) is None
    page[100:110, 50:60] = 0
    part = scan._cut_out(page, 72, (0, 0, 300, 200))
    assert part is not None
    assert part.corner == (0, 0)
    assert scan._cut_out(page, 72, (0, 150, 300, 200)) is None
    assert scan._cut_out(page, 72, (500, 500, 600, 600)) is None


@pytest.mark.parametrize(
    ("said", "read", "same"),
    [
        ("SỎI MẬT", "MẬT", True),
        ("SỎI MẬT", "SỎI MẬT", True),
        ("BẢO MẬT THÔNG TIN VÀ SỎI MẬT", "MẬT", True),
        ("bảo mật thông tin", "MẬT", False),  # a stamp upon it
        ("MẬT khẩu", "MẬTK", False),
    ],
)
def test_ink_that_is_a_word_of_its_line_is_not_read_twice(said, read, same) -> None:
    left, width = 100.0, 8.0
    at = left + width * (said.rfind(read.split()[-1]) if read in said else 0)
    line = Run(text=said, block=0, bbox_pt=(left, 100.0, left + width * len(said), 112.0))
    ink = Run(text=read, block=1, origin=Origin.OCR, bbox_pt=(at, 99.0, at + width * len(read), 113.0))
    if read == said:
        ink = Run(text=read, block=1, origin=Origin.OCR, bbox_pt=line.bbox_pt)
    assert pdf._say_the_same(ink, line) is same
    tall = Run(text=read, block=1, origin=Origin.OCR, bbox_pt=(at, 80.0, at + 90, 130.0))
    assert not pdf._say_the_same(tall, line) or read == said
    hidden = Run(text=said, block=0, origin=Origin.HIDDEN, bbox_pt=line.bbox_pt)
    assert not pdf._say_the_same(ink, hidden) or read == said
