"""PDF files by reportlab, by pikepdf, and as raw objects."""

import io
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pikepdf
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from tests.accuracy.shapes import LETTER, Slot, Writing, octet, one_piece, xml
from tests.readers import pdfs
from tests.support.octets import file_of

_FONT = Path("/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf")
_SIZE = (595.0, 842.0)
Draw = Callable[[Canvas, Writing], None]


def have_font() -> bool:
    """Whether the font that these files embed is installed."""
    return _FONT.is_file()


@cache
def _serif() -> TTFont:
    font = TTFont("Serif", str(_FONT))
    pdfmetrics.registerFont(font)
    return font


def _drawable(writing: Writing) -> bool:
    """Whether the font has every letter; a PDF shows nothing else."""
    return writing.font is None and all(ord(letter) in _serif().face.charToGlyph for letter in writing.text)


def _letter(canvas: Canvas, first: int = 0) -> None:
    canvas.setFont("Serif", 13)
    for number, line in enumerate(LETTER[first : first + 24]):
        canvas.drawString(85, 780 - 22 * number, line[:70])


def _pages(draw: Draw, *, pages: int = 1, on: int = 1) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        _serif()
        out = io.BytesIO()
        canvas = Canvas(out, pagesize=_SIZE, invariant=True)
        for number in range(1, pages + 1):
            _letter(canvas)
            if number == on:
                canvas.setFont("Serif", 14)
                draw(canvas, writing)
            canvas.showPage()
        canvas.save()
        return out.getvalue()

    return make


def _at(x: float, y: float, size: float = 14) -> Draw:
    def draw(canvas: Canvas, writing: Writing) -> None:
        canvas.setFont("Serif", size)
        for piece in writing.pieces:
            canvas.drawString(x, y, piece)
            x_next = pdfmetrics.stringWidth(piece, "Serif", size)
            canvas.translate(x_next, 0)

    return draw


def _boxed(canvas: Canvas, writing: Writing) -> None:
    canvas.setStrokeColorRGB(1, 0, 0)
    canvas.setFillColorRGB(1, 0, 0)
    canvas.rect(88, 232, 140, 26)
    _at(96, 240)(canvas, writing)


def _glyphs(canvas: Canvas, writing: Writing) -> None:
    """Every letter, with its combining marks, drawn by itself and in no order."""
    clusters: list[str] = []
    for letter in writing.text:
        if clusters and unicodedata.combining(letter):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    places = []
    x = 96.0
    for cluster in clusters:
        places.append((x, cluster))
        x += pdfmetrics.stringWidth(cluster, "Serif", 14)
    for x, cluster in places[1::2] + places[::2]:
        canvas.drawString(x, 240, cluster)


def _turned(angle: float, size: float = 14) -> Draw:
    def draw(canvas: Canvas, writing: Writing) -> None:
        canvas.translate(297, 240)
        canvas.rotate(angle)
        canvas.setFont("Serif", size)
        canvas.drawString(0, 0, writing.text)

    return draw


def _mode(mode: int) -> Draw:
    def draw(canvas: Canvas, writing: Writing) -> None:
        line = canvas.beginText(96, 240)
        line.setTextRenderMode(mode)
        line.textOut(writing.text)
        line.setTextRenderMode(0)
        canvas.drawText(line)

    return draw


def _white(canvas: Canvas, writing: Writing) -> None:
    canvas.setFillColorRGB(1, 1, 1)
    _at(96, 240)(canvas, writing)


def _spaced(canvas: Canvas, writing: Writing) -> None:
    line = canvas.beginText(96, 240)
    line.setCharSpace(9)
    line.textOut(writing.text)
    canvas.drawText(line)


def _clipped(canvas: Canvas, writing: Writing) -> None:
    path = canvas.beginPath()
    path.rect(0, 0, 1, 1)
    canvas.clipPath(path)
    _at(96, 240)(canvas, writing)


def _form(canvas: Canvas, writing: Writing) -> None:
    canvas.beginForm("mau")
    canvas.setFont("Serif", 14)
    canvas.drawString(96, 240, writing.text)
    canvas.endForm()
    canvas.doForm("mau")


def _outline(canvas: Canvas, writing: Writing) -> None:
    canvas.bookmarkPage("m")
    canvas.addOutlineEntry(writing.text, "m")


@cache
def base() -> bytes:
    """The letter alone."""
    return _pages(lambda canvas, writing: None)(Writing(("",)))


