"""XML files signed within themselves: what is signed is decided by digests, and what is left over is counted."""

import re
from datetime import UTC, datetime

import pytest
from lxml import etree

from gateway.documents.signatures import verify
from gateway.model import Changes, Coverage, Indication, Integrity, Trust
from tests.pki import xml
from tests.pki.tree import NOW, store, tree

INTACT, BROKEN, UNKNOWN = Integrity.INTACT, Integrity.BROKEN, Integrity.UNKNOWN
WHOLE, PARTIAL = Coverage.WHOLE, Coverage.PARTIAL
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


def look(text):
    data = text if isinstance(text, bytes) else text.encode()
    return verify(data, part="1", filename="a.xml", detected_type="application/xml", trust=store(), now=NOW)


def seller(**how):
    return xml.invoice(tree().g2_seal, **how)


def both():
    """Seller, then tax authority, whose signature is over the code too."""
    return xml.sign_xml(
        seller(), tree().g2_person, "#HD14", "#MA14", at="</CQT>", identifier="CQT", transforms="",
        objects=xml.signing_time("Time"),
    )  # fmt: skip


def no_code():
    return xml.sign_xml(
        xml.INVOICE.replace('<MCCQT Id="MA14">00474597</MCCQT>', ""), tree().g2_seal, "#HD14", at="</NBan><NMua/>"
    )


def declaration(**how):
    scope = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    return xml.sign_xml(xml.DECLARATION, tree().g2_seal, "#ID1", at="</CKyDTu>", scope=scope, **how)


def insurance():
    unit = xml.sign_xml(xml.INSURANCE, tree().g2_seal, "", at="</CKy_Dvi>")
    return xml.sign_xml(unit, tree().g2_person, "", at="</CKy_IVAN>", identifier="IVAN")


def picture(more=""):
    return xml.sign_xml(
        f'<svg xmlns="http://www.w3.org/2000/svg"><text>Sơ đồ</text>{more}</svg>', tree().g2_person, "", at="</svg>"
    )


def indented(text):
    """As a program that drops blanks before it signs, saves it."""
    root = etree.fromstring(text.encode())
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


HONEST = {
    "an invoice": (seller, [(INTACT, PARTIAL, 1)]),
    "an invoice without a code": (no_code, [(INTACT, WHOLE, 0)]),
    "an invoice with the signature of the tax authority": (both, [(INTACT, PARTIAL, 1), (INTACT, WHOLE, 0)]),
    "an invoice that was indented after signing": (lambda: indented(both()), [(INTACT, PARTIAL, 1), (INTACT, WHOLE, 0)]),
    "a tax declaration": (declaration, [(INTACT, WHOLE, 0)]),
    "a declaration with canonical XML in its transforms": (
        lambda: declaration(transforms=xml.ENVELOPED + f'<Transform Algorithm="{xml.C14N}"/>'), [(INTACT, WHOLE, 0)]),
    "two signatures on the whole file, one after the other": (insurance, [(INTACT, WHOLE, 0), (INTACT, WHOLE, 0)]),
    "a picture": (picture, [(INTACT, WHOLE, 0)]),
    "exclusive canonical XML": (
        lambda: xml.sign_xml('<a><b Id="i">x</b></a>', tree().g2_person, "#i", at="</a>", transforms=xml.ENVELOPED + f'<Transform Algorithm="{EXCLUSIVE}"/>'),
        [(INTACT, WHOLE, 0)]),
    "UTF-16": (lambda: ("\ufeff" + no_code().replace("UTF-8", "UTF-16")).encode("utf-16-le"), [(INTACT, WHOLE, 0)]),
    "a signature around what it signs": (
        lambda: xml.signature(tree().g2_person, [], [("data", "<x>12</x>")]), [(INTACT, WHOLE, 0)]),
    "lines of Windows": (lambda: declaration().replace("\n", "\r\n").replace("\r\r", "\r"), [(INTACT, WHOLE, 0)]),
    "comments before the root": (lambda: "<!-- made by -->" + declaration(), [(INTACT, WHOLE, 0)]),
}  # fmt: skip


def swap(old, new, made=no_code):
    text = made()
    assert old in text, old
    return text.replace(old, new, 1)


