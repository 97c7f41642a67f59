"""Signatures on OpenDocument files (ODF 1.3 part 2 §5, as LibreOffice and others write them).

`META-INF/documentsignatures.xml` signs the document when its references take in every file of the package but the
signatures themselves; `mimetype` and the manifest may be missing, as ODF 1.1 writers left them out. `META-INF/macrosignatures.xml`
signs macros only and is never taken for a signature on the document, under whatever name it comes. OpenPGP signatures are
reported as such and not verified. The certificate reported is the one that verified (CVE-2021-25633), the time shown is
signed (CVE-2021-25634), an unknown algorithm is not valid (CVE-2021-25635).
"""

from __future__ import annotations

import urllib.parse
from typing import Any

from gateway.model import Changes, Coverage, Integrity, Signature
from gateway.signatures import xades, xmldsig
from gateway.signatures.package import Package, open_package
from gateway.signatures.report import Facts, Subject, assemble, unreadable
from gateway.signatures.wall import LibraryFault
from gateway.signatures.xmldsig import Reference, XmlSignature, ds

DOCUMENT = "META-INF/documentsignatures.xml"
MACROS = "META-INF/macrosignatures.xml"
_MAY_STAY_UNSIGNED = frozenset({"mimetype", "META-INF/manifest.xml"})
_DATE = "{http://purl.org/dc/elements/1.1/}date"


def verify_odf(data: bytes, subject: Subject) -> tuple[Signature, ...]:
    """Return the reports on all signatures of an OpenDocument file; empty when unsigned."""
    if b"signatures.xml" not in data:
        return ()
    try:
        package = open_package(data)
    except LibraryFault:
        return (unreadable(subject, problem="malformed", integrity=Integrity.BROKEN),)
    reports: list[Signature] = []
    for name in package.names:
        if name.lower() in {DOCUMENT.lower(), MACROS.lower()}:
            reports += _verify_file(subject, package, name)
    return tuple(reports)


def _verify_file(subject: Subject, package: Package, name: str) -> list[Signature]:
    try:
        root = xmldsig.parse(package.read(name))
    except LibraryFault:
        return [unreadable(subject, field_name=name, problem="malformed", integrity=Integrity.BROKEN)]
    elements = [one for one in root if isinstance(one.tag, str)]
    signatures = [one for one in elements if one.tag == ds("Signature")]
    if len(signatures) != len(list(root.iter(ds("Signature")))) or len(signatures) > 32:
        # A Signature inside something else is how wrapping attacks hide the one that verifies.
        return [unreadable(subject, field_name=name, problem="malformed", integrity=Integrity.BROKEN)]
    return [_verify_one(subject, package, name, element) for element in signatures]


def _verify_one(subject: Subject, package: Package, name: str, element: Any) -> Signature:
    covered: set[str] = set()
    found = xmldsig.verify(element, lambda reference: member_octets(package, reference, covered))
    properties = xades.read(found)
    if package.problems:
        found.break_("FORMAT_FAILURE", *package.problems)
    own = {DOCUMENT.lower(), MACROS.lower()}
    wanted = [one for one in package.names if one not in _MAY_STAY_UNSIGNED and one.lower() not in own]
    uncovered = [one for one in wanted if one not in covered]
    if name.lower() == MACROS.lower():
        found.problems.append("macro-signature")
    elif uncovered:
        found.problems.append("uncovered-part")
    facts = Facts(
        field=name,
        integrity=found.integrity,
        sub_indication=found.sub_indication,
        coverage=Coverage.PARTIAL if uncovered or name.lower() == MACROS.lower() else Coverage.WHOLE,
        changes=Changes.FORBIDDEN if found.integrity is Integrity.BROKEN else Changes.NONE,
        certificate=found.certificate,
        pool=(*found.certificates, *properties.certificates),
        evidence=properties.evidence,
        algorithms=tuple(found.algorithms),
        claimed_time=properties.claimed_time or _date(found),
        signature=found.signature,
        tokens=properties.tokens,
        timestamped=properties.timestamped,
        problems=tuple(dict.fromkeys(found.problems)),
    )
    return assemble(subject, facts)


def member_octets(package: Package, reference: Reference, covered: set[str]) -> bytes:
    """The octets of a member as a reference digests it: as they are, or canonical XML."""
    if "://" in reference.uri or (reference.uri.startswith("/") and not package.find(reference.uri[1:])):
        raise LibraryFault("external", reference.uri)
    decoded = urllib.parse.unquote(reference.uri)
    candidates = (decoded, reference.uri, decoded.removeprefix("/"), decoded.removeprefix("./"))
    name = next((one for one in candidates if one in package), None)
    if name is None:
        raise LibraryFault("missing-reference", reference.uri)
    octets: Any = package.read(name)
    for transform in reference.transforms:
        algorithm = transform.get("Algorithm", "")
        if algorithm not in xmldsig.CANONICAL:
            raise LibraryFault("transform", algorithm)
        octets = xmldsig.canonical(xmldsig.parse_with_doctype(octets), algorithm, xmldsig.inclusive_prefixes(transform))
    covered.add(name)
    return bytes(octets)


def _date(found: XmlSignature) -> Any:
    """The date that LibreOffice shows, a claim, and only when it is signed."""
    dates = found.signed(found.element.iter(_DATE))
    return xades.parse_time(dates[0].text) if dates else None
