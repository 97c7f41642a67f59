"""Margins of a PDF, which states none, as far as its lines show them.

Left and right the margin is where many lines of a page begin or end. Above, where the first lines of several pages agree. Below,
a full page ends at the margin or a line or two above it: a paragraph is not parted anywhere. So the amounts are bounds.
Page numbers, running heads and feet, stamps and signatures are in the margins and do not count; where one is between
the edge of the paper and the text, it may have pushed the text inwards, so the margin may be as narrow as it lets.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from gateway.model import Document, Origin, PageSetup, Role, Run
from gateway.vietnamese.normal import skeleton
from gateway.vietnamese.typography import is_stamp

_BODY: Final = frozenset({Role.BODY, Role.HEADING, Role.CELL})
_LEAST_LINES: Final = 12
"""Lines that a PDF page must have to be measured."""
_LEAST_AT_EDGE: Final = 5
_LEAST_SHARE: Final = 0.25
_EDGE_PT: Final = 2.0
_MEASURED_PAGES: Final = 20
_AGREE_PT: Final = 2.5
"""Places of lines on several pages that are one place."""
_MOST_OUTSIDE: Final = 3
"""Lines of a running head or foot."""
_LEAST_FULL: Final = 3
"""Full pages from which on their common end says how wide the margin below is, not only how narrow."""
_ALONE_PT: Final = 17.0
"""Distance allowed between margin and first line of a one-page letter: a blank line, or the space before a paragraph."""
_HEAD: Final = re.compile(r"cong ?hoa ?xa ?hoi ?chu ?nghia|dang cong san viet nam")
_NUMBERS: Final = re.compile(r"[^a-z]+")
_PAGE_WORDS: Final = frozenset({"", "trang", "page", "tr", "p", "pageof", "trangtren"})

Bounds = tuple[float, float]
"""Least and greatest amount that a margin can have, in points."""


class Measured(NamedTuple):
    """One page, its margins by side as far as they show."""

    setup: PageSetup
    sides: Mapping[str, Bounds]


class _Line(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float
    text: str


def measured(document: Document) -> Iterator[Measured]:
    """Yield the first pages of a PDF with what their lines show; an unknown side is missing."""
    pages = _pages(document)
    setups = document.setups[:_MEASURED_PAGES]
    heights = {number: setup.height_pt for number, setup in enumerate(setups, 1) if setup.height_pt is not None}
    bodies = _bodies(pages, heights)
    top, bottom = _top(bodies, pages), _bottom(bodies, heights, pages)
    for number, setup in enumerate(setups, 1):
        lines = pages.get(number, [])
        sides: dict[str, Bounds] = {}
        left, right = _edge([line.left for line in lines]), _edge([-line.right for line in lines])
        if left is not None:
            sides["left"] = (left, left)
        if right is not None and setup.width_pt is not None:
            sides["right"] = (setup.width_pt + right,) * 2
        for side, found in (("top", top), ("bottom", bottom)):
            if found is not None and found[0] == number:
                sides[side] = found[1]
        yield Measured(setup, sides)


def _pages(document: Document) -> dict[int, list[_Line]]:
    """Return the lines of the first pages from top to bottom, without stamps and signatures."""
    runs: dict[int, dict[int, list[Run]]] = {}
    for run in document.runs:
        if run.page is None or run.bbox_pt is None or run.role not in _BODY or run.origin is not Origin.TEXT:
            continue
        if run.page <= _MEASURED_PAGES and run.text.strip():
            runs.setdefault(run.page, {}).setdefault(run.block, []).append(run)
    return {
        page: sorted(filter(None, map(_line, blocks.values())), key=lambda line: (line.top, line.left))
        for page, blocks in runs.items()
    }


def _line(runs: Sequence[Run]) -> _Line | None:
    text = "".join(run.text for run in runs)
    if is_stamp(text, Role.TEXTBOX):
        return None
    boxes = [run.bbox_pt for run in runs if run.bbox_pt is not None]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return _Line(min(lefts), min(tops), max(rights), max(bottoms), text)


def _edge(places: list[float]) -> float | None:
    """Return the least place at which many lines are, None when there are too few of them."""
    if len(places) < _LEAST_LINES:
        return None
    needed = max(_LEAST_AT_EDGE, len(places) * _LEAST_SHARE)
    bins = Counter(int(place // _EDGE_PT) for place in places)
    for number in sorted(bins):
        if bins[number] + bins.get(number + 1, 0) >= needed:
            near = sorted(place for place in places if number <= place // _EDGE_PT <= number + 1)
            return near[len(near) // 2]
    return None


def _bodies(pages: Mapping[int, list[_Line]], heights: Mapping[int, float]) -> dict[int, list[_Line]]:
    """Return the lines of pages with enough of them, without page numbers and what repeats above or below."""
    places = Counter(key for page, lines in pages.items() for key in {_key(line) for line in lines})

    found: dict[int, list[_Line]] = {}
    for page, lines in pages.items():
        body = [line for line in lines if line.top >= 0 and line.bottom <= heights.get(page, 0.0)]
        for end in (0, -1):
            for _ in range(_MOST_OUTSIDE):
                key = _key(body[end]) if body else None
                if key is not None and (key[1] in _PAGE_WORDS or places[key] > 1):
                    del body[end]
        if len(body) >= _LEAST_LINES:
            found[page] = body
    return found


def _key(line: _Line) -> tuple[int, str]:
    return round(line.top / _AGREE_PT), _NUMBERS.sub("", skeleton(line.text[:200]))


def _top(bodies: Mapping[int, list[_Line]], pages: Mapping[int, list[_Line]]) -> tuple[int, Bounds] | None:
    """Return the page that shows the margin above, and its bounds."""
    tops = {page: lines[0].top for page, lines in bodies.items()}
    page = _agreed(tops)
    if page is not None:
        return page, (min(pages[page][0].top, tops[page]), tops[page])
    if len(tops) == 1:
        ((page, place),) = tops.items()
        first = "".join(line.text for line in bodies[page] if line.top < place + 2 * _AGREE_PT)
        if _HEAD.search(skeleton(first)):
            return page, (max(0.0, place - _ALONE_PT), place)
    return None


def _bottom(
    bodies: Mapping[int, list[_Line]], heights: Mapping[int, float], pages: Mapping[int, list[_Line]]
) -> tuple[int, Bounds] | None:
    """Return the page that shows the margin below, and its bounds; pages that another follows are full."""
    last = max(pages, default=0)
    ends = {page: max(line.bottom for line in lines) for page, lines in bodies.items() if page < last}
    rests = {page: heights[page] - end for page, end in ends.items()}
    if not rests:
        return None
    page = min(rests, key=lambda number: rests[number])
    pitch = _pitch(bodies[page])
    has_foot = any(line.bottom > ends[page] for line in pages[page])
    if len(rests) < _LEAST_FULL or pitch is None or has_foot:
        return page, (0.0, rests[page])
    return page, (max(0.0, rests[page] - 2 * pitch), rests[page])


def _agreed(places: Mapping[int, float]) -> int | None:
    """Return the page with the least place that another page shares."""
    ordered = sorted(places, key=lambda number: places[number])
    return next((one for one, other in pairwise(ordered) if places[other] - places[one] <= _AGREE_PT), None)


def _pitch(lines: Sequence[_Line]) -> float | None:
    """Return the usual distance of two lines."""
    tops = sorted({round(line.top, 1) for line in lines})
    steps = sorted(below - above for above, below in pairwise(tops) if below - above > 5)
    return steps[len(steps) // 2] if steps else None
