"""Secrecy marks: nothing marked mật, tối mật or tuyệt mật leaves by mail (Điều 4.1).

What: the subject and all other header fields with words of the mail and of mails inside it, every file name, every document at every
depth, the text of the mail itself, boxes found in scans. How a mark is distinguished from prose about secrets is in
`gateway.vietnamese.marks`.
Why: khoản 1 Điều 4 forbids it, and the Law on the Protection of State Secrets forbids keeping such a document on a
networked machine; so a finding holds a level, a place and codes of evidence, never words, subject or file name.
Fix: do not send it by any other channel; report to the head of the unit. A file that is wrongly suspected is released
by a waiver for its exact digest.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, field_validator

from gateway.model import (
    About,
    Disposition,
    Document,
    Facts,
    Finding,
    HeaderField,
    Looked,
    Message,
    Need,
    ReadStatus,
    Rule,
    Run,
)
from gateway.vietnamese.marks import (
    Level,
    Mark,
    MarkSettings,
    Strength,
    find_in_document,
    find_in_filename,
    find_in_subject,
    none_is_marked,
)
from gateway.vietnamese.marks.fields import NAMING_FIELDS, find_in_field, speaks
from gateway.vietnamese.marks.rules import rule_of
from gateway.vietnamese.normal import run_together, skeleton
from policies._findings import failed, passed, unknown

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
    """Meaning of a stamp-shaped box in a picture whose words could not be read."""

    SUSPECTED = "suspected"
    RECORDED = "recorded"


class UnaccentedMarks(Enum):
    """Meaning of capitals without diacritics (`TOI-MAT`, `[MAT]`), where other words could be meant."""

    SUSPECTED = "suspected"
    IGNORED = "ignored"


class Settings(BaseModel):
    """Settings of the policy. The policy itself and the rule `marked` cannot be weakened."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    extra_marks: tuple[str, ...] = ()
    exempt_phrases: tuple[str, ...] = ()
    unread_boxes: UnreadBoxes = UnreadBoxes.SUSPECTED
    unaccented_marks: UnaccentedMarks = UnaccentedMarks.SUSPECTED

    @field_validator("extra_marks")
    @classmethod
    def _are_words(cls, marks: tuple[str, ...]) -> tuple[str, ...]:
        for mark in marks:
            if len(run_together(skeleton(mark))) < _LEAST_LETTERS:
                raise ValueError(
                    f"“{mark}” không có đủ ba chữ cái nên sẽ khớp với dòng bất kỳ / “{mark}” has no three letters: any line could match it"
                )
        return marks

    @field_validator("exempt_phrases")
    @classmethod
    def _hide_no_mark(cls, phrases: tuple[str, ...]) -> tuple[str, ...]:
        for phrase in phrases:
            line = Document(part="", format="text", runs=(Run(text=phrase.upper()),))
            marked = any(mark.strength is Strength.MARKED for mark in find_in_document(line))
            if marked or len(phrase.split()) < _LEAST_WORDS:
                raise ValueError(
                    f"“{phrase}” che được cả dấu mật: ghi tên riêng từ hai từ trở lên / "
                    f"“{phrase}” would hide a mark: write a name of two words or more"
                )
        return phrases


_LEAST_WORDS, _LEAST_LETTERS = 2, 3
TEXT_SETTINGS: Final = frozenset({"extra_marks", "exempt_phrases"})


