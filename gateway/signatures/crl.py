"""Certificate revocation lists (RFC 5280 §5, §6.3): what each says of one certificate, within the scope that it claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding

from gateway.signatures import algorithms
from gateway.signatures.answers import Answer
from gateway.signatures.certificates import Certificate, key_of
from gateway.signatures.wall import LibraryFault, wall

_KNOWN_CRL_EXTENSIONS = (x509.CRLNumber, x509.AuthorityKeyIdentifier, x509.IssuingDistributionPoint, x509.FreshestCRL)


@dataclass(frozen=True)
class RevocationList:
    """A parsed CRL; `trusted_keys` are the keys of anchors by which its signature was found good when it was loaded."""

    parsed: x509.CertificateRevocationList
    issuer: Any
    """`hashable` of the issuer's name."""
    this_update: datetime
    next_update: datetime | None
    embedded: bool
    """Came with the document, not from our store."""
    trusted_keys: frozenset[bytes] = frozenset()


def load_list(data: bytes, *, embedded: bool) -> RevocationList:
    """Parse a CRL in DER or PEM; LibraryFault when it is none."""
    with wall("crl"):
        if data.lstrip().startswith(b"-----BEGIN"):
            parsed = x509.load_pem_x509_crl(data)
        else:
            parsed = x509.load_der_x509_crl(data)
        issuer = asn1_x509.Name.load(parsed.issuer.public_bytes()).hashable
        return RevocationList(parsed, issuer, parsed.last_update_utc, parsed.next_update_utc, embedded)


def is_signed_by(revocations: RevocationList, issuer: Certificate) -> bool:
    """Tell whether the CRL's signature is by this authority's key, and the key may sign CRLs."""
    usage = issuer.key_usage_value
    if usage is not None and "crl_sign" not in usage.native:
        return False
    try:
        with wall("crl-signature"):
            scheme = _scheme(revocations.parsed)
            if scheme.digest == "md5":
                return False
            content = algorithms.Content((revocations.parsed.tbs_certlist_bytes,))
            return algorithms.verify(key_of(issuer), scheme, revocations.parsed.signature, content)
    except LibraryFault:
        return False


def _scheme(parsed: x509.CertificateRevocationList) -> algorithms.Scheme:
    """The algorithm of a CRL. SHA-1 counts here: authorities of 2010 still sign so, and to forge one takes their key."""
    parameters = parsed.signature_algorithm_parameters
    if isinstance(parameters, padding.PSS):
        digest = parsed.signature_hash_algorithm
        return algorithms.Scheme("rsa-pss", digest.name if digest else "")
    oid = parsed.signature_algorithm_oid.dotted_string
    return algorithms.scheme_of(algos.SignedDigestAlgorithm({"algorithm": oid}))


def from_lists(certificate: Certificate, issuer: Certificate, lists: Iterable[RevocationList]) -> Iterator[Answer]:
    """Yield the answers of all lists of this issuer that are authentic."""
    wanted = issuer.subject.hashable
    for revocations in lists:
        if revocations.issuer != wanted:
            continue
        # A list by any anchor of the issuer's name counts: authorities change keys and keep their names.
        if not revocations.trusted_keys and not is_signed_by(revocations, issuer):
            continue
        try:
            with wall("crl-entry"):
                answer = _ask_list(certificate, revocations)
        except LibraryFault:
            continue  # an unreadable entry tells nothing; without another answer the status stays unknown
        if answer is not None:
            yield answer


def _ask_list(certificate: Certificate, revocations: RevocationList) -> Answer | None:
    parsed = revocations.parsed
    source = "embedded-crl" if revocations.embedded else "crl"
    entry = parsed.get_revoked_certificate_by_serial_number(certificate.serial_number)
    in_scope, reasons = _scope(certificate, parsed)
    if entry is not None and _is_for_issuer(entry, parsed):
        reason, effective = _entry_details(entry)
        if reason != "remove_from_crl":
            return Answer(
                revoked=True,
                source=source,
                this_update=revocations.this_update,
                next_update=revocations.next_update,
                reason=reason,
                effective=effective,
            )
    if not in_scope or (entry is not None and not _is_for_issuer(entry, parsed)):
        return None
    return Answer(
        revoked=False,
        source=source,
        this_update=revocations.this_update,
        next_update=revocations.next_update,
        reasons=reasons,
    )


