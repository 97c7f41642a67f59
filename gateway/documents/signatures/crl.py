"""Certificate revocation lists (RFC 5280 §5, §6.3): which are authentic for a certificate, and what each says of it.

Complete, partial, indirect and delta lists. A list counts when its issuer is the certificate's own, or the one that a
distribution point of the certificate names (`cRLIssuer`); when it is signed by the authority above the certificate, by an
anchor of that name, or by a certificate that `Signers` vouches for. A delta list only ever adds to a complete list of the same
scope and key; alone it revokes and never clears.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding

from gateway.documents.signatures import algorithms
from gateway.documents.signatures.certificates import Certificate, key_of
from gateway.documents.signatures.crl_scope import Scope, names_as_issuer, point_of, scope_for
from gateway.documents.signatures.wall import LibraryFault, readings, wall

SKEW = timedelta(minutes=10)
"""Clocks of authorities may differ from ours by this much."""


@dataclass(frozen=True)
class Answer:
    """Answer of one source about one certificate."""

    revoked: bool
    source: str
    this_update: datetime
    next_update: datetime | None
    reason: str = ""
    effective: datetime | None = None
    """Revocation date, or the earlier invalidity date."""
    reasons: frozenset[str] | None = None
    """Reasons that the source speaks of, None for all."""


_INDIRECT_LIMIT = 50_000
"""Entries of an indirect list that are walked: in it, who issued a certificate depends on all entries before."""


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

    def extension(self, kind: type[x509.ExtensionType]) -> Any:
        """Return the value of an extension, None without it."""
        try:
            return self.parsed.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None


Signers = Callable[[RevocationList], Sequence[Certificate]]
"""Certificates of the list issuer's name that have a path to an authority of ours and may sign lists for it."""


def load_list(data: bytes, *, embedded: bool) -> RevocationList:
    """Parse a CRL in DER or PEM; LibraryFault when it is none."""
    with wall("crl"):
        if data.lstrip().startswith(b"-----BEGIN"):
            parsed = x509.load_pem_x509_crl(data)
        else:
            parsed = x509.load_der_x509_crl(data)
        issuer = asn1_x509.Name.load(parsed.issuer.public_bytes()).hashable
        return RevocationList(parsed, issuer, parsed.last_update_utc, parsed.next_update_utc, embedded)


def readable_lists(octets: Iterable[bytes]) -> tuple[RevocationList, ...]:
    """Return those of the lists that came with a document that can be read; another one is no evidence."""
    return tuple(readings(partial(load_list, embedded=True), octets))


def is_signed_by(revocations: RevocationList, issuer: Certificate) -> bool:
    """Return whether the CRL's signature is by this authority's key, and the key may sign CRLs."""
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


def nobody(_: RevocationList) -> Sequence[Certificate]:
    """`Signers` that vouch for no certificate."""
    return ()


def from_lists(
    certificate: Certificate, issuer: Certificate, lists: Iterable[RevocationList], signers: Signers = nobody
) -> Iterator[Answer]:
    """Yield the answers of all lists that are authentic for this certificate, and of those joined with their deltas."""
    authentic = [one for one in lists if _is_authentic(certificate, issuer, one, signers)]
    deltas = [one for one in authentic if _number(one, x509.DeltaCRLIndicator) is not None]
    for one in authentic:
        try:
            with wall("crl-entry"):
                answers = list(_ask(certificate, issuer, one, deltas))
        except LibraryFault:
            continue  # an unreadable entry is no answer; without another answer the status stays unknown
        yield from answers


def _is_authentic(certificate: Certificate, issuer: Certificate, one: RevocationList, signers: Signers) -> bool:
    if one.issuer == issuer.subject.hashable:
        # A list by any anchor of the issuer's name counts: authorities change keys and keep their names.
        return bool(one.trusted_keys) or is_signed_by(one, issuer) or bool(signers(one))
    try:
        with wall("crl-issuer"):
            point = point_of(one.parsed)
            named = point is not None and point.indirect_crl and names_as_issuer(certificate, one.issuer)
    except LibraryFault:
        return False
    return named and bool(signers(one))


