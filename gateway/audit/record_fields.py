"""Model values to audit record fields: bounded, valid UTF-8, without secret content."""

from __future__ import annotations

import re

from msgspec import structs

from gateway.audit.keyed import Keyed
from gateway.audit.mail_record import FindingFacts, MailFacts, PartFacts, SessionFacts, SignatureFacts
from gateway.audit.record import Checked, ContentRefused, Delivery, Outcome, RecipientRefused
from gateway.model import (
    Disposition,
    Evidence,
    JudgedFinding,
    Mailbox,
    Part,
    RefusedContent,
    Reply,
    Session,
    Signature,
    Transaction,
    Verdict,
)
from gateway.vietnamese.addresses import listed, normal_form

LIMIT_PARTS = 300
LIMIT_FINDINGS = 300
LIMIT_SIGNATURES = 100
_LIMIT_TEXT = 300
_LIMIT_SIZE = (1 << 63) - 1
"""Largest integer of JSON readers and SQLite."""
_TOKEN = re.compile(r"[a-z0-9_-]{1,32}\Z")
_KEYS = frozenset({"level", "where", "status", "cause"})
"""Parameters that are keys of words in the catalogue, never words of the mail."""
_PLACE = re.compile(r"([a-z][a-z_]{1,20}):(?:.*!)?([0-9]{1,7}|\$?[A-Z]{1,3}\$?[0-9]{1,7})?\Z", re.DOTALL)
_NAMED = re.compile(r"([a-z][a-z_]{1,20}):")
_FLAGS = frozenset(
    f"{vertical}{'-' if vertical and side else ''}{side}"
    for vertical in ("top", "bottom", "middle", "centre", "")
    for side in ("left", "right", "")
) - {""}


def text(value: str, limit: int = _LIMIT_TEXT) -> str:
    """Return text that JSON can carry, cut; lone surrogates become escapes."""
    if len(value) > limit:
        value = value[: limit - 1] + "…"
    if value.isascii() or value.isprintable():
        return value
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def session_facts(session: Session) -> SessionFacts:
    """Return where a mail came from."""
    return SessionFacts(
        front_end=session.front_end.value,
        client=text(session.client_address, 64) if session.client_address is not None else None,
        helo=text(session.helo) if session.helo is not None else None,
        tls=text(session.tls, 100) if session.tls is not None else None,
        login=text(session.auth_user) if session.auth_user is not None else None,
        queue_id=text(session.queue_id, 64) if session.queue_id is not None else None,
    )


def mail_facts(
    transaction: Transaction, verdict: Verdict, evidence: Evidence | None, keyed: Keyed, *, facts: str | None = None
) -> MailFacts:
    """Return the record of a mail: full, or redacted when it has a secrecy finding; `facts` is the digest of those kept."""
    guarded = verdict.confidential
    message = evidence.message if evidence is not None else None
    parts = tuple(part for part in message.root.walk() if part.sha256 is not None) if message is not None else ()
    signatures = evidence.signatures if evidence is not None else ()
    omitted = (
        max(0, len(parts) - LIMIT_PARTS)
        + max(0, len(verdict.findings) - LIMIT_FINDINGS)
        + max(0, len(signatures) - LIMIT_SIGNATURES)
    )

    def field(name: str) -> str | None:
        found = message.first(name) if message is not None and not guarded else None
        return text(found.text) if found is not None else None

    return MailFacts(
        session=session_facts(transaction.session),
        reverse_path=text(transaction.envelope.reverse_path, 320),
        unit=unit_of(transaction.envelope.reverse_path, evidence),
        mailbox=mailbox_of(transaction.envelope.reverse_path, evidence),
        recipients=_recipients(transaction, verdict),
        size=transaction.size_bytes,
        sha256=keyed.digest(transaction.sha256) if guarded else transaction.sha256,
        subject=field("Subject"),
        header_from=field("From"),
        message_id=field("Message-ID"),
        parts=tuple(_part(part, keyed if guarded else None) for part in parts[:LIMIT_PARTS]),
        findings=tuple(
            finding_facts(judged, guarded=guarded) for judged in verdict.most_severe_first()[:LIMIT_FINDINGS]
        ),
        signatures=tuple(_signature(signature, guarded=guarded) for signature in signatures[:LIMIT_SIGNATURES]),
        omitted=omitted,
        disposition=verdict.disposition.word,
        would_be=max((judged.wanted for judged in verdict.findings), default=Disposition.RELAY).word,
        policy_digest=verdict.policy_digest,
        directory_digest=verdict.directory_digest,
        confidential=guarded,
        keyed_by=keyed.key_id if guarded else None,
        facts=facts,
    )


def cut_checked(checked: Checked, keyed: Keyed) -> Checked:
    """Return the record of a self-check with keyed digests and bounded texts."""
    return structs.replace(
        checked,
        who=text(checked.who, 320),
        reverse_path=text(checked.reverse_path, 320),
        client=text(checked.client, 64) if checked.client else None,
        digests=tuple(keyed.digest(digest) for digest in checked.digests[:LIMIT_PARTS]),
        keyed_by=keyed.key_id,
        rules=checked.rules[:LIMIT_FINDINGS],
        codes=checked.codes[:LIMIT_FINDINGS],
    )


def unit_of(reverse_path: str, evidence: Evidence | None) -> str | None:
    """Return a sender's unit in the current directory, None without one."""
    mailbox = _listed(reverse_path, evidence)
    return text(mailbox.unit) if mailbox is not None and mailbox.unit else None


def mailbox_of(reverse_path: str, evidence: Evidence | None) -> str | None:
    """Return the listed address of a sender's mailbox where the reverse-path is another form of it, else None."""
    mailbox = _listed(reverse_path, evidence)
    return text(mailbox.address, 320) if mailbox is not None and mailbox.address != reverse_path else None


