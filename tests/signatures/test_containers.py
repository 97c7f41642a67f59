"""Good signatures in every container are called good, whole and by the right holder; the changed ones are not."""

import asyncio
import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from gateway.documents.signatures import verify
from gateway.model import Changes, Coverage, HolderKind, Indication, Integrity, Trust
from gateway.model.formats import XLSB
from tests.pki import cms, xml
from tests.pki.signing import timestamper
from tests.pki.tree import NOW, letter_docx, store, tree
from tests.readers.test_xlsb import BOOK
from tests.signatures.corpus import sent

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
ASICE = "application/vnd.etsi.asic-e+zip"
ASICS = "application/vnd.etsi.asic-s+zip"
P7M = "application/pkcs7-mime"


def look(data, kind, name="tep"):
    return sent(verify(data, part="2", filename=name, detected_type=kind, trust=store(), now=NOW))


def good(one):
    return (
        one.integrity is Integrity.INTACT
        and one.coverage is Coverage.WHOLE
        and one.changes is not Changes.FORBIDDEN
        and one.trust is Trust.TRUSTED
        and one.indication is Indication.TOTAL_PASSED
    )


def edit(data, changes):
    files = xml.members(data)
    for name, change in changes.items():
        files[name] = change(files[name]) if callable(change) else change
        if files[name] is None:
            del files[name]
    return xml.pack(files)


def docx(identity=None, **options):
    return xml.sign_ooxml(letter_docx(), identity or tree().g2_person, **options)


DOCUMENT, TYPES, SIGNATURE = "word/document.xml", "[Content_Types].xml", "_xmlsignatures/sig1.xml"
RELATIONSHIPS = "word/_rels/document.xml.rels"


def inserted(end: bytes, text: str | bytes):
    """The change that puts a text before what ends a part."""
    octets = text.encode() if isinstance(text, str) else text
    return lambda data: data.replace(end, octets + end)


XML_TYPE = inserted(b"</Types>", '<Default Extension="xml" ContentType="application/xml"/>')


def related(kind: str, target: str):
    one = f'<Relationship Id="rId0" Type="{xml.REL_TYPES}/{kind}" Target="{target}"/>'
    return {"_rels/.rels": inserted(b"</Relationships>", one)}


def referring(to: str, *, transforms: str = "", digest: bytes = b"x"):
    """A file whose manifest refers to what it should not."""
    inner = xml.reference(to, xml.digest(digest), transforms=transforms)
    return docx(objects=lambda _: [("idPackageObject", f"<Manifest>{inner}</Manifest>")])


def bound_to_custom_xml():
    files = xml.members(letter_docx())
    files[DOCUMENT] = files[DOCUMENT].replace(b"<w:body>", b"<w:body><!-- w:dataBinding -->")
    return edit(xml.sign_ooxml(xml.pack(files), tree().g2_person), {"customXml/item1.xml": b"<a/>"})


