"""Secrecy marks in header fields of mails: which fields have words, and names of people apart from marks.

Any field may carry words (RFC 5322 §3.6.8), and mail programs show display names, comments, organisations and the
fields of classification add-ins. Fields whose words belong to machines are left out. A person may be called Mật, so in
names a lone `MẬT` counts only in brackets, set off, or by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.vietnamese.marks import find_in_filename, find_in_subject
from gateway.vietnamese.marks.evidence import Mark, most_severe_first
from gateway.vietnamese.marks.search import MarkSettings
from gateway.vietnamese.marks.words import Level
from gateway.vietnamese.normal import canonical

NAMING_FIELDS: Final = frozenset({
    "subject", "thread-topic", "keywords", "comments", "content-description",
    # labels that classification add-ins of mail programs write
    "classification", "x-classification", "sensitivity", "x-label", "x-labels", "x-protective-marking",
})  # fmt: skip
"""Fields that are titles and labels: every form of a mark counts."""
_OF_MACHINES: Final = frozenset({
    "received", "return-path", "message-id", "in-reply-to", "references", "date", "resent-date", "resent-message-id",
    "mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id", "content-md5",
    "content-length", "content-language", "dkim-signature", "domainkey-signature", "authentication-results",
    "arc-seal", "arc-message-signature", "arc-authentication-results", "received-spf", "x-received", "x-gm-message-state",
    "x-google-dkim-signature", "x-google-smtp-source", "autocrypt", "openpgp", "user-agent", "x-mailer", "thread-index",
    "x-ms-exchange-antispam-messagedata", "x-microsoft-antispam-message-info", "x-exchange-antispam-report-cfa-test",
    "list-unsubscribe", "list-unsubscribe-post", "delivered-to", "envelope-to", "x-original-to", "dkim-filter",
})  # fmt: skip
"""Structured fields and trace, which no person writes or reads; names in `Content-*` are names of parts."""
_ADDRESSES: Final = frozenset({
    "from", "to", "cc", "bcc", "sender", "reply-to", "resent-from", "resent-to", "resent-cc", "resent-bcc", "resent-sender",
    "disposition-notification-to", "return-receipt-to", "mail-followup-to", "mail-reply-to", "errors-to", "list-id", "author",
})  # fmt: skip
_ADDRESS: Final = re.compile(r"<[^<>]*>|[^\s,;:()<>\"]+@[^\s,;:()<>\"]+")
_PHRASE: Final = re.compile(r"[,;]|(?<=\w):(?=\s)")
_COMMENT: Final = re.compile(r"\(([^()]{1,400})\)")
_SET_OFF: Final = re.compile(r"(?:^|[-–—:|/\[(])\W*MẬT\W*(?:$|[-–—:|/\])])")
_LIMIT: Final = 20_000


def speaks(name: str) -> bool:
    """Return whether a field, by its lower-case name, may hold words of people."""
    return name not in _OF_MACHINES


def find_in_field(name: str, text: str, settings: MarkSettings) -> tuple[Mark, ...]:
    """Return the mark that a header field carries, at most one; `text` is decoded (RFC 2047)."""
    name = name.lower()
    if not speaks(name):
        return ()
    if name in NAMING_FIELDS:
        return find_in_subject(text, settings)
    if name == "content-location":
        return find_in_filename(text, settings)
    if name in _ADDRESSES:
        phrases = _phrases(text[:_LIMIT])
        return most_severe_first(mark for phrase in phrases for mark in find_in_person(phrase, settings))[:1]
    marks = find_in_subject(f"{name}: {text}", settings)
    labelled = tuple(mark for mark in marks if "label" in mark.evidence)
    return labelled or find_in_person(text, settings)


def find_in_person(text: str, settings: MarkSettings) -> tuple[Mark, ...]:
    """Return the mark in the name of a person, unit or organisation, at most one."""
    return tuple(
        mark for mark in find_in_subject(text, settings)
        if mark.level is not Level.MAT or "bracketed" in mark.evidence or _SET_OFF.search(canonical(text))
    )  # fmt: skip


def shown_lines(name: str, text: str) -> str:
    """Return a field as lines: what an address field calls people by, one a line, then the addresses."""
    if name not in _ADDRESSES:
        return text
    text = text[:_LIMIT]
    return "\n".join(dict.fromkeys((*_phrases(text), *_ADDRESS.findall(text)))) or text


def _phrases(text: str) -> Iterator[str]:
    """Yield the display names and comments of an address field (RFC 5322 §3.4), however badly it is written."""
    yield from _COMMENT.findall(text)
    for phrase in _PHRASE.split(_ADDRESS.sub(" , ", text)):
        if words := phrase.strip(' \t"'):
            yield words
