"""The value of one PDF signature: the CMS or bare signature in /Contents, verified over the signed bytes (ISO 32000-2 §12.8.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from asn1crypto import core
from pyhanko.pdf_utils import generic

from gateway.documents.signatures import cms
from gateway.documents.signatures.algorithms import Content, Scheme, describe_key, verify
from gateway.documents.signatures.certificates import checked, key_of
from gateway.documents.signatures.pdf_ranges import SignedRange
from gateway.documents.signatures.report import Facts
from gateway.documents.signatures.trust import TrustStore
from gateway.documents.signatures.wall import LibraryFault, wall
from gateway.model import Changes, Coverage, Integrity


def from_cms(common: Facts, signed: SignedRange, content: Content, *, sha1: bool, trust: TrustStore) -> Facts:
    """Complete what is known of a CMS signature; `sha1` says that it is of the kind adbe.pkcs7.sha1."""
    try:
        parsed = cms.parse(signed.contents)
    except LibraryFault:
        return _broken(common, "FORMAT_FAILURE", "malformed")
    problems = list(common.problems)
    if parsed.has_tail:
        # Only zeros fill the reserved space (ISO 32000-2 §12.8.1); no signature covers other bytes there.
        problems.append("hidden-in-contents")
        common = replace(common, coverage=Coverage.PARTIAL)
    signers = parsed.signers
    if len(signers) != 1:
        # ETSI EN 319 142-1 §5.3: exactly one; another one would be seen by some readers only.
        return _broken(replace(common, problems=problems), "FORMAT_FAILURE", "several-signers")
    if sha1:
        # ISO 32000-1 §12.8.3.3: the CMS signs the SHA-1 digest of the byte range as its own content.
        if parsed.content != content.digest("sha1"):
            return _broken(replace(common, problems=problems), "HASH_FAILURE")
        problems.append("weak-algorithm")
        content = Content((parsed.content or b"",))
    signer = cms.verify_signer(parsed, signers[0], content, extra=(*common.pool, *trust.others))
    return replace(
        common,
        integrity=signer.integrity,
        sub_indication=signer.sub_indication,
        changes=Changes.FORBIDDEN if signer.sub_indication == "HASH_FAILURE" else common.changes,
        certificate=signer.certificate,
        pool=(*parsed.certificates, *common.pool),
        evidence=parsed.evidence + common.evidence,
        algorithms=(*signer.algorithms, *(("sha1",) if sha1 else ())),
        claimed_time=signer.claimed_time or common.claimed_time,
        tokens=signer.timestamps,
        problems=(*problems, *signer.problems),
    )


def _broken(common: Facts, sub_indication: str, *problems: str) -> Facts:
    noted = (*common.problems, *problems)
    return replace(common, integrity=Integrity.BROKEN, sub_indication=sub_indication, problems=noted)


def from_bare_signature(common: Facts, signature: Any, signed: SignedRange, content: Content) -> Facts:
    """adbe.x509.rsa_sha1 (ISO 32000-1 §12.8.3.2): /Contents is an OCTET STRING with a PKCS #1 signature."""
    with wall("bare-signature"):
        held = signature["/Cert"]
        first = held[0] if isinstance(held, generic.ArrayObject) else held
        certificate = checked(first.original_bytes)
        value = core.OctetString.load(signed.contents).native
    intact = verify(key_of(certificate), Scheme("rsa", "sha1"), value, content)
    return replace(
        common,
        integrity=Integrity.INTACT if intact else Integrity.BROKEN,
        sub_indication="" if intact else "SIG_CRYPTO_FAILURE",
        certificate=certificate,
        algorithms=("sha1", "rsa-sha1", describe_key(key_of(certificate))),
    )
