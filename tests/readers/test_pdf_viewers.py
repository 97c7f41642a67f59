"""What viewers of a PDF leave out, cover, print only, or draw each in its own way: clips, paint, layers, annotations without a look."""

import io
import struct
from collections.abc import Callable

import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import reader as pdf
from gateway.model import Document
from tests.readers import pdfs
from tests.readers.drawn_pages import black, body, outline
from tests.readers.test_pdf_drawn import levels, read
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of

pytestmark = [
    pytest.mark.system,
    needs_ocr,
]


def windowed(canvas: Canvas, words: str, *, left: float, wide: float) -> None:
    """Write a line of which a clip leaves a part to be seen."""
    canvas.saveState()
    window = canvas.beginPath()
    window.rect(left, 710, wide, 30)
    canvas.clipPath(window, stroke=0)
    canvas.setFont("Serif", 20)
    canvas.drawString(200, 720, words)
    canvas.restoreState()


@pytest.mark.parametrize(
    ("words", "shown", "found"),
    [
        ("giữ gìn bí mật và BẢO MẬT", "MẬT", {"mat"}),
        ("TỐI MẬT ĐỘ DÂN CƯ", "TỐI MẬT", {"toi_mat"}),
        ("BẢO MẬT", "BẢO MẬT", set()),
    ],
)
def test_of_a_line_cut_by_a_clip_the_letters_that_are_seen_are_read(words: str, shown: str, found: set[str]) -> None:
    before = words.partition(shown)[0]

    def draw(canvas: Canvas) -> None:
        left = 200 + canvas.stringWidth(before, "Serif", 20)
        windowed(canvas, words, left=left - 1, wide=canvas.stringWidth(shown, "Serif", 20) + 2)

    assert levels(read(draw)) == found


@pytest.mark.parametrize(("printed", "found"), [(b"ON", {"toi_mat"}), (b"OFF", set())])
def test_ink_of_a_layer_that_is_only_printed_is_read(printed: bytes, found: set[str]) -> None:
    def whole(canvas: Canvas) -> None:
        body(canvas)
        canvas._code.append("/OC /L0 BDC")
        black(canvas)
        canvas._code.append("EMC")

    with pikepdf.open(io.BytesIO(pdfs.page(whole))) as file:
        states = {b"/View": "OFF", b"/Print": printed.decode()}
        usage = pikepdf.Dictionary(
            {
                name.decode(): pikepdf.Dictionary({f"{name.decode()}State": pikepdf.Name(f"/{state}")})
                for name, state in states.items()
            }
        )
        layer = file.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String("Lop"), Usage=usage))
        events = [
            pikepdf.Dictionary(Event=pikepdf.Name(event), OCGs=[layer], Category=[pikepdf.Name(event)])
            for event in ("/View", "/Print")
        ]
        file.Root.OCProperties = pikepdf.Dictionary(OCGs=[layer], D=pikepdf.Dictionary(ON=[layer], AS=events))
        file.pages[0].Resources.Properties = pikepdf.Dictionary(L0=layer)
        out = file_of(file)
    budget = Budget(part_cpu_s=100, page_cpu_s=0.0, words_cpu_s=20.0)
    assert levels(pdf.read(Source(data=out, part="1"), budget).document) == found


@pytest.mark.parametrize(("count", "look", "doubtful"), [(6, False, (1,)), (6, True, ()), (2, False, ())])
def test_a_page_of_lines_that_each_viewer_draws_as_it_likes_is_cannot_tell(
    count: int, look: bool, doubtful: tuple[int, ...]
) -> None:
    with pikepdf.open(io.BytesIO(pdfs.page(body))) as file:
        own = file.make_stream(
            b"0 0 m 10 10 l S", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 10, 10]
        )
        lines = [
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Line,
                Rect=[200, 700, 240, 740],
                L=[200 + 9 * n, 700, 200, 740],
            )
            for n in range(count)
        ]
        for line in lines if look else ():
            line.AP = pikepdf.Dictionary(N=own)
        file.pages[0].Annots = file.make_indirect(pikepdf.Array([file.make_indirect(line) for line in lines]))
        out = file_of(file)
    budget = Budget(part_cpu_s=100, page_cpu_s=0.0, words_cpu_s=20.0)
    assert pdf.read(Source(data=out, part="1"), budget).document.doubtful_pages == doubtful


