"""PDF files prepared so that an update changes what a viewer reaches on a way that difference analysis does not go (G04)."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name
from pyhanko.sign.fields import MDPPerm

from tests.pki.signing import PdfSigning, sign_pdf
from tests.pki.tree import letter_pdf, tree
from tests.signatures.pdf_updates import Update, drawing, entries, name, object_stream, sheet, stamp, text_of, update
from tests.signatures.samples import Sample

_LATER = 900
"""Number of an object that is not there when the file is signed."""
_SHEET = b"<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Length 25>>\nstream\n1 0 0 rg 0 0 600 800 re f\nendstream"


def attacks() -> Iterator[Sample]:
    """Every file."""
    for title, make in ATTACKS.items():
        yield Sample("G04", f"{title}.pdf", make())


def _prepared(
    change: Callable[[pikepdf.Pdf, pikepdf.Object], None], drawn: str, how: PdfSigning | None = None
) -> Update:
    """A signed letter that draws one thing more, which `change` puts in its resources or leaves out; `/Later` is a dead reference."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(letter_pdf())) as pdf:
        page = pdf.pages[0].obj
        page.Contents = Array([page.Contents, pdf.make_stream(f"q {drawn} Do Q".encode())])
        change(pdf, page)
        pdf.save(out)
    return Update(sign_pdf(out.getvalue().replace(b"/Later", b"%d 0 R" % _LATER), tree().g2_person, how))


def _finished(one: Update, objects: dict[int, bytes]) -> bytes:
    rows = [(number, one.add(b"%d 0 obj\n%s\nendobj\n" % (number, body)), 0) for number, body in objects.items()]
    return one.finish(one.table(sorted(rows)))


def _object_at(data: bytes, mark: bytes) -> tuple[int, bytes]:
    """Number and text of the last object that bears a mark."""
    place = data.rindex(mark)
    begin = data.rindex(b" 0 obj", 0, place)
    return int(data[:begin].split()[-1]), data[begin + 6 : data.index(b"endobj", place)].strip()


def _by_name(name: str) -> bytes:
    """The picture that comes is validation data, and has in the page the name of a key behind which nothing is drawn."""

    def change(_: pikepdf.Pdf, page: pikepdf.Object) -> None:
        page.Resources["/XObject"] = Dictionary({name: Name("/Later")})

    one = _prepared(change, name)
    number, catalog = text_of(one.data, "Catalog")
    data = b"%s/DSS<</Certs[%d 0 R]>>>>" % (catalog[:-2], _LATER)
    return _finished(one, {_LATER: _SHEET, number: data})


