"""X.509 certificates (RFC 5280): loading, display names, key usage.

asn1crypto reads certificates lazily and forgives what real authorities get wrong (names over 64 characters, odd country
codes), so every access to a certificate of unknown origin is behind the library wall.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, pem, x509

from gateway.documents.signatures.wall import LibraryFault, readings, wall
from gateway.model import Signer

Certificate = Any
"""asn1crypto.x509.Certificate; the library publishes no types."""

_SHORT_NAMES = {
    "2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "SERIALNUMBER", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
    "2.5.4.9": "STREET", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "T", "2.5.4.42": "GN",
    "0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "E",
}  # fmt: skip
_PERSONAL = re.compile(r"^(CCCD|CMND|CMTND|CMT|HC|PASSPORT|IDC|PAS|PNO)\b[ :\-/]*", re.IGNORECASE)
_ENTITY = re.compile(r"^(MST|MNS)[ :\-/]*(?P<number>[\w.\-/]{3,40})$", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"^\d{9,12}$")


def load_certificates(data: bytes) -> tuple[Certificate, ...]:
    """Return the certificates of a file: DER, PEM (one or many) or PKCS #7; LibraryFault when it holds none."""
    return tuple(_load(data))


def _load(data: bytes) -> Iterator[Certificate]:
    with wall("certificate"):
        if pem.detect(data):
            for kind, _, der in pem.unarmor(data, multiple=True):
                if kind in {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}:
                    yield checked(der)
                elif kind in {"PKCS7", "CMS"}:
                    yield from _from_pkcs7(der)
            return
        try:
            yield checked(data)
        except LibraryFault:
            yield from _from_pkcs7(data)


def _from_pkcs7(der: bytes) -> Iterator[Certificate]:
    info = cms.ContentInfo.load(der)
    for choice in info["content"]["certificates"]:
        if choice.name == "certificate":
            yield checked(choice.chosen.dump())


def checked(der: bytes) -> Certificate:
    """Return the certificate after touching every part that later code relies on; LibraryFault when one is broken."""
    with wall("certificate"):
        certificate = x509.Certificate.load(der, strict=True)
        _ = (certificate.subject.hashable, certificate.issuer.hashable, certificate.serial_number)
        _ = (validity(certificate), certificate.public_key.dump())
        _ = (certificate.ca, certificate.key_usage_value, certificate.extended_key_usage_value, certificate.sha256)
        _ = (certificate.key_identifier, certificate.authority_key_identifier, certificate.critical_extensions)
        _ = (certificate.max_path_length, certificate.signature_algo)
    return certificate


def readable(octets: Iterable[bytes]) -> tuple[Certificate, ...]:
    """Return those of the certificates that came with a document that can be read; another one vouches for nothing."""
    return tuple(readings(checked, octets))


def fingerprint(certificate: Certificate) -> str:
    """SHA-256 of the DER form in hex."""
    return str(certificate.sha256.hex())


def is_authority(certificate: Certificate) -> bool:
    """Return whether basicConstraints says cA and keyUsage, when present, allows to sign certificates."""
    usage = certificate.key_usage_value
    return bool(certificate.ca) and (usage is None or "key_cert_sign" in usage.native)


def may_sign(certificate: Certificate) -> bool:
    """Return whether keyUsage, when present, allows to sign anything but certificates and lists."""
    usage = certificate.key_usage_value
    return usage is None or not {"digital_signature", "non_repudiation"}.isdisjoint(usage.native)


def is_self_issued(certificate: Certificate) -> bool:
    """Return whether subject and issuer are the same name."""
    return bool(certificate.subject.hashable == certificate.issuer.hashable)


def key_of(certificate: Certificate) -> bytes:
    """SubjectPublicKeyInfo in DER."""
    return bytes(certificate.public_key.dump())


def validity(certificate: Certificate) -> tuple[datetime, datetime]:
    """NotBefore and notAfter, aware, in UTC."""
    return certificate.not_valid_before.astimezone(UTC), certificate.not_valid_after.astimezone(UTC)


def name_values(name: Any) -> list[tuple[str, str]]:
    """Attribute types (short name or OID) and values of a distinguished name, in the order of the certificate."""
    found = []
    for rdn in name.chosen:
        for pair in rdn:
            oid = pair["type"].dotted
            found.append((_SHORT_NAMES.get(oid, oid), clean(_text(pair["value"]))))
    return found


def _text(value: Any) -> str:
    try:
        native = value.native
    except (ValueError, TypeError, UnicodeError):
        return "?"
    return native if isinstance(native, str) else str(native)


def clean(text: str) -> str:
    """Return a name from a hostile file as plain text for replies, logs and terminals: short, NFC, nothing invisible."""
    visible = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs", "Co"} else c for c in text[:300])
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def _personal_kind(kind: str, value: str) -> str | None:
    """Return the kind of a personal number held by UID or serialNumber, None when it is not personal."""
    if kind not in {"UID", "SERIALNUMBER", "0.9.2342.19200300.100.1.1"}:
        return None
    match = _PERSONAL.match(value)
    if match:
        return match.group(1).upper()
    return "CCCD" if _LONG_NUMBER.match(value) and kind == "UID" else None


def distinguished_name(name: Any) -> str:
    """RFC 4514 string, most specific part first; personal numbers are masked, since they must not be kept."""
    parts = []
    for kind, value in reversed(name_values(name)):
        personal = _personal_kind(kind, value)
        shown = f"{personal}:***" if personal else value
        parts.append(f"{kind}={_escape(shown)}")
    return ",".join(parts)


def _escape(value: str) -> str:
    escaped = re.sub(r'([,+"\\<>;=])', r"\\\1", value)
    if escaped.startswith(("#", " ")):
        escaped = "\\" + escaped
    return escaped


def first(name: Any, kind: str) -> str | None:
    """Return the last (most specific) value of an attribute type, None when there is none."""
    values = [value for found, value in name_values(name) if found == kind and value]
    return values[-1] if values else None


def emails(certificate: Certificate) -> tuple[str, ...]:
    """Every rfc822Name and e-mail attribute, lower case."""
    found = [value.lower() for kind, value in name_values(certificate.subject) if kind == "E"]
    alternative = certificate.subject_alt_name_value
    if alternative is not None:
        found += [clean(general.native).lower() for general in alternative if general.name == "rfc822_name"]
    return tuple(dict.fromkeys(found))


def describe(certificate: Certificate) -> Signer:
    """Return what the certificate says of its holder; LibraryFault when its names cannot be read."""
    with wall("certificate-names"):
        subject = certificate.subject
        identifiers = [(kind, value) for kind, value in name_values(subject) if kind in {"UID", "SERIALNUMBER"}]
        entities = [match for _, value in identifiers if (match := _ENTITY.match(value))]
        # A tax number (MST) says more than a unit code (MNS) when both are there.
        entities.sort(key=lambda match: not match.group(0).upper().startswith("MST"))
        personal = [kind for pair in identifiers if (kind := _personal_kind(*pair))]
        begin, end = validity(certificate)
        return Signer(
            subject=distinguished_name(subject),
            common_name=first(subject, "CN"),
            organisation=first(subject, "O"),
            organisational_unit=first(subject, "OU"),
            tax_id=entities[0].group("number") if entities else None,
            citizen_id=personal[0] if personal else None,
            emails=emails(certificate),
            serial=f"{certificate.serial_number:x}",
            issuer=distinguished_name(certificate.issuer),
            not_before=begin,
            not_after=end,
        )
