"""RFC 3161 timestamps: coverage of given bytes, trust in the authority, algorithm strength."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from asn1crypto import tsp

from gateway.documents.signatures import algorithms, cms
from gateway.documents.signatures.algorithms import Content
from gateway.documents.signatures.certificates import Certificate, distinguished_name
from gateway.documents.signatures.crl import SKEW
from gateway.documents.signatures.judge import Judgement, Purpose, judge
from gateway.documents.signatures.revocation import Evidence
from gateway.documents.signatures.trust import TrustStore
from gateway.documents.signatures.wall import LibraryFault, wall
from gateway.model import Integrity, Timestamp, Trust

TST_INFO = "1.2.840.113549.1.9.16.1.4"
_MAX_TOKENS = 8


@dataclass(frozen=True)
class Verified:
    """A timestamp token after verification."""

    timestamp: Timestamp | None
    """None when the token cannot be read."""
    integrity: Integrity
    imprint_ok: bool
    judgement: Judgement | None = None
    certificate: Certificate | None = None
    algorithms: tuple[str, ...] = ()
    sub_indication: str = ""

    @property
    def proves(self) -> bool:
        """Return whether it proves that the bytes existed: intact, over them, trusted, by strong algorithms."""
        return self.timestamp is not None and self.timestamp.trusted and not self.timestamp.weak


_UNREADABLE = Verified(None, Integrity.BROKEN, imprint_ok=False, sub_indication="FORMAT_FAILURE")


def verify(
    token: bytes,
    content: Content,
    *,
    store: TrustStore,
    pool: Sequence[Certificate] = (),
    evidence: Evidence | None = None,
    now: datetime,
) -> Verified:
    """Verify a token (ContentInfo) over `content`; never raises on hostile input."""
    try:
        with wall("timestamp"):
            data = cms.parse(token)
            return verify_parsed(data, content, store=store, pool=pool, evidence=evidence or Evidence(), now=now)
    except LibraryFault:
        return _UNREADABLE


def verify_parsed(
    data: cms.SignedData,
    content: Content,
    *,
    store: TrustStore,
    pool: Sequence[Certificate],
    evidence: Evidence,
    now: datetime,
) -> Verified:
    """Verify a parsed token; LibraryFault when it is none."""
    if data.content_type != TST_INFO or data.content is None or len(data.signers) != 1:
        raise LibraryFault("timestamp", "no TSTInfo with one signer")
    with wall("timestamp"):
        info: Any = tsp.TSTInfo.load(data.content)
        imprint = info["message_imprint"]
        imprint_digest = algorithms.digest_name(imprint["hash_algorithm"])
        moment = info["gen_time"].native.astimezone(UTC)
        imprint_ok = imprint["hashed_message"].native == content.digest(imprint_digest)
    signer = cms.verify_signer(data, data.signers[0], Content((data.content,)), extra=(*pool, *store.others))
    used = tuple(dict.fromkeys((imprint_digest, *signer.algorithms)))
    weak = bool(algorithms.weaknesses(used))
    judgement = None
    authority = ""
    if signer.certificate is not None:
        authority = distinguished_name(signer.certificate.subject)
        judgement = judge(
            store,
            signer.certificate,
            pool=(*data.certificates, *pool),
            evidence=data.evidence + evidence,
            purpose=Purpose.TIMESTAMP,
            now=moment,
            existed_at=moment,
        )
    trusted = (
        imprint_ok
        and signer.integrity is Integrity.INTACT
        and judgement is not None
        and judgement.trust is Trust.TRUSTED
        and moment <= now + SKEW
    )
    return Verified(
        Timestamp(time=moment, trusted=trusted, weak=weak, authority=authority),
        signer.integrity,
        imprint_ok,
        judgement,
        signer.certificate,
        used,
        signer.sub_indication or ("" if imprint_ok else "HASH_FAILURE"),
    )


def verify_all(
    tokens: Iterable[tuple[bytes, Content]],
    *,
    store: TrustStore,
    pool: Sequence[Certificate],
    evidence: Evidence,
    now: datetime,
) -> tuple[Verified, ...]:
    """Verify each token over its content, best first: those that prove something by their time, then those that do not."""
    few = islice(tokens, _MAX_TOKENS)
    found = [verify(token, content, store=store, pool=pool, evidence=evidence, now=now) for token, content in few]
    last = datetime.max.replace(tzinfo=UTC)

    def rank(one: Verified) -> tuple[bool, bool, datetime]:
        trusted = one.timestamp is not None and one.timestamp.trusted
        return not one.proves, not trusted, one.timestamp.time if one.timestamp else last

    return tuple(sorted(found, key=rank))
