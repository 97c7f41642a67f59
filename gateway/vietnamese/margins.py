"""Paper and margins as Annex I of Decree 30/2020/NĐ-CP sets them (Part I, section I): A4, 20-25, 30-35 and 15-20 mm.

Word processors state margins, the lines of a PDF show them. A page across (for wide tables) may be turned, so only upright
pages are judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from gateway.model import Document, PageSetup
from gateway.vietnamese.margins_pdf import Bounds, Measured, measured

_POINTS_PER_MM: Final = 72 / 25.4
_TOLERANCE_MM: Final = 0.6
"""Rounding of programs."""
_MEASURED_TOLERANCE_MM: Final = 1.5
"""The same of places measured from letters, which are a little in or out."""


_PAPER_MM: Final = (210.0, 297.0)
MARGINS_MM: Final = {"top": (20.0, 25.0), "bottom": (20.0, 25.0), "left": (30.0, 35.0), "right": (15.0, 20.0)}
"""Least and greatest distance from each edge of the paper."""


class MarginFault(Struct, frozen=True, kw_only=True):
    """One side of a section or page that is not as it should be."""

    side: str
    """`paper`, `top`, `bottom`, `left` or `right`."""
    found: str
    """Millimetres: `42.3`, or `216 x 279` of paper."""
    wanted: str
    """`30-35`, or `210 x 297`."""
    locator: str = ""


def margin_faults(document: Document) -> tuple[MarginFault, ...]:
    """Return the first fault of each side, none for a document whose margins are unknown or right."""
    return faults_of(document, tuple(measured(document)) if document.format == "pdf" else (), MARGINS_MM)


def faults_of(
    document: Document, lines: tuple[Measured, ...], margins_mm: Mapping[str, Bounds]
) -> tuple[MarginFault, ...]:
    """Return the same by other margins, from the setups of a document, or for a PDF from what its lines showed (`measured`)."""
    first: dict[str, MarginFault] = {}
    pages: Iterable[Measured] = map(_stated, document.setups)
    tolerance_mm = _TOLERANCE_MM
    if document.format == "pdf":
        pages, tolerance_mm = lines, _MEASURED_TOLERANCE_MM
    for page in pages:
        for fault in _faults(page, margins_mm, tolerance_mm):
            first.setdefault(fault.side, fault)
    return tuple(first.values())


def _stated(setup: PageSetup) -> Measured:
    stated = {
        "top": setup.top_pt, "bottom": setup.bottom_pt, "left": setup.left_pt, "right": setup.right_pt
    }  # fmt: skip
    return Measured(setup, {side: (amount, amount) for side, amount in stated.items() if amount is not None})


def _faults(page: Measured, margins_mm: Mapping[str, Bounds], tolerance_mm: float) -> Iterator[MarginFault]:
    setup = page.setup
    width, height = setup.width_pt, setup.height_pt
    if width is not None and height is not None:
        if width > height:
            return
        found = (width / _POINTS_PER_MM, height / _POINTS_PER_MM)
        if any(abs(a - b) > 2.0 for a, b in zip(found, _PAPER_MM, strict=True)):
            yield MarginFault(
                side="paper",
                found=f"{found[0]:.0f} x {found[1]:.0f}",
                wanted=f"{_PAPER_MM[0]:g} x {_PAPER_MM[1]:g}",
                locator=setup.locator,
            )
    for side, (least, greatest) in margins_mm.items():
        if side not in page.sides:
            continue
        low, high = (bound / _POINTS_PER_MM for bound in page.sides[side])
        if high < least - tolerance_mm or low > greatest + tolerance_mm:
            yield MarginFault(
                side=side, found=f"{round(high, 1):g}", wanted=f"{least:g}-{greatest:g}", locator=setup.locator
            )
