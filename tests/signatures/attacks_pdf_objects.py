"""PDF files forged below the page: by numbers of objects, keys that come twice, and what new signature fields bring along (G03 to G05).

They are what difference analysis and viewers take in two ways: which number is new, which of two values of a key counts, which object
a reference of long ago means once there is one.
"""

import io
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pikepdf
from asn1crypto import cms as asn1_cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from tests.pki import cms
from tests.pki.signing import sign_pdf
from tests.pki.tree import letter_pdf, tree
from tests.signatures.oddities import saved, sign_locked
from tests.signatures.pdf_updates import (
    EMPTY,
    Update,
    dictionary,
    entries,
    name,
    numbers,
    object_stream,
    sheet,
    signed_by_nobody,
    stamp,
    text_of,
    update,
)
from tests.signatures.samples import Sample

Writer = IncrementalPdfFileWriter


def attacks() -> Iterator[Sample]:
    """Every file."""
    for title, make in ATTACKS.items():
        yield Sample("G04", f"{title}.pdf", make())


@cache
def _once() -> bytes:
    return sign_pdf(letter_pdf(), tree().g2_person)


def _page(writer: Writer) -> Any:
    return writer.root["/Pages"]["/Kids"][0].get_object()


# Numbers.


def _small_size(*, stream: bool = False) -> bytes:
    """The first update says that there are few numbers, so that the second one brings a "new" content."""
    one = Update(_once())
    one.free = -6
    shrunk = Update(one.finish(one.stream([], own=False) if stream else one.table([])))
    return shrunk.finish(shrunk.table([(shrunk.content, shrunk.body(), 0)]))


def _catalog_in_place_of_content() -> bytes:
    once = _once()
    one = Update(once)
    _, catalog = text_of(once, "Catalog")
    place = one.add(f"{one.content} 0 obj\n".encode() + catalog + b"\nendobj\n")
    one.root = f"{one.content} 0 R"
    return one.finish(one.table([(one.content, place, 0)]))


def _another_catalog(*, aside: int = 0, named: bool = True) -> bytes:
    """A catalog that nothing lists, beside a cross-reference by which viewers look through the file on their own."""
    one = Update(_once())
    first = one.free + 5
    one.add(f"{first} 0 obj\n<</Type/Catalog/Pages {first + 1} 0 R>>\nendobj\n")
    one.add(f"{first + 1} 0 obj\n<</Type/Pages/Count 0/Kids[]>>\nendobj\n")
    place = one.add(
        f"xref\n0 0\ntrailer\n<</Size {one.free + 1}{f'/Root {one.root}' if named else ''}/Prev {one.start}>>\n"
    )
    return one.finish(place + aside)


class _Awaiting(Update):
    """A signed page that refers to an object which is not there yet."""

    number = 900

    def __init__(self) -> None:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(letter_pdf())) as pdf:
            page = pdf.pages[0].obj
            content = page.Contents
            page.Contents = pikepdf.Array([content, pikepdf.Name("/ZZZZZZZZZ")])
            pdf.save(out)
        plain = out.getvalue().replace(b"/ZZZZZZZZZ", b"  900 0 R ")
        self.data = sign_pdf(plain, tree().g2_person)
        self.start = int(re.findall(rb"startxref\s+(\d+)", self.data)[-1])
        self.root = re.findall(rb"/Root (\d+ \d+ R)", self.data)[-1].decode()
        self.free = 990


def _awaited(how: str) -> bytes:
    one = _Awaiting()
    if how == "cross-reference":
        return one.finish(entries(one, [], one.number))
    if how == "object-stream":
        place = object_stream(one, one.number, [(905, b"<<>>")])
        return one.finish(entries(one, [(one.number, 1, place, 0), (905, 2, one.number, 0)], 910))
    place = one.add(f"{one.number} 0 obj\n{EMPTY}")
    rows = [(one.number, place, 0)]
    if how == "validation-data":
        number, catalog = text_of(one.data, "Catalog")
        body = b"%d 0 obj\n%s/DSS<</Certs[%d 0 R]>>>>\nendobj\n" % (number, catalog[:-2], one.number)
        rows.append((number, one.add(body), 0))
    return one.finish(one.table(sorted(rows)))


# Keys that come twice.


