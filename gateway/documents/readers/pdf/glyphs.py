"""Text of the text objects of a PDF page, and the share of it without a Unicode value."""

from __future__ import annotations

import ctypes
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.pdf.api import pdfium
from gateway.documents.readers.pdf.looks import LEGACY_CODES, Looks
from gateway.documents.readers.pdf.page import Box
from gateway.model import ReadStatus

LIMIT_CHARACTERS: Final = 2_000_000
_UNMAPPED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd\uffff\ue000-\uf01f\uf100-\uf8ff]")
"""Controls, replacement and private-use characters; U+F020 to U+F0FF are the 8-bit codes of symbol fonts."""
_RENAMED: Final = frozenset(map(chr, LEGACY_CODES))
"""Characters that pdfium puts for another one: what they mean is decided text by text."""


@dataclass(slots=True)
class PageText:
    """The texts of a page by handle of their text object."""

    texts: dict[int, str] = field(default_factory=dict)
    unmapped: dict[int, int] = field(default_factory=dict)
    """Number of characters of an object without Unicode mapping, where there are any."""
    doubtful: set[int] = field(default_factory=set)
    """Objects with a character that need not be the letter it looks like; all others say what they show."""
    characters: int = 0
    relabelled: bool = False
    """Some text is that of an /ActualText, whatever the font says."""