class Found(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The most severe of the marks of one thing, and how many are like it; never its words."""

    level: Level
    strength: Strength
    evidence: tuple[str, ...]
    locator: str = ""
    count: int = 1


class Marks(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The marks of one thing."""

    all: Found | None = None
    accented: Found | None = None
    """The same without those that are suspected for capitals without diacritics."""


class FieldMarks(Struct, frozen=True, kw_only=True):
    """A header field with marks."""

    path: str | None
    """Of the part; None for the header of the mail."""
    name: str
    marks: Marks


class NameMarks(Struct, frozen=True, kw_only=True):
    """A name with marks."""

    path: str
    marks: Marks


class Look(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The marks of a document."""

    marks: Marks = Marks()
    has_words: bool = False


class Observation(Struct, frozen=True, kw_only=True):
    """Every mark of a mail: level, strength, codes of evidence and place."""

    fields: tuple[FieldMarks, ...] = ()
    names: tuple[NameMarks, ...] = ()
    documents: tuple[Look, ...] = ()
    """In the order of the documents."""


def look(document: Document, settings: Settings) -> Look:
    """Look for marks in a document."""
    return Look(marks=_marks(find_in_document(document, _rules(settings))), has_words=bool(document.runs))


def observe(mail: Looked[Look], settings: Settings) -> Observation:
    """Look for marks in header fields and names."""
    rules = _rules(settings)
    return Observation(
        fields=tuple(_fields(mail.message, rules)),
        names=tuple(_names(mail.message, mail.documents, rules)),
        documents=mail.looks,
    )


def _rules(settings: Settings) -> MarkSettings:
    return MarkSettings(extra_marks=settings.extra_marks, exempt_phrases=settings.exempt_phrases)


def _marks(found: tuple[Mark, ...]) -> Marks:
    if not found:
        return _NO_MARKS
    accented = tuple(
        mark for mark in found if mark.strength is not Strength.SUSPECTED or "unaccented" not in mark.evidence
    )
    return Marks(all=_most_severe(found), accented=_most_severe(accented))


_NO_MARKS: Final = Marks()


def _most_severe(found: tuple[Mark, ...]) -> Found | None:
    """Return the first mark that is more than noted, else the first, with the number of its strength."""
    first = next((mark for mark in found if mark.strength is not Strength.NOTED), found[0] if found else None)
    if first is None:
        return None
    return Found(
        level=first.level,
        strength=first.strength,
        evidence=first.evidence,
        locator=first.locator,
        count=sum(mark.strength is first.strength for mark in found),
    )


def judge(facts: Facts[Observation], settings: Settings) -> Iterator[Finding]:
    """Yield the most severe finding of each subject, name and document, and say what was looked at and found clean."""
    message = facts.message
    if message is None:
        return
    clean = len(message.all("subject"))
    for field in facts.seen.fields:
        found = _worth(field.marks, settings)
        if found is not None:
            name = field.name.lower()
            where = "subject" if name in NAMING_FIELDS else "header"
            yield _finding(found, About(part=field.path, header=field.name), where)
            clean -= name == "subject" and field.path is None
    if clean:
        yield passed("marked", About(header="Subject"), where="subject")
    reported: set[str] = set()
    for one in facts.seen.names:
        found = _worth(one.marks, settings)
        if found is not None and one.path not in reported:
            reported.add(one.path)
            yield _finding(found, About(part=one.path), "filename")
    for document, seen in zip(facts.documents, facts.seen.documents, strict=True):
        yield from _document(document, seen, settings)


def _worth(marks: Marks, settings: Settings) -> Found | None:
    """Leave out what the settings do not want to hear of."""
    return marks.all if settings.unaccented_marks is UnaccentedMarks.SUSPECTED else marks.accented


def _finding(found: Found, about: About, where: str) -> Finding:
    """Return one finding for all marks of one thing: the most severe decides, the others are counted; a rule for each strength."""
    return failed(
        found.strength.value,
        about,
        found.locator,
        level=found.level.value,
        where=where,
        mark_rule=rule_of(found.evidence),
        evidence=",".join(found.evidence),
        count=found.count,
    )


def _fields(message: Message, rules: MarkSettings) -> Iterator[FieldMarks]:
    """Yield each header field with marks, of the mail and of its parts."""
    fields: list[tuple[str | None, HeaderField]] = [(None, field) for field in message.fields]
    fields += [(part.path, field) for part in message.root.walk() for field in part.header]
    # Behind a line of blanks some readers show every field as words of the body.
    shown = {ambiguity.path or None for ambiguity in message.ambiguities if ambiguity.code == "blank-fold"}
    said = [(path, field) for path, field in fields if path in shown or speaks(field.name.lower())]
    if none_is_marked([field.text for _, field in said], rules):
        return
    for path, field in said:
        found = (
            find_in_subject(field.text, rules)
            if path in shown
            else find_in_field(field.name.lower(), field.text, rules)
        )
        if found:
            yield FieldMarks(path=path, name=field.name, marks=_marks(found))


def _names(message: Message, documents: tuple[Document, ...], rules: MarkSettings) -> Iterator[NameMarks]:
    """Yield each name with marks that a header, an archive or a reader gives a part; equal names of one part once."""
    given = [(part.path, (part.filename, *part.names)) for part in message.root.walk()]
    given += [(document.part, (document.filename,)) for document in documents]
    # The path has the names of members of containers: `2!thư mục/a.docx`.
    names = dict.fromkeys((path, name) for path, own in given for name in (*own, *path.split("!")[1:]) if name)
    if not names or none_is_marked([name for _, name in names], rules):
        return
    for path, name in names:
        found = find_in_filename(name, rules)
        if found:
            yield NameMarks(path=path, marks=_marks(found))


def _document(document: Document, seen: Look, settings: Settings) -> Iterator[Finding]:
    found = _worth(seen.marks, settings)
    about = About(part=document.part)
    if found is not None:
        yield _finding(found, about, "text")
    yield from _pictures(document, settings)
    grave = found is not None and found.strength is not Strength.NOTED
    if document.status is not ReadStatus.OK:
        yield unknown("unread_content", about, status=document.status.value)
    elif not grave and seen.has_words:
        yield passed("marked", about, where="text")


def _pictures(document: Document, settings: Settings) -> Iterator[Finding]:
    """Judge pictures: boxes that could not be read, and pages whose words were not read."""
    about = About(part=document.part)
    for image in document.images:
        if not image.unread_boxes:
            continue
        locator = image.locator or (f"page:{image.page}" if image.page else "")
        if settings.unread_boxes is UnreadBoxes.RECORDED:
            yield unknown("unread_image", about, locator, pages=1)
            continue
        yield failed(
            "suspected",
            about,
            locator,
            level="unspecified",
            where="scan",
            evidence="unread-box",
            count=image.unread_boxes,
        )
        return
    unread = sorted(set(document.image_pages) - set(document.read_pages))
    if unread:
        yield unknown("unread_image", about, f"page:{unread[0]}", pages=len(unread))
