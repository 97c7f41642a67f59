"""Strings of a workbook: shared and inline, plain and rich, with the phonetic text beside them (§18.4)."""

from __future__ import annotations

from typing import Final, NamedTuple

from gateway.readers.base import Budget
from gateway.readers.ooxml.xml import NAMES, ChildStream, Element, clark

_TEXT: Final = clark("s:t")


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
        return Rich(((only.text or "", None),)) if not len(only) else Rich((("".join(only.itertext()), None),))
    pieces: list[tuple[str, Element | None]] = []
    aside: list[str] = []
    for child in element:
        match NAMES[child.tag]:
            case "s:t":
                pieces.append(("".join(child.itertext()), None))
            case "s:r":
                look = None
                for part in child:
                    if NAMES[part.tag] == "s:rPr":
                        look = part
                    else:
                        pieces.append(("".join(part.itertext()), look))
            case _:
                aside.append("".join(child.itertext()))
        if child.tail and not child.tail.isspace():
            aside.append(child.tail)
    if element.text and not element.text.isspace():
        aside.append(element.text)
    return Rich(tuple(pieces), " ".join(word for word in aside if word and not word.isspace()))


def plain_string(element: Element) -> str | None:
    """Return the text of a string that is a single `t` and nothing else, None for any other."""
    only = None
    for child in element:
        if only is not None or child.tag != _TEXT or len(child) or child.tail:
            return None
        only = child
    return None if only is None or element.text else only.text or ""


class SharedStrings:
    """The shared string table; remembers which strings a cell shows."""

    def __init__(self, data: bytes | None, budget: Budget) -> None:
        self._strings: list[Rich] = []
        self._plain: list[str | None] = []
        self._used = bytearray()
        self._budget = budget
        self.rest: Element | None = None
        """The table's root without its strings."""
        if data is None:
            return
        stream = ChildStream(data, container="s:sst", budget=budget)
        for child in stream:
            rich = parse_rich(child)
            self._strings.append(rich)
            one = len(rich.pieces) == 1 and rich.pieces[0][1] is None and not rich.phonetic
            self._plain.append(rich.pieces[0][0] if one else None)
        self.rest = stream.root
        self._used = bytearray(len(self._strings))

    def plain(self, index: str) -> str | None:
        """Return a string of one look by the number in a cell, None when it is not that simple."""
        try:
            position = int(index)
            text = self._plain[position]
        except (ValueError, IndexError):
            return None
        if text is None or position < 0 or self._used[position]:
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
            found = self._strings[position]
        except (ValueError, IndexError):
            return None
        if self._used[position]:
            # A string of a megabyte in ten thousand cells is ten gigabytes of text.
            self._budget.take_bytes(sum(len(piece) for piece, _ in found.pieces))
        self._used[position] = 1
        return found

    def unused(self) -> list[Rich]:
        """Return the strings that no cell shows, and those parts of shown ones that never show."""
        return [string for string, used in zip(self._strings, self._used, strict=True) if not used]