class _Letters:
    """The letters that mean themselves in a font, and a quick way to find others in a text."""

    QUIET_PAGES: Final = 8
    """Pages without a new letter after which a pattern pays: it takes as long to make as to ask some hundred times."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._quiet = 0
        self.has_other: Callable[[str], object] = bool
        """Whether a text has a letter that is not known."""

    def add(self, letters: Iterable[str]) -> None:
        self._known.update(letters)
        self._quiet = 0
        self.has_other = self._compare

    def end_page(self) -> None:
        self._quiet += 1
        if self._quiet == self.QUIET_PAGES and self._known:
            self.has_other = re.compile("[^" + re.escape("".join(sorted(self._known))) + "]").search

    def _compare(self, text: str) -> bool:
        return not self._known.issuperset(text)


class Glyphs:
    """Reads the texts of the pages of one document.

    pdfium gives the code itself for a character without meaning, which may look like any letter, and asking for each
    character takes as long as all the rest. So a letter is asked for where a font first shows it, and from then on
    taken as known, unless the font has codes without meaning that may be mistaken for it; in a font that has shown a
    character without meaning all are asked for.
    """

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._letters: defaultdict[int | None, _Letters] = defaultdict(_Letters)
        """By handle of the font."""
        self._buffer = ctypes.create_string_buffer(1 << 13)
        self._gaps: set[int | None] = set()
        """Fonts that have shown a character without meaning."""

    def read(self, page: int, objects: int = -1, *, relabelled: bool = False) -> PageText:
        """Return the texts of a loaded page, quicker when it is known how many text objects it has.

        Where the page has /ActualText, `relabelled`, nothing is learned of its fonts. pdfium can also be asked for one
        object at a time, but then it walks all characters of the page again for each.
        """
        api = pdfium()
        text_page = api.FPDFText_LoadPage(page)
        if not text_page:
            raise ReadError(ReadStatus.MALFORMED, "pdf-text")
        try:
            return self._read(text_page, objects, relabelled=relabelled)
        finally:
            api.FPDFText_ClosePage(text_page)

    def _read(self, text_page: int, objects: int, *, relabelled: bool) -> PageText:
        api = pdfium()
        count = api.FPDFText_CountChars(text_page)
        if count <= 0:
            return PageText()
        if count > LIMIT_CHARACTERS:
            raise ReadError(ReadStatus.LIMIT, "pdf-characters")
        if len(self._buffer) < 2 * count + 64:
            self._buffer = ctypes.create_string_buffer(4 * count + 64)
        address = ctypes.addressof(self._buffer)
        whole = _text(text_page, 0, count, address)
        direct = len(whole) == count
        found = PageText(characters=count, relabelled=relabelled)
        texts, letters, gaps = found.texts, self._letters, self._gaps
        ranges = list(_ranges(text_page, count, whole if direct else "", objects))
        fonts = list(map(api.FPDFTextObj_GetFont, [handle for _, _, handle in ranges]))
        before = len(gaps)
        for (start, end, handle), font in zip(ranges, fonts, strict=True):
            text = whole[start:end] if direct else _text(text_page, start, end - start, address)
            if letters[font].has_other(text):
                found.doubtful.add(handle)
                if font not in gaps:
                    self._ask(text_page, (start, end), text, font, learning=not relabelled)
            texts[handle] = texts[handle] + text if handle in texts else text
        for font in set(fonts):
            letters[font].end_page()
        if gaps and (len(gaps) > before or not gaps.isdisjoint(fonts)):
            self._count(text_page, found, [place for place, font in zip(ranges, fonts, strict=True) if font in gaps])
        return found

    def _ask(self, text_page: int, place: tuple[int, int], text: str, font: int | None, *, learning: bool) -> None:
        """Ask for all characters of an object, and learn its letters or that its font has a gap."""
        if 1 in map(pdfium().FPDFText_HasUnicodeMapError, repeat(text_page), range(*place)):
            self._gaps.add(font)
            self._letters.pop(font, None)
        elif learning:
            look = self._looks.font(font)
            letters = set(_UNMAPPED.sub("", text)) - _RENAMED
            self._letters[font].add(letters if look.sure is None else letters & look.sure)

    def _count(self, text_page: int, found: PageText, ranges: list[tuple[int, int, int]]) -> None:
        """Count the characters without meaning of all objects in fonts with a gap."""
        error, unmapped = pdfium().FPDFText_HasUnicodeMapError, found.unmapped
        for start, end, handle in ranges:
            if missing := sum(1 for i in range(start, end) if error(text_page, i) == 1):
                unmapped[handle] = unmapped.get(handle, 0) + missing
                found.doubtful.add(handle)


def letters_of(page: int, handles: set[int]) -> defaultdict[int, list[tuple[str, Box]]]:
    """Return the letters of some text objects of a loaded page, without blanks, with their boxes in the space of the page."""
    api, found = pdfium(), defaultdict[int, list[tuple[str, Box]]](list)
    text_page = api.FPDFText_LoadPage(page)
    sides = (ctypes.c_double * 4)()
    left, right, bottom, top = (ctypes.addressof(sides) + 8 * n for n in range(4))
    try:
        for start, end, handle in _searched(text_page, 0, max(api.FPDFText_CountChars(text_page), 0)):
            for position in range(start, end) if handle in handles else ():
                letter = chr(api.FPDFText_GetUnicode(text_page, position))
                if not letter.isspace() and api.FPDFText_GetCharBox(text_page, position, left, right, bottom, top):
                    found[handle].append((letter, (sides[0], sides[2], sides[1], sides[3])))
    finally:
        api.FPDFText_ClosePage(text_page)
    return found


def count_unmapped(text: str) -> int:
    """Count characters that represent no letter."""
    return len(_UNMAPPED.findall(text))


def known_letters(text: str, missing: int) -> str:
    """Return what is left of a text without so many characters that are codes without meaning; nothing if most are.

    pdfium gives the code itself for such a character, which may look like any letter.
    """
    letters = _UNMAPPED.sub("", text)
    return letters if len(letters.strip()) > missing else ""


def _text(text_page: int, start: int, count: int, address: int) -> str:
    """Return the text of a stretch of characters; the buffer at that address has room for it."""
    length = pdfium().FPDFText_GetText(text_page, start, count, address) - 1
    return ctypes.string_at(address, 2 * max(length, 0)).decode("utf-16-le", "surrogatepass")


def _ranges(text_page: int, count: int, whole: str, objects: int) -> Iterable[tuple[int, int, int]]:
    """Return first character, end and handle of each text object; one object may come in several ranges.

    The characters of one object are contiguous, so a line whose first and last character belong to one object is its
    own as a whole; and where all objects end a line each, every line is the object's that ends it. Elsewhere the ends
    are searched.
    """
    if not whole:
        return _searched(text_page, 0, count)
    starts, ends, at = [], [], 0
    for line in whole.split("\r\n"):
        length = len(line)
        if length:
            starts.append(at)
            ends.append(at + length)
        at += length + 2
    owner = pdfium().FPDFText_GetTextObject
    lasts = list(map(owner, repeat(text_page), [end - 1 for end in ends]))
    if len(ends) == objects == len(set(lasts)) and None not in lasts:
        return zip(starts, ends, lasts, strict=True)
    firsts = map(owner, repeat(text_page), starts)
    return _by_line(text_page, zip(starts, ends, firsts, lasts, strict=True))


def _by_line(
    text_page: int, lines: Iterable[tuple[int, int, int | None, int | None]]
) -> Iterator[tuple[int, int, int]]:
    for start, end, first, last in lines:
        if first and first == last:
            yield start, end, first
        else:
            yield from _searched(text_page, start, end)


def _searched(text_page: int, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """Find the ends of text objects by galloping and bisection."""
    owner = pdfium().FPDFText_GetTextObject
    while start < stop:
        handle = owner(text_page, start)
        if not handle:  # a space that pdfium made up
            start += 1
            continue
        low, high, step = start, start + 1, 8
        while high < stop and owner(text_page, high) == handle:
            low, high, step = high, min(stop, high + step), step * 2
        while high - low > 1:
            middle = (low + high) // 2
            if owner(text_page, middle) == handle:
                low = middle
            else:
                high = middle
        yield start, high, handle
        start = high
