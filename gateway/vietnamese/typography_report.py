"""Typography report of a document, and the entries that are faults."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.vietnamese.fonts import is_times_new_roman


class FaultKind(Enum):
    """A fault of a passage."""

    ENCODING = "encoding"
    """Letters in a legacy charset."""
    FONT = "font"
    """Not Times New Roman."""
    COLOUR = "colour"
    """Not black."""
    SIZE = "size"
    """Smaller or larger than Annex I allows; only asked for by setting."""


class Passage(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Neighbouring letters with one fault."""

    kind: FaultKind
    value: str
    """The charset, font name, colour or size found."""
    letters: int
    locator: str = ""
    page: int | None = None
    quote: str = ""
    """First words, as a reader sees them, at most about 40 characters."""
    order: int = 0
    """Place among all passages of the document."""


class Report(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The typography of one document."""

    letters: int = 0
    """Visible letters that count."""
    font_known: int = 0
    """Of these, letters whose font is known."""
    times_letters: int = 0
    """Of these, letters in Times New Roman."""
    black_letters: int = 0
    """Letters that are black or of unknown colour."""
    legacy_letters: int = 0
    decomposed_letters: int = 0
    private_letters: int = 0
    """Letters at private-use code points outside symbol fonts: other computers cannot show them."""
    fonts: tuple[tuple[str, int], ...] = ()
    """Families that are not Times New Roman with their letters, most first; at most `LIMIT_VALUES`."""
    colours: tuple[tuple[str, int], ...] = ()
    """Colours that are not black with their letters, most first; at most `LIMIT_VALUES`."""
    charsets: tuple[str, ...] = ()
    """Legacy charsets, most first."""
    passages: tuple[Passage, ...] = ()
    """By kind in document order: the first passages with each font, colour, size and charset; of sizes also right ones."""

    @property
    def font_share(self) -> float | None:
        """Share of letters in Times New Roman, 0 to 1; None when no font is known."""
        return self.times_letters / self.font_known if self.font_known else None

    @property
    def black_share(self) -> float | None:
        """Share of letters that are black, 0 to 1; None without letters."""
        return self.black_letters / self.letters if self.letters else None

    def passages_of(self, kind: FaultKind) -> tuple[Passage, ...]:
        """Return the passages with one kind of fault."""
        return tuple(passage for passage in self.passages if passage.kind is kind)

    def without_quotes(self) -> Report:
        """Return the report without the words of the document."""
        return replace(self, passages=tuple(replace(passage, quote="") for passage in self.passages))

    def quoting(self, rules: TypographyRules) -> Report:
        """Return the report with words only of the first fault of each kind, which alone is ever shown."""
        first = {passage.kind: passage for passage in reversed(self.under(rules).passages)}
        return replace(
            self,
            passages=tuple(
                passage if first.get(passage.kind) is passage else replace(passage, quote="")
                for passage in self.passages
            ),
        )

    def under(self, rules: TypographyRules) -> Report:
        """Return the report as the rules have it: with their stand-ins as Times New Roman, without sizes that are right."""
        accepted = sum(letters for font, letters in self.fonts if _stands_in(font, rules))
        kept: Counter[FaultKind] = Counter()
        passages = []
        for passage in self.passages:
            if _is_fault(passage, rules) and kept[passage.kind] < LIMIT_PASSAGES:
                kept[passage.kind] += 1
                passages.append(passage)
        return replace(
            self,
            times_letters=self.times_letters + accepted,
            fonts=tuple(pair for pair in self.fonts if not _stands_in(pair[0], rules)) if accepted else self.fonts,
            passages=tuple(passages),
        )


LIMIT_VALUES: Final = 64
"""Fonts, colours and sizes of one document that are distinguished; a page has a handful."""
LIMIT_PASSAGES: Final = 5
"""Passages that are kept of each of them."""


class TypographyRules(Struct, frozen=True, kw_only=True):
    """The rules of typography."""

    stand_ins: frozenset[str] = frozenset()
    """Family keys accepted in place of Times New Roman (`liberationserif`)."""
    size_range_pt: tuple[float, float] | None = None
    """Letter sizes that are right; None does not look at sizes."""


DEFAULT: Final = TypographyRules()


def _stands_in(font: str, rules: TypographyRules) -> bool:
    return bool(rules.stand_ins) and is_times_new_roman(font, rules.stand_ins)


def _is_fault(passage: Passage, rules: TypographyRules) -> bool:
    match passage.kind:
        case FaultKind.FONT:
            return not _stands_in(passage.value, rules)
        case FaultKind.SIZE:
            return rules.size_range_pt is not None and not (
                rules.size_range_pt[0] <= float(passage.value) <= rules.size_range_pt[1]
            )
        case FaultKind.ENCODING | FaultKind.COLOUR:
            return True
