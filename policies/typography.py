"""Times New Roman, Unicode by TCVN 6909:2001, black: how an official document is set (Điều 9.4c, Decree 30/2020).

What: each document's visible letters by font, colour and encoding. Legacy-encoded letters are refused wherever they
are in a document; font and colour are required of issued official documents and advised for everything else.
The text of the mail itself is no document: only letters in a legacy charset are pointed out there.
Why: điểm c khoản 4 Điều 9, Annex I of Decree 30/2020/NĐ-CP.
Fix: Word: Ctrl+A, Times New Roman, colour Automatic; legacy text: UniKey Toolkit (Ctrl+Shift+F6) to Unicode first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Self

from msgspec import Struct
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field

from gateway.model import WORDS, About, Disposition, Document, Facts, Finding, Looked, Need, Rule
from gateway.model.formats import by_name
from gateway.vietnamese.colour import hue
from gateway.vietnamese.fonts import family_key
from gateway.vietnamese.margins import MARGINS_MM, faults_of
from gateway.vietnamese.margins_pdf import Measured, measured
from gateway.vietnamese.marks import Strength, find_in_document
from gateway.vietnamese.official import State, recognise
from gateway.vietnamese.typography import is_plain, survey
from gateway.vietnamese.typography_report import FaultKind, Passage, Report, TypographyRules
from policies._findings import failed, passed, unknown

_ARTICLE: Final = "7600:9.4c"

RULES: Final = (
    Rule(id="legacy_encoding", code="TYP-01", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="issued_document_font", code="TYP-02", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="issued_document_colour", code="TYP-03", article=_ARTICLE, disposition=Disposition.REJECT),
    Rule(id="working_file_font", code="TYP-04", article=_ARTICLE, disposition=Disposition.TAG),
    Rule(id="working_file_colour", code="TYP-05", article=_ARTICLE, disposition=Disposition.TAG),
    Rule(id="nfd", code="TYP-06", article=_ARTICLE, disposition=Disposition.TAG),
    Rule(id="private_use", code="TYP-07", article=_ARTICLE, disposition=Disposition.TAG),
    Rule(id="body_legacy_encoding", code="TYP-08", article=_ARTICLE, disposition=Disposition.TAG),
    Rule(id="letter_size", code="TYP-09", article="30:PL1", disposition=Disposition.TAG),
    Rule(id="page_margin", code="TYP-11", article="30:PL1", disposition=Disposition.TAG),
    Rule(id="unjudged", code="TYP-10", article=_ARTICLE, disposition=Disposition.RELAY),
)

NEEDS: Final = frozenset({Need.DOCUMENTS})

_MESSAGE_FORMATS: Final = frozenset({"text", "html"})


class Settings(BaseModel):
    """Settings of the policy."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    font_share_percent: float = Field(default=98.0, ge=0, le=100)
    black_share_percent: float = Field(default=98.0, ge=0, le=100)
    stand_in_fonts: tuple[str, ...] = ()
    legacy_letters: int = Field(default=5, ge=1)
    body_legacy_letters: int = Field(default=30, ge=1)
    decomposed_letters: int = Field(default=10, ge=1)
    private_letters: int = Field(default=3, ge=1)
    check_sizes: bool = False
    size_range_pt: tuple[float, float] = (11.0, 14.0)

    check_margins: bool = False
    margin_top_mm: tuple[float, float] = MARGINS_MM["top"]
    margin_bottom_mm: tuple[float, float] = MARGINS_MM["bottom"]
    margin_left_mm: tuple[float, float] = MARGINS_MM["left"]
    margin_right_mm: tuple[float, float] = MARGINS_MM["right"]


