"""Seal of an issued document: person or organisation (Decree 30/2020, Article 5.1), own or another's."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator

from gateway.model import Evidence, Finding, FindingOutcome, HolderKind, Signature, Signer
from gateway.vietnamese.unit_names import fold_unit, shown_unit, unit_names
from policies._findings import failed, passed
from policies._signature_findings import is_valid, on
from policies._signed_files import SignedFile
from policies._signing_settings import Settings


def holders(one: SignedFile, evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    """Person and seal on an issued document (Decree 30/2020, Article 5.1), and whose seal it is."""
    valid = [signature for signature in one.signatures if is_valid(signature)]
    if not valid:
        return
    kinds = {signature.holder_kind for signature in valid}
    if one.issued:
        missing = [
            word
            for kind, word in ((HolderKind.PERSON, "person"), (HolderKind.ORGANISATION, "seal"))
            if kind not in kinds
        ]
        for word in missing:
            yield failed("two_signatures", one.about, missing=word)
        if not missing:
            yield passed("two_signatures", one.about)
    own = _own_names(one, evidence, settings)
    for signature in valid:
        sealed = signature.holder_kind is HolderKind.ORGANISATION and not _is_own(signature, own, settings)
        if sealed or _looks_like_own(signature, own):
            yield on(signature, "other_organisation", FindingOutcome.FAILED)


def _own_names(one: SignedFile, evidence: Evidence, settings: Settings) -> frozenset[str]:
    """Folded names whose seals are one's own."""
    own = frozenset(fold_unit(name) for name in settings.own_organisations)
    if evidence.directory is not None:
        own |= unit_names(evidence.directory)
    if not settings.own_organisations:
        own |= frozenset(one.recognition.issuer_is)
    return own


def _is_own(signature: Signature, own: frozenset[str], settings: Settings) -> bool:
    """Compare whole names, never parts of them: look-alikes are how impostors come in."""
    signer = signature.signer
    if signer is None:
        return False
    if signer.tax_id is not None and signer.tax_id in settings.own_tax_ids:
        return True
    return not own.isdisjoint(_names(signer))


def _looks_like_own(signature: Signature, own: frozenset[str]) -> bool:
    """Return whether a holder's name shows as one's own by letters of another script, so that it passes for a seal to the eye alone."""
    name = signature.signer.common_name if signature.signer is not None else None
    if name is None or fold_unit(name) in own:
        return False
    shown = shown_unit(name)
    return shown != fold_unit(unicodedata.normalize("NFD", name)) and shown in own


def issuer_digest(issuer: str) -> str:
    """Return what an issuer's name is compared by: in its place in a head there may be any words in capitals."""
    return hashlib.sha256(fold_unit(issuer).encode("utf-8", "surrogatepass")).hexdigest() if issuer else ""


def are_issuer(signatures: Iterable[Signature], issuer: str) -> tuple[str, ...]:
    """Return the name on signatures that is the issuer's by its digest, folded; also what a name looks like."""
    names = {
        name
        for signature in signatures
        if issuer and signature.signer is not None
        for name in (*_names(signature.signer), shown_unit(signature.signer.common_name or ""))
    }
    return tuple(name for name in names if issuer_digest(name) == issuer)


def _names(signer: Signer) -> Iterator[str]:
    return (fold_unit(name) for name in (signer.common_name, signer.organisation, signer.organisational_unit) if name)
