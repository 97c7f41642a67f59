"""Typography of a document, letter by letter: fonts, colours, encoding (Decree 30/2020, Annex I; Điều 9.4c).

Only visible letters count, weighted one by one; blanks, digits, empty runs, unused styles, symbol fonts,
comments, properties and hidden text do not. Stamps, signatures and watermarks may have any font and colour, links any
colour. A font or colour that the file does not state is unknown, and unknown letters are left out of the shares.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec.structs import replace

from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.colour import is_black, is_dark, is_invisible
from gateway.vietnamese.confusables import MARKS
from gateway.vietnamese.fonts import base_name, is_symbol, is_times_new_roman, legacy_font
from gateway.vietnamese.legacy import Decoded, decode_runs, needs_decoding
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.normal import run_together, skeleton
from gateway.vietnamese.plain_text import plain_text
from gateway.vietnamese.repertoire import REPERTOIRE, numbers
from gateway.vietnamese.typography_report import (
    DEFAULT,
    LIMIT_PASSAGES,
    LIMIT_VALUES,
    FaultKind,
    Passage,
    Report,
    TypographyRules,
)

_COUNTED: Final = frozenset(
    {Role.BODY, Role.HEADING, Role.HEADER, Role.FOOTER, Role.NOTE, Role.TEXTBOX, Role.CELL, Role.FIELD}
)
_QUOTE: Final = 40
_STAMP_WORDS: Final = re.compile(
    r"(?:hoatoc|thuongkhan|khan|hoatochengio|xemxongtralai|luuhanhnoibo|tailieuthuhoi|mat|toimat|tuyetmat|giaimat|daky|dakyso|dathao"
    r"|congvanden|vanbanden|saoy|saoluc|trichsao|banchinh|duthao|den|bansao)+"
)
_SIGNATURE: Final = re.compile(
    r"\W*(?:nguoi ky|ky boi|duoc ky boi|ky so boi|thoi gian ky|ngay ky|co quan|to chuc|email|chuc vu|don vi|ky ngay|signed by|digitally signed"
    r"|signature|signer|date|cn=|dn:)\W"
)
_SIGNED_BY: Final = re.compile(
    r"\W*(?:nguoi ky|ky boi|duoc ky boi|ky so boi|thoi gian ky|ngay ky|co quan|to chuc|email|digitally signed|signature)\b[^:]{0,30}(?::|$|\])"
)
_SIGNATURE_ROLES: Final = frozenset({Role.FIELD, Role.TEXTBOX, Role.STAMP})


def _shown_colour(run: Run) -> str | None:
    """Return the colour as seen: automatic letters turn white on dark ground."""
    if run.colour in (None, "auto") and is_dark(run.background):
        return "FFFFFF"
    return run.colour


def _counts(run: Run) -> bool:
    """Return whether a run's letters are part of the page as printed."""
    return run.role in _COUNTED and run.origin is Origin.TEXT and not (run.font and is_symbol(run.font))


def is_stamp(text: str, role: Role) -> bool:
    """Return whether a block is a stamp or the appearance of a signature, which the Decree wants in colour."""
    bare = skeleton(text[:200])
    letters = run_together(bare)
    if (len(letters) <= 40 and _STAMP_WORDS.fullmatch(letters)) or _SIGNED_BY.match(bare):
        return True
    return role in _SIGNATURE_ROLES and _SIGNATURE.match(bare + " ") is not None


class _Span(NamedTuple):
    """A stretch of the text of a block."""

    block: int
    start: int
    end: int


class _Passages:
    """Collects neighbouring letters with one fault; keeps the first few of each value of each kind."""

    def __init__(self) -> None:
        self._kept: dict[FaultKind, list[Passage]] = {kind: [] for kind in FaultKind}
        self._spans: dict[FaultKind, list[_Span]] = {kind: [] for kind in FaultKind}
        """Places of the kept passages in their blocks."""
        self._open: dict[FaultKind, tuple[str, int]] = {}
        """Value and block of the passage that may still go on."""
        self._count: Counter[tuple[FaultKind, str]] = Counter()
        self._order = 0

    def add(self, kind: FaultKind, value: str, letters: int, run: Run, span: tuple[int, int]) -> None:
        """Add letters; they go on with the last passage when nothing right was between."""
        kept, spans = self._kept[kind], self._spans[kind]
        if self._open.get(kind) == (value, run.block):
            kept[-1] = replace(kept[-1], letters=kept[-1].letters + letters)
            spans[-1] = spans[-1]._replace(end=span[1])
        elif self._count[kind, value] < LIMIT_PASSAGES and len(kept) < LIMIT_PASSAGES * LIMIT_VALUES:
            self._count[kind, value] += 1
            self._order += 1
            kept.append(
                Passage(kind=kind, value=value, letters=letters, locator=run.locator, page=run.page, order=self._order)
            )
            spans.append(_Span(run.block, *span))
            self._open[kind] = (value, run.block)
        else:
            self.close(kind)

    def close(self, kind: FaultKind) -> None:
        """End the open passage of a kind: right letters came."""
        self._open.pop(kind, None)

    def all(self, runs: tuple[Run, ...], decoded: list[Decoded]) -> tuple[Passage, ...]:
        """Return what was kept, by kind, with the words around it."""
        texts: dict[int, list[str]] = {span.block: [] for spans in self._spans.values() for span in spans}
        for run, read in zip(runs, decoded, strict=True) if texts else ():
            if run.block in texts:
                texts[run.block].append(read.text)
        whole = {block: "".join(pieces) for block, pieces in texts.items()}
        return tuple(
            replace(passage, quote=_quote(_words(whole[span.block], span)))
            for kind, kept in self._kept.items()
            for passage, span in zip(kept, self._spans[kind], strict=True)
        )