BROKEN, PARTIAL, FORBIDDEN = Integrity.BROKEN, Coverage.PARTIAL, Changes.FORBIDDEN
SECOND_TYPE = (
    '<Override PartName="/Word/document.xml" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>'
)
FORGED = {
    "an added part": (lambda: edit(docx(), {"word/header9.xml": b"<w:hdr/>"}), PARTIAL, "uncovered-part"),
    "an added external relationship": (
        lambda: edit(docx(), related("attachedTemplate", 'http://evil.example/x.dotm" TargetMode="External')), FORBIDDEN, "unsigned-relationship"),
    "a second main part": (
        lambda: edit(docx(), {**related("officeDocument", "word/evil.xml"), "word/evil.xml": b"<w:document/>"}), FORBIDDEN, "second-main-part"),
    "a changed content type": (
        lambda: edit(docx(), {TYPES: lambda data: data.replace(b"wordprocessingml.document.main", b"wordprocessingml.template.main")}), FORBIDDEN, ""),
    "unsigned custom XML bound to the text": (bound_to_custom_xml, PARTIAL, ""),
    "no package object": (lambda: docx(objects=lambda _: [("idOther", "x")]), BROKEN, ""),
    "a manifest outside the signed objects": (
        lambda: edit(docx(), {SIGNATURE: inserted(b"</Signature>", f'<Object><Manifest xmlns="{xml.DS}"/></Object>')}), BROKEN, "unsigned-manifest"),
    **{f"{name} beside what is signed": (lambda name=name: edit(docx(), {name: b"<x/>"}), PARTIAL, "")
       for name in ("docProps/macros.bin", "docProps/page.xml", "_xmlsignatures/macros.bin")},
    "a part with two content types": (lambda: edit(docx(), {TYPES: inserted(b"</Types>", SECOND_TYPE)}), BROKEN, ""),
    "a wrapped element with the same id": (
        lambda: edit(docx(), {SIGNATURE: inserted(b"</Signature>", '<Object Id="idPackageObject"><x xmlns="urn:x"/></Object>')}), BROKEN, "duplicate-id"),
    **{f"the transform {algorithm}": (
        lambda algorithm=algorithm: referring(
            f"/{DOCUMENT}", transforms=f'<Transform Algorithm="http://www.w3.org/{algorithm}"/>', digest=xml.members(letter_docx())[DOCUMENT]), BROKEN, "")
       for algorithm in ("TR/1999/REC-xslt-19991116", "TR/1999/REC-xpath-19991116", "2000/09/xmldsig#base64")},
    "an external reference": (lambda: referring("http://127.0.0.1:9/x"), BROKEN, "external-reference"),
    "a name that differs by case": (lambda: edit(docx(), {"WORD/document.xml": b"<evil/>"}), BROKEN, "duplicate-members"),
    "another name in the local header": (lambda: docx().replace(b"word/document.xml", b"word/documenx.xml", 1), BROKEN, ""),
    "octets before the archive": (lambda: b"MZ" + b"\0" * 64 + docx(), BROKEN, ""),
}  # fmt: skip
"""How a signed letter is forged, and what is told of it."""


class TestOffice:
    def test_signed_by_person_and_seal_is_good_twice(self):
        twice = xml.sign_ooxml(docx(), tree().g2_seal, name="sig2.xml")
        reports = look(twice, DOCX)
        assert [good(one) for one in reports] == [True, True]
        assert [one.holder_kind for one in reports] == [HolderKind.PERSON, HolderKind.ORGANISATION]
        assert reports[0].claimed_time is not None

    def test_an_unsigned_file_has_no_signatures(self):
        assert look(letter_docx(), DOCX) == ()

    def test_an_edited_part_breaks_it(self):
        (one,) = look(edit(docx(), {DOCUMENT: lambda data: data.replace(b"1215", b"1216")}), DOCX)
        assert (one.integrity, one.sub_indication) == (Integrity.BROKEN, "HASH_FAILURE")

    def test_properties_and_custom_xml_may_stay_unsigned(self):
        changed = edit(docx(), {"docProps/app.xml": b"<Properties/>", "customXml/item1.xml": b"<a/>", TYPES: XML_TYPE})
        assert good(look(changed, DOCX)[0])

    def test_what_newer_versions_of_word_leave_unsigned_is_no_fault(self):
        kind = "http://schemas.microsoft.com/office/2011/relationships"
        relationship = f'<Relationship Id="rId7" Type="{kind}/people" Target="people.xml"/>'
        more = {
            RELATIONSHIPS: f'<Relationships xmlns="{xml.PACKAGE}/relationships">{relationship}</Relationships>'.encode(),
            "word/people.xml": b"<w15:people/>",
            "docMetadata/LabelInfo.xml": b"<clbl:labelList/>",
        }
        with_types = edit(docx(), {TYPES: XML_TYPE})
        assert good(look(edit(with_types, more), DOCX)[0])
        other = more[RELATIONSHIPS].replace(b"/people", b"/header")
        (one,) = look(edit(with_types, {**more, RELATIONSHIPS: other}), DOCX)
        assert one.coverage is Coverage.PARTIAL

    @pytest.mark.parametrize("name", ["docProps/core.xml", "package/services/metadata/core-properties/3f2a.psmdcp"])
    def test_properties_stay_unsigned_where_office_and_dotnet_keep_them(self, name):
        declared = (
            f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        )
        assert good(look(edit(docx(), {name: b"<x/>", TYPES: inserted(b"</Types>", declared)}), DOCX)[0])

    @pytest.mark.parametrize("title", FORGED)
    def test_what_is_forged_is_reported(self, title):
        make, wrong, problem = FORGED[title]
        (one,) = look(make(), DOCX)
        assert wrong in (one.integrity, one.coverage, one.changes)
        assert problem in ("", *one.problems)

    @pytest.mark.parametrize(("method", "digest", "stands"), [
        ("2001/04/xmldsig-more#rsa-sha384", hashes.SHA384(), True), ("2001/04/xmldsig-more#rsa-sha224", hashes.SHA224(), False),
        ("2007/05/xmldsig-more#sha256-rsa-MGF1", hashes.SHA256(), True), ("2007/05/xmldsig-more#sha1-rsa-MGF1", hashes.SHA1(), False),
    ])  # fmt: skip
    def test_a_signature_counts_by_the_digest_of_its_value_too(self, method, digest, stands):
        root = etree.fromstring(xml.members(docx())[SIGNATURE])
        root.find(".//{*}SignatureMethod").set("Algorithm", f"http://www.w3.org/{method}")
        info = xml.canonical(etree.tostring(root[0], with_tail=False).decode())
        salted = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
        scheme = salted if "MGF1" in method else padding.PKCS1v15()
        value = tree().g2_person.key.sign(info, scheme, digest)
        root.find("{*}SignatureValue").text = base64.b64encode(value).decode()
        (one,) = look(edit(docx(), {SIGNATURE: etree.tostring(root)}), DOCX)
        assert one.integrity is Integrity.INTACT
        assert good(one) is stands
        assert ("weak-algorithm" in one.problems) is not stands

    @pytest.mark.parametrize(
        "junk", [b"", b"<Signature/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><Signature/>", b"\x00", b"<a>" * 500]
    )
    def test_junk_in_place_of_the_signature_is_broken_and_never_a_crash(self, junk):
        reports = look(edit(docx(), {SIGNATURE: junk}), DOCX)
        assert [one.integrity for one in reports] == [Integrity.BROKEN]


