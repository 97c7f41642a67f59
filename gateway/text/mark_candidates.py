"""Where in a document a mark can stand: the lines whose bare letters spell one, and levels that go over several lines."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from gateway.text.mark_layout import Layout
from gateway.text.mark_readings import legacy_sign

_LEVEL: Final = re.compile(r"m[\W_]{0,12}a[\W_]{0,12}t(?![a-z])")
_AUXILIARY: Final = (
    # Each begins with letters, so that the search jumps from one occurrence to the next.
    re.compile(r"thu[\W_]{1,3}hoi(?![a-z])"),
    re.compile(r"boc[\W_]{1,3}(?:phong[\W_]{1,3})?bi(?![a-z])"),
    re.compile(r"mo[\W_]{1,3}phong[\W_]{1,3}bi(?![a-z])"),
    re.compile(r"xem[\W_]{1,3}xong"),
    re.compile(r"luu[\W_]{1,3}hanh[\W_]{1,3}noi[\W_]{1,3}bo(?![a-z])"),
)


def may_hold_mark(plain: str) -> bool:
    """Tell whether a bare text holds the letters of any mark or stamp at all."""
    return any(pattern.search(plain) for pattern in (_LEVEL, *_AUXILIARY))


class Candidates(NamedTuple):
    """What is worth a closer look."""

    lines: set[int]
    """Numbers of lines."""
    legacy: bool
    """A level in an old charset is among them, which only a judgement can tell from prose."""
    split: list[tuple[int, int]]
    """First and last line of letters that spell a level over several."""


def candidates(layout: Layout, whole: str) -> Candidates:
    """Return where marks can stand; `whole` is the skeleton of all lines."""
    lines: set[int] = set()
    split: list[tuple[int, int]] = []
    for pattern in (_LEVEL, *_AUXILIARY):
        number = position = 0
        for match in pattern.finditer(whole):
            number += whole.count("\n", position, match.start())
            position = match.start()
            breaks = match[0].count("\n")
            if breaks:
                split.append((number, number + breaks))
            else:
                lines.add(number)
    if whole.count("\n") != layout.whole.count("\n"):
        # A character that hides a line break took the two texts apart: look at every line.
        lines, split = set(range(len(layout.lines))), []
    legacy = legacy_sign().search(layout.whole) is not None
    if legacy:
        lines.update(n for n, line in enumerate(layout.lines) if legacy_sign().search(line))
    return Candidates(lines, legacy, split)
