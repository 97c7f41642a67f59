"""Revocation status of one certificate from CRLs (RFC 5280 §6.3) and OCSP responses (RFC 6960), all at hand already.

Nothing is fetched. Written by ourselves because pyhanko-certvalidator cannot find the issuer of a CRL when the authority
is pinned as an anchor, and lets a revoked certificate without distribution point pass. The theory: an authentic answer
"revoked" always counts, however old; an answer "good" counts only when it speaks of the time that matters and its scope
takes in the certificate. Indirect and partial CRLs can therefore revoke, and never clear, a certificate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import algos, ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding

from gateway.model import Revocation
from gateway.signatures import algorithms
from gateway.signatures.certificates import Certificate, is_authority, key_of, validity
from gateway.signatures.wall import LibraryFault, wall

SKEW = timedelta(minutes=10)
"""Clocks of authorities may differ from ours by this much."""
_OPEN_ENDED = timedelta(days=7)
"""How long an answer without nextUpdate is fresh."""
_RETROACTIVE = frozenset({"key_compromise", "ca_compromise", "aa_compromise"})
_ALL_REASONS = frozenset(
    flag.name
    for flag in x509.ReasonFlags
    if flag not in {x509.ReasonFlags.unspecified, x509.ReasonFlags.remove_from_crl}
)
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


@dataclass(frozen=True)
class Evidence:
    """Revocation data that came with a document."""

    lists: tuple[RevocationList, ...] = ()
    responses: tuple[bytes, ...] = ()
    """OCSPResponse or BasicOCSPResponse in DER."""


@dataclass(frozen=True)
class Answer:
    """What one source says of one certificate."""

    revoked: bool
    source: str
    this_update: datetime
    next_update: datetime | None
    reason: str = ""
    effective: datetime | None = None
    """Revocation date, or the earlier invalidity date."""
    reasons: frozenset[str] | None = None
    """Reasons that the source speaks of, None for all."""


@dataclass(frozen=True)
class Status:
    """The status drawn from all answers."""

    status: Revocation
    source: str = ""
    time: datetime | None = None
    """thisUpdate of the evidence."""
    problems: tuple[str, ...] = ()


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


def status(
    certificate: Certificate,
    issuer: Certificate,
    *,
    lists: Iterable[RevocationList],
    responses: Iterable[bytes] = (),
    now: datetime,
    existed_at: datetime | None = None,
) -> Status:
    """Return the status at `now`, or at `existed_at`, the time before which the signature is proven to exist."""
    answers = [*_from_lists(certificate, issuer, lists), *_from_responses(certificate, issuer, responses)]
    answers = [answer for answer in answers if answer.this_update <= now + SKEW]
    if not answers:
        return Status(Revocation.UNKNOWN, problems=("revocation-unknown",))
    newest = max(answer.this_update for answer in answers)
    for answer in answers:
        if answer.revoked and _is_effective(answer, existed_at, newest):
            problem = "certificate-on-hold" if answer.reason == "certificate_hold" else "certificate-revoked"
            return Status(Revocation.REVOKED, answer.source, answer.this_update, (problem,))
    expires = validity(certificate)[1]
    usable = [a for a in answers if _is_fresh(a, now, existed_at) and (existed_at is None or a.this_update <= expires)]
    # Each answer "good" or "revoked later than the signature" clears; answers for some reasons only do not.
    clearing = [answer for answer in usable if answer.reasons is None]
    partial = [answer for answer in usable if answer.reasons is not None]
    if frozenset[str]().union(*(answer.reasons or () for answer in partial)) >= _ALL_REASONS:
        clearing += partial  # together they speak of every reason (RFC 5280 §6.3.3 l)
    if clearing:
        best = max(clearing, key=lambda answer: answer.this_update)
        return Status(Revocation.GOOD, best.source, best.this_update)
    oldest = max(answers, key=lambda answer: answer.this_update)
    problem = "revocation-partial" if usable else "revocation-stale"
    return Status(Revocation.UNKNOWN, oldest.source, oldest.this_update, (problem,))


def _is_effective(answer: Answer, existed_at: datetime | None, newest: datetime) -> bool:
    if answer.reason == "certificate_hold" and answer.this_update < newest:
        return False  # a hold may have been lifted since
    if existed_at is None or answer.reason in _RETROACTIVE:
        return True
    return answer.effective is None or answer.effective <= existed_at


def _is_fresh(answer: Answer, now: datetime, existed_at: datetime | None) -> bool:
    ends = answer.next_update or answer.this_update + _OPEN_ENDED
    if ends >= now:
        return True
    return existed_at is not None and (answer.this_update >= existed_at or ends >= existed_at)


def _from_lists(certificate: Certificate, issuer: Certificate, lists: Iterable[RevocationList]) -> Iterator[Answer]:
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


def _from_responses(certificate: Certificate, issuer: Certificate, responses: Iterable[bytes]) -> Iterator[Answer]:
    for data in responses:
        try:
            with wall("ocsp"):
                yield from list(_ask_response(certificate, issuer, data))
        except LibraryFault:
            continue


def _ask_response(certificate: Certificate, issuer: Certificate, data: bytes) -> Iterator[Answer]:
    basic = _basic_response(data)
    if basic is None:
        return
    relevant = [
        single
        for single in basic["tbs_response_data"]["responses"]
        if single["cert_id"]["serial_number"].native == certificate.serial_number
        and _names_issuer(single["cert_id"], issuer)
    ]
    if not relevant or not _is_response_authentic(basic, issuer):
        return
    for single in relevant:
        state = single["cert_status"]
        if state.name == "unknown":
            continue
        reason, effective = "", None
        if state.name == "revoked":
            reason = state.chosen["revocation_reason"].native or ""
            effective = state.chosen["revocation_time"].native.astimezone(UTC)
        after = single["next_update"].native
        yield Answer(
            revoked=state.name == "revoked",
            source="embedded-ocsp",
            this_update=single["this_update"].native.astimezone(UTC),
            next_update=after.astimezone(UTC) if after else None,
            reason=reason,
            effective=effective,
        )


def _basic_response(data: bytes) -> Any:
    try:
        response = ocsp.OCSPResponse.load(data)
        if response["response_status"].native != "successful":
            return None
        return response["response_bytes"]["response"].parsed
    except (ValueError, TypeError):
        # XAdES and CAdES also keep the inner BasicOCSPResponse alone.
        return ocsp.BasicOCSPResponse.load(data)


def _names_issuer(identifier: Any, issuer: Certificate) -> bool:
    digest = identifier["hash_algorithm"]["algorithm"].native
    name = algorithms.Content((issuer.subject.dump(),)).digest(digest)
    key = algorithms.Content((bytes(issuer.public_key["public_key"]),)).digest(digest)
    return bool(identifier["issuer_name_hash"].native == name and identifier["issuer_key_hash"].native == key)


def _is_response_authentic(basic: Any, issuer: Certificate) -> bool:
    """RFC 6960 §4.2.2.2: signed by the authority itself, or by a responder that it certified for that."""
    scheme = algorithms.scheme_of(basic["signature_algorithm"])
    content = algorithms.Content((basic["tbs_response_data"].dump(),))
    signature = basic["signature"].native
    for candidate in [issuer, *(basic["certs"] or ())]:
        if candidate is not issuer and not _is_delegate(candidate, issuer, basic):
            continue
        if algorithms.verify(key_of(candidate), scheme, signature, content):
            return True
    return False


def _is_delegate(candidate: Certificate, issuer: Certificate, basic: Any) -> bool:
    if candidate.issuer.hashable != issuer.subject.hashable or is_authority(candidate):
        return False
    usages = candidate.extended_key_usage_value
    if usages is None or "ocsp_signing" not in usages.native:
        return False
    begin, end = validity(candidate)
    produced = basic["tbs_response_data"]["produced_at"].native.astimezone(UTC)
    if not begin <= produced <= end:
        return False
    scheme = algorithms.scheme_of(candidate["signature_algorithm"])
    content = algorithms.Content((candidate["tbs_certificate"].dump(),))
    return algorithms.verify(key_of(issuer), scheme, candidate["signature_value"].native, content)
