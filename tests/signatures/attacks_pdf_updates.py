"""Updates that lay something over a signed PDF, drop its signature or show another file to other viewers (G01 to G06).

Most are of Mainka et al., Shadow Attacks (NDSS 2021), Rohlmann et al., Breaking the Specification (IEEE S&P 2021), and of what
difference analysis was found to let pass.
"""

import io
import re
from collections.abc import Callable, Iterator

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm
from reportlab.pdfgen import canvas

from tests.pki.signing import PdfSigning, sign_pdf
from tests.pki.tree import letter_pdf, tree
from tests.signatures.pdf_updates import EMPTY, Update, dictionary, drawing, fill, name, numbers, sheet, stamp, update
from tests.signatures.samples import Sample

Writer = IncrementalPdfFileWriter
Change = Callable[[Writer], None]


def attacks() -> Iterator[Sample]:
    """Every file."""
    for make in (_laid_over, _looks, _pages, _catalogs, _forms, _dropped, _readings, _prepared, _hidden):
        yield from make()


def _once() -> bytes:
    return sign_pdf(letter_pdf(), tree().g2_person)


def _page(writer: Writer) -> generic.DictionaryObject:
    return writer.root["/Pages"]["/Kids"][0].get_object()


def _field(writer: Writer) -> generic.DictionaryObject:
    return writer.root["/AcroForm"]["/Fields"][0].get_object()


def _entry(of: Callable[[Writer], generic.DictionaryObject], key: str, value: Callable[[Writer], object]) -> Change:
    """Set one entry of an object of the signed revision."""

    def change(writer: Writer) -> None:
        held = of(writer)
        held[name(f"/{key}")] = value(writer)
        if held is writer.root:
            writer.update_root()
        else:
            writer.update_container(held)

    return change


def _script(_: Writer) -> generic.DictionaryObject:
    return dictionary(S=name("/JavaScript"), JS=generic.pdf_string("app.alert(1)"))


def _laid_over() -> Iterator[Sample]:
    """G05: sheets laid over the page as unsigned fields."""
    once = _once()
    covered = update(once, sheet)
    yield Sample("G05", "empty-field-over-page.pdf", covered)
    yield Sample("G05", "timestamped-field-over-page.pdf", stamp(covered))
    certified = sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(certify=MDPPerm.FILL_FORMS))
    yield Sample("G05", "certified-field-over-page.pdf", update(certified, sheet))

    def nested(writer: Writer) -> None:
        sheet(writer)
        widget = writer.root["/AcroForm"]["/Fields"][-1].get_object()
        middle = writer.add_object(
            dictionary(Kids=generic.ArrayObject([writer.root["/AcroForm"]["/Fields"].raw_get(-1)]))
        )
        top = dictionary(FT=name("/Sig"), T=generic.pdf_string("Signature3"), Kids=generic.ArrayObject([middle]))
        for key in ("/FT", "/T"):
            del widget[key]
        widget[name("/Parent")] = middle
        writer.root["/AcroForm"]["/Fields"][-1] = writer.add_object(top)

    yield Sample("G05", "field-of-fields-over-page.pdf", update(once, nested))

    def sharing(writer: Writer) -> None:
        sheet(writer)
        writer.root["/AcroForm"]["/Fields"][-1].get_object()[name("/V")] = _field(writer).raw_get("/V")

    yield Sample("G05", "field-shares-signature.pdf", update(once, sharing))

    def acting(writer: Writer) -> None:
        sheet(writer, box=(0, 0, 0, 0))
        writer.root["/AcroForm"]["/Fields"][-1].get_object()[name("/AA")] = dictionary(PO=_script(writer))

    yield Sample("G05", "invisible-field-with-script.pdf", update(once, acting))


def _looks() -> Iterator[Sample]:
    """G03, G05: the look of the signature itself."""
    once = _once()
    for key, value in (
        ("AP", drawing),
        ("Rect", lambda _: numbers(0, 0, 500, 500)),
        ("F", lambda _: generic.NumberObject(2)),
        ("A", lambda _: dictionary(S=name("/URI"), URI=generic.pdf_string("http://x.example"))),
        ("AA", lambda writer: dictionary(E=_script(writer))),
        ("Lock", lambda _: dictionary(Type=name("/SigFieldLock"), Action=name("/All"))),
    ):
        yield Sample("G03", f"signature-field-{key}.pdf", update(once, _entry(_field, key, value)))


