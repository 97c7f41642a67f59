"""The style sheet of a Word document: resolved once a style, looked up once a combination (ECMA-376 Part 1 §17.7)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Final, NamedTuple

from gateway.documents.readers.base import Fail, ancestry, remembered
from gateway.documents.readers.numerals import whole
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.word.docx_format import (
    VAL,
    Look,
    Properties,
    combine,
    look,
    parse_run_properties,
    properties_key,
    shading,
)
from gateway.documents.readers.word.docx_palette import Palette

_ID, _KIND, _DEFAULT = clark("w:styleId"), clark("w:type"), clark("w:default")
_DROP: Final = clark("w:dropCap")
_LIMIT_CACHE: Final = 50_000
CONDITIONS: Final = (
    "band1Vert", "band2Vert", "band1Horz", "band2Horz", "firstCol", "lastCol", "firstRow", "lastRow", "neCell",
    "nwCell", "seCell", "swCell",
)  # fmt: skip
"""Conditional parts of a table style, weakest first (§17.7.6)."""

TableKey = tuple[str, tuple[str, ...]] | None
"""Table style and the conditions that hold for a cell."""


class BaseKey(NamedTuple):
    """Sources of the inherited look of a run."""

    table: TableKey
    paragraph: str | None
    behind: str | None
    ink: str | None = None


class ParagraphStyle(NamedTuple):
    """Properties of the paragraph itself in a paragraph style."""

    heading: bool = False
    boxed: bool = False
    shading: tuple[str | None, ...] | None = None
    numbering: tuple[str | None, str | None] | None = None
    """numId and level."""


class TableStyle(NamedTuple):
    """Properties of the table itself in a table style."""

    row_band: int = 1
    column_band: int = 1
    bordered: bool = False


class StyleSheet:
    """Styles of one document (or of its glossary)."""

    def __init__(self, root: Element | None, palette: Palette, fail: Fail) -> None:
        self.palette = palette
        self._fail = fail
        self.defaults: Properties = {}
        self._elements: dict[tuple[str, str], Element] = {}
        self._default_ids: dict[str, str] = {}
        self._properties = remembered(self._load_properties)
        self.paragraph = remembered(self._load_paragraph)
        """Returns what a paragraph style, or the default one for None, says of the paragraph."""
        self.cell = remembered(self._load_cell, _LIMIT_CACHE)
        """Returns run properties and fill that a table style gives a cell."""
        self.inherited = remembered(self._load_inherited, _LIMIT_CACHE)
        """Returns what the styles of a cell, of a paragraph and of its letters give a run together."""
        self._looks: dict[tuple[BaseKey, object], Look] = {}
        for child in root if root is not None else ():
            match NAMES[child.tag]:
                case "w:docDefaults":
                    for element in child.iter(clark("w:rPr")):
                        self.defaults = parse_run_properties(element)
                case "w:style":
                    kind, identifier = child.get(_KIND, "paragraph"), child.get(_ID, "")
                    self._elements.setdefault((kind, identifier), child)
                    if child.get(_DEFAULT) in {"1", "true", "on"}:
                        self._default_ids.setdefault(kind, identifier)
                case _:
                    continue

    def look(self, base: BaseKey, direct: Element | None) -> Look:
        """Return the effective look of a run with direct formatting `direct` (`w:rPr` or None)."""
        key = (base, None if direct is None else properties_key(direct))
        known = self._looks.get(key)
        if known is None:
            set_here = parse_run_properties(direct) if direct is not None else {}
            inherited = self.inherited(base.table, base.paragraph, set_here.get("rStyle"))
            known = look({**inherited, **set_here}, self.palette, base.behind, base.ink)
            if len(self._looks) < _LIMIT_CACHE:
                self._looks[key] = known
        return known

    def numbered_look(self, base: BaseKey, mark: Element | None, level: Properties) -> Look:
        """Return the look of a list label: the paragraph mark's formatting, then the list level's (§17.9.24)."""
        known = self.inherited(base.table, base.paragraph, None)
        of_mark = parse_run_properties(mark) if mark is not None else {}
        return look({**known, **of_mark, **level}, self.palette, base.behind, base.ink)

    def table(self, style: str | None) -> TableStyle:
        """Return band sizes and borders of a table style."""
        row_band = column_band = 1
        bordered = False
        for element in self._chain("table", style):
            for child in element.iter():
                match NAMES[child.tag]:
                    case "w:tblStyleRowBandSize":
                        row_band = max(1, whole(child.get(VAL), 1, digits=5))
                    case "w:tblStyleColBandSize":
                        column_band = max(1, whole(child.get(VAL), 1, digits=5))
                    case "w:tblBorders":
                        bordered = has_box(child)
                    case _:
                        continue
        return TableStyle(row_band, column_band, bordered)

    def _load_cell(self, key: TableKey) -> tuple[Properties, str | None]:
        if key is None:
            return {}, None
        style, conditions = key
        merged: dict[str, Any] = {}
        fill: str | None = None
        layers: dict[str, list[Element]] = {}
        for element in self._chain("table", style):
            layers.setdefault("", []).append(element)
            for part in element:
                if NAMES[part.tag] == "w:tblStylePr":
                    layers.setdefault(part.get(_KIND, ""), []).append(part)
        for condition in ("", *conditions):
            for layer in layers.get(condition, ()):
                for child in layer:
                    match NAMES[child.tag]:
                        case "w:rPr":
                            merged.update(parse_run_properties(child))
                        case "w:tcPr":
                            for shade in child.iter(clark("w:shd")):
                                fill = self.palette.shade(shading(shade)) or fill
                        case _:
                            continue
        return merged, fill

    def _load_inherited(self, table: TableKey, paragraph: str | None, character: str | None) -> Properties:
        of_letters = self._properties("character", character) if character else {}
        return combine(self.defaults, self.cell(table)[0], self._properties("paragraph", paragraph), of_letters)

    def _chain(self, kind: str, style: str | None) -> list[Element]:
        """The style and what it is based on, root first; an unknown style counts as the default one."""
        if style is None or (kind, style) not in self._elements:
            style = self._default_ids.get(kind, "")
        return ancestry(self._elements, (kind, style), partial(_base, kind), self._fail)

    def _load_properties(self, kind: str, style: str | None) -> Properties:
        merged: dict[str, Any] = {}
        for element in self._chain(kind, style):
            for child in element.iterchildren(clark("w:rPr")):
                merged.update(parse_run_properties(child))
        merged.pop("rStyle", None)
        return merged

    def _load_paragraph(self, style: str | None) -> ParagraphStyle:
        found = ParagraphStyle()
        for element in self._chain("paragraph", style):
            for child in element:
                if NAMES[child.tag] == "w:name":
                    name = (child.get(VAL) or "").lower()
                    heading = name.startswith("heading ") or name in {"title", "subtitle"}
                    found = found._replace(heading=found.heading or heading)
                elif NAMES[child.tag] == "w:pPr":
                    found = with_settings(found, child)
        return found


def with_settings(style: ParagraphStyle, properties: Iterable[Element]) -> ParagraphStyle:
    """Return the properties of a paragraph: its `w:pPr` over its style."""
    heading, boxed, shade, numbering = style
    for setting in properties:
        match NAMES[setting.tag]:
            case "w:outlineLvl":
                heading = (setting.get(VAL) or "9") < "9"
            case "w:pBdr":
                boxed = has_box(setting)
            case "w:framePr":
                boxed = boxed or setting.get(_DROP, "none") == "none"  # a drop cap is no frame
            case "w:shd":
                shade = shading(setting)
            case "w:numPr":
                own = {NAMES[child.tag]: child.get(VAL) for child in setting}
                number, level = numbering or (None, None)
                numbering = own.get("w:numId") or number, own.get("w:ilvl") or level
            case _:
                continue
    return ParagraphStyle(heading, boxed, shade, numbering)


def has_box(borders: Element) -> bool:
    """Return whether borders close at least three sides of a paragraph or table."""
    sides = 0
    for side in borders:
        local = side.tag.rpartition("}")[2] if isinstance(side.tag, str) else ""
        if local in {"top", "bottom", "left", "right", "start", "end"}:
            sides += side.get(VAL) not in {None, "nil", "none"}
    return sides >= 3


def _base(kind: str, style: Element) -> tuple[str, str] | None:
    parent = style.find(clark("w:basedOn"))
    return None if parent is None else (kind, parent.get(VAL) or "")