def _double_contents(key: str) -> bytes:
    once = _once()
    one = Update(once)
    number, page = text_of(once, "Page")
    fresh = one.free + 2
    empty = one.add(f"{fresh} 0 obj\n{EMPTY}")
    place = one.add(b"%d 0 obj\n%s/%s %d 0 R>>\nendobj\n" % (number, page[:-2], key.encode(), fresh))
    return one.finish(one.table([(number, place, 0), (fresh, empty, 0)]))


def _double_root(*, stream: bool) -> bytes:
    one = Update(_once())
    catalog, pages = one.free + 2, one.free + 3
    first = one.add(f"{catalog} 0 obj\n<</Type/Catalog/Pages {pages} 0 R>>\nendobj\n")
    second = one.add(f"{pages} 0 obj\n<</Type/Pages/Count 0/Kids[]>>\nendobj\n")
    one.root += f"/Root {catalog} 0 R"
    if stream:
        return one.finish(entries(one, [(catalog, 1, first, 0), (pages, 1, second, 0)], one.free + 4))
    return one.finish(one.table([(catalog, first, 0), (pages, second, 0)]))


def _in_object_stream(*, twice: bool) -> bytes:
    once = _once()
    one = Update(once)
    number, page = text_of(once, "Page")
    fresh = one.free + 2
    empty = one.add(f"{fresh} 0 obj\n{EMPTY}")
    other = re.sub(rb"/Contents \d+ 0 R", b"/Contents %d 0 R" % fresh, page)
    doubled = page[:-2] + b"/Contents %d 0 R>>" % fresh
    held = [(number, page), (number, other)] if twice else [(number, doubled)]
    place = object_stream(one, fresh + 1, held)
    rows = [(fresh, 1, empty, 0), (fresh + 1, 1, place, 0), (number, 2, fresh + 1, 0)]
    return one.finish(entries(one, rows, fresh + 2))


def _prepared_double(row: bytes = b"", more: bytes = b"", crowd: int = 0) -> bytes:
    """Two lists of pages that stood in the file before it was signed; `row` stands first in the table, `more` before the second."""
    plain = letter_pdf()
    one = Update(plain)
    number, pages = text_of(plain, "Pages")
    fresh = one.free + 2
    empty = one.add(f"{fresh} 0 obj\n{EMPTY}")
    place = one.add(b"%d 0 obj\n%s%s/Kids[]>>\nendobj\n" % (number, pages[:-2], more))
    others = [(fresh + count, empty, 0) for count in range(1, crowd)]
    table = one.table([(number, place, 0), (fresh, empty, 0), *others])
    one.data = one.data[:table] + one.data[table:].replace(b"xref\n", b"xref\n" + row)
    return sign_pdf(one.finish(table), tree().g2_person)


# Beside a timestamp that anybody can have.


def _stamped(change: Callable[[Writer, Any], None], base: Callable[[], bytes] = _once) -> bytes:
    def add(writer: Writer) -> None:
        sheet(writer, box=(0, 0, 0, 0))
        field = writer.root["/AcroForm"]["/Fields"][-1].get_object()
        del field["/AP"]
        change(writer, field)

    return stamp(update(base(), add))


def _sheet_in_list(writer: Writer, _: Any) -> None:
    square = dictionary(Type=name("/Annot"), Subtype=name("/Square"), Rect=numbers(0, 0, 600, 800), IC=numbers(1, 0, 0))
    page = _page(writer)
    page[name("/Annots")] = generic.ArrayObject([*list(page["/Annots"]), square])
    writer.update_container(page)


def _two_squares() -> bytes:
    def add(writer: Writer) -> None:
        squares = [
            writer.add_object(
                dictionary(Type=name("/Annot"), Subtype=name("/Square"), Rect=numbers(0, 0, 90, 9 * high))
            )
            for high in (1, 2)
        ]
        _page(writer)[name("/Annots")] = generic.ArrayObject(squares)
        writer.update_container(_page(writer))

    return sign_pdf(update(letter_pdf(), add), tree().g2_person)


def _listed_anew(order: Callable[[list[Any]], list[Any]]) -> Callable[[Writer, Any], None]:
    def change(writer: Writer, _: Any) -> None:
        page = _page(writer)
        page[name("/Annots")] = generic.ArrayObject(order(list(page["/Annots"])))
        writer.update_container(page)

    return change


def _other_kind(kind: str) -> Callable[[Writer, Any], None]:
    def change(_: Writer, field: Any) -> None:
        field[name("/Subtype")] = name(kind)
        field[name("/Contents")] = generic.pdf_string("số tiền khác")
        field[name("/QuadPoints")] = numbers(0, 0, 600, 0, 600, 800, 0, 800)

    return change


