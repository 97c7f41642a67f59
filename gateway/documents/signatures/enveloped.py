"""XML files signed within themselves (enveloped XMLDSig and XAdES): e-invoices, tax declarations, SAML, SVG.

Invoices of Decree 123/2020 sign `DLHDon` by its Id from `DSCKS/NBan` (Decision 1450/QĐ-TCT), declarations of HTKK `HSoKhaiThue` from
`CKyDTu`, files of social insurance the whole document. What the digests leave out is counted, however deep it is: words, attributes,
comments, instructions. Names of elements around what is signed do not count, nor do other signatures, which have reports of their own.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from gateway.documents.signatures import canonical_xml, xades, xmldsig
from gateway.documents.signatures.certificates import clean, name_values
from gateway.documents.signatures.report import Subject, assemble, unreadable
from gateway.documents.signatures.wall import LIMIT, LibraryFault
from gateway.documents.signatures.xmldsig import ELEMENT, Scope, XmlSignature, ds
from gateway.model import Changes, Coverage, Integrity, Signature

_MAX_SIGNATURES = 32
_HINT = re.compile(rb"<(?:[^\s<>/:]{1,100}:)?Signature[\s/>]")
_BLANKS = " \t\r\n"
_SUBJECT = f"{ds('KeyInfo')}/{ds('X509Data')}/{ds('X509SubjectName')}"
_PART_OF_NAME = re.compile(r'=\s*("(?:[^"]|"")*"|(?:\\.|[^,;+\\])*)')
_OCTETS = re.compile(r"(?:\\[0-9A-Fa-f]{2})+")
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"


def verify_enveloped(data: bytes, subject: Subject) -> tuple[Signature, ...]:
    """Return the reports on all signatures in an XML file, in their order; empty when unsigned."""
    narrow = data.replace(b"\0", b"")
    if xmldsig.DS.encode() not in narrow or not _HINT.search(narrow):
        return ()
    try:
        file = Scope(canonical_xml.parse(data), is_file=True)
    except LibraryFault as fault:
        problem = LIMIT if fault.what == LIMIT else "malformed"
        return (unreadable(subject, problem=problem, integrity=Integrity.UNKNOWN),)
    signatures = _signatures(file)
    if len(signatures) > _MAX_SIGNATURES:
        raise LibraryFault(LIMIT, "signatures")
    found = [xmldsig.verify(one, _outside, file) for one in signatures]
    if any(one.integrity is Integrity.BROKEN for one in found):
        # .NET drops blanks between elements before it signs and verifies, and may indent what it saves.
        bare = Scope(_without_blanks(canonical_xml.parse(data)), is_file=True)
        others = [xmldsig.verify(one, _outside, bare) for one in _signatures(bare)]
        found = [_better(one, other) for one, other in zip(found, others, strict=True)]
    return tuple(_report(subject, one) for one in found)


def _signatures(file: Scope) -> list[Any]:
    """Signatures on the file; a license of ClickOnce is part of the key of one."""
    return xmldsig.own_signatures(file.root, ds("KeyInfo"))


def _outside(reference: xmldsig.Reference) -> bytes:
    raise LibraryFault("external", reference.uri)


def _without_blanks(root: Any) -> Any:
    for one in root.iter():
        one.text = one.text if (one.text or "").strip(_BLANKS) else None
        one.tail = one.tail if (one.tail or "").strip(_BLANKS) else None
    return root


def _better(found: XmlSignature, other: XmlSignature) -> XmlSignature:
    if found.integrity is not Integrity.BROKEN or other.integrity is not Integrity.INTACT:
        return found
    other.problems.append("blanks-left-out")
    return other


def _report(subject: Subject, found: XmlSignature) -> Signature:
    xades.read(found)
    left = 0
    try:
        left = _left_out(found)
    except LibraryFault:
        found.unknown(LIMIT)
    if left:
        found.problems.append("uncovered-part")
    changes = Changes.ALLOWED if "signatures-added" in found.problems else Changes.NONE
    above = reversed([etree.QName(one).localname for one in found.element.iterancestors()])
    facts = xades.facts_of(
        found,
        place="/".join(above),
        coverage=Coverage.PARTIAL if left else Coverage.WHOLE if found.covered else Coverage.UNKNOWN,
        changes=Changes.FORBIDDEN if found.integrity is Integrity.BROKEN else changes,
        claim=xades.signed_time(found, "{*}SigningTime"),
        uncovered=left,
    )
    return assemble(subject, facts)


def _left_out(found: XmlSignature) -> int:
    """Count the parts of the file that the signature does not cover, and comments, which may cut a word that it does."""
    count, root = len(found.loose()) + _names_of_others(found), found.scope.root
    is_whole = any(one.get("URI") == "" for one in found.element.iterfind(f"{ds('SignedInfo')}/{ds('Reference')}"))
    beside = () if is_whole else (*root.itersiblings(etree.PI, preceding=True), *root.itersiblings(etree.PI))
    nodes = [root, *beside]
    while nodes:
        found.scope.spend(ELEMENT)
        node = nodes.pop()
        if node in found.covered:
            count += sum(1 for _ in node.iter(etree.Comment))
        elif node.tag != ds("Signature"):
            count += not isinstance(node.tag, str) or bool((node.text or "").strip() or any(map(_shows, node.attrib)))
            nodes += node
        count += bool((node.tail or "").strip())
    return count


def _names_of_others(found: XmlSignature) -> int:
    """Count names beside the key that are not in its certificate: nothing signs them, and style sheets of invoices show them as the signer."""
    if found.certificate is None:
        return 0
    held = {_plain(value) for _, value in name_values(found.certificate.subject)} | {"", "#"}
    written = (str(one.xpath("string()")) for one in found.element.iterfind(_SUBJECT))
    return sum(not {_plain(value) for value in _PART_OF_NAME.findall(text) or [text]} <= held for text in written)


def _plain(value: str) -> str:
    """A value of a name without the signs of its spelling (RFC 4514, Windows); `#` is any in hexadecimal DER."""
    value = _OCTETS.sub(lambda one: bytes.fromhex(one[0].replace("\\", "")).decode(errors="replace"), value.strip())
    return "#" if value.startswith("#") else clean(re.sub(r'["\\]', "", value)).casefold()


def _shows(attribute: str) -> bool:
    """Return whether an attribute may show anything: no Id, no hint to a schema."""
    return attribute.rpartition("}")[2].lower() != "id" and not attribute.startswith(_SCHEMA)
