"""Whose seal is on an issued document: person and organisation (Decree 30/2020, Article 5.1), one's own or another's."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final, Protocol

from gateway.model import Directory, Evidence, Finding, FindingOutcome, HolderKind, Signature
from policies._signature_findings import is_valid, on
from policies._signed_files import SignedFile


class SealSettings(Protocol):
    """The settings that decide."""

    @property
    def own_organisations(self) -> tuple[str, ...]: ...
    @property
    def own_tax_ids(self) -> tuple[str, ...]: ...


def holders(one: SignedFile, evidence: Evidence, settings: SealSettings) -> Iterator[Finding]:
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
            yield Finding(
                rule="two_signatures", outcome=FindingOutcome.FAILED, about=one.about, params={"missing": word}
            )
        if not missing:
            yield Finding(rule="two_signatures", outcome=FindingOutcome.PASSED, about=one.about)
    for signature in valid:
        if signature.holder_kind is HolderKind.ORGANISATION and not _is_own(signature, one, evidence, settings):
            yield on(signature, "other_organisation", FindingOutcome.FAILED)


def _is_own(signature: Signature, one: SignedFile, evidence: Evidence, settings: SealSettings) -> bool:
    """Compare whole names, never parts of them: look-alikes are how impostors come in."""
    signer = signature.signer
    if signer is None:
        return False
    if signer.tax_id is not None and signer.tax_id in settings.own_tax_ids:
        return True
    own = {_fold_name(name) for name in settings.own_organisations}
    if evidence.directory is not None:
        own |= _unit_names(evidence.directory)
    if not settings.own_organisations:
        own |= {_fold_name(one.recognition.issuer)} if one.recognition.issuer else set()
    names = (signer.common_name, signer.organisation, signer.organisational_unit)
    return any(_fold_name(name) in own for name in names if name)


_UNIT_NAMES: Final[dict[str, frozenset[str]]] = {}
"""Folded unit names by the digest of their directory: hundreds of thousands of mailboxes are gone through once."""


def _unit_names(directory: Directory) -> frozenset[str]:
    names = _UNIT_NAMES.get(directory.digest)
    if names is None:
        units = {unit.name for unit in directory.units.values()} | {box.unit for box in directory.mailboxes.values()}
        names = frozenset(_fold_name(unit) for unit in units if unit)
        _UNIT_NAMES.clear()
        _UNIT_NAMES[directory.digest] = names
    return names


def _fold_name(name: str) -> str:
    upper = " ".join(unicodedata.normalize("NFC", name).upper().replace("UỶ", "ỦY").split())
    return upper.replace("UBND ", "ỦY BAN NHÂN DÂN ", 1) if upper.startswith("UBND ") else upper
