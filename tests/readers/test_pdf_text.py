"""What a reader of a PDF page sees is in the runs, with its look and place; what it cannot see is marked."""

import io
import re

import pytest
from reportlab.lib.colors import CMYKColor

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import reader as pdf
from gateway.documents.readers.pdf.lines import build_lines
from gateway.documents.readers.pdf.page import Font, Piece
from gateway.model import Document, Origin, ReadStatus, Role, Run
from tests.readers import pdfs
from tests.support import reading
from tests.support.reading import unread


def read(data: bytes, **source: object) -> Document:
    return pdf.read(Source(data=data, part="1", **source), Budget()).document  # type: ignore[arg-type]


def lines(document: Document, origin: Origin | None = Origin.TEXT) -> list[str]:
    on_pages = [run for run in document.runs if run.page is not None and origin in (None, run.origin)]
    return [text.strip() for text in reading.lines(on_pages)]


def the_run(document: Document, text: str) -> Run:
    return next(run for run in document.runs if text in run.text)


def test_text_has_font_size_colour_and_place() -> None:
    def draw(canvas):
        canvas.setFont("Serif-Bold", 13)
        canvas.setFillColorRGB(1, 0, 0)
        canvas.drawString(80, 700, "TUYỆT MẬT")

    run = the_run(read(pdfs.page(draw)), "TUYỆT")
    assert run.font == "LiberationSerif-Bold"
    assert (run.size_pt, run.colour, run.bold, run.page) == (13.0, "FF0000", True, 1)
    assert run.locator == "page:1,top-left"
    left, top, right, bottom = run.bbox_pt
    assert 79 < left < 82
    assert 125 < top < bottom < 150
    assert right > 150


def test_cmyk_black_is_given_as_rgb() -> None:
    def draw(canvas):
        canvas.setFillColor(CMYKColor(0, 0, 0, 1))
        canvas.drawString(80, 700, "đen")

    colour = the_run(read(pdfs.page(draw)), "đen").colour
    assert max(bytes.fromhex(colour)) < 64


def test_letters_drawn_one_by_one_are_one_word() -> None:
    def draw(canvas):
        x = 100
        for letter in "TỐI":
            canvas.drawString(x, 700, letter)
            x += canvas.stringWidth(letter)
        x += 4
        for letter in "MẬT":
            canvas.drawString(x, 700, letter)
            x += canvas.stringWidth(letter)

    assert lines(read(pdfs.page(draw))) == ["TỐI MẬT"]


def test_spaced_out_letters_are_joined_to_words() -> None:
    def draw(canvas):
        for position, letter in enumerate("MẬT"):
            canvas.drawString(100 + 30 * position, 700, letter)
        x = 100
        for letter in "TUYỆT MẬT":
            if letter == " ":
                x += 26
                continue
            canvas.drawString(x, 600, letter)
            x += canvas.stringWidth(letter) + 9

    assert lines(read(pdfs.page(draw))) == ["MẬT", "TUYỆT MẬT"]


def stamped_over(canvas, text: str, *, step: float, colour: tuple[float, float, float]) -> None:
    """A line of body text, and a stamp over it whose letters stand a little lower."""
    canvas.setFont("Serif", 12)
    for at in range(0, 60, 3):
        canvas.drawString(
            80 + at * 6, 700, "chung tay xây dựng chính quyền số trên địa bàn phường năm nay "[at : at + 3]
        )
    canvas.setFont("Serif-Bold", 14)
    canvas.setFillColorRGB(*colour)
    for position, letter in enumerate(text):
        if letter != " ":
            canvas.drawString(161 + step * position, 697, letter)


@pytest.mark.parametrize("colour", [(0.8, 0, 0), (0, 0, 0)])
def test_a_stamp_over_a_line_of_text_stays_a_line_of_its_own(colour) -> None:
    document = read(pdfs.page(lambda canvas: stamped_over(canvas, "TỐI MẬT", step=10, colour=colour)))
    assert "TỐI MẬT" in lines(document)


