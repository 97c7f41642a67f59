"""Looks that tables of a sheet give their cells: built-in and own table styles (ECMA-376 Part 1 §18.5, §18.8.40).

The sixty built-in styles stand in no file; Excel has them by name (the standard's presetTableStyles). They come in rows
of seven: black first, then the six accents of the theme. Only letters and fills are kept here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from gateway.documents.readers.excel.overlays import NO_CHANGE, Area, Box, Change, boxes
from gateway.documents.readers.excel.xlsx_styles import Styles
from gateway.documents.readers.numerals import whole
from gateway.documents.readers.ooxml.xml import NAMES, Element

Parts = Mapping[str, Change]
"""Changes by part: `wholeTable`, `headerRow`, `totalRow`, `firstColumn`, `lastColumn`, the stripes, corner cells."""

_PRESET: Final = re.compile(r"TableStyle(Light|Medium|Dark)(\d{1,2})")
_LAST: Final = {"Light": 21, "Medium": 28, "Dark": 11}
_EDGES: Final = ("headerRow", "totalRow", "firstColumn", "lastColumn")
_FLAGS: Final = {
    "firstColumn": "showFirstColumn",
    "lastColumn": "showLastColumn",
    "rows": "showRowStripes",
    "columns": "showColumnStripes",
}
_YES: Final = {"1", "true"}


def table_area(root: Element, styles: Styles) -> Area | None:
    """Return the area of a table part, None when it has no style or no place."""
    box = next(boxes(root.get("ref") or ""), None)
    info = next((child for child in root if NAMES[child.tag] == "s:tableStyleInfo"), None)
    if box is None or info is None:
        return None
    name = info.get("name") or ""
    parts = styles.table_styles.get(name) or _preset(name, styles)
    if not parts:
        return None
    shown = frozenset(part for part, flag in _FLAGS.items() if info.get(flag) in _YES)
    heads, totals = whole(root.get("headerRowCount"), 1), whole(root.get("totalsRowCount"), 0)
    return Area(box, change_at=_changes(box, parts, shown, heads, totals))


def _changes(box: Box, parts: Parts, shown: frozenset[str], heads: int, totals: int) -> Callable[[int, int], Change]:
    known: dict[tuple[str, ...], Change] = {}

    def change_at(row: int, column: int) -> Change:
        held = tuple(_held(box, row, column, parts, shown, heads, totals))
        found = known.get(held)
        if found is None:
            found = known[held] = _stacked(parts, held)
        return found

    return change_at


def _held(box: Box, row: int, column: int, parts: Parts, shown: frozenset[str], heads: int, totals: int) -> list[str]:
    """Return the parts that a cell belongs to, weakest first (§18.8.40 orders them)."""
    head, total = row - box.top < heads, box.bottom - row < totals
    first = "firstColumn" in shown and column == box.left
    last = "lastColumn" in shown and column == box.right
    held = ["wholeTable"]
    if "columns" in shown and not head and not total:
        held.append("firstColumnStripe" if (column - box.left) % 2 == 0 else "secondColumnStripe")
    if "rows" in shown and not head and not total:
        held.append("firstRowStripe" if (row - box.top - heads) % 2 == 0 else "secondRowStripe")
    held += [name for name, holds in (("lastColumn", last), ("firstColumn", first)) if holds]
    held += [name for name, holds in (("headerRow", head), ("totalRow", total)) if holds]
    for corner, holds in (
        ("firstHeaderCell", head and first),
        ("lastHeaderCell", head and last),
        ("firstTotalCell", total and first),
        ("lastTotalCell", total and last),
    ):
        if holds:
            held.append(corner)
    return [name for name in held if name in parts]


def _stacked(parts: Parts, held: tuple[str, ...]) -> Change:
    colour = background = None
    bold: bool | None = None
    for name in held:
        part = parts[name]
        colour = part.colour or colour
        background = part.background or background
        bold = bold if part.bold is None else part.bold
    return Change(colour, background, bold) if held else NO_CHANGE


def _preset(name: str, styles: Styles) -> Parts:
    """Return the parts of a built-in style, empty for a name that is none."""
    found = _PRESET.fullmatch(name)
    if found is None or not 1 <= int(found[2]) <= _LAST[found[1]]:
        return {}
    family, number = found[1], int(found[2]) - 1
    if family == "Dark":
        return _dark(number, styles)
    row, place = divmod(number, 7)
    dark, light = styles.theme_colour("dk1"), styles.theme_colour("lt1")
    accent = styles.theme_colour(f"accent{place}") if place else dark
    pale = styles.theme_colour("lt1", -0.15) if not place else styles.theme_colour(f"accent{place}", 0.8)
    paler = styles.theme_colour("lt1", -0.35) if not place else styles.theme_colour(f"accent{place}", 0.6)
    head = Change(light, accent, bold=True)
    strong = Change(dark, None, bold=True)
    stripes = {"firstRowStripe": Change(background=pale), "firstColumnStripe": Change(background=pale)}
    match family, row:
        case "Light", 0:
            ink = styles.theme_colour(f"accent{place}", -0.25) if place else dark
            return {"wholeTable": Change(ink), **dict.fromkeys(_EDGES, Change(ink, None, bold=True)), **stripes}
        case "Light", 1:
            return {"wholeTable": Change(dark), **dict.fromkeys(_EDGES, strong), "headerRow": head}
        case "Light", _:
            return {"wholeTable": Change(dark), **dict.fromkeys(_EDGES, strong), **stripes}
        case _, 0:
            return {"wholeTable": Change(dark), **dict.fromkeys(_EDGES, strong), "headerRow": head, **stripes}
        case _, 1:
            banded = dict.fromkeys(stripes, Change(background=paler))
            return {"wholeTable": Change(dark, pale), **dict.fromkeys(_EDGES, head), **banded}
        case _, 2:
            grey = dict.fromkeys(stripes, Change(background=styles.theme_colour("lt1", -0.15)))
            edges = {**dict.fromkeys(_EDGES, head), "totalRow": NO_CHANGE}
            return {"wholeTable": Change(dark), **edges, **grey}
        case _:
            banded = dict.fromkeys(stripes, Change(background=paler))
            return {"wholeTable": Change(dark, pale), **dict.fromkeys(_EDGES, strong), **banded}


def _dark(number: int, styles: Styles) -> Parts:
    dark, light = styles.theme_colour("dk1"), styles.theme_colour("lt1")
    if number >= 7:
        # Dark 8 to 11: pale tables under a dark head, two accents each.
        accent = number - 7
        ground = styles.theme_colour(f"accent{2 * accent - 1}", 0.8) if accent else styles.theme_colour("lt1", -0.15)
        band = styles.theme_colour(f"accent{2 * accent - 1}", 0.6) if accent else styles.theme_colour("lt1", -0.35)
        head = styles.theme_colour(f"accent{2 * accent}") if accent else dark
        strong = Change(dark, None, bold=True)
        return {
            "wholeTable": Change(dark, ground),
            **dict.fromkeys(_EDGES, strong),
            "headerRow": Change(light, head),
            **dict.fromkeys(("firstRowStripe", "firstColumnStripe"), Change(background=band)),
        }
    ground = styles.theme_colour(f"accent{number}") if number else styles.theme_colour("dk1", 0.45)
    band = styles.theme_colour(f"accent{number}", -0.25) if number else styles.theme_colour("dk1", 0.25)
    edge = styles.theme_colour(f"accent{number}", -0.5) if number else styles.theme_colour("dk1", 0.15)
    return {
        "wholeTable": Change(light, ground),
        **dict.fromkeys(("firstColumn", "lastColumn"), Change(light, band, bold=True)),
        "totalRow": Change(light, edge, bold=True),
        "headerRow": Change(light, dark, bold=True),
        **dict.fromkeys(("firstRowStripe", "firstColumnStripe"), Change(background=band)),
    }
