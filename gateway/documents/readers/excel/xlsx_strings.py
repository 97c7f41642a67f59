"""Strings of a workbook: shared and inline, plain and rich, with the phonetic text beside them (§18.4)."""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from gateway.documents.readers.base import Budget
from gateway.documents.readers.ooxml.flat import LESS_THAN, FlatPart
from gateway.documents.readers.ooxml.xml import NAMES, ChildStream, Element, clark, texts
from gateway.vietnamese.escapes import paired

_TEXT: Final = clark("s:t")
_ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_GRAMMAR: Final = r"""
<{p}si><{p}t(?:\ xml:space="preserve")?>([^<]*)</{p}t>(?:<{p}phoneticPr\ [^<>]*/>)?</{p}si>|(.+)
"""


@functools.cache
def _grammar(prefix: str) -> re.Pattern[str]:
    return re.compile(_GRAMMAR.format(p=prefix), re.DOTALL | re.VERBOSE)


def unescape(text: str) -> str:
    """Return a string with its `_xHHHH_` escapes decoded (ST_Xstring, §22.9.2.19)."""
    if "_x" not in text:
        return text
    return paired(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text))


class Rich(NamedTuple):
    """One string."""

    pieces: tuple[tuple[str, Element | None], ...]
    """Text with its `rPr`, None where the cell's font counts."""
    phonetic: str = ""

    @property
    def text(self) -> str:
        """The whole string."""
        return "".join(piece for piece, _ in self.pieces)


def parse_rich(element: Element) -> Rich:
    """Return the string of an `si`, `is` or comment `text` element; text out of place counts as phonetic."""
    if len(element) == 1 and element[0].tag == _TEXT and not element.text:
        only = element[0]
        return Rich(((unescape("".join(only.itertext())), None),))
    pieces: list[tuple[str, Element | None]] = []
    aside: list[str] = []
    for child in element:
        match NAMES[child.tag]:
            case "s:t":
                pieces.append((unescape("".join(child.itertext())), None))
            case "s:r":
                look = None
                for part in child:
                    if NAMES[part.tag] == "s:rPr":
                        look = part
                    else:
                        pieces.append((unescape("".join(part.itertext())), look))
            case _:
                aside.append(unescape("".join(child.itertext())))
        if child.tail and not child.tail.isspace():
            aside.append(child.tail)
    if element.text and not element.text.isspace():
        aside.append(element.text)
    return Rich(tuple(pieces), " ".join(word for word in aside if word and not word.isspace()))


def plain_string(element: Element) -> str | None:
    """Return the text of a string that is a single `t` and nothing else, None for any other; its `_xHHHH_` are left as they are."""
    only = None
    for child in element:
        if only is not None or child.tag != _TEXT or len(child) or child.tail:
            return None
        only = child
    return None if only is None or element.text else only.text or ""


class SharedStrings:
    """The shared string table; remembers which strings a cell shows."""

    def __init__(self, data: bytes | None, budget: Budget) -> None:
        self._strings: list[str | Rich] = []
        self._used = bytearray()
        self._budget = budget
        self.stray: list[str] = []
        """Words of the table that stand in no string."""
        if data is None:
            return
        flat = FlatPart(data, container="s:sst", child="si", budget=budget)
        if flat.is_flat:
            for raw, text in flat.chunks():
                found = None if text is None else _flat_strings(text, flat.prefix)
                if found is None:
                    self._take(flat.elements(raw))
                else:
                    self._strings += found
            self.stray += [text for _, text in texts(flat.rest())]
        else:
            self._take(ChildStream(data, container="s:sst", budget=budget))
        self._used = bytearray(len(self._strings))

    def _take(self, stream: ChildStream) -> None:
        for child in stream:
            self._strings.append(_string(child))
            if child.tail and not child.tail.isspace():
                self.stray.append(child.tail)
        if stream.root is not None:
            self.stray += [text for _, text in texts(stream.root)]

    def plain(self, index: str) -> str | None:
        """Return a string of one look by the number in a cell, None when it is not that simple."""
        try:
            position = int(index)
            text = self._strings[position]
        except (ValueError, IndexError):
            return None
        if not isinstance(text, str) or position < 0 or self._used[position]:
            # `get` counts repeated use.
            return None
        self._used[position] = 1
        return text

    def get(self, index: str) -> Rich | None:
        """Return a string by the number in a cell, None when there is none."""
        try:
            position = int(index)
            if position < 0:
                return None
            found = _rich(self._strings[position])
        except (ValueError, IndexError):
            return None
        if self._used[position]:
            # A string of a megabyte in ten thousand cells is ten gigabytes of text.
            self._budget.take_bytes(sum(len(piece) for piece, _ in found.pieces))
        self._used[position] = 1
        return found

    def unused(self) -> list[Rich]:
        """Return the strings that no cell shows, and those parts of shown ones that never show."""
        return [_rich(string) for string, used in zip(self._strings, self._used, strict=True) if not used]


def _string(element: Element) -> str | Rich:
    rich = parse_rich(element)
    one = len(rich.pieces) == 1 and rich.pieces[0][1] is None and not rich.phonetic
    return rich.pieces[0][0] if one else rich


def _rich(string: str | Rich) -> Rich:
    return Rich(((string, None),)) if isinstance(string, str) else string


def _flat_strings(text: str, prefix: str) -> list[str] | None:
    """Return the strings of whole `si` elements, None when they hold anything that is not in the usual form."""
    found = _grammar(prefix).findall(text)
    # Text that matches nothing is taken with all after it.
    if found and found[-1][-1]:
        return None
    return [unescape(string.replace(LESS_THAN, "<")) for string, _ in found]