def white_box(canvas: Canvas, left: float, wide: float) -> None:
    canvas.rect(left, 712, wide, 26, fill=1, stroke=0)


def white_curve(canvas: Canvas, left: float, wide: float) -> None:
    canvas.roundRect(left, 712, wide, 26, 4, fill=1, stroke=0)


def white_line(canvas: Canvas, left: float, wide: float) -> None:
    canvas.setLineWidth(26)
    canvas.line(left, 725, left + wide, 725)


def lighter_picture(canvas: Canvas, left: float, wide: float) -> None:
    canvas._code.append("/Lighter gs")
    canvas.drawImage(ImageReader(Image.new("RGB", (20, 20), "white")), left, 712, wide, 26)


def plain_shading(canvas: Canvas, left: float, wide: float) -> None:
    canvas.saveState()
    window = canvas.beginPath()
    window.rect(left, 712, wide, 26)
    canvas.clipPath(window, stroke=0, fill=0)
    canvas.linearGradient(left, 712, left + wide, 738, ["#ffffff", "#ffffff"])
    canvas.restoreState()


def thin_veils(canvas: Canvas, left: float, wide: float) -> None:
    canvas.setFillAlpha(0.9)
    white_box(canvas, left, wide)
    white_box(canvas, left, wide)


def white_word(canvas: Canvas, left: float, _wide: float) -> None:
    for _ in range(4):
        canvas.drawString(left, 720, "BẢO")


@pytest.mark.parametrize(("height", "found"), [(6, {"mat"}), (-2, set()), (30, set())])
def test_what_a_line_drawn_through_words_leaves_is_read(height: int, found: set[str]) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Serif", 20)
        canvas.drawString(200, 720, "BẢO ")
        wide = canvas.stringWidth("BẢO ", "Serif", 20)
        canvas.drawString(200 + wide, 720, "MẬT")
        canvas.line(200, 720 + height, 200 + wide - 5, 720 + height)

    assert levels(read(draw)) == found


@pytest.mark.parametrize("words", ["MẬT", "BẢO MẬT"])
def test_a_word_whose_letters_have_white_ones_between_is_read_as_it_is_seen(words: str) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Serif-Bold", 20)
        x = 200.0
        for letter in words:
            canvas.setFillGray(0)
            canvas.drawString(x, 720, letter)
            x += canvas.stringWidth(letter, "Serif-Bold", 20)
            canvas.setFillGray(0.97)
            canvas.drawString(x - 5, 720, "O")
        canvas.setFillGray(0)

    assert levels(read(draw)) == ({"mat"} if words == "MẬT" else set())


@pytest.mark.parametrize(
    ("hide", "two"),
    [(white_box, True), (white_curve, False), (white_curve, True), (white_line, False), (lighter_picture, True),
     (plain_shading, False), (thin_veils, False), (white_word, False)],
)  # fmt: skip
def test_words_that_something_is_painted_over_are_read_as_they_are_seen(
    hide: Callable[[Canvas, float, float], None], two: bool
) -> None:
    def page(canvas: Canvas, *, hidden: bool) -> None:
        wide = canvas.stringWidth("BẢO ", "Serif-Bold", 20)
        canvas.setFont("Serif-Bold", 20)
        for x, words in ((200, "BẢO"), (200 + wide, "MẬT")) if two else ((200, "BẢO MẬT"),):
            canvas.drawString(x, 720, words)
        canvas.setFillColorRGB(1, 1, 1)
        canvas.setStrokeColorRGB(1, 1, 1)
        hide(canvas, 199 if hidden else 300, wide)

    for hidden in (True, False):
        with pikepdf.open(io.BytesIO(pdfs.page(lambda canvas: (body(canvas), page(canvas, hidden=hidden))))) as file:
            states = file.pages[0].Resources.get("/ExtGState", pikepdf.Dictionary())
            states.Lighter = pikepdf.Dictionary(BM=pikepdf.Name.Lighten)
            file.pages[0].Resources.ExtGState = states
            out = file_of(file)
        budget = Budget(part_cpu_s=100, page_cpu_s=0.0, words_cpu_s=20.0)
        document = pdf.read(Source(data=out, part="1"), budget).document
        assert levels(document) == ({"mat"} if hidden else set())


