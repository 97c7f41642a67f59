"""Secrecy marks: nothing marked mật, tối mật or tuyệt mật leaves by mail (Điều 4.1).

What: the subject and all other header fields with words of the mail and of mails inside it, every file name, every document at every
depth, the text of the mail itself, boxes found in scans. How a mark is told from prose that speaks of secrets is in
`gateway.text.marks`.
Why: khoản 1 Điều 4 forbids it, and the Law on the Protection of State Secrets forbids keeping such a document on a
networked machine; so a finding holds a level, a place and codes of evidence, never words, subject or file name.
Fix: do not send it by any other channel; report to the head of the unit. A file that is wrongly suspected is released
by a waiver for its exact digest.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from gateway.model import (
    About,
    Disposition,
    Document,
    Evidence,
    Finding,
    FindingOutcome,
    HeaderField,
    Message,
    Need,
    ReadStatus,
    Rule,
)
from gateway.text.marks import (
    Mark,
    MarkSettings,
    Strength,
    Work,
    find_in_document,
    find_in_filename,
    find_in_subject,
    none_is_marked,
)
from gateway.text.marks.fields import NAMING_FIELDS, find_in_field, speaks

_ARTICLE: Final = "7600:4.1"

RULES: Final = (
    Rule(id="marked", code="CLS-01", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="suspected", code="CLS-02", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="unread_image", code="CLS-03", article=_ARTICLE, disposition=Disposition.TAG),
    Rule(id="unread_content", code="CLS-04", article=_ARTICLE, disposition=Disposition.RELAY),
    Rule(id="noted", code="CLS-05", article=_ARTICLE, disposition=Disposition.RELAY),
)

NEEDS: Final = frozenset({Need.HEADERS, Need.DOCUMENTS})


class UnreadBoxes(Enum):
    """What a stamp-shaped box in a picture means when nobody could read its words."""

    SUSPECTED = "suspected"
    RECORDED = "recorded"


class UnaccentedMarks(Enum):
    """What capitals without diacritics mean (`TOI-MAT`, `[MAT]`), where other words could be meant."""

    SUSPECTED = "suspected"
    IGNORED = "ignored"


class Settings(BaseModel):
    """Settings of the policy. The policy itself and the rule `marked` cannot be weakened."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    extra_marks: tuple[str, ...] = Field(
        default=(), description="Further stamp texts that count as marks, for example LƯU HÀNH NỘI BỘ"
    )
    exempt_phrases: tuple[str, ...] = Field(
        default=(),
        description="A line or name that contains one of these phrases is no mark; for names of schemes and systems",
    )
    unread_boxes: UnreadBoxes = Field(
        default=UnreadBoxes.SUSPECTED,
        description="A red or grey box of stamp shape whose words could not be read: suspected (refused) or only recorded",
    )
    unaccented_marks: UnaccentedMarks = Field(
        default=UnaccentedMarks.SUSPECTED,
        description="Capitals without diacritics that may be a mark: suspected, or ignored; TUYET MAT always counts",
    )


