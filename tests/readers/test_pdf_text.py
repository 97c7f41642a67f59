"""What a reader of a PDF page sees is in the runs, with its look and place; what it cannot see is marked."""

from __future__ import annotations

import io

import pytest
from reportlab.lib.colors import CMYKColor, white

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import reader as pdf
from gateway.documents.readers.pictures import ocr
from gateway.model import Document, Origin, Role, Run
from tests.readers import pdfs

needs_tesseract = pytest.mark.skipif(ocr.engine() is None, reason="libtesseract with Vietnamese data is not installed")


def read(data: bytes, **source: object) -> Document:
    return pdf.read(Source(data=data, part="1", **source), Budget()).document  # type: ignore[arg-type]


def lines(document: Document, origin: Origin | None = Origin.TEXT) -> list[str]:
    found: dict[int, str] = {}
    for run in document.runs:
        if run.page is not None and (origin is None or run.origin is origin):
            found[run.block] = found.get(run.block, "") + run.text
    return [text.strip() for text in found.values()]


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


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("white", lambda c: (c.setFillColor(white), c.drawString(80, 700, "ẨN"))),
        ("off-page", lambda c: c.drawString(-300, 700, "ẨN")),
        ("tiny", lambda c: (c.setFont("Serif", 0.5), c.drawString(80, 700, "ẨN"))),
        ("transparent", lambda c: (c.setFillAlpha(0), c.drawString(80, 700, "ẨN"))),
        ("covered", lambda c: (c.drawString(80, 700, "ẨN"), c.setFillColor(white), c.rect(60, 680, 200, 60, 0, 1))),
    ],
)
def test_text_that_cannot_be_seen_is_hidden(name, draw) -> None:
    assert the_run(read(pdfs.page(draw)), "ẨN").origin is Origin.HIDDEN


def test_invisible_render_mode_is_hidden() -> None:
    data = pdfs.simple(b"BT /F1 14 Tf 3 Tr 80 700 Td (INVISIBLE) Tj ET")
    assert the_run(read(data), "INVISIBLE").origin is Origin.HIDDEN


def test_white_text_on_a_dark_field_is_visible() -> None:
    def draw(canvas):
        canvas.setFillColorRGB(0, 0, 0.5)
        canvas.rect(60, 680, 200, 60, stroke=0, fill=1)
        canvas.setFillColor(white)
        canvas.drawString(80, 700, "RÕ")

    run = the_run(read(pdfs.page(draw)), "RÕ")
    assert run.origin is Origin.TEXT
    assert run.background == "000080"


def test_text_outside_the_crop_box_is_hidden() -> None:
    data = pdfs.simple(
        b"BT /F1 14 Tf 80 700 Td (OUTSIDE) Tj 0 -500 Td (INSIDE) Tj ET", page_extra=b"/CropBox [0 0 595 500]"
    )
    document = read(data)
    assert the_run(document, "OUTSIDE").origin is Origin.HIDDEN
    assert the_run(document, "INSIDE").origin is Origin.TEXT


def test_text_on_a_layer_that_is_off_is_hidden() -> None:
    data = pdfs.simple(
        b"/OC /L1 BDC BT /F1 14 Tf 80 700 Td (LAYERED) Tj ET EMC",
        resources=b"/Properties << /L1 10 0 R >>",
        catalog_extra=b"/OCProperties << /OCGs [10 0 R] /D << /OFF [10 0 R] >> >>",
        more={10: b"<< /Type /OCG /Name (Lop an) >>"},
    )
    document = read(data)
    assert the_run(document, "LAYERED").origin is Origin.HIDDEN
    assert the_run(document, "Lop an").role is Role.NAME
    assert "hidden-layer" in {item.kind for item in document.active_content}


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


