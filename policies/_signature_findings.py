"""Findings on one signature (Điều 9.3): the deciding cause first, then notes.

Whether a signature is valid is decided here once, for findings on it and for the documents that need it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from gateway.model import (
    About,
    Changes,
    Coverage,
    Finding,
    FindingOutcome,
    Integrity,
    Message,
    Revocation,
    Signature,
    Trust,
)
from gateway.vietnamese.addresses import normal_form
from policies._findings import passed

_UNVERIFIABLE: Final = (
    "encrypted", "old-office-format", "signed-file-missing", "too-large", "unsupported-format", "unsupported-transform",
    "malformed",
)  # fmt: skip
_UNCHECKED: Final = {"authority-unchecked": "authority-unchecked", "revocation-stale": "stale"}
_PARTIAL: Final = (
    "trailing-bytes",
    "filled-after-signing",
    "hidden-in-contents",
    "bound-property",
    "two-readings",
    "uncovered-part",
    "unsigned-relationship",
    "external-reference",
)


def is_valid(signature: Signature) -> bool:
    """Return whether a signature is valid; freshness of revocation data is reported apart and does not decide."""
    return (
        signature.integrity is Integrity.INTACT
        and signature.coverage is Coverage.WHOLE
        and signature.changes is not Changes.FORBIDDEN
        and signature.trust is Trust.TRUSTED
        and signature.revocation is not Revocation.REVOKED
    )


def on_signature(signature: Signature) -> Iterator[Finding]:
    """Faults of one signature: the first cause that decides, then everything worth noting."""
    rule = _fault(signature)
    if rule is not None:
        outcome = FindingOutcome.INDETERMINATE if rule == "unverifiable" else FindingOutcome.FAILED
        is_noted = signature.container == "xml" and rule != "broken"
        yield on(signature, "signed_data" if is_noted else rule, outcome, reason=_reason(signature, rule))
        if rule in {"broken", "removed", "incoming_stamp", "unverifiable"}:
            return
    if signature.document_timestamp:
        if "weak-timestamp" in signature.problems or signature.trust is not Trust.TRUSTED:
            yield on(signature, "weak_timestamp", FindingOutcome.FAILED)
        return
    if rule is None and signature.revocation is Revocation.UNKNOWN:
        reason = next((word for problem, word in _UNCHECKED.items() if problem in signature.problems), "missing")
        yield on(signature, "revocation", FindingOutcome.INDETERMINATE, reason=reason)
    if {"weak-timestamp", "untrusted-timestamp", "broken-timestamp"} & set(signature.problems):
        yield on(signature, "weak_timestamp", FindingOutcome.FAILED)
    if "shadow-object" in signature.problems:
        yield on(signature, "view_content", FindingOutcome.FAILED, reason="shadow-object")


def signs_macros(signature: Signature) -> bool:
    return "macro-signature" in signature.problems


def _fault(signature: Signature) -> str | None:
    """Return the rule that a signature fails, the most severe cause first; None when it is valid."""
    if "signature-removed" in signature.problems:
        return "removed"
    if signature.integrity is Integrity.UNKNOWN:
        return "unverifiable"
    if signature.integrity is Integrity.BROKEN:
        return "incoming_stamp" if "incoming-stamp" in signature.problems else "broken"
    if signature.changes is Changes.FORBIDDEN:
        return "changed"
    if signs_macros(signature):
        return None  # it vouches for the macros, which are judged elsewhere, and not for the document
    if signature.coverage is not Coverage.WHOLE:
        return "partial"
    if signature.document_timestamp:
        return None  # it proves a time and nothing else; without trust it proves nothing, which is noted
    if signature.revocation is Revocation.REVOKED or signature.sub_indication == "REVOKED":
        return "revoked"
    if signature.trust is Trust.TRUSTED:
        return None
    weak = signature.sub_indication == "CRYPTO_CONSTRAINTS_FAILURE"
    return "weak_algorithm" if weak else "untrusted"


def _reason(signature: Signature, rule: str) -> str:
    """Key of the words for the cause (`[words.reason]`)."""
    problems = set(signature.problems)
    match rule:
        case "untrusted":
            if "wrong-key-usage" in problems:
                return "wrong-key-usage"
            return signature.sub_indication or "NO_CERTIFICATE_CHAIN_FOUND"
        case "partial":
            return next((one for one in _PARTIAL if one in problems), "uncovered-part")
        case "revoked" if "authority-revoked" in problems:
            return "authority-revoked"
        case "unverifiable":
            if signature.sub_indication == "NO_SIGNING_CERTIFICATE_FOUND" and "unsupported-format" not in problems:
                return "no-certificate"
            return next((problem for problem in _UNVERIFIABLE if problem in problems), "unsupported-algorithm")
        case "broken":
            return signature.sub_indication or "HASH_FAILURE"
        case _:
            return rule


def on(signature: Signature, rule: str, outcome: FindingOutcome, *, reason: str = "") -> Finding:
    params: dict[str, str | int | float] = {"signer": name_of(signature), "field": signature.field}
    if signature.signer is not None:
        params["issuer"] = _common_name(signature.signer.issuer)
    if reason:
        params["reason"] = reason
    if signature.algorithms:
        params["algorithms"] = ", ".join(signature.algorithms)
    return Finding(
        rule=rule,
        outcome=outcome,
        about=_about(signature),
        locator=f"page:{signature.page}" if signature.page else "",
        params=params,
    )


def _about(signature: Signature) -> About:
    """Its name for a clerk: a mail signed as a whole is the mail, not its `smime.p7s`."""
    whole = signature.container == "smime" and not {".", "!"} & set(signature.part)
    return About() if whole else About(part=signature.part, filename=signature.filename)


def name_of(signature: Signature) -> str:
    signer = signature.signer
    return (signer.common_name or signer.organisation or signer.subject) if signer is not None else "unknown"


def _common_name(distinguished: str) -> str:
    found = re.search(r"(?:^|,)CN=((?:\\.|[^,\\])*)", distinguished)
    return re.sub(r"\\(.)", r"\1", found.group(1)) if found else distinguished


def by_part(signatures: tuple[Signature, ...]) -> dict[str, list[Signature]]:
    grouped: dict[str, list[Signature]] = {}
    for signature in signatures:
        if not signature.document_timestamp and not signs_macros(signature):
            grouped.setdefault(signature.part, []).append(signature)
    return grouped


def standing(signatures: list[Signature]) -> Iterator[Finding]:
    """Say who signed, when every signature of a part is valid."""
    valid = [signature for signature in signatures if is_valid(signature)]
    if len(valid) == len(signatures):
        names = list(dict.fromkeys(name_of(signature) for signature in valid))
        yield passed("broken", _about(valid[0]), count=len(valid), total=len(signatures), signers=", ".join(names))


def mail_signers(signatures: Sequence[Signature], message: Message) -> Iterator[Finding]:
    """An address in the S/MIME certificate is the author's (RFC 8550 §4.4.3); of several signers of one mail, one is enough.

    A mail in a file (`!` in the path) has an author of its own.
    """
    authors = {
        address.normal for reading in message.address_fields if reading.field == "from" for address in reading.mailboxes
    }
    if not authors:
        return
    intact = [
        one
        for one in signatures
        if one.container == "smime" and one.integrity is Integrity.INTACT and one.signer and "!" not in one.part
    ]
    matched = {one.part for one in intact if _addresses(one) & authors}
    for signature in intact:
        addresses = _addresses(signature)
        matches = bool(addresses & authors)
        if not matches and signature.part in matched:
            continue
        finding = on(signature, "mail_signer", FindingOutcome.PASSED if matches else FindingOutcome.FAILED)
        shown = ", ".join(sorted(addresses & authors or addresses)) or "-"
        yield replace(finding, params={**finding.params, "address": shown, "author": ", ".join(sorted(authors))})


def _addresses(signature: Signature) -> set[str]:
    return {normal_form(email) for email in signature.signer.emails} if signature.signer is not None else set()