def _ask(
    certificate: Certificate, issuer: Certificate, one: RevocationList, deltas: Sequence[RevocationList]
) -> Iterator[Answer]:
    entry = _entry(certificate, issuer, one)
    scope = scope_for(certificate, one.parsed, one.issuer)
    listed = entry is not None and _reason(entry) != "remove_from_crl"
    if _number(one, x509.DeltaCRLIndicator) is not None:
        if listed:
            yield _answer(one, entry, scope)
        return
    if listed or scope.covers:
        yield _answer(one, entry if listed else None, scope)
    for delta in deltas:
        if not _adds_to(delta, one):
            continue
        later = _entry(certificate, issuer, delta)
        if later is not None and _reason(later) == "remove_from_crl":
            later = None
        elif later is None:
            later = entry if listed else None
        if later is not None or (scope.covers and scope_for(certificate, delta.parsed, delta.issuer).covers):
            yield _answer(delta, later, scope)


def _adds_to(delta: RevocationList, base: RevocationList) -> bool:
    """Return whether a delta list may be joined with a complete list (RFC 5280 §5.2.4, §6.3.3 c)."""
    start, number = _number(delta, x509.DeltaCRLIndicator), _number(delta, x509.CRLNumber)
    held = _number(base, x509.CRLNumber)
    if start is None or number is None or held is None or delta.issuer != base.issuer:
        return False
    same_scope = point_of(delta.parsed) == point_of(base.parsed)
    same_key = delta.extension(x509.AuthorityKeyIdentifier) == base.extension(x509.AuthorityKeyIdentifier)
    return same_scope and same_key and start <= held < number


def _number(one: RevocationList, kind: type[x509.CRLNumber | x509.DeltaCRLIndicator]) -> int | None:
    try:
        with wall("crl-number"):
            value = one.extension(kind)
            return int(value.crl_number) if value is not None else None
    except LibraryFault:
        return None


def _answer(one: RevocationList, entry: x509.RevokedCertificate | None, scope: Scope) -> Answer:
    return Answer(
        revoked=entry is not None,
        source="embedded-crl" if one.embedded else "crl",
        this_update=one.this_update,
        next_update=one.next_update,
        reason=_reason(entry) if entry is not None else "",
        effective=_effective(entry) if entry is not None else None,
        reasons=None if entry is not None else scope.reasons,
    )


def _entry(certificate: Certificate, issuer: Certificate, one: RevocationList) -> x509.RevokedCertificate | None:
    """Return the entry of a list for this certificate of this issuer, None when there is none."""
    entry = one.parsed.get_revoked_certificate_by_serial_number(certificate.serial_number)
    point = point_of(one.parsed)
    if entry is None or point is None or not point.indirect_crl:
        return entry
    if len(one.parsed) > _INDIRECT_LIMIT:
        raise LibraryFault("crl", "indirect list too long")
    wanted = issuer.subject.hashable
    current = {one.issuer}
    for each in one.parsed:
        # RFC 5280 §5.3.3: an entry without certificateIssuer is of the issuer of the entry before it.
        current = _entry_issuers(each) or current
        if each.serial_number == certificate.serial_number and wanted in current:
            return each
    return None


def _entry_issuers(entry: x509.RevokedCertificate) -> set[Any]:
    try:
        named = entry.extensions.get_extension_for_class(x509.CertificateIssuer).value
    except x509.ExtensionNotFound:
        return set()
    names = [one.value for one in named if isinstance(one, x509.DirectoryName)]
    return {asn1_x509.Name.load(name.public_bytes()).hashable for name in names}


def _reason(entry: x509.RevokedCertificate) -> str:
    value = _said(entry, x509.CRLReason)
    return str(value.reason.name) if value is not None else ""


def _effective(entry: x509.RevokedCertificate) -> datetime:
    value = _said(entry, x509.InvalidityDate)
    return entry.revocation_date_utc if value is None else min(entry.revocation_date_utc, value.invalidity_date_utc)


def _said(entry: x509.RevokedCertificate, kind: type[x509.ExtensionType]) -> Any:
    """Value of an extension of an entry, None without one that can be read: the certificate is listed all the same."""
    try:
        with wall("crl-entry"):
            return entry.extensions.get_extension_for_class(kind).value
    except LibraryFault:
        return None
