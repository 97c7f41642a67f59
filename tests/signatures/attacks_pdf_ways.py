"""PDF files prepared so that an update changes what a viewer reaches on a way that difference analysis does not go (G04)."""

import io
from collections.abc import Callable, Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name

from tests.pki.signing import sign_pdf
from tests.pki.tree import letter_pdf, tree
from tests.signatures.pdf_updates import Update, text_of
from tests.signatures.samples import Sample

_LATER = 900
"""Number of an object that is not there when the file is signed."""
_SHEET = b"<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Length 25>>\nstream\n1 0 0 rg 0 0 600 800 re f\nendstream"


def attacks() -> Iterator[Sample]:
    """Every file."""
    for title, make in ATTACKS.items():
        yield Sample("G04", f"{title}.pdf", make())


def _prepared(change: Callable[[pikepdf.Pdf, pikepdf.Object], None], drawn: str) -> Update:
    """A signed letter that draws one thing more, which `change` puts in its resources or leaves out; `/Later` is a dead reference."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(letter_pdf())) as pdf:
        page = pdf.pages[0].obj
        page.Contents = Array([page.Contents, pdf.make_stream(f"q {drawn} Do Q".encode())])
        change(pdf, page)
        pdf.save(out)
    return Update(sign_pdf(out.getvalue().replace(b"/Later", b"%d 0 R" % _LATER), tree().g2_person))


def _finished(one: Update, objects: dict[int, bytes]) -> bytes:
    rows = [(number, one.add(b"%d 0 obj\n%s\nendobj\n" % (number, body)), 0) for number, body in objects.items()]
    return one.finish(one.table(sorted(rows)))


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
        pictures = pdf.make_indirect(Dictionary(K=empty, Mark=424242))
        page.Resources["/XObject"], page.Resources["/S"] = pictures, Name.P
        page.Resources = pdf.make_indirect(page.Resources)
        root = Dictionary(Type=Name.StructTreeRoot, K=Array([page.Resources]))
        pdf.Root.StructTreeRoot = pdf.make_indirect(root)

    one = _prepared(change, "/K")
    place = one.data.index(b"/Mark 424242")
    number = int(one.data[: one.data.rindex(b" 0 obj", 0, place)].split()[-1])
    return _finished(one, {number: b"<</K %d 0 R/Mark 424242>>" % _LATER, _LATER: _SHEET})


ATTACKS: dict[str, Callable[[], bytes]] = {
    **{f"picture-named-{name}": lambda name=name: _by_name(f"/{name}") for name in ("P", "Popup", "Metadata", "X")},
    "parent-awaited": _by_parent,
    "resources-as-structure": _by_structure,
}