def annotated(*annotations: dict[str, object], draw: Callable[[Canvas], None] = body) -> Document:
    """Read a page with annotations; a `drawn` one has a look of that content."""
    with pikepdf.open(io.BytesIO(pdfs.page(draw))) as file:
        found = []
        for annotation in annotations:
            one = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Rect=[200, 700, 380, 750], C=[1, 0, 0])
            for key, value in annotation.items():
                if key == "drawn":
                    box = [0, 0, 180, 50]
                    form = pikepdf.Name.Form
                    look = file.make_stream(value, Type=pikepdf.Name.XObject, Subtype=form, BBox=box)
                    one.AP = pikepdf.Dictionary(N=look)
                else:
                    one[f"/{key}"] = pikepdf.Name(value) if isinstance(value, str) else value
            found.append(file.make_indirect(one))
        file.pages[0].Annots = file.make_indirect(pikepdf.Array(found))
        out = file_of(file)
    budget = Budget(part_cpu_s=100, page_cpu_s=0.0, words_cpu_s=20.0)
    return pdf.read(Source(data=out, part="1"), budget).document


STAMP = {"Subtype": "/Stamp"}


@pytest.mark.parametrize(
    ("annotations", "doubtful"),
    [
        ([STAMP | {"Name": "/TopSecret"}], True),
        ([STAMP | {"Name": "/Confidential"}], True),
        ([STAMP | {"Name": "/TUYETMAT"}], True),
        ([STAMP | {"Name": "/TopSecret", "drawn": b""}], True),
        ([{"Subtype": "/Redact"}], True),
        ([{"Subtype": "/Movie"}], True),
        ([{"Subtype": "/Link", "Rect": [200 + 4 * n, 700, 202 + 4 * n, 702]} for n in range(40)], True),
        ([STAMP | {"Name": "/Approved"}], False),
        ([STAMP], False),
        ([STAMP | {"Name": "/TopSecret", "F": 2}], False),
        ([STAMP | {"Name": "/Own", "drawn": b"0 0 180 50 re S"}], False),
        ([{"Subtype": "/Link", "Rect": [200, 700 + n, 380, 701 + n]} for n in range(5)], False),
        ([{"Subtype": "/Text"}, {"Subtype": "/Popup"}, {"Subtype": "/FileAttachment"}], False),
        ([{"Subtype": "/Link", "Rect": [80, 600 - 20 * n, 180, 612 - 20 * n]} for n in range(20)], False),
    ],
)
def test_an_annotation_without_an_appearance_is_cannot_tell_unless_it_is_no_word(
    annotations: list[dict[str, object]], doubtful: bool
) -> None:
    assert annotated(*annotations).doubtful_pages == ((1,) if doubtful else ())


def dotted(words: str) -> list[list[int]]:
    """Return the squares of which words can be made, as left and bottom."""
    font = ImageFont.truetype(str(pdfs.LIBERATION / "LiberationSans-Bold.ttf"), 16)
    picture = Image.new("L", (100, 30), 255)
    ImageDraw.Draw(picture).text((2, 2), words, font=font, fill=0)
    rows, columns = np.nonzero(np.array(picture) < 128)
    return [[200 + 3 * int(x), 780 - 3 * int(y)] for y, x in zip(rows, columns, strict=True)]


@pytest.mark.parametrize("kind", ["/Ink", "/Highlight", "/Square"])
@pytest.mark.parametrize(("words", "found"), [("MẬT", {"mat"}), ("KHẨN", set())])
def test_annotations_without_a_look_that_all_viewers_draw_alike_are_drawn_and_read(
    kind: str, words: str, found: set[str]
) -> None:
    squares = dotted(words)
    whole: dict[str, object] = {"Subtype": kind, "Rect": [190, 680, 500, 790]}
    if kind == "/Ink":
        lines = [pikepdf.Array([x, y + 1, x + 3, y + 1]) for x, y in squares]
        annotations = [whole | {"InkList": pikepdf.Array(lines), "BS": pikepdf.Dictionary(W=3)}]
    elif kind == "/Highlight":
        quads = [side for x, y in squares for side in (x, y + 3, x + 3, y + 3, x, y, x + 3, y)]
        annotations = [whole | {"QuadPoints": pikepdf.Array(quads)}]
    else:
        plain = {"Subtype": kind, "IC": pikepdf.Array([1, 0, 0]), "BS": pikepdf.Dictionary(W=0)}
        annotations = [plain | {"Rect": pikepdf.Array([x, y, x + 3, y + 3])} for x, y in squares]
    assert levels(annotated(*annotations)) == found


