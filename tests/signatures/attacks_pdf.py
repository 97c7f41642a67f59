"""PDF files forged as published since 2019 (G01 to G06): byte ranges, updates, shadows, certification, tails."""

import io
import re
from collections.abc import Callable, Iterator

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm

from tests.pki.signing import PdfSigning, sign_pdf
from tests.pki.tree import letter_pdf, tree
from tests.signatures.pdf_updates import update
from tests.signatures.samples import Sample


def attacks() -> Iterator[Sample]:
    """Every file."""
    for make in (_ranges, _updates, _shadow, _certified, _tails):
        yield from make()


def with_range(data: bytes, change: Callable[[list[int]], list[int]]) -> bytes:
    """Change the range of octets that a signature says it is over."""
    found = re.search(rb"/ByteRange ?\[([^\]]*)\]", data)
    assert found
    text = b" ".join(str(one).encode() for one in change([int(one) for one in found.group(1).split()]))
    return data[: found.start(1)] + text.ljust(len(found.group(1))) + data[found.end(1) :]


def _ranges() -> Iterator[Sample]:
    """G01 universal forgery, G02 wrapping."""
    once = sign_pdf(letter_pdf(), tree().g2_person)
    yield Sample("G01", "range-zero.pdf", with_range(once, lambda n: [0, 0, 0, 0]))
    yield Sample("G01", "range-empty.pdf", with_range(once, lambda n: []))
    yield Sample("G01", "range-negative.pdf", with_range(once, lambda n: [0, n[1], n[2], -1]))
    yield Sample("G01", "range-removed.pdf", once.replace(b"/ByteRange", b"/ByteRangX"))
    held = re.search(rb"/Contents ?<([0-9a-fA-F]+)>", once)
    assert held
    zeroed = once[: held.start(1)] + b"0" * (held.end(1) - held.start(1)) + once[held.end(1) :]
    yield Sample("G01", "contents-zero.pdf", zeroed)
    emptied = once[: held.start()] + b"/Contents <>".ljust(held.end() - held.start()) + once[held.end() :]
    yield Sample("G01", "contents-empty.pdf", emptied)
    injected = b"\n99 0 obj<</Type/Catalog>>endobj\n".ljust(400)
    numbers = [int(one) for one in re.search(rb"/ByteRange ?\[([^\]]*)\]", once).group(1).split()]  # type: ignore[union-attr]
    moved = once[: numbers[2]] + injected + once[numbers[2] :]
    yield Sample("G02", "range-moved.pdf", with_range(moved, lambda n: [0, n[1], n[2] + 400, n[3]]))
    yield Sample("G02", "gap-wide.pdf", with_range(once, lambda n: [0, n[1] - 50, n[2], n[3]]))


def page(writer: IncrementalPdfFileWriter) -> None:
    """Paint over the first page."""
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    stream = writer.add_object(generic.StreamObject(stream_data=b"q 1 0 0 rg 0 0 300 300 re f Q"))
    page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), stream])
    writer.update_container(page)


def annotation(writer: IncrementalPdfFileWriter) -> None:
    """Put a note on the first page."""
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    note = generic.DictionaryObject({
        generic.pdf_name("/Type"): generic.pdf_name("/Annot"), generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
        generic.pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 300, 300)]),
        generic.pdf_name("/Contents"): generic.pdf_string("số tiền khác"),
    })  # fmt: skip
    page["/Annots"] = generic.ArrayObject([*page.get("/Annots", ()), writer.add_object(note)])
    writer.update_container(page)


def script(writer: IncrementalPdfFileWriter) -> None:
    """Have a script run when the file is opened."""
    action = {"/S": generic.pdf_name("/JavaScript"), "/JS": generic.pdf_string("app.alert(1)")}
    writer.root["/OpenAction"] = generic.DictionaryObject({generic.pdf_name(k): v for k, v in action.items()})
    writer.update_root()


def _updates() -> Iterator[Sample]:
    """G03 incremental saving, also between two signatures."""
    once = sign_pdf(letter_pdf(), tree().g2_person)
    for name, change in (("page", page), ("annotation", annotation), ("script", script)):
        yield Sample("G03", f"update-{name}.pdf", update(once, change))
    second = PdfSigning(field="Signature2", box=(10, 10, 40, 40))
    yield Sample("G03", "page-between.pdf", sign_pdf(update(once, page), tree().g2_seal, second))


def _shadow() -> Iterator[Sample]:
    """G04: an overlay that stood before signing is taken away by a later revision; a font's widths change the words."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(letter_pdf())) as pdf:
        page = pdf.pages[0]
        cover = pdf.make_stream(b"q 1 1 1 rg 0 0 600 900 re f Q")
        page.Contents = pikepdf.Array([page.Contents, cover])
        pdf.save(out)
    signed = sign_pdf(out.getvalue(), tree().g2_person)

    def uncover(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        stream = page["/Contents"][-1]
        stream._data = b" "
        stream._encoded_data = None
        writer.mark_update(page["/Contents"].raw_get(-1))

    yield Sample("G04", "shadow-hide.pdf", update(signed, uncover))

    def refer(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        page["/Contents"] = page["/Contents"].raw_get(0)
        writer.update_container(page)

    yield Sample("G04", "shadow-replace.pdf", update(signed, refer))


def _certified() -> Iterator[Sample]:
    """G05: an annotation on a certified document; a stranger's signature beside a good one."""
    certified = sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(certify=MDPPerm.ANNOTATE))
    yield Sample("G05", "certified-annotation.pdf", update(certified, annotation))
    second = PdfSigning(field="Signature2", box=(10, 10, 40, 40))
    once = sign_pdf(letter_pdf(), tree().g2_person)
    yield Sample("G05", "good-and-stranger.pdf", sign_pdf(once, tree().person(tree().rogue_root), second))


def _tails() -> Iterator[Sample]:
    """G06 octets after the signed revision."""
    once = sign_pdf(letter_pdf(), tree().g2_person)
    yield Sample("G06", "tail-junk.pdf", once + b"%junk")
    yield Sample("G06", "tail-zip.pdf", once + b"\nPK\x03\x04" + b"\0" * 30)
    start = re.findall(rb"startxref\s+(\d+)", once)[-1]
    yield Sample("G06", "tail-object.pdf", once + b"\n9 0 obj<</A 1>>endobj\nstartxref\n" + start + b"\n%%EOF\n")