def moved(made=no_code):
    """The signed element stands where nobody reads it; another is in its place, with another Id or none."""
    text = made()
    signed = re.search(r"<DLHDon.*</DLHDon>", text).group()
    evil = signed.replace(' Id="HD14"', "").replace("1284000", "9284000")
    return text.replace(signed, evil + f"<TTKhac>{signed}</TTKhac>", 1)


TIME = '<Object Id="Time">'
EVIL = "<TgTTTBSo>9284000</TgTTTBSo>"
FORGED = {
    "a changed amount": (lambda: swap("1284000", "9284000"), BROKEN, "", None),
    "a changed value": (lambda: swap("<SignatureValue>", "<SignatureValue>AAAA"), BROKEN, "", None),
    "two elements of one Id": (lambda: swap("<DSCKS>", f'<DLHDon Id="HD14">{EVIL}</DLHDon><DSCKS>'), BROKEN, "duplicate-id", None),
    "two elements of one Id, otherwise written": (lambda: swap("<DSCKS>", f'<DLHDon ID="HD14">{EVIL}</DLHDon><DSCKS>'), BROKEN, "duplicate-id", None),
    "the Id at another element": (
        lambda: swap(' Id="HD14"', "").replace("<TTChung>", '<TTChung Id="HD14">'), BROKEN, "", None),
    "the signed element moved": (moved, INTACT, "uncovered-part", 4),
    "the signature in another invoice": (lambda: swap("HD14", "HD15").replace("#HD15", "#HD14"), UNKNOWN, "signed-file-missing", None),
    "words beside": (lambda: swap("<DSCKS>", f"{EVIL}<DSCKS>"), INTACT, "uncovered-part", 1),
    "words between elements": (lambda: swap("<DSCKS>", "9284000<DSCKS>"), INTACT, "uncovered-part", 1),
    "words in an attribute": (lambda: swap("<DSCKS>", '<DSCKS so="9284000">'), INTACT, "uncovered-part", 1),
    "words in the signature": (lambda: swap("<KeyInfo>", f'<x xmlns="">{EVIL}</x><KeyInfo>'), INTACT, "uncovered-part", 2),
    "a comment in a word": (lambda: swap("1284000", "1284<!-- -->000"), INTACT, "uncovered-part", 1),
    "a style sheet": (lambda: swap("<HDon>", '<?xml-stylesheet href="hoa-don.xsl"?><HDon>'), INTACT, "uncovered-part", 1),
    "a time that is not signed": (
        lambda: swap("</KeyInfo>", "</KeyInfo><Object><SigningTime>2020-01-01T00:00:00Z</SigningTime></Object>"), INTACT, "uncovered-part", 1),
    "XPath": (lambda: no_code_by("http://www.w3.org/TR/1999/REC-xpath-19991116"), UNKNOWN, "unsupported-transform", None),
    "an unknown digest": (lambda: no_code().replace(xml.SHA256, "urn:x"), BROKEN, "unsupported-digest", None),
    "XSLT": (lambda: no_code_by("http://www.w3.org/TR/1999/REC-xslt-19991116"), UNKNOWN, "unsupported-transform", None),
    "base64": (lambda: no_code_by(f"{xml.DS}base64"), UNKNOWN, "unsupported-transform", None),
    "an entity": (lambda: '<!DOCTYPE HDon [<!ENTITY a "9">]>' + no_code().partition("\n")[2], UNKNOWN, "malformed", None),
    "a signature over another file": (
        lambda: f'<a>{xml.signature(tree().g2_person, [xml.reference("hoa-don.pdf", xml.digest(b""))], [])}</a>', UNKNOWN, "signed-file-missing", None),
    "a template": (lambda: re.sub("<SignatureValue>[^<]*", "<SignatureValue>", no_code()), UNKNOWN, "malformed", None),
    "an example": (lambda: f'<a><Signature xmlns="{xml.DS}">...</Signature></a>', UNKNOWN, "malformed", None),
    "words in the place of a signature": (
        lambda: swap("</DLHDon>", f'<Signature xmlns="{xml.DS}">{EVIL}</Signature></DLHDon>'), UNKNOWN, "malformed", None),
}  # fmt: skip
"""How a signed file is changed, and what the first report says."""


def no_code_by(algorithm):
    return xml.sign_xml(
        xml.INVOICE, tree().g2_seal, "#HD14", at="</NBan><NMua/>", transforms=f'<Transform Algorithm="{algorithm}"/>'
    )