def _altered(change: Callable[[pikepdf.Pdf, Writing], None]) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        with pikepdf.open(io.BytesIO(base())) as pdf:
            change(pdf, writing)
            return file_of(pdf, deterministic_id=True)

    return make


def _annotation(kind: str, key: str = "/Contents") -> Callable[[pikepdf.Pdf, Writing], None]:
    def change(pdf: pikepdf.Pdf, writing: Writing) -> None:
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name(kind), Rect=[80, 230, 200, 260], Name=pikepdf.Name.Draft
        )
        note[key] = pikepdf.String(writing.text)
        pdf.pages[0].Annots = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(note)]))

    return change


def _value(pdf: pikepdf.Pdf, writing: Writing) -> None:
    field = pdf.make_indirect(pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T=pikepdf.String("o1"),
        V=pikepdf.String(writing.text), Rect=[80, 230, 200, 260],
    ))  # fmt: skip
    pdf.pages[0].Annots = pikepdf.Array([field])
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field])


def _xfa(pdf: pikepdf.Pdf, writing: Writing) -> None:
    data = (
        '<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template xmlns="http://www.xfa.org/schema/xfa-template/3.0/">'
        f"<subform><draw><value><text>{xml(writing.text)}</text></value></draw></subform></template></xdp:xdp>"
    )
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[], XFA=pdf.make_stream(data.encode()))


def _attached(pdf: pikepdf.Pdf, writing: Writing) -> None:
    text = "\n".join([*LETTER[:3], writing.text, *LETTER[3:8]])
    pdf.attachments["phu-luc.txt"] = pikepdf.AttachedFileSpec(pdf, text.encode(), filename="phu-luc.txt")


def _described(pdf: pikepdf.Pdf, writing: Writing) -> None:
    spec = pikepdf.AttachedFileSpec(pdf, b"1;2;3\n", filename="so-lieu.csv", description=writing.text)
    pdf.attachments["so-lieu.csv"] = spec


def _metadata(pdf: pikepdf.Pdf, writing: Writing) -> None:
    with pdf.open_metadata() as record:
        record["dc:title"] = writing.text


def _property(key: str) -> Callable[[pikepdf.Pdf, Writing], None]:
    def change(pdf: pikepdf.Pdf, writing: Writing) -> None:
        pdf.docinfo[key] = pikepdf.String(writing.text)

    return change


def _labels(pdf: pikepdf.Pdf, writing: Writing) -> None:
    pdf.Root.PageLabels = pikepdf.Dictionary(Nums=[0, pikepdf.Dictionary(P=pikepdf.String(writing.text))])


def _actual(pdf: pikepdf.Pdf, writing: Writing) -> None:
    text = b"\xfe\xff" + writing.text.encode("utf-16-be")
    added = b"/Span << /ActualText <" + text.hex().encode() + b"> >> BDC BT /F1 14 Tf 96 240 Td (x) Tj ET EMC"
    pdf.pages[0].contents_add(pdf.make_stream(added))
    pdf.pages[0].Resources.Font["/F1"] = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )


def _layered(pdf: pikepdf.Pdf, writing: Writing) -> None:
    """A layer that is off, with the page of another file in it."""
    with pikepdf.open(io.BytesIO(_pages(_at(96, 240))(writing))) as other:
        form = pdf.copy_foreign(other.make_indirect(other.pages[0].as_form_xobject()))
    layer = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String("Lớp 2")))
    form.OC = layer
    page = pdf.pages[0]
    name = page.add_resource(form, pikepdf.Name.XObject)
    page.contents_add(pdf.make_stream(b"q " + bytes(str(name), "ascii") + b" Do Q"))
    pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=[layer], D=pikepdf.Dictionary(OFF=[layer], Order=[layer]))


def _layer_name(pdf: pikepdf.Pdf, writing: Writing) -> None:
    layer = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String(writing.text)))
    pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=[layer], D=pikepdf.Dictionary(Order=[layer]))


def _appearance(pdf: pikepdf.Pdf, writing: Writing) -> None:
    with pikepdf.open(io.BytesIO(_pages(_at(96, 240))(writing))) as other:
        form = pdf.copy_foreign(other.make_indirect(other.pages[0].as_form_xobject()))
    stamp = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Stamp, Rect=[0, 0, 595, 842], AP=pikepdf.Dictionary(N=form)
    )
    pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(stamp)])


def _alternate(pdf: pikepdf.Pdf, writing: Writing) -> None:
    element = pdf.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.StructElem, S=pikepdf.Name.Figure, Alt=pikepdf.String(writing.text))
    )
    pdf.Root.StructTreeRoot = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.StructTreeRoot, K=element))


