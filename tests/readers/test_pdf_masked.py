"""What a PDF shows by soft masks and clips over plain areas, and what a form shows for the values it holds."""

import io
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import reader as pdf
from gateway.model import Document, Origin, Role
from gateway.vietnamese.marks import find_in_document
from tests.readers import pdfs
from tests.readers.drawn_pages import body, outline
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of


def made(change: Callable[[Pdf], None]) -> Document:
    with pikepdf.open(io.BytesIO(pdfs.page(body))) as file:
        change(file)
        out = file_of(file)
    return pdf.read(Source(data=out, part="1"), Budget(part_cpu_s=100)).document


def levels(document: Document) -> set[str]:
    return {mark.level.value for mark in find_in_document(document) if mark.strength.value != "noted"}


def masked(words: str, *, luminosity: bool = True) -> Callable[[Pdf], None]:
    """A plain red area of which a soft mask shows the letters (ISO 32000-1 §11.6.5.3)."""

    def change(file: Pdf) -> None:
        drawing = pdfs.page(lambda canvas: (canvas.setFillGray(1), outline(canvas, words, x=100, y=760, size=30)))
        with pikepdf.open(io.BytesIO(drawing)) as source:
            form = file.copy_foreign(source.pages[0].as_form_xobject())
        form.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceGray)
        mask = Dictionary(S=Name.Luminosity if luminosity else Name.Alpha, G=form)
        page = file.pages[0]
        page.add_resource(Dictionary(Type=Name.ExtGState, SMask=mask), Name.ExtGState, Name.Masked)
        page.contents_add(Stream(file, b"q /Masked gs 0.8 0 0 rg 80 740 300 60 re f Q"))

    return change


@needs_ocr
def test_the_letters_of_a_soft_mask_are_read():
    assert levels(made(masked("TỐI MẬT"))) == {"toi_mat"}
    assert not levels(made(masked("HỎA TỐC")))


def shaded(words: str) -> Callable[[Pdf], None]:
    """A plain area filled with a shading that is a function of the place: a picture in all but name (§8.7.4.5.2)."""

    def change(file: Pdf) -> None:
        picture = Image.new("L", (200, 50), 255)
        font = ImageFont.truetype(str(pdfs.LIBERATION / "LiberationSans-Bold.ttf"), 40)
        ImageDraw.Draw(picture).text((4, 0), words, font=font, fill=0)
        values = picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM).tobytes()
        function = Stream(
            file, values, FunctionType=0, Domain=[0, 1, 0, 1], Range=[0, 1], Size=[200, 50], BitsPerSample=8
        )
        shading = Dictionary(
            ShadingType=1, ColorSpace=Name.DeviceGray, Matrix=[200, 0, 0, 50, 100, 740], Function=function
        )
        page = file.pages[0]
        page.add_resource(Dictionary(PatternType=2, Shading=shading), Name.Pattern, Name.Shaded)
        page.contents_add(Stream(file, b"q /Pattern cs /Shaded scn 100 740 200 50 re f Q"))

    return change


@needs_ocr
def test_the_letters_of_a_shading_are_read():
    assert levels(made(shaded("MẬT"))) == {"mat"}
    assert not levels(made(shaded("KHẨN")))


def form(*fields: Dictionary) -> Callable[[Pdf], None]:
    def change(file: Pdf) -> None:
        kept = [file.make_indirect(field) for field in fields]
        file.pages[0].Annots = Array(kept)
        file.Root.AcroForm = Dictionary(Fields=Array(kept), NeedAppearances=True)

    return change


def field(name: str, kind: str, left: float = 60, **values: object) -> Dictionary:
    place = Array([left, 700, left + 40, 730])
    return Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name(f"/{kind}"), T=String(name), Rect=place, **values)


OFFERED = Array([Array([String("1"), String("Thường")]), Array([String("2"), String("TỐI MẬT")])])


def test_the_word_that_a_list_shows_for_its_value_is_read_and_the_others_are_offers():
    assert levels(made(form(field("loai", "Ch", V=String("2"), Opt=OFFERED)))) == {"toi_mat"}
    assert levels(made(form(field("loai", "Ch", V=Array([String("2")]), Opt=OFFERED)))) == {"toi_mat"}
    assert not levels(made(form(field("loai", "Ch", V=String("1"), Opt=OFFERED))))
    assert not levels(made(form(field("loai", "Ch", Opt=OFFERED))))


