"""Words of a PDF that no text object stands for: curves, pictures of glyphs, patterns, clips, annotations that draw."""

import io
import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pikepdf
import pytest
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import claims, left, scan
from gateway.documents.readers.pdf import reader as pdf
from gateway.documents.readers.pdf.api import PdfiumDocument
from gateway.documents.readers.pdf.page import PageContent, Piece
from gateway.documents.readers.pdf.structure import Structure
from gateway.documents.readers.pdf.text import PageReader
from gateway.model import Document, Origin, Run
from gateway.vietnamese.marks import find_in_document
from tests.readers import pdfs, scans
from tests.readers.drawn_pages import (
    BOLD,
    barred,
    black,
    blue,
    body,
    chart,
    clipped,
    dots,
    form,
    framed,
    glyph_pictures,
    half_a_word,
    hatched,
    inline_picture,
    letters_below_one_another,
    logo,
    map_of_districts,
    one_letter_drawn,
    outline,
    pale,
    picture_of_a_line,
    sprinkled,
    watermark,
    white_on_red,
)
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of

REGULAR = pdfs.LIBERATION / "LiberationSerif-Regular.ttf"
pytestmark = [
    pytest.mark.system,
    needs_ocr,
]


def read(draw: Callable[[Canvas], None], *, words_s: float = 20.0) -> Document:
    def whole(canvas: Canvas) -> None:
        draw(canvas)
        body(canvas)

    budget = Budget(part_cpu_s=100, page_cpu_s=0.0, words_cpu_s=words_s)
    return pdf.read(Source(data=pdfs.page(whole), part="1"), budget).document


def levels(document: Document) -> set[str]:
    return {mark.level.value for mark in find_in_document(document) if mark.strength.value == "marked"}


@pytest.mark.parametrize(
    "draw",
    [black, framed, blue, pale, white_on_red, watermark, glyph_pictures, picture_of_a_line, inline_picture,
     clipped, barred, half_a_word, one_letter_drawn, dots, hatched],
)  # fmt: skip
def test_a_mark_that_is_drawn_on_a_page_of_text_is_read(draw: Callable[[Canvas], None]) -> None:
    document = read(draw)
    assert levels(document) == {"toi_mat"}
    assert document.doubtful_pages == ()


@pytest.mark.parametrize(
    ("sign", "word", "found"), [("•", "TỐI MẬT", {"toi_mat"}), ("x", "MẬT", {"mat"}), (".", "BẢO MẬT", set())]
)
def test_letters_made_of_dots_that_are_text_are_read(sign: str, word: str, found: set[str]) -> None:
    assert levels(read(lambda canvas: sprinkled(canvas, word, sign))) == found


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


BARS = {
    "M": [(0, 0, 0, 30), (0, 30, 10, 10), (10, 10, 20, 30), (20, 30, 20, 0)],
    "Ậ": [(0, 0, 10, 30), (10, 30, 20, 0), (4, 10, 16, 10), (6, 34, 10, 38), (10, 38, 14, 34), (9, -6, 12, -6)],
    "T": [(0, 30, 20, 30), (10, 30, 10, 0)],
    "N": [(0, 0, 0, 30), (0, 30, 20, 0), (20, 0, 20, 30)],
    "Z": [(0, 30, 20, 30), (20, 30, 0, 0), (0, 0, 20, 0)],
}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("word", "found"), [("MẬT", {"mat"}), ("NMZ", set())])
def test_letters_of_bars_that_are_longer_than_strokes_of_print_are_read(
    word: str, found: set[str], turned: bool
) -> None:
    def draw(canvas: Canvas) -> None:
        body(canvas)
        canvas.setFillGray(0.7)
        canvas.setStrokeGray(0.7)
        canvas.setLineWidth(46)
        for number, letter in enumerate(word):
            for start, low, end, high in BARS[letter]:
                canvas.saveState()
                canvas.translate(30 + 270 * number + 9 * start, 110 + 9 * low)
                wide, up = 9 * (end - start), 9 * (high - low)
                if turned:
                    canvas.rotate(math.degrees(math.atan2(up, wide)))
                    canvas.rect(0, -23, math.hypot(wide, up), 46, fill=1, stroke=0)
                else:
                    canvas.line(0, 0, wide, up)
                canvas.restoreState()

    data = pdfs.page(draw, size=(842, 595))
    assert levels(pdf.read(Source(data=data, part="1"), Budget(part_cpu_s=100)).document) == found