@pytest.mark.parametrize("title", HONEST)
def test_a_file_of_every_day_is_verified_and_what_it_leaves_out_is_counted(title):
    make, expected = HONEST[title]
    found = look(make())
    assert [(one.integrity, one.coverage, one.uncovered) for one in found] == expected
    assert all(one.trust is Trust.TRUSTED and one.container == "xml" for one in found)
    for one in found:
        assert (one.indication is Indication.TOTAL_PASSED) is (one.coverage is WHOLE), one


@pytest.mark.parametrize("title", FORGED)
def test_a_file_that_was_changed_is_never_called_valid(title):
    make, integrity, problem, left = FORGED[title]
    found = look(make())
    assert found
    assert any(one.indication is not Indication.TOTAL_PASSED for one in found)
    assert found[0].integrity is integrity, found[0]
    assert not problem or problem in found[0].problems, found[0]
    assert left is None or found[0].uncovered == left


def test_the_report_names_the_place_and_the_signed_time():
    one, other = look(both())
    assert (one.field, other.field) == ("HDon/DSCKS/NBan", "HDon/DSCKS/CQT")
    assert one.claimed_time == datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert look(insurance())[0].changes is Changes.ALLOWED


@pytest.mark.parametrize(("change", "whole"), [
    (lambda name: name, True), (lambda name: name.replace(", ", " + "), True), (lambda name: name.replace("Ủ", "\\E1\\BB\\A6"), True),
    (lambda name: name + ', OID.1.2.3=#0c0161, L="Việt Nam"', False), (lambda name: name.replace("Bình Tân", "Bình Chánh"), False),
    (lambda name: "Công ty TNHH Khác", False), (lambda name: "", True),
])  # fmt: skip
def test_a_name_beside_the_key_is_that_of_its_certificate(change, whole):
    """Style sheets of invoices show it as the signer."""
    name = ", ".join(f'{one.rfc4514_attribute_name}="{one.value}"' for one in tree().g2_seal.certificate.subject)
    shown = f"<X509SubjectName>{change(name)}</X509SubjectName></X509Data>"
    (one,) = look(no_code().replace("</X509Data>", shown))
    assert (one.integrity, one.coverage is WHOLE) == (INTACT, whole)


def test_a_file_without_a_signature_is_unsigned():
    for text in (
        xml.INVOICE,
        f'<x:schema xmlns:x="urn:x" xmlns:ds="{xml.DS}"><x:Signature/></x:schema>',
        "<Signature/>",
    ):
        assert look(text) == ()
    assert look(f'<!DOCTYPE s SYSTEM "x.dtd"><s xmlns:ds="{xml.DS}"><element name="Signature"/></s>') == ()


def test_the_work_is_bounded():
    many = xml.INVOICE.replace("<NMua/>", "<NMua/>" + f'<Signature xmlns="{xml.DS}"/>' * 40)
    assert [one.problems for one in look(many)] == [("too-large",)]
    big = declaration().replace("<ct21>0", "<ct21>" + "0" * 9_000_000)
    own = re.search(r"<Reference URI=\"#ID1\".*?</Reference>", big).group()
    (one,) = look(big.replace(own, own * 40))
    assert "too-large" in one.problems


def test_a_counter_signature_or_license_is_no_signature_on_the_file_and_hides_nothing():
    inner = re.search("<Signature .*</Signature>", picture()).group()
    counter = (
        f'<Object><xd:QualifyingProperties xmlns:xd="{xml.XADES}"><xd:UnsignedProperties><xd:UnsignedSignatureProperties>'
        f"<xd:CounterSignature>{inner}</xd:CounterSignature></xd:UnsignedSignatureProperties></xd:UnsignedProperties>"
        "</xd:QualifyingProperties></Object></Signature>"
    )
    (one,) = look(no_code().replace("</Signature>", counter))
    assert (one.indication, one.problems) == (Indication.TOTAL_PASSED, ("counter-signature",))
    licensed = no_code().replace("</KeyInfo>", f'<r:license xmlns:r="urn:x">{inner}</r:license></KeyInfo>')
    assert [one.indication for one in look(licensed)] == [Indication.TOTAL_PASSED]
    beside = no_code().replace("<DSCKS>", f"<CounterSignature>{inner}</CounterSignature><DSCKS>")
    assert [one.integrity for one in look(beside)] == [BROKEN, INTACT]
