"""Scope of a revocation list: certificates and reasons that it covers (RFC 5280 §6.3.3 b)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography import x509

from gateway.documents.signatures.certificates import Certificate
from gateway.documents.signatures.wall import LibraryFault, wall

_KNOWN_CRL_EXTENSIONS = (
    x509.CRLNumber,
    x509.AuthorityKeyIdentifier,
    x509.IssuingDistributionPoint,
    x509.FreshestCRL,
    x509.DeltaCRLIndicator,
)


@dataclass(frozen=True)
class Scope:
    """Scope of a list for one certificate."""

    covers: bool
    """Whether its silence on the certificate means anything."""
    reasons: frozenset[str] | None = None
    """The reasons that it speaks of, None for all."""


_OUTSIDE = Scope(covers=False)


def point_of(parsed: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    """The issuingDistributionPoint extension of a list."""
    try:
        return parsed.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return None


def names_as_issuer(certificate: Certificate, issuer: Any) -> bool:
    """Return whether a distribution point of the certificate hands its revocation to this issuer (§4.2.1.13, cRLIssuer)."""
    return any(issuer in _issuers(point) for point in certificate.crl_distribution_points_value or ())


def scope_for(certificate: Certificate, parsed: x509.CertificateRevocationList, issuer: Any) -> Scope:
    """Return what the list, by its own words and the certificate's, speaks of; `issuer` is the list's, as `hashable`."""
    for extension in parsed.extensions:
        if extension.critical and not isinstance(extension.value, _KNOWN_CRL_EXTENSIONS):
            return _OUTSIDE
    if _has_unknown_critical_entries(parsed):
        return _OUTSIDE
    own = issuer == certificate.issuer.hashable
    point = point_of(parsed)
    if point is None:
        return Scope(covers=own)
    authority = bool(certificate.ca)
    if (
        point.only_contains_attribute_certs
        or (point.only_contains_user_certs and authority)
        or (point.only_contains_ca_certs and not authority)
    ):
        return _OUTSIDE
    some = frozenset(flag.name for flag in point.only_some_reasons) if point.only_some_reasons is not None else None
    listed = _listed_names(parsed, point)
    matched = [
        one
        for one in certificate.crl_distribution_points_value or ()
        if _matches(one, listed, parsed, own=own, indirect=point.indirect_crl, issuer=issuer)
    ]
    if matched:
        return Scope(covers=True, reasons=_reasons(matched, some))
    # §6.3.3, last paragraph: without a point that fits, a list of the issuer itself for all its points still counts.
    return Scope(covers=own and not listed, reasons=some)


def _matches(
    candidate: Any,
    listed: set[Any],
    parsed: x509.CertificateRevocationList,
    *,
    own: bool,
    indirect: bool,
    issuer: Any,
) -> bool:
    """Compare one distribution point of the certificate with the list (§6.3.3 b 1 and 2)."""
    issuers = _issuers(candidate)
    if issuers:
        if not indirect or issuer not in issuers:
            return False
    elif not own:
        return False
    if not listed:
        return True
    return not listed.isdisjoint(_point_names(candidate, parsed.issuer.public_bytes()) or issuers)


def _reasons(matched: list[Any], some: frozenset[str] | None) -> frozenset[str] | None:
    """Reasons that both the list and any of its points in the certificate name (§6.3.3 e)."""
    together: set[str] = set()
    for one in matched:
        named = one["reasons"].native
        if named is None:
            return some
        together |= named
    return frozenset(together) if some is None else some & together


def _issuers(point: Any) -> set[Any]:
    named = point["crl_issuer"]
    return {one.chosen.hashable for one in named if one.name == "directory_name"} if named.native else set()


def _point_names(point: Any, issuer: bytes) -> set[Any]:
    """Names of a distribution point of the certificate; `issuer` is the name (DER) that relative ones are relative to."""
    name = point["distribution_point"]
    if name.native is None:
        return set()
    if name.name == "name_relative_to_crl_issuer":
        return {_full_name(issuer, name.chosen.untag())}
    return {one.chosen.hashable if one.name == "directory_name" else one.native for one in name.chosen}


def _listed_names(parsed: x509.CertificateRevocationList, point: x509.IssuingDistributionPoint) -> set[Any]:
    """Names of the distribution point that the list is published at, empty when it names none."""
    listed: set[Any] = set()
    for general in point.full_name or ():
        value = getattr(general, "value", None)
        listed.add(asn1_x509.Name.load(value.public_bytes()).hashable if isinstance(value, x509.Name) else value)
    if point.relative_name is not None:
        relative = asn1_x509.RelativeDistinguishedName.load(_encoded(point.relative_name))
        listed.add(_full_name(parsed.issuer.public_bytes(), relative))
    return listed


def _encoded(relative: x509.RelativeDistinguishedName) -> bytes:
    """DER of a relative name: the only element of a name made of it."""
    whole = asn1_x509.Name.load(x509.Name([relative]).public_bytes())
    return bytes(whole.chosen[0].dump())


def _full_name(issuer: bytes, relative: Any) -> Any:
    """The full name that a name relative to the CRL issuer stands for."""
    full = asn1_x509.Name.load(issuer)
    full.chosen.append(relative)
    return full.hashable


def _has_unknown_critical_entries(parsed: x509.CertificateRevocationList) -> bool:
    # RFC 5280 §5.3: such a list must not be used to clear anything. Long lists are not walked for it: real authorities
    # with tens of thousands of entries do not invent entry extensions.
    if len(parsed) > 200:
        return False
    known = (x509.CRLReason, x509.InvalidityDate, x509.CertificateIssuer)
    try:
        with wall("crl-entry"):
            return any(e.critical and not isinstance(e.value, known) for entry in parsed for e in entry.extensions)
    except LibraryFault:
        return True
