"""Content that cannot be checked: encrypted, damaged, unknown, too large, ambiguous; and active content.

What: every document that was not read in full, every part that was not looked at, every ambiguity of the message; files
that lie about their kind, programs, macros, scripts and what is loaded from outside when a file is opened.
Why: a mail that cannot be checked may hold what Điều 4.1 forbids, so *cannot tell* is never *clean*.
Fix: take the password away, send a PDF, pack the archive again, write the mail again in an ordinary mail client.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from gateway.model import (
    About,
    Ambiguity,
    Disposition,
    Document,
    Facts,
    Finding,
    Message,
    Need,
    Part,
    ReadStatus,
    Rule,
)
from gateway.model.formats import Container, Family, Format, by_filename, by_name
from policies._active_content import active_findings
from policies._findings import passed, unknown

_ARTICLE: Final = "7600:4.1"
_SAFETY: Final = "7600:4.2"

RULES: Final = (
    Rule(id="encrypted", code="OPQ-01", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="unreadable", code="OPQ-02", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="partial", code="OPQ-03", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="unsupported", code="OPQ-04", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="limit", code="OPQ-05", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="ambiguous", code="OPQ-06", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="fragment", code="OPQ-07", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="untidy", code="OPQ-08", article=_ARTICLE, disposition=Disposition.TAG),
    Rule(id="unread_pages", code="OPQ-09", article=_ARTICLE, disposition=Disposition.TAG),
    Rule(id="no_document", code="OPQ-10", article=_ARTICLE, disposition=Disposition.TAG),
    Rule(id="unread_words", code="OPQ-11", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="timeout", code="OPQ-12", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="type_lie", code="OPQ-13", article=_SAFETY, disposition=Disposition.TAG),
    Rule(id="polyglot", code="OPQ-14", article=_SAFETY, disposition=Disposition.REJECT),
    Rule(id="name_lie", code="OPQ-15", article=_SAFETY, disposition=Disposition.REJECT),
    Rule(id="executable", code="OPQ-16", article=_SAFETY, disposition=Disposition.REJECT),
    Rule(id="launch", code="OPQ-17", article=_SAFETY, disposition=Disposition.REJECT),
    Rule(id="macro", code="OPQ-18", article=_SAFETY, disposition=Disposition.TAG),
    Rule(id="script", code="OPQ-19", article=_SAFETY, disposition=Disposition.TAG),
    Rule(id="outside", code="OPQ-20", article=_SAFETY, disposition=Disposition.TAG),
    Rule(id="look", code="OPQ-22", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="film", code="OPQ-21", article=_ARTICLE, disposition=Disposition.REJECT),
)

NEEDS: Final = frozenset({Need.HEADERS, Need.DOCUMENTS})

_FRAGMENTS: Final = frozenset({"message-partial", "external-body"})
_UNTIDY: Final = (
    "charset-comment", "missing-close-boundary", "encoding-misspelt", "type-syntax", "preamble-text", "epilogue-text", "no-delimiter",
    "inner-boundary-prefix", "long-boundary", "base64-message", "blank-fold", "duplicate-subject", "duplicate-date",
    "duplicate-to", "duplicate-cc", "duplicate-bcc", "duplicate-message-id", "duplicate-in-reply-to",
    "duplicate-references", "duplicate-mime-version", "duplicate-content-id", "duplicate-content-description",
)  # fmt: skip
_SMALL_SIGNATURES: Final = (
    "application/pgp-signature",
    "application/pkcs7-signature",
)


_NO_DOCUMENTS: Final = (
    "application/octet-stream",
    "audio/",
    "font/",
    "application/ogg",
    "image/vnd.dwg",
    "image/vnd.dgn",
)


class Settings(BaseModel):
    """Settings of the policy; what a finding costs is set by `rules` of the policy file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    untidy: tuple[str, ...] = _UNTIDY
    ignored: tuple[str, ...] = ()
    unopened_formats: tuple[str, ...] = _SMALL_SIGNATURES
    no_documents: tuple[str, ...] = _NO_DOCUMENTS
    unopened_limit_bytes: int = Field(default=64 << 10, ge=0)


def judge(evidence: Facts[None], settings: Settings) -> Iterator[Finding]:
    """Yield a finding for everything that is unknown, and one for what was read in full."""
    message = evidence.message
    if message is None:
        return
    parts = {part.path: part for part in message.root.walk()}
    read = 0
    one_reading = True
    for document in evidence.documents:
        finding = _document(document, parts, settings)
        if finding is None or finding.rule == "untidy":
            read += 1
        if finding is not None:
            yield finding
            one_reading = one_reading and finding.rule not in {"ambiguous", "untidy"}
        yield from _pages(document)
        yield from active_findings(document)
    yield from _unseen(message, evidence.documents)
    if read:
        yield passed("unreadable", count=read)
    structure = list(_structure(message, settings))
    yield from structure
    if one_reading and not structure:
        yield passed("ambiguous")