def test_actual_text_that_lies_gives_both_readings() -> None:
    data = pdfs.simple(b"/Span << /ActualText (HARMLESS) >> BDC BT /F1 14 Tf 80 700 Td (SECRET) Tj ET EMC")
    document = read(data)
    assert the_run(document, "SECRET").origin is Origin.TEXT
    assert the_run(document, "HARMLESS").origin is Origin.HIDDEN


def test_a_word_written_over_the_blanks_before_it_goes_on_the_line() -> None:
    content = b"BT /F1 14 Tf 80 700 Td (Doi mat          ) Tj ET BT /F1 14 Tf 136 700 Td (khau) Tj ET"
    assert lines(read(pdfs.simple(content))) == ["Doi mat khau"]


GRADIENT = (
    b"<< /ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 0 595 0] /Extend [true true]"
    b" /Function << /FunctionType 2 /Domain [0 1] /C0 [%s] /C1 [%s] /N 1 >> >>"
)
ROUND = b"60 680 m 400 680 l 420 680 420 690 420 700 c 420 740 l 60 740 l 50 740 50 690 60 680 c f "
WORDS = b"BT /F1 30 Tf 80 700 Td (HIDDEN OR NOT) Tj ET"


def painted(content: bytes, *, begin: bytes = b"0 0 0.5", end: bytes = b"0.6 0 0") -> Document:
    """A page with a gradient as the shading S and the pattern P."""
    resources = b"/Resources << /Font << /F1 13 0 R >> /Shading << /S 11 0 R >> /Pattern << /P 12 0 R >> >>"
    return read(
        pdfs.simple(
            content,
            page_extra=resources,
            more={
                11: GRADIENT % (begin, end),
                12: b"<< /Type /Pattern /PatternType 2 /Shading 11 0 R >>",
                13: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
            },
        )
    )


@pytest.mark.parametrize(
    ("content", "colour", "behind"),
    [
        (b"/Pattern cs /P scn " + WORDS, None, None),
        (b"/Pattern CS /P SCN 1 Tr " + WORDS, None, None),
        (b"q 0 650 595 100 re W n /S sh Q 1 g " + WORDS, "FFFFFF", "2A005C"),
        (b"/Pattern cs /P scn 0 650 595 100 re f 1 g " + WORDS, "FFFFFF", "2A005C"),
        (b"0 0 0.6 rg " + ROUND + b"1 g " + WORDS, "FFFFFF", "000099"),
        (b"1 g 1 0 0 RG 2 Tr " + WORDS, None, None),
    ],
    ids=["gradient-letters", "gradient-outlines", "on-shading", "on-gradient", "on-rounded-box", "white-with-red-rim"],
)
def test_text_that_stands_out_from_what_is_no_plain_box_is_seen(content, colour, behind) -> None:
    document = painted(content)
    (run,) = [run for run in document.runs if run.role is Role.BODY and run.origin is not Origin.OCR]
    assert (run.origin, run.colour) == (Origin.TEXT, colour)
    if behind is None:
        assert run.background is None
    else:
        assert all(abs(int(run.background[i : i + 2], 16) - int(behind[i : i + 2], 16)) < 16 for i in (0, 2, 4))
    assert not document.active_content


@pytest.mark.parametrize(
    "content",
    [
        b"1 g " + WORDS,
        b"0.97 g " + WORDS,
        b"0 0 0.6 rg 60 680 m 420 680 l 420 690 l 60 690 l 50 685 l h f 1 g " + WORDS.replace(b"700 Td", b"710 Td"),
        b"1 g " + WORDS + b" 0 g " + WORDS.replace(b"HIDDEN OR NOT", b"SEEN").replace(b"80 700", b"300 600"),
        b"0 0 0.6 rg " + ROUND + b"1 g " + WORDS + b" 0 0 0.6 rg " + ROUND,
    ],
    ids=["white", "nearly-white", "beside-a-shape", "with-others-on-the-page", "shape-painted-again"],
)
def test_text_that_changes_nothing_on_the_page_is_not_seen(content) -> None:
    runs = [run for run in painted(content).runs if "HIDDEN" in run.text]
    assert [run.origin for run in runs] == [Origin.HIDDEN]


