"""Large letters made of characters over several lines."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Final

from msgspec import structs

from gateway.documents.readers.base import Member, Reading
from gateway.documents.readers.pictures.specimen import mosaic
from gateway.model import ActiveContent, Document, Origin, Role
from gateway.vietnamese.marks.layout import cell_key
from gateway.vietnamese.repertoire import octets

KIND: Final = "look-text-art"
LINES: Final = 6
"""Lines one under the other that are no more than filling and blanks."""
_STROKED: Final = 5
"""The same of lines that draw with strokes, as FIGlet does."""
_BLANK: Final = r"[ \t\xa0\u3000]"
_APART: Final = ("  ", "\t", "\xa0", "\u3000")
"""One of them is wherever two of the blanks are side by side."""
_COMMON_APART: Final = tuple(blanks for one in _APART if (blanks := octets(one)) is not None)
"""The same in the common repertoire, which has no shades."""
_SHADES: Final = "\u2580-\u259f\u25a0\u25a1\u25aa\u25ab\u25fb\u25fc\u2b1b\u2b1c\u2800-\u28ff\U0001f7e5-\U0001f7eb"
_SIGN: Final = re.compile(rf"\n{_BLANK}*(?P<one>\S)(?P=one)+{_BLANK}{{2,}}(?P<other>\S)(?P=other)")
_FILLED: Final = re.compile(r"\n(?P<ground>[^\w\s])(?P=ground)++(?P<ink>\S)(?P=ink)\S*(?P=ground){2}(?:\s|$)")
_TONES: Final = re.compile(rb"\xe2[\x96\x97\xac\xa0-\xa3]")
_SQUARES: Final = b"\xf0\x9f\x9f"
"""The UTF-8 bytes that shaded blocks and braille, and coloured squares begin with."""
_BLANKS: Final = re.compile(rf"{_BLANK}{{2,}}")
_SHADED: Final = re.compile(rf"[{_SHADES}]+")
_LETTERS: Final = "\\|/_"
"""Strokes without which no word is drawn."""
_STROKES: Final = frozenset("_|/\\()<>'`.,-\"V")


def with_text_art(reading: Reading) -> Reading:
    """Return a reading with a finding where lines draw letters; cells of one sign each become a picture, a member."""
    reading = replace(reading, members=(*reading.members, *_grids(reading.document)))
    document = reading.document
    known = any(content.kind == KIND for content in document.active_content)
    lines = ("".join(run.text for run in block) for _, block in groupby(document.runs, key=lambda run: run.block))
    if known or document.format == "text" or all(run.origin is not Origin.TEXT for run in document.runs):
        return reading
    if not is_text_art("\n".join(lines)):
        return reading
    active = (*document.active_content, ActiveContent(KIND))
    return replace(reading, document=structs.replace(document, active_content=active))


def _grids(document: Document) -> Iterator[Member]:
    signs: dict[tuple[str, str], set[tuple[int, int]]] = defaultdict(set)
    for run in document.runs:
        if len(run.text) == 1 and run.role is Role.CELL and (key := cell_key(run)) is not None:
            signs[key[0], run.text].add((key[2], key[1]))
    for number, cells in enumerate(sorted(signs.values(), key=len, reverse=True)):
        if (word := mosaic(cells)) is not None:
            yield Member(name=f"signs-{number}.png", data=word, relation="image")


def is_text_art(text: str, common: bytes | None = None) -> bool:
    """Return whether some lines of a text draw: few kinds of characters, in stretches that differ from line to line.

    `common` are its lines in `octets`, if they are known.
    """
    is_apart = any(map(text.__contains__, _APART) if common is None else map(common.__contains__, _COMMON_APART))
    is_filling = (is_apart and _SIGN.search("\n" + text) is not None) or _FILLED.search(text) is not None
    if is_filling or (common is None and _is_shaded(text)):
        filled = _runs(line if _draws(line) else "" for line in map(_without_ground, text.splitlines()))
        if any(len(run) >= LINES and _are_parted(run) for run in filled):
            return True
    if not all(map(text.__contains__, _LETTERS)):
        return False
    stroked = _runs(line if _is_stroked(line) else "" for line in text.splitlines())
    return any(len(run) >= _STROKED and set(_LETTERS) <= set("".join(run)) and _are_parted(run) for run in stroked)


def _is_shaded(text: str) -> bool:
    octets = b"" if text.isascii() else text.encode("utf-8", "replace")
    return _TONES.search(octets) is not None or _SQUARES in octets


def _runs(lines: Iterator[str]) -> Iterator[list[str]]:
    """Yield the stretches of lines that are not empty and not all alike."""
    for drawn, run in groupby((line.rstrip() for line in lines), key=bool):
        found = list(run)
        if drawn and len(set(found)) >= LINES - 1:
            yield found


def _without_ground(line: str) -> str:
    """Return a line that is filled to its ends with the sign of its ground as blanks: `..##..##..`."""
    is_filled = 1 < len(set(line)) <= 3 and not line[0].isalnum() and len(line.split()) == 1
    return line.replace(line[0], " ") if is_filled else line


def _draws(line: str) -> bool:
    solid = "".join(line.split())
    if len(line) < 8 or len(solid) < 2:
        return False
    return (len(set(solid)) <= 3 and not any(map(str.isdigit, solid))) or _SHADED.fullmatch(solid) is not None


def _is_stroked(line: str) -> bool:
    solid = set(line) - {" "}
    return len(line.strip()) >= 8 and solid <= _STROKES


def _are_parted(run: list[str]) -> bool:
    """Return whether half of the lines have stretches with gaps between, as no ruler or bar has."""
    parted = (len(_BLANKS.split(line.strip())) >= 2 or _SHADED.search(line) is not None for line in run)
    return sum(parted) * 2 >= len(run)