class TestOpenDocument:
    def test_signed_over_all_members_is_good_twice(self):
        twice = xml.sign_odf(xml.sign_odf(xml.odt(), tree().g2_person), tree().g2_seal)
        assert [good(one) for one in look(twice, ODT)] == [True, True]

    def test_an_added_member_is_uncovered(self):
        (one,) = look(edit(xml.sign_odf(xml.odt(), tree().g2_person), {"styles.xml": b"<a/>"}), ODT)
        assert one.coverage is Coverage.PARTIAL

    def test_an_edited_member_breaks_it(self):
        signed = xml.sign_odf(xml.odt(), tree().g2_person)
        (one,) = look(edit(signed, {"content.xml": lambda data: data.replace("Biên".encode(), b"B")}), ODT)
        assert one.integrity is Integrity.BROKEN

    def test_macro_signatures_are_no_document_signatures(self):
        signed = xml.sign_odf(xml.odt(more={"Basic/script-lc.xml": b"<a/>"}), tree().g2_person,
                              only={"Basic/script-lc.xml"}, name="META-INF/macrosignatures.xml")  # fmt: skip
        (one,) = look(signed, ODT)
        assert one.coverage is Coverage.PARTIAL
        assert "macro-signature" in one.problems

    def test_a_macro_signature_renamed_covers_only_a_part(self):
        signed = xml.sign_odf(
            xml.odt(more={"Basic/script-lc.xml": b"<a/>"}), tree().g2_person, only={"Basic/script-lc.xml"}
        )
        assert look(signed, ODT)[0].coverage is Coverage.PARTIAL

    def test_a_trusted_certificate_put_first_is_not_the_signer(self):
        stranger = tree().person(tree().rogue_root, key=tree().seal_key)
        signed = xml.sign_odf(xml.odt(), stranger)
        trusted = base64.b64encode(tree().g2_person.certificate_der)
        first = b"<X509Data><X509Certificate>" + trusted + b"</X509Certificate></X509Data>"
        doubled = edit(
            signed, {"META-INF/documentsignatures.xml": lambda data: data.replace(b"<KeyInfo>", b"<KeyInfo>" + first)}
        )
        (one,) = look(doubled, ODT)
        assert one.trust is not Trust.TRUSTED

    def archived(self, identity):
        """A signature whose KeyInfo only names the certificate; it stands among the archived ones (XAdES-X-L)."""
        signed = xml.sign_odf(xml.odt(), tree().g2_person)
        name = "META-INF/documentsignatures.xml"
        text = xml.members(signed)[name].decode()
        start, end = "<X509Certificate>", "</X509Certificate>"
        held = text[text.index(start) : text.index(end) + len(end)]
        values = f"<xd:EncapsulatedX509Certificate>{base64.b64encode(identity.certificate_der).decode()}</xd:EncapsulatedX509Certificate>"
        for tag in ("CertificateValues", "UnsignedSignatureProperties", "UnsignedProperties"):
            values = f"<xd:{tag}>{values}</xd:{tag}>"
        text = text.replace(held, "<X509SubjectName>CN=x</X509SubjectName>")
        end = "</xd:QualifyingProperties>"
        return edit(signed, {name: text.replace(end, values + end).encode()})

    def test_a_certificate_that_is_only_archived_with_the_signature_is_found(self):
        assert good(look(self.archived(tree().g2_person), ODT)[0])

    def test_an_archived_certificate_of_another_key_is_not_the_signer(self):
        (one,) = look(self.archived(tree().g2_seal), ODT)
        assert (one.integrity, one.signer) == (Integrity.UNKNOWN, None)

    def test_an_unsigned_date_is_not_shown(self):
        signed = xml.sign_odf(xml.odt(), tree().g2_person)
        fake = b'<Object><x:date xmlns:x="http://purl.org/dc/elements/1.1/">2020-01-01T00:00:00</x:date></Object>'
        moved = edit(
            signed, {"META-INF/documentsignatures.xml": lambda data: data.replace(b"</KeyInfo>", b"</KeyInfo>" + fake)}
        )
        assert all(one.claimed_time is None or one.claimed_time.year == 2026 for one in look(moved, ODT))

    def test_a_time_is_not_signed_because_what_is_around_the_signature_has_a_signed_id(self):
        name = "META-INF/documentsignatures.xml"
        signed = xml.sign_odf(xml.odt(), tree().g2_person)
        fake = (
            f'<Object><xd:QualifyingProperties xmlns:xd="{xml.XADES}"><xd:SignedProperties><xd:SigningTime>'
            "2020-01-01T00:00:00Z</xd:SigningTime></xd:SignedProperties></xd:QualifyingProperties></Object></Signature>"
        )
        text = xml.members(signed)[name].decode().replace("</Signature>", fake)
        text = text.replace("<document-signatures ", '<document-signatures Id="idSig0Object" ')
        (one,) = look(edit(signed, {name: text.encode()}), ODT)
        assert one.claimed_time.year == 2026


