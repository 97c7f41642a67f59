"""Table styles of presentations: letters and fills by position in the table (ECMA-376 Part 1 §21.1.4, §20.1.4.2)."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from gateway.documents.readers.ooxml.colours import drawing_colour, with_luminance
from gateway.documents.readers.ooxml.drawingml_text import DrawingPalette
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, take

_MEDIUM_2: Final = {
    "{073A0DAA-6AF3-43AB-8588-CEC1D06C72B9}": "dk1",
    "{5C22544A-7EE6-4342-B048-85BDC9FD1C3A}": "accent1",
    "{21E4AEA4-8DFA-4A89-87EB-49C32662AFE0}": "accent2",
    "{F5AB1C69-6EDB-4FF4-983F-18BD219EF322}": "accent3",
    "{00A15C55-8517-42AA-B614-E9B94910E393}": "accent4",
    "{7DF18680-E054-41AD-8BC1-D1AEF772440D}": "accent5",
    "{93296810-A885-4BE3-A3E7-6D5BEEA58F35}": "accent6",
}
"""Medium Style 2, which new tables have: some producers name it without writing it into the table styles part."""
_PARTS: Final = ("wholeTbl", "band1H", "band2H", "firstCol", "lastCol", "firstRow", "lastRow")


class _Part(NamedTuple):
    layer: dict[str, Any]
    fill: str | None


class TableStyle:
    """The style of one table, as its flags switch its parts on."""

    def __init__(self, parts: dict[str, _Part], flags: frozenset[str]) -> None:
        self._parts = parts
        self._flags = flags

    def cell(self, row: int, column: int, *, rows: int, columns: int) -> tuple[dict[str, Any], str | None]:
        """Return the layer and the fill of a cell, positions from 0."""
        flags = self._flags
        held = {
            "wholeTbl": True,
            "firstRow": "firstRow" in flags and row == 0,
            "lastRow": "lastRow" in flags and row == rows - 1,
            "firstCol": "firstCol" in flags and column == 0,
            "lastCol": "lastCol" in flags and column == columns - 1,
        }
        if "bandRow" in flags and not held["firstRow"] and not held["lastRow"]:
            held["band1H" if (row - ("firstRow" in flags)) % 2 == 0 else "band2H"] = True
        layer: dict[str, Any] = {}
        fill: str | None = None
        for name in _PARTS:
            part = self._parts.get(name)
            if part is not None and held.get(name):
                layer.update(part.layer)
                fill = part.fill or fill
        return layer, fill


class TableStyles:
    """The table styles part of a presentation."""

    def __init__(self, root: Element | None = None) -> None:
        self._styles = {each.get("styleId") or "": each for each in root} if root is not None else {}

    def of(self, table: Element, palette: DrawingPalette) -> TableStyle:
        """Return the style of an `a:tbl`."""
        identifier = ""
        flags: frozenset[str] = frozenset()
        for properties in table.iterchildren(clark("a:tblPr")):
            flags = frozenset(name for name, value in properties.items() if value in {"1", "true"})
            for child in properties.iterchildren(clark("a:tableStyleId")):
                identifier = take(child).strip()
        element = self._styles.get(identifier)
        parts: dict[str, _Part] = _medium_2(_MEDIUM_2.get(identifier), palette) if element is None else {}
        for child in element if element is not None else ():
            parts[child.tag.rpartition("}")[2]] = _part(child, palette)
        return TableStyle(parts, flags)


def _medium_2(accent: str | None, palette: DrawingPalette) -> dict[str, _Part]:
    fill = palette.scheme(accent) if accent else None
    if fill is None:
        return {}
    head = _Part({"bold": True, "colour": palette.scheme("lt1")}, fill)
    body = _Part({"colour": palette.scheme("dk1")}, with_luminance(fill, times=0.2, plus=0.8))
    band = _Part({}, with_luminance(fill, times=0.4, plus=0.6))
    return {"wholeTbl": body, "band1H": band, **dict.fromkeys(("firstRow", "lastRow", "firstCol", "lastCol"), head)}


def _part(element: Element, palette: DrawingPalette) -> _Part:
    layer: dict[str, Any] = {}
    fill: str | None = None
    for child in element:
        match NAMES[child.tag]:
            case "a:tcTxStyle":
                if child.get("b") in {"on", "off"}:
                    layer["bold"] = child.get("b") == "on"
                found = drawing_colour(child, palette.scheme)
                if found is not None:
                    layer["colour"] = found[0]
                for setting in child.iterchildren(clark("a:fontRef")):
                    layer["latin"] = palette.font("+mj-lt" if setting.get("idx") == "major" else "+mn-lt")
                    inner = drawing_colour(setting, palette.scheme)
                    if inner is not None and found is None:
                        layer["colour"] = inner[0]
            case "a:tcStyle":
                for setting in child.iterchildren(clark("a:fill")):
                    found = drawing_colour(setting, palette.scheme)
                    fill = found[0] if found else fill
            case _:
                continue
    return _Part(layer, fill)