def test_a_raised_small_letter_stays_in_its_word() -> None:
    def draw(canvas):
        canvas.drawString(80, 700, "diện tích 120 m")
        canvas.setFont("Serif", 9)
        canvas.drawString(80 + canvas.stringWidth("diện tích 120 m", "Serif", 14), 702.5, "2")

    assert lines(read(pdfs.page(draw))) == ["diện tích 120 m2"]


@pytest.mark.parametrize(("first", "rest"), [("T", "UYỆT MẬT"), ("Đ", "ường phố đông người")])
def test_an_initial_begins_the_first_of_the_lines_beside_it(first: str, rest: str) -> None:
    def draw(canvas):
        canvas.setFont("Serif", 48)
        canvas.drawString(80, 676, first)
        x = 82 + canvas.stringWidth(first, "Serif", 48)
        canvas.setFont("Serif", 12)
        for line, words in enumerate((rest, "Kính gửi các đơn vị", "và các phòng của quận")):
            canvas.drawString(x, 700 - 14 * line, words)

    assert "".join(lines(read(pdfs.page(draw)))[0].split()) == "".join((first + rest).split())


def test_letters_struck_several_times_for_boldness_are_read_once() -> None:
    def draw(canvas):
        for position, letter in enumerate("bảo mật thông tin"):
            for shift in (0, 0.3, 0.6):
                canvas.drawString(80 + 12 * position + shift, 700, letter)

    assert lines(read(pdfs.page(draw))) == ["bảo mật thông tin"]


def test_turned_text_is_read_as_lines() -> None:
    def draw(canvas):
        for angle, y in ((90, 300), (45, 500), (180, 700)):
            canvas.saveState()
            canvas.translate(300, y)
            canvas.rotate(angle)
            x = 0
            for letter in f"quay{angle}":
                canvas.drawString(x, 0, letter)
                x += canvas.stringWidth(letter)
            canvas.restoreState()

    assert set(lines(read(pdfs.page(draw)))) == {"quay90", "quay45", "quay180"}


def test_large_slanting_text_is_a_watermark() -> None:
    def draw(canvas):
        canvas.translate(200, 300)
        canvas.rotate(45)
        canvas.setFont("Serif", 60)
        canvas.drawString(0, 0, "Mật")

    assert the_run(read(pdfs.page(draw)), "Mật").role is Role.WATERMARK


def test_two_columns_of_the_head_stay_apart_and_in_order() -> None:
    def draw(canvas):
        for row, (left, right) in enumerate(
            (
                ("ỦY BAN NHÂN DÂN", "CỘNG HÒA XÃ HỘI"),
                ("QUẬN BÌNH TÂN", "Độc lập - Tự do"),
                ("Số: 12/UBND", "ngày 1 tháng 2"),
            )
        ):
            canvas.drawCentredString(160, 780 - 16 * row, left)
            canvas.drawCentredString(410, 780 - 16 * row, right)

    assert lines(read(pdfs.page(draw))) == [
        "ỦY BAN NHÂN DÂN", "QUẬN BÌNH TÂN", "Số: 12/UBND", "CỘNG HÒA XÃ HỘI", "Độc lập - Tự do", "ngày 1 tháng 2",
    ]  # fmt: skip


def test_text_in_nested_forms_has_the_matrices_of_all() -> None:
    def draw(canvas):
        canvas.beginForm("inner")
        canvas.setFont("Serif", 10)
        canvas.drawString(0, 0, "trong")
        canvas.endForm()
        canvas.beginForm("outer")
        canvas.scale(2, 2)
        canvas.translate(10, 10)
        canvas.doForm("inner")
        canvas.endForm()
        canvas.translate(100, 500)
        canvas.doForm("outer")

    run = the_run(read(pdfs.page(draw)), "trong")
    assert run.size_pt == 20.0
    assert run.bbox_pt[0] == pytest.approx(120, abs=2)
    assert run.bbox_pt[3] == pytest.approx(842 - 520, abs=6)


def test_rotated_page_gives_places_as_displayed() -> None:
    data = pdfs.simple(b"BT /F1 20 Tf 0 1 -1 0 60 100 Tm (XOAY) Tj ET", page_extra=b"/Rotate 90")
    run = the_run(read(data), "XOAY")
    left, top, right, bottom = run.bbox_pt
    assert right - left > bottom - top
    assert (left, bottom) == (pytest.approx(101, abs=3), pytest.approx(60, abs=3))