def _pages() -> Iterator[Sample]:
    """G03: the page, its fonts and the tree of pages."""
    once = _once()
    for key, value in (
        ("Rotate", lambda _: generic.NumberObject(180)),
        ("CropBox", lambda _: numbers(0, 0, 100, 100)),
        ("UserUnit", lambda _: generic.NumberObject(3)),
        ("Contents", lambda writer: writer.add_object(generic.StreamObject(stream_data=b" "))),
        ("AA", lambda writer: dictionary(O=_script(writer))),
    ):
        yield Sample("G03", f"page-{key}.pdf", update(once, _entry(_page, key, value)))

    def font(writer: Writer) -> generic.DictionaryObject:
        fonts = _page(writer)["/Resources"]["/Font"]
        return fonts[next(iter(fonts))]

    yield Sample("G04", "font-replaced.pdf", update(once, _entry(font, "BaseFont", lambda _: name("/Symbol"))))
    empty = _entry(font, "ToUnicode", lambda writer: writer.add_object(generic.StreamObject(stream_data=b"%")))
    yield Sample("G04", "font-letters-replaced.pdf", update(once, empty))

    def insert(writer: Writer) -> None:
        pages = writer.root["/Pages"]
        blank = dictionary(Type=name("/Page"), MediaBox=numbers(0, 0, 9, 9), Parent=writer.root.raw_get("/Pages"))
        pages["/Kids"].append(writer.add_object(blank))
        pages[name("/Count")] = generic.NumberObject(2)
        writer.update_container(pages)

    yield Sample("G03", "page-inserted.pdf", update(once, insert))
    tree_of_pages: Callable[[Writer], generic.DictionaryObject] = lambda writer: writer.root["/Pages"]
    yield Sample(
        "G03", "pages-turned.pdf", update(once, _entry(tree_of_pages, "Rotate", lambda _: generic.NumberObject(90)))
    )
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(letter_pdf())) as pdf:
        pdf.add_blank_page()
        pdf.save(out)

    def swap(writer: Writer) -> None:
        kids = writer.root["/Pages"]["/Kids"]
        writer.root["/Pages"][name("/Kids")] = generic.ArrayObject([kids.raw_get(1), kids.raw_get(0)])
        writer.update_container(writer.root["/Pages"])

    yield Sample("G03", "pages-swapped.pdf", update(sign_pdf(out.getvalue(), tree().g2_person), swap))


def _catalogs() -> Iterator[Sample]:
    """G03, G04: what the catalog leads to; validation data that is something else besides (poisoned /DSS)."""
    once = _once()
    scripts = generic.ArrayObject(
        [generic.pdf_string("a"), dictionary(S=name("/JavaScript"), JS=generic.pdf_string("1"))]
    )
    hidden = dictionary(OCGs=generic.ArrayObject(), D=dictionary(BaseState=name("/OFF")))
    for key, value in (
        ("Names", dictionary(JavaScript=dictionary(Names=scripts))),
        ("OCProperties", hidden),
        ("Collection", dictionary(View=name("/H"))),
        ("URI", dictionary(Base=generic.pdf_string("http://x.example"))),
        ("ViewerPreferences", dictionary(DisplayDocTitle=generic.BooleanObject(True))),
        ("Outlines", dictionary()),
        ("NeedsRendering", generic.BooleanObject(True)),
    ):
        yield Sample(
            "G03", f"catalog-{key}.pdf", update(once, _entry(lambda writer: writer.root, key, lambda _, v=value: v))
        )
    certified = sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(certify=MDPPerm.FILL_FORMS))

    def uncertify(writer: Writer) -> None:
        del writer.root["/Perms"]
        writer.update_root()

    yield Sample("G05", "certification-removed.pdf", update(certified, uncertify))
    licence = _entry(lambda writer: writer.root, "Perms", lambda writer: dictionary(UR3=_field(writer).raw_get("/V")))
    yield Sample("G05", "certification-replaced.pdf", update(certified, licence))
    for key in ("DSS", "Metadata"):

        def poison(writer: Writer, key: str = key) -> None:
            reference = _page(writer).raw_get("/Contents")
            content = reference.get_object()
            content._data, content._encoded_data = b"q 1 0 0 rg 0 0 300 300 re f Q", None
            writer.mark_update(reference)
            held = dictionary(Certs=generic.ArrayObject([reference]))
            writer.root[name(f"/{key}")] = reference if key == "Metadata" else writer.add_object(held)
            writer.update_root()

        yield Sample("G04", f"content-as-{key}.pdf", update(once, poison))
    spoken = dictionary(S=name("/P"), ActualText=generic.pdf_string("số tiền khác"))
    tagged: Change = _entry(
        lambda writer: writer.root,
        "StructTreeRoot",
        lambda writer: writer.add_object(dictionary(Type=name("/StructTreeRoot"), K=writer.add_object(spoken))),
    )
    yield Sample("G04", "other-words-for-readers-aloud.pdf", update(once, tagged))