def test_letters_in_a_white_gradient_are_not_seen() -> None:
    (run,) = [
        run for run in painted(b"/Pattern cs /P scn " + WORDS, begin=b"1 1 1", end=b"1 1 1").runs if run.page == 1
    ]
    assert run.origin is Origin.HIDDEN


def test_a_map_that_contradicts_the_encoding_is_reported() -> None:
    cmap = (
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange "
        b"1 beginbfrange <41> <5a> <0061> endbfrange endcmap"
    ).replace(b"<0061>", b"<0042>")
    data = pdfs.simple(b"BT /F1 14 Tf 80 700 Td (MAT KHAU) Tj ET", more={10: pdfs.stream(cmap)})
    data = data.replace(b"/Encoding /WinAnsiEncoding", b"/Encoding /WinAnsiEncoding /ToUnicode 10 0 R")
    document = read(data)
    assert (document.status.value, document.reason) == ("partial", "text-lies")


def test_characters_without_meaning_are_reported_when_nobody_reads_the_page(monkeypatch) -> None:
    from gateway.documents.readers.pdf import scan as pdf_scan

    monkeypatch.setattr(pdf_scan.ScanReader, "read", lambda _, looks: ((look, None) for look in looks))
    data = pdfs.simple(b"BT /F1 14 Tf 80 700 Td (\\001\\002\\003\\004) Tj ET")
    document = read(data)
    assert (document.status.value, document.reason) == ("partial", "no-text-map")


LETTER = ["ỦY BAN NHÂN DÂN", "TỐI MẬT", "Bảo đảm an toàn thông tin trên địa bàn phường"]


def test_a_glyph_that_the_map_leaves_out_is_no_letter(monkeypatch) -> None:
    from gateway.documents.readers.pdf import scan as pdf_scan

    monkeypatch.setattr(pdf_scan.ScanReader, "read", lambda _, looks: ((look, None) for look in looks))
    document = read(pdfs.glyph_numbers(LETTER, unmapped="ỐẬ"))
    assert lines(document) == ["ỦY BAN NHÂN DÂN", "TI MT", LETTER[2]]
    assert read(pdfs.glyph_numbers(LETTER, unmapped="")).status.value == "ok"


def test_a_glyph_that_looks_like_a_letter_read_before_is_no_letter_either(monkeypatch) -> None:
    """The glyph of `a` has the number 68, which is the code of `D`, and the font has an honest D too."""
    from gateway.documents.readers.pdf import scan as pdf_scan

    monkeypatch.setattr(pdf_scan.ScanReader, "read", lambda _, looks: ((look, None) for look in looks))
    letter = ["Dnih n", "an ninh an nan"]
    document = read(pdfs.glyph_numbers(letter, unmapped="a"))
    assert (document.status.value, document.reason) == ("partial", "no-text-map")
    assert read(pdfs.glyph_numbers(letter, unmapped="")).status.value == "ok"


@needs_tesseract
def test_letters_that_the_map_leaves_out_are_read_from_the_page() -> None:
    document = read(pdfs.glyph_numbers(LETTER, unmapped="ỐẬ"))
    assert document.status.value == "ok"
    assert "TỐI MẬT" in lines(document, Origin.OCR)


def test_text_without_any_map_is_not_taken_for_what_its_codes_look_like(monkeypatch) -> None:
    from gateway.documents.readers.pdf import scan as pdf_scan

    monkeypatch.setattr(pdf_scan.ScanReader, "read", lambda _, looks: ((look, None) for look in looks))
    document = read(pdfs.glyph_numbers(LETTER, unmapped="".join(LETTER)))
    assert lines(document) == []
    assert (document.status.value, document.reason) == ("partial", "no-text-map")


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
