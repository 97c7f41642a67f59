"""XAdES properties (ETSI EN 319 132-1, TS 101 903) of a verified XML signature: certificate binding, times, archived data.

Only what SignedInfo covers is believed of the signed properties; the unsigned ones hold timestamps, certificates and
revocation data, each of which proves itself.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gateway.documents.signatures import algorithms, canonical_xml, crl, xmldsig
from gateway.documents.signatures.algorithms import Content
from gateway.documents.signatures.certificates import key_of, readable
from gateway.documents.signatures.report import Facts
from gateway.documents.signatures.revocation import Evidence
from gateway.documents.signatures.wall import LibraryFault, wall
from gateway.documents.signatures.xmldsig import XmlSignature, ds
from gateway.model import VIETNAM, Changes, Coverage

_NAMESPACES = tuple(f"{{http://uri.etsi.org/01903/v{version}#}}" for version in ("1.3.2", "1.4.1", "1.2.2", "1.1.1"))
_MAX_VALUES = 200


def read(found: XmlSignature) -> None:
    """Put the properties to a signature and bind the signing certificate; a mismatch breaks the signature."""
    try:
        with wall("xades"):
            _read(found)
    except LibraryFault:
        found.problems.append("unreadable-properties")


def facts_of(
    found: XmlSignature,
    *,
    place: str,
    coverage: Coverage,
    changes: Changes,
    claim: datetime | None,
    uncovered: int = 0,
) -> Facts:
    """Return the facts of an XML signature and its properties; `claim` is the time that the container itself gives."""
    return Facts(
        field=place,
        integrity=found.integrity,
        sub_indication=found.sub_indication,
        coverage=coverage,
        uncovered=uncovered,
        changes=changes,
        certificate=found.certificate,
        pool=(*found.certificates, *found.archived),
        evidence=found.evidence,
        algorithms=tuple(found.algorithms),
        claimed_time=found.claimed_time or claim,
        tokens=found.tokens,
        problems=tuple(dict.fromkeys(found.problems)),
    )


def _all(root: Any, *names: str) -> list[Any]:
    return [one for namespace in _NAMESPACES for name in names for one in root.iter(f"{namespace}{name}")][:_MAX_VALUES]


def _read(found: XmlSignature) -> None:
    own = [one for one in _all(found.element, "SignedProperties") if _belongs(one, found)]
    signed = found.signed(own)
    if own and not signed:
        found.problems.append("unsigned-properties")
    for one in signed:
        times = _all(one, "SigningTime")
        found.claimed_time = _parse_time(canonical_xml.text_of(times[0])) if times else None
        _bind(found, one)
    _unsigned(found)
    if _all(found.element, "CounterSignature"):
        found.problems.append("counter-signature")


def _belongs(element: Any, found: XmlSignature) -> bool:
    """Return whether the nearest Signature above an element is this one, not a counter-signature inside it."""
    nearest = next((one for one in element.iterancestors() if one.tag == ds("Signature")), None)
    return nearest is found.element


def _bind(found: XmlSignature, signed: Any) -> None:
    """The first digest of SigningCertificate must be that of the certificate that verified (EN 319 132-1 §5.2.2)."""
    certificates = _all(signed, "SigningCertificate", "SigningCertificateV2")
    if not certificates or found.certificate is None:
        return
    digests = _all(certificates[0], "CertDigest")
    if not digests:
        return
    named = algorithms.XML_DIGESTS.get(digests[0].find(ds("DigestMethod")).get("Algorithm", ""), "")
    value = xmldsig.decode(digests[0].findtext(ds("DigestValue")))
    if not named:
        found.problems.append("unsupported-digest")
        return
    for certificate in (found.certificate, *found.certificates):
        same_key = key_of(certificate) == key_of(found.certificate)
        if same_key and Content((certificate.dump(),)).digest(named) == value:
            found.certificate = certificate
            return
    found.break_("SIG_CRYPTO_FAILURE", "signing-certificate-mismatch")


def _unsigned(found: XmlSignature) -> None:
    found.archived = readable(xmldsig.decoded(_all(found.element, "EncapsulatedX509Certificate")))
    lists = crl.readable_lists(xmldsig.decoded(_all(found.element, "EncapsulatedCRLValue")))
    found.evidence = Evidence(lists, tuple(xmldsig.decoded(_all(found.element, "EncapsulatedOCSPValue"))))
    for stamp in _all(found.element, "SignatureTimeStamp"):
        if not _belongs(stamp, found):
            continue
        method = stamp.find(ds("CanonicalizationMethod"))
        algorithm = method.get("Algorithm", "") if method is not None else canonical_xml.DEFAULT_CANONICAL
        value = found.element.find(ds("SignatureValue"))
        stamped = Content((canonical_xml.canonical(value, algorithm),))
        found.tokens += ((one, stamped) for one in xmldsig.decoded(_all(stamp, "EncapsulatedTimeStamp")))


def signed_time(found: XmlSignature, tag: str) -> datetime | None:
    """Return the time in the first element of a tag that the signature covers: a claim, as its container writes it."""
    times = found.signed(found.element.iter(tag))
    return _parse_time(canonical_xml.text_of(times[0])) if times else None


def _parse_time(text: str | None) -> datetime | None:
    """Parse an xsd:dateTime; without a zone it is taken as that of Vietnam, as LibreOffice and invoices write it; None when it is none."""
    try:
        moment = datetime.fromisoformat((text or "").strip().replace(",", "."))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or VIETNAM).astimezone(UTC)