@pytest.mark.parametrize(("word", "found"), [("MẬT", {"mat"}), ("KHẨN", set())])
def test_letters_that_are_dashes_of_long_lines_are_read(word: str, found: set[str]) -> None:
    picture = Image.new("L", (80, 24), 255)
    ImageDraw.Draw(picture).text((2, -2), word, font=ImageFont.truetype(str(BOLD), 22), fill=0)

    def draw(canvas: Canvas) -> None:
        canvas.setLineWidth(2)
        for row, pixels in enumerate(np.array(picture) < 128):
            ends = [0, *(np.flatnonzero(np.diff(pixels)) + 1).tolist(), len(pixels)]
            dashes = [2 * (end - start) for start, end in pairwise(ends)]
            if len(dashes) > 1:
                canvas.setDash([*([] if pixels[0] else [0]), *dashes])
                canvas.line(250, 760 - 2 * row, 410, 760 - 2 * row)
        canvas.setDash()

    assert levels(read(draw)) == found


@pytest.mark.parametrize("times", [5, 17])
def test_letters_of_a_poster_are_read_however_large_its_page_is(times: int) -> None:
    def poster(canvas: Canvas) -> None:
        canvas.setPageSize((600 * times, 840 * times))
        canvas.scale(times, times)
        outline(canvas, "TỐI MẬT", x=150, y=600, size=54)

    budget = Budget(part_cpu_s=100, page_cpu_s=0.0, words_cpu_s=20)
    document = pdf.read(Source(data=pdfs.page(poster), part="1"), budget).document
    assert levels(document) == {"toi_mat"}


@pytest.mark.parametrize(("words", "found"), [("MẬT", {"mat"}), ("KHẨN", set())])
@pytest.mark.parametrize("alone", [True, False])
def test_a_fine_scan_shown_in_few_centimetres_is_read_with_its_own_pixels(
    words: str, found: set[str], alone: bool
) -> None:
    scan_of_a_page = Image.new("RGB", (1240, 1754), "white")
    scan_of_a_page.paste(scans.piece(words), (100, 60))

    def thumbnail(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(scan_of_a_page), 0 if alone else 300, 0 if alone else 100, 60, 85)
        if alone:
            canvas.setPageSize((60, 85))
        else:
            body(canvas)

    document = pdf.read(Source(data=pdfs.page(thumbnail), part="1"), Budget(part_cpu_s=100)).document
    assert levels(document) == found


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


def test_a_word_below_thousands_of_figures_is_read() -> None:
    def crowded(canvas: Canvas) -> None:
        for number in range(2600):
            x, y = 20 + 11 * (number % 50), 835 - 11 * (number // 50)
            canvas.bezier(x, y, x + 1, y + 3, x + 2, y - 3, x + 3, y + 2)
        outline(canvas, "TUYỆT MẬT", x=100, y=60, size=16)

    assert levels(read(crowded)) == {"tuyet_mat"}


@pytest.mark.parametrize("fine", [0, 230])
def test_a_fine_scan_after_hundreds_of_pictures_is_read(fine: int) -> None:
    def many(canvas: Canvas) -> None:
        speck = ImageReader(Image.new("RGB", (60, 60), "grey"))
        for number in range(230):
            canvas.drawImage(speck, 20 + 2 * (number % 200), 800 + 3 * (number // 200), *((1, 1) if fine else (99, 1)))
        canvas.drawImage(ImageReader(scans.piece("TUYỆT MẬT").resize((1400, 260))), 300, 30, 28, 5.2)

    assert "tuyet_mat" in levels(read(many))


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
        out = file_of(file)
    document = pdf.read(Source(data=out, part="1"), Budget(part_cpu_s=100)).document
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
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Báo", "MẬT"),
        ("Một", "MẬT"),
        ("nhà bán", "TỐI MẬT"),
        ("123", "MẬT"),
        ("(+)", "MẬT"),
        ("nhàxbán", "TỐI MẬT"),
        ("nửabàn", "TỐIMẬT"),
    ],
)
def test_a_font_whose_map_is_false_is_read_as_it_draws(said: str, shown: str, has_cmap: bool) -> None:
    letters = {one: other for one, other in zip(said, shown, strict=True) if one != " "}
    font, embedded = lying_font(letters, has_cmap=has_cmap)
    data = pdfs.glyph_numbers(["Kính gửi các phòng", said], unmapped="", font=font, embedded=embedded)
    document = pdf.read(Source(data=data, part="1"), Budget(part_cpu_s=100)).document
    assert said in {run.text for run in document.runs}
    assert find_in_document(document)


@pytest.mark.parametrize("blanks", ["\u200b\u200c\u200d", "\u2002\u2003\u2004"])
def test_letters_that_a_font_calls_blanks_are_read(blanks: str) -> None:
    font, embedded = lying_font(dict(zip(blanks, "MẬT", strict=True)), has_cmap=False)
    data = pdfs.glyph_numbers(["Kính gửi các phòng", blanks, " "], unmapped="", font=font, embedded=embedded)
    assert levels(pdf.read(Source(data=data, part="1"), Budget(part_cpu_s=100)).document) == {"mat"}


def test_a_font_that_means_what_it_draws_is_believed() -> None:
    data = pdfs.glyph_numbers(["Một", "Hội nghị", "Bộ Y tế", "MẶT SAU", "Nhật ký"], unmapped="")
    document = pdf.read(Source(data=data, part="1"), Budget(part_cpu_s=100)).document
    assert find_in_document(document) == ()
    assert document.status.value == "ok"


def test_a_line_that_comes_again_in_another_width_and_figures_are_looked_at_as_often_as_they_must(monkeypatch) -> None:
    looked: list[str] = []
    ink = claims._ink

    def look(page: int, content: PageContent, line: list[Piece]) -> object:
        looked.append("".join(piece.text for piece in line))
        return ink(page, content, line)

    monkeypatch.setattr(claims, "_ink", look)
    data = pdfs.glyph_numbers(["123", "456", "213", "600", "Bạn", "Bạn", "B ạ n"], unmapped="")
    pdf.read(Source(data=data, part="1"), Budget(part_cpu_s=100))
    assert looked == ["123", "456", "600", "Bạn", "B ạ n"]


def test_a_line_that_reads_as_it_says_is_not_read_as_a_part_of_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan.ScanReader, "_sheet", None)
    data = pdfs.glyph_numbers(
        ["Kính gửi các phòng", "Bạn", "Tài vật", "TÚI MẬT"], unmapped="", font=REGULAR.read_bytes()
    )
    assert pdf.read(Source(data=data, part="1"), Budget(part_cpu_s=100)).document.status.value == "ok"