def _kid_of_other_kind(writer: Writer, field: Any) -> None:
    note = dictionary(
        Type=name("/Annot"), Subtype=name("/Text"), Rect=numbers(0, 0, 0, 0), Contents=generic.pdf_string("khác")
    )
    kid = writer.add_object(note)
    field[name("/Kids")] = generic.ArrayObject([kid])
    for key in ("/Subtype", "/Rect"):
        del field[key]
    _page(writer)["/Annots"][-1] = kid


def _parameters_over_content() -> bytes:
    """A new signature refers by /TransformParams to the content of the page, which is written anew."""

    def change(writer: Writer, field: Any) -> None:
        reference = _page(writer).raw_get("/Contents")
        content = reference.get_object()
        content._data, content._encoded_data = b"q Q", None
        writer.mark_update(reference)
        parameters = generic.ArrayObject([dictionary(TransformParams=reference)])
        field[name("/V")] = writer.add_object(dictionary(Type=name("/DocTimeStamp"), Reference=parameters))

    def add(writer: Writer) -> None:
        sheet(writer, box=(0, 0, 0, 0))
        change(writer, writer.root["/AcroForm"]["/Fields"][-1].get_object())

    return update(_once(), add)


def _locked(*, change: bytes | None = b"", repeated: bool = True) -> bytes:
    """An update of a file encrypted without a password, whose trailer tells how by other words, or not at all."""
    signed = sign_locked(saved(letter_pdf(), encryption=pikepdf.Encryption(owner="chu", user="", R=4)))
    number = re.findall(rb"/Encrypt (\d+ 0 R)", signed)[-1]
    words = re.search(rb"(?s)\n" + number[:-2] + rb" ?obj\s*(<<.*?>>)\s*endobj", signed)
    assert words
    first = re.findall(rb"/ID\s*\[([^\]]*)\]", signed)[-1]
    how = number if change is None else words[1].replace(b"/StmF /StdCF", change)
    start, root = re.findall(rb"startxref\s+(\d+)", signed)[-1], re.findall(rb"/Root (\d+ \d+ R)", signed)[-1]
    told = b"/Encrypt %s/ID[%s]" % (how, first) if repeated else b""
    size = max(int(one) for one in re.findall(rb"/Size (\d+)", signed))
    trailer = b"xref\n0 0\ntrailer\n<</Size %d/Root %s/Prev %s%s>>\n" % (size, root, start, told)
    return signed + trailer + b"startxref\n%d\n%%%%EOF\n" % len(signed)


def _of_nobody() -> bytes:
    """A CMS file without the certificate of its signer."""
    info = asn1_cms.ContentInfo.load(cms.cms(b"noi dung", tree().g2_person))
    info["content"]["certificates"] = asn1_cms.CertificateSet([])
    return info.dump(force=True)


def _range_of_another() -> bytes:
    """A field with the name and look of somebody else, prepared before signing, takes the byte range of the signature to come."""

    def prepare(place: str) -> bytes:
        one = Update(update(letter_pdf(), _with_form))
        number = one.free + 2
        decoy = f"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/Contents<00>/ByteRange[{place}]>>"
        field, catalog = number + 1, text_of(one.data, "Catalog")
        rows = [
            (catalog[0], one.add(f"{catalog[0]} 0 obj\n".encode() + re.sub(
                rb"/Fields ?\[[^\]]*\]", b"/Fields [%d 0 R]" % field, catalog[1]) + b"\nendobj\n"), 0),
            (number, one.add(f"{number} 0 obj\n{decoy}\nendobj\n"), 0),
            (field, one.add(f"{field} 0 obj\n<</FT/Sig/T(Chu tich)/V {number} 0 R/Rect[0 0 0 0]>>\nendobj\n"), 0),
        ]  # fmt: skip
        return sign_pdf(one.finish(one.table(rows)), tree().g2_person)

    blank = " ".join(["0"] + ["0000000000"] * 3)
    found = re.findall(rb"/ByteRange ?\[([^\]]*)\]", prepare(blank))[-1].split()
    return prepare(" ".join(["0"] + [f"{int(one):010}" for one in found[1:]]))


def _with_form(writer: Writer) -> None:
    writer.root[name("/AcroForm")] = dictionary(Fields=generic.ArrayObject())
    writer.update_root()


