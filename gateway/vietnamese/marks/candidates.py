"""Candidate lines: those whose bare letters spell a mark, and levels over several lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from gateway.vietnamese.marks.auxiliary import STAMP_HEAD
from gateway.vietnamese.marks.damage import POSSIBLE, may_be_damaged
from gateway.vietnamese.marks.layout import Layout
from gateway.vietnamese.marks.readings import legacy_sign
from gateway.vietnamese.marks.words import GLUED

_GAP: Final = 80
"""Signs and blanks between two letters of a level at most: more is a line of its own."""
_LEVEL: Final = re.compile(rf"m[\W_]{{0,{_GAP}}}a[\W_]{{0,{_GAP}}}t{GLUED}")
_HEAD: Final = re.compile(r"(?<![a-z])(?P<word>t[\W_]*u[\W_]*y[\W_]*e[\W_]*t|t[\W_]*o[\W_]*i)[\W_]*$")
"""The first word of a level, right before its last."""
_AUXILIARY: Final = (
    # Each begins with letters, so that the search jumps from one occurrence to the next.
    re.compile(r"lieu[\W_]{1,3}thu[\W_]{1,3}hoi(?![a-z])"),
    re.compile(r"boc[\W_]{1,3}(?:phong[\W_]{1,3})?bi(?![a-z])"),
    re.compile(r"mo[\W_]{1,3}phong[\W_]{1,3}bi(?![a-z])"),
)


def may_hold_mark(plain: str) -> bool:
    """Return whether a bare text holds the letters of any mark or stamp at all."""
    if any(pattern.search(plain) for pattern in (_LEVEL, *_AUXILIARY)) or STAMP_HEAD.search("\n" + plain):
        return True
    return any(may_be_damaged(plain, found) for found in POSSIBLE.finditer(plain))


class Candidates(NamedTuple):
    """Lines worth a closer look."""

    lines: set[int]
    """Numbers of lines."""
    legacy: bool
    """A level in an old charset is among them, which only a judgement can tell from prose."""
    split: list[tuple[int, int]]
    """First and last line of letters that spell a level over several."""
    heads: list[int]
    """Lines that begin as an auxiliary stamp does."""


def candidates(layout: Layout, whole: str) -> Candidates:
    """Return where marks can be; `whole` is the skeleton of all lines."""
    lines: set[int] = set()
    split: list[tuple[int, int]] = []
    for pattern in (_LEVEL, *_AUXILIARY):
        for number, found in _numbered(pattern.finditer(whole), whole):
            breaks = found[0].count("\n")
            if not breaks:
                lines.add(number)
            before = whole[max(0, found.start() - _GAP) : found.start()] if pattern is _LEVEL else ""
            head = _HEAD.search(before) if "\n" in before else None
            above = head[0].count("\n") if head is not None and "\n" in head["word"] else 0
            if above or breaks:
                split.append((number - above, number + breaks))
    lines.update(n for n, found in _numbered(POSSIBLE.finditer(whole), whole) if may_be_damaged(whole, found))
    heads = [n for n, _ in _numbered(STAMP_HEAD.finditer("\n" + whole), "\n" + whole)]
    lines.update(heads)
    if whole.count("\n") != layout.whole.count("\n"):
        # A character that hides a line break took the two texts apart: look at every line.
        lines, split, heads = set(range(len(layout.lines))), [], []
    legacy = legacy_sign().search(layout.whole) is not None
    if legacy:
        lines.update(n for n, line in enumerate(layout.lines) if legacy_sign().search(line))
    return Candidates(lines, legacy, split, heads)


def _numbered(found: Iterator[re.Match[str]], whole: str) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield matches with the number of the line that each begins in."""
    number = position = 0
    for match in found:
        number += whole.count("\n", position, match.start())
        position = match.start()
        yield number, match