def _cropped(pdf: pikepdf.Pdf, writing: Writing) -> None:
    with pikepdf.open(io.BytesIO(_pages(_at(96, 20))(writing))) as other:
        pdf.pages.append(other.pages[0])
        del pdf.pages[0]
    pdf.pages[0].CropBox = [0, 100, 595, 842]


def _repaired(writing: Writing) -> bytes:
    """The mark in an earlier revision: the page's content is replaced by an incremental update."""
    with pikepdf.open(io.BytesIO(_pages(_at(96, 240))(writing))) as pdf:
        data = file_of(pdf, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    with pikepdf.open(io.BytesIO(data)) as pdf:  # the numbers of the saved file are its own
        number, root = pdf.pages[0].Contents.objgen[0], pdf.Root.objgen[0]
    return pdfs.append_revision(data, {number: pdfs.stream(b"BT ET", compress=True)}, root=root)


def _legacy(writing: Writing) -> bytes:
    """Octets of a legacy charset with its font's name, as old printer drivers wrote them."""
    octets = bytes(octet(letter) for letter in writing.text)
    font = (writing.font or "").replace(" ", "#20").encode()
    content = b"BT /F1 14 Tf 96 640 Td <" + octets.hex().encode() + b"> Tj ET\nBT /F2 12 Tf 96 600 Td (Trang 1) Tj ET"
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>",
        4: pdfs.stream(content),
        5: b"<< /Type /Font /Subtype /TrueType /BaseFont /%s /Encoding /WinAnsiEncoding >>" % font,
        6: b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding >>",
    }
    return pdfs.assemble(objects)


def _octets_only(writing: Writing) -> bool:
    return writing.font is not None and len(writing.pieces) == 1 and all(
        octet(letter) < 256 for letter in writing.text
    )  # fmt: skip


def _single(writing: Writing) -> bool:
    return len(writing.pieces) == 1 and _drawable(writing)


SLOTS: tuple[Slot, ...] = (
    Slot("pdf", "line", _pages(_at(96, 240)), "reportlab", _drawable),
    Slot("pdf", "red box", _pages(_boxed), "reportlab", _drawable),
    Slot("pdf", "line of page 3", _pages(_at(240, 120), pages=3, on=3), "reportlab", _drawable),
    Slot("pdf", "top of the page", _pages(_at(270, 815, 11)), "reportlab", _drawable),
    *(Slot("pdf", place, _pages(draw), "reportlab", _single) for place, draw in (
        ("letters drawn one by one", _glyphs), ("turned by 90 degrees", _turned(90)), ("turned by 45 degrees, large", _turned(45, 60)),
        ("upside down", _turned(180)), ("invisible render mode", _mode(3)), ("outlined letters", _mode(1)), ("clipping letters", _mode(7)),
        ("white text", _white), ("spaced by the PDF", _spaced), ("clipped away", _clipped), ("form inside the page", _form),
        ("outside the page", _at(700, 240)), ("tiny letters", _at(96, 240, 0.5)),
    )),
    Slot("pdf", "outline", _pages(_outline), "reportlab", one_piece),
    Slot("pdf", "property: title", _pages(lambda canvas, writing: canvas.setTitle(writing.text)), "reportlab", one_piece),
    *(Slot("pdf", place, _altered(change), "pikepdf", one_piece) for place, change in (
        ("annotation: free text", _annotation("/FreeText")), ("annotation: note", _annotation("/Text")), ("annotation: stamp", _annotation("/Stamp")),
        ("annotation: subject", _annotation("/Highlight", "/Subj")), ("form value", _value), ("XFA", _xfa),
        ("attachment", _attached), ("description of an attachment", _described), ("XMP title", _metadata), ("property: keywords", _property("/Keywords")),
        ("MSIP label", _property("/MSIP_Label_5b0cf1b2-3d0e-4f0a-9a39-0d6d2a4d6f10_Name")), ("page label", _labels), ("actual text", _actual), ("layer name", _layer_name), ("alternative text", _alternate),
    )),
    *(Slot("pdf", place, _altered(change), "pikepdf", _drawable) for place, change in (
        ("hidden layer", _layered), ("stamp's appearance", _appearance), ("outside the crop box", _cropped),
    )),
    Slot("pdf", "earlier revision", _repaired, "pikepdf", _drawable),
    Slot("pdf", "line, legacy font", _legacy, accepts=_octets_only),
)  # fmt: skip
