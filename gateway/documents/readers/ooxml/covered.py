"""Shapes and pictures over a line: `BẢO MẬT` under a white box on its first word shows a mark.

No program lays out pages here: where letters stand is estimated from their size, so what is over a part of such a line
cannot be told. Lines without the letters of MẬT leave no mark, whatever lies over them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from gateway.documents.readers.numerals import whole
from gateway.documents.readers.ooxml.xml import Element, clark
from gateway.documents.readers.pictures.joined import Box
from gateway.model import Origin, Run

EMU_PT: Final = 12_700
_USUAL_PT: Final = 12.0
_LONGEST: Final = 120
"""Letters of a line that may be a mark in part."""
_CAPITAL, _SMALL, _BLANK = 0.7, 0.5, 0.28
"""How wide letters are, in parts of their size."""
_PARTLY: Final = 0.95
_LEAST: Final = 0.4
"""Shares of a line: more is covered as a whole, fewer of its height beside it."""
_TALLEST: Final = 4.0
"""Heights of the line that a cover has at most; what is larger is a picture or a panel of its own."""


class Span(NamedTuple):
    """Where something stands: its left and upper ends, None where that cannot be told, its width and height."""

    left: float | None
    top: float | None
    width: float
    height: float


class Line(NamedTuple):
    """A paragraph: about how wide it would be on one line, its largest letters, and where it is aligned (ST_TextAlignType)."""

    text: str = ""
    width: float = 0.0
    size: float = 0.0
    align: str = "l"


def lines_in(box: Box, lines: Sequence[Line], anchors: Sequence[str]) -> Iterator[tuple[Span, str]]:
    """Yield where the lines of a text box may stand, and their text; `anchors` says at which ends (ST_TextAnchoringType)."""
    left, above, wide, high = box
    heights = [1.2 * line.size * (1 + line.width // max(wide, 1.0)) for line in lines]
    spare = max(high - sum(heights), 0.0)
    for anchor in anchors:
        top = above + {"ctr": spare / 2, "b": spare}.get(anchor, 0.0)
        for line, height in zip(lines, heights, strict=True):
            width = min(line.width, wide)
            gap = {"ctr": (wide - width) / 2, "r": wide - width}.get(line.align, 0.0)
            yield Span(left + gap, top, width, height), line.text
            top += height


def leaves_mark(text: str) -> bool:
    """Tell whether a mark may be left of a line that is covered in part: of words with MẬT, and no others."""
    return len(text) <= _LONGEST and "mật" in "".join(unicodedata.normalize("NFC", text).casefold().split())


def width_of(text: str, size: float) -> float:
    """Return about how wide letters are, in the unit of their size."""
    return size * sum(_BLANK if c.isspace() else _CAPITAL if c.isupper() else _SMALL for c in text)


def lines_of(runs: Iterable[Run]) -> Iterator[Line]:
    """Yield the lines that runs make, without letters that are not shown."""
    for _, block in groupby(runs, key=lambda run: run.block):
        shown = [run for run in block if run.origin is Origin.TEXT]
        width = sum(width_of(run.text, run.size_pt or _USUAL_PT) for run in shown)
        yield Line(
            "".join(run.text for run in shown), width, max((run.size_pt or _USUAL_PT for run in shown), default=0.0)
        )


def box_of(shape: Element) -> Box | None:
    """Return where a shape of DrawingML says that it stands, in points; None where it does not."""
    for each in shape.iter("{*}xfrm"):
        at, size = each.find(clark("a:off")), each.find(clark("a:ext"))
        if at is None or size is None:
            return None
        sides = [(at.get("x"), at.get("y")), (size.get("cx"), size.get("cy"))]
        left, top, width, height = (whole(side, digits=10) / EMU_PT for pair in sides for side in pair)
        return left, top, width, height
    return None


class Covers:
    """Takes lines and what lies over them; a later thing lies over an earlier one of its plane."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, list[Span]] = {}
        self.locator: str | None = None
        """Where a line is covered in part, None while none is."""

    def line(self, plane: Hashable, place: Span, text: str) -> None:
        """Take a line."""
        if leaves_mark(text):
            self._lines.setdefault(plane, []).append(place)

    def cover(self, planes: Iterable[Hashable], place: Span, locator: str) -> None:
        """Take something opaque."""
        for line in (line for plane in planes for line in self._lines.get(plane, ())):
            across = min(place.width, line.width)
            if place.left is not None and line.left is not None:
                across = min(place.left + place.width, line.left + line.width) - max(place.left, line.left)
            down = min(place.height, line.height)
            if place.top is not None and line.top is not None:
                down = min(place.top + place.height, line.top + line.height) - max(place.top, line.top)
            letter = _SMALL * line.height
            if (
                letter < across < _PARTLY * line.width
                and _LEAST * line.height < down
                and place.height < _TALLEST * line.height
            ):
                self.locator = self.locator or locator
