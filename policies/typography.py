"""Times New Roman, Unicode by TCVN 6909:2001, black: how an official document is set (Điều 9.4c, Decree 30/2020).

What: each document's visible letters by font, colour and encoding. Legacy-encoded letters are refused wherever they
stand in a document; font and colour are required of issued official documents and advised for everything else.
The text of the mail itself is no document: only letters in a legacy charset are pointed out there.
Why: điểm c khoản 4 Điều 9, Annex I of Decree 30/2020/NĐ-CP.
Fix: Word: Ctrl+A, Times New Roman, colour Automatic; legacy text: UniKey Toolkit (Ctrl+Shift+F6) to Unicode first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from gateway.model import About, Disposition, Document, Evidence, Finding, FindingOutcome, Need, Rule
from gateway.text.colour import hue
from gateway.text.fonts import family_key
from gateway.text.margins import MarginRules, margin_faults
from gateway.text.marks import Strength, Work, find_in_document
from gateway.text.official import State, recognise
from gateway.text.typography import FaultKind, Passage, Report, TypographyRules, examine, is_plain

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

_SHEETS_AND_SLIDES: Final = frozenset(
    {
        "xlsx",
        "xlsm",
        "xls",
        "ods",
        "csv",
        "pptx",
        "ppt",
        "odp",
        "xlsb",
        "dbf",
        "excel2003-xml",
        "calendar",
        "vcard",
    }
)
_MESSAGE_FORMATS: Final = frozenset({"text", "html"})


class Settings(BaseModel):
    """Settings of the policy."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    font_share_percent: float = Field(
        default=98.0, ge=0, le=100, description="Least share of visible letters in Times New Roman, in percent"
    )
    black_share_percent: float = Field(
        default=98.0, ge=0, le=100, description="Least share of visible letters that are black, in percent"
    )
    stand_in_fonts: tuple[str, ...] = Field(
        default=(), description="Fonts accepted in place of Times New Roman, for example Liberation Serif"
    )
    legacy_letters: int = Field(
        default=5, ge=1, description="Letters with diacritics in a legacy charset from which on a document is refused"
    )
    body_legacy_letters: int = Field(
        default=30, ge=1, description="The same for the text of the mail itself, which is only pointed out"
    )
    decomposed_letters: int = Field(
        default=10, ge=1, description="Combining marks (NFD) from which on they are pointed out"
    )
    private_letters: int = Field(
        default=3, ge=1, description="Private-use characters from which on they are pointed out"
    )
    check_sizes: bool = Field(default=False, description="Also point out letter sizes outside `size_range_pt`")
    size_range_pt: tuple[float, float] = Field(
        default=(11.0, 14.0), description="Smallest and largest letter size of Annex I, in points"
    )

    check_margins: bool = Field(
        default=False, description="Also point out paper and margins of official documents outside the ranges below"
    )
    margin_top_mm: tuple[float, float] = Field(
        default=(20.0, 25.0), description="Least and greatest top margin of Annex I, in millimetres"
    )
    margin_bottom_mm: tuple[float, float] = Field(default=(20.0, 25.0), description="The same of the bottom margin")
    margin_left_mm: tuple[float, float] = Field(default=(30.0, 35.0), description="The same of the left margin")
    margin_right_mm: tuple[float, float] = Field(default=(15.0, 20.0), description="The same of the right margin")