def _words(text: str, span: _Span) -> str:
    """Return the words that contain a span of a block, whole ones but for very long ones."""
    start, end = span.start, min(span.end, span.start + 3 * _QUOTE)
    before = re.search(r"\S{0,40}\Z", text[max(0, start - _QUOTE) : start])
    behind = re.match(r"\S{0,40}", text[end : end + _QUOTE])
    return (before[0] if before else "") + text[start:end] + (behind[0] if behind else "")


def _quote(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= _QUOTE:
        return words
    return words[:_QUOTE].rsplit(" ", 1)[0] + " …" if " " in words[:_QUOTE] else words[:_QUOTE] + "…"


def _decoded(runs: tuple[Run, ...]) -> list[Decoded]:
    # Some blocks may still be legacy in a Unicode document; those have no letter that only Unicode has.
    if needs_decoding(runs, "".join(run.text for run in runs)) or any(_SUSPICIOUS.search(run.text) for run in runs):
        return decode_runs(runs)
    return [Decoded(run.text, Charset.UNICODE, confident=True) for run in runs]


_SUSPICIOUS: Final = re.compile(
    # TCVN3 words hold signs among letters; VNI doubles vowels with marks no Unicode word has.
    "[a-zA-Z][\xa4-\xae\xb5-\xb9\xbb-\xbe\xd0\xd1\xd6-\xd8\xde\xdf\xe5\xe6\xeb\xee\xf1\xf6-\xf8\xfb\xfc\xfe]"
    "|[\xa7\xae\xa4-\xa6\xad][a-z]|[aeouAEOU][\xe4\xeb\xf8\xfb\xef\xc4\xcb\xd8\xdb\xcf\xe5\xc5]|[\xf6\xd6][\xf9\xf8\xfb\xf5\xef\xd9\xd8\xdb\xd5\xcf]"
)


def examine(document: Document, rules: TypographyRules = DEFAULT) -> Report:
    """Return the typography of a document under rules; an empty report when it has no letters that count."""
    return survey(document).under(rules)


def survey(document: Document) -> Report:
    """Return the typography of a document before any rule: every font, colour and size with its first passages."""
    runs = tuple(run for run in document.runs if _counts(run) and run.text)
    if not runs:
        return Report()
    if _is_plain(runs):
        letters = sum(sum(map(str.isalpha, run.text)) for run in runs)
        return Report(letters=letters, black_letters=letters)
    decoded = _decoded(runs)
    stamps = set(_stamp_blocks(runs, decoded))
    found = _Tally()
    ends: dict[int, int] = {}
    for run, read in zip(runs, decoded, strict=True):
        start = ends.get(run.block, 0)
        ends[run.block] = start + len(read.text)
        letters = sum(map(str.isalpha, read.text))
        if letters and not is_invisible(run.colour, run.background):
            found.add(run, read, (start, ends[run.block]), letters, stamped=run.block in stamps)
    return found.report(runs, decoded)


def is_plain(document: Document) -> bool:
    """Return whether a document is text without any look, such as the body of a mail, in sound Unicode letters.

    Nothing can be wrong with it: a search over the whole finds no sign of another encoding.
    """
    plain = plain_text(document)
    if plain is not None and (marked := plain.marked) is not None:
        return len(marked.translate(None, _OF_WORDS)) == len(marked)
    return _is_plain(tuple([run for run in document.runs if run.text and _counts(run)]))


def _is_plain(runs: tuple[Run, ...]) -> bool:
    for run in runs:
        if run.font is not None or run.colour is not None or run.background is not None or run.size_pt is not None:
            return False
    return _NOT_PLAIN.search("".join([run.text for run in runs])) is None


_NOT_PLAIN: Final = re.compile(
    # Letters of the upper half of Latin-1 that Vietnamese does not have are the mark of every 8-bit charset; beside them
    # combining marks, controls and private-use letters.
    "[\u0080-\u009f\u00a1-\u00bf\u00c4-\u00c7\u00cb\u00ce-\u00d1\u00d6-\u00d8\u00db\u00dc\u00de\u00df\u00e4-\u00e7\u00eb\u00ee-\u00f1\u00f6-\u00f8\u00fb\u00fc"
    "\u00fe\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u0300-\u036f\u201a\u201e\u2020\u2021\u2030\u2039\u203a"
    "\u2122\ue000-\uf8ff]"
)
_OF_WORDS: Final = numbers(filter(_NOT_PLAIN.match, REPERTOIRE))


def _stamp_blocks(runs: tuple[Run, ...], decoded: list[Decoded]) -> Iterator[int]:
    """Yield the blocks that are stamps or signatures; only coloured or boxed ones need asking."""
    texts: dict[int, list[str]] = {}
    firsts: dict[int, Run] = {}
    asked: set[int] = set()
    for run, read in zip(runs, decoded, strict=True):
        texts.setdefault(run.block, []).append(read.text)
        firsts.setdefault(run.block, run)
        if not is_black(run.colour) or run.role in _SIGNATURE_ROLES:
            asked.add(run.block)
    for block in asked:
        if is_stamp("".join(texts[block]), firsts[block].role):
            yield block


class _Tally:
    """Letters by what they are, with the passages of each fault."""

    def __init__(self) -> None:
        self._count = Counter[str]()
        """By the names of the report."""
        self._fonts, self._colours, self._charsets = Counter[str](), Counter[str](), Counter[str]()
        self._passages = _Passages()

    def add(self, run: Run, read: Decoded, span: tuple[int, int], letters: int, *, stamped: bool) -> None:
        """Count a run, whose text has that span of its block; stamps may have any font and colour."""
        self._count["letters"] += letters
        self._encoding(run, read, span)
        if stamped:
            self._count["black_letters"] += letters
            return
        self._font(run, span, letters)
        self._colour(run, span, letters)
        if run.size_pt is not None:
            self._passages.add(FaultKind.SIZE, f"{run.size_pt:g}", letters, run, span)

    def _encoding(self, run: Run, read: Decoded, span: tuple[int, int]) -> None:
        if read.charset is not Charset.UNICODE and (
            read.confident or (run.font is not None and legacy_font(run.font) is not None)
        ):
            legacy = sum(not character.isascii() for character in read.text if character.isalpha())
            if legacy:
                self._count["legacy_letters"] += legacy
                self._charsets[read.charset.value] += legacy
                self._passages.add(FaultKind.ENCODING, read.charset.value, legacy, run, span)
                return
        self._passages.close(FaultKind.ENCODING)
        if run.text.isascii():
            return
        if not MARKS.isdisjoint(run.text) and unicodedata.normalize("NFC", run.text) != run.text:
            self._count["decomposed_letters"] += sum(character in MARKS for character in run.text)
        self._count["private_letters"] += len(_PRIVATE.findall(run.text))

    def _font(self, run: Run, span: tuple[int, int], letters: int) -> None:
        if run.font is None:
            return
        self._count["font_known"] += letters
        if is_times_new_roman(run.font):
            self._count["times_letters"] += letters
            self._passages.close(FaultKind.FONT)
        else:
            name = base_name(run.font)
            self._fonts[name] += letters
            self._passages.add(FaultKind.FONT, name, letters, run, span)

    def _colour(self, run: Run, span: tuple[int, int], letters: int) -> None:
        colour = _shown_colour(run)
        if run.link or is_black(colour):
            self._count["black_letters"] += letters
            self._passages.close(FaultKind.COLOUR)
        else:
            self._colours[colour or ""] += letters
            self._passages.add(FaultKind.COLOUR, colour or "", letters, run, span)

    def report(self, runs: tuple[Run, ...], decoded: list[Decoded]) -> Report:
        """Return what was counted."""
        found = Report(
            fonts=tuple(self._fonts.most_common(LIMIT_VALUES)),
            colours=tuple(self._colours.most_common(LIMIT_VALUES)),
            charsets=tuple(name for name, _ in self._charsets.most_common()),
            passages=self._passages.all(runs, decoded),
        )
        return replace(found, **self._count)


_PRIVATE: Final = re.compile("[\ue000-\uf8ff]")