def _by_parent() -> bytes:
    """The page names as parent a node that comes later, and inherits a picture from it."""

    def change(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
        pdf.Root.Pages.Resources = page.Resources
        del page["/Resources"]
        page.Parent = Name("/Later")

    node = b"<</Type/Pages/Resources<</XObject<</X %d 0 R>>>>>>" % (_LATER + 1)
    return _finished(_prepared(change, "/X"), {_LATER: node, _LATER + 1: _SHEET})


def _by_structure() -> bytes:
    """The resources of the page are an element of its structure, too, which may get more content."""

    def change(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
        empty = pdf.make_stream(b" ", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
        pictures = pdf.make_indirect(Dictionary(K=empty, Mark=1))
        page.Resources["/XObject"], page.Resources["/S"] = pictures, Name.P
        page.Resources = pdf.make_indirect(page.Resources)
        root = Dictionary(Type=Name.StructTreeRoot, K=Array([page.Resources]))
        pdf.Root.StructTreeRoot = pdf.make_indirect(root)

    one = _prepared(change, "/K")
    return _finished(one, {_object_at(one.data, b"/Mark")[0]: b"<</K %d 0 R/Mark 1>>" % _LATER, _LATER: _SHEET})


def _catalog_lists(key: str, place: str = "pictures", *, own: bool = False) -> bytes:
    """The catalog is the list of pictures of the page, or of looks of an annotation; `own` is one that only has such a name."""

    def change(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
        held = Dictionary({key: page.Contents[1]}) if own else pdf.Root
        if place == "pictures":
            page.Resources["/XObject"] = held
        else:
            square = Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=[0, 0, 600, 800], F=4, AS=Name(key))
            page.Annots = Array([pdf.make_indirect(Dictionary({**square, "/AP": Dictionary(N=held)}))])

    one = _prepared(change, key)
    number, catalog = text_of(one.data, "Catalog")
    data = b"<<>>" if own else _SHEET
    return _finished(one, {_LATER: data, number: b"%s%s %d 0 R>>" % (catalog[:-2], key.encode(), _LATER)})


def _below_catalog() -> bytes:
    """The catalog, which stays as it is, is the list of pictures, and its validation data one of them, which is written anew."""

    def change(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
        pdf.Root.DSS = pdf.make_stream(b"q Q", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]), Mark=1)
        page.Resources["/XObject"] = pdf.Root

    one = _prepared(change, "/DSS")
    return _finished(one, {_object_at(one.data, b"/Mark")[0]: _SHEET})


def _page_lists(key: str, *, own: bool = False) -> bytes:
    """The page is its own list of pictures, and a new field for a timestamp gives it one."""

    def change(_: pikepdf.Pdf, page: pikepdf.Object) -> None:
        page.Resources["/XObject"] = Dictionary() if own else page

    def add(writer: Any) -> None:
        sheet(writer, box=(0, 0, 0, 0))
        del writer.root["/AcroForm"]["/Fields"][-1].get_object()["/AP"]
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        page[name(key)] = name("/S") if own else drawing(writer).raw_get("/N")
        writer.update_container(page)

    return stamp(update(_prepared(change, key).data, add))


def _widget(role: str) -> bytes:
    """A filled field whose widget is the list of pictures of the page as well, or a stream with the data of something else."""

    def change(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
        kid = pdf.make_stream(b"q Q") if role not in {"", "list"} else pdf.make_indirect(Dictionary())
        field = pdf.make_indirect(Dictionary(FT=Name.Tx, T="so", DA="/Helv 9 Tf", Kids=Array([kid])))
        for key, value in {"/Subtype": Name.Widget, "/Rect": [50, 400, 90, 420], "/F": 4, "/Parent": field}.items():
            kid[key] = value
        kid["/Mark"], page.Annots = 1, Array([kid])
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]))
        if role == "list":
            page.Resources["/XObject"] = kid
        elif role == "contents":
            page.Contents.append(kid)
        elif role == "script":
            page.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS=kid))

    one = _prepared(change, "/AP", PdfSigning(certify=MDPPerm.FILL_FORMS))
    number, body = _object_at(one.data, b"/Mark")
    if role in {"", "list"}:
        body = b"%s/AP %s>>" % (body[:-2], b"%d 0 R" % _LATER if role else b"<</N %d 0 R>>" % _LATER)
    else:
        body = body.replace(b"q Q", b"f*\n")
    field, filled = _object_at(one.data, b"(so)")
    return _finished(one, {number: body, field: filled[:-2] + b"/V(9)>>", _LATER: _SHEET})


def _look_drawn(place: str) -> bytes:
    """The look of a field is filled in place, and a picture of the page as well, by a name that difference analysis takes for a way up."""

    def change(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
        look = pdf.make_stream(b"q Q", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 600, 800]), Mark=1)
        field = Dictionary(
            Subtype=Name.Widget, Rect=Array([50, 400, 90, 420]), F=4, FT=Name.Tx, T="so", AP=Dictionary(N=look)
        )
        page.Annots = Array([pdf.make_indirect(field)])
        pdf.Root.AcroForm = Dictionary(Fields=page.Annots)
        pictures = pdf.make_indirect(Dictionary({"/S": Name.P, place: look}))
        if place != "/own":
            page.Resources["/XObject"] = pictures
        if place == "/P":
            pdf.Root.StructTreeRoot = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=Array([pictures])))

    one = _prepared(change, place, PdfSigning(certify=MDPPerm.FILL_FORMS))
    field, body = _object_at(one.data, b"(so)")
    return _finished(one, {_object_at(one.data, b"/Mark")[0]: _SHEET, field: body[:-2] + b"/V(9)>>"})


def _information_above(what: str, *, own: bool = False) -> bytes:
    """The page or a field names the information on the document as its parent, which any update may write anew."""

    def change(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
        pdf.docinfo["/Mark"] = "a"
        field = pdf.make_indirect(Dictionary(Subtype=Name.Widget, Rect=Array([50, 400, 90, 420]), FT=Name.Tx, T="so"))
        page.Annots = Array([field])
        pdf.Root.AcroForm = Dictionary(Fields=page.Annots, NeedAppearances=True)
        if not own:
            {"page": page, "field": field}[what]["/Parent"] = pdf.trailer.Info

    one = _prepared(change, "/X", PdfSigning(certify=MDPPerm.NO_CHANGES))
    number, body = _object_at(one.data, b"/Mark")
    place = one.add(b"%d 0 obj\n%s/V(9)/Rotate 180>>\nendobj\n" % (number, body[:-2]))
    return one.finish(one.table([(number, place, 0)], more=f"/Info {number} 0 R"))


def _object_stream_drawn() -> bytes:
    """The page draws an object stream, which an update writes anew with the same objects and some drawing behind them."""

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(letter_pdf())) as pdf:
        page = pdf.pages[0].obj
        page.Contents = Array([page.Contents, Name("/Later")])
        pdf.save(out)
    plain = Update(out.getvalue().replace(b"/Later", b"%d 0 R" % _LATER))
    place = object_stream(plain, _LATER, [(_LATER + 1, b"<</A 1>>")])
    rows = [(_LATER, 1, place, 0), (_LATER + 1, 2, _LATER, 0)]
    one = Update(sign_pdf(plain.finish(entries(plain, rows, _LATER + 2)), tree().g2_person))
    one.free = _LATER + 50
    place = object_stream(one, _LATER, [(_LATER + 1, b"<</A 1>> 1 0 0 rg 0 0 600 800 re f")])
    return one.finish(one.table([(_LATER, place, 0)]))


