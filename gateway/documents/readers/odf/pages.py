"""Paper and margins of the page layouts that a text document uses (ODF 1.3 Part 3 §16.5, §17.2).

A header takes its room from the page below the top margin, so the body begins under margin and header together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.documents.readers.numerals import length_pt
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.model import PageSetup

_NAME, _LAYOUT = clark("style:name"), clark("style:page-layout-name")


def page_setups(roots: Iterable[Element], used: set[str]) -> Iterator[PageSetup]:
    """Yield the setups of the master pages in use, in the order of the file."""
    layouts: dict[str, Element] = {}
    masters: list[Element] = []
    for root in roots:
        for element in root.iter(clark("style:page-layout")):
            layouts.setdefault(element.get(_NAME) or "", element)
        masters += root.iter(clark("style:master-page"))
    for master in masters:
        layout = layouts.get(master.get(_LAYOUT) or "")
        if layout is not None and (master.get(_NAME) or "") in used:
            yield _setup(layout, {NAMES[part.tag] for part in master if part.get(clark("style:display")) != "false"})


def _setup(layout: Element, shown: set[str]) -> PageSetup:
    margins: dict[str, float | None] = {}
    size: dict[str, float | None] = {}
    room = {"top": 0.0, "bottom": 0.0}
    for part in layout:
        match NAMES[part.tag]:
            case "style:page-layout-properties":
                common = _length(part, "fo:margin")
                for side in ("top", "bottom", "left", "right"):
                    own = _length(part, f"fo:margin-{side}")
                    margins[side] = own if own is not None else common
                size = {name: _length(part, f"fo:page-{name}") for name in ("width", "height")}
            case "style:header-style" if "style:header" in shown:
                room["top"] = _room(part)
            case "style:footer-style" if "style:footer" in shown:
                room["bottom"] = _room(part)
            case _:
                continue
    top, bottom = margins.get("top"), margins.get("bottom")
    return PageSetup(
        width_pt=size.get("width"),
        height_pt=size.get("height"),
        top_pt=None if top is None else top + room["top"],
        bottom_pt=None if bottom is None else bottom + room["bottom"],
        left_pt=margins.get("left"),
        right_pt=margins.get("right"),
    )


def _room(style: Element) -> float:
    """Return the height that a header or footer takes, its distance from the body included."""
    for part in style:
        return _length(part, "svg:height") or _length(part, "fo:min-height") or 0.0
    return 0.0


def _length(element: Element, attribute: str) -> float | None:
    return length_pt(element.get(clark(attribute)))