def evaluate(evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    """Yield the gravest finding of each subject, name and document, and say what was looked at and found clean."""
    message = evidence.message
    if message is None:
        return
    marks = MarkSettings(extra_marks=settings.extra_marks, exempt_phrases=settings.exempt_phrases)
    yield from _subjects(message, marks, settings)
    yield from _names(message, evidence.documents, marks, settings)
    work = Work()
    for document in evidence.documents:
        yield from _document(document, marks, settings, work)


def _worth(found: tuple[Mark, ...], settings: Settings) -> tuple[Mark, ...]:
    """Leave out what the settings do not want to hear of."""
    if settings.unaccented_marks is UnaccentedMarks.SUSPECTED:
        return found
    return tuple(mark for mark in found if mark.strength is not Strength.SUSPECTED or "unaccented" not in mark.evidence)


def _finding(marks: tuple[Mark, ...], about: About, where: str) -> Finding:
    """Return one finding for all marks of one thing: the gravest decides, the others are counted."""
    first = marks[0]
    match first.strength:
        case Strength.MARKED:
            rule = "marked"
        case Strength.SUSPECTED:
            rule = "suspected"
        case Strength.NOTED:
            rule = "noted"
    same = sum(mark.strength is first.strength for mark in marks)
    return Finding(
        rule=rule,
        outcome=FindingOutcome.FAILED,
        about=about,
        locator=first.locator,
        params={"level": first.level.value, "where": where, "evidence": ",".join(first.evidence), "count": same},
    )


def _subjects(message: Message, marks: MarkSettings, settings: Settings) -> Iterator[Finding]:
    fields: list[tuple[str | None, HeaderField]] = [(None, field) for field in message.fields]
    fields += [(part.path, field) for part in message.root.walk() for field in part.header]
    # Behind a line of blanks some readers show every field as words of the body.
    shown = {ambiguity.path or None for ambiguity in message.ambiguities if ambiguity.code == "blank-fold"}
    said = [(path, field) for path, field in fields if path in shown or speaks(field.name.lower())]
    if none_is_marked([field.text for _, field in said], marks):
        said = []
    clean = len(message.all("subject"))
    for path, field in said:
        name = field.name.lower()
        found = find_in_subject(field.text, marks) if path in shown else find_in_field(name, field.text, marks)
        found = _worth(found, settings)
        if found:
            where = "subject" if name in NAMING_FIELDS else "header"
            yield _finding(found, About(part=path, header=field.name), where)
            clean -= name == "subject" and path is None
    if clean:
        yield Finding(
            rule="marked", outcome=FindingOutcome.PASSED, about=About(header="Subject"), params={"where": "subject"}
        )


def _names(
    message: Message, documents: tuple[Document, ...], marks: MarkSettings, settings: Settings
) -> Iterator[Finding]:
    """Judge every name that a header, an archive or a reader gives a part; equal names of one part once."""
    names: dict[tuple[str, str], None] = {}
    for part in message.root.walk():
        for name in (part.filename, *part.names, *_member_names(part.path)):
            if name:
                names[part.path, name] = None
    for document in documents:
        for name in (document.filename, *_member_names(document.part)):
            if name:
                names[document.part, name] = None
    if none_is_marked([name for _, name in names], marks):
        return
    reported: set[str] = set()
    for path, name in names:
        found = _worth(find_in_filename(name, marks), settings)
        if found and path not in reported:
            reported.add(path)
            yield _finding(found, About(part=path), "filename")


def _member_names(path: str) -> tuple[str, ...]:
    """Return the names of containers' members that a part path holds ("2!thư mục/a.docx")."""
    return tuple(path.split("!")[1:])


def _document(document: Document, marks: MarkSettings, settings: Settings, work: Work) -> Iterator[Finding]:
    found = _worth(find_in_document(document, marks, work), settings)
    about = About(part=document.part)
    grave = tuple(mark for mark in found if mark.strength is not Strength.NOTED)
    if grave:
        yield _finding(grave, about, "text")
    elif found:
        yield _finding(found, about, "text")
    yield from _pictures(document, settings)
    if document.status is not ReadStatus.OK:
        yield Finding(
            rule="unread_content",
            outcome=FindingOutcome.INDETERMINATE,
            about=about,
            params={"status": document.status.value},
        )
    elif not grave and document.runs:
        yield Finding(rule="marked", outcome=FindingOutcome.PASSED, about=about, params={"where": "text"})


def _pictures(document: Document, settings: Settings) -> Iterator[Finding]:
    """Judge what stands in pictures: boxes nobody could read, and pages whose words nobody read."""
    about = About(part=document.part)
    for image in document.images:
        if not image.unread_boxes:
            continue
        locator = image.locator or (f"page:{image.page}" if image.page else "")
        if settings.unread_boxes is UnreadBoxes.RECORDED:
            yield Finding(
                rule="unread_image",
                outcome=FindingOutcome.INDETERMINATE,
                about=about,
                locator=locator,
                params={"pages": 1},
            )
            continue
        yield Finding(
            rule="suspected",
            outcome=FindingOutcome.FAILED,
            about=about,
            locator=locator,
            params={"level": "unspecified", "where": "scan", "evidence": "unread-box", "count": image.unread_boxes},
        )
        return
    unread = sorted(set(document.image_pages) - set(document.read_pages))
    if unread:
        yield Finding(
            rule="unread_image",
            outcome=FindingOutcome.INDETERMINATE,
            about=about,
            locator=f"page:{unread[0]}",
            params={"pages": len(unread)},
        )