def test_letters_in_a_frame_are_boxed_and_cells_of_a_table_are_not() -> None:
    def draw(canvas):
        canvas.rect(80, 690, 90, 25)
        canvas.drawString(100, 698, "MẬT")
        for column in range(3):
            canvas.rect(80 + 100 * column, 500, 100, 25)
            canvas.drawString(100 + 100 * column, 508, f"ô{column}")

    document = read(pdfs.page(draw))
    assert the_run(document, "MẬT").boxed is True
    assert the_run(document, "ô1").boxed is None


def test_false_actual_text_gives_both_readings() -> None:
    data = pdfs.simple(b"/Span << /ActualText (HARMLESS) >> BDC BT /F1 14 Tf 80 700 Td (SECRET) Tj ET EMC")
    document = read(data)
    assert the_run(document, "SECRET").origin is Origin.TEXT
    assert the_run(document, "HARMLESS").origin is Origin.HIDDEN


def actual(begin: bytes, resources: bytes = b"", more: dict[int, bytes] | None = None) -> bytes:
    content = b"/Span " + begin + b" BDC BT /F1 14 Tf 80 700 Td (SECRET) Tj ET EMC"
    return pdfs.simple(content, resources=resources, more=more)


@pytest.mark.parametrize(
    "data",
    [
        actual(b"/MC0", b"/Properties << /MC0 << /ActualText (HARMLESS) >> >>"),
        actual(b"/MC0", b"/Properties << /MC0 10 0 R >>", {10: b"<< /ActualText (HARMLESS) >>"}),
        actual(b"<< /Actual#54ext (HARMLESS) >>"),
    ],
    ids=["property-list", "its-object", "escaped-name"],
)
def test_actual_text_is_not_believed_wherever_it_is(data: bytes) -> None:
    assert lines(read(data)) == ["SECRET"]


def test_more_marked_content_around_a_text_than_is_looked_at_is_reported() -> None:
    around = b"/P BMC " * 70
    assert unread(
        read,
        pdfs.simple(
            around + b"/Span << /ActualText (X) >> BDC BT /F1 14 Tf 80 700 Td (SECRET) Tj ET EMC" + b" EMC" * 70
        ),
    ) == (ReadStatus.LIMIT, "pdf-marks")


@pytest.mark.parametrize("specks", [0, 3, 8])
def test_letters_are_a_word_however_many_specks_are_printed_on_them(specks: int) -> None:
    content = b"BT "
    for letter, x in ((b"M", 100), (b"A", 112), (b"T", 122)):
        content += b"0 g /F1 14 Tf 1 0 0 1 %d 700 Tm (%s) Tj 0.5 g " % (x, letter)
        for number in range(specks):
            content += b"/F1 %d Tf 1 0 0 1 %.1f 700 Tm (%c) Tj " % (
                3 + number % 3,
                x + 1 + number / 2,
                b"qwertyui"[number],
            )
    assert "MAT" in lines(read(pdfs.simple(content + b"ET")))


def test_more_overlapping_lines_than_can_be_separated_are_reported() -> None:
    font = Font("Serif", bold=False, legacy=False, symbol=False)
    pieces = [
        Piece(f"{number}", (number / 99, 0.0, 60.0, 30.0), 0, (number / 99, 30.0), 30.0, font, None, number)
        for number in range(700)
    ]
    assert unread(build_lines, pieces) == (ReadStatus.LIMIT, "pdf-lines")


def test_a_word_written_over_the_blanks_before_it_goes_on_the_line() -> None:
    content = b"BT /F1 14 Tf 80 700 Td (Doi mat          ) Tj ET BT /F1 14 Tf 136 700 Td (khau) Tj ET"
    assert lines(read(pdfs.simple(content))) == ["Doi mat khau"]