def test_the_rich_text_of_a_field_is_read_without_its_tags():
    rich = String('<body xmlns="http://www.w3.org/1999/xhtml"><p>M<b>Ậ</b>T</p></body>')
    assert levels(made(form(field("a", "Tx", V=String("x"), RV=rich)))) == {"mat"}
    assert not levels(made(form(field("a", "Tx", RV=String("<body><p>BẢO <b>MẬT</b></p></body>")))))


@pytest.mark.parametrize("order", ["MẬT", "TMẬ"])
def test_letters_in_fields_beside_each_other_are_read(order):
    fields = [field(f"o{letter!r}", "Tx", left=60 + 40 * "MẬT".index(letter), V=String(letter)) for letter in order]
    assert levels(made(form(*fields))) == {"mat"}
    assert not levels(made(form(*(field(f"o{letter}", "Tx", V=String(letter)) for letter in "KẬT"))))


def covered(
    words: str, box: tuple[float, float, float, float], *, x: float = 100, grey: float = 1.0, before: int = 0
) -> Document:
    """A line with a box painted over part of it, after so many others."""

    def draw(canvas: Canvas) -> None:
        for number in range(before):
            canvas.rect(20 + number % 50, 20 + number // 50, 50, 50, stroke=0, fill=1)
        body(canvas)
        canvas.setFont("Serif", 30)
        canvas.drawString(x, 760, words)
        canvas.setFillGray(grey, 1.0 if grey == 1 else 0.5)
        canvas.rect(*box, stroke=0, fill=1)

    return pdf.read(Source(data=pdfs.page(draw), part="1"), Budget(part_cpu_s=100)).document


FIRST, LAST, BESIDE, ALL = (98, 750, 74, 40), (172, 750, 120, 40), (60, 750, 36, 40), (90, 750, 300, 40)


@needs_ocr
def test_what_a_white_box_or_the_edge_of_the_page_leaves_of_a_line_is_read():
    assert levels(covered("BẢO MẬT", FIRST)) == {"mat"}
    assert levels(covered("MẬT KHẨU", LAST)) == {"mat"}
    assert levels(covered("BẢO MẬT", (0, 0, 1, 1), x=-72)) == {"mat"}
    assert levels(covered("BẢO MẬT", FIRST, before=1600)) == {"mat"}


@needs_ocr
def test_boxes_beside_a_line_over_all_of_it_and_of_a_marker_leave_its_words():
    assert not levels(covered("BẢO MẬT", BESIDE))
    assert not levels(covered("BẢO MẬT", ALL))
    assert not levels(covered("BẢO MẬT", FIRST, grey=0.8))
    assert not levels(covered("THÔNG BÁO MỚI", FIRST))


def gradient(file: Pdf, left: float) -> Stream | Dictionary:
    """White as far as `left`, then black."""
    change = Dictionary(FunctionType=2, Domain=[0, 1], C0=[1], C1=[0], N=1)
    colours = Dictionary(
        ShadingType=2, ColorSpace=Name.DeviceGray, Coords=[left, 0, left + 1, 0], Extend=[True, True], Function=change
    )
    return Dictionary(PatternType=2, Shading=colours)


def mask(file: Pdf, left: float) -> Dictionary:
    """A soft mask that shows what is behind `left`."""
    group = Dictionary(S=Name.Transparency, CS=Name.DeviceGray)
    shown = Stream(file, b"1 g %d 700 300 60 re f" % left, Subtype=Name.Form, BBox=[0, 0, 595, 842], Group=group)
    return Dictionary(SMask=Dictionary(S=Name.Luminosity, G=shown))


def layer(file: Pdf, left: float) -> Dictionary:
    """A membership of a layer that is shown, or of one that must not be shown."""
    group = file.make_indirect(Dictionary(Type=Name.OCG, Name=String("Lop")))
    file.Root.OCProperties = Dictionary(OCGs=[group], D=Dictionary(ON=[group]))
    return Dictionary(Type=Name.OCMD, OCGs=[group], P=Name.AllOff if left > 200 else Name.AllOn)


@needs_ocr
@pytest.mark.parametrize(
    ("kind", "make", "before", "between"),
    [("/Pattern", gradient, "/Pattern cs /Veil scn", ""), ("/ExtGState", mask, "/Veil gs", ""),
     ("/ExtGState", mask, "/Veil gs", " "), ("/Properties", layer, "/OC /Veil BDC", "EMC"), ("/XObject", None, "", "")],
)  # fmt: skip
@pytest.mark.parametrize(("hidden", "found"), [(True, {"mat"}), (False, set())])
def test_of_a_line_behind_a_veil_the_letters_that_are_seen_are_read(kind, make, before, between, hidden, found):
    left = 198 + 20 * 2.35 * hidden

    def draw(canvas: Canvas) -> None:
        body(canvas)
        canvas.saveState()
        canvas._code.append(before)
        canvas.setFont("Serif-Bold", 20)
        if between:
            canvas.drawString(200, 720, "BẢO")
            canvas._code.append(between)
            canvas.drawString(200 + canvas.stringWidth("BẢO ", "Serif-Bold", 20), 720, "MẬT")
        else:
            canvas.drawString(200, 720, "BẢO MẬT")
        canvas.restoreState()

    data = pdfs.page(draw)
    with pikepdf.open(io.BytesIO(data)) as file, pikepdf.open(io.BytesIO(data)) as other:
        page = file.pages[0]
        if make is None:  # the page within a form that is clipped
            form = file.copy_foreign(other.pages[0].as_form_xobject())
            page.Resources = Dictionary(XObject=Dictionary(Veil=form))
            page.Contents = Stream(file, b"q %d 0 500 842 re W n /Veil Do Q" % left)
        else:
            page.add_resource(make(file, left), Name(kind), Name.Veil)
        out = file_of(file)
    assert levels(pdf.read(Source(data=out, part="1"), Budget(part_cpu_s=100)).document) == found


@needs_ocr
@pytest.mark.parametrize(("left", "found"), [(200 + 20 * 2.35, {"mat"}), (190, set()), (420, set())])
def test_letters_that_are_a_window_are_read_as_far_as_something_is_painted_behind_them(left, found):
    def draw(canvas: Canvas) -> None:
        canvas.saveState()
        text = canvas.beginText(200, 720)
        text.setFont("Serif-Bold", 20)
        text.setTextRenderMode(7)
        text.textOut("BẢO MẬT")
        canvas.drawText(text)
        canvas.setFillColorRGB(0.8, 0, 0)
        canvas.rect(left, 700, 180, 60, fill=1, stroke=0)
        canvas.restoreState()
        body(canvas)

    assert levels(pdf.read(Source(data=pdfs.page(draw), part="1"), Budget(part_cpu_s=100)).document) == found


@pytest.mark.parametrize("on_paper", [False, True])
def test_lines_that_are_set_apart_or_only_printed_hide_nothing(on_paper):
    def draw(canvas: Canvas) -> None:
        canvas._code.append("/OC /Veil BDC")
        for top, words, letters, blanks in (
            (760, "LUẬT AN NINH MẠNG", 6, 0), (730, "BẢO VỆ BÍ MẬT NHÀ NƯỚC", 0, 25),
            (700, f"BÍ MẬT{' ' * 12}NHÀ NƯỚC", 0, 0), (670, "MẬT ONG", 9, 0), (640, "SUẤT", 10, 0),
        ):  # fmt: skip
            text = canvas.beginText(70, top)
            text.setFont("Serif-Bold", 12)
            text.setCharSpace(letters)
            text.setWordSpace(blanks)
            text.setTextRenderMode(0)
            text.textOut(words)
            canvas.drawText(text)
        canvas._code.append("EMC")
        body(canvas)

    with pikepdf.open(io.BytesIO(pdfs.page(draw))) as file:
        file.pages[0].add_resource(layer(file, 0).OCGs[0], Name.Properties, Name.Veil)
        if on_paper:
            group = file.Root.OCProperties.OCGs[0]
            group.Usage = Dictionary(Print=Dictionary(PrintState=Name.ON), View=Dictionary(ViewState=Name.OFF))
            both = [Name.View, Name.Print]
            events = [Dictionary(Event=event, Category=[event], OCGs=[group]) for event in both]
            file.Root.OCProperties.D = Dictionary(AS=events)
        out = file_of(file)
    document = pdf.read(Source(data=out, part="1"), Budget(part_cpu_s=100)).document
    assert {run.origin for run in document.runs if run.role is Role.BODY} == {Origin.TEXT}