def _document(document: Document, parts: Mapping[str, Part], settings: Settings) -> Finding | None:
    """Return what is unknown of a document, None when it was read in full."""
    reason, word = document.reason, cause(document.status, document.reason, document.filename, document.format)
    match document.status:
        case ReadStatus.OK:
            return None
        case ReadStatus.ENCRYPTED:
            rule = "encrypted"
        case ReadStatus.MALFORMED | ReadStatus.CRASHED:
            rule = "unreadable"
        case ReadStatus.PARTIAL if reason.startswith(_MIME):
            # The structure of an attached message is judged as that of the mail itself.
            codes = [code for code in reason.removeprefix(_MIME).split(",") if code not in settings.ignored]
            if not codes:
                return None
            word = min(codes, key=lambda code: _structure_rule(code, settings) == "untidy")
            rule, reason = _structure_rule(word, settings), f"{_MIME}{word}"
        case ReadStatus.PARTIAL:
            rule = "partial"
        case ReadStatus.UNSUPPORTED:
            part = parts.get(document.part)
            if _may_stay_unread(part, settings):
                return None
            rule = "no_document" if _is_no_document(part, settings) else "unsupported"
            if rule == "unsupported" and part is not None and (part.detected_type or "").startswith("video/"):
                rule = "film"
        case ReadStatus.LIMIT:
            rule = "limit"
        case ReadStatus.TIMEOUT:
            rule = "timeout"
    return unknown(
        rule,
        About(part=document.part, filename=document.filename),
        cause=word,
        reason=reason or document.status.value,
        format=document.format,
        status=document.status.value,
    )


def _may_stay_unread(part: Part | None, settings: Settings) -> bool:
    """Return whether a part is of a kind and size that holds no document."""
    return (
        part is not None
        and part.detected_type in settings.unopened_formats
        and part.size_bytes is not None
        and part.size_bytes <= settings.unopened_limit_bytes
    )


def _is_no_document(part: Part | None, settings: Settings) -> bool:
    """Return whether a part is data of a form that holds no pages and no files; its meaning is unknown too."""
    kind = part.detected_type if part is not None else None
    return kind is not None and any(
        kind.startswith(form) if form.endswith("/") else kind == form for form in settings.no_documents
    )


def cause(status: ReadStatus, reason: str, filename: str | None, form: str = "") -> str:
    """Return the key of the words for a reader's reason; the reasons themselves are many and grow."""
    match status:
        case ReadStatus.ENCRYPTED:
            return "password" if reason in _PASSWORD else "encryption"
        case ReadStatus.TIMEOUT:
            return "time"
        case ReadStatus.CRASHED:
            return "crash"
        case ReadStatus.PARTIAL:
            return reason if reason in {"no-text-map", "text-lies"} else "part"
        case ReadStatus.LIMIT:
            return reason if reason in {"files", "bytes", "ratio", "depth"} else "size"
        case ReadStatus.UNSUPPORTED:
            return "multi-volume" if reason == "multi-volume" else "format"
        case ReadStatus.MALFORMED:
            word = next((word for word, prefixes in _DAMAGE.items() if reason.startswith(prefixes)), "damaged")
            return word if word in {"pdf", "transfer"} else _damaged(by_filename(filename) or by_name(form), word)
        case ReadStatus.OK:
            return "none"


def _damaged(kind: Format | None, word: str) -> str:
    """Return the key of the words for a damaged file of a kind: what a person does with it, whatever its container is."""
    if kind is None or kind.container is Container.ASIC:
        return word if kind is None else "signature"
    match kind.family:
        case Family.WORD | Family.SHEET | Family.SLIDES:
            return "office"
        case Family.ARCHIVE | Family.SIGNATURE:
            return kind.family.value
        case Family.IMAGE:
            return "picture"
        case _:
            return "damaged"


_PASSWORD: Final = frozenset({"", "password", "zip-entry-encrypted"})
_MIME: Final = "mime-"
_DAMAGE: Final = {
    "archive": ("zip", "tar", "rar", "trailing-data", "damaged-archive"),
    "pdf": ("pdf", "page", "no-pages"),
    "office": ("xml", "content-types", "doctype", "no-main-part"),
    "transfer": ("base64", "qp", "inline"),
}


def _pages(document: Document) -> Iterator[Finding]:
    """Report pages that are pictures whose words were not read, those that look like documents before all others."""
    about = About(part=document.part, filename=document.filename)
    doubtful = set(document.doubtful_pages)
    if doubtful:
        yield unknown("unread_words", about, f"page:{min(doubtful)}", count=len(doubtful))
        return
    unread = len(set(document.image_pages) - set(document.read_pages))
    if unread:
        yield unknown("unread_pages", about, count=unread)


def _unseen(message: Message, documents: tuple[Document, ...]) -> Iterator[Finding]:
    """Report leaves that were not looked at: no type was found and there is no document of them."""
    spoken_of = {document.part for document in documents} | {document.part.partition("!")[0] for document in documents}
    for part in message.root.leaves():
        size = part.length if part.size_bytes is None else part.size_bytes
        if part.detected_type is None and size and part.path not in spoken_of:
            yield unknown(
                "unreadable",
                About(part=part.path, filename=part.filename),
                cause="unseen",
                reason="unseen",
                format=part.declared_type,
                status="unseen",
            )


def _structure(message: Message, settings: Settings) -> Iterator[Finding]:
    """Report each kind of ambiguity once, with the first part that has it."""
    first: dict[str, Ambiguity] = {}
    count: dict[str, int] = {}
    for ambiguity in message.ambiguities:
        if ambiguity.code not in settings.ignored:
            first.setdefault(ambiguity.code, ambiguity)
            count[ambiguity.code] = count.get(ambiguity.code, 0) + 1
    for code, ambiguity in first.items():
        yield unknown(
            _structure_rule(code, settings),
            About(part=ambiguity.path or None),
            cause=code,
            reason=code,
            count=count[code],
        )


def _structure_rule(code: str, settings: Settings) -> str:
    """Return the rule that reports an ambiguity of that code."""
    if code in settings.untidy:
        return "untidy"
    if code in _FRAGMENTS:
        return "fragment"
    return "limit" if code.startswith("limit-") else "ambiguous"
