"""Certification path validation: chain, validity, purpose and revocation at the time that counts.

The time that counts is the earliest trusted, strong timestamp over the signature, else now (ETSI EN 319 102-1 §5.5). A
certificate that has expired since is carried by such a timestamp only together with revocation data about the time of
signing; without it a signature made before a revocation cannot be distinguished from one made after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from gateway.documents.signatures import chain_status
from gateway.documents.signatures import path as paths
from gateway.documents.signatures.certificates import Certificate, may_sign
from gateway.documents.signatures.chain_status import Sources
from gateway.documents.signatures.path import Path
from gateway.documents.signatures.revocation import Evidence, Status
from gateway.documents.signatures.trust import TrustStore
from gateway.documents.signatures.wall import LibraryFault, wall
from gateway.model import Revocation, Trust


class Purpose(Enum):
    """Purpose for which a certificate was used."""

    DOCUMENT = "document"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True)
class Judgement:
    """The trust axis of one certificate with what led to it."""

    trust: Trust
    sub_indication: str = ""
    status: Status = field(default_factory=lambda: Status(Revocation.UNKNOWN))
    key_usage_ok: bool | None = None
    problems: tuple[str, ...] = ()


# ISO 32000, Microsoft and Adobe document signing, e-mail protection, and what VGCA writes into its certificates.
_DOCUMENT_PURPOSES = frozenset({
    "any_extended_key_usage", "client_auth", "email_protection", "microsoft_smart_card_logon",
    "microsoft_document_signing", "adobe_authentic_documents_trust", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.311.20.2.2",
    "1.3.6.1.4.1.311.10.3.12", "1.2.840.113583.1.1.5",
})  # fmt: skip
_ORDER = (
    "EXPIRED",
    "NOT_YET_VALID",
    "CRYPTO_CONSTRAINTS_FAILURE",
    "CHAIN_CONSTRAINTS_FAILURE",
    "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    "NO_CERTIFICATE_CHAIN_FOUND",
)


def fits_purpose(certificate: Certificate, purpose: Purpose) -> bool:
    """Return whether keyUsage and extendedKeyUsage, where present, allow the purpose."""
    if not may_sign(certificate):
        return False
    extended = certificate.extended_key_usage_value
    match purpose:
        case Purpose.TIMESTAMP:
            # RFC 3161 §2.3: one purpose only, in a critical extension.
            return extended is not None and extended.native == ["time_stamping"]
        case Purpose.DOCUMENT:
            return extended is None or bool(_DOCUMENT_PURPOSES.intersection(extended.native))


def _may_issue(authority: Certificate, purpose: Purpose) -> bool:
    """Return whether an authority that came with the document may certify for the purpose.

    RFC 5280 leaves it open; operating systems and browsers let no authority certify for purposes that it has not itself, by
    which an authority for web servers is kept from naming people.
    """
    extended = authority.extended_key_usage_value
    if extended is None:
        return True
    wanted = _DOCUMENT_PURPOSES if purpose is Purpose.DOCUMENT else {"time_stamping", "any_extended_key_usage"}
    return not wanted.isdisjoint(extended.native)


def judge(
    store: TrustStore,
    leaf: Certificate,
    *,
    pool: Sequence[Certificate],
    evidence: Evidence,
    purpose: Purpose,
    now: datetime,
    existed_at: datetime | None = None,
) -> Judgement:
    """Judge `leaf`; `pool` holds the untrusted certificates and `evidence` the revocation data of the document."""
    try:
        with wall("judgement"):
            usage_ok = fits_purpose(leaf, purpose)
            moment = existed_at or now
            sources = Sources(
                anchors=store.anchors,
                issuers_of=store.issuers_of,
                strangers=(*store.others, *pool),
                lists=(*store.lists, *evidence.lists),
                responses=evidence.responses,
                holds=lambda path: not paths.check(path, at=moment),
                now=now,
                existed_at=existed_at,
                stamps=purpose is Purpose.TIMESTAMP,
            )
            best = Judgement(Trust.UNTRUSTED, "NO_CERTIFICATE_CHAIN_FOUND", key_usage_ok=usage_ok)
            found: list[Path] = [(leaf,)] if store.is_anchor(leaf) else []
            for path in (*found, *paths.candidates(leaf, pool, store.issuers_of)):
                fault = paths.check(path, at=moment)
                if not fault and not all(_may_issue(one, purpose) for one in path[1:-1]):
                    fault = "CHAIN_CONSTRAINTS_FAILURE"
                judged = _judge_path(path, sources, fault, usage_ok=usage_ok)
                if judged.trust is Trust.TRUSTED or judged.sub_indication == "REVOKED":
                    return judged
                if _ORDER.index(judged.sub_indication) < _ORDER.index(best.sub_indication):
                    best = judged
            return best
    except LibraryFault:
        return Judgement(Trust.UNTRUSTED, "CERTIFICATE_CHAIN_GENERAL_FAILURE", problems=("unreadable-certificate",))


def _judge_path(path: Path, sources: Sources, fault: str, *, usage_ok: bool) -> Judgement:
    """Judge one path, of which `fault` is wrong already."""
    if fault and fault != "EXPIRED":
        return Judgement(Trust.UNTRUSTED, fault, key_usage_ok=usage_ok)
    found = chain_status.along(path, sources)
    own = found[0] if found else Status(Revocation.GOOD, "anchor")
    # An authority that came with the document, and of which nothing is known, may have been revoked (§5.2.6.4).
    brought = found[1 : len(path) - 1] if own.status is Revocation.GOOD else ()
    status = next((one for one in brought if one.status is Revocation.UNKNOWN), own)
    problems = status.problems if status is own else ("authority-unchecked",)
    if any(one.status is Revocation.REVOKED for one in found[1:]):
        fault, problems = "REVOKED", (*problems, "authority-revoked")
    elif own.status is Revocation.REVOKED:
        fault = "REVOKED"
    elif not fault and sources.existed_at is not None and paths.check(path, at=sources.now) == "EXPIRED":
        # Expired since: only evidence of the time of signing carries the signer further.
        fault = "" if own.status is Revocation.GOOD else "EXPIRED"
    if not fault and not usage_ok:
        fault, problems = "CHAIN_CONSTRAINTS_FAILURE", (*problems, "wrong-key-usage")
    return Judgement(Trust.UNTRUSTED if fault else Trust.TRUSTED, fault, status, usage_ok, problems)