def _forms() -> Iterator[Sample]:
    """G05: the form is filled in or drawn anew after the last signature."""
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.acroForm.textfield(name="so", x=50, y=700, value="1.000")
    page.showPage()
    page.save()
    signed = sign_pdf(out.getvalue(), tree().g2_person)

    def form(writer: Writer) -> generic.DictionaryObject:
        return writer.root["/AcroForm"]

    yield Sample("G05", "filled-after-signing.pdf", update(signed, fill))
    for key, value in (
        ("NeedAppearances", generic.BooleanObject(True)),
        ("DA", generic.pdf_string("/Helv 0 Tf 1 g")),
        ("XFA", generic.pdf_string("<xdp/>")),
    ):
        yield Sample("G05", f"form-{key}.pdf", update(signed, _entry(form, key, lambda _, v=value: v)))


def _dropped() -> Iterator[Sample]:
    """G03: the signature is taken out again, so that the file would look unsigned."""
    once = _once()

    def cleared(writer: Writer) -> None:
        del _field(writer)["/V"]
        writer.update_container(_field(writer))

    def formless(writer: Writer) -> None:
        del writer.root["/AcroForm"]
        writer.update_root()

    yield Sample("G03", "signature-cleared.pdf", update(once, cleared))
    yield Sample("G03", "signature-cleared-and-timestamped.pdf", stamp(update(once, cleared)))
    yield Sample("G03", "form-removed.pdf", update(once, formless))
    empty = _entry(lambda writer: writer.root, "AcroForm", lambda _: dictionary(Fields=generic.ArrayObject()))
    yield Sample("G03", "form-replaced.pdf", update(once, empty))
    for generation in (0, 1):
        another = Update(once)
        root = int(another.root.split()[0]) if generation else another.free + 20
        first = another.free + 21
        bodies = (
            f"{root} {generation} obj\n<</Type/Catalog/Pages {first} 0 R>>\nendobj\n",
            f"{first} 0 obj\n<</Type/Pages/Count 1/Kids[{first + 1} 0 R]>>\nendobj\n",
            f"{first + 1} 0 obj\n<</Type/Page/Parent {first} 0 R/MediaBox[0 0 300 300]>>\nendobj\n",
        )
        rows = [(number, another.add(body), generation if number == root else 0)
                for number, body in zip((root, first, first + 1), bodies, strict=True)]  # fmt: skip
        another.root, another.free = f"{root} {generation} R", another.free + 30
        yield Sample("G03", f"another-catalog-{generation}.pdf", another.finish(another.table(rows)))


