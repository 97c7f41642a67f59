"""Reports of `gateway fix` and `gateway lint`, in the words of `gateway/texts/fix.toml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.engine.catalogue import number
from gateway.engine.places import place_words
from gateway.fix.tally import RefusedError, Tally
from gateway.model import Document, Language, ReadStatus
from gateway.model.formats import Family, by_name
from gateway.texts.catalogue import said
from gateway.vietnamese.colour import hue
from gateway.vietnamese.margins import margin_faults
from gateway.vietnamese.official import Recognition, recognise
from gateway.vietnamese.typography import examine
from gateway.vietnamese.typography_report import FaultKind, Passage, Report, TypographyRules

_FAMILIES: Final = frozenset({Family.SHEET, Family.SLIDES, Family.PDF})
"""Formats with remedies of their own; the others are those of a word processor."""


def report_lines(tally: Tally, language: Language) -> Iterator[str]:
    """Yield one line for each kind of change."""
    if not tally.changed:
        yield said("fix", "report", "nothing", language)
    for charset, count in tally.converted.most_common():
        name = said("fix", "charset", charset.value, language)
        yield said("fix", "report", "converted", language, count=count, charset=name)
    for key in ("composed", "fonts", "colours", "kept"):
        count = getattr(tally, key)
        if count:
            yield said("fix", "report", key, language, count=count)


def refusal(error: RefusedError, language: Language) -> str:
    """Return why a file was not fixed and what to do."""
    return said("fix", "refused", error.cause, language, reason=error.reason)


def lint_lines(document: Document, language: Language) -> Iterator[str]:
    """Yield what a writer should know of a document before sending it: what it is, how it is set, and how to fix it."""
    row = by_name(document.format)
    family = row.family.value if row is not None and row.family in _FAMILIES else "writer"
    found = recognise(document)
    official = family != "sheet" and found.official
    yield _what_it_is(found, language) if official else said("fix", "lint", "working", language)
    report = examine(document, TypographyRules())
    if report.charsets:
        name = said("fix", "charset", report.charsets[0], language)
        yield said("fix", "lint", "legacy", language, charset=name, count=report.legacy_letters)
        yield from _passages(report.passages_of(FaultKind.ENCODING), language)
        yield _remedy("legacy", "pdf" if family == "pdf" else "any", language)
    yield from _look(report, family, language)
    if report.decomposed_letters:
        yield said("fix", "lint", "decomposed", language, count=report.decomposed_letters)
        yield _remedy("decomposed", "any", language)
    margins = margin_faults(document) if official else ()
    for fault in margins:
        side = said("fix", "side", fault.side, language)
        place = place_words(fault.locator, language)
        measured = fault.found.replace(".", ",") if language is Language.VI else fault.found
        yield said("fix", "lint", "margin", language, side=side, found=measured, wanted=fault.wanted, place=place)
    if margins:
        yield _remedy("margin", family, language)
    if report.letters and not report.passages and not report.decomposed_letters:
        yield said("fix", "lint", "fine" if document.status is ReadStatus.OK else "fine_so_far", language)


def _what_it_is(found: Recognition, language: Language) -> str:
    unknown = said("fix", "lint", "unknown", language)
    blank = said("fix", "lint", "no-number", language)
    known = blank if found.number.startswith(("/", "-")) else found.number or unknown
    return said(
        "fix",
        "lint",
        "official",
        language,
        kind=found.kind.value if found.kind is not None else unknown,
        number=known,
        date=found.issued_on.strftime("%d/%m/%Y") if found.issued_on is not None else unknown,
        state=said("fix", "state", found.state.value, language),
    )


def _look(report: Report, family: str, language: Language) -> Iterator[str]:
    """Yield the shares of font and colour, and for each fault its places and the remedy.

    Legacy letters in another font cannot be read any more, so their font is set with the conversion and not by itself.
    """
    for kind, key, share, found in (
        (FaultKind.FONT, "font", report.font_share, report.fonts),
        (FaultKind.COLOUR, "colour", report.black_share, report.colours),
    ):
        if share is None or (report.font_share is None and not found):
            continue  # plain text has neither
        others = ", ".join(
            said("fix", "lint", "other", language, value=_shown(kind, value, language), count=count)
            for value, count in found[:4]
        )
        shown = f"{key}-others" if others else key
        yield said("fix", "lint", shown, language, share=number(int(share * 1000) / 10, language), others=others)
        passages = report.passages_of(kind)
        yield from _passages(passages, language)
        if passages and not (kind is FaultKind.FONT and report.charsets):
            yield _remedy(key, family, language)


def _passages(passages: tuple[Passage, ...], language: Language) -> Iterator[str]:
    for passage in passages:
        place = place_words(passage.locator, language) or "-"
        if passage.page is not None and "page:" not in passage.locator:
            place += f", {place_words(f'page:{passage.page}', language)}"
        value = _shown(passage.kind, passage.value, language)
        yield said("fix", "lint", "passage", language, place=place, value=value, quote=passage.quote)


def _shown(kind: FaultKind, value: str, language: Language) -> str:
    """Return a font, a colour or a charset as people call it."""
    if kind is FaultKind.ENCODING:
        return said("fix", "charset", value, language)
    name = hue(value) if kind is FaultKind.COLOUR else ""
    return f"{said('fix', 'hue', name, language)} ({value})" if name else value


def _remedy(fault: str, family: str, language: Language) -> str:
    return said("fix", "remedy", f"{fault}-{family}", language)