class TestOldFormats:
    def test_an_old_binary_file_with_signatures_cannot_be_verified(self):
        assert look(b"\xd0\xcf\x11\xe0" + "_signatures".encode("utf-16-le"), "application/msword")

    def test_an_old_binary_file_without_signatures_has_none(self):
        assert look(b"\xd0\xcf\x11\xe0" + b"\0" * 600, "application/msword") == ()


@pytest.mark.parametrize("kind", [DOCX, ODT, ASICE, "application/zip", "application/pdf", "application/msword", P7M])
@pytest.mark.parametrize("cut", [10, 400, 2000])
def test_a_truncated_file_never_crashes_and_never_passes(kind, cut):
    samples = {
        DOCX: docx(),
        ODT: xml.sign_odf(xml.odt(), tree().g2_person),
        ASICE: xml.asic({"a": b"1"}, tree().g2_seal),
        P7M: cms.cms(b"x", tree().g2_seal, detached=False),
    }
    data = samples.get(kind, docx())
    assert not any(good(one) for one in look(data[:-cut], kind))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name", "octets"), [
    (DOCX, DOCUMENT, b"\0" * (80 << 20)),
    (ODT, "content.xml", b"<a>" + b"<b/>" * (9 << 20) + b"</a>"),
])  # fmt: skip
def test_of_a_signed_part_that_is_too_large_nothing_is_reported(kind, name, octets):
    signed = docx() if kind == DOCX else xml.sign_odf(xml.odt(), tree().g2_person)
    (one,) = look(edit(signed, {name: octets}), kind)
    assert (one.integrity, one.indication) == (Integrity.UNKNOWN, Indication.INDETERMINATE)
    assert "too-large" in one.problems


