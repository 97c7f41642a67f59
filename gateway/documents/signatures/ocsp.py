"""OCSP responses embedded in a document (RFC 6960): authenticity, and status of one certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC
from typing import Any

from asn1crypto import ocsp

from gateway.documents.signatures import algorithms
from gateway.documents.signatures.certificates import Certificate, is_authority, key_of, may_sign, validity
from gateway.documents.signatures.crl import Answer
from gateway.documents.signatures.wall import LibraryFault, wall


def from_responses(
    certificate: Certificate, issuer: Certificate, responses: Iterable[bytes], is_revoked: Callable[[Certificate], bool]
) -> Iterator[Answer]:
    """Yield the answers of all authentic responses on this certificate; `is_revoked` answers for responders."""
    for data in responses:
        try:
            with wall("ocsp"):
                yield from list(_ask_response(certificate, issuer, data, is_revoked))
        except LibraryFault:
            continue


def _ask_response(
    certificate: Certificate, issuer: Certificate, data: bytes, is_revoked: Callable[[Certificate], bool]
) -> Iterator[Answer]:
    basic = _basic_response(data)
    if basic is None:
        return
    relevant = [
        single
        for single in basic["tbs_response_data"]["responses"]
        if single["cert_id"]["serial_number"].native == certificate.serial_number
        and _names_issuer(single["cert_id"], issuer)
    ]
    signer = _signer_of(basic, issuer) if relevant else None
    if signer is None or (signer is not issuer and is_revoked(signer)):
        return
    for single in relevant:
        state = single["cert_status"]
        # Of a critical extension that is not known, asn1crypto gives the number in place of a name.
        if state.name == "unknown" or (state.name == "good" and any("." in one for one in single.critical_extensions)):
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


def _signer_of(basic: Any, issuer: Certificate) -> Certificate | None:
    """The authority itself, or a responder that it certified for that (RFC 6960 §4.2.2.2); None for a stranger."""
    scheme = _scheme(basic["signature_algorithm"])
    content = algorithms.Content((basic["tbs_response_data"].dump(),))
    signature = basic["signature"].native
    for candidate in [issuer, *(basic["certs"] or ())]:
        if candidate is not issuer and not _is_delegate(candidate, issuer, basic):
            continue
        if algorithms.verify(key_of(candidate), scheme, signature, content):
            return candidate
    return None


def _scheme(identifier: Any) -> algorithms.Scheme:
    """The algorithm of a response or responder. SHA-1 counts as for lists (`crl`); MD5 can be forged."""
    scheme = algorithms.scheme_of(identifier)
    if scheme.digest == "md5":
        raise LibraryFault("signature-algorithm", "md5")
    return scheme


def _is_delegate(candidate: Certificate, issuer: Certificate, basic: Any) -> bool:
    if candidate.issuer.hashable != issuer.subject.hashable or is_authority(candidate):
        return False
    usages = candidate.extended_key_usage_value
    if usages is None or "ocsp_signing" not in usages.native or not may_sign(candidate):
        return False
    begin, end = validity(candidate)
    produced = basic["tbs_response_data"]["produced_at"].native.astimezone(UTC)
    if not begin <= produced <= end:
        return False
    scheme = _scheme(candidate["signature_algorithm"])
    content = algorithms.Content((candidate["tbs_certificate"].dump(),))
    return algorithms.verify(key_of(issuer), scheme, candidate["signature_value"].native, content)
