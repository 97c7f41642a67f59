"""Pages of PDF on which words are drawn instead of written, and such as look like it."""

import math
import random
from typing import Any

import pytest
from fontTools.pens.reportLabPen import ReportLabPen
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from tests.readers import pdfs
from tests.support.ocr import needs_ocr

pytestmark = [
    pytest.mark.system,
    needs_ocr,
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
        path = canvas.beginPath()
        trace(path, pen.path)
        canvas.drawPath(path, fill=1, stroke=0)
        canvas.translate(glyph.width, 0)
    canvas.restoreState()


def trace(path: PDFPathObject, shape: Any, *, across: float = 0.0) -> None:
    """Add the curves of a letter to a path, moved to the right."""
    position = 0
    for operator in shape.operators:
        count = (2, 2, 6, 0)[operator]
        points = [v + across * (i % 2 == 0) for i, v in enumerate(shape.points[position : position + count])]
        position += count
        (path.moveTo, path.lineTo, path.curveTo, path.close)[operator](*points)


def body(canvas: Canvas) -> None:
    """Twenty lines of ordinary text, as text."""
    canvas.setFillColorRGB(0, 0, 0)
    canvas.setFont("Serif", 12)
    for row in range(20):
        canvas.drawString(80, 600 - 20 * row, LINE)


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
    _clip_to_letters(canvas)
    canvas.rect(-200, -800, 12000, 3600, fill=1, stroke=0)
    canvas.restoreState()


def barred(canvas: Canvas) -> None:
    """Long lines seen through the letters."""
    _clip_to_letters(canvas)
    canvas.setLineWidth(60)
    for row in range(30):
        canvas.line(-200, -800 + 110 * row, 12000, -800 + 110 * row)
    canvas.restoreState()


def _clip_to_letters(canvas: Canvas) -> None:
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
        trace(path, pen.path, across=x)
        x += glyph.width
    canvas.clipPath(path, stroke=0, fill=0)


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


def sprinkled(canvas: Canvas, words: str = "TỐI MẬT", sign: str = "•") -> None:
    grid = Image.new("L", (130, 40), 255)
    ImageDraw.Draw(grid).text((2, 0), words, font=ImageFont.truetype(str(BOLD), 26), fill=0)
    canvas.setFont("Serif", 5)
    for y in range(grid.height):
        for x in range(grid.width):
            if grid.getpixel((x, y)) < 128:
                canvas.drawString(100 + 3 * x, 820 - 3 * y, sign)


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
