"""Honest files that are rarely seen: whoever refuses one of them refuses the work of an office that did nothing wrong."""

import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pikepdf
from asn1crypto import cms as asn1_cms
from asn1crypto import crl, x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigSeedSubFilter
from pyhanko.sign.validation.dss import DocumentSecurityStore

from gateway.demo.pki import Identity, Wish, distinguished_name, issue
from tests.pki import cms, xml
from tests.pki.signing import PdfSigning, sign_pdf, sign_pdf_twice, simple_signer
from tests.pki.tree import NOW, letter_docx, letter_pdf, tree
from tests.signatures.pdf_updates import Update, dictionary, name, sheet, stamp, update
from tests.signatures.samples import Sample
from tests.support.octets import streamed, zipped

SECOND = PdfSigning(field="Signature2", box=(10, 10, 40, 40))


def oddities() -> Iterator[Sample]:
    """Every file; all must be called valid."""
    for make in (_written_otherwise, _signed_otherwise, _updated, _office, _open_document, _containers, _messages):
        for title, data in make():
            yield Sample("", title, data)


def saved(data: bytes, **how: Any) -> bytes:
    """Write a file anew by qpdf."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out, **how)
    return out.getvalue()


def _written_otherwise() -> Iterator[tuple[str, bytes]]:
    """PDF files as other writers lay them out before they are signed."""
    person = tree().g2_person
    plain = letter_pdf()
    streams = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
    forms: dict[str, bytes] = {
        "linearised": saved(plain, linearize=True),
        "object-streams": saved(plain, **streams),
        "linearised-object-streams": saved(plain, linearize=True, **streams),
        "pdf-2.0": saved(plain, force_version="2.0"),
        "qdf": saved(plain, qdf=True, static_id=True),
        "updated-before": update(plain, _renamed),
        "listed-twice-at-one-place": _listed_twice(plain),
        "blanks-behind": plain + b"\r\n\n  \n",
        "tagged": update(plain, _tagged),
        "xfa-removed": update(update(_with_empty_form(), _with_xfa), _without_xfa),
    }
    for title, data in forms.items():
        yield f"{title}.pdf", sign_pdf(data, person)
        yield f"{title}-twice.pdf", sign_pdf(sign_pdf(data, person), tree().g2_seal, SECOND)
    locked = saved(plain, encryption=pikepdf.Encryption(owner="chu", user="", R=6))
    yield "locked-against-changes.pdf", sign_locked(locked)


def _listed_twice(data: bytes) -> bytes:
    one = Update(data)
    return one.finish(one.table([(one.content, one.place, 0)] * 2))


def _with_empty_form() -> bytes:
    """An unsigned letter with an empty form."""

    def add(writer: IncrementalPdfFileWriter) -> None:
        writer.root[name("/AcroForm")] = writer.add_object(dictionary(Fields=generic.ArrayObject()))
        writer.update_root()

    return update(letter_pdf(), add)


def sign_locked(data: bytes, who: Identity | None = None, *, field: str = "Signature1") -> bytes:
    """Sign a file that is encrypted without a password."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    writer.encrypt(b"")
    metadata = signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256")
    signer = signers.PdfSigner(metadata, signer=simple_signer(who or tree().g2_person))
    with ThreadPoolExecutor(1) as thread:
        return bytes(thread.submit(signer.sign_pdf, writer).result().getvalue())


def _renamed(writer: IncrementalPdfFileWriter) -> None:
    writer.root[name("/Lang")] = generic.pdf_string("vi-VN")
    writer.update_root()


def _tagged(writer: IncrementalPdfFileWriter) -> None:
    words = dictionary(S=name("/P"), ActualText=generic.pdf_string("Kính gửi"), K=generic.NumberObject(0))
    top = dictionary(Type=name("/StructTreeRoot"), K=generic.ArrayObject([writer.add_object(words)]))
    writer.root[name("/StructTreeRoot")] = writer.add_object(top)
    writer.root[name("/MarkInfo")] = dictionary(Marked=generic.BooleanObject(True))
    writer.update_root()