@pytest.mark.parametrize(
    ("read", "said", "agree"),
    [
        ("quyétđịnh:", "quyếtđịnh:", True),
        ("tháiđộ", "tháiđộ", True),
        ("quyếtđịnh", "quyếtđịnhsố", False),
        ("tóimật", "tốimát", False),
        ("mặt", "mất", False),
        ("bạt", "bặt", False),
        ("mạt...", "mặt...", False),
        ("", "(+)", False),
        ("12ậ", "123", False),
    ],
)
def test_signs_of_letters_may_be_misread_where_a_line_is_far_from_a_level(read: str, said: str, agree: bool) -> None:
    assert claims._agree(read, said) is agree


def test_lines_beyond_those_that_are_read_one_by_one_are_read_with_their_page(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pdfs.glyph_numbers(["Kính gửi các phòng", "Bạn"], unmapped="", font=REGULAR.read_bytes())
    monkeypatch.setattr(claims, "LIMIT_READ", 0)
    monkeypatch.setattr(scan.ScanReader, "_sheet", None)
    with pytest.raises(TypeError):
        pdf.read(Source(data=data, part="1"), Budget(part_cpu_s=100))


def test_drawn_letters_that_nobody_has_time_to_read_are_doubtful() -> None:
    document = read(black, words_s=0.0)
    assert document.doubtful_pages == (1,)
    assert document.status.value == "ok"


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


def test_areas_within_others_are_not_read() -> None:
    assert scan._outermost([(10, 10, 20, 20), (0, 0, 30, 30), (40, 0, 50, 5)]) == [(0, 0, 30, 30), (40, 0, 50, 5)]


def test_of_a_page_only_the_areas_that_are_asked_for_are_drawn() -> None:
    with PdfiumDocument(pdfs.page(lambda canvas: outline(canvas, "MẬT", x=100, y=700)), None) as document:
        reader = PageReader(document, Budget(part_cpu_s=100), Structure())
        views = [
            (200.0, None),
            (200.0, (90, 100, 200, 200)),
            (200.0, (500, 800, 999, 999)),
            (200.0, (-90, 900, 90, 990)),
        ]
        whole, part, corner = reader.draw(0, frozenset(), views, annotations=False)
    x, y = (round(side * 200 / 72) for side in part.corner)
    rows, columns, _ = part.pixels.shape
    assert (x, y) == (250, 277)
    assert part.pixels.min() == 0
    assert np.array_equal(part.pixels, whole.pixels[y : y + rows, x : x + columns])
    assert corner.pixels.shape[:2] < (250, 270)


def test_of_a_page_with_large_letters_only_the_ink_near_them_is_read() -> None:
    content = PageContent(1, 600.0, 800.0)
    edges = np.zeros((int(800 * left.DPI / 72), int(600 * left.DPI / 72)), np.uint8)

    def draw(x: float, y: float, right: float, bottom: float) -> None:
        rows, columns = (slice(*(int(side * left.DPI / 72) for side in sides)) for sides in ((y, bottom), (x, right)))
        edges[rows, columns] = 255

    for box in ((100, 600, 190, 690), (370, 600, 380, 690), (340, 600, 410, 610), (50, 40, 300, 41)):
        draw(*box)  # a letter, a T of two bars a letter's width and a half apart from it, a rule far above
    ((x, y, right, bottom),) = left._areas([[100.0, 600.0, 190.0, 690.0]], edges, content)
    assert x <= 100
    assert right >= 410
    assert bottom >= 690
    assert 300 < y <= 600


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
