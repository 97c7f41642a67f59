"""What `gateway fix` did and what `gateway lint` sees, in the words of `gateway/texts/fix.toml`."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.engine.places import Language, place_words
from gateway.engine.wording import say
from gateway.fix.tally import RefusedError, Tally
from gateway.model import Document
from gateway.text.official import recognise
from gateway.text.typography import FaultKind, Passage, TypographyRules, examine


def report_lines(tally: Tally, language: Language) -> Iterator[str]:
    """Yield one line for each kind of change."""
    if not tally.changed:
        yield say("fix", "report", "nothing", language)
    for charset, count in tally.converted.most_common():
        name = say("fix", "charset", charset.value, language)
        yield say("fix", "report", "converted", language, count=count, charset=name)
    for key, count in (("composed", tally.composed), ("fonts", tally.fonts), ("colours", tally.colours)):
        if count:
            yield say("fix", "report", key, language, count=count)


def refusal(error: RefusedError, language: Language) -> str:
    """Return why a file was not mended and what to do."""
    return say("fix", "refused", error.cause, language, reason=error.reason)


def lint_lines(document: Document, language: Language, rules: TypographyRules | None = None) -> Iterator[str]:
    """Yield what a writer should know of a document before sending it: what it is, and how it is set."""
    found = recognise(document)
    unknown = say("fix", "lint", "unknown", language)
    state = say("fix", "state", found.state.value, language)
    kind = found.kind.value if found.kind is not None else unknown
    yield say("fix", "lint", "official", language, kind=kind, number=found.number or unknown, state=state)
    report = examine(document, rules or TypographyRules())
    if report.font_share is not None:
        yield say("fix", "lint", "font", language, share=_percent(report.font_share))
        yield from _passages(report.passages_of(FaultKind.FONT), language)
    if report.black_share is not None:
        yield say("fix", "lint", "colour", language, share=_percent(report.black_share))
        yield from _passages(report.passages_of(FaultKind.COLOUR), language)
    if report.charsets:
        name = say("fix", "charset", report.charsets[0], language)
        yield say("fix", "lint", "legacy", language, charset=name, count=report.legacy_letters)
        yield from _passages(report.passages_of(FaultKind.ENCODING), language)
    if report.decomposed_letters:
        yield say("fix", "lint", "decomposed", language, count=report.decomposed_letters)
    if not report.passages and not report.decomposed_letters:
        yield say("fix", "lint", "fine", language)


def _passages(passages: tuple[Passage, ...], language: Language) -> Iterator[str]:
    for passage in passages:
        place = place_words(passage.locator, language) or "-"
        yield say("fix", "lint", "passage", language, place=place, value=passage.value, quote=passage.quote)


def _percent(share: float) -> str:
    return f"{int(share * 1000) / 10:g}"