ATTACKS: dict[str, Callable[[], bytes]] = {
    "size-made-small": _small_size,
    "size-made-small-in-stream": lambda: _small_size(stream=True),
    "catalog-in-place-of-content": _catalog_in_place_of_content,
    **{
        f"awaited-object-as-{how}": lambda how=how: _awaited(how)
        for how in ("orphan", "validation-data", "cross-reference", "object-stream")
    },
    "two-contents": lambda: _double_contents("Contents"),
    "two-contents-one-escaped": lambda: _double_contents("Con#74ents"),
    "two-resources": lambda: _double_contents("Resources"),
    "two-catalogs-in-trailer": lambda: _double_root(stream=False),
    "two-catalogs-in-stream": lambda: _double_root(stream=True),
    "two-contents-in-object-stream": lambda: _in_object_stream(twice=False),
    "number-twice-in-object-stream": lambda: _in_object_stream(twice=True),
    "two-lists-of-pages-before-signing": _prepared_double,
    "two-lists-of-pages-behind-deep-lists": lambda: _prepared_double(more=b"/A" + b"[" * 250 + b"]" * 250),
    "two-lists-of-pages-below-a-crowd": lambda: _prepared_double(crowd=21_000),
    "two-lists-of-pages-beside-a-row-of-four-words": lambda: _prepared_double(b"99 1\n0000000000 0000 x y\n"),
    "annotation-without-number": lambda: _stamped(_sheet_in_list),
    "annotations-in-another-order": lambda: _stamped(
        _listed_anew(lambda held: [held[1], held[0], *held[2:]]), _two_squares
    ),
    "widget-listed-twice": lambda: _stamped(_listed_anew(lambda held: [*held, held[-1]])),
    **{
        f"field-drawn-as-{kind[1:]}": lambda kind=kind: _stamped(_other_kind(kind))
        for kind in ("/Text", "/FreeText", "/Highlight", "/FileAttachment")
    },
    "note-as-widget": lambda: _stamped(_kid_of_other_kind),
    "parameters-over-content": _parameters_over_content,
    "range-of-another": _range_of_another,
    **{
        f"cross-reference-{abs(aside)}-{'behind' if aside < 0 else 'ahead'}": lambda aside=aside: _another_catalog(
            aside=aside
        )
        for aside in (-3, 1, 3)
    },
    "no-catalog-named": lambda: _another_catalog(named=False),
    "encrypted-otherwise": lambda: _locked(change=b"/StmF /Identity"),
    "encrypted-no-more": lambda: _locked(repeated=False),
    "sheet-of-unknown-format": lambda: signed_by_nobody(_once(), "/Foo.Bar", bytes(range(40))),
    "sheet-of-nobody": lambda: signed_by_nobody(_once(), "/ETSI.CAdES.detached", _of_nobody()),
}
"""Makers of the files by name."""


def honest_neighbours() -> dict[str, Callable[[], bytes]]:
    """Files that come near to those and are honest."""
    return {
        "new-widget-listed-first": lambda: _stamped(_listed_anew(lambda held: [held[-1], *held[:-1]]), _two_squares),
        "key-twice-with-one-value": _one_value_twice,
        "annotation-without-number-before-signing": _direct_before,
        "empty-update-of-encrypted": lambda: _locked(change=None),
        **{f"encrypted-and-signed-twice-{revision}": lambda one=revision: _locked_twice(one) for revision in (3, 4, 6)},
    }


def _locked_twice(revision: int) -> bytes:
    how = pikepdf.Encryption(owner="chu", user="", R=revision, aes=revision > 3, metadata=revision > 3)
    once = sign_locked(saved(letter_pdf(), encryption=how))
    return sign_locked(once, tree().g2_seal, field="Signature2")


def _one_value_twice() -> bytes:
    plain = letter_pdf()
    one = Update(plain)
    number, page = text_of(plain, "Page")
    place = one.add(b"%d 0 obj\n%s/Type /Page>>\nendobj\n" % (number, page[:-2]))
    return sign_pdf(one.finish(one.table([(number, place, 0)])), tree().g2_person)


def _direct_before() -> bytes:
    link = dictionary(Type=name("/Annot"), Subtype=name("/Link"), Rect=numbers(0, 0, 90, 9))

    def add(writer: Writer) -> None:
        _page(writer)[name("/Annots")] = generic.ArrayObject([link])
        writer.update_container(_page(writer))

    return _stamped(lambda _, __: None, lambda: sign_pdf(update(letter_pdf(), add), tree().g2_person))