@pytest.mark.parametrize(
    ("line", "lacking", "read_as"),
    [
        ("M   T", "Ậ", "MẬT"),
        ("T   I M   T", "ỐẬ", "TỐI MẬT"),
        ("B   O M   T", "ẢẬ", "BẢO MẬT"),
        ("Mat     Thuong", "❏", "Mat ❏ Thuong"),
        ("Mat Thuong", "", "Mat Thuong"),
    ],
)
def test_what_a_font_lacks_is_read_in_the_gaps_that_its_line_has(line: str, lacking: str, read_as: str) -> None:
    def draw(canvas):
        canvas.setFont("Times-Roman", 14)
        canvas.drawString(72, 500, line)
        starts = [72 + canvas.stringWidth(line[: found.start()]) for found in re.finditer(r" {3,}", line)]
        canvas.setFont("ZapfDingbats" if lacking == "❏" else "Serif", 14)
        for x, letter in zip(starts, lacking, strict=True):
            canvas.drawString(x + (4 if lacking == "❏" else 0.2), 500, letter)

    assert lines(read(pdfs.page(draw))) == [read_as]


@pytest.mark.parametrize("spacing", [0, 6])
def test_columns_of_a_typewriter_are_cells_and_spaced_letters_are_words(spacing: float) -> None:
    def draw(canvas):
        canvas.setFont("Courier", 12)
        canvas.drawString(72, 500, "TRAN VAN" if spacing else "So ban      Do mat", charSpace=spacing)

    assert lines(read(pdfs.page(draw))) == (["TRAN VAN"] if spacing else ["So ban", "Do mat"])


def test_words_printed_upon_a_line_without_gaps_stay_a_line_of_their_own() -> None:
    def draw(canvas):
        canvas.drawString(72, 500, "Kế hoạch tuần tra trên địa bàn quận")
        canvas.setFont("Serif-Bold", 14)
        canvas.drawString(130, 500, "TỐI MẬT")

    assert lines(read(pdfs.page(draw))) == ["Kế hoạch tuần tra trên địa bàn quận", "TỐI MẬT"]


def test_legacy_letters_keep_their_codes() -> None:
    """TCVN3 writes ư as 0xAD and ã as 0xB7, which pdfium names by their glyphs."""
    encoding = b"<< /BaseEncoding /WinAnsiEncoding /Differences [173 /minus 183 /periodcentered] >>"
    data = pdfs.simple(b"BT /F1 14 Tf 80 700 Td (nh\\255 x\\267 h\\351i) Tj ET").replace(b"/Helvetica", b"/.VnTime  ")
    data = data.replace(b"/Encoding /WinAnsiEncoding", b"/Encoding " + encoding)
    run = the_run(read(data), "nh")
    assert run.text == "nh\xad x\xb7 h\xe9i"
    assert run.font == ".VnTime"


def test_a_hyphen_at_the_end_of_a_line_stays_a_hyphen() -> None:
    data = pdfs.simple(b"BT /F1 14 Tf 80 700 Td (truoc-) Tj 0 -20 Td (sau) Tj ET")
    assert "truoc-" in lines(read(data))


def test_links_are_marked() -> None:
    def draw(canvas):
        canvas.drawString(80, 700, "liên kết")
        canvas.linkURL("https://example.vn/", (78, 695, 140, 715))

    assert the_run(read(pdfs.page(draw)), "liên").link is True


def test_every_word_of_a_page_is_kept_whatever_the_order_of_drawing() -> None:
    words = [f"từ{number}" for number in range(60)]

    def draw(canvas):
        for number in sorted(range(60), key=lambda n: (n * 37) % 60):
            canvas.drawString(60 + 80 * (number % 6), 760 - 40 * (number // 6), words[number])

    found = " ".join(lines(read(pdfs.page(draw)))).split()
    assert sorted(found) == sorted(words)


def test_pages_are_numbered() -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    for number in range(3):
        writer.append(PdfReader(io.BytesIO(pdfs.page(lambda c, n=number: c.drawString(80, 700, f"trang {n + 1}")))))
    out = io.BytesIO()
    writer.write(out)
    document = read(out.getvalue())
    assert document.pages == 3
    assert [run.page for run in document.runs if run.text.startswith("trang")] == [1, 2, 3]
