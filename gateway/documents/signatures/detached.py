"""CMS signatures in files of their own (RFC 5652): beside the signed file (.p7s, .sig, .p7b) or around it (.p7m).

A detached signature is paired with a file by digest alone: the name only decides which file is tried first and which
one is reported as not matching. Swapping the file or the name leaves a signature that covers nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.documents.readers.mail.cms import unarmoured
from gateway.documents.signatures import cms
from gateway.documents.signatures.algorithms import Content
from gateway.documents.signatures.cms import SignedData
from gateway.documents.signatures.report import Facts, Subject, assemble, malformed
from gateway.documents.signatures.timestamps import TST_INFO
from gateway.documents.signatures.trust import TrustStore
from gateway.documents.signatures.wall import LibraryFault
from gateway.model import Changes, Coverage, Integrity, Part, Signature
from gateway.model.formats import SIGNATURE_SUFFIXES


def verify_attached(data: bytes, subject: Subject) -> tuple[Signature, ...]:
    """Return the reports on a CMS file that holds what it signs; a detached one alone covers nothing."""
    parsed = _parse(data)
    if parsed is None:
        return ()
    if parsed.content is None:
        return _report(parsed, subject, Content((b"",)), covers=(), matches=False)
    return _report(parsed, subject, Content((parsed.content,)), covers=(), matches=True)


def verify_detached(
    signature: bytes,
    others: Sequence[tuple[Part, bytes | None]],
    *,
    part: str,
    filename: str | None,
    trust: TrustStore,
    now: datetime,
) -> tuple[Signature, ...]:
    """Return the reports on a signature file over the files beside it; never raises on hostile input.

    Each report covers the paths of the files whose digest is the signed one. When none is, the file that the name points
    to is the one that was changed, or else the first that has a name, and the signature is broken; unless the bytes of one, None,
    are not at hand. A file whose whole name it bears, and that is another one than was signed, leaves it partial.
    """
    subject = Subject(part=part, filename=filename, container="cms", trust=trust, now=now)
    try:
        parsed = _parse(signature)
    except LibraryFault as fault:
        return (malformed(subject, fault=fault),)
    if parsed is None:
        return ()
    named = {other.path for other, _ in others if _bears_name(filename, other.filename)}
    if parsed.content is not None and parsed.content:
        # Some tools put the file into the signature and send it once more beside it.
        same = [other.path for other, data in others if data == parsed.content]
        covers = (part, *same) if same else ()
        return _report(parsed, subject, Content((parsed.content,)), covers=covers, matches=True, named=named)
    ordered = sorted(others, key=lambda one: not _names(filename, one[0].filename))
    best: tuple[Signature, ...] = ()
    for other, data in ordered:
        if data is None:
            continue
        same = [one.path for one, octets in others if octets == data]
        reports = _report(parsed, subject, Content((data,)), covers=tuple(same), matches=True, named=named)
        if any(one.sub_indication != "HASH_FAILURE" for one in reports):
            return reports
        best = best or (reports if other.filename else ())
    if best and all(data is not None for _, data in others):
        return best
    return _report(parsed, subject, Content((b"",)), covers=(), matches=False)


def _names(signature: str | None, file: str | None) -> bool:
    """Return whether the name of a signature file points to a file: `a.docx.p7s` or `a.p7s` to `a.docx`."""
    name = (file or "").casefold()
    return bool(signature and name) and _stem(signature) in {name, name.rpartition(".")[0]}


def _bears_name(signature: str | None, file: str | None) -> bool:
    """Return whether a signature file has the whole name of a file: `a.docx.p7s` that of `a.docx`."""
    return bool(signature and file) and _stem(signature) == (file or "").casefold()


def _stem(signature: str | None) -> str:
    stem = (signature or "").casefold()
    for suffix in SIGNATURE_SUFFIXES:
        stem = stem.removesuffix(suffix)
    return stem


def decode(data: bytes) -> bytes:
    """Return the DER or BER of a CMS file that may be PEM or bare base64."""
    try:
        octets, _ = unarmoured(data)
        return octets if octets[:1] == b"\x30" else base64.b64decode(b"".join(octets.split()), validate=True)
    except ValueError as error:
        raise LibraryFault("cms", "encoding") from error


def _parse(data: bytes) -> SignedData | None:
    """Return a file's SignedData, None for another kind of CMS or none; LibraryFault for too many signers."""
    try:
        parsed = cms.parse(decode(data))
    except LibraryFault:
        return None
    return parsed if parsed.signers else None


def _report(
    parsed: SignedData,
    subject: Subject,
    content: Content,
    *,
    covers: tuple[str, ...],
    matches: bool,
    named: Collection[str] = (),
) -> tuple[Signature, ...]:
    if parsed.content_type == TST_INFO:
        return ()  # a bare timestamp token signs nothing of the mail
    reports = []
    for signer in parsed.signers:
        if matches:
            facts = signer_facts(parsed, signer, content, trust=subject.trust)
            if not set(covers).issuperset(named):
                facts = replace(facts, coverage=Coverage.PARTIAL, problems=(*facts.problems, "uncovered-part"))
        else:
            meant = cms.find_signers(signer, (*parsed.certificates, *subject.trust.others))
            facts = Facts(
                integrity=Integrity.UNKNOWN,
                sub_indication="SIGNED_DATA_NOT_FOUND",
                coverage=Coverage.UNKNOWN,
                changes=Changes.NONE,
                certificate=meant[0] if meant else None,
                pool=parsed.certificates,
                problems=("signed-file-missing",),
            )
        reports.append(assemble(subject, replace(facts, covers=covers)))
    return tuple(reports) or (malformed(subject),)


def signer_facts(
    parsed: SignedData,
    signer: Any,
    content: Content,
    *,
    trust: TrustStore,
    field_name: str = "",
    coverage: Coverage = Coverage.WHOLE,
) -> Facts:
    """Verify a SignerInfo over `content` and return the facts for the report."""
    verified = cms.verify_signer(parsed, signer, content, extra=trust.others)
    return Facts(
        field=field_name,
        integrity=verified.integrity,
        sub_indication=verified.sub_indication,
        coverage=Coverage.PARTIAL if parsed.has_tail else coverage,
        changes=Changes.FORBIDDEN if verified.sub_indication == "HASH_FAILURE" else Changes.NONE,
        certificate=verified.certificate,
        pool=parsed.certificates,
        evidence=parsed.evidence,
        algorithms=verified.algorithms,
        claimed_time=verified.claimed_time,
        tokens=verified.timestamps,
        problems=(*verified.problems, "trailing-bytes") if parsed.has_tail else verified.problems,
    )
