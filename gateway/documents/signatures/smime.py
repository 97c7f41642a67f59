"""S/MIME signatures (RFC 8551) on the raw bytes of a MIME entity: multipart/signed and application/pkcs7-mime.

The signed bytes are those between the delimiter lines, header and all, with CRLF line ends (RFC 1847 §2.1); they are cut
out of the entity and never rebuilt from a parsed one. A multipart/signed that has not exactly one signed part and one
signature, in this order, is malformed: other parts would be shown beside the signed one as if they were signed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from gateway.documents.signatures import cms
from gateway.documents.signatures.algorithms import Content
from gateway.documents.signatures.cms import SignedData
from gateway.documents.signatures.detached import decode, signer_facts
from gateway.documents.signatures.report import Subject, assemble, malformed, unreadable
from gateway.documents.signatures.trust import TrustStore
from gateway.documents.signatures.wall import LibraryFault, wall
from gateway.mime import decode_body, parse
from gateway.model import Coverage, Integrity, Part, Signature
from gateway.model.formats import CMS_SIGNATURE

# "This is an S/MIME signed message" of OpenSSL, a notice of a scanner behind it: no client shows them (RFC 2046 §5.1.1), and
# the text policies read them as parts of their own.
_AROUND = re.compile(r"!(?:preamble|epilogue)(?:-\d+)?$")


def verify_smime(
    raw: bytes, *, part: str, filename: str | None, trust: TrustStore, now: datetime
) -> tuple[Signature, ...]:
    """Return the reports on a signed entity given with its header; empty when it is not signed (encrypted, certificates).

    `part` is the path of the signature part of multipart/signed, or of the pkcs7-mime part. Never raises on hostile input.
    """
    subject = Subject(part=part, filename=filename, container="smime", trust=trust, now=now)
    if b"\r\n" not in raw:
        raw = raw.replace(b"\n", b"\r\n")  # a file in Unix form; what is signed has CRLF (RFC 8551 §3.1.1)
    try:
        with wall("smime"):
            root = parse(raw).root
            if root.declared_type == "multipart/signed":
                return _multipart(raw, root, subject)
            return _opaque(raw, root, subject)
    except LibraryFault as fault:
        return (malformed(subject, fault=fault),)


def _multipart(raw: bytes, root: Part, subject: Subject) -> tuple[Signature, ...]:
    children = [child for child in root.children if "!" not in child.path]
    if len(children) != 2 or children[1].declared_type not in CMS_SIGNATURE.media_types:
        # PGP/MIME is another protocol, for which there are no keys; anything else is malformed.
        if children and children[-1].declared_type == "application/pgp-signature":
            return (unreadable(subject, problem="unsupported-format", integrity=Integrity.UNKNOWN),)
        return (malformed(subject),)
    parsed = cms.parse(decode(decode_body(raw, children[1]).data))
    octets = signed_octets(raw, children[0])
    covers = (f"{subject.part.rpartition('.')[0]}.1".removeprefix("."),)
    extra = any(child not in children and not _AROUND.search(child.path) for child in root.children)
    return _report(parsed, subject, Content((octets,)), covers, whole=not extra)


def signed_octets(raw: bytes, part: Part) -> bytes:
    """Return a part with its header as written between the delimiter lines (RFC 1847 §2.1)."""
    header = sum(len(one.raw) for one in part.header) + 2
    return raw[part.offset - header : part.offset + part.length]


def _opaque(raw: bytes, root: Part, subject: Subject) -> tuple[Signature, ...]:
    data = decode_body(raw, root).data
    try:
        parsed = cms.parse(decode(data))
    except LibraryFault:
        return ()  # enveloped or compressed data, or certificates only: the reader says what it is
    if not parsed.signers or parsed.content is None:
        return ()
    return _report(parsed, subject, Content((parsed.content,)), (subject.part,), whole=True)


def _report(
    parsed: SignedData, subject: Subject, content: Content, covers: tuple[str, ...], *, whole: bool
) -> tuple[Signature, ...]:
    reports = []
    coverage = Coverage.WHOLE if whole else Coverage.PARTIAL
    for signer in parsed.signers:
        facts = signer_facts(parsed, signer, content, trust=subject.trust, coverage=coverage)
        problems = facts.problems if whole else (*facts.problems, "uncovered-part")
        if len(parsed.signers) > 1:
            problems = (*problems, "several-signers")
        reports.append(assemble(subject, replace(facts, covers=covers, problems=problems)))
    return tuple(reports) or (malformed(subject),)
