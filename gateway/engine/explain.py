"""Verdict to text for people (`gateway check`, the console) and to the JSON of `gateway check --json`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from gateway.engine.catalogue import Disclosure, Wording
from gateway.engine.fields import received_field, verdict_fields
from gateway.engine.places import place_words
from gateway.engine.plain import clean_filename
from gateway.engine.policy_set import PolicySet, day
from gateway.engine.reply import LIMIT_LINE, advised, article_words, disclosure_of, ordered, reply
from gateway.model import (
    Disposition,
    Document,
    Evidence,
    FindingOutcome,
    JudgedFinding,
    Language,
    Mode,
    Reply,
    Signature,
    Verdict,
)
from gateway.texts.catalogue import said
from gateway.vietnamese.printed import clean

__all__ = [
    "LIMIT_LINE", "check_json", "disclosure_of", "explanation", "ordered", "received_field", "reply", "reply_text",
    "verdict_fields",
]  # fmt: skip


def reply_text(answer: Reply) -> str:
    """Return a reply as one line for people: code, enhanced code and all lines."""
    head = f"{answer.code} {answer.enhanced}".strip()
    return f"{head} {' | '.join(answer.lines)}"


def explanation(
    verdict: Verdict,
    policies: PolicySet,
    *,
    language: Language,
    now: datetime,
    reference: str = "",
    disclosure: Disclosure = Disclosure.FULL,
) -> str:
    """Return the whole verdict in plain text: what was found, where, why, what to do; then what passed."""
    on = day(now)
    wording = Wording(language=language, disclosure=disclosure, names=policies.names_on(language, on))
    lines = [said("reply", "disposition", verdict.disposition.word, language)]
    if reference:
        lines[0] += f"  ({said('reply', 'label', 'reference', language)}: {clean(reference)})"
    differing = {address: wanted for address, wanted in verdict.recipients.items() if wanted is not verdict.disposition}
    if differing:
        lines.append(f"{said('reply', 'label', 'recipients', language)}:")
        lines += [
            f"  {clean(address, limit=120)}: {said('reply', 'disposition', wanted.word, language)}"
            for address, wanted in verdict.recipients.items()
        ]
    found = ordered(verdict)
    texts = [_finding_lines(judged, policies, wording, now, advised=advised(judged, found)) for judged in found]
    for text in dict.fromkeys("\n".join(one) for one in texts):  # of two signatures the same may have to be said
        lines += ["", text]
    passed = [judged for judged in verdict.findings if judged.finding.outcome is FindingOutcome.PASSED]
    if passed:
        lines += ["", f"{said('reply', 'label', 'passed', language)}:"]
        lines += [
            f"  {judged.code} {policies.catalogue.message(judged.policy, judged.finding, wording)}" for judged in passed
        ]
    if not verdict.findings:
        lines.append(said("reply", "label", "nothing", language))
    contact = policies.contact_line(language, on, reference)
    if contact and verdict.disposition >= Disposition.HOLD:
        lines += ["", f"{said('reply', 'label', 'contact', language)}: {contact}"]
    return "\n".join(lines)


def _finding_lines(
    judged: JudgedFinding, policies: PolicySet, wording: Wording, now: datetime, *, advised: bool
) -> Iterator[str]:
    """Yield the lines on a finding."""
    language, finding = wording.language, judged.finding
    notes = [said("reply", "outcome", finding.outcome.value, language)]
    if judged.waiver is not None:
        notes.append(said("reply", "label", "waived", language, waiver=clean(judged.waiver)))
    elif judged.mode is not Mode.ENFORCE:
        wanted = said("reply", "disposition", judged.wanted.word, language)
        notes.append(said("reply", "label", "monitor", language, wanted=wanted))
    else:
        notes.append(said("reply", "disposition", judged.effective.word, language))
    title = policies.catalogue.title(judged.policy, finding.rule, language)
    yield f"{judged.code} {title} [{'; '.join(notes)}]"
    yield f"  {policies.catalogue.message(judged.policy, finding, wording)}"
    for label, text in (
        ("fix", policies.catalogue.fix(judged.policy, finding, wording) if advised else ""),
        ("why", policies.catalogue.why(judged.policy, finding, wording)),
        ("article", article_words(judged, policies, language, now)),
    ):
        if text:
            yield f"  {said('reply', 'label', label, language)}: {text}"


def check_json(
    verdict: Verdict, evidence: Evidence, answer: Reply, file: str, *, policies: PolicySet
) -> dict[str, object]:
    """Return the object of one line of `gateway check --json`, ready for a JSON encoder."""
    return {
        "file": file,
        "disposition": verdict.disposition.word,
        "reply": reply_text(answer),
        "findings": [_finding_json(judged, policies, evidence.now) for judged in verdict.findings],
        "documents": [_document_json(document) for document in evidence.documents],
        "signatures": [signature_json(signature) for signature in evidence.signatures],
        "recipients": {_text(address): wanted.word for address, wanted in verdict.recipients.items()},
        "policy": policies.name,
        "policy_digest": verdict.policy_digest,
        "directory_digest": verdict.directory_digest,
        "now": evidence.now.isoformat(),
    }


def _finding_json(judged: JudgedFinding, policies: PolicySet, now: datetime) -> dict[str, object]:
    finding, on = judged.finding, day(now)
    vietnamese = Wording(language=Language.VI, names=policies.names_on(Language.VI, on))
    english = Wording(language=Language.EN, names=policies.names_on(Language.EN, on))
    about = finding.about
    return {
        "policy": judged.policy,
        "rule": finding.rule,
        "code": judged.code,
        "outcome": finding.outcome.value,
        "wanted": judged.wanted.word,
        "mode": judged.mode.value,
        "effective": judged.effective.word,
        "waiver": judged.waiver,
        "part": None if about.part is None else _text(about.part),
        "filename": None if about.filename is None else _text(about.filename),
        "recipient": None if about.recipient is None else _text(about.recipient),
        "header": None if about.header is None else _text(about.header),
        "locator": _text(finding.locator),
        "place": place_words(finding.locator, Language.VI) if finding.locator else "",
        "title": policies.catalogue.title(judged.policy, finding.rule, Language.VI),
        "message": policies.catalogue.message(judged.policy, finding, vietnamese),
        "message_en": policies.catalogue.message(judged.policy, finding, english),
        "fix": policies.catalogue.fix(judged.policy, finding, vietnamese),
        "fix_en": policies.catalogue.fix(judged.policy, finding, english),
        "article": judged.article,
        "params": {
            _text(name): _text(value) if isinstance(value, str) else value for name, value in finding.params.items()
        },
    }


def _document_json(document: Document) -> dict[str, object]:
    return {
        "part": _text(document.part),
        "filename": None if document.filename is None else clean_filename(document.filename, limit=255),
        "format": document.format,
        "status": document.status.value,
        "reason": document.reason,
        "pages": document.pages,
        "image_pages": list(document.image_pages),
        "doubtful_pages": list(document.doubtful_pages),
        "images": len(document.images),
        "active_content": sorted({active.kind for active in document.active_content}),
        "opened_with_password": document.opened_with_password,
    }


def signature_json(signature: Signature) -> dict[str, object]:
    """Return a signature with the names of the command contract; times are ISO 8601, enumerations their values."""
    built: dict[str, Any] = msgspec.to_builtins(signature)
    built["signer"] = _signer(signature)
    built["signer_subject"] = signature.signer.subject if signature.signer is not None else None
    built["signer_details"] = msgspec.to_builtins(signature.signer) if signature.signer is not None else None
    return built


def _signer(signature: Signature) -> str | None:
    if signature.signer is None:
        return None
    return signature.signer.common_name or signature.signer.subject


def _text(text: str) -> str:
    """Return text that JSON can carry: lone surrogates (bytes that were no UTF-8) become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