def _readings() -> Iterator[Sample]:
    """G03: cross-references by which two viewers show two documents, or that lead elsewhere."""
    once = _once()
    for generation in (1, 7):
        one = Update(once)
        place = one.body(generation)
        yield Sample("G03", f"generation-{generation}.pdf", one.finish(one.table([(one.content, place, generation)])))
    for order, first in ((1, "new"), (-1, "old")):
        one = Update(once)
        twice = [(one.content, one.body(), 0), (one.content, one.place, 0)][::order]
        yield Sample("G03", f"listed-twice-{first}-first.pdf", one.finish(one.table(twice)))
        one = Update(once)
        streamed = [(one.content, one.body()), (one.content, one.place)][::order]
        yield Sample("G03", f"listed-twice-in-stream-{first}-first.pdf", one.finish(one.stream(streamed)))
        one = Update(once)
        places = [one.body(), one.place][::order]
        stream = one.stream([(one.content, places[0])])
        hybrid = one.table([(one.content, places[1], 0)], more=f"/XRefStm {stream}")
        yield Sample("G03", f"hybrid-{first}-in-stream.pdf", one.finish(hybrid))
    one = Update(once)
    one.body()
    yield Sample("G03", "unlisted.pdf", one.finish(one.table([])))
    one = Update(once)
    one.body()
    one.add(f"trailer\n<</Size {one.free}/Root {one.root}/Prev {one.start}>>\n")
    yield Sample("G06", "no-table.pdf", one.finish(one.start))
    one = Update(once)
    one.body()
    yield Sample("G06", "startxref-zero.pdf", one.finish(0))
    one = Update(once)
    listed = {int(m[1]): m.start(1) for m in re.finditer(rb"(?m)^(\d+) 0 obj", once)} | {one.content: one.body()}
    rows = "".join(f"{number} 1\n{place:010} 00000 n \n" for number, place in sorted(listed.items()))
    table = one.add(f"xref\n0 1\n0000000000 65535 f \n{rows}trailer\n<</Size {one.free + 9}/Root {one.root}>>\n")
    yield Sample("G03", "without-prev.pdf", one.finish(table))
    one = Update(once)
    freed = (
        f"xref\n{one.content} 1\n0000000000 00001 f \ntrailer\n<</Size {one.free}/Root {one.root}/Prev {one.start}>>\n"
    )
    yield Sample("G03", "content-freed.pdf", one.finish(one.add(freed)))
    one = Update(once)
    locked = f"/Encrypt<</Filter/Standard/V 1/R 2/O({'a' * 32})/U({'b' * 32})/P -4>>/ID[(a)(b)]"
    yield Sample("G03", "locked-afterwards.pdf", one.finish(one.table([], more=locked)))


def _prepared() -> Iterator[Sample]:
    """G04: two readings that stood in the file before it was signed, and words put beside a picture afterwards."""
    plain = letter_pdf()
    for order, first in ((1, "new"), (-1, "old")):
        one = Update(plain)
        twice = [(one.content, one.body(), 0), (one.content, one.place, 0)][::order]
        prepared = one.finish(one.table(twice))
        yield Sample("G04", f"prepared-twice-{first}-first.pdf", sign_pdf(prepared, tree().g2_person))
        yield Sample("G04", f"prepared-twice-{first}-first-and-stamped.pdf", stamp(update(
            sign_pdf(prepared, tree().g2_person), lambda writer: sheet(writer, box=(0, 0, 0, 0)))))  # fmt: skip
    figure = dictionary(S=name("/Figure"), K=generic.NumberObject(0))
    tagged: Change = _entry(
        lambda writer: writer.root,
        "StructTreeRoot",
        lambda writer: writer.add_object(dictionary(Type=name("/StructTreeRoot"), K=writer.add_object(figure))),
    )
    signed = sign_pdf(update(plain, tagged), tree().g2_person)
    element: Callable[[Writer], generic.DictionaryObject] = lambda writer: writer.root["/StructTreeRoot"]["/K"]
    for title, key in (("words", "Alt"), ("attributes", "A")):
        other = _entry(element, key, lambda _: generic.pdf_string("số tiền khác"))
        yield Sample("G04", f"picture-given-{title}.pdf", update(signed, other))


def _hidden() -> Iterator[Sample]:
    """G02, G04: what waits in room that no signature covers, or inside a signed stream."""
    once = _once()
    held = re.search(rb"/Contents ?<([0-9a-fA-F]+)>", once)
    assert held
    yield Sample("G02", "octets-in-padding.pdf", once[: held.end(1) - 8] + b"deadbeef" + once[held.end(1) :])
    shorter = once[: held.end(1) - 400] + b">".ljust(400) + once[held.end(1) :]
    yield Sample("G02", "contents-end-early.pdf", shorter)
    yield Sample("G02", "octets-before.pdf", b"%!PS\n" + once)
    plain = letter_pdf()
    content = re.search(rb"/Contents (\d+) 0 R", plain)
    assert content
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain)) as pdf:
        pdf.Root.Waiting = pdf.make_stream(b"\n@@@ 0 obj\n" + EMPTY.encode() + b"\n")
        pdf.save(out, compress_streams=False)
    number = re.search(rb"/Contents (\d+) 0 R", out.getvalue())
    assert number
    signed = sign_pdf(out.getvalue().replace(b"@@@", number[1].rjust(3)), tree().g2_person)
    one = Update(signed)
    waiting = signed.index(number[1].rjust(3) + b" 0 obj\n" + EMPTY.encode()) + 3 - len(number[1])
    yield Sample("G04", "body-inside-stream.pdf", one.finish(one.table([(one.content, waiting, 0)])))