@pytest.mark.parametrize("flags", [4, 5])
@pytest.mark.parametrize(("left", "found"), [(198, {"mat"}), (320, set())])
def test_words_under_an_annotation_are_read_as_they_are_seen(left: int, found: set[str], flags: int) -> None:
    def draw(canvas: Canvas) -> None:
        body(canvas)
        canvas.setFont("Serif-Bold", 20)
        canvas.drawString(200, 720, "BẢO MẬT")

    box = pikepdf.Array([left, 710, left + 55, 745])
    covered = {"Subtype": "/Square", "F": flags, "Rect": box, "drawn": b"1 g 0 0 180 50 re f"}
    assert levels(annotated(covered, draw=draw)) == found


@pytest.mark.parametrize(("words", "found"), [("MẬT", {"mat"}), ("KHẨN", set())])
def test_a_page_of_a_stamps_size_is_read_as_large_as_viewers_show_it(words: str, found: set[str]) -> None:
    small = pdfs.page(lambda canvas: outline(canvas, words, x=10, y=70, size=2), size=(60, 84))
    budget = Budget(part_cpu_s=100, page_cpu_s=0.0, words_cpu_s=20.0)
    assert levels(pdf.read(Source(data=small, part="1"), budget).document) == found


@pytest.mark.parametrize(
    ("words", "angle", "found"), [("MẬT", 45, {"mat"}), ("MẶT TRẬN", 0, set()), ("MẶT TRẬN", 45, set())]
)
def test_words_that_lie_large_across_print_are_what_their_text_says(words: str, angle: int, found: set[str]) -> None:
    lines = (
        "Kính gửi: Ủy ban nhân dân các xã, phường trên địa bàn quận.",
        "Thực hiện kế hoạch công tác năm 2026, đơn vị báo cáo kết quả như sau.",
        "Đề nghị các đơn vị nghiên cứu, triển khai thực hiện đúng thời gian quy định.",
    )

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Serif", 13)
        for number in range(27):
            canvas.drawString(70, 742 - 24 * number, lines[number % 3])
        canvas.setFillGray(0.75)
        canvas.setFont("Serif-Bold", 83)
        canvas.translate(298, 421)
        canvas.rotate(angle)
        canvas.drawCentredString(0, -83 / 3, words)

    assert levels(read(draw)) == found


def jpeg(side: int, form: str = "JPEG", grey: int = 90) -> bytes:
    return file_of(Image.new("L", (side, side), grey), form)


