"""Paper and margins of a section of WordprocessingML (ECMA-376 Part 1 §17.6.11, §17.6.13)."""

from __future__ import annotations

import re
from typing import Final

from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.model import PageSetup

_TWIPS: Final = re.compile(r"-?\d{1,6}")
_MEASURE: Final = re.compile(r"(-?\d{1,6}(?:\.\d{1,6})?)(mm|cm|in|pt|pc|pi)")
_POINTS: Final = {"mm": 72 / 25.4, "cm": 72 / 2.54, "in": 72.0, "pt": 1.0, "pc": 12.0, "pi": 12.0}


def page_setup(section: Element) -> PageSetup:
    """Return what a `w:sectPr` says; a negative margin is exact and counts as its amount."""
    found: dict[str, float | None] = {}
    for child in section:
        match NAMES[child.tag]:
            case "w:pgSz":
                found |= {"width": _points(child, "w:w"), "height": _points(child, "w:h")}
            case "w:pgMar":
                for side in ("top", "bottom", "left", "right", "gutter"):
                    found[side] = _points(child, f"w:{side}")
            case _:
                continue
    left = found.get("left")
    return PageSetup(
        width_pt=found.get("width"),
        height_pt=found.get("height"),
        top_pt=_amount(found.get("top")),
        bottom_pt=_amount(found.get("bottom")),
        left_pt=None if left is None else left + (found.get("gutter") or 0.0),
        right_pt=found.get("right"),
    )


def _points(element: Element, attribute: str) -> float | None:
    value = (element.get(clark(attribute)) or "").strip()
    if _TWIPS.fullmatch(value):
        return int(value) / 20
    measured = _MEASURE.fullmatch(value)
    return float(measured[1]) * _POINTS[measured[2]] if measured else None


def _amount(value: float | None) -> float | None:
    return None if value is None else abs(value)