def _body_behind(old: bytes = b"", new: bytes = b"", *, inside: bool = False) -> bytes:
    """Another content of the page waits behind the one that is listed, or inside of an attached file, and the table of an update is spoilt."""
    plain = Update(letter_pdf())
    body = b"%d 0 obj\n<</Length 25>>\nstream\n1 0 0 rg 0 0 600 800 re f\nendstream\nendobj\n" % plain.content
    rows = []
    if inside:
        begin = b"%d 0 obj\n<</Type/EmbeddedFile/Length %d>>\nstream\n" % (plain.free, len(body))
        rows = [(plain.free, plain.add(begin + body + b"\nendstream\nendobj\n"), 0)]
    else:
        plain.add(body)
    one = Update(sign_pdf(plain.finish(plain.table(rows)), tree().g2_person))
    place = one.add(b"%d 0 obj\n<<>>\nendobj\n" % one.free)
    table = one.table([(one.free, place, 0)])
    one.data = one.data[:table] + one.data[table:].replace(old, new)
    return one.finish(table)


def _another_trailer(old: bytes = b"", new: bytes = b"") -> bytes:
    """Any signed letter with another page behind it, to which a second trailer leads viewers that mend the spoilt table."""
    one = Update(sign_pdf(letter_pdf(), tree().g2_person))
    first = one.free
    bodies = (
        b"<</Pages %d 0 R>>" % (first + 1),
        b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % (first + 2),
        b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 300 300]>>" % (first + 1),
    )
    rows = [
        (number, one.add(b"%d 0 obj\n%s\nendobj\n" % (number, body)), 0) for number, body in enumerate(bodies, first)
    ]
    table = one.table(rows)
    one.data = one.data[:table] + one.data[table:].replace(old, new)
    if old:
        one.add(b"trailer\n<</Size %d/Root %d 0 R>>\n" % (first + 9, first))
    return one.finish(table)


_SPOILT = {"short-rows": (b" n \n", b" n\n"), "a-comment": (b"xref\n", b"xref %x\n")}
ATTACKS: dict[str, Callable[[], bytes]] = {
    **{f"picture-named-{name}": lambda name=name: _by_name(f"/{name}") for name in ("P", "Popup", "Metadata", "X")},
    "parent-awaited": _by_parent,
    "resources-as-structure": _by_structure,
    **{
        f"catalog-as-{place}-{key[1:]}": lambda key=key, place=place: _catalog_lists(key, place)
        for key in ("/DSS", "/Extensions", "/MarkInfo")
        for place in ("pictures", "looks")
    },
    "below-the-catalog": _below_catalog,
    **{f"page-as-pictures-{key[1:]}": lambda key=key: _page_lists(key) for key in ("/Tabs", "/LastModified")},
    **{f"widget-as-{role}": lambda role=role: _widget(role) for role in ("list", "contents", "script")},
    "object-stream-as-contents": _object_stream_drawn,
    **{f"look-drawn-as-{key[1:]}": lambda key=key: _look_drawn(key) for key in ("/Parent", "/P", "/X")},
    **{f"information-above-{what}": lambda what=what: _information_above(what) for what in ("page", "field")},
    "body-behind": _body_behind,
    **{
        f"body-{'inside-' * inside}with-{title}": lambda how=how, inside=inside: _body_behind(*how, inside=inside)
        for title, how in _SPOILT.items()
        for inside in (False, True)
    },
    **{f"another-trailer-with-{title}": lambda how=how: _another_trailer(*how) for title, how in _SPOILT.items()},
}
"""Makers of the files by name."""


def honest_neighbours() -> dict[str, Callable[[], bytes]]:
    """Files that come near to those and are honest."""
    return {
        "picture-named-as-a-key-of-the-catalog": lambda: _catalog_lists("/DSS", own=True),
        "picture-named-as-a-key-of-the-page": lambda: _page_lists("/Tabs", own=True),
        "widget-as-kid-filled": lambda: _widget(""),
        "look-of-a-field-filled-in-place": lambda: _look_drawn("/own"),
        "information-written-anew": lambda: _information_above("page", own=True),
        "objects-that-nothing-leads-to": _another_trailer,
        "body-inside-of-an-attached-file": lambda: _body_behind(inside=True),
    }