def _listed(reverse_path: str, evidence: Evidence | None) -> Mailbox | None:
    return listed(evidence.directory, normal_form(reverse_path)) if evidence is not None else None


def _recipients(transaction: Transaction, verdict: Verdict) -> dict[str, str]:
    return {
        text(address, 320): verdict.recipients.get(address, verdict.disposition).word
        for address in transaction.envelope.forward_paths
    }


def _part(part: Part, keyed: Keyed | None) -> PartFacts:
    if keyed is not None:
        assert part.sha256 is not None
        return PartFacts(
            path=guarded_path(part.path),
            type=part.detected_type,
            size=part.size_bytes,
            sha256=keyed.digest(part.sha256),
        )
    return PartFacts(
        path=text(part.path),
        filename=text(part.filename, 255) if part.filename is not None else None,
        type=part.detected_type or part.declared_type or None,
        size=part.size_bytes,
        sha256=part.sha256,
    )


def guarded_path(path: str) -> str:
    """Return a part path without the names of container members: `2.1!dir/a.docx` becomes `2.1!`."""
    specifier, separator, _ = path.partition("!")
    return specifier + separator


def guarded_locator(locator: str) -> str:
    """Return a locator with numbers, cell references and positions only; names of sheets and properties go."""
    kept = []
    for token in locator[:500].split(",")[:12]:
        place = _PLACE.match(token)
        if place is not None:
            kept.append(f"{place[1]}:{place[2]}" if place[2] else place[1])
        elif (named := _NAMED.match(token)) is not None:
            kept.append(named[1])
        elif token in _FLAGS:
            kept.append(token)
    return ",".join(kept)


def finding_facts(judged: JudgedFinding, *, guarded: bool) -> FindingFacts:
    """Return a judged finding; redacted, it keeps nothing chosen by the mail's author except addresses."""
    finding = judged.finding
    about = finding.about
    if guarded:
        part = guarded_path(about.part) if about.part is not None else None
        params = {name: value for name, value in finding.params.items() if _is_plain(name, value)}
    else:
        part = text(about.part) if about.part is not None else None
        params = {
            text(name, 64): text(value) if isinstance(value, str) else value for name, value in finding.params.items()
        }
    return FindingFacts(
        policy=judged.policy,
        rule=finding.rule,
        code=judged.code,
        outcome=finding.outcome.value,
        article=judged.article,
        wanted=judged.wanted.word,
        effective=judged.effective.word,
        mode=judged.mode.value,
        waiver=judged.waiver,
        part=part,
        filename=text(about.filename, 255) if about.filename is not None and not guarded else None,
        recipient=text(about.recipient, 320) if about.recipient is not None else None,
        header=text(about.header, 80) if about.header is not None else None,
        locator=guarded_locator(finding.locator) if guarded else text(finding.locator),
        params=params,
    )


def _is_plain(name: str, value: str | float) -> bool:
    """Return whether a parameter of a guarded finding may be kept: numbers, and what is a key of words of a closed list."""
    return not isinstance(value, str) or (name in _KEYS and _TOKEN.match(value) is not None)


def _signature(signature: Signature, *, guarded: bool) -> SignatureFacts:
    signer = signature.signer
    return SignatureFacts(
        part=guarded_path(signature.part) if guarded else text(signature.part),
        container=signature.container,
        indication=signature.indication.value,
        sub_indication=text(signature.sub_indication, 80),
        integrity=signature.integrity.value,
        coverage=signature.coverage.value,
        changes=signature.changes.value,
        trust=signature.trust.value,
        holder_kind=signature.holder_kind.value,
        signer=text(signer.subject) if signer is not None else None,
        serial=signer.serial if signer is not None else "",
        document_timestamp=signature.document_timestamp,
        problems=tuple(text(problem, 80) for problem in signature.problems[:20]),
    )


def recipient_refused(
    session: Session, reverse_path: str, recipient: str, verdict: Verdict, reply: Reply, evidence: Evidence | None
) -> RecipientRefused:
    """Return the record of a forward-path that a policy refused at RCPT."""
    return RecipientRefused(
        session=session_facts(session),
        reverse_path=text(reverse_path, 320),
        unit=unit_of(reverse_path, evidence),
        mailbox=mailbox_of(reverse_path, evidence),
        recipient=text(recipient, 320),
        findings=tuple(finding_facts(judged, guarded=judged.confidential) for judged in verdict.findings[:50]),
        code=reply.code,
        enhanced=reply.enhanced,
        text=first_line(reply),
        policy_digest=verdict.policy_digest,
    )


def content_refused(refused: RefusedContent) -> ContentRefused:
    """Return the record of a content that a front end refused during DATA."""
    envelope, reply = refused.envelope, refused.reply
    return ContentRefused(
        id=refused.id,
        session=session_facts(refused.session),
        reverse_path=text(envelope.reverse_path, 320),
        recipients=tuple(text(address, 320) for address in envelope.forward_paths),
        rule=refused.rule,
        size=min(refused.size_bytes, _LIMIT_SIZE),  # SIZE may declare 20 digits
        code=reply.code,
        enhanced=reply.enhanced,
        text=first_line(reply),
    )


def outcome_of(reference: str, reply: Reply | None, delivery: Delivery) -> Outcome:
    """Return the record of what became of a mail that was answered so."""
    code, enhanced = (reply.code, reply.enhanced) if reply is not None else (0, "")
    return Outcome(id=reference, delivery=delivery, code=code, enhanced=enhanced, text=first_line(reply))


def first_line(reply: Reply | None) -> str:
    """Return the first line of a reply, cut."""
    return text(reply.lines[0], 510) if reply is not None and reply.lines else ""
