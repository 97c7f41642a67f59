"""Text of a PDF that nobody sees, or that others see otherwise than programs read it."""

import pytest
from reportlab.lib.colors import white

from gateway.model import Document, Origin, Role
from tests.readers import pdfs
from tests.readers.test_pdf_text import lines, read, the_run
from tests.support.ocr import needs_ocr


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
def test_text_that_contrasts_with_what_is_no_plain_box_is_seen(content, colour, behind) -> None:
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


@pytest.mark.parametrize(
    ("glyph", "said", "reported"),
    [
        (b"uni1EAC", "Ấ", True),
        (b"uni1EAC", " ", True),
        (b"Eth", "Đ", False),
        (b"uni1EAC", "Ậ", False),
        (b"uni1EAC", "\ufffd", False),
    ],
)
def test_a_map_that_hides_the_dot_of_a_letter_is_reported(glyph: bytes, said: str, reported: bool) -> None:
    cmap = b"1 beginbfchar <42> <%04x> endbfchar" % ord(said)
    data = pdfs.simple(
        b"BT /F2 14 Tf 80 700 Td (ABC) Tj ET",
        fonts=b"/F2 11 0 R",
        more={
            10: pdfs.stream(cmap),
            11: b"<< /Type /Font /Subtype /TrueType /BaseFont /Arial /ToUnicode 10 0 R /Encoding"
            b" << /BaseEncoding /WinAnsiEncoding /Differences [65 /M /%s /T] >> >>" % glyph,
        },
    )
    assert (read(data).reason == "text-lies") == reported


def test_the_last_of_hundreds_of_fonts_is_looked_at_too() -> None:
    honest = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    lies = b"1 beginbfrange <41> <5a> <0042> endbfrange"
    more = dict.fromkeys(range(10, 260), honest)
    last = b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding /ToUnicode 261 0 R >>"
    data = pdfs.simple(b"BT /F1 14 Tf 80 700 Td (MAT KHAU) Tj ET", more={**more, 260: last, 261: pdfs.stream(lies)})
    assert read(data).reason == "text-lies"


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


@needs_ocr
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