def test_timestamps_of_one_xml_signature_are_each_over_the_form_that_they_name():
    files = xml.members(xml.asic({"a.docx": b"1"}, tree().g2_seal))
    root = etree.fromstring(files["META-INF/signatures0.xml"])
    value = etree.fromstring(etree.tostring(root.find(".//{*}SignatureValue"), with_tail=False))
    stamps = ""
    for exclusive, algorithm in ((True, "http://www.w3.org/2001/10/xml-exc-c14n#"), (False, xml.C14N)):
        octets = hashlib.sha256(etree.tostring(value, method="c14n", exclusive=exclusive)).digest()
        token = asyncio.run(timestamper(tree().tsa, at=NOW).async_timestamp(octets, "sha256")).dump()
        stamps += f'<xd:SignatureTimeStamp><c:CanonicalizationMethod xmlns:c="{xml.DS}" Algorithm="{algorithm}"/>'
        stamps += f"<xd:EncapsulatedTimeStamp>{base64.b64encode(token).decode()}</xd:EncapsulatedTimeStamp></xd:SignatureTimeStamp>"
    end = b"</xd:QualifyingProperties>"
    more = f"<xd:UnsignedProperties><xd:UnsignedSignatureProperties>{stamps}</xd:UnsignedSignatureProperties></xd:UnsignedProperties>"
    files["META-INF/signatures0.xml"] = files["META-INF/signatures0.xml"].replace(end, more.encode() + end)
    (one,) = look(xml.pack(files), ASICE)
    assert good(one)
    assert one.timestamp.trusted
    assert one.problems == ()


@pytest.mark.parametrize("count", [8, 9])
def test_no_signature_of_a_container_is_passed_over(count, monkeypatch):
    monkeypatch.setattr("gateway.documents.signatures.asic._MAX_SIGNATURES", 8)
    files = xml.members(xml.asic({"a.docx": b"1"}, tree().g2_seal))
    one = files.pop("META-INF/signatures0.xml")
    many = {f"META-INF/signatures{number:03}.xml": one for number in range(count)}
    assert all(map(good, look(xml.pack({**files, **many}), ASICE))) is (count == 8)
    many[max(many)] = one.replace(xml.digest(b"1").encode(), xml.digest(b"2").encode())
    assert not all(map(good, look(xml.pack({**files, **many}), ASICE)))


@pytest.mark.parametrize("count", [8, 9])
def test_no_signature_of_an_office_file_is_passed_over(count, monkeypatch):
    monkeypatch.setattr("gateway.documents.signatures.ooxml_parts._MAX_SIGNATURES", 8)
    signed, broken = letter_docx(), f"_xmlsignatures/sig{count - 1:03}.xml"
    for number in range(count):
        signed = xml.sign_ooxml(signed, tree().g2_person, name=f"sig{number:03}.xml")
    assert all(map(good, look(signed, DOCX))) is (count == 8)
    assert not all(
        map(good, look(edit(signed, {broken: lambda octets: octets.replace(b"2026-11-2", b"2026-12-2")}), DOCX))
    )


def test_signatures_in_a_binary_workbook_are_verified_as_in_any_other():
    signed = xml.sign_ooxml(BOOK, tree().g2_person)
    (one,) = look(signed, XLSB.media_type)
    assert good(one)
    (one,) = look(edit(signed, {"xl/worksheets/sheet1.bin": lambda octets: octets + b"\0"}), XLSB.media_type)
    assert one.integrity is Integrity.BROKEN


@pytest.mark.parametrize(("digest", "uri", "stands"), [
    ("sha256", xml.SHA256, True), ("sha1", f"{xml.DS}sha1", False), ("md5", "http://www.w3.org/2001/04/xmldsig-more#md5", False),
])  # fmt: skip
def test_a_manifest_counts_by_its_weakest_digest(digest, uri, stands):
    value = base64.b64encode(hashlib.new(digest, b"mot").digest())
    manifest = xml.asic_manifest({"a.txt": b"mot"})
    manifest = manifest.replace(xml.SHA256.encode(), uri.encode()).replace(xml.digest(b"mot").encode(), value)
    files = {"mimetype": ASICE.encode(), "a.txt": b"mot", "META-INF/ASiCManifest1.xml": manifest}
    (one,) = look(xml.pack({**files, "META-INF/signature1.p7s": cms.cms(manifest, tree().g2_seal)}), ASICE)
    assert good(one) is stands
    assert ("weak-algorithm" in one.problems) is not stands