def segment(kind: int, data: bytes, *, refers: int = 0, page: int = 1) -> bytes:
    """A segment of JBIG2 (ITU-T T.88 §7.2)."""
    if refers < 5:
        head = bytes([refers << 5, *bytes(refers)])
    else:
        head = struct.pack(">I", 7 << 29 | refers) + bytes((refers + 8) // 8) + bytes(refers)
    return struct.pack(">IB", 9, kind) + head + bytes([page]) + struct.pack(">I", len(data)) + data


_JBIG2 = b"/Filter /JBIG2Decode /BitsPerComponent 1 /ColorSpace /DeviceGray"
_SHEET = segment(48, struct.pack(">IIIIBH", 60, 60, 0, 0, 0, 0))
_WHITE = struct.pack(">IIIIBB", 60, 60, 0, 0, 0, 1) + b"\xff" * 8
_BOTH = _SHEET + segment(38, _WHITE)
_ENDLESS = segment(38, _WHITE + b"\0\0" + struct.pack(">I", 60)).replace(struct.pack(">I", 32), b"\xff" * 4, 1)


@pytest.mark.parametrize(
    ("said", "warned"), [(b"/Alternates [<</Image 11 0 R/DefaultForPrinting true>>]", True), (b"", False)]
)
def test_a_picture_that_is_another_one_on_paper_is_cannot_tell(said: bytes, warned: bool) -> None:
    head = b"/Subtype /Image /Width 60 /Height 60 /BitsPerComponent 8 /ColorSpace /DeviceGray "
    file = pdfs.simple(
        b"q 60 0 0 60 100 600 cm /I Do Q",
        resources=b"/XObject << /I 10 0 R >>",
        more={10: pdfs.stream(bytes(3600), head + said), 11: pdfs.stream(bytes(3600), head)},
    )
    active = pdf.read(Source(data=file, part="1"), Budget(part_cpu_s=100)).document.active_content
    assert any(one.kind == "look-picture" for one in active) is warned


@pytest.mark.parametrize(
    ("data", "side", "said", "doubtful"),
    [
        (_BOTH, 60, _JBIG2, ()),
        (_BOTH + segment(49, b"") + segment(51, b"", page=0) + bytes(20), 60, _JBIG2, ()),
        (segment(0, bytes(20), refers=7) + _BOTH + b"\r\n", 60, _JBIG2, ()),
        (_SHEET + _ENDLESS + segment(49, b""), 60, _JBIG2, ()),
        (_BOTH[:-3], 60, _JBIG2, ()),
        (_BOTH + _SHEET, 60, _JBIG2, (1,)),
        (_BOTH + segment(49, b"") + segment(38, _WHITE), 60, _JBIG2, (1,)),
        (_SHEET + segment(60, b"a") + segment(38, _WHITE), 60, _JBIG2, (1,)),
        ((_BOTH + segment(38, _WHITE))[:-3], 60, _JBIG2, (1,)),
        (b"\x97JB2\r\n\x1a\n\x01\0\0\0\x01" + _BOTH, 60, _JBIG2, (1,)),
        (jpeg(60), 60, b"/Filter /DCTDecode /BitsPerComponent 8 /ColorSpace /DeviceGray", ()),
        (jpeg(60), 60, b"/Filter /DCTDecode /BitsPerComponent 8 /ColorSpace /DeviceRGB", (1,)),
        (jpeg(60, "JPEG2000"), 60, b"/Filter /JPXDecode /ColorSpace /DeviceGray", ()),
        (jpeg(60, "JPEG2000"), 60, b"/Filter /JPXDecode /ColorSpace /DeviceRGB", (1,)),
        (bytes(3600), 60, b"/BitsPerComponent 8 /ColorSpace /DeviceGray", ()),
        (bytes(3600), 60, b"/BitsPerComponent 3 /ColorSpace /DeviceGray", (1,)),
        (bytes(3600), 60, b"/BitsPerComponent 8 /ColorSpace /Unknown", (1,)),
        (bytes(400), 20, b"/BitsPerComponent 3 /ColorSpace /DeviceGray", ()),
    ],
)
@pytest.mark.parametrize("stamp", [False, True])
def test_a_page_with_a_picture_that_cannot_be_drawn_is_cannot_tell(
    data: bytes, side: int, said: bytes, doubtful: tuple[int, ...], stamp: bool
) -> None:
    picture = pdfs.stream(data, b"/Subtype /Image /Width %d /Height %d " % (side, side) + said)
    draw, resources = b"q 60 0 0 60 100 600 cm /I Do Q", b"/XObject << /I 10 0 R >>"
    look = b"/Subtype /Form /BBox [0 0 595 842] /Resources << " + resources + b" >>"
    annotation = b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 595 842] /F 4 /AP << /N 11 0 R >> >>"
    file = pdfs.simple(
        b"" if stamp else draw,
        resources=b"" if stamp else resources,
        page_extra=b"/Annots [12 0 R]" if stamp else b"",
        more={10: picture, 11: pdfs.stream(draw, look), 12: annotation},
    )
    assert pdf.read(Source(data=file, part="1"), Budget(part_cpu_s=100)).document.doubtful_pages == doubtful


@pytest.mark.parametrize(
    ("grey", "colours", "doubtful"),
    [(90, b"/DeviceGray", ()), (255, b"/DeviceGray", ()), (90, b"/DeviceRGB", (1,)), (255, b"/DeviceRGB", (1,))],
)
def test_a_scan_in_jpeg_2000_that_cannot_be_drawn_is_cannot_tell_and_a_white_one_is_read(
    grey: int, colours: bytes, doubtful: tuple[int, ...]
) -> None:
    said = b"/Subtype /Image /Width 800 /Height 800 /Filter /JPXDecode /ColorSpace " + colours
    file = pdfs.simple(
        b"q 595 0 0 842 0 0 cm /I Do Q",
        resources=b"/XObject << /I 10 0 R >>",
        more={10: pdfs.stream(jpeg(800, "JPEG2000", grey), said)},
    )
    document = pdf.read(Source(data=file, part="1"), Budget(part_cpu_s=100)).document
    assert (document.image_pages, document.doubtful_pages) == ((1,), doubtful)