def evaluate(evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    """Yield what each document's typography lacks, or that it is in order."""
    if evidence.message is None:
        return
    rules = TypographyRules(
        stand_ins=frozenset(family_key(font) for font in settings.stand_in_fonts),
        size_range_pt=settings.size_range_pt if settings.check_sizes else None,
    )
    work = Work()
    for document in evidence.documents:
        secret = _secret(document, work)
        if document.filename is None and document.format in _MESSAGE_FORMATS:
            yield from _mail_text(document, settings, secret)
        else:
            yield from _document(document, examine(document, rules), settings, secret)


def _secret(document: Document, work: Work) -> Callable[[], bool]:
    """Return a function that tells whether a document may be secret, so that no word of it is quoted; asked once."""
    return cache(lambda: any(mark.strength is not Strength.NOTED for mark in find_in_document(document, work=work)))


def _mail_text(document: Document, settings: Settings, secret: Callable[[], bool]) -> Iterator[Finding]:
    if is_plain(document):
        return
    report = examine(document)
    if report.legacy_letters >= settings.body_legacy_letters:
        yield _encoding_finding("body_legacy_encoding", document, report, secret)


def _document(document: Document, report: Report, settings: Settings, secret: Callable[[], bool]) -> Iterator[Finding]:
    about = About(part=document.part, filename=document.filename)
    if report.letters < 1:
        if document.image_pages and document.format != "image":
            yield Finding(
                rule="unjudged", outcome=FindingOutcome.INDETERMINATE, about=about, params={"reason": "no-letters"}
            )
        return
    legacy = report.legacy_letters >= settings.legacy_letters
    if legacy:
        yield _encoding_finding("legacy_encoding", document, report, secret)
    state = recognise(document).state if document.format not in _SHEETS_AND_SLIDES else State.WORKING
    issued = state is State.ISSUED
    subject = "issued_document" if issued else "working_file"
    faults = list(_look(document, report, settings, subject, secret))
    yield from faults
    yield from _advice(document, report, settings, secret)
    if settings.check_margins and state is not State.WORKING:
        yield from _margins(document, about, settings)
    if not faults and not legacy and report.font_share is not None:
        yield Finding(
            rule=f"{subject}_font",
            outcome=FindingOutcome.PASSED,
            about=about,
            params={"share_percent": _percent(report.font_share), "letters": report.letters},
        )


def _look(
    document: Document, report: Report, settings: Settings, subject: str, secret: Callable[[], bool]
) -> Iterator[Finding]:
    """Yield the faults of font and colour."""
    about = About(part=document.part, filename=document.filename)
    font, black = report.font_share, report.black_share
    if font is None:
        if document.format != "text":
            yield Finding(
                rule="unjudged", outcome=FindingOutcome.INDETERMINATE, about=about, params={"reason": "no-fonts"}
            )
    elif font * 100 < settings.font_share_percent:
        yield _passage_finding(
            f"{subject}_font",
            document,
            report.passages_of(FaultKind.FONT),
            {"font": report.fonts[0][0], "share_percent": _percent(font)},
            secret,
        )
    if black is not None and black * 100 < settings.black_share_percent:
        colour = report.colours[0][0]
        yield _passage_finding(
            f"{subject}_colour",
            document,
            report.passages_of(FaultKind.COLOUR),
            {"colour": colour, "hue": hue(colour), "share_percent": _percent(black)},
            secret,
        )


def _advice(document: Document, report: Report, settings: Settings, secret: Callable[[], bool]) -> Iterator[Finding]:
    about = About(part=document.part, filename=document.filename)
    for rule, found, least in (
        ("nfd", report.decomposed_letters, settings.decomposed_letters),
        ("private_use", report.private_letters, settings.private_letters),
    ):
        if found >= least:
            yield Finding(rule=rule, outcome=FindingOutcome.FAILED, about=about, params={"letters": found})
    sizes = report.passages_of(FaultKind.SIZE)
    if sizes:
        yield _passage_finding("letter_size", document, sizes, {"size": sizes[0].value}, secret)


def _margins(document: Document, about: About, settings: Settings) -> Iterator[Finding]:
    """Yield the sides of the page that are not as Annex I wants them."""
    rules = MarginRules(
        top_mm=settings.margin_top_mm,
        bottom_mm=settings.margin_bottom_mm,
        left_mm=settings.margin_left_mm,
        right_mm=settings.margin_right_mm,
    )
    for fault in margin_faults(document, rules):
        yield Finding(
            rule="page_margin",
            outcome=FindingOutcome.FAILED,
            about=about,
            locator=fault.locator,
            params={"side": fault.side, "found": fault.found, "wanted": fault.wanted},
        )


def _encoding_finding(rule: str, document: Document, report: Report, secret: Callable[[], bool]) -> Finding:
    return _passage_finding(
        rule,
        document,
        report.passages_of(FaultKind.ENCODING),
        {"charset": report.charsets[0], "letters": report.legacy_letters},
        secret,
    )


def _passage_finding(
    rule: str,
    document: Document,
    passages: tuple[Passage, ...],
    params: dict[str, str | int | float],
    secret: Callable[[], bool],
) -> Finding:
    """Return a finding with the first passage's place and words; words of a document that may be secret stay out."""
    first = passages[0] if passages else None
    if first is not None:
        params = params | {"passages": len(passages), "quote": "" if secret() else first.quote}
    return Finding(
        rule=rule,
        outcome=FindingOutcome.FAILED,
        about=About(part=document.part, filename=document.filename),
        locator=first.locator if first is not None else "",
        params=params,
    )


def _percent(share: float) -> float:
    """Return a share in percent, rounded down, so that what falls short never reads as enough."""
    return int(share * 1000) / 10
