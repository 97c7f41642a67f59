"""Paper and margins as Annex I of Decree 30/2020/NĐ-CP sets them (Part I, section I): A4, 20-25, 30-35 and 15-20 mm.

Word processors state margins. A PDF does not, but where many lines of a page begin, or end, at one place the margin
is; where they do not, nothing is said. A page across (for wide tables) may be turned, so only upright pages are judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from gateway.model import Document, Origin, PageSetup, Role

_POINTS_PER_MM: Final = 72 / 25.4
_TOLERANCE_MM: Final = 0.6
"""Rounding of programs."""
_MEASURED_TOLERANCE_MM: Final = 1.5
"""The same of places measured from letters, which stand a little in or out."""
_BODY: Final = frozenset({Role.BODY, Role.HEADING, Role.CELL})
_LEAST_LINES: Final = 12
"""Lines that a PDF page must have to be measured."""
_LEAST_AT_EDGE: Final = 5
_LEAST_SHARE: Final = 0.25
_EDGE_PT: Final = 2.0
_MEASURED_PAGES: Final = 20


class MarginRules(Struct, frozen=True, kw_only=True):
    """What counts as right, in millimetres: least and greatest distance from each edge of the paper."""

    paper_mm: tuple[float, float] = (210.0, 297.0)
    """Width and height; zeros accept any paper."""
    top_mm: tuple[float, float] = (20.0, 25.0)
    bottom_mm: tuple[float, float] = (20.0, 25.0)
    left_mm: tuple[float, float] = (30.0, 35.0)
    right_mm: tuple[float, float] = (15.0, 20.0)


class MarginFault(Struct, frozen=True, kw_only=True):
    """One side of a section or page that is not as it should be."""

    side: str
    """`paper`, `top`, `bottom`, `left` or `right`."""
    found: str
    """Millimetres: `42.3`, or `216 x 279` of paper."""
    wanted: str
    """`30-35`, or `210 x 297`."""
    locator: str = ""


_DEFAULT: Final = MarginRules()


def margin_faults(document: Document, rules: MarginRules = _DEFAULT) -> tuple[MarginFault, ...]:
    """Return the first fault of each side, none for a document whose margins are unknown or right."""
    first: dict[str, MarginFault] = {}
    setups, tolerance_mm = document.setups, _TOLERANCE_MM
    if document.format == "pdf":
        setups, tolerance_mm = measured(document), _MEASURED_TOLERANCE_MM
    for setup in setups:
        for fault in _faults(setup, rules, tolerance_mm):
            first.setdefault(fault.side, fault)
    return tuple(first.values())


def _faults(setup: PageSetup, rules: MarginRules, tolerance_mm: float) -> Iterator[MarginFault]:
    width, height = setup.width_pt, setup.height_pt
    if width is not None and height is not None:
        if width > height:
            return
        wanted = rules.paper_mm
        found = (width / _POINTS_PER_MM, height / _POINTS_PER_MM)
        if all(wanted) and any(abs(a - b) > 2.0 for a, b in zip(found, wanted, strict=True)):
            yield MarginFault(
                side="paper",
                found=f"{found[0]:.0f} x {found[1]:.0f}",
                wanted=f"{wanted[0]:g} x {wanted[1]:g}",
                locator=setup.locator,
            )
    for side, points, (least, greatest) in (
        ("top", setup.top_pt, rules.top_mm),
        ("bottom", setup.bottom_pt, rules.bottom_mm),
        ("left", setup.left_pt, rules.left_mm),
        ("right", setup.right_pt, rules.right_mm),
    ):
        if points is None:
            continue
        amount = points / _POINTS_PER_MM
        if not least - tolerance_mm <= amount <= greatest + tolerance_mm:
            yield MarginFault(
                side=side, found=f"{round(amount, 1):g}", wanted=f"{least:g}-{greatest:g}", locator=setup.locator
            )


def measured(document: Document) -> tuple[PageSetup, ...]:
    """Return the pages of a PDF with the left and right margins that their lines show, one page for each kind."""
    lines: dict[int, dict[int, tuple[float, float]]] = {}
    for run in document.runs:
        if run.page is None or run.bbox_pt is None or run.role not in _BODY or run.origin is not Origin.TEXT:
            continue
        if run.page > _MEASURED_PAGES or not run.text.strip():
            continue
        left, _, right, _ = run.bbox_pt
        known = lines.setdefault(run.page, {}).get(run.block)
        lines[run.page][run.block] = (left, right) if known is None else (min(known[0], left), max(known[1], right))
    found: list[PageSetup] = []
    for number, setup in enumerate(document.setups[:_MEASURED_PAGES], 1):
        spans = list(lines.get(number, {}).values())
        left_edge = _edge([left for left, _ in spans])
        right_edge = _edge([-right for _, right in spans])
        width = setup.width_pt
        found.append(
            PageSetup(
                locator=setup.locator,
                width_pt=width,
                height_pt=setup.height_pt,
                left_pt=left_edge,
                right_pt=width + right_edge if width is not None and right_edge is not None else None,
            )
        )
    return tuple(found)


def _edge(places: list[float]) -> float | None:
    """Return the least place at which many lines stand, None when there are too few of them to tell."""
    if len(places) < _LEAST_LINES:
        return None
    needed = max(_LEAST_AT_EDGE, len(places) * _LEAST_SHARE)
    bins = Counter(int(place // _EDGE_PT) for place in places)
    for number in sorted(bins):
        if bins[number] + bins.get(number + 1, 0) >= needed:
            near = sorted(place for place in places if number <= place // _EDGE_PT <= number + 1)
            return near[len(near) // 2]
    return None
