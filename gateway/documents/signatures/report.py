"""Separate facts to one `Signature`; the indication of ETSI EN 319 102-1 §5.1.3 is derived here, last.

Every container hands over what it alone knows (integrity, coverage, changes, place); what is the same for all, the
signer, the timestamps, trust and revocation, is found here once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.documents.signatures import algorithms, timestamps
from gateway.documents.signatures.algorithms import Content
from gateway.documents.signatures.certificates import Certificate, clean, describe
from gateway.documents.signatures.holder import kind_of
from gateway.documents.signatures.judge import Judgement, Purpose, judge
from gateway.documents.signatures.revocation import Evidence
from gateway.documents.signatures.timestamps import Verified
from gateway.documents.signatures.trust import TrustStore
from gateway.documents.signatures.wall import LIMIT, LibraryFault
from gateway.model import (
    Changes,
    Coverage,
    HolderKind,
    Indication,
    Integrity,
    Revocation,
    Signature,
    Signer,
    Timestamp,
    Trust,
)

REMOVED = "signature-removed"
"""Problem code: the file was signed, and what it says of that now leads to no signature."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The file whose signatures are verified, and by what."""

    part: str
    filename: str | None
    container: str
    trust: TrustStore
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Data of one signature from its container."""

    field: str = ""
    covers: tuple[str, ...] = ()
    """Paths of other parts that it signs."""
    uncovered: int = 0
    integrity: Integrity
    sub_indication: str = ""
    """Why the integrity is not intact."""
    coverage: Coverage
    changes: Changes
    certificate: Certificate | None = None
    pool: Sequence[Certificate] = ()
    evidence: Evidence = dataclasses.field(default_factory=Evidence)
    algorithms: tuple[str, ...] = ()
    claimed_time: datetime | None = None
    tokens: Sequence[tuple[bytes, Content]] = ()
    """Timestamp tokens, each with what it is over."""
    later: Sequence[Verified] = ()
    """Document timestamps, verified, that cover this signature."""
    problems: Sequence[str] = ()


def assemble(subject: Subject, facts: Facts) -> Signature:
    """Return the report on one signature."""
    stamps = timestamps.verify_all(
        facts.tokens, store=subject.trust, pool=facts.pool, evidence=facts.evidence, now=subject.now
    )
    proofs = [stamp.timestamp.time for stamp in (*stamps, *facts.later) if stamp.proves and stamp.timestamp]
    problems = list(facts.problems) + _timestamp_problems(stamps)
    # A signature by a bare key proves integrity and no signer; one that cannot be verified proves nothing.
    judged = Judgement(Trust.UNTRUSTED if facts.integrity is Integrity.INTACT else Trust.UNKNOWN)
    signer: Signer | None = None
    kind = HolderKind.UNKNOWN
    if facts.certificate is not None:
        judged = judge(
            subject.trust,
            facts.certificate,
            pool=facts.pool,
            evidence=facts.evidence,
            purpose=Purpose.DOCUMENT,
            now=subject.now,
            existed_at=min(proofs) if proofs else None,
        )
        try:
            signer = describe(facts.certificate)
            if facts.integrity is Integrity.INTACT:
                kind = kind_of(signer, subject.trust.roles)
        except LibraryFault:
            problems.append("unreadable-certificate")
    return conclude(
        subject,
        facts,
        judged=judged,
        signer=signer,
        kind=kind,
        timestamp=_shown(stamps, facts.later),
        problems=problems,
    )


def conclude(
    subject: Subject,
    facts: Facts,
    *,
    judged: Judgement | None = None,
    signer: Signer | None = None,
    kind: HolderKind = HolderKind.UNKNOWN,
    timestamp: Timestamp | None = None,
    problems: Sequence[str],
    document_timestamp: bool = False,
) -> Signature:
    """Put the axes together and derive the indication from them."""
    judged = judged or Judgement(Trust.UNKNOWN)
    weak = algorithms.weaknesses(facts.algorithms)
    trust, reason = judged.trust, judged.sub_indication
    notes = [*problems, *judged.problems]
    if weak:
        notes.append("weak-algorithm")
        if trust is Trust.TRUSTED:
            trust, reason = Trust.UNTRUSTED, "CRYPTO_CONSTRAINTS_FAILURE"
    status = judged.status.status
    indication, sub_indication = _bottom_line(facts, trust, reason, status)
    return Signature(
        part=subject.part,
        filename=subject.filename,
        container=subject.container,
        field=clean(facts.field),
        covers=facts.covers,
        document_timestamp=document_timestamp,
        integrity=facts.integrity,
        coverage=facts.coverage,
        uncovered=facts.uncovered,
        changes=facts.changes,
        trust=trust,
        signer=signer,
        holder_kind=kind,
        claimed_time=facts.claimed_time,
        timestamp=timestamp,
        revocation=status,
        revocation_source=judged.status.source,
        revocation_time=judged.status.time,
        algorithms=tuple(dict.fromkeys(facts.algorithms)),
        key_usage_ok=judged.key_usage_ok,
        indication=indication,
        sub_indication=sub_indication,
        problems=tuple(dict.fromkeys(notes)),
    )


def on_timestamp(subject: Subject, facts: Facts, verified: Verified, problems: Sequence[str]) -> Signature:
    """Return the report on a timestamp over a whole document or container."""
    return conclude(
        subject,
        facts,
        judged=verified.judgement,
        signer=describe(verified.certificate) if verified.certificate is not None else None,
        timestamp=verified.timestamp,
        problems=problems,
        document_timestamp=True,
    )


def unreadable(subject: Subject, *, field_name: str = "", problem: str, integrity: Integrity) -> Signature:
    """Return the report on a signature of which nothing more than its presence is known."""
    facts = Facts(
        field=field_name,
        integrity=integrity,
        sub_indication="FORMAT_FAILURE",
        coverage=Coverage.UNKNOWN,
        changes=Changes.NONE if integrity is Integrity.UNKNOWN else Changes.FORBIDDEN,
        problems=(problem,),
    )
    return conclude(subject, facts, problems=facts.problems)


def malformed(subject: Subject, *, field_name: str = "", fault: LibraryFault | None = None) -> Signature:
    """Return the report on an unreadable signature; after a limit of the gateway nothing is known of it."""
    if fault is not None and fault.what == LIMIT:
        return unreadable(subject, field_name=field_name, problem=LIMIT, integrity=Integrity.UNKNOWN)
    return unreadable(subject, field_name=field_name, problem="malformed", integrity=Integrity.BROKEN)


def removed(subject: Subject, *, field_name: str) -> Signature:
    """Return the report on a signature of which the file says that it is there, and that is not there."""
    return unreadable(subject, field_name=field_name, problem=REMOVED, integrity=Integrity.BROKEN)


def _bottom_line(facts: Facts, trust: Trust, reason: str, status: Revocation) -> tuple[Indication, str]:
    if facts.integrity is Integrity.BROKEN:
        return Indication.TOTAL_FAILED, facts.sub_indication or "HASH_FAILURE"
    if facts.integrity is Integrity.UNKNOWN:
        return Indication.INDETERMINATE, facts.sub_indication or "SIG_CONSTRAINTS_FAILURE"
    if facts.changes is Changes.FORBIDDEN:
        return Indication.TOTAL_FAILED, "FORMAT_FAILURE"
    if facts.coverage is not Coverage.WHOLE:
        return Indication.INDETERMINATE, "SIG_CONSTRAINTS_FAILURE"
    if reason == "REVOKED" or status is Revocation.REVOKED:
        return Indication.TOTAL_FAILED, "REVOKED"
    if trust is not Trust.TRUSTED:
        return Indication.INDETERMINATE, reason or "NO_CERTIFICATE_CHAIN_FOUND"
    if status is Revocation.UNKNOWN:
        # ETSI EN 319 102-1 §5.2.6: the chain holds, fresh revocation data is missing.
        return Indication.INDETERMINATE, "TRY_LATER"
    return Indication.TOTAL_PASSED, ""


def _timestamp_problems(stamps: Sequence[Verified]) -> list[str]:
    found = []
    for stamp in stamps:
        if stamp.timestamp is None or stamp.integrity is not Integrity.INTACT or not stamp.imprint_ok:
            found.append("broken-timestamp")
        elif not stamp.timestamp.trusted:
            found.append("untrusted-timestamp")
        elif stamp.timestamp.weak:
            found.append("weak-timestamp")
    return found


def _shown(stamps: Sequence[Verified], later: Sequence[Verified]) -> Timestamp | None:
    """The timestamp worth showing: the signature's own first."""
    for stamp in (*stamps, *later):
        if stamp.timestamp is not None and stamp.imprint_ok and stamp.integrity is Integrity.INTACT:
            return stamp.timestamp
    return None
