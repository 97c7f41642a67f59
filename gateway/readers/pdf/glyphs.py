"""What the letters of a PDF page mean: the text of each text object, and how much of it has no meaning in Unicode."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final

from gateway.model import ReadStatus
from gateway.readers.base import ReadError
from gateway.readers.pdf.api import pdfium

LIMIT_CHARACTERS: Final = 2_000_000
SHORT: Final = 40
"""Characters up to which all of a text object are asked whether they have a meaning: a mark is a short line."""
FEW_OBJECTS: Final = 20
_OFFSET: Final = int.from_bytes(os.urandom(4), "big")
_UNMAPPED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd\uffff\ue000-\uf01f\uf100-\uf8ff]")
"""Controls, replacement and private-use characters; U+F020 to U+F0FF are the 8-bit codes of symbol fonts."""


@dataclass(slots=True)
class PageText:
    """The texts of a page by handle of their text object."""

    texts: dict[int, str] = field(default_factory=dict)
    unmapped: dict[int, int] = field(default_factory=dict)
    """How many characters of an object have no Unicode mapping, where there are any."""
    characters: int = 0
    suspicious: bool = False
    """Some text of the page has characters that stand for no letter: count them piece by piece."""
    relabelled: bool = False
    """Some text is that of an /ActualText, whatever the font says."""


def read_page_text(page: int, objects: int = -1) -> PageText:
    """Return the texts of a loaded page, quicker when it is known how many text objects it has.

    pdfium can also be asked for one object at a time, but then it walks all characters of the page again for each.
    """
    api = pdfium()
    text_page = api.FPDFText_LoadPage(page)
    if not text_page:
        raise ReadError(ReadStatus.MALFORMED, "pdf-text")
    try:
        return _read(text_page, objects)
    finally:
        api.FPDFText_ClosePage(text_page)


def count_unmapped(text: str) -> int:
    """Count characters that stand for no letter."""
    return len(_UNMAPPED.findall(text))


def known_letters(text: str, missing: int) -> str:
    """Return what is left of a text without so many characters that are codes without meaning; nothing if most are.

    pdfium gives the code itself for such a character, which may look like any letter.
    """
    letters = _UNMAPPED.sub("", text)
    return letters if len(letters.strip()) > missing else ""


def _read(text_page: int, objects: int) -> PageText:
    api = pdfium()
    count = api.FPDFText_CountChars(text_page)
    if count <= 0:
        return PageText()
    if count > LIMIT_CHARACTERS:
        raise ReadError(ReadStatus.LIMIT, "pdf-characters")
    buffer = ctypes.create_string_buffer(2 * count + 64)
    address = ctypes.addressof(buffer)
    length = api.FPDFText_GetText(text_page, 0, count, address) - 1
    whole = buffer.raw[: 2 * max(length, 0)].decode("utf-16-le", "surrogatepass")
    direct = len(whole) == count
    found = PageText(characters=count, suspicious=not direct or _UNMAPPED.search(whole) is not None)
    texts = found.texts
    ranges = list(_ranges(text_page, count, whole if direct else "", objects))
    for start, end, handle in ranges:
        if direct:
            text = whole[start:end]
        else:
            length = api.FPDFText_GetText(text_page, start, end - start, address) - 1
            text = ctypes.string_at(address, 2 * max(length, 0)).decode("utf-16-le", "surrogatepass")
        texts[handle] = texts[handle] + text if handle in texts else text
    if _has_gap(text_page, ranges):
        error, unmapped = api.FPDFText_HasUnicodeMapError, found.unmapped
        for start, end, handle in ranges:
            if missing := sum(1 for i in range(start, end) if error(text_page, i) == 1):
                unmapped[handle] = unmapped.get(handle, 0) + missing
    return found


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


def _has_gap(text_page: int, ranges: list[tuple[int, int, int]]) -> bool:
    """Whether some character of a page has no meaning in Unicode.

    Asking for each character of a page of long lines costs a tenth of all the rest. All of a short text object are asked
    and some of a longer one, at places that a file cannot know: text that means nothing throughout is always found.
    """
    few = len(ranges) <= FEW_OBJECTS
    places: list[int] = []
    for start, end, _ in ranges:
        length = end - start
        if length <= SHORT:
            places += range(start, end)
            continue
        first = start + _OFFSET % length
        half = length >> 1
        second = first + half if first + half < end else first - half
        places += (first, second)
        if few:
            quarter = max(half >> 1, 1)
            places += (start + (first - start + quarter) % length, start + (second - start + quarter) % length)
    return 1 in map(pdfium().FPDFText_HasUnicodeMapError, repeat(text_page), places)