def _is_for_issuer(entry: x509.RevokedCertificate, parsed: x509.CertificateRevocationList) -> bool:
    try:
        named = entry.extensions.get_extension_for_class(x509.CertificateIssuer).value
    except x509.ExtensionNotFound:
        # In an indirect CRL an entry inherits the issuer of the entry before it; we do not follow that.
        return not _is_indirect(parsed)
    return any(name.value == parsed.issuer for name in named if isinstance(name, x509.DirectoryName))


def _is_indirect(parsed: x509.CertificateRevocationList) -> bool:
    try:
        return parsed.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value.indirect_crl
    except x509.ExtensionNotFound:
        return False


def _entry_details(entry: x509.RevokedCertificate) -> tuple[str, datetime]:
    reason, effective = "", entry.revocation_date_utc
    for extension in entry.extensions:
        if isinstance(extension.value, x509.CRLReason):
            reason = extension.value.reason.name
        elif isinstance(extension.value, x509.InvalidityDate):
            effective = min(effective, extension.value.invalidity_date_utc)
    return reason, effective


def _scope(certificate: Certificate, parsed: x509.CertificateRevocationList) -> tuple[bool, frozenset[str] | None]:
    """Return whether the list, by its own words, speaks of this certificate, and of which reasons (None: all)."""
    reasons: frozenset[str] | None = None
    for extension in parsed.extensions:
        if isinstance(extension.value, x509.DeltaCRLIndicator):
            return False, None
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            point = extension.value
            authority = bool(certificate.ca)
            if point.indirect_crl or point.only_contains_attribute_certs:
                return False, None
            if (point.only_contains_user_certs and authority) or (point.only_contains_ca_certs and not authority):
                return False, None
            if point.only_some_reasons is not None:
                reasons = frozenset(flag.name for flag in point.only_some_reasons)
            if (point.full_name or point.relative_name) and not _names_point(certificate, parsed, point):
                return False, None
        elif extension.critical and not isinstance(extension.value, _KNOWN_CRL_EXTENSIONS):
            return False, None
    return not _has_unknown_critical_entries(parsed), reasons


def _has_unknown_critical_entries(parsed: x509.CertificateRevocationList) -> bool:
    # RFC 5280 §5.3: such a list must not be used to clear anything. Long lists are not walked for it: real authorities
    # with tens of thousands of entries do not invent entry extensions.
    if len(parsed) > 200:
        return False
    known = (x509.CRLReason, x509.InvalidityDate, x509.CertificateIssuer)
    return any(e.critical and not isinstance(e.value, known) for entry in parsed for e in entry.extensions)


def _names_point(
    certificate: Certificate, parsed: x509.CertificateRevocationList, point: x509.IssuingDistributionPoint
) -> bool:
    """Tell whether a distribution point of the certificate has a name in common with the list (RFC 5280 §6.3.3 b 2)."""
    points = certificate.crl_distribution_points_value
    if points is None:
        return False
    issuer = parsed.issuer.public_bytes()
    listed: set[Any] = set()
    for general in point.full_name or ():
        value = getattr(general, "value", None)
        listed.add(asn1_x509.Name.load(value.public_bytes()).hashable if isinstance(value, x509.Name) else value)
    if point.relative_name is not None:
        listed.add(_full_name(issuer, asn1_x509.RelativeDistinguishedName.load(_encoded(point.relative_name))))
    named: set[Any] = set()
    for candidate in points:
        name = candidate["distribution_point"]
        if name.name == "name_relative_to_crl_issuer":
            named.add(_full_name(issuer, name.chosen.untag()))
        elif name.name == "full_name":
            named |= {one.chosen.hashable if one.name == "directory_name" else one.native for one in name.chosen}
    return not listed.isdisjoint(named)


def _encoded(relative: x509.RelativeDistinguishedName) -> bytes:
    """DER of a relative name: the only element of a name made of it."""
    whole = asn1_x509.Name.load(x509.Name([relative]).public_bytes())
    return bytes(whole.chosen[0].dump())


def _full_name(issuer: bytes, relative: Any) -> Any:
    """The full name that a name relative to the CRL issuer stands for."""
    full = asn1_x509.Name.load(issuer)
    full.chosen.append(relative)
    return full.hashable