def _with_xfa(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/AcroForm"][name("/XFA")] = generic.pdf_string("<xdp/>")
    writer.update_container(writer.root["/AcroForm"])


def _without_xfa(writer: IncrementalPdfFileWriter) -> None:
    del writer.root["/AcroForm"]["/XFA"]
    writer.update_container(writer.root["/AcroForm"])


def _signed_otherwise() -> Iterator[tuple[str, bytes]]:
    """PDF signatures of other kinds, sizes and places."""
    person, seal, tsa = tree().g2_person, tree().g2_seal, tree().tsa
    for title, how in (
        ("cades", PdfSigning(sub_filter=SigSeedSubFilter.PADES)),
        ("invisible", PdfSigning(box=None)),
        ("whole-chain", PdfSigning(with_chain=True)),
        ("timestamped", PdfSigning(tsa=tsa, tsa_time=NOW)),
        ("sha512", PdfSigning(digest="sha512")),
        ("sha384", PdfSigning(digest="sha384")),
        ("long-reason", PdfSigning(reason="Ký số văn bản " * 400)),
        ("certified", PdfSigning(certify=MDPPerm.NO_CHANGES)),
        ("locking", PdfSigning(lock=FieldMDPSpec(FieldMDPAction.ALL))),
        ("other-field", PdfSigning(field="Chữ ký số")),
    ):
        yield f"{title}.pdf", sign_pdf(letter_pdf(), person, how)
    certified = sign_pdf(letter_pdf(), person, PdfSigning(certify=MDPPerm.FILL_FORMS))
    yield "certified-and-sealed.pdf", sign_pdf(certified, seal, SECOND)
    yield "timestamped-twice.pdf", sign_pdf_twice(letter_pdf(), person, seal, tsa=tsa, tsa_time=NOW)
    many = letter_pdf()
    for number in range(6):
        box = (10 + 50 * number, 10, 50 + 50 * number, 40)
        many = sign_pdf(many, (person, seal)[number % 2], PdfSigning(field=f"Ky{number}", box=box))
    yield "six-signatures.pdf", many
    once = sign_pdf(letter_pdf(), person)
    held = re.search(rb"/Contents ?<([0-9a-fA-F]+)>", once)
    assert held
    flipped = once[: held.start(1)] + held[1].swapcase() + once[held.end(1) :]
    yield "other-case-of-digits.pdf", flipped
    for title, key, digest in (
        ("p256", ec.generate_private_key(ec.SECP256R1()), "sha256"),
        ("p384", ec.generate_private_key(ec.SECP384R1()), "sha384"),
        ("ed25519", ed25519.Ed25519PrivateKey.generate(), "sha512"),
    ):
        who = issue(distinguished_name(("CN", "Người Ký Thử")), key, tree().g2_sub, Wish(), now=NOW)
        yield f"{title}.pdf", sign_pdf(letter_pdf(), who, PdfSigning(digest=digest))


def _updated() -> Iterator[tuple[str, bytes]]:
    """What may follow a signature: timestamps, validation data, the next signature, and updates that change nothing."""
    person, seal = tree().g2_person, tree().g2_seal
    once = sign_pdf(letter_pdf(), person)
    stamped = stamp(update(once, lambda writer: sheet(writer, box=(0, 0, 0, 0))))
    yield "document-timestamp.pdf", stamped
    yield "validation-data.pdf", _with_store(once)
    yield "validation-data-and-timestamp.pdf", stamp(update(_with_store(once), lambda w: sheet(w, box=(0, 0, 0, 0))))
    yield "validation-data-and-seal.pdf", sign_pdf(_with_store(once), seal, SECOND)
    for title in ("table", "stream"):
        nothing = Update(once)
        place = nothing.table([]) if title == "table" else nothing.stream([])
        yield f"empty-update-{title}.pdf", nothing.finish(place)
    yield "blanks-at-the-end.pdf", once + b"\r\n\0\n"

    def prepare(writer: IncrementalPdfFileWriter) -> None:
        for number, left in (("Signature1", 10), ("Signature2", 200)):
            fields.append_signature_field(writer, fields.SigFieldSpec(number, box=(left, 10, left + 100, 60)))

    prepared = update(letter_pdf(), prepare)
    both = prepared
    for who, field in ((person, "Signature1"), (seal, "Signature2")):
        both = sign_pdf(both, who, PdfSigning(field=field))
    yield "one-of-two-prepared-fields.pdf", sign_pdf(prepared, person)
    yield "both-prepared-fields.pdf", both

    def clear(writer: IncrementalPdfFileWriter) -> None:
        field = writer.root["/AcroForm"]["/Fields"][0].get_object()
        del field["/V"]
        writer.update_container(field)

    yield "cleared-and-signed-anew.pdf", sign_pdf(update(once, clear), seal)


def _with_store(data: bytes) -> bytes:
    """Append a document security store with the revocation list of the authority, as an archive does."""
    stream = io.BytesIO(data)
    DocumentSecurityStore.add_dss(
        output_stream=stream,
        sig_contents=None,
        certs=[x509.Certificate.load(one.certificate_der) for one in (tree().g2_sub, tree().g2_root)],
        crls=[crl.CertificateList.load(tree().crl(tree().g2_sub))],
    )
    return stream.getvalue()


def _office() -> Iterator[tuple[str, bytes]]:
    """Word files as other tools pack and annotate them."""
    person, seal = tree().g2_person, tree().g2_seal
    good = xml.sign_ooxml(letter_docx(), person)
    files = xml.members(good)
    yield "twice.docx", xml.sign_ooxml(good, seal, name="sig2.xml")
    yield "members-in-reverse.docx", xml.pack(dict(reversed(files.items())))
    yield "members-stored.docx", zipped(files, stored=tuple(files))
    yield "members-streamed.docx", streamed(files)
    types = files["[Content_Types].xml"]
    for part, kind in (("docProps/core.xml", "package.core-properties"), ("docProps/app.xml", "officedocument.extended-properties")):  # fmt: skip
        declared = f'<Override PartName="/{part}" ContentType="application/vnd.openxmlformats-{kind}+xml"/></Types>'
        changed = {part: b"<x/>", "[Content_Types].xml": types.replace(b"</Types>", declared.encode())}
        yield f"{part.partition('/')[2]}-afterwards.docx", xml.pack({**files, **changed})
    titled = xml.members(xml.sign_ooxml(xml.with_bound_title(letter_docx(), "Tăng 10%"), person))
    yield "title-shown.docx", xml.pack(titled)
    author = {xml.CORE: xml.core_properties("Tăng 10%", creator="Bình")}
    yield "title-shown-and-author-changed.docx", xml.pack({**titled, **author})
    relative = files["_rels/.rels"].replace(b'"_xmlsignatures/', b'"/_xmlsignatures/')
    yield "absolute-way-to-signatures.docx", xml.pack({**files, "_rels/.rels": relative})
    way = files[xml.ORIGIN_RELATIONSHIPS].replace(b'Target="sig1.xml"', b'Target="/_xmlsignatures/sig1.xml"')
    yield "absolute-way-to-signature.docx", xml.pack({**files, xml.ORIGIN_RELATIONSHIPS: way})


def _open_document() -> Iterator[tuple[str, bytes]]:
    """OpenDocument files of old and new versions, with macros and pictures."""
    person, seal = tree().g2_person, tree().g2_seal
    module = (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" '
        b'"module.dtd">\n<script:module xmlns:script="http://openoffice.org/2000/script">REM</script:module>'
    )
    more = {"Pictures/1.png": b"\x89PNG", "Basic/Standard/Module1.xml": module, "Thumbnails/thumbnail.png": b""}
    yield "macros-and-pictures.odt", xml.sign_odf(xml.odt(more=more), person)
    yield "old-manifest-unsigned.odt", xml.sign_odf(xml.odt(version="1.1"), person, only={"content.xml"})
    twice = xml.sign_odf(xml.sign_odf(xml.odt(), person), seal)
    yield "twice.odt", twice
    yield "streamed.odt", streamed(xml.members(twice))
    named = b'<manifest:file-entry manifest:full-path="META-INF/documentsignatures.xml"/></manifest:manifest>'
    files = xml.members(xml.odt())
    files["META-INF/manifest.xml"] = files["META-INF/manifest.xml"].replace(b"</manifest:manifest>", named)
    yield "named-in-manifest.odt", xml.sign_odf(xml.pack(files), person)


def _containers() -> Iterator[tuple[str, bytes]]:
    """ASiC containers with one and many objects, XAdES and CAdES."""
    seal = tree().g2_seal
    yield "many.asice", xml.asic({f"{number}.txt": b"x" for number in range(40)}, seal)
    yield "accents.asice", xml.asic({"Báo cáo.txt": b"x"}, seal)
    yield "one.asics", xml.asic({"a.docx": b"x"}, seal, simple=True)
    manifest = xml.asic_manifest({"a.txt": b"mot"})
    kind = b"application/vnd.etsi.asic-e+zip"
    cades = {"mimetype": kind, "a.txt": b"mot", "META-INF/ASiCManifest1.xml": manifest}
    yield "cades.asice", xml.pack({**cades, "META-INF/signature1.p7s": cms.cms(manifest, seal)})


def _messages() -> Iterator[tuple[str, bytes]]:
    """CMS files of other shapes."""
    person, body = tree().g2_person, b"noi dung"
    for digest in ("sha256", "sha384", "sha512"):
        yield f"{digest}.p7m", cms.cms(body, person, detached=False, digest=digest)
    yield "pss.p7m", cms.cms(body, person, detached=False, prefer_pss=True)
    yield "chain.p7m", cms.cms(body, person, detached=False, with_chain=True)
    padded = cms.cms(body, person, detached=False)
    yield "zeros-behind.p7m", padded + bytes(40)
    yield "line-behind.p7m", padded + b"\r\n"
    # A renewed certificate keeps the key, and so the key identifier by which the signer is named; the old one comes first.
    old = tree().person(tree().g2_sub, begins=NOW.replace(year=2022), ends=NOW.replace(year=2024))
    info = asn1_cms.ContentInfo.load(padded)
    content = info["content"]
    fresh = content["certificates"][0].chosen
    key = {"subject_key_identifier": fresh.key_identifier}
    signer = content["signer_infos"][0]
    signer["version"], signer["sid"] = "v3", asn1_cms.SignerIdentifier(key)
    content["certificates"] = asn1_cms.CertificateSet(
        [asn1_cms.CertificateChoices("certificate", one) for one in (x509.Certificate.load(old.certificate_der), fresh)]
    )
    yield "renewed-certificate.p7m", info.dump(force=True)
