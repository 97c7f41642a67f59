"""Style sheet, font table, formatting pages and string tables of Word files (MS-DOC 2.9.271, 2.9.286, 2.9.33, 2.2.4)."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, NamedTuple

from gateway.documents.readers.base import Budget, Fail, ancestry, remembered
from gateway.documents.readers.numerals import numeral, speaks
from gateway.documents.readers.ole.octets import u8, u16, u32, wide
from gateway.documents.readers.word.word97_fib import Fib, entries
from gateway.documents.readers.word.word97_sprms import Look, Paragraph, with_paragraph_sprms, with_sprms

_PAGE: Final = 512
_LIMIT_PAGES: Final = 200_000


def parse_fonts(table: bytes) -> tuple[str, ...]:
    """Return the font names by number."""
    fonts: list[str] = []
    at = 4
    while len(fonts) < u16(table, 0) and at < len(table):
        size = table[at] + 1
        fonts.append(wide(table[at + 40 : at + size]).split("\0", 1)[0])
        at += size
    return tuple(fonts)


@dataclass(frozen=True)
class _Style:
    kind: int
    base: int
    characters: bytes = b""
    paragraph: bytes = b""


class StyleSheet:
    """Styles with their inheritance resolved on demand."""

    def __init__(self, table: bytes, fail: Fail) -> None:
        self._fail = fail
        self._styles: dict[int, _Style] = {}
        self.look = remembered(self._look)
        """Returns the letters of a paragraph style."""
        self.paragraph = remembered(self._paragraph)
        """Returns the properties of a paragraph style."""
        header = u16(table, 0)
        self.default = Look(ascii=u16(table, 14), east_asia=u16(table, 16), other=u16(table, 18))
        self._parse(table, header)

    def _parse(self, table: bytes, header: int) -> None:
        base_size = u16(table, 4) or 10
        at = 2 + header
        for number in range(min(u16(table, 2), 4096)):
            size = u16(table, at)
            style = table[at + 2 : at + 2 + size]
            at += 2 + size
            if len(style) >= 8:
                self._styles[number] = self._style(style, base_size)
            if at >= len(table):
                return

    def _style(self, style: bytes, base_size: int) -> _Style:
        kind, base, count = u16(style, 2) & 0xF, u16(style, 2) >> 4, u16(style, 4) & 0xF
        at = base_size + 4 + 2 * u16(style, base_size)
        groups: list[bytes] = []
        for _ in range(count):
            at += at & 1
            size = u16(style, at)
            groups.append(style[at + 2 : at + 2 + size])
            at += 2 + size
        match kind:
            case 1:
                return _Style(kind, base, groups[1] if len(groups) > 1 else b"", groups[0][2:] if groups else b"")
            case 2:
                return _Style(kind, base, groups[0] if groups else b"")
            case _:
                return _Style(kind, base)

    def _look(self, number: int) -> Look:
        look = self.default
        for style in self._chain(number):
            look = with_sprms(look, style.characters, look)
        return look

    def with_character_style(self, look: Look, number: int) -> Look:
        """Return the look with a character style applied."""
        for style in self._chain(number):
            if style.kind == 2:
                look = with_sprms(look, style.characters, look)
        return look

    def _paragraph(self, number: int) -> Paragraph:
        paragraph = Paragraph()
        for style in self._chain(number):
            paragraph = with_paragraph_sprms(paragraph, style.paragraph)
        return replace(paragraph, style=number)

    def _chain(self, number: int) -> list[_Style]:
        return ancestry(self._styles, number, lambda style: style.base, self._fail)


@dataclass(frozen=True)
class Span:
    """Bytes of the WordDocument stream that share one formatting."""

    start: int
    end: int
    group: bytes


class Formatting:
    """The formatting pages of one kind, asked by byte."""

    def __init__(self, spans: list[Span], *, whole: bool) -> None:
        spans.sort(key=lambda span: span.start)
        self._spans = spans
        self._starts = [span.start for span in spans]
        self.whole = whole

    def at(self, offset: int) -> bytes:
        """Return the group that formats one byte."""
        index = bisect_right(self._starts, offset) - 1
        return self._spans[index].group if index >= 0 and offset < self._spans[index].end else b""

    def between(self, start: int, end: int) -> Iterator[Span]:
        """Yield spans that cover a stretch without a gap, in order."""
        index = max(0, bisect_right(self._starts, start) - 1)
        while start < end:
            while index < len(self._spans) and self._spans[index].end <= start:
                index += 1
            if index >= len(self._spans) or self._spans[index].start >= end:
                yield Span(start, end, b"")
                return
            span = self._spans[index]
            if span.start > start:
                yield Span(start, span.start, b"")
            yield Span(max(start, span.start), min(end, span.end), span.group)
            start = span.end
            index += 1


def parse_formatting(fib: Fib, document: bytes, table: bytes, kind: str, budget: Budget) -> Formatting:
    """Return the formatting of `characters` or `paragraphs`."""
    plc = fib.octets(kind, table)
    spans: list[Span] = []
    whole = len(plc) == fib.table(kind)[1]
    for number, (_, entry) in enumerate(islice(entries(plc, 4), _LIMIT_PAGES)):
        page = u32(entry, 0) & 0x3FFFFF
        if number % 256 == 0:
            budget.check_time()
        octets = document[page * _PAGE : (page + 1) * _PAGE]
        if len(octets) < _PAGE:
            whole = False
            continue
        spans += _page_spans(octets, paragraphs=kind == "paragraphs")
    return Formatting(spans, whole=whole)


def _page_spans(page: bytes, *, paragraphs: bool) -> Iterator[Span]:
    count = page[-1]
    stride = 13 if paragraphs else 1
    base = 4 * (count + 1)
    if base + stride * count > _PAGE:
        return
    for number in range(count):
        start, end = u32(page, 4 * number), u32(page, 4 * number + 4)
        at = 2 * page[base + stride * number]
        if end <= start:
            continue
        if at == 0:
            yield Span(start, end, b"")
            continue
        if not paragraphs:
            yield Span(start, end, page[at + 1 : at + 1 + page[at]])
            continue
        if page[at]:
            size, at = 2 * page[at] - 1, at + 1
        else:
            size, at = 2 * u8(page, at + 1), at + 2
        yield Span(start, end, page[at : at + size])


def parse_positions(fib: Fib, table: bytes, kind: str, *, entry: int) -> list[int]:
    """Return the character positions of a PLC whose entries have `entry` bytes."""
    plc = fib.octets(kind, table)
    count = max(0, (len(plc) - 4) // (4 + entry)) + 1 if len(plc) >= 4 else 0
    return [u32(plc, 4 * number) for number in range(count)]


def parse_strings(table: bytes) -> list[str]:
    """Return the strings of a string table (STTB) of wide letters."""
    strings: list[str] = []
    count, extra, at = u16(table, 2) if u16(table, 0) == 0xFFFF else 0, u16(table, 4), 6
    while len(strings) < count and at < len(table):
        size = u16(table, at)
        strings.append(wide(table[at + 2 : at + 2 + 2 * size]))
        at += 2 + 2 * size + extra
    return strings


_LSTF, _LVLF, _LFO = 28, 28, 16
"""Octets of entries of the tables of lists, without what is of no fixed size."""
_KINDS = {1: "upperRoman", 2: "lowerRoman", 3: "upperLetter", 4: "lowerLetter", 255: "none"}
"""Number formats (MS-OSHARED 2.2.1.3 MSONFC) that are letters, and that of no number."""
_FOLLOWS = {1: " ", 2: ""}
"""What parts a label from its item (MS-DOC 2.9.150 ixchFollow); otherwise a tab."""


class _Level(NamedTuple):
    start: int
    kind: str
    follows: str
    text: str
    sprms: bytes = b""


class Lists:
    """Words that lists put before their paragraphs (MS-DOC 2.9.147 LSTF, 2.9.150 LVL, 2.9.131 LFO)."""

    def __init__(self, fib: Fib, table: bytes) -> None:
        (at, length), (self._overrides, overridden) = fib.table("lists"), fib.table("list-overrides")
        self._table = table
        self._levels: dict[tuple[int, int], _Level] = {}
        self._counts: Counter[tuple[int, int]] = Counter()
        heads = range(at + 2, at + 2 + _LSTF * u16(table, at) if length else at, _LSTF)
        at += length  # the levels come behind what the FIB counts
        for head in heads:
            for level in range(1 if u8(table, head + 26) & 1 else 9):
                self._levels[u32(table, head), level], at = self._level(at)
            if at >= len(table):
                break
        self._own: dict[tuple[int, int], _Level] = {}
        if overridden:
            self._load_overrides()

    def _level(self, at: int) -> tuple[_Level, int]:
        """Return a LVL and where it ends."""
        table = self._table
        start, kind, follows = u32(table, at), _KINDS.get(u8(table, at + 4), ""), _FOLLOWS.get(u8(table, at + 15), "\t")
        size, at = u8(table, at + 24), at + _LVLF + u8(table, at + 25)
        group, at = table[at : at + size], at + size
        end = at + 2 + 2 * u16(table, at)
        return _Level(start, kind, follows, wide(table[at + 2 : end]), group), end

    def _load_overrides(self) -> None:
        """Read the overridden levels, stored after all LFO (MS-DOC 2.9.133 LFOData, 2.9.134 LFOLVL)."""
        table, count = self._table, min(u32(self._table, self._overrides), len(self._table) // _LFO)
        at = self._overrides + 4 + _LFO * count
        for number in range(1, count + 1):
            at += 4
            for _ in range(u8(table, self._overrides + 4 + _LFO * (number - 1) + 12)):
                flags, at = u32(table, at + 4), at + 8
                if flags & 0x20:
                    self._own[number, flags & 0xF], at = self._level(at)
            if at >= len(table):
                break

    def label(self, number: int, level: int) -> tuple[str, bytes]:
        """Count one item of a list; return the letters before it and their sprms, with 1 for the numbers of other levels.

        There are none for bullets.
        """
        key = u32(self._table, self._overrides + 4 + _LFO * (number - 1)) if number else 0, level
        found = self._own.get((number, level)) or self._levels.get(key)
        if found is None:
            return "", b""
        own = numeral(found.start + self._counts[key], found.kind) if found.kind else "1"
        self._counts[key] += 1
        shown = "".join(letter if letter >= " " else own if ord(letter) == level else "1" for letter in found.text)
        return shown + found.follows if found.kind not in ("", "none") or speaks(found.text) else "", found.sprms