class Look(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Typography of one document."""

    report: Report = Report()
    state: State = State.WORKING
    margins: tuple[Measured, ...] = ()
    """Margins of an official PDF by its lines; other formats state theirs."""


class Observation(Struct, frozen=True, omit_defaults=True):
    """Typography of a mail's documents."""

    documents: tuple[Look, ...]
    """In the order of the documents."""

    def without_quotes(self) -> Self:
        """Return it without the words that findings quote."""
        if not any(look.report.passages for look in self.documents):
            return self
        return replace(
            self, documents=tuple(replace(look, report=look.report.without_quotes()) for look in self.documents)
        )


def look(document: Document, settings: Settings) -> Look:
    """Look at the letters of a document; words are kept only as quotes, and none of a document that may be secret."""
    is_mail_text = _is_mail_text(document)
    if document.format == WORDS or (is_mail_text and is_plain(document)):
        return Look()
    report = survey(document).quoting(_rules(settings))
    quoted = any(passage.quote for passage in report.passages)
    if quoted and any(mark.strength is not Strength.NOTED for mark in find_in_document(document)):
        report = report.without_quotes()
    row = by_name(document.format)
    if is_mail_text or report.letters < 1 or (row is not None and not row.official):
        return Look(report=report)
    state = recognise(document).state
    official_pdf = document.format == "pdf" and state is not State.WORKING
    return Look(report=report, state=state, margins=tuple(measured(document)) if official_pdf else ())


def observe(mail: Looked[Look], _settings: Settings) -> Observation:
    """Bring the looks together."""
    return Observation(mail.looks)


def judge(facts: Facts[Observation], settings: Settings) -> Iterator[Finding]:
    """Yield what each document's typography lacks, or that it is in order."""
    if facts.message is None:
        return
    for document, look in zip(facts.documents, facts.seen.documents, strict=True):
        if not _is_mail_text(document):
            yield from _document(document, look, look.report.under(_rules(settings)), settings)
        elif look.report.legacy_letters >= settings.body_legacy_letters:
            yield _encoding_finding("body_legacy_encoding", document, look.report.under(_rules(settings)))


def _rules(settings: Settings) -> TypographyRules:
    return TypographyRules(
        stand_ins=frozenset(family_key(font) for font in settings.stand_in_fonts),
        size_range_pt=settings.size_range_pt if settings.check_sizes else None,
    )


def _is_mail_text(document: Document) -> bool:
    return document.filename is None and document.format in _MESSAGE_FORMATS


def _document(document: Document, look: Look, report: Report, settings: Settings) -> Iterator[Finding]:
    about = About(part=document.part, filename=document.filename)
    if report.letters < 1:
        if document.image_pages and document.format != "image":
            yield unknown("unjudged", about, reason="no-letters")
        return
    legacy = report.legacy_letters >= settings.legacy_letters
    if legacy:
        yield _encoding_finding("legacy_encoding", document, report)
    subject = "issued_document" if look.state is State.ISSUED else "working_file"
    faults = list(_look(document, report, settings, subject))
    yield from faults
    yield from _advice(document, report, settings)
    if settings.check_margins and look.state is not State.WORKING:
        yield from _margins(document, look, about, settings)
    if not faults and not legacy and report.font_share is not None:
        yield passed(f"{subject}_font", about, share_percent=_percent(report.font_share), letters=report.letters)


def _look(document: Document, report: Report, settings: Settings, subject: str) -> Iterator[Finding]:
    """Yield the faults of font and colour."""
    about = About(part=document.part, filename=document.filename)
    font, black = report.font_share, report.black_share
    if font is None:
        if document.format != "text":
            yield unknown("unjudged", about, reason="no-fonts")
    elif font * 100 < settings.font_share_percent:
        yield _passage_finding(
            f"{subject}_font",
            document,
            report.passages_of(FaultKind.FONT),
            {"font": report.fonts[0][0], "share_percent": _percent(font)},
        )
    if black is not None and black * 100 < settings.black_share_percent:
        colour = report.colours[0][0]
        yield _passage_finding(
            f"{subject}_colour",
            document,
            report.passages_of(FaultKind.COLOUR),
            {"colour": colour, "hue": hue(colour), "share_percent": _percent(black)},
        )


def _advice(document: Document, report: Report, settings: Settings) -> Iterator[Finding]:
    about = About(part=document.part, filename=document.filename)
    for rule, found, least in (
        ("nfd", report.decomposed_letters, settings.decomposed_letters),
        ("private_use", report.private_letters, settings.private_letters),
    ):
        if found >= least:
            yield failed(rule, about, letters=found)
    sizes = report.passages_of(FaultKind.SIZE)
    if sizes:
        yield _passage_finding("letter_size", document, sizes, {"size": sizes[0].value})


def _margins(document: Document, look: Look, about: About, settings: Settings) -> Iterator[Finding]:
    """Yield the sides of the page that are not as Annex I wants them."""
    margins_mm = {side: getattr(settings, f"margin_{side}_mm") for side in MARGINS_MM}
    for fault in faults_of(document, look.margins, margins_mm):
        yield failed("page_margin", about, fault.locator, side=fault.side, found=fault.found, wanted=fault.wanted)


def _encoding_finding(rule: str, document: Document, report: Report) -> Finding:
    return _passage_finding(
        rule,
        document,
        report.passages_of(FaultKind.ENCODING),
        {"charset": report.charsets[0], "letters": report.legacy_letters},
    )


def _passage_finding(
    rule: str, document: Document, passages: tuple[Passage, ...], params: dict[str, str | int | float]
) -> Finding:
    """Return a finding with the first passage's place and words."""
    first = passages[0] if passages else None
    params = params | {"format": document.format}
    if first is not None:
        params = params | {"passages": len(passages), "quote": first.quote}
    return failed(
        rule,
        About(part=document.part, filename=document.filename),
        first.locator if first is not None else "",
        **params,
    )


def _percent(share: float) -> float:
    """Return a share in percent, rounded down, so that what falls short never reads as enough."""
    return int(share * 1000) / 10
